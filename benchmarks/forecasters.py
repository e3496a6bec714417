"""How well forecasters estimate the time of a fit: `python -m benchmarks.forecasters FOLDER`.

The folder holds the series of `benchmarks.forecasting`. Every known good configuration is fitted to an even selection
of the series of each set, and forecasts them once, on one thread. The estimate is printed beside the processor seconds.
Best run on an idle machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # Before libraries read it.

import numpy as np

from benchmarks.forecasting.series_sets import SeriesSet, read_sets
from tunesmith import plugins
from tunesmith.fitting.forecasting.options import SeriesOptions
from tunesmith.fitting.forecasting.prepare import prepare_series
from tunesmith.forecasters.base import ForecastPart
from tunesmith.series.panel import Panel

LONGEST_SECONDS = 60.0


def panel_of(one: SeriesSet, most: int) -> Panel:
    """Return at most so many series of a set, with their seasons."""
    training, _ = one.tables()
    names = training["series"].unique()
    chosen = names[np.unique(np.linspace(0, len(names) - 1, most).astype(int))]
    frame = training[training["series"].isin(chosen)]
    options = SeriesOptions(targets=("value",), time="time", ids=("series",))
    with tempfile.TemporaryDirectory() as folder:
        return prepare_series(frame, options, Path(folder) / "series")


def fits(name: str, panel: Panel, horizon: int) -> Iterator[tuple[int, float, float]]:
    """Yield the number of each known good configuration of a family, the estimate and the seconds of a fit."""
    family = plugins.load("forecasters", name)()
    if family.profile.missing() or not (panel.lengths >= family.profile.least_length).mean() > 0.5:
        return
    for number, parameters in enumerate(family.configurations(panel, horizon)):
        estimate = family.seconds(panel, horizon, parameters)
        started = time.process_time()
        deadline = time.monotonic() + LONGEST_SECONDS
        part = ForecastPart(panel=panel, horizon=horizon, seed=0, deadline=deadline)
        family.fit(part, parameters).forecast(panel, horizon)
        yield number, estimate, time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of series")
    parser.add_argument("--families", nargs="*", default=plugins.names("forecasters"))
    parser.add_argument("--sets", nargs="*", help="names of sets; all by default")
    parser.add_argument("--series", type=int, nargs="*", default=[20], help="how many series of each set")
    options = parser.parse_args()
    sets = read_sets(options.folder)
    print("| family | configuration | set | series | values | seasons | estimate | seconds | ratio |")
    print("| --- | --: | --- | --: | --: | --- | --: | --: | --: |")
    ratios: dict[str, list[float]] = {}
    for one in [sets[name] for name in options.sets or sets]:
        for most in options.series:
            panel = panel_of(one, most)
            about = f"{one.name} | {len(panel)} | {panel.lengths.sum()} | {' '.join(map(str, panel.seasons))}"
            for name in options.families:
                for number, estimate, seconds in fits(name, panel, one.horizon):
                    ratios.setdefault(name, []).append(estimate / seconds)
                    row = f"{estimate:.2f} | {seconds:.2f} | {estimate / seconds:.2f}"
                    print(f"| {name} | {number} | {about} | {row} |", flush=True)
    for name, values in ratios.items():
        within = np.mean([0.5 <= value <= 2 for value in values])
        print(f"{name}: estimate / seconds {np.median(values):.2f} in the middle, {within:.0%} within a factor of two")


if __name__ == "__main__":
    main()
