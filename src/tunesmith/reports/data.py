"""The values behind the plots and the decision log, computed from a history. Nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from ..core.arrays import Floats
from ..core.objective import Metric, Objective
from ..core.parameters import Choice
from ..core.trial import State, Trial
from ..history.history import History
from ..journal.events import ApprovalAnswered, Decision
from ..text.cleaning import plain

T = TypeVar("T")


@dataclass(frozen=True)
class Measure:
    """The quantity on the value axis: the metric in its own sign, or the weighted loss of several metrics.

    With a Pareto objective it is the first metric; the plot of the front shows the others.

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
            return cls.of_metric(objective.primary)
        return cls("weighted loss", 1.0)

    @classmethod
    def of_metric(cls, metric: Metric) -> Measure:
        """Return the measure of a single metric."""
        return cls(metric.name, metric.sign)

    @property
    def better(self) -> str:
        """The better direction, in words."""
        return "lower is better" if self.sign > 0 else "higher is better"

    @property
    def label(self) -> str:
        """The name and the better direction."""
        return f"{self.name} ({self.better})"

    def value(self, loss: float) -> float | None:
        """Return a loss in the metric's own sign; None for NaN."""
        return None if math.isnan(loss) else self.sign * float(loss)

    @staticmethod
    def losses(history: History) -> Floats:
        """Return the signed measure of every trial (smaller is better), shape `(trials,)`; NaN where unknown."""
        if not history.objective.pareto:
            return history.losses
        return np.where(np.isnan(history.losses), np.nan, history.values[:, 0])


@dataclass(frozen=True)
class HistoryPoint:
    """One trial in the optimisation history.

    Args:
        number: The trial.
        state: Its state.
        value: Its result in the metric's own sign; None without one.
        best: The best single result so far among trials that may lead; None before the first.
        proposer: The proposer's name.
        feasible: Whether the trial satisfies the constraints.
    """

    number: int
    state: State
    value: float | None
    best: float | None
    proposer: str
    feasible: bool = True


@dataclass(frozen=True)
class Curve:
    """The learning curve of one trial: its finite reports of the first metric, in the metric's own sign."""

    number: int
    state: State
    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Parallel:
    """The best complete trials and their parameters.

    Args:
        numbers: The trials, best first.
        values: Their results in the metric's own sign.
        columns: By parameter, one value per trial: a number, the index of an option, or None where it is not active.
    """

    numbers: list[int]
    values: list[float]
    columns: dict[str, list[float | None]]


@dataclass(frozen=True)
class LogEntry:
    """One line of the decision log.

    Args:
        kind: What the entry is about.
        text: The reason, in words.
        trial: The trial; None for an entry about the study.
        by: The author.
        decision: `accept`, `reject`, `replicate`, `prune`, a kind of failure, or the kind of decision about the study.
        when: Seconds since 1970, where known.
    """

    kind: Literal["decision", "verdict", "failure", "note"]
    text: str
    trial: int | None = None
    by: str = ""
    decision: str = ""
    when: float | None = None


def evenly(items: Sequence[T], most: int) -> list[T]:
    """Return at most `most` items at even distances, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[index] for index in np.linspace(0, len(items) - 1, most).astype(int)]


def may_lead(history: History, trial: Trial) -> bool:
    """Return whether a trial can be the best: complete, feasible, and not rejected by a binding verdict."""
    if trial.state is not State.COMPLETE or math.isnan(history.reach[trial.number]):
        return False
    vetoed = trial.verdict is not None and trial.verdict.binding and trial.verdict.decision == "reject"
    return not vetoed and history.objective.violation(trial.metrics) == 0


def ranked(history: History) -> list[int]:
    """Return the numbers of the complete trials with a result, best first; ties go to the earlier trial.

    Trials that may not lead come last.
    """
    losses = history.losses
    complete = [t for t in history.trials if t.state is State.COMPLETE and not math.isnan(losses[t.number])]
    complete.sort(key=lambda trial: (not may_lead(history, trial), losses[trial.number], trial.number))
    return [trial.number for trial in complete]


def history_values(history: History) -> list[HistoryPoint]:
    """Return every trial's result and the best single result so far, by number. Repeats are not averaged."""
    measure = Measure.of(history.objective)
    points = []
    least = math.nan
    for trial, loss in zip(history.trials, measure.losses(history), strict=True):
        if may_lead(history, trial) and not loss >= least:
            least = loss
        feasible = trial.state is not State.COMPLETE or history.objective.violation(trial.metrics) == 0
        values = measure.value(loss), measure.value(least)
        points.append(HistoryPoint(trial.number, trial.state, *values, trial.proposal.proposer, feasible))
    return points


def curves(history: History) -> list[Curve]:
    """Return the learning curve of every trial that reported the objective's first metric."""
    name = history.objective.primary.name
    result = []
    for trial in history.trials:
        reports = sorted((step, value) for step, value in trial.reports.curve(name) if math.isfinite(value))
        if reports:
            steps, values = zip(*reports, strict=True)
            result.append(Curve(trial.number, trial.state, steps, values))
    return result


def parallel(history: History, names: Sequence[str] | None = None, *, most: int = 1000) -> Parallel:
    """Return the best complete trials and their parameters.

    Args:
        history: The study's history.
        names: The parameters to include, in order; all by default.
        most: The maximum number of trials.
    """
    measure, space = Measure.of(history.objective), history.space
    numbers = [n for n in ranked(history) if space.contains(history.trials[n].parameters)][:most]
    rows = [history.trials[n].parameters for n in numbers]
    columns: dict[str, list[float | None]] = {}
    for name in space.names if names is None else names:
        parameter = space.parameters[name]
        convert = parameter.index if isinstance(parameter, Choice) else float
        columns[name] = [float(convert(row[name])) if name in row else None for row in rows]
    return Parallel(numbers, (measure.sign * measure.losses(history)[numbers]).tolist(), columns)


def decision_log(history: History) -> list[LogEntry]:
    """Return the decisions about the study by time, then failures, verdicts and notes by trial."""
    log = [_decision_entry(event) for event in history.decisions]
    for trial in history.trials:
        if (failure := trial.failure) is not None:
            log.append(LogEntry("failure", plain(failure.reason), trial.number, decision=failure.kind))
        if (verdict := trial.verdict) is not None:
            decision = "prune" if trial.state is State.PRUNED else verdict.decision
            log.append(LogEntry("verdict", plain(verdict.reason), trial.number, verdict.by, decision))
        log += [LogEntry("note", plain(note), trial.number, by="user") for note in trial.notes]
    return log


def _decision_entry(event: Decision) -> LogEntry:
    kind = event.answer if isinstance(event, ApprovalAnswered) else event.kind
    return LogEntry("decision", plain(event.reason), by=event.by, decision=kind, when=event.time)
