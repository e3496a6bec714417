"""The values of the first screen and of the tables: what leads, by how much, what failed, what it cost."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from ..core.trial import State, Trial
from ..history.history import History
from ..text import wording
from ..text.cleaning import plain
from .data import Measure, ranked


@dataclass(frozen=True)
class Standing:
    """A configuration: the trial that stands for it, its mean result in the metric's own sign, how often it ran."""

    trial: Trial
    value: float | None
    runs: int


@dataclass(frozen=True)
class Comparison:
    """The best configuration beside the user's own.

    Args:
        best: The leader, or None while nothing has finished.
        own: Trial 0, or None without any trial.
        gain: How much better the leader is, in the metric's unit; positive is better.
        relative_gain: The same, relative to the size of the user's own result; None where that is 0.
        gain_in_noise: The gain as a multiple of the standard error of the difference; None while noise is unknown.
    """

    best: Standing | None
    own: Standing | None
    gain: float | None = None
    relative_gain: float | None = None
    gain_in_noise: float | None = None

    @property
    def own_leads(self) -> bool:
        """Whether nothing has beaten the user's own configuration."""
        return self.best is not None and self.own is not None and self.best.trial.number == self.own.trial.number


@dataclass(frozen=True)
class Row:
    """One line of a comparison: a name, the best's value and the user's own, in words; empty where there is none."""

    name: str
    best: str
    own: str

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return self.best != self.own


@dataclass(frozen=True)
class FailureGroup:
    """Trials that failed alike.

    Args:
        kind: The kind of failure.
        reason: Of the first one; numbers may differ in the others.
        numbers: The trials.
        log_tail: The last lines that the latest of them printed.
    """

    kind: str
    reason: str
    numbers: tuple[int, ...]
    log_tail: str


@dataclass(frozen=True)
class ResourceRow:
    """What the trials of one state took: seconds and bytes, None where none was measured."""

    state: State
    trials: int
    total_seconds: float | None
    median_seconds: float | None
    longest_seconds: float | None
    median_memory_bytes: float | None
    most_memory_bytes: float | None


def comparison(history: History, trial: Trial | None = None) -> Comparison:
    """Return the leader, or another trial in its place, beside trial 0."""
    trial = history.best if trial is None else trial
    best = None if trial is None else _standing(history, trial)
    own = _standing(history, history.trials[0]) if history.trials else None
    if best is None or own is None or best.value is None or own.value is None:
        return Comparison(best, own)
    gain = Measure.of(history.objective).sign * (own.value - best.value)
    relative = gain / abs(own.value) if own.value and math.isfinite(gain) else None
    in_noise = None
    if history.noise:
        in_noise = gain / (history.noise * math.sqrt(1 / best.runs + 1 / own.runs))
    return Comparison(best, own, gain, relative, in_noise)


def _standing(history: History, trial: Trial) -> Standing:
    losses = history.repeat_losses(trial)
    if not losses:
        return Standing(trial, None, 0)
    if history.objective.pareto:
        mean = float(history.mean_values(trial)[0])
    else:
        mean = math.fsum(loss / len(losses) for loss in losses)
    return Standing(trial, Measure.of(history.objective).sign * mean, len(losses))


def stopped(history: History) -> str | None:
    """Return why the study stopped, in words; None where it goes on, was interrupted, or was never run."""
    if not history.decisions or history.running:
        return None
    last = history.decisions[-1]
    if history.sessions and history.sessions[-1].time > last.time:
        return None  # it was gone on with since
    data = last.data
    stop = data.get("decision") == "stop" or data.get("action") == "stop" or data.get("stop")
    return plain(str(data.get("reason", ""))) if stop else None


