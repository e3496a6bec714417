"""Windows of series as networks take them: of each series by itself, or of several that share their stamps at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.arrays import Flags, Floats, Indices
from ..core.schema import expect_range
from ..series.frequency import Frequency
from ..series.panel import Panel
from ._windows import Origins, before, origins

MARKS = 4
"""The number of calendar marks."""
_MOST_CHANNELS = 256
_MOST_STEPS = 10_000
_MOST_WINDOWS = 200_000
_MOST_VALIDATED = 4_000
_HELD_OUT = 0.1


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a network must know of its windows.

    Args:
        lookback: The number of steps of a window.
        horizon: The number of steps to forecast.
        channels: The number of channels.
        marks: The number of calendar marks; 0 for none.
        season: The length of the most important season, 1 if there is none.

    Raises:
        InputError: A number is out of range.
    """

    lookback: int
    horizon: int
    channels: int = 1
    marks: int = 0
    season: int = 1

    def __post_init__(self) -> None:
        for name in ("lookback", "horizon", "season"):
            expect_range(self, name, 1, _MOST_STEPS)
        expect_range(self, "channels", 1, _MOST_CHANNELS)
        expect_range(self, "marks", 0, MARKS)


@dataclass(frozen=True, kw_only=True)
class ScaledWindows:
    """Windows, each channel scaled by the mean and the deviation of all values before the end of the window.

    Args:
        values: The scaled values, shape `(windows, lookback, channels)`.
        means: Shape `(windows, 1, channels)`.
        deviations: Above 0; shape `(windows, 1, channels)`.
    """

    values: Floats
    means: Floats
    deviations: Floats


def share_stamps(panel: Panel) -> bool:
    """Return whether there are several series, of the same stamps, so that they can be channels of one window."""
    same = [len(np.unique(part)) == 1 for part in (panel.starts, panel.lengths)]
    return 1 < len(panel) <= _MOST_CHANNELS and len(set(panel.names)) == len(panel) and all(same)


def split_origins(panel: Panel, horizon: int, *, least: int, seed: int) -> tuple[Origins, Origins]:
    """Return moments to train on, and later ones to validate on.

    What is forecast from the latter, a tenth of each series and at least a horizon, is no target of the former.

    Args:
        panel: The series.
        horizon: The steps that must come after a moment.
        least: The least number of values before one.
        seed: Chooses the moments, where there are very many.
    """
    held_out = np.maximum(horizon, (_HELD_OUT * panel.lengths).astype(np.intp))
    earlier = panel.select(np.arange(len(panel)), np.maximum(panel.lengths - held_out + horizon, 0))
    training, first = origins(earlier, horizon, least=least, most=_MOST_WINDOWS, seed=seed)
    counts = panel.lengths[first.series] - horizon - first.steps + 1
    stride = -(-int(counts.sum()) // _MOST_VALIDATED) or 1
    later = [np.arange(step, step + count, stride) for step, count in zip(first.steps, counts, strict=True)]
    validation = Origins(
        series=np.repeat(first.series, [len(steps) for steps in later]),
        steps=np.concatenate([np.empty(0, dtype=np.intp), *later]),
    )
    return (training if len(training) else validation), validation


def single_windows(panel: Panel, moments: Origins, lookback: int) -> ScaledWindows:
    """Return the windows before some moments, of one channel each."""
    means, deviations = scales(panel, moments)
    values = (before(panel, moments, lookback) - means) / deviations
    return ScaledWindows(values=values[:, :, None], means=means[:, :, None], deviations=deviations[:, :, None])


def joint_windows(panel: Panel, names: tuple[str, ...], stops: Indices, lookback: int) -> ScaledWindows:
    """Return the windows of several series before some positions on their grid; what is not there is their mean.

    Args:
        panel: The series; of several of one name, the one that ends last is used.
        names: The names of the series, one for each channel.
        stops: The positions after the last step of each window, shape `(windows,)`.
        lookback: The number of steps of a window.
    """
    rows, exists = _rows_of(panel, names)
    steps = np.minimum(panel.lengths[rows], stops[:, None] - panel.starts[rows])
    known = exists & (steps > 0)
    steps = np.where(known, steps, 1)
    moments = Origins(series=np.tile(rows, len(stops)), steps=steps.ravel())
    means, deviations = (part.reshape(steps.shape)[:, None] for part in scales(panel, moments))
    ends = (stops[:, None] - panel.starts[rows])[:, None] + np.arange(-lookback, 0)[:, None]
    places = panel.offsets[rows] + np.clip(ends, 0, steps[:, None] - 1)
    if panel.observed is not None:  # Interpolated values within a gap know its other side.
        places = np.minimum(places, panel.last_observed(panel.offsets[rows] + steps - 1)[:, None])
    values = panel.values[places]
    scaled = np.where(known[:, None], (values - means) / deviations, 0.0)
    return ScaledWindows(values=scaled, means=means, deviations=deviations)


def _rows_of(panel: Panel, names: tuple[str, ...]) -> tuple[Indices, Flags]:
    """Return the series of each name that ends last, and whether there is one; shape `(names,)` each."""
    latest: dict[str, int] = {}
    for row in np.argsort(panel.starts + panel.lengths, kind="stable"):
        latest[panel.names[row]] = int(row)
    rows = np.array([latest.get(name, 0) for name in names], dtype=np.intp)
    return rows, np.array([name in latest for name in names])


def scales(panel: Panel, moments: Origins) -> tuple[Floats, Floats]:
    """Return the mean and the standard deviation of the values before each moment, shape `(origins, 1)` each."""
    keys, places = np.unique(np.column_stack([moments.series, moments.steps]), axis=0, return_inverse=True)
    found = np.empty((len(keys), 2))
    for row, (series, steps) in enumerate(keys):
        end = panel.offsets[series] + steps
        if panel.observed is not None:
            end = panel.last_observed(np.array([end - 1]))[0] + 1
        values = panel.values[panel.offsets[series] : end]
        found[row] = values.mean(), values.std()
    found[:, 1] = np.where(found[:, 1] > 0, found[:, 1], np.maximum(np.abs(found[:, 0]), 1.0))
    chosen = found[places.reshape(-1)]
    return chosen[:, :1], chosen[:, 1:]


def marks_of(frequency: Frequency, stops: Indices, shape: Shape) -> np.ndarray:
    """Return the calendar of windows and horizon, shape `(windows, lookback + horizon, marks)`, from -0.5 to 0.5.

    Args:
        frequency: The grid.
        stops: The position after the last step of each window.
        shape: The windows.
    """
    steps = stops[:, None] - shape.lookback + np.arange(shape.lookback + shape.horizon)
    return calendar_marks(frequency, steps.reshape(-1)).reshape(*steps.shape, MARKS)


def calendar_marks(frequency: Frequency, positions: Indices) -> np.ndarray:
    """Return the hour, the day of the week, of the month and of the year, from -0.5 to 0.5; shape `(stamps, 4)`.

    They are those of the authors of Informer.
    """
    stamps = frequency.stamps(positions)
    days = stamps.astype("datetime64[D]")
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    parts = [
        (stamps - days.astype("datetime64[s]")).astype(np.int64) / 3_600 / 23,
        (days.astype(np.int64) + 3) % 7 / 6,
        (days - months.astype("datetime64[D]")).astype(np.int64) / 30,
        (days - years.astype("datetime64[D]")).astype(np.int64) / 365,
    ]
    return np.column_stack(parts).astype(np.float32) - np.float32(0.5)
