"""What a user says about the data, and what is to be predicted according to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..data.findings import Finding
from ..data.problem import Kind, Problem, TaskKind, check_task, multilabel_problems
from ..errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """What a user says about the data.

    Args:
        target: The column to predict, or several.
        task: What the target's values are; found out by default. `multilabel` is for one column of texts or lists that
            hold several labels, or for several columns of two classes.
        weight: The column with the weight of each row.
        group: The column whose equal values belong together: no group is trained on and validated on at once.
        time: The column with the time of each row: models are validated on rows later than those they are trained on.
        exclude: Columns that no model sees.
        positive: The positive class of two; by default the second in sorted order.
        test: Rows that are kept for one last test: what `data` may be.
        repeats: The number of times that the rows are split into folds anew; by default twice up to 1,500 rows, as
            one deal leaves much to chance there, else once.
        as_given: Whether nothing is decided by what the analyst finds: all columns are used, and rows are split at
            random unless `group` or `time` say otherwise.
    """

    target: str | Sequence[str]
    task: TaskKind | None = None
    weight: str | None = None
    group: str | None = None
    time: str | None = None
    exclude: Sequence[str] = ()
    positive: object = None
    test: Any = None
    repeats: int | None = None
    as_given: bool = False

    def __post_init__(self) -> None:
        """Check what can be checked without the data.

        Raises:
            InputError: An option is wrong.
        """
        check_task(self.task)
        if not self.targets:
            raise InputError("a target must be named.")
        if self.group is not None and self.time is not None:
            raise InputError("folds follow either groups or time: give a group column or a time column, not both.")
        roles = {"weight": self.weight, "group": self.group, "time": self.time}
        for role, name in roles.items():
            if name is not None and name in self.targets:
                raise InputError(f"the {role} column must not be the target, got '{name}' for both.")
        if clash := set(self.exclude) & set(self.targets):
            raise InputError(f"the target must not be excluded, got '{sorted(clash)[0]}' for both.")

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns to predict."""
        named = (self.target,) if isinstance(self.target, str) else self.target
        return tuple(dict.fromkeys(str(name).strip() for name in named))

    @property
    def unused(self) -> set[str]:
        """The columns that no model sees: targets, weights and groups, and those that are excluded."""
        return {*self.targets, *self.exclude, *filter(None, (self.weight, self.group))}

    def to_table(self) -> dict[str, Any]:
        """Return the options as plain JSON, but for the test rows."""
        fields = {name: value for name, value in vars(self).items() if value is not None and name != "test"}
        positive = {} if self.positive is None else {"positive": str(self.positive)}
        return {**fields, "target": list(self.targets), "exclude": sorted(map(str, self.exclude)), **positive}


def problems_of(
    frame: pd.DataFrame, options: DataOptions, *, decimal: str, findings: list[Finding]
) -> tuple[Problem, ...]:
    """Return what is to be predicted.

    Args:
        frame: The training table.
        options: What the user says.
        decimal: The decimal mark of numbers in text, where their values allow two.
        findings: What was noticed; more is added.

    Raises:
        InputError: A target is no column, or its values cannot be predicted.
    """
    if options.task == "multilabel" and len(options.targets) == 1:
        return multilabel_problems(frame, options.targets[0])
    kind: Kind | None = "binary" if options.task == "multilabel" else options.task
    problems = tuple(
        Problem.of(frame, name, kind, positive=options.positive, decimal=decimal) for name in options.targets
    )
    for problem in problems:
        if options.task is None and problem.kind == "multiclass" and problem.class_type in ("integer", "number"):
            findings.append(
                Finding(
                    kind="numeric_classes",
                    severity="info",
                    columns=(problem.target,),
                    text=f"The {len(problem.classes)} numbers of the target {problem.target} are taken as classes.",
                    remedy="Say that the task is regression if they are amounts.",
                )
            )
    return problems
