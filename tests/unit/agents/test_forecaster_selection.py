"""Which families of forecasting models suit series and needs, by rules."""

from __future__ import annotations

import numpy as np
import pytest
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith.agents.family_selection import FamilyAdvice, Needs
from tunesmith.agents.forecaster_selection import SeriesFacts, suggest_forecasters
from tunesmith.series.panel import Panel


def by_name(panel: Panel, needs: Needs | None = None) -> dict[str, FamilyAdvice]:
    return {one.family: one for one in suggest_forecasters(SeriesFacts.of(panel, 6), needs)}


@pytest.fixture(scope="module")
def monthly() -> Panel:
    return panel_of([seasonal(120, seed=seed) for seed in range(3)])


def test_what_fits_comes_first_with_reasons_from_the_series(monthly: Panel) -> None:
    advice = suggest_forecasters(SeriesFacts.of(monthly, 6))
    fits = [one.fits for one in advice]
    assert fits == sorted(fits, reverse=True)
    known = {one.family: one for one in advice}
    assert "the season of 12 steps is strong" in known["lagged_ridge"].reason
    assert "has only 360 values to learn from" in known["lagged_boosting"].trade_offs
    assert "no person can read its reasons off the model" in known["lagged_boosting"].trade_offs
    assert all(one.seconds is not None and one.seconds > 0 for one in advice if one.fits)


def test_needs_rule_families_out_and_say_why(monthly: Panel) -> None:
    advice = by_name(monthly, Needs(interpretable=True, wishes=("quick",), seconds=60.0, avoid=("drift",)))
    assert advice["lagged_boosting"].reason == "no person can read its reasons off the model"
    assert advice["drift"].reason == "to be avoided"
    assert advice["lagged_ridge"].fits
    assert "a person can read it" in advice["lagged_ridge"].reason
    assert "quick to train" in advice["naive"].reason
    slow = by_name(monthly, Needs(seconds=1e-6))
    assert "a trial is estimated at" in slow["lagged_boosting"].reason
    assert not any(one.fits for one in slow.values())


def test_intermittent_demand_is_for_models_made_for_it(monthly: Panel) -> None:
    drawn = np.random.default_rng(0).poisson(0.3, size=(3, 96)).astype(float)
    rare = by_name(panel_of(list(drawn), ()))["croston"]
    assert rare.fits == ("not installed" not in rare.reason)
    assert "of the values are 0" in rare.reason or not rare.fits
    usual = by_name(monthly)["croston"]
    assert not usual.fits


def test_many_series_speak_for_models_of_all_of_them() -> None:
    panel = panel_of([seasonal(48, seed=seed) for seed in range(120)])
    advice = by_name(panel)
    assert "it learns from all 120 series together" in advice["lagged_boosting"].reason
    assert "is fitted to each of 120 series, and learns nothing from the others" in advice["drift"].trade_offs


def test_short_series_rule_out_what_needs_many_values() -> None:
    advice = by_name(panel_of([np.arange(12.0)], ()))
    assert advice["autoregression"].reason == "needs 40 values, which 100 % of the series do not have"


def test_what_the_user_prefers_comes_first(monthly: Panel) -> None:
    advice = suggest_forecasters(SeriesFacts.of(monthly, 6), Needs(prefer=("lagged_ridge",)))
    assert advice[0].family == "lagged_ridge"
    assert advice[0].reason.startswith("asked for; ")
