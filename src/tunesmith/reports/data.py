"""The values behind the pictures and the log, read off a history. No drawing here."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..core.objective import Objective
from ..core.parameters import Choice
from ..core.pareto import Floats
from ..core.trial import State, Trial
from ..history.history import History
from ..text import wording
from ..text.cleaning import plain


@dataclass(frozen=True)
class Measure:
    """What the pictures are about: the metric in its own sign, or the weighted loss of several.

    With a Pareto objective it is the first metric; the others stand in the picture of the front.

    Args:
        name: For axes and headings.
        sign: +1 where lower is better, -1 where higher is.
    """

    name: str
    sign: float

    @classmethod
    def of(cls, objective: Objective) -> Measure:
        """Return the measure of an objective."""
        if len(objective.metrics) == 1 or objective.pareto:
            return cls(objective.primary.name, objective.primary.sign)
        return cls("weighted loss", 1.0)

    @property
    def better(self) -> str:
        """Which way is better, in words."""
        return "lower is better" if self.sign > 0 else "higher is better"

    def value(self, loss: float) -> float | None:
        """Return a loss in the metric's own sign; None where there is none."""
        return None if math.isnan(loss) else self.sign * float(loss)

    @staticmethod
    def losses(history: History) -> Floats:
        """Return what every trial came to, shape `(trials,)`, smaller is better; NaN where it is not known."""
        if not history.objective.pareto:
            return history.losses
        return np.where(np.isnan(history.losses), np.nan, history.values[:, 0])


@dataclass(frozen=True)
class HistoryPoint:
    """One trial in the optimisation history.

    Args:
        number: The trial.
        state: Where it stands.
        value: Its result in the metric's own sign; None where it has none.
        best: The best single result up to this trial that may lead; None before the first.
        proposer: Who proposed it.
        feasible: Whether it keeps the constraints.
    """

    number: int
    state: State
    value: float | None
    best: float | None
    proposer: str
    feasible: bool = True


@dataclass(frozen=True)
class Curve:
    """What one trial reported of the first metric, finite values only, in the metric's own sign."""

    number: int
    state: State
    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Axis:
    """One parameter over many trials.

    Args:
        name: The parameter.
        values: One a trial: a number, the place of an option from 0, or None where it was not active.
        low: The least value of the space (0 for a choice).
        high: The largest.
        log: Whether it is searched on a logarithmic scale.
        options: The options in words, or None for numbers.
    """

    name: str
    values: tuple[float | None, ...]
    low: float
    high: float
    log: bool = False
    options: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Parallel:
    """The best complete trials, the best first: their numbers, results, and one axis a parameter."""

    numbers: tuple[int, ...]
    values: tuple[float, ...]
    axes: tuple[Axis, ...]


@dataclass(frozen=True)
class ProposerRow:
    """How one proposer did.

    Args:
        name: The proposer.
        proposed: Its trials, whatever became of them.
        complete: Those that finished.
        pruned: Those that were stopped early.
        failed: Those that failed.
        led: How often one of its trials was the best so far; with a Pareto objective how many are on the front.
        accepted: How many a judge accepted.
        best: Its best result that may lead, in the metric's own sign.
    """

    name: str
    proposed: int
    complete: int
    pruned: int
    failed: int
    led: int
    accepted: int
    best: float | None


@dataclass(frozen=True)
class LogEntry:
    """Something that was decided, or went wrong.

    Args:
        kind: What it is about.
        text: The reason, in words.
        trial: The trial, or None where it is about the study.
        by: Who said so.
        decision: `accept`, `reject`, `replicate`, a kind of failure, or what the coordinator did.
        when: Seconds since 1970, where known.
    """

    kind: Literal["decision", "verdict", "failure", "note"]
    text: str
    trial: int | None = None
    by: str = ""
    decision: str = ""
    when: float | None = None


def may_lead(history: History, trial: Trial) -> bool:
    """Tell whether a trial can be the best: complete, within the constraints, and not vetoed."""
    if trial.state is not State.COMPLETE or math.isnan(history.reach[trial.number]):
        return False
    vetoed = trial.verdict is not None and trial.verdict.binding and trial.verdict.decision == "reject"
    return not vetoed and history.objective.violation(trial.metrics) == 0


def ranked(history: History) -> list[int]:
    """Return the numbers of the complete trials with a result, the best first; of equals the earlier.

    Those that may lead come before those that break a constraint or were vetoed.
    """
    losses = history.losses
    complete = [t for t in history.trials if t.state is State.COMPLETE and not math.isnan(losses[t.number])]
    complete.sort(key=lambda trial: (not may_lead(history, trial), losses[trial.number], trial.number))
    return [trial.number for trial in complete]


