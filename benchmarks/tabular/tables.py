"""The tables: folders with `train.csv.gz` and `test.csv.gz`, and a manifest that names the kind of each."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

TARGET = "target"
HELD_OUT = ("churn", "cpu_act", "house_16H", "mammography", "satimage", "titanic")
"""No choice of tunesmith's was made with these: not the families, their order or their configurations."""


@dataclass(frozen=True)
class BenchTable:
    """One table.

    Args:
        name: Its folder.
        kind: `binary`, `multiclass` or `regression`.
        train: The file of training rows.
        test: The file of the rows to predict.
    """

    name: str
    kind: str
    train: Path
    test: Path

    @property
    def metric(self) -> str:
        """The metric; smaller is better."""
        return "RMSE" if self.kind == "regression" else "log loss"


def read_tables(folder: Path) -> dict[str, BenchTable]:
    """Return the tables of a folder by name, from its `manifest.csv` with the columns `name` and `task`."""
    with (folder / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["name"]: BenchTable(
            row["name"],
            row["task"],
            folder / row["name"] / "train.csv.gz",
            folder / row["name"] / "test.csv.gz",
        )
        for row in rows
    }
