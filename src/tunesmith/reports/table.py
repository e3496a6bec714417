"""The table of trials: one row each, with its result, who proposed it and its parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.trial import State, Trial
from ..history.history import History
from ..text import wording
from ..text.cleaning import plain
from .data import Measure
from .overview import listed, seconds_taken

MOST_METRICS = 6


@dataclass(frozen=True)
class Column:
    """A column's heading, and whether it holds numbers."""

    name: str
    numeric: bool = False


@dataclass(frozen=True)
class Cell:
    """What stands in a cell.

    Args:
        text: In words.
        sort: What it is sorted by where that is not the text; empty sorts last.
        kind: A class of the style sheet: `n` for numbers, `why` for long text.
        state: The state whose mark it bears, or empty.
    """

    text: str
    sort: str | None = None
    kind: str = ""
    state: str = ""


@dataclass(frozen=True)
class TrialRow:
    """One trial."""

    number: int
    leads: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class TrialTable:
    """Columns and rows, and in words what was left out."""

    columns: tuple[Column, ...]
    rows: tuple[TrialRow, ...]
    left_out: str = ""


def trial_table(history: History, *, most: int) -> TrialTable:
    """Return the trials as a table, by number.

    Args:
        history: All that is known.
        most: The most rows; of more trials the best and the latest are kept, half and half.
    """
    trials = listed(history, most)
    names = _metric_names(history, trials)
    several = len(history.objective.metrics) > 1 and not history.objective.pareto
    columns = [Column("trial", True), Column("state")]
    columns += [Column(Measure.of(history.objective).name, True)] if several else []
    columns += [Column(name, True) for name in names]
    columns += [Column("verdict"), Column("proposer"), Column("time", True)]
    columns += [Column(name) for name in history.space.names]
    columns += [Column("why it was tried")]
    rows = tuple(_row(history, trial, names, several) for trial in trials)
    left_out = ""
    if len(trials) < len(history.trials):
        left_out = f"{len(trials):,} of {len(history.trials):,} trials: the best and the latest."
    return TrialTable(tuple(columns), rows, left_out)


def _metric_names(history: History, trials: list[Trial]) -> list[str]:
    wanted = [m.name for m in history.objective.metrics] + [c.metric for c in history.objective.constraints]
    others = sorted({name for trial in trials for name in trial.metrics})
    return list(dict.fromkeys([*wanted, *others]))[: max(MOST_METRICS, len(set(wanted)))]


def _row(history: History, trial: Trial, names: list[str], several: bool) -> TrialRow:
    leads = history.best is not None and history.best.number == trial.number
    leads = trial.number in {member.number for member in history.front} if history.objective.pareto else leads
    cells = [Cell(str(trial.number)), Cell(trial.state.value, state=trial.state.value)]
    if several:
        loss = float(history.losses[trial.number])
        cells.append(_number(None if math.isnan(loss) else loss))
    cells += [_number(trial.metrics.get(name)) for name in names]
    cells += [Cell(trial.verdict.decision if trial.verdict is not None else ""), Cell(trial.proposal.proposer)]
    seconds = seconds_taken(trial)
    cells.append(Cell(wording.duration(seconds), "" if seconds is None else repr(seconds), "n"))
    cells += [_parameter(trial.parameters, name) for name in history.space.names]
    cells.append(Cell(_why(trial), kind="why"))
    return TrialRow(trial.number, leads, tuple(cells))


def _number(value: float | None) -> Cell:
    return Cell(wording.number(value), "" if value is None else repr(float(value)), "n")


def _parameter(parameters: Mapping[str, Any], name: str) -> Cell:
    if name not in parameters:
        return Cell("–", "", "empty")
    value = parameters[name]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell(wording.value(value), repr(value) if number else None, "n" if number else "")


def _why(trial: Trial) -> str:
    reason = plain(trial.proposal.reason)
    if trial.state is State.FAILED and trial.failure is not None:
        reason = f"{reason} — failed: {plain(trial.failure.reason)}" if reason else trial.failure.reason
    return reason if len(reason) <= 240 else reason[:239] + "…"