def history_values(history: History) -> list[HistoryPoint]:
    """Return every trial's result and the best so far, in the order of proposal.

    The best so far is of single results: repeats are not averaged.
    """
    measure = Measure.of(history.objective)
    points = []
    least = math.nan
    for trial, loss in zip(history.trials, measure.losses(history), strict=True):
        if may_lead(history, trial) and not loss >= least:
            least = loss
        feasible = trial.state is not State.COMPLETE or history.objective.violation(trial.metrics) == 0
        points.append(
            HistoryPoint(
                number=trial.number,
                state=trial.state,
                value=measure.value(loss),
                best=measure.value(least),
                proposer=trial.proposal.proposer,
                feasible=feasible,
            )
        )
    return points


def curves(history: History) -> list[Curve]:
    """Return the learning curve of every trial that reported the objective's first metric at least once."""
    name = history.objective.primary.name
    found = []
    for trial in history.trials:
        reports = [(r.step, float(r.metrics[name])) for r in trial.reports if name in r.metrics]
        reports = sorted((step, value) for step, value in reports if math.isfinite(value))
        if reports:
            steps, values = zip(*reports, strict=True)
            found.append(Curve(trial.number, trial.state, steps, values))
    return found


def parallel(history: History, names: Sequence[str] | None = None, *, most: int = 1000) -> Parallel:
    """Return the parameters of the best complete trials as axes.

    Args:
        history: All that is known.
        names: The parameters wanted, in order; all of them by default.
        most: The most trials; the best are kept.

    Returns:
        Axes whose values line up with the trials' numbers.
    """
    measure = Measure.of(history.objective)
    numbers = [n for n in ranked(history) if history.space.contains(history.trials[n].parameters)][:most]
    rows = [history.trials[n].parameters for n in numbers]
    axes = [_axis(history, name, rows) for name in (history.space.names if names is None else names)]
    return Parallel(
        numbers=tuple(numbers),
        values=tuple((measure.sign * measure.losses(history)[list(numbers)]).tolist()),
        axes=tuple(axes),
    )


def _axis(history: History, name: str, rows: Sequence[Mapping[str, Any]]) -> Axis:
    parameter = history.space.parameters[name]
    if isinstance(parameter, Choice):
        places = tuple(float(parameter.index(row[name])) if name in row else None for row in rows)
        options = tuple(wording.value(option) for option in parameter.options)
        return Axis(name, places, 0.0, float(len(options) - 1), options=options)
    values = tuple(float(row[name]) if name in row else None for row in rows)
    return Axis(name, values, float(parameter.low), float(parameter.high), log=parameter.log)


def proposer_table(history: History) -> list[ProposerRow]:
    """Return how each proposer did, the one with the most trials first."""
    measure = Measure.of(history.objective)
    states: dict[str, Counter[State]] = {}
    led: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    best: dict[str, float] = {}
    least = math.inf
    for trial, loss in zip(history.trials, measure.losses(history), strict=True):
        name = trial.proposal.proposer
        states.setdefault(name, Counter())[trial.state] += 1
        accepted[name] += trial.verdict is not None and trial.verdict.decision == "accept"
        if may_lead(history, trial):
            best[name] = min(best.get(name, math.inf), float(loss))
            led[name] += bool(loss < least)
            least = min(least, loss)
    if history.objective.pareto:
        led = Counter(trial.proposal.proposer for trial in history.front)
    rows = [
        ProposerRow(
            name=name,
            proposed=count.total(),
            complete=count[State.COMPLETE],
            pruned=count[State.PRUNED],
            failed=count[State.FAILED],
            led=led[name],
            accepted=accepted[name],
            best=measure.value(best.get(name, math.nan)),
        )
        for name, count in states.items()
    ]
    return sorted(rows, key=lambda row: (-row.proposed, row.name))


def decision_log(history: History) -> list[LogEntry]:
    """Return what was decided about the study, by time, then what was said of each trial, by number."""
    log = [_decided(event.data, event.time) for event in history.decisions]
    for trial in history.trials:
        if trial.failure is not None:
            failure = trial.failure
            log.append(LogEntry("failure", plain(failure.reason), trial.number, decision=failure.kind))
        if trial.verdict is not None:
            verdict = trial.verdict
            log.append(LogEntry("verdict", plain(verdict.reason), trial.number, verdict.by, verdict.decision))
        log += [LogEntry("note", plain(note), trial.number, by="user") for note in trial.notes]
    return log


def _decided(data: Mapping[str, Any], when: float) -> LogEntry:
    """Read a decision: its reason, who took it, and, for what has no words, the plain JSON."""
    text = data.get("reason") or data.get("text") or json.dumps(dict(data), ensure_ascii=False, default=str)
    decision = data.get("decision") or data.get("action") or ("stop" if data.get("stop") else "")
    by = data.get("by", "coordinator")
    return LogEntry("decision", plain(str(text)), by=str(by), decision=str(decision), when=when)
