"""The protocol of a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from ..core.trial import Measurement, Reporter, TrialRequest, Value
from ..errors import InputError, nearest

if TYPE_CHECKING:  # a trial's process imports tasks, and starts faster without NumPy
    from ..core.objective import Objective
    from ..core.space import SearchSpace

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class TaskContext:
    """What a task needs to know of its study, and no key of `[task]` may set.

    Args:
        folder: The folder of study.toml.
        space: The search space.
        objective: The metrics that every trial must return.
    """

    folder: Path
    space: SearchSpace
    objective: Objective

    @property
    def metric(self) -> str:
        """The name of the first metric."""
        return self.objective.primary.name

    @property
    def required(self) -> tuple[str, ...]:
        """Further metrics that every trial must return: of the objective and of its constraints."""
        objective = self.objective
        return (*(m.name for m in objective.metrics[1:]), *(c.metric for c in objective.constraints))


class Task(Protocol):
    """Runs one trial. It must pickle, because it is sent to the process that runs the trial."""

    @classmethod
    def from_table(cls, table: Mapping[str, Any], context: TaskContext) -> Self:
        """Return the task of a `[task]` table, without its `kind`.

        Raises:
            InputError: A key or a value is wrong; its keys begin with `task`.
        """
        ...

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
            InputError: It cannot, for example because a config key does not exist. The error's keys begin with `task`
                or `space`.
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


def task_from_table(table: Mapping[str, Any], context: TaskContext) -> Task:
    """Return the task of a `[task]` table.

    Raises:
        InputError: The kind is unknown, or a key or a value is wrong.
    """
    from .. import plugins  # A trial's process runs tasks, and starts faster without it.

    options = {key: value for key, value in table.items() if key != "kind"}
    kind, known = table.get("kind", "command"), plugins.names("tasks")
    if kind not in known:
        raise InputError(
            f"kind must be one of {', '.join(known)}, got {kind!r}.{nearest(str(kind), known)}",
            keys=("task", "kind"),
        )
    task: Task = plugins.load("tasks", kind).from_table(options, context)
    return task


def build_task(cls: type[T], table: Mapping[str, Any], **bound: Any) -> T:
    """Construct a task from its table and what it takes from its context.

    Args:
        cls: The task's class, a dataclass.
        table: A `[task]` table without its `kind`.
        bound: The fields that the context sets; the table must not.

    Raises:
        InputError: A key or a value is wrong.
    """
    from ..core.schema import build, expect_keys

    expect_keys(table, {option.name for option in fields(cls)} - bound.keys(), "task")  # type: ignore[arg-type]
    return build(cls, {**table, **bound}, "task")
