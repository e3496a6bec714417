"""A study as it could be, before anything is asked or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.parameters import Parameter


@dataclass(frozen=True)
class Question:
    """One thing to ask the user.

    Args:
        field: The field of the draft that the answer goes into, with `dataclasses.replace`.
        text: What to ask.
        default: What stands there if nothing is answered.
    """

    field: str
    text: str
    default: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A study as it could be.

    Args:
        name: Of the study.
        folder: Where study.toml belongs; the command runs there.
        objective: As `minimize val_loss`.
        command: With its placeholders.
        config: The config file that is edited, relative to the folder, or None.
        metrics: The file with the metrics, `"stdout"`, or None for either.
        space: The parameters to search, by name.
        values: The present values by name, also of what is left alone.
        skipped: What is left alone, by name, with the reason.
        remarks: What should be known about a range, by parameter.
        notes: What was understood and how, and what is left to do, a sentence or two each.
        script: What is run, or None where none was found.
        measured: The metrics that the script seems to know, the one to tune first.
        reports: The script says how it is doing while it trains, so that trials can be stopped early.
        budget: The table of that name.
        search: What differs from the defaults in the table of that name.
        words: What the user said that a setting comes from, by `budget.trials`, `space.lr` and the like.
        understood: What became of the user's request, a phrase each.
        not_understood: What of it came to nothing, and why, a phrase each.
    """

    name: str
    folder: Path
    objective: str
    command: str
    config: str | None = None
    metrics: str | None = None
    space: Mapping[str, Parameter] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    script: Path | None = None
    measured: tuple[str, ...] = ()
    reports: bool = False
    budget: Mapping[str, Any] = field(default_factory=lambda: {"trials": 50})
    search: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    understood: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        """What could be asked before the study is written, with what was understood as the default."""
        return (
            Question("name", "Name of the study", self.name),
            Question("objective", "What to improve (as 'minimize val_loss')", self.objective),
            Question("command", "Command of one trial", self.command),
            Question("metrics", "File with the metrics in the trial's folder, or stdout", self.metrics or "stdout"),
        )
