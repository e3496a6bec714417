"""The analysis of time series: what is worth knowing before one is forecast, each with a remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.findings import Finding, by_severity
from ..text.wording import count, share
from .panel import Panel
from .row_findings import many, named
from .traits import SeriesTraits, traits_of

_STRONG_TREND = 0.6
_MANY_ZEROS = 0.3


@dataclass(frozen=True, kw_only=True)
class SeriesAnalysis:
    """What was noticed about time series.

    Args:
        findings: The most severe first.
        traits: The medians of the traits of all series, or of a sample.
        looked_at: The number of series that the traits come from.
    """

    findings: tuple[Finding, ...]
    traits: SeriesTraits
    looked_at: int

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        findings = [finding.to_table() for finding in self.findings]
        return {"findings": findings, "traits": self.traits.to_table(), "looked_at": self.looked_at}


def analyse_series(panel: Panel, horizon: int) -> SeriesAnalysis:
    """Return what is worth knowing about some series.

    Args:
        panel: The series, with their seasons.
        horizon: The steps to forecast.
    """
    traits = traits_of(panel)
    findings = [*panel.findings, *_about_lengths(panel, horizon), *_about_values(panel), *_about_traits(panel, traits)]
    return SeriesAnalysis(findings=by_severity(findings), traits=_medians(traits), looked_at=len(traits))


def _medians(traits: list[SeriesTraits]) -> SeriesTraits:
    names = ("length", "trend", "differences", "autocorrelation", "zeros", "demand_interval", "demand_variation")
    seasons = {season: float(np.median([one.seasons[season] for one in traits])) for season in traits[0].seasons}
    values: Mapping[str, Any] = {name: float(np.median([getattr(one, name) for one in traits])) for name in names}
    return SeriesTraits(seasons=seasons, **values)


def _about_lengths(panel: Panel, horizon: int) -> Iterator[Finding]:
    single = np.flatnonzero(panel.lengths == 1)
    if len(single):
        yield _of_series(
            panel,
            single,
            kind="single_values",
            severity="warning",
            text=f"{many(len(single), 'has', 'have')} one value",
            remedy="The forecast repeats this value.",
        )
    short = np.flatnonzero((panel.lengths < 2 * horizon) & (panel.lengths > 1))
    if len(short):
        yield _of_series(
            panel,
            short,
            kind="short_series",
            severity="warning" if len(short) == len(panel) else "info",
            text=f"{many(len(short))} shorter than two horizons of {count(horizon, 'step')}",
            remedy="They are forecast, but say little about which model is best. A shorter horizon is safer.",
        )
    ends = panel.starts + panel.lengths
    early = np.flatnonzero(ends < ends.max())
    if len(early):
        yield _of_series(
            panel,
            early,
            kind="ended_early",
            severity="info",
            text=f"{many(len(early), 'ends', 'end')} before the others",
            remedy="Each is forecast from its own end. Leave them out if they are closed.",
        )


def _about_values(panel: Panel) -> Iterator[Finding]:
    least, greatest = panel.extremes()
    constant = np.flatnonzero((least == greatest) & (panel.lengths > 1))
    if len(constant):
        zeros = int((least[constant] == 0).sum())
        yield _of_series(
            panel,
            constant,
            kind="constant_series",
            severity="info" if len(constant) < len(panel) else "warning",
            text=f"{many(len(constant))} constant" + (f", {zeros:,} of them 0" if zeros else ""),
            remedy="They are continued as they are.",
        )
    negative = np.flatnonzero(least < 0)
    if len(negative):
        yield _of_series(
            panel,
            negative,
            kind="negative_values",
            severity="info",
            text=f"{many(len(negative), 'has', 'have')} values below 0",
            remedy="Multiplicative models and logarithms are not used for them.",
        )


def _about_traits(panel: Panel, traits: list[SeriesTraits]) -> Iterator[Finding]:
    medians = _medians(traits)
    for season, strength in medians.seasons.items():
        yield Finding(
            kind="season",
            severity="info",
            text=f"A season of {count(season, 'step')} explains {share(strength)} of the variance around the trend.",
            values={"steps": season, "strength": strength},
        )
    trending = float(np.mean([one.trend > _STRONG_TREND for one in traits]))
    if trending > 0.5:
        yield Finding(
            kind="trend",
            severity="info",
            text="The series has a strong trend."
            if len(traits) == 1
            else f"{share(trending)} of the series have a strong trend.",
            remedy="Models that forecast differences, or a trend, suit them.",
            values={"share": trending},
        )
    zeros = float(np.mean([one.zeros > _MANY_ZEROS for one in traits]))
    if zeros > 0.1:
        yield Finding(
            kind="intermittent",
            severity="info",
            text=f"The series is 0 in {share(traits[0].zeros)} of the steps."
            if len(traits) == 1
            else f"{share(zeros)} of the series are 0 in more than {share(_MANY_ZEROS)} of the steps.",
            remedy="A metric of absolute errors favours forecasts of 0; rmsse or wql may serve better.",
            values={"share": zeros},
        )
    jumps = [one for one in traits if one.jump is not None]
    if jumps:
        words = many(len(jumps), "jumps", "jump") if len(traits) > 1 else "The level jumps"
        yield Finding(
            kind="jump",
            severity="info",
            text=f"{words} to another level, and stay{'s' if len(traits) == 1 else ''} there.",
            remedy="Values before it tell little about the future; a shorter history may do better.",
            values={"series": len(jumps)},
        )


def _of_series(panel: Panel, chosen: np.ndarray, *, text: str, **words: Any) -> Finding:
    """Return a finding about some series, which names the first of them."""
    keys = [(panel.names[index],) for index in chosen[:6]]
    return Finding(text=f"{text}{named(keys)}.", values={"series": len(chosen)}, **words)
