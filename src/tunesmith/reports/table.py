"""The table of trials: one row per trial, with its result, its proposer and its parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.trial import Trial
from ..history.history import History
from ..text import wording
from ..text.cleaning import plain
from .comparison import metric_names
from .data import Measure
from .overview import listed, seconds_taken

MOST_METRICS = 6


@dataclass(frozen=True)
class Column:
    """The heading of a column, and whether it is right-aligned as numbers are."""

    name: str
    numeric: bool = False


@dataclass(frozen=True)
class Cell:
    """The content of a cell.

    Args:
        text: The text to show.
        sort: The sort key where it differs from the text; an empty key sorts last.
        kind: A class of the style sheet: `n` for numbers, `why` for long text, `empty` for a dash.
        state: The state whose coloured mark the cell has; empty for none.
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
    """Columns and rows, and a sentence about the trials left out."""

    columns: tuple[Column, ...]
    rows: tuple[TrialRow, ...]
    left_out: str = ""


def trial_table(history: History, *, most: int) -> TrialTable:
    """Return the trials as a table, by number.

    Args:
        history: The study's history.
        most: The maximum number of rows; see `listed`.
    """
    trials = listed(history, most)
    names = _metric_names(history, trials)
    several = len(history.objective.metrics) > 1 and not history.objective.pareto
    columns = [Column("trial", True), Column("state")]
    columns += [Column(Measure.of(history.objective).name, True)] if several else []
    columns += [Column(name, True) for name in names]
    columns += [Column("verdict"), Column("proposer"), Column("time", True)]
    columns += [Column(name) for name in history.space.names]
    columns += [Column("reason")]
    leaders = {trial.number for trial in (history.front if history.objective.pareto else [history.best]) if trial}
    rows = tuple(TrialRow(t.number, t.number in leaders, _cells(history, t, names, several)) for t in trials)
    left_out = ""
    if len(trials) < len(history.trials):
        left_out = f"The best and the latest: {len(trials):,} of {len(history.trials):,} trials."
    return TrialTable(tuple(columns), rows, left_out)


def _metric_names(history: History, trials: list[Trial]) -> list[str]:
    wanted = metric_names(history)
    others = sorted({name for trial in trials for name in trial.metrics})
    return list(dict.fromkeys([*wanted, *others]))[: max(MOST_METRICS, len(wanted))]


def _cells(history: History, trial: Trial, names: list[str], several: bool) -> tuple[Cell, ...]:
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
    return tuple(cells)


def _number(value: float | None) -> Cell:
    return Cell(wording.number(value), "" if value is None else repr(float(value)), "n")


def _parameter(parameters: Mapping[str, Any], name: str) -> Cell:
    if name not in parameters:
        return Cell("–", "", "empty")
    value = parameters[name]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell(wording.value(value), repr(value) if number else None, "n" if number else "")


def _why(trial: Trial) -> str:
    texts = [plain(trial.proposal.reason)]
    if trial.failure is not None:
        texts.append(f"failed: {plain(trial.failure.reason)}" if texts[0] else plain(trial.failure.reason))
    text = " – ".join(filter(None, texts))
    return text if len(text) <= 240 else text[:239] + "…"
