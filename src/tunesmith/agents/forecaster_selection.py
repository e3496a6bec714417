"""Which families of forecasting models suit time series and a user's wishes, by rules, with reasons and trade-offs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from ..forecasters.base import BASELINE, Forecaster
from ..plugins import load, names
from ..series.analysis import SeriesAnalysis, analyse_series
from ..series.panel import Panel
from ..series.traits import SeriesTraits
from ..text.wording import count, share
from .family_selection import FamilyAdvice, Needs, general_objection, general_trade_offs, judged

_MANY_SERIES = 100  # From so many on, models of each series by itself take long, and those of all series learn much.
_FEW_VALUES = 500  # Of all series together: less is little for a model that learns from all of them.
_STRONG = 0.6
_INTERMITTENT = 0.5  # The share of zeros from which values are intermittent.
_SEASONAL = (
    *(BASELINE, "ets", "theta", "ces", "mstl", "tbats", "additive", "lagged_ridge", "autoregression", "sparse_tsf"),
)
_SEVERAL_SEASONS = ("mstl", "tbats", "additive", "lagged_ridge", "lagged_boosting", "autoregression")
_TRENDING = ("drift", "ets", "theta", "additive", "nlinear", "rlinear")
_WANDERING = ("naive", "drift", "theta", "arima", "nlinear")
_WITH_COVARIATES = ("lagged_boosting",)
"""Families by what their models can tell, from their definitions."""


@dataclass(frozen=True, kw_only=True)
class SeriesFacts:
    """What families need to know of time series.

    Args:
        panel: The series.
        horizon: The steps to forecast.
        windows: The windows of the backtest.
        traits: The medians of their traits.
    """

    panel: Panel
    horizon: int
    windows: int
    traits: SeriesTraits

    @classmethod
    def of(cls, panel: Panel, horizon: int, *, windows: int = 1, analysis: SeriesAnalysis | None = None) -> Self:
        """Return the facts of some series.

        Args:
            panel: The series.
            horizon: The steps to forecast.
            windows: The windows of the backtest.
            analysis: Theirs, if there is one.
        """
        traits = (analysis or analyse_series(panel, horizon)).traits
        return cls(panel=panel, horizon=horizon, windows=windows, traits=traits)

    @property
    def values(self) -> int:
        """The number of values of all series."""
        return int(self.panel.lengths.sum())


def suggest_forecasters(
    facts: SeriesFacts, needs: Needs | None = None, chosen: Mapping[str, Forecaster] | None = None
) -> list[FamilyAdvice]:
    """Return what speaks for and against each family, those to be tried first at the beginning.

    Args:
        facts: What is known of the series.
        needs: What the user needs; nothing special by default.
        chosen: The families to judge by name; all of tunesmith and its plugins by default.
    """
    needs = needs or Needs()
    kinds = chosen if chosen is not None else {name: load("forecasters", name)() for name in names("forecasters")}
    advice = [_judged(name, family, facts, needs) for name, family in kinds.items()]
    return sorted(advice, key=lambda entry: (not entry.fits, entry.tier, entry.seconds or 0.0))


def _judged(name: str, family: Forecaster, facts: SeriesFacts, needs: Needs) -> FamilyAdvice:
    profile = family.profile
    trade_offs = (*_trade_offs(name, family, facts), *general_trade_offs(profile))
    against = general_objection(name, profile, needs) or _objection(family, facts)
    first = None if against else next(iter(family.configurations(facts.panel, facts.horizon)), None)
    if first is None:
        return FamilyAdvice(family=name, fits=False, reason=against or "not for such series", trade_offs=trade_offs)
    times = facts.windows + 1 if profile.is_local else 2
    seconds = times * family.seconds(facts.panel, facts.horizon, first)
    return judged(name, profile, needs, seconds, trade_offs, list(_reasons(name, family, facts)))


def _objection(family: Forecaster, facts: SeriesFacts) -> str:
    """Return why a family does not suit the series; empty if nothing speaks against it."""
    profile = family.profile
    long_enough = float((facts.panel.lengths >= profile.least_length).mean())
    if long_enough <= 0.5:
        return f"needs {profile.least_length} values, which {share(1 - long_enough)} of the series do not have"
    if profile.intermittent_only and facts.traits.zeros < _INTERMITTENT:
        return f"for values that are mostly 0, but {share(facts.traits.zeros)} of these are"
    return ""


def _reasons(name: str, family: Forecaster, facts: SeriesFacts) -> Iterator[str]:
    """Yield why a family suits the series, from what was measured of them."""
    profile, panel, traits = family.profile, facts.panel, facts.traits
    strongest = max(traits.seasons, key=lambda length: traits.seasons[length], default=0)
    if profile.intermittent_only:
        yield f"{share(traits.zeros)} of the values are 0"
    if strongest and traits.seasons[strongest] >= _STRONG and name in _SEASONAL:
        yield f"the season of {count(strongest, 'step')} is strong ({share(traits.seasons[strongest])} of the variance)"
    if len(panel.seasons) > 1 and name in _SEVERAL_SEASONS:
        yield f"there are {len(panel.seasons)} seasons"
    if traits.trend >= _STRONG and name in _TRENDING:
        yield f"a smooth trend explains {share(traits.trend)} of the variance"
    if not panel.seasons and traits.differences >= 1 and name in _WANDERING:
        yield "the values wander, without a season"
    if not profile.is_local and len(panel) >= _MANY_SERIES:
        yield f"it learns from all {len(panel):,} series together"
    if name in _WITH_COVARIATES and panel.covariates:
        yield f"it uses {count(len(panel.covariates), 'column')} beside the target"


def _trade_offs(name: str, family: Forecaster, facts: SeriesFacts) -> Iterator[str]:
    """Yield what one gives up with a family on these series."""
    profile, panel = family.profile, facts.panel
    if profile.is_local and len(panel) >= _MANY_SERIES:
        yield f"is fitted to each of {len(panel):,} series, and learns nothing from the others"
    if not profile.is_local and facts.values < _FEW_VALUES:
        yield f"has only {facts.values:,} values to learn from"
    if panel.covariates and name not in _WITH_COVARIATES:
        yield "does not use the columns beside the target"
    if profile.most_length is not None and int(np.median(panel.lengths)) > profile.most_length:
        yield f"looks at the last {profile.most_length:,} values of a series alone"
