"""`python -m benchmarks.ett`: ETTh1, horizons 96, 192, 336 and 720, chosen on the validation part alone.

The split is that of the papers, 12, 4 and 4 months of 30 days; channels are scaled by the training part; all test
windows count, none is dropped. `fit` searches and combines models by windows of the validation part, and at 720 hours
by as many before it, since four windows without overlap tell too little. Its members are then trained on the training
part alone, as in the papers, and, as `fit` does itself, on both parts.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import tunesmith as ts
from tunesmith import plugins
from tunesmith.ensembles.forecast_ensemble import ForecastEnsemble
from tunesmith.forecasters.base import ForecastModel, ForecastPart
from tunesmith.series.levels import MEDIAN
from tunesmith.series.panel import Panel

from ..machine import describe
from ..ranking import markdown, number

ADDRESS = "https://github.com/zhouhaoyi/ETDataset"
TRAIN, VALIDATION, TEST = 8640, 2880, 2880
RESULTS = Path(__file__).parents[1] / "results" / "ett.md"
STORE = Path(__file__).parents[1] / ".store" / "ett.jsonl"
PUBLISHED = {
    "DUET (searched)": (0.352, 0.398, 0.414, 0.429),
    "PDF (searched)": (0.360, 0.392, 0.418, 0.456),
    "SparseTSF (720)": (0.362, 0.403, 0.434, 0.426),
    "ridge (336)": (0.370, 0.403, 0.425, 0.421),
    "PatchTST": (0.377, 0.409, 0.431, 0.457),
    "DLinear": (0.379, 0.408, 0.440, 0.471),
    "iTransformer": (0.386, 0.424, 0.449, 0.495),
}
"""Mean squared errors of the test part, without dropped windows, from their papers or comparable evaluations."""
HORIZONS = (96, 192, 336, 720)
# Not dlinear: it does not take the level off a window, and levels differ between the parts.
FAMILIES = ("lagged_ridge", "nlinear", "rlinear", "sparse_tsf", "fits", "patch_tst", "nhits")
_WINDOWS_AT_ONCE = 100
_STRIDE = 23
"""Hours between the windows of the validation part. The test counts every hour, and steps of 24 would see one alone."""
_LEAST_WINDOWS = 8
"""Windows without overlap. At 720 hours the validation part has four: the last four months of training count, too."""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ett", description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="ETTh1.csv, or ETTh1.csv.gz; by default what ETTH1 names")
    parser.add_argument("--horizons", type=int, nargs="+", default=list(HORIZONS))
    parser.add_argument("--minutes", type=float, default=30.0, help="for each horizon and seed, on two cores")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--families", nargs="+", default=list(FAMILIES))
    parser.add_argument("--store", type=Path, default=STORE, help="the file of runs")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} in benchmarks/results")
    options = parser.parse_args()
    path = options.data or Path(os.environ.get("ETTH1", "ETTh1.csv"))
    if not path.is_file():
        parser.error(f"there is no file {path}. Name the path of ETTh1.csv, from {ADDRESS}.")
    frame = read(path)
    for horizon in options.horizons:
        for seed in options.seeds:
            if (horizon, seed) not in runs(options.store):
                run = measure(frame, horizon, options.minutes, seed, options.families)
                options.store.parent.mkdir(parents=True, exist_ok=True)
                with options.store.open("a") as file:
                    file.write(json.dumps(run) + "\n")
                print(run, flush=True)
    text = report(runs(options.store))
    print(text)
    if options.write:
        RESULTS.write_text(text)


def read(path: Path) -> pd.DataFrame:
    """Return the stamps and the channels, scaled by the training part."""
    frame = pd.read_csv(path, parse_dates=["date"]).iloc[: TRAIN + VALIDATION + TEST]
    channels = frame.columns[1:]
    known = frame.loc[: TRAIN - 1, channels]
    return frame.assign(**((frame[channels] - known.mean()) / known.std(ddof=0)))


def measure(frame: pd.DataFrame, horizon: int, minutes: float, seed: int, families: list[str]) -> dict:
    """Return what one fit reached."""
    with tempfile.TemporaryDirectory(prefix="ett-") as folder:
        started = time.monotonic()
        result = ts.fit(
            frame.iloc[: TRAIN + VALIDATION],
            target=list(frame.columns[1:]),
            time="date",
            task="forecasting",
            horizon=horizon,
            windows=(max(VALIDATION, _LEAST_WINDOWS * horizon) - horizon) // _STRIDE + 1,
            stride=_STRIDE,
            families=families,
            metric="mse",
            minutes=minutes,
            seed=seed,
            folder=Path(folder) / "study",
            progress=False,
        )
        seconds = time.monotonic() - started
        whole = replace(panel_of(frame), seasons=result.ensemble.seasons)
        members = {trial: member.model for trial, member in result.ensemble.members.items()}
        return {
            "horizon": horizon,
            "seed": seed,
            "minutes": minutes,
            "families": families,
            "seconds": seconds,
            "validation": result.ensemble.score,
            "test": test_error(whole, result.ensemble, trained_before(whole, result, TRAIN), horizon),
            "test_of_both": test_error(whole, result.ensemble, members, horizon),
            "trials": len(result.study.trials),
            "members": [
                {
                    "weight": result.ensemble.combination.weights[trial],
                    "lookback": member.parameters.get(f"{member.family}.lookback"),
                    "parameters": dict(member.parameters),
                }
                for trial, member in result.ensemble.members.items()
            ],
        }


def panel_of(frame: pd.DataFrame) -> Panel:
    """Return all channels as series."""
    from tunesmith.data.read import read_table
    from tunesmith.series.columns import SeriesColumns
    from tunesmith.series.reading import read_panel

    return read_panel(read_table(frame), SeriesColumns(targets=tuple(frame.columns[1:]), time="date"))


def trained_before(panel: Panel, result: ts.ForecastResult, steps: int) -> dict[int, ForecastModel]:
    """Return the members of an ensemble, trained on the first steps alone."""
    part = panel.select(np.arange(len(panel)), np.full(len(panel), steps))
    models = {}
    for trial, member in result.ensemble.members.items():
        family = plugins.load("forecasters", member.family)()
        own = {
            name.removeprefix(f"{member.family}."): value
            for name, value in member.parameters.items()
            if name.startswith(f"{member.family}.")
        }
        known = ForecastPart(panel=part, horizon=result.ensemble.horizon, seed=result.study.trials[trial].seed)
        models[trial] = family.fit(known, own)
    return models


def test_error(panel: Panel, ensemble: ForecastEnsemble, models: dict[int, ForecastModel], horizon: int) -> float:
    """Return the mean squared error of all windows of the test part."""
    origins = np.arange(TRAIN + VALIDATION, TRAIN + VALIDATION + TEST - horizon + 1)
    total = 0.0
    for some in np.array_split(origins, len(origins) // _WINDOWS_AT_ONCE + 1):
        series = np.repeat(np.arange(len(panel)), len(some))
        ends = np.tile(some, len(panel))
        past = panel.select(series, ends)
        forecasts = {trial: model.forecast(past, horizon) for trial, model in models.items()}
        forecast = ensemble.combination.apply(forecasts, series)
        actual = panel.values[panel.offsets[series][:, None] + ends[:, None] + np.arange(horizon)]
        total += float(((forecast[..., MEDIAN] - actual) ** 2).mean(axis=1).sum())
    return total / (len(origins) * len(panel))


def runs(path: Path) -> dict[tuple[int, int], dict]:
    """Return all runs by horizon and seed."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {(run["horizon"], run["seed"]): run for run in map(json.loads, lines)}


