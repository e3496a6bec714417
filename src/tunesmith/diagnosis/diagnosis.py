"""One weakness of a model, with a remedy that a person can read and a planner can follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from ..core.values import shown
from ..data.findings import Finding
from ..errors import InputError

Action = Literal[
    "add_columns",
    "calibrate",
    "check_labels",
    "check_rows",
    "collect_rows",
    "drop_columns",
    "more_capacity",
    "raise_regularisation",
    "recipe:engineered",
    "transform_target",
    "tune_threshold",
    "weight_classes",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
"""What a planner can do about a weakness, or ask the user to do."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Finding):
    """A weakness of a model, found in its predictions of rows that it was not trained on.

    Args:
        actions: The remedy in terms of a planner, the most promising first.
        target: The column whose predictions it is about.

    Raises:
        InputError: The severity or an action is unknown, or a value is not plain data.

    >>> Diagnosis(kind="calibration", severity="warning", text="Over-confident.", actions=("calibrate",)).actions
    ('calibrate',)
    """

    actions: tuple[Action, ...] = ()
    target: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "actions", tuple(self.actions))
        if unknown := [action for action in self.actions if action not in ACTIONS]:
            raise InputError(f"an action must be one of {', '.join(ACTIONS)}, got {shown(unknown[0])}.")

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {**super().to_table(), "actions": list(self.actions)}
