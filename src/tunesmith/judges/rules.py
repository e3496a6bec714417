"""Fixed rules: a clear gain is accepted, a loss is rejected, and a difference within the noise is repeated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Flags, Floats
from ..core.schema import check_types, expect_range
from ..core.trial import State, Trial, Verdict
from ..history.history import History
from ..text import wording


@dataclass(frozen=True, kw_only=True)
class RulesJudge:
    """Judges a trial by its gain over the best other configuration, relative to that one's loss.

    While the noise is unknown, a gain above `accept_gain` is accepted and a smaller one is repeated with another seed.
    Once it is known, a gain is accepted beyond two standard errors of the difference; if repeats agree exactly, any
    gain is. The earlier configuration wins a tie.

    With a Pareto objective, a configuration is rejected if another one dominates it, and repeated if that would be so
    after worsening each of its metrics by the same margin.

    Args:
        accept_gain: The relative gain above which a configuration is accepted while the noise is unknown.
        reject_loss: The relative loss above which the reason is "worse" rather than "no better".
        repeats: The most repeats per configuration; 0 turns repeats off.
        repeat_share: The largest share of repeats among all trials, in [0, 1].
        train_metric: The reported metric of the training set that reveals over-fitting, such as `"train_loss"`.
        overfit_gap: With `train_metric`: the gap between it and the objective's metric, relative to the latter, above
            which over-fitting is severe.
    """

    accept_gain: float = 0.02
    reject_loss: float = 0.005
    repeats: int = 2
    repeat_share: float = 0.2
    train_metric: str | None = None
    overfit_gap: float = 0.5

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("accept_gain", "reject_loss", "repeats", "overfit_gap"):
            expect_range(self, name, 0)
        expect_range(self, "repeat_share", 0, 1)

    def judge(self, history: History, trial: Trial) -> Verdict:
        """Return the verdict on a complete trial."""
        if overfit := self._overfit(history, trial):
            return Verdict(decision="reject", reason=overfit, binding=True)
        if violation := history.objective.violation(trial.metrics):
            return Verdict(decision="reject", reason=f"violates the constraints by {wording.number(violation)}")
        if history.objective.pareto:
            return self._judge_front(history, trial)
        rival = history.rival(trial)
        if rival is None:
            return Verdict(decision="accept", reason="first result")
        losses, rival_losses = history.repeat_losses(trial), history.repeat_losses(rival)
        difference = _mean(rival_losses) - _mean(losses)
        gain = difference / max(abs(_mean(rival_losses)), 1e-12)
        size = wording.difference(_mean(losses), _mean(rival_losses))
        name = f"trial {rival.number}" + (f" (mean of {len(rival_losses)} runs)" if len(rival_losses) > 1 else "")
        if gain < -self.reject_loss:
            return Verdict(decision="reject", reason=f"{size} worse than {name}")
        if gain <= 0:
            return Verdict(decision="reject", reason=f"no better than {name}, which came first")
        reason = f"{size} better than {name}"
        if history.noise is None:
            if gain > self.accept_gain:
                return Verdict(decision="accept", reason=reason)
            doubt = f"{reason}, too little to be certain while the noise is unknown"
        else:
            margin = 2 * history.noise * math.sqrt(1 / len(losses) + 1 / len(rival_losses))
            if difference > margin:
                return Verdict(decision="accept", reason=f"{reason}, more than the noise")
            doubt = f"{reason}, within the noise of {wording.number(margin)}"
        return self._when_in_doubt(history, trial, doubt)

    def _judge_front(self, history: History, trial: Trial) -> Verdict:
        rivals = history.rivals(trial)
        if not rivals:
            return Verdict(decision="accept", reason="first result")
        values = history.mean_values(trial)
        rival_values = np.array([history.mean_values(rival) for rival in rivals])
        for index in np.flatnonzero((rival_values <= values).all(axis=1)):
            return Verdict(decision="reject", reason=_dominated(history, rivals[index], rival_values[index] < values))
        reason = _position(history, rivals, values, rival_values)
        margins = self._margins(history, trial, rivals, rival_values)
        unsure = np.flatnonzero((rival_values <= values + margins).all(axis=1))
        if not len(unsure):
            return Verdict(decision="accept", reason=reason)
        doubt = f"{reason}, but ahead of trial {rivals[unsure[0]].number} by "
        doubt += "too little to be certain" if history.metric_noise is None else "less than the noise"
        return self._when_in_doubt(history, trial, doubt)

    def _margins(self, history: History, trial: Trial, rivals: Sequence[Trial], rival_values: Floats) -> Floats:
        """Return the uncertainty of the difference to each rival, shape `(rivals, metrics)`."""
        if history.metric_noise is None:
            return np.asarray(self.accept_gain * np.abs(rival_values))
        variances = [1 / _runs(history, trial) + 1 / _runs(history, rival) for rival in rivals]
        return 2 * history.metric_noise * np.sqrt(variances)[:, None]

    def _when_in_doubt(self, history: History, trial: Trial, doubt: str) -> Verdict:
        runs = _runs(history, trial)
        if runs <= self.repeats and history.repeats_proposed < max(1.0, self.repeat_share * len(history.trials)):
            return Verdict(decision="replicate", reason=doubt)
        leads = not {run.number for run in history.repeats(trial)}.isdisjoint(t.number for t in history.front)
        return Verdict(decision="accept" if leads else "reject", reason=f"{doubt}; no repeats left")

    def _overfit(self, history: History, trial: Trial) -> str | None:
        metric = history.objective.primary
        if self.train_metric is None or self.train_metric not in trial.metrics:
            return None
        gap = metric.sign * (trial.metrics[metric.name] - trial.metrics[self.train_metric])
        relative = gap / max(abs(trial.metrics[metric.name]), 1e-12)
        if relative <= self.overfit_gap:
            return None
        size = wording.difference(trial.metrics[self.train_metric], trial.metrics[metric.name])
        return f"severe over-fitting: {metric.name} is {size} worse than {self.train_metric}"


def _runs(history: History, trial: Trial) -> int:
    return sum(run.state is State.COMPLETE for run in history.repeats(trial))


def _mean(losses: Sequence[float]) -> float:
    return math.fsum(loss / len(losses) for loss in losses)


def _dominated(history: History, rival: Trial, worse: Flags) -> str:
    names = [metric.name for metric, is_worse in zip(history.objective.metrics, worse, strict=True) if is_worse]
    if not names:
        return f"equal to trial {rival.number}, which came first"
    return f"dominated by trial {rival.number}, which is better in {' and '.join(names)}"


def _position(history: History, rivals: Sequence[Trial], values: Floats, rival_values: Floats) -> str:
    """Describe the position of a configuration on the front, which is sorted by the first metric."""
    replaced = np.flatnonzero((values <= rival_values).all(axis=1)).tolist()
    if replaced:
        return f"on the Pareto front in place of {_named([rivals[index] for index in replaced])}"
    firsts = values < rival_values.min(axis=0)
    if best := [metric.name for metric, is_first in zip(history.objective.metrics, firsts, strict=True) if is_first]:
        return f"on the Pareto front with the best {' and '.join(best)}"
    after = int(np.searchsorted(rival_values[:, 0], values[0], side="right"))
    return f"on the Pareto front beside {_named(rivals[max(after - 1, 0) : after + 1])}"


def _named(trials: Sequence[Trial]) -> str:
    return f"trial{'' if len(trials) == 1 else 's'} {' and '.join(str(trial.number) for trial in trials)}"
