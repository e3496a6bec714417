"""Which seasons time series have, and how strong they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core.arrays import Floats
from .panel import Panel

_MOST_SERIES = 200  # That are looked at.
_MOST_VALUES = 20_000  # Of a series, the latest.
_LEAST_STRENGTH = 0.3
_LEAST_CORRELATION = 0.3
_MOST_LAG = 2_000
_OUTLIER = 4.0  # In robust standard deviations.


@dataclass(frozen=True, kw_only=True)
class Season:
    """A season of many series.

    Args:
        length: In steps.
        strength: The share of the variance around the trend that it explains, 0 to 1; the upper quartile of the series,
            as the others may have no such season.
    """

    length: int
    strength: float


def find_seasons(panel: Panel) -> list[Season]:
    """Return the seasons of series, the shortest first.

    Candidates are those that the calendar suggests; for steps without dates, the lag at which series resemble
    themselves most. Those that explain less than 0.3 of the variance around the trend in all but a quarter of the
    series are left out.

    Args:
        panel: The series.
    """
    histories = _sample(panel)
    candidates = panel.frequency.seasons or _lags(histories)
    seasons: list[Season] = []
    for length in candidates:
        # What shorter seasons explain is not counted again: a week of equal days is no season of seven days.
        rests = [without_season(history, seasons[-1].length) if seasons else history for history in histories]
        strengths = [seasonal_strength(rest, length) for rest in rests if len(rest) >= 2 * length + 1]
        if len(strengths) < max(1, len(histories) // 4):
            continue
        strength = float(np.quantile(strengths, 0.75))
        if strength >= _LEAST_STRENGTH:
            seasons.append(Season(length=length, strength=strength))
    return seasons


def seasonal_strength(values: Floats, length: int) -> float:
    """Return the share of the variance around the trend that a season explains, 0 to 1.

    It is that of Wang, Smith and Hyndman (2006), with a moving average as the trend and the mean of each place in the
    season; corrected for the share that means of noise explain. Outliers are brought in first, so that one collapse in
    thirty years does not hide the season of the others.

    Args:
        values: A series of at least two seasons, shape `(length,)`.
        length: The length of the season.
    """
    around = values - _trend(values, length)
    around = _without_outliers(around[np.isfinite(around)])
    if len(around) < 2 * length or not around.std():
        return 0.0
    places = np.arange(len(around)) % length
    means = np.bincount(places, around, minlength=length) / np.bincount(places, minlength=length)
    explained = 1 - float(np.var(around - means[places]) / np.var(around))
    by_chance = (length - 1) / (len(around) - 1)
    return float(max(0.0, (explained - by_chance) / (1 - by_chance)))


def without_season(values: Floats, length: int) -> Floats:
    """Return values without the mean of each place in a season."""
    if len(values) < 2 * length:
        return values
    around = values - _trend(values, length)
    places = np.arange(len(values)) % length
    known = np.isfinite(around)
    means = np.bincount(places[known], around[known], minlength=length) / np.maximum(
        np.bincount(places[known], minlength=length), 1
    )
    return np.asarray(values - means[places])


def _without_outliers(values: Floats) -> Floats:
    """Return values, of which those far from the median are brought to `_OUTLIER` robust deviations from it."""
    if not len(values):
        return values
    middle = np.median(values)
    deviation = 1.4826 * np.median(np.abs(values - middle))
    if not deviation:
        return values
    return np.clip(values, middle - _OUTLIER * deviation, middle + _OUTLIER * deviation)


def _trend(values: Floats, length: int) -> Floats:
    """Return the centred moving average over a season, NaN at the ends."""
    weights = np.full(length, 1 / length)
    if length % 2 == 0:
        weights = np.concatenate([[0.5 / length], np.full(length - 1, 1 / length), [0.5 / length]])
    trend = np.full(len(values), np.nan)
    if len(values) >= len(weights):
        half = len(weights) // 2
        trend[half : len(values) - half] = np.convolve(values, weights, mode="valid")
    return trend


def _sample(panel: Panel) -> list[Floats]:
    chosen = panel.sample(_MOST_SERIES, least=3)
    histories = [np.asarray(panel.history(index)[-_MOST_VALUES:], dtype=np.float64) for index in chosen]
    return [history for history in histories if history.std() > 0]


def _lags(histories: Sequence[Floats]) -> tuple[int, ...]:
    """Return the lag above 1 at which series resemble themselves most, if they do."""
    lags = [lag for history in histories if (lag := _own_lag(history))]
    if len(lags) < max(1, len(histories) // 2):
        return ()
    values, counts = np.unique(lags, return_counts=True)
    return (int(values[counts.argmax()]),) if counts.max() >= 0.5 * len(lags) else ()


def _own_lag(history: Floats) -> int:
    """Return the lag of the greatest peak of the autocorrelation of differences; 0 if it is small."""
    differences = np.diff(history)
    differences = differences - differences.mean()
    most = min(_MOST_LAG, len(differences) // 3)
    if most < 3 or not differences.std():
        return 0
    size = 1 << (2 * len(differences)).bit_length()
    spectrum = np.fft.rfft(differences, size)
    correlations = np.fft.irfft(np.abs(spectrum) ** 2, size)[: most + 1]
    correlations = correlations / correlations[0]
    peaks = [
        lag
        for lag in range(2, most)
        if correlations[lag] > max(correlations[lag - 1], correlations[lag + 1], _LEAST_CORRELATION)
    ]
    if not peaks:
        return 0
    best = max(correlations[lag] for lag in peaks)
    return next(lag for lag in peaks if correlations[lag] > 0.9 * best)
