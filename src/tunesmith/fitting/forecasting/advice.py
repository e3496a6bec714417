"""What tunesmith advises on time series, by rules, as plain JSON: for the MCP tools and for a model that advises."""

from __future__ import annotations

from typing import Any

from ...agents.family_selection import Needs
from ...agents.forecast_templates import TEMPLATES, field_of, template_of
from ...agents.forecaster_selection import SeriesFacts, suggest_forecasters
from ...diagnosis.forecast_assessment import ForecastAssessment
from ...diagnosis.forecast_weaknesses import forecast_weaknesses
from ...series.analysis import analyse_series
from ...series.panel import Panel


def temporal_patterns(panel: Panel, horizon: int) -> dict[str, Any]:
    """Return the patterns of time series: seasons, trend, stationarity, intermittency, breaks; and what is wrong."""
    analysis = analyse_series(panel, horizon)
    traits = analysis.traits
    jumps = [finding for finding in analysis.findings if finding.kind == "jump"]
    return {
        "series": len(panel),
        "looked_at": analysis.looked_at,
        "seasons": [{"steps": length, "strength": round(part, 3)} for length, part in traits.seasons.items()],
        "trend": {"explains": round(traits.trend, 3)},
        "stationarity": {"stationary": traits.differences < 1, "differences_needed": traits.differences},
        "autocorrelation": round(traits.autocorrelation, 3),
        "intermittency": {
            "demand": traits.demand,
            "zeros": round(traits.zeros, 3),
            "steps_between_values": round(traits.demand_interval, 2),
        },
        "breaks": {"series_that_jump": sum(int(finding.values.get("series", 0)) for finding in jumps)},
        "findings": [finding.to_table() for finding in analysis.findings],
    }


def suggested_forecasters(
    panel: Panel, horizon: int, needs: Needs | None = None, *, windows: int = 1
) -> dict[str, Any]:
    """Return what speaks for and against each family, those to be tried first at the beginning."""
    facts = SeriesFacts.of(panel, horizon, windows=windows)
    return {"families": [advice.to_table() for advice in suggest_forecasters(facts, needs)]}


def suggested_setup(panel: Panel | None = None, field: str | None = None) -> dict[str, Any]:
    """Return how time series of a field are usually forecast.

    Args:
        panel: The series, whose columns tell the field where none is named.
        field: The field.

    Raises:
        InputError: There is no such field.
    """
    names = [] if panel is None else [*panel.columns.targets, *panel.columns.ids, *panel.covariates]
    chosen = field or field_of(names)
    if chosen is None:
        return {"field": None, "fields": {name: template.purpose for name, template in TEMPLATES.items()}}
    template = template_of(chosen).to_table()
    if panel is not None:
        template["horizon"] = template["horizon"].get(panel.frequency.words, template["horizon"])
    by_names = {} if field else {"told_by": "the names of the columns"}
    return {"field": chosen, **by_names, **template, "fields": list(TEMPLATES)}


def diagnosed_forecasts(assessment: ForecastAssessment) -> dict[str, Any]:
    """Return where the forecasts of a fit are weak and what helps."""
    return {"diagnoses": [one.to_table() for one in forecast_weaknesses(assessment)]}
