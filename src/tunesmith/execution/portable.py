"""A task and files that travel to another process or machine."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import cloudpickle

from ..core.trial import check_relative
from ..errors import InputError, message_of
from ..tasks.base import Task
from ..trial_folder.log import BoundedLog
from ..trial_folder.names import LOG_FILE, RESULT_FILE


class PortableTask:
    """A task that is pickled at most once, by cloudpickle, and only if it leaves the process.

    Args:
        task: The task.
    """

    def __init__(self, task: Task) -> None:
        self._task: Task | None = task

    @classmethod
    def from_pickled(cls, pickled: bytes) -> PortableTask:
        """Return a task that another process has pickled, without unpickling it.

        An executor takes it in place of a task.
        """
        task = cls.__new__(cls)
        task.__dict__.update(_task=None, pickled=pickled)
        return task

    @classmethod
    def of(cls, task: Task | PortableTask, previous: PortableTask | None) -> PortableTask:
        """Return the previous one if it holds the same task, else a new one; a portable task is returned as it is."""
        if isinstance(task, PortableTask):
            return task
        return previous if previous is not None and previous._task is task else cls(task)

    @property
    def original(self) -> Task | None:
        """The task, if it was not pickled elsewhere."""
        return self._task

    def load(self) -> Task:
        """Return the task; in another process this unpickles it, and may import the user's code."""
        return _unpickle(self.pickled) if self._task is None else self._task

    @cached_property
    def pickled(self) -> bytes:
        """The pickled task.

        Raises:
            InputError: It cannot be pickled.
        """
        try:
            return bytes(cloudpickle.dumps(self._task))
        except Exception as error:
            raise InputError(
                "a task must pickle, because its trials run in other processes, but this one does not: "
                f"{message_of(error)}. Create what it needs inside the function, or run with executor='inline'."
            ) from error

    def __getstate__(self) -> dict[str, Any]:
        return {"_task": None, "pickled": self.pickled}


@lru_cache(maxsize=1)
def _unpickle(pickled: bytes) -> Task:
    task: Task = pickle.loads(pickled)
    return task


def pack(folder: Path, subfolder: str = ".") -> dict[str, bytes]:
    """Return the files below a folder: content by path relative to the folder."""
    paths = [path for path in (folder / subfolder).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def unpack(files: Mapping[str, bytes], folder: Path) -> None:
    """Write packed files below a folder; a log is appended to the one there.

    The result comes last and is replaced atomically: a folder that has one also has all other files, even if this
    process was killed in the middle.

    Raises:
        InputError: A path is absolute or leaves the folder.
        OSError: A file cannot be written.
    """
    for name in sorted(files, key=RESULT_FILE.__eq__):
        path = folder / check_relative(name, "the path of a trial's file")
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == LOG_FILE:
            log = BoundedLog(path)
            log.write(files[name])
            log.close()
        elif name == RESULT_FILE:
            draft = path.with_name(f"{name}.{os.getpid()}.tmp")
            draft.write_bytes(files[name])
            draft.replace(path)
        else:
            path.write_bytes(files[name])
