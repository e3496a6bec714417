"""The best trial beside trial 0, the baseline: the difference, its certainty, and both in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..core.trial import State, Trial
from ..history.history import History
from ..text import wording
from .data import Measure

SIGNIFICANT = 2.0
"""A difference of more standard errors than this is called larger than the noise."""
EQUAL = "±0"


@dataclass(frozen=True)
class Entry:
    """A configuration: a trial of it, the mean result in the metric's own sign, and the number of complete runs."""

    trial: Trial
    value: float | None
    runs: int


@dataclass(frozen=True)
class Comparison:
    """A configuration beside the baseline.

    Args:
        best: The best configuration, or another one in its place; None while no trial is complete.
        baseline: Trial 0; None in an empty study.
        gain: The improvement over the baseline in the metric's unit; positive is better.
        relative_gain: The gain relative to the size of the baseline's result; None where that is 0.
        standard_errors: The gain in standard errors of the difference; None while the noise is unknown.
    """

    best: Entry | None
    baseline: Entry | None
    gain: float | None = None
    relative_gain: float | None = None
    standard_errors: float | None = None

    @property
    def baseline_leads(self) -> bool:
        """Whether the baseline is the best configuration."""
        return self.best is not None and self.baseline is not None and self.trials[0] is self.trials[1]

    @property
    def trials(self) -> tuple[Trial | None, Trial | None]:
        """The best trial and the baseline's."""
        best, baseline = (None if entry is None else entry.trial for entry in (self.best, self.baseline))
        return best, baseline


@dataclass(frozen=True)
class Row:
    """A parameter or metric of two trials, in words; empty where a trial does not have it."""

    name: str
    best: str
    baseline: str

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return self.best != self.baseline


class Gain(NamedTuple):
    """A comparison with the baseline in words.

    Args:
        headline: The result in a few words; empty where nothing can be compared.
        detail: A clause that explains the headline, or why there is none.
        good: Whether the search has improved on the baseline.
    """

    headline: str
    detail: str
    good: bool = False

    def sentence(self, baseline: str) -> str:
        """Return the comparison as one sentence, for a single objective."""
        if self.headline in ("", EQUAL):
            return self.detail
        return f"that is {self.headline} than {baseline}: {self.detail}"


def compare(history: History, trial: Trial | None = None) -> Comparison:
    """Return the best trial, or another one, beside trial 0."""
    trial = history.best if trial is None else trial
    best = None if trial is None else _entry(history, trial)
    baseline = _entry(history, history.trials[0]) if history.trials else None
    if best is None or baseline is None or best.value is None or baseline.value is None:
        return Comparison(best, baseline)
    gain = Measure.of(history.objective).sign * (baseline.value - best.value)
    relative = gain / abs(baseline.value) if baseline.value and math.isfinite(gain) else None
    errors = None
    if history.noise:
        errors = gain / (history.noise * math.sqrt(1 / best.runs + 1 / baseline.runs))
    return Comparison(best, baseline, gain, relative, errors)


def _entry(history: History, trial: Trial) -> Entry:
    losses = history.repeat_losses(trial)
    if not losses:
        return Entry(trial, None, 0)
    if history.objective.pareto:
        mean = float(history.mean_values(trial)[0])
    else:
        mean = math.fsum(loss / len(losses) for loss in losses)
    return Entry(trial, Measure.of(history.objective).sign * mean, len(losses))


