"""A training table on disk, ready for models, which worker processes map into memory."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import orjson

from ..core.arrays import Floats
from .findings import Finding
from .problem import Problem
from .schema import Schema

if TYPE_CHECKING:
    import pandas as pd

_MANIFEST = "manifest.json"
_TEST = "test"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows to learn from.

    Args:
        schema: How the columns were read.
        problems: What is to be predicted.
        features: The columns as the schema reads them.
        target: Encoded, shape `(rows, problems)`.
        folds: The fold in which a row is held out, for each repeat, and -1 where it never is; shape `(repeats, rows)`.
        weight: The weight of each row, shape `(rows,)`; None if all count alike.
        ordered: Whether the rows are in the order of time, so that only earlier ones are trained on.
        grouped: Whether rows of equal value in some column are kept together in one fold.
        findings: What was noticed in preparing it.
        source: What it was made from: a fingerprint of the data and the options.
        test: Rows that no model is trained on or chosen by, without folds; None if there are none.
    """

    schema: Schema
    problems: tuple[Problem, ...]
    features: pd.DataFrame
    target: Floats
    folds: np.ndarray
    weight: Floats | None = None
    ordered: bool = False
    grouped: bool = False
    findings: tuple[Finding, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)
    test: Table | None = None

    @property
    def splits(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The rows to train on and those held out, as indices, for each fold of each repeat."""
        parts = [
            (assigned, np.flatnonzero(assigned == fold))
            for assigned in self.folds
            for fold in range(assigned.max() + 1)
        ]
        return [
            (np.arange(held_out[0]) if self.ordered else np.flatnonzero(assigned != assigned[held_out[0]]), held_out)
            for assigned, held_out in parts
            if len(held_out)
        ]

    @property
    def held_out(self) -> np.ndarray:
        """Whether a row is in a fold, so that it has an out-of-fold prediction; shape `(rows,)`."""
        held_out: np.ndarray = self.folds[0] >= 0
        return held_out

    @property
    def held_out_target(self) -> Floats:
        """The target of the rows held out, as their predictions are ordered; shape `(rows held out, problems)`."""
        return np.asarray(self.target[self.held_out])

    @property
    def held_out_weight(self) -> Floats | None:
        """The weight of the rows held out, shape `(rows held out,)`; None if all count alike."""
        return None if self.weight is None else np.asarray(self.weight[self.held_out])

    def save(self, folder: Path) -> None:
        """Write it to a folder, which must not exist; without pickle."""
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        kinds = {column.name: column.kind for column in self.schema.columns}
        for kind in ("number", "category", "date"):
            columns = [self.features[name] for name in self.schema.names if kinds[name] == kind]
            _write(partial / f"{kind}.npy", columns, kind, len(self.target))
        texts = {
            name: self.features[name].where(self.features[name].notna(), None).tolist()
            for name in self.schema.names
            if kinds[name] == "text"
        }
        (partial / "text.json").write_bytes(orjson.dumps(texts))
        np.save(partial / "target.npy", self.target)
        np.save(partial / "folds.npy", self.folds)
        if self.weight is not None:
            np.save(partial / "weight.npy", self.weight)
        manifest = {
            "columns": self.schema.to_table(),
            "problems": [problem.to_table() for problem in self.problems],
            "ordered": self.ordered,
            "grouped": self.grouped,
            "findings": [finding.to_table() for finding in self.findings],
            "source": dict(self.source),
        }
        (partial / _MANIFEST).write_bytes(orjson.dumps(manifest))
        if self.test is not None:
            self.test.save(partial / _TEST)
        partial.rename(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the table that `save` wrote; its numbers are mapped, not copied."""
        import pandas as pd

        manifest = orjson.loads((folder / _MANIFEST).read_bytes())
        schema = Schema.from_table(manifest["columns"])
        arrays = {kind: np.load(folder / f"{kind}.npy", mmap_mode="r") for kind in ("number", "category", "date")}
        texts = orjson.loads((folder / "text.json").read_bytes())
        position = dict.fromkeys(arrays, 0)
        columns: dict[str, Any] = {}
        for column in schema.columns:
            if column.kind == "text":
                columns[column.name] = pd.Series(texts[column.name], dtype=object)
                continue
            values = arrays[column.kind][position[column.kind]]
            position[column.kind] += 1
            columns[column.name] = (
                pd.Categorical.from_codes(values, categories=list(column.categories))
                if column.kind == "category"
                else values
            )
        target = np.load(folder / "target.npy")
        weight = folder / "weight.npy"
        return cls(
            schema=schema,
            problems=tuple(map(Problem.from_table, manifest["problems"])),
            features=pd.DataFrame(columns, index=range(len(target)), copy=False),
            target=target,
            folds=np.load(folder / "folds.npy"),
            weight=np.load(weight) if weight.exists() else None,
            ordered=manifest["ordered"],
            grouped=manifest.get("grouped", False),
            findings=tuple(map(Finding.from_table, manifest["findings"])),
            source=manifest["source"],
            test=cls.load(folder / _TEST) if (folder / _TEST).exists() else None,
        )


def _write(path: Path, columns: list[Any], kind: str, rows: int) -> None:
    """Write columns as rows of one array, so that each is contiguous; shape `(columns, rows)`."""
    dtype = np.dtype({"number": "float64", "category": "int32", "date": "datetime64[s]"}[kind])
    if not columns or not rows:
        np.save(path, np.empty((len(columns), rows), dtype=dtype))
        return
    stacked = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=(len(columns), rows))
    for row, values in zip(stacked, columns, strict=True):
        row[:] = values.cat.codes if kind == "category" else values
    stacked.flush()
