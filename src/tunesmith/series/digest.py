"""What is known of time series as text for a language model."""

from __future__ import annotations

import numpy as np

from ..text.cleaning import short
from ..text.wording import count, number, share
from .analysis import SeriesAnalysis, analyse_series
from .panel import Panel

DIGEST_CHARACTERS = 2_000
_LONGEST_FINDING = 260
_LONGEST_NAME = 40
_MOST_NAMES = 8
_MOST_COLUMNS = 20


def series_digest(
    panel: Panel, horizon: int, analysis: SeriesAnalysis | None = None, most: int = DIGEST_CHARACTERS
) -> str:
    """Return what is known of time series as text, cleaned, of at most `most` characters.

    The most severe findings come first, so that milder ones are left out where not all fit.

    Args:
        panel: The series.
        horizon: The steps to forecast.
        analysis: Theirs, if there is one.
        most: The greatest number of characters, at least 800.
    """
    analysis = analysis or analyse_series(panel, horizon)
    lines = [*_size(panel, horizon), *_columns(panel), *_traits(analysis), "findings:"]
    text = "\n".join(lines)[: most - 40]
    for done, finding in enumerate(analysis.findings):
        line = f"- {finding.severity} {finding.kind}: {short(f'{finding.text} {finding.remedy}', _LONGEST_FINDING)}"
        if len(text) + len(line) > most - 40:
            return f"{text}\n- {len(analysis.findings) - done} more findings"
        text += f"\n{line}"
    return text if analysis.findings else f"{text}\n- none"


def _size(panel: Panel, horizon: int) -> list[str]:
    lengths = panel.lengths
    many = f"{len(panel):,} series of {lengths.min():,} to {lengths.max():,} values, median {np.median(lengths):,.0f}"
    first = panel.frequency.stamps(np.array([panel.starts.min(), (panel.starts + lengths).max() - 1]))
    names = [short(name, _LONGEST_NAME) for name in panel.names[:_MOST_NAMES] if name]
    more = f" and {len(panel) - _MOST_NAMES:,} more" if len(panel) > _MOST_NAMES else ""
    return [
        f"target '{short(panel.target, 2 * _LONGEST_NAME)}': {many}",
        f"{panel.frequency.words}, {first[0]} to {first[1]}; to be forecast: {count(horizon, 'step')}",
        *([f"series: {', '.join(names)}{more}"] if names else []),
    ]


def _columns(panel: Panel) -> list[str]:
    named = [
        f"{short(name, _LONGEST_NAME)}{' (known ahead)' if name in panel.known else ''}"
        for name in list(panel.covariates)[:_MOST_COLUMNS]
    ]
    country = [] if panel.columns.country is None else [f"holidays of {short(panel.columns.country, 10)}"]
    return [f"columns beside the target: {', '.join([*named, *country])}"] if named or country else []


def _traits(analysis: SeriesAnalysis) -> list[str]:
    traits = analysis.traits
    seasons = ", ".join(f"{length} steps ({share(part)} of the variance)" for length, part in traits.seasons.items())
    return [
        f"seasons: {seasons or 'none'}",
        f"trend explains {share(traits.trend)}; differences until stationary {number(traits.differences)}; "
        f"correlation of neighbours {number(traits.autocorrelation, 2)}; zeros {share(traits.zeros)}; "
        f"demand {traits.demand}",
    ]