def gain_words(history: History, comparison: Comparison, baseline: str) -> Gain:
    """Return a comparison with the baseline in words; with a Pareto objective, the baseline's position to the front.

    Args:
        history: The study's history.
        comparison: The best trial beside the baseline.
        baseline: The name of the baseline, as "trial 0".
    """
    if comparison.best is None:
        return Gain("", "there is no result to compare yet")
    if comparison.baseline is None or comparison.baseline.value is None:
        state = "" if comparison.baseline is None else f": its state is {comparison.baseline.trial.state}"
        return Gain("", f"{baseline} has no result to compare with{state}")
    if history.objective.pareto:
        return _position(history, history.trials[0])
    if comparison.baseline_leads:
        if history.rival(comparison.baseline.trial) is None:
            return Gain("", f"no trial but {baseline} has a result")
        return Gain(EQUAL, f"no trial has beaten {baseline}")
    gain, best, reference = comparison.gain, comparison.best.value, comparison.baseline.value
    if not gain or best is None:
        return Gain(EQUAL, f"the result is the same as that of {baseline}")
    size, errors = wording.difference(best, reference), comparison.standard_errors
    detail = " instead of ".join(wording.numbers(best, reference))
    if errors is not None:
        size_in_errors = wording.number(abs(errors) if abs(errors) < 100 else abs(round(errors)), 2)
        certainty = "is larger than the noise" if abs(errors) > SIGNIFICANT else "may be noise"
        detail += f"; at {size_in_errors} standard errors, the difference {certainty}"
    return Gain(f"{size} {'better' if gain > 0 else 'worse'}", detail, good=gain > 0)


def _position(history: History, baseline: Trial) -> Gain:
    """Return where the baseline lies in relation to the Pareto front."""
    if baseline.number in {trial.number for trial in history.front}:
        return Gain("on the front", "no trial dominates it")
    values = history.mean_values(baseline)
    dominating = [trial.number for trial in history.front if (history.mean_values(trial) <= values).all()]
    if not dominating:
        return Gain("not on the front", "it violates a constraint, or a binding verdict rejected it")
    count = f"{wording.count(len(dominating), 'trial')} on the front {'is' if len(dominating) == 1 else 'are'}"
    return Gain("dominated", f"{count} at least as good in every metric", good=True)


def noise_words(history: History) -> str:
    """Return the standard deviation between repeats, of each metric of a Pareto objective; empty where unknown."""
    if history.noise is not None:
        return f"± {wording.number(history.noise, 3)}"
    if history.metric_noise is None:
        return ""
    pairs = zip(history.objective.metrics, history.metric_noise, strict=True)
    return ", ".join(f"{metric.name} ± {wording.number(float(spread), 3)}" for metric, spread in pairs)


def repeat_count(history: History) -> int:
    """Return the number of complete runs beyond the first of each configuration: what the noise is estimated from."""
    complete = [trial for trial in history.trials if trial.state is State.COMPLETE]
    return len(complete) - len({(history.space.key(t.parameters), t.proposal.inherits) for t in complete})


def parameter_rows(history: History, best: Trial | None, baseline: Trial | None) -> list[Row]:
    """Return the parameters that are active in either trial, in the order of the space."""
    sides = [{} if trial is None else trial.parameters for trial in (best, baseline)]
    texts = [{name: wording.value(value) for name, value in side.items()} for side in sides]
    return _rows([*history.space.names, *sides[1]], *texts)


def metric_rows(history: History, best: Trial | None, baseline: Trial | None, *, test: bool = False) -> list[Row]:
    """Return the metrics of two trials, the objective's first; with `test`, those on the held-out test data."""
    trials = (best, baseline)
    sides = [{} if t is None else held_out_scores(t) if test else dict(t.metrics) for t in trials]
    texts = [{name: wording.number(value) for name, value in side.items()} for side in sides]
    return _rows([*metric_names(history), *sorted({name for side in sides for name in side})], *texts)


def _rows(names: Iterable[str], best: Mapping[str, str], baseline: Mapping[str, str]) -> list[Row]:
    shown = [name for name in dict.fromkeys(names) if name in best or name in baseline]
    return [Row(name, best.get(name, ""), baseline.get(name, "")) for name in shown]


def metric_names(history: History) -> list[str]:
    """Return the metrics of the objective and its constraints."""
    objective = history.objective
    names = [metric.name for metric in objective.metrics] + [constraint.metric for constraint in objective.constraints]
    return list(dict.fromkeys(names))


def held_out_scores(trial: Trial) -> dict[str, float]:
    """Return the metrics on the held-out test data, without those that a script merely repeats from the search."""
    new = {name: value for name, value in trial.test_metrics.items() if trial.metrics.get(name) != value}
    return new or dict(trial.test_metrics)
