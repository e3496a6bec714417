"""Fixed rules: a clear gain is accepted, a loss is rejected, and what lies within the noise is repeated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.pareto import Flags, Floats
from ..core.trial import State, Trial, Verdict
from ..errors import InputError
from ..history.history import History


@dataclass(frozen=True, kw_only=True)
class RulesJudge:
    """Judges by the gain over the best other configuration, relative to its loss.

    Until noise has been measured, a gain above `accept_gain` is accepted and a smaller one is repeated with another
    seed. Once it has, a gain counts as real beyond two standard errors of the difference; where repeats agree to the
    last digit, any gain does. A tie goes to the configuration that came first.

    With a Pareto objective to lead is to stand on the front: a configuration is rejected where another one is nowhere
    worse, and repeated where it would be rejected if each of its metrics were worse by what is in doubt.

    Args:
        accept_gain: Relative gain from which a configuration takes the lead at once, while the noise is unknown.
        reject_loss: Relative loss from which it is called worse rather than no better.
        repeats: The most repeats of one configuration; 0 turns repeats off.
        repeat_share: The largest share of all trials that may be repeats, in [0, 1].
        train_metric: The reported metric of the training part that shows over-fitting, as `"train_loss"`.
        overfit_gap: With `train_metric`: the largest gap between it and the objective's metric, relative to the
            latter, that is not severe over-fitting.
    """

    accept_gain: float = 0.02
    reject_loss: float = 0.005
    repeats: int = 2
    repeat_share: float = 0.2
    train_metric: str | None = None
    overfit_gap: float = 0.5

    def __post_init__(self) -> None:
        for name in ("accept_gain", "reject_loss", "repeats", "overfit_gap"):
            if not getattr(self, name) >= 0:
                raise InputError(f"{name} must not be negative, but {getattr(self, name)} was given.", keys=(name,))
        if not 0 <= self.repeat_share <= 1:
            raise InputError(
                f"repeat_share must be in [0, 1], but {self.repeat_share} was given.", keys=("repeat_share",)
            )

    def judge(self, history: History, trial: Trial) -> Verdict:
        """Return the verdict on a complete trial."""
        if gap := self._overfit(history, trial):
            return Verdict(decision="reject", reason=gap, binding=True)
        if violation := history.objective.violation(trial.metrics):
            return Verdict(decision="reject", reason=f"it breaks the constraints by {violation:.4g}")
        if history.objective.pareto:
            return self._judge_front(history, trial)
        rival = history.rival(trial)
        if rival is None:
            return Verdict(decision="accept", reason="the first result")
        mine, theirs = history.repeat_losses(trial), history.repeat_losses(rival)
        difference = _mean(theirs) - _mean(mine)
        gain = difference / max(abs(_mean(theirs)), 1e-12)
        against = f"trial {rival.number}" + (f" (mean of {len(theirs)} runs)" if len(theirs) > 1 else "")
        if gain < -self.reject_loss:
            return Verdict(decision="reject", reason=f"{_share(-gain)} worse than {against}")
        if gain <= 0:
            return Verdict(decision="reject", reason=f"no better than {against}, which came first")
        words = f"{_share(gain)} better than {against}"
        if history.noise is None:
            if gain > self.accept_gain:
                return Verdict(decision="accept", reason=words)
            doubt = f"{words}, too little to be sure of while the noise is unknown"
        else:
            doubtful = 2 * history.noise * math.sqrt(1 / len(mine) + 1 / len(theirs))
            if difference > doubtful:
                return Verdict(decision="accept", reason=f"{words}, more than the noise")
            doubt = f"{words}, within the noise of {doubtful:.3g}"
        return self._when_in_doubt(history, trial, doubt)

    def _judge_front(self, history: History, trial: Trial) -> Verdict:
        rivals = history.rivals(trial)
        if not rivals:
            return Verdict(decision="accept", reason="the first result")
        mine = history.mean_values(trial)
        theirs = np.array([history.mean_values(rival) for rival in rivals])
        for place in np.flatnonzero((theirs <= mine).all(axis=1)):
            return Verdict(decision="reject", reason=_behind(history, rivals[place], theirs[place] < mine))
        words = _place_on_front(history, rivals, mine, theirs)
        unsure = np.flatnonzero((theirs <= mine + self._margins(history, trial, rivals, theirs)).all(axis=1))
        if not len(unsure):
            return Verdict(decision="accept", reason=words)
        doubt = f"{words}, but ahead of trial {rivals[unsure[0]].number} by "
        doubt += "too little to be sure of" if history.metric_noise is None else "less than the noise"
        return self._when_in_doubt(history, trial, doubt)

    def _margins(self, history: History, trial: Trial, rivals: Sequence[Trial], theirs: Floats) -> Floats:
        """Return what is in doubt of the difference to each rival, shape `(rivals, metrics)`."""
        if history.metric_noise is None:
            return np.asarray(self.accept_gain * np.abs(theirs))
        shares = [1 / _runs(history, trial) + 1 / _runs(history, rival) for rival in rivals]
        return 2 * history.metric_noise * np.sqrt(shares)[:, None]

    def _when_in_doubt(self, history: History, trial: Trial, doubt: str) -> Verdict:
        runs = _runs(history, trial)
        if runs <= self.repeats and history.repeats_proposed < max(1.0, self.repeat_share * len(history.trials)):
            return Verdict(decision="replicate", reason=doubt)
        leads = not {run.number for run in history.repeats(trial)}.isdisjoint(t.number for t in history.front)
        return Verdict(decision="accept" if leads else "reject", reason=f"{doubt}; no repeat is left")

    def _overfit(self, history: History, trial: Trial) -> str | None:
        metric = history.objective.primary
        if self.train_metric is None or self.train_metric not in trial.metrics:
            return None
        gap = metric.sign * (trial.metrics[metric.name] - trial.metrics[self.train_metric])
        relative = gap / max(abs(trial.metrics[metric.name]), 1e-12)
        if relative <= self.overfit_gap:
            return None
        return f"severe over-fitting: {metric.name} is {relative:.0%} worse than {self.train_metric}"


def _runs(history: History, trial: Trial) -> int:
    return sum(run.state is State.COMPLETE for run in history.repeats(trial))


def _share(share: float) -> str:
    """Return a share of 1 in words; a huge one by its size alone."""
    return f"{share:.1%}" if share < 10 else f"{share:.3g} times"


def _mean(losses: Sequence[float]) -> float:
    return math.fsum(loss / len(losses) for loss in losses)


def _behind(history: History, rival: Trial, worse: Flags) -> str:
    names = [metric.name for metric, is_worse in zip(history.objective.metrics, worse, strict=True) if is_worse]
    if not names:
        return f"no better than trial {rival.number} in anything, which came first"
    return f"trial {rival.number} is nowhere worse, and better in {' and '.join(names)}"


def _place_on_front(history: History, rivals: Sequence[Trial], mine: Floats, theirs: Floats) -> str:
    """Return in words where on the front a configuration stands, which is sorted by the first metric."""
    if beaten := [str(rivals[place].number) for place in np.flatnonzero((mine <= theirs).all(axis=1)).tolist()]:
        return f"on the front in place of trial {' and '.join(beaten)}"
    firsts = mine < theirs.min(axis=0)
    if best := [metric.name for metric, is_first in zip(history.objective.metrics, firsts, strict=True) if is_first]:
        return f"on the front with the best {' and '.join(best)}"
    after = int(np.searchsorted(theirs[:, 0], mine[0], side="right"))
    neighbours = [str(rival.number) for rival in rivals[max(after - 1, 0) : after + 1]]
    return f"on the front beside trial {' and '.join(neighbours)}"
