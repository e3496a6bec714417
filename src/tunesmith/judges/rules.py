"""Fixed rules: a clear gain is accepted, a loss is rejected, and what lies within the noise is repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import InputError
from ..history import History
from ..trial import Trial, Verdict


@dataclass(frozen=True, kw_only=True)
class RulesJudge:
    """Judges by the gain over the best other configuration, relative to its loss.

    Until noise has been measured, a gain above `accept_gain` is accepted and a smaller one is repeated with another
    seed. Once it has, a gain counts as real beyond two standard errors of the difference; where repeats agree to the
    last digit, any gain does. A tie goes to the configuration that came first.

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
        rival = history.rival(trial)
        if rival is None:
            return Verdict(decision="accept", reason="the first result")
        mine, theirs = history.repeat_losses(trial), history.repeat_losses(rival)
        difference = math.fsum(theirs) / len(theirs) - math.fsum(mine) / len(mine)
        gain = difference / max(abs(math.fsum(theirs) / len(theirs)), 1e-12)
        against = f"trial {rival.number}" + (f" (mean of {len(theirs)} runs)" if len(theirs) > 1 else "")
        if gain < -self.reject_loss:
            return Verdict(decision="reject", reason=f"{-gain:.1%} worse than {against}")
        if gain <= 0:
            return Verdict(decision="reject", reason=f"no better than {against}, which came first")
        words = f"{gain:.1%} better than {against}"
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

    def _when_in_doubt(self, history: History, trial: Trial, doubt: str) -> Verdict:
        runs = len(history.repeat_losses(trial))
        if runs <= self.repeats and history.repeats_proposed < max(1.0, self.repeat_share * len(history.trials)):
            return Verdict(decision="replicate", reason=doubt)
        leads = history.best in history.repeats(trial)
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
