"""Pickle a task once for many trials."""

from __future__ import annotations

import cloudpickle

from ..errors import InputError
from ..tasks.base import Task


class TaskPickler:
    """Pickles a task with cloudpickle, and remembers the result for the next trial."""

    def __init__(self) -> None:
        self._task: Task | None = None
        self._pickled = b""

    def dumps(self, task: Task) -> bytes:
        """Return the pickled task.

        Raises:
            InputError: It cannot be pickled.
        """
        if task is not self._task:
            try:
                self._pickled = cloudpickle.dumps(task)
            except Exception as error:
                raise InputError(
                    "a task must pickle, because its trials run in other processes, but this one does not: "
                    f"{error}. Create what it needs inside the function, or run with executor='inline'."
                ) from error
            self._task = task
        return self._pickled
