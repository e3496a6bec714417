"""The table of trials: one row per trial, with its result, its proposer and its parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..core.parameters import Choice
from ..core.trial import Trial, Value
from ..history.history import History
from ..text import wording
from ..text.cleaning import plain
from .comparison import metric_names
from .data import Measure
from .overview import listed, seconds_taken

MOST_METRICS = 6


class Cell(NamedTuple):
    """The content of a cell.

    Args:
        text: The text to show.
        sort: The sort key where it differs from the text; an empty key sorts last.
        kind: A class of the style sheet: `n` for numbers, `why` for long text, `empty` for a dash, `state` for a state.
    """

    text: str
    sort: str | None = None
    kind: str = ""


class TrialRow(NamedTuple):
    """One trial, and whether it is the best or on the front."""

    number: int
    leads: bool
    cells: list[Cell]


class TrialTable(NamedTuple):
    """The table; each column has a heading and the class of its cells. `left_out` tells of trials not shown."""

    columns: list[tuple[str, str]]
    rows: list[TrialRow]
    left_out: str


def trial_table(history: History, *, most: int) -> TrialTable:
    """Return the trials as a table, by number.

    Args:
        history: The study's history.
        most: The maximum number of rows; see `listed`.
    """
    trials = listed(history, most)
    names = metric_names(history)
    others = sorted({name for trial in trials for name in trial.metrics} - set(names))
    names += others[: max(MOST_METRICS - len(names), 0)]
    is_weighted = len(history.objective.metrics) > 1 and not history.objective.pareto
    results = [Measure.of(history.objective).name, *names] if is_weighted else names
    columns = [("trial", "n"), ("state", ""), *((name, "n") for name in results), ("verdict", ""), ("proposer", "")]
    parameters = history.space.parameters.items()
    columns += [("time", "n"), *((name, "" if isinstance(p, Choice) else "n") for name, p in parameters)]
    columns.append(("reason", "why"))
    leaders = {trial.number for trial in (history.front if history.objective.pareto else [history.best]) if trial}
    rows = []
    for trial in trials:
        metrics = [trial.metrics.get(name) for name in names]
        if is_weighted:
            metrics.insert(0, history.losses[trial.number])
        rows.append(TrialRow(trial.number, trial.number in leaders, _cells(trial, metrics, history.space.names)))
    shown = f"The best and the latest: {len(trials):,} of {len(history.trials):,} trials."
    return TrialTable(columns, rows, shown if len(trials) < len(history.trials) else "")


def _cells(trial: Trial, metrics: list[float | None], parameters: Sequence[str]) -> list[Cell]:
    seconds = seconds_taken(trial)
    return [
        Cell(str(trial.number)),
        Cell(trial.state.value, kind="state"),
        *(_number(value) for value in metrics),
        Cell(trial.verdict.decision if trial.verdict is not None else ""),
        Cell(trial.proposal.proposer),
        Cell(wording.duration(seconds), "" if seconds is None else repr(seconds), "n"),
        *(_parameter(trial.parameters[n]) if n in trial.parameters else Cell("–", "", "empty") for n in parameters),
        Cell(_why(trial), kind="why"),
    ]


def _number(value: float | None) -> Cell:
    if value is None or math.isnan(value):
        return Cell("–", "", "n")
    return Cell(wording.number(value), repr(float(value)), "n")


def _parameter(value: Value) -> Cell:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell(wording.value(value), repr(value) if number else None, "n" if number else "")


def _why(trial: Trial) -> str:
    texts = [plain(trial.proposal.reason)]
    if trial.failure is not None:
        texts.append(f"failed: {plain(trial.failure.reason)}" if texts[0] else plain(trial.failure.reason))
    text = " – ".join(filter(None, texts))
    return text if len(text) <= 240 else text[:239] + "…"
