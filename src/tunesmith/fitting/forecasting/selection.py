"""The families that a user's options and words leave to forecast with, and the order in which they are tried."""

from __future__ import annotations

from collections.abc import Mapping

from ...agents.family_selection import FamilyAdvice
from ...agents.forecaster_selection import SeriesFacts, suggest_forecasters
from ...errors import InputError
from ...forecasters.base import Forecaster
from ...series.digest import series_digest
from ...series.panel import Panel
from ...text.cleaning import short
from ..plan import PlannedTrial
from ..request import FitRequest
from .families import first_forecasts, forecasters
from .options import ForecastOptions


def asked_forecasters(panel: Panel, horizon: int, windows: int, options: ForecastOptions) -> list[str]:
    """Return the families that the options allow and the series suit.

    Raises:
        InputError: The user's words leave none.
    """
    chosen = forecasters(panel, horizon, options.families)
    names = [name for name, family in chosen.items() if family.profile.interpretable or not options.interpretable]
    if not (options.avoid or options.wishes or options.interpretable):
        return names
    advice = _advice(panel, horizon, windows, options)
    fits = {one.family for one in advice if one.fits}
    names = [name for name in names if name in fits]
    if not names:
        reasons = "; ".join(f"{one.family} is out ({one.reason})" for one in advice[:4])
        raise InputError(f"the request leaves no family of models: {reasons}. Ask for less, or name --families.")
    return names


def planned_forecasts(
    chosen: Mapping[str, Forecaster], panel: Panel, horizon: int, windows: int, options: ForecastOptions
) -> list[PlannedTrial]:
    """Return the configurations to be tried first, those of families that are preferred or meet the wishes best first.

    Args:
        chosen: The families by name.
        panel: The series.
        horizon: The steps to forecast.
        windows: The windows of the backtest.
        options: What the user asks for.
    """
    planned = first_forecasts(chosen, panel, horizon, windows)
    if not (options.prefer or options.wishes):
        return planned
    tiers = {one.family: one.tier for one in _advice(panel, horizon, windows, options)}
    return sorted(planned, key=lambda trial: tiers.get(str(trial.parameters["family"]), 0))


def about_series(
    panel: Panel, horizon: int, chosen: Mapping[str, Forecaster], request: FitRequest | None = None
) -> str:
    """Return what a language model that advises should know of series, the families and the user's words.

    Args:
        panel: The series.
        horizon: The steps to forecast.
        chosen: The families by name.
        request: The user's words.
    """
    purposes = "\n".join(f"- {name}: {family.profile.purpose}" for name, family in chosen.items())
    words = "" if request is None else f"the user's words: {short(request.words, 400)}\n"
    return f"{words}{series_digest(panel, horizon)}\nfamilies:\n{purposes}"


def _advice(panel: Panel, horizon: int, windows: int, options: ForecastOptions) -> list[FamilyAdvice]:
    return suggest_forecasters(SeriesFacts.of(panel, horizon, windows=windows), options.needs)
