"""How the best compares with the user's own configuration, and how sure that is, in words."""

from __future__ import annotations

from typing import NamedTuple

from ..core.trial import State
from ..history.history import History
from ..text import wording
from .overview import Comparison


class Gain(NamedTuple):
    """How the best compares with the user's own, in words."""

    headline: str
    detail: str
    good: bool = False


def gain(history: History, found: Comparison, own_name: str) -> Gain:
    """Return by how much the leader is better than trial 0; with a Pareto objective, where trial 0 stands to the front.

    Args:
        history: All that is known.
        found: The leader beside trial 0.
        own_name: What trial 0 is called.
    """
    return _place_of_own(history) if history.objective.pareto else _over_own(found, own_name)


def _over_own(found: Comparison, own_name: str) -> Gain:
    if found.best is None:
        return Gain("–", "nothing to compare yet")
    if found.own_leads:
        return Gain("±0", f"{own_name} still leads: nothing has beaten it")
    if found.own is None or found.own.value is None or found.gain is None:
        state = (
            "has no result" if found.own is None else f"is {found.own.trial.state}: it has no result to compare with"
        )
        return Gain("–", f"{own_name} {state}")
    way = "better" if found.gain >= 0 else "worse"
    size = (
        wording.number(abs(found.gain), 3) if found.relative_gain is None else wording.share(abs(found.relative_gain))
    )
    detail = f"{wording.number(found.own.value)} became {wording.number(found.best.value)}"
    if found.gain_in_noise is not None:
        sure = "more than the noise" if found.gain_in_noise > 2 else "within the noise, so not certain"
        errors = found.gain_in_noise if abs(found.gain_in_noise) < 100 else round(found.gain_in_noise)
        detail += f"; {sure} ({wording.number(errors, 2)} standard errors)"
    return Gain(f"{size} {way}", detail, good=found.gain > 0)


def _place_of_own(history: History) -> Gain:
    """Return where trial 0 stands to the front of a Pareto objective."""
    if not history.trials or history.trials[0].state is not State.COMPLETE:
        return Gain("–", "has no result to compare with")
    own = history.trials[0]
    if own.number in {trial.number for trial in history.front}:
        return Gain("on the front", "no trial is better in one metric without being worse in another")
    values = history.mean_values(own)
    better = [trial.number for trial in history.front if (history.mean_values(trial) <= values).all()]
    if not better:
        return Gain("off the front", "it may not lead: it breaks a constraint, or was vetoed")
    worse = f"{wording.count(len(better), 'trial')} on the front {'is' if len(better) == 1 else 'are'} nowhere worse"
    return Gain("beaten", worse, good=True)


def noise(history: History) -> str:
    """Return the deviation between repeats in words, of each metric of a Pareto objective; empty where unknown."""
    if history.noise:
        return f"± {wording.number(history.noise, 3)}"
    if history.metric_noise is None:
        return ""
    told = zip(history.objective.metrics, history.metric_noise, strict=True)
    return ", ".join(f"{metric.name} ± {wording.number(float(spread), 3)}" for metric, spread in told)
