"""How well families estimate the time of a fit: `python -m benchmarks.families FOLDER`.

The folder holds the tables of `benchmarks.tabular`. Every known good configuration is fitted, to whole tables and to
1,000 rows of each, on one thread. The estimate is printed beside the processor seconds. Best run on an idle machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from tunesmith import plugins
from tunesmith.data.problem import Problem
from tunesmith.data.schema import Schema
from tunesmith.ensembles.training import train_model
from tunesmith.families.base import TrainingPart

TABLES = (
    "car",
    "credit_g",
    "segmentation",
    "splice",
    "phoneme",
    "wine_white",
    "adult",
    "california_housing",
    "diamonds",
)
LONGEST_SECONDS = 60.0


def parts(folder: Path, rows: int | None) -> Iterator[tuple[str, TrainingPart]]:
    """Yield a training part of four fifths of each table, or of its first `rows` rows."""
    for name in TABLES:
        frame = pd.read_csv(folder / name / "train.csv.gz")
        if rows is not None:
            if len(frame) < 2 * rows:
                continue
            frame = frame.sample(rows, random_state=0).reset_index(drop=True)
        problem = Problem.of(frame, "target")
        features = Schema.infer(frame, ignore=["target"]).read(frame)
        target = problem.encode(frame["target"])
        held_out = np.arange(len(frame)) % 5 == 0
        yield (
            name,
            TrainingPart(
                features=features[~held_out],
                target=target[~held_out],
                validation=(features[held_out], target[held_out]),
                problem=problem,
                seed=0,
            ),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of tables")
    parser.add_argument("--families", nargs="*", default=plugins.names("families"))
    parser.add_argument("--rows", type=int, nargs="*", default=[0, 1000], help="rows of each table; 0 for all")
    options = parser.parse_args()
    print("| family | configuration | table | rows | columns | outputs | estimate | seconds | ratio |")
    print("| --- | --: | --- | --: | --: | --: | --: | --: | --: |")
    ratios: dict[str, list[float]] = {}
    for rows in options.rows:
        for table, part in parts(options.folder, rows or None):
            for name in options.families:
                family = plugins.load("families", name)()
                if family.profile.missing() or not family.profile.suits(*part.features.shape, 0, part.problem.outputs):
                    continue
                for number, parameters in enumerate(family.configurations(part.problem)):
                    estimate = family.seconds(*part.features.shape, part.problem, parameters)
                    started = time.process_time()
                    limited = {**vars(part), "deadline": time.monotonic() + LONGEST_SECONDS}
                    train_model(family, TrainingPart(**limited), parameters)
                    seconds = time.process_time() - started
                    ratios.setdefault(name, []).append(estimate / seconds)
                    print(
                        f"| {name} | {number} | {table} | {len(part.target)} | {part.features.shape[1]} "
                        f"| {part.problem.outputs} | {estimate:.2f} | {seconds:.2f} | {estimate / seconds:.2f} |",
                        flush=True,
                    )
    for name, values in ratios.items():
        within = np.mean([0.5 <= value <= 2 for value in values])
        print(f"{name}: estimate / seconds {np.median(values):.2f} in the middle, {within:.0%} within a factor of two")


if __name__ == "__main__":
    main()
