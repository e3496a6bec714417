"""What a task must do, and how a trial fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..core.trial import Failure, Measurement, Reporter, TrialRequest, Value

if TYPE_CHECKING:  # a trial's process runs tasks, and starts faster without NumPy
    from ..core.space import SearchSpace


class TrialFailed(Exception):
    """A trial ended without a measurement; not an error of tunesmith.

    Args:
        failure: Why.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class TrialLost(TrialFailed):
    """A trial's process vanished through no fault that we know of; trying again may help."""


class Task(Protocol):
    """Runs one trial. It must pickle, since it travels to the process that runs the trial."""

    def evaluate(self, request: TrialRequest, report: Reporter) -> Measurement:
        """Run one trial to its end, in the current process.

        Args:
            request: What to run, and where; with `purpose="test"`, on the held-out test part.
            report: To be told of every intermediate result; raises `TrialPruned` where the trial is to stop.

        Returns:
            The measurement; `seconds` and `peak_memory_bytes` are filled in by the executor.

        Raises:
            TrialFailed: The trial ended without a usable metric.
        """
        ...

    def check(self, space: SearchSpace) -> None:
        """Check that the task can be run with this space.

        Raises:
            InputError: It cannot, as for a config key that does not exist; its keys begin with `task` or `space`.
        """
        ...

    def defaults(self) -> Mapping[str, Value]:
        """Return the user's own values by parameter name, as far as the task knows them."""
        ...

    @property
    def has_test(self) -> bool:
        """Whether a trial can be run on a held-out test part."""
        ...

    def reproduce(self, request: TrialRequest) -> str:
        """Return one command (or a few lines of Python) that runs the trial again by hand."""
        ...

    def to_table(self) -> dict[str, Any]:
        """Return the `[task]` table of study.toml that describes it."""
        ...