def report(found: dict[tuple[int, int], dict]) -> str:
    """Return the table: means over seeds, and their range, beside published figures."""
    horizons = sorted({horizon for horizon, _ in found})
    rows = []
    for name, key in (("tunesmith", "test"), ("tunesmith, trained on the validation part too", "test_of_both")):
        cells = []
        for horizon in horizons:
            values = [run[key] for (at, _), run in found.items() if at == horizon]
            cells.append(f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f}, {len(values)} seeds)")
        rows.append([name, *cells])
    for name, errors in PUBLISHED.items():
        rows.append([name, *(number(errors[HORIZONS.index(h)]) if h in HORIZONS else "-" for h in horizons)])
    minutes = sorted({run["minutes"] for run in found.values()})
    families = sorted({family for run in found.values() for family in run["families"]})
    return "\n".join(
        [
            "# ETTh1",
            "",
            "Mean squared error of the test part, all channels, no window dropped. How it is measured: ../README.md.",
            "",
            describe(("tunesmith", "torch", "scikit-learn")),
            f"- {', '.join(f'{one:g}' for one in minutes)} minutes on two cores for each horizon and seed",
            f"- families: {', '.join(families)}",
            "",
            markdown(["model", *(f"horizon {horizon}" for horizon in horizons)], rows),
            "",
            "What was chosen on the validation part, with the lookback and the weight of each member:",
            "",
            markdown(["horizon", "seed", "trials", "validation", "test", "members"], chosen(found)),
            "",
        ]
    )


def chosen(found: dict[tuple[int, int], dict]) -> list[list[str]]:
    """Return a row for each run, with the members of its ensemble."""
    rows = []
    for (horizon, seed), run in sorted(found.items()):
        members = sorted(run["members"], key=lambda member: -member["weight"])
        listed = [
            f"{member['weight']:.2f} {member['parameters']['family']} ({member['lookback'] or 'any'})"
            for member in members
        ]
        scores = [f"{run[name]:.3f}" for name in ("validation", "test")]
        rows.append([str(horizon), str(seed), str(run["trials"]), *scores, ", ".join(listed)])
    return rows


if __name__ == "__main__":
    main()