def parameter_rows(history: History, found: Comparison) -> list[Row]:
    """Return every parameter that is active in the leader or in trial 0, in the order of the space."""
    sides = [side.trial.parameters if side is not None else {} for side in (found.best, found.own)]
    names = list(history.space.names) + [n for n in sides[1] if n not in history.space.parameters]
    return [Row(name, *(_told(side, name) for side in sides)) for name in names if any(name in s for s in sides)]


def _told(parameters: Mapping[str, object], name: str) -> str:
    return wording.value(parameters[name]) if name in parameters else ""


def metric_rows(history: History, found: Comparison, *, test: bool = False) -> list[Row]:
    """Return every metric of the two trials, the objective's first; with `test`, those of the held-out test part."""
    sides: list[Mapping[str, float]] = []
    for side in (found.best, found.own):
        sides.append({} if side is None else held_out_scores(side.trial) if test else side.trial.metrics)
    wanted = [m.name for m in history.objective.metrics] + [c.metric for c in history.objective.constraints]
    names = dict.fromkeys([*wanted, *sorted({name for side in sides for name in side})])
    return [
        Row(name, *(wording.number(side[name]) if name in side else "" for side in sides))
        for name in names
        if any(name in side for side in sides)
    ]


def held_out_scores(trial: Trial) -> dict[str, float]:
    """Return what the held-out test part gave, without what a script merely says again from the search."""
    new = {name: value for name, value in trial.test_metrics.items() if trial.metrics.get(name) != value}
    return new or dict(trial.test_metrics)


def failures(history: History) -> list[FailureGroup]:
    """Return the failed trials by kind and reason, numbers in the reason apart, the largest group first."""
    groups: dict[tuple[str, str], list[Trial]] = {}
    for trial in history.trials:
        if trial.failure is not None:
            alike = re.sub(r"\d+(\.\d+)?", "#", trial.failure.reason)
            groups.setdefault((trial.failure.kind, alike), []).append(trial)
    found = []
    for (kind, _), trials in groups.items():
        tails = [t.failure.log_tail for t in trials if t.failure is not None and t.failure.log_tail.strip()]
        first = trials[0].failure
        reason = "" if first is None else plain(first.reason)
        tail = plain(tails[-1]) if tails else ""
        found.append(FailureGroup(kind, reason, tuple(t.number for t in trials), tail))
    return sorted(found, key=lambda group: (-len(group.numbers), group.numbers))


def resources(history: History) -> list[ResourceRow]:
    """Return time and memory by state, for the settled states that occur."""
    rows = []
    for state in (State.COMPLETE, State.PRUNED, State.FAILED):
        trials = [trial for trial in history.trials if trial.state is state]
        if not trials:
            continue
        seconds = [s for trial in trials if (s := seconds_taken(trial)) is not None]
        memory = [m for trial in trials if (m := _memory(trial)) is not None]
        rows.append(
            ResourceRow(
                state=state,
                trials=len(trials),
                total_seconds=math.fsum(seconds) if seconds else None,
                median_seconds=median(seconds) if seconds else None,
                longest_seconds=max(seconds, default=None),
                median_memory_bytes=median(memory) if memory else None,
                most_memory_bytes=max(memory, default=None),
            )
        )
    return rows


def seconds_taken(trial: Trial) -> float | None:
    """Return how long a trial took, whatever became of it; None where that is not known."""
    return trial.failure.seconds if trial.seconds is None and trial.failure is not None else trial.seconds


def _memory(trial: Trial) -> int | None:
    if trial.peak_memory_bytes is None and trial.failure is not None:
        return trial.failure.peak_memory_bytes
    return trial.peak_memory_bytes


def listed(history: History, most: int) -> list[Trial]:
    """Return the trials for a table, by number: all, or the best and the latest, half and half, where they are more."""
    if len(history.trials) <= most:
        return list(history.trials)
    numbers = set(ranked(history)[: most // 2])
    latest = iter(reversed(history.trials))
    while len(numbers) < most:
        numbers.add(next(latest).number)
    return [history.trials[number] for number in sorted(numbers)]
