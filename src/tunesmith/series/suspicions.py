"""What somebody suspects of time series, measured: a season, a change of the level, a column that is known ahead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..core.arrays import Floats
from ..data.findings import Finding
from ..text.cleaning import short
from ..text.wording import count, share
from .panel import Panel
from .seasons import seasonal_strength, without_season

PatternKind = Literal["season", "change", "known_ahead"]

_MOST_SERIES = 200  # That are looked at.
_LEAST_STRENGTH = 0.3  # Of a season.
_SIDE = 8  # The least values on each side of a change.
_APART = 3.0  # Deviations around the levels before and after by which these must differ.
_LONGEST_REASON = 200
_UNDONE = "Nothing was done because of it."


@dataclass(frozen=True, kw_only=True)
class SeriesSuspicion:
    """What somebody suspects.

    Args:
        kind: What it is about.
        reason: Why, in one sentence.
        by: Who suspects it, as `the language model`.
        steps: The length of a season.
        time: When a level has changed, as an ISO date.
        column: The column that is known ahead.
    """

    kind: PatternKind
    reason: str
    by: str
    steps: int = 0
    time: str = ""
    column: str = ""


def examine_series(panel: Panel, suspicions: Sequence[SeriesSuspicion]) -> list[Finding]:
    """Return a finding for each suspicion that can be measured; it says whether figures support it."""
    return [finding for suspicion in suspicions for finding in _examined(panel, suspicion)]


def suspicion_fault(panel: Panel, suspicion: SeriesSuspicion) -> str:
    """Return why a suspicion cannot be measured, or says nothing new; empty if it can."""
    if suspicion.kind == "season":
        if suspicion.steps in panel.seasons:
            return f"the rules have found the season of {count(suspicion.steps, 'step')}"
        longest = int(panel.lengths.max())
        return "" if 2 <= suspicion.steps <= longest // 2 else f"no series has two seasons of {suspicion.steps} steps"
    if suspicion.kind == "known_ahead":
        if suspicion.column not in panel.covariates:
            return f"there is no column '{short(suspicion.column, 60)}' beside the target"
        return f"'{short(suspicion.column, 60)}' is known ahead already" if suspicion.column in panel.known else ""
    if panel.frequency.unit == "step" or _moment(suspicion.time) is None:
        return f"'{short(suspicion.time, 40)}' is no date of these series"
    return "" if _steps(panel, suspicion.time) else f"no series has values around {short(suspicion.time, 40)}"


def _examined(panel: Panel, suspicion: SeriesSuspicion) -> Iterator[Finding]:
    if suspicion_fault(panel, suspicion):
        return
    if suspicion.kind == "season":
        yield _season(panel, suspicion)
    elif suspicion.kind == "change":
        yield _change(panel, suspicion)
    else:
        name = short(suspicion.column, 60)
        yield Finding(
            kind="suspected_known_ahead",
            severity="info",
            columns=(suspicion.column,),
            text=f"{_said(suspicion)} that '{name}' is known ahead.",
            remedy=f"{_UNDONE} If that is so, name it: --known {name}.",
        )


def _season(panel: Panel, suspicion: SeriesSuspicion) -> Finding:
    rests = []
    for history in _histories(panel):
        for season in panel.seasons:
            history = without_season(history, season)
        rests.append(history)
    strengths = [seasonal_strength(rest, suspicion.steps) for rest in rests if len(rest) >= 2 * suspicion.steps + 1]
    strength = float(np.median(strengths)) if strengths else 0.0
    supports = strength >= _LEAST_STRENGTH
    return Finding(
        kind="suspected_season",
        severity="warning" if supports else "info",
        text=f"{_said(suspicion)} that {count(suspicion.steps, 'step')} are a season. It explains {share(strength)} of "
        "the variance around the trend that other seasons leave, which "
        f"{'supports' if supports else 'does not support'} it.",
        remedy=f"{_UNDONE} To use it: --season {suspicion.steps}." if supports else _UNDONE,
        values={"steps": suspicion.steps, "strength": strength},
    )


def _change(panel: Panel, suspicion: SeriesSuspicion) -> Finding:
    apart = [_levels_apart(history, step) for history, step in _steps(panel, suspicion.time)]
    changed = float(np.mean([distance > _APART for distance in apart]))
    supports = changed > 0.5
    return Finding(
        kind="suspected_change",
        severity="warning" if supports else "info",
        text=f"{_said(suspicion)} that the level has changed around {short(suspicion.time, 40)}. {share(changed)} of "
        f"{len(apart):,} series lie on clearly different levels before and after, which "
        f"{'supports' if supports else 'does not support'} it.",
        remedy=f"{_UNDONE} A history that begins later may do better." if supports else _UNDONE,
        values={"share": changed, "series": len(apart)},
    )


def _said(suspicion: SeriesSuspicion) -> str:
    reason = short(suspicion.reason, _LONGEST_REASON).rstrip(".")
    return f"{suspicion.by[:1].upper()}{suspicion.by[1:]} suspects ({reason})"


def _moment(text: str) -> np.datetime64 | None:
    try:
        moment = np.datetime64(text, "s")
    except ValueError:
        return None
    return None if np.isnat(moment) else moment


def _steps(panel: Panel, time: str) -> list[tuple[Floats, int]]:
    """Return the histories with enough values on both sides of a time, without seasons, and its step in each."""
    position = int(panel.frequency.positions(np.array([_moment(time)]))[0])
    chosen = []
    for index in _sample(panel):
        step = position - int(panel.starts[index])
        if _SIDE <= step <= int(panel.lengths[index]) - _SIDE:
            history = np.asarray(panel.history(index), dtype=np.float64)
            for season in panel.seasons:
                history = without_season(history, season)
            chosen.append((history, step))
    return chosen


def _levels_apart(history: Floats, step: int) -> float:
    """Return how far the levels before and after a step lie apart, in deviations around them."""
    before, after = history[max(0, step - 3 * _SIDE) : step], history[step : step + 3 * _SIDE]
    around = np.concatenate([before - np.median(before), after - np.median(after)])
    usual = 1.4826 * float(np.median(np.abs(around)))
    distance = abs(float(np.median(after) - np.median(before)))
    return distance / usual if usual else (np.inf if distance else 0.0)


def _histories(panel: Panel) -> list[Floats]:
    return [np.asarray(panel.history(index), dtype=np.float64) for index in _sample(panel)]


def _sample(panel: Panel) -> list[int]:
    return [int(n) for n in np.unique(np.linspace(0, len(panel) - 1, min(_MOST_SERIES, len(panel))).astype(int))]
