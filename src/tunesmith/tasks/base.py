"""The protocol of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..core.trial import Measurement, Reporter, TrialRequest, Value

if TYPE_CHECKING:  # a trial's process imports tasks, and starts faster without NumPy
    from ..core.space import SearchSpace


class Task(Protocol):
    """Runs one trial. It must pickle, because it is sent to the process that runs the trial."""

    def evaluate(self, request: TrialRequest, report: Reporter) -> Measurement:
        """Run one trial to its end, in the current process.

        Args:
            request: The trial, and the folder for its files; with `purpose="test"`, on the held-out test split.
            report: Call it with every intermediate result; raises `TrialPruned` if the trial is to stop.

        Returns:
            The measurement; the executor adds `seconds` and `peak_memory_bytes`.

        Raises:
            TrialFailed: The trial ended without usable metrics.
        """
        ...

    def check(self, space: SearchSpace) -> None:
        """Check that the task can run with a search space.

        Raises:
            InputError: It cannot, as for a config key that does not exist; its keys begin with `task` or `space`.
        """
        ...

    def defaults(self) -> Mapping[str, Value]:
        """Return the user's own values by parameter name, as far as the task knows them."""
        ...

    @property
    def has_test(self) -> bool:
        """Whether a trial can be evaluated on a held-out test split."""
        ...

    def reproduce(self, request: TrialRequest) -> str:
        """Return a command, or a few lines of Python, that runs the trial again by hand."""
        ...

    def to_table(self) -> dict[str, Any]:
        """Return the `[task]` table of study.toml that describes it."""
        ...
