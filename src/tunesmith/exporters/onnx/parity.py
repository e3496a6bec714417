"""Whether an ONNX graph predicts what Python predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...core.arrays import Floats
from ...data.column import Column
from ...data.schema import Schema
from ...data.scores import per_problem
from ...data.table import Table
from ...ensembles.ensemble import Ensemble
from ...errors import InputError
from ...text import wording

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS = 10_000
_BATCH_ROWS = 1_000
_BATCH_ROWS_OF_TEXT = 200  # The terms of a row take up to a megabyte.
_TOLERANCE = 1e-4  # Of a probability, or of the standard deviation of a number in the training table.
_TIE = 1e-6
_EDGES: Mapping[str, tuple[Any, ...]] = {
    "number": (np.nan, np.inf, -np.inf, 0.0, -1.0, 2.0**24 + 1, -(2.0**31) - 1, 1e30, -1e300, 1e-300),
    "category": ("never seen \u2603", ""),
    "text": ("", "Never  seen:\n\u00c4\u00df\u2603 12", "a"),
    "date": tuple(np.datetime64(day, "s") for day in ("NaT", "1900-02-28", "2000-02-29T23:59:59", "2100-03-01")),
}
_MOST_EDGE_COLUMNS = 50


@dataclass(frozen=True, kw_only=True)
class Parity:
    """How an ONNX graph and Python compare.

    Args:
        rows: The number of rows compared.
        ties: Rows with other labels, where the two largest probabilities are equal.
        difference: The largest difference of a probability, or of a number in standard deviations.
        classes: Whether classes are predicted.
    """

    rows: int
    ties: int
    difference: float
    classes: bool

    @property
    def sentence(self) -> str:
        """The result, for people."""
        rows = wording.count(self.rows, "row")
        if not self.classes:
            return (
                f"Compared with Python on {rows}: numbers differ by {self.difference:.1e} standard deviations or less."
            )
        ties = f", but for {wording.count(self.ties, 'exact tie')}" if self.ties else ""
        labels = f"labels are identical{ties}"
        return f"Compared with Python on {rows}: {labels}, probabilities differ by {self.difference:.1e} or less."

    @property
    def facts(self) -> dict[str, Any]:
        """The result as plain values."""
        return {"rows_compared": self.rows, "ties": self.ties, "largest_difference": self.difference}


def check_parity(content: bytes, ensemble: Ensemble, table: Table) -> Parity:
    """Compare an ONNX model with the ensemble that it was made from, on rows of the training table and on edge cases.

    Args:
        content: The serialised model.
        ensemble: The ensemble.
        table: The training table.

    Raises:
        InputError: They disagree.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    frame = comparison_rows(table)
    has_text = any(column.kind == "text" for column in ensemble.schema.columns)
    size = _BATCH_ROWS_OF_TEXT if has_text else _BATCH_ROWS
    outputs: list[Floats] = []
    labels: list[np.ndarray] = []
    for start in range(0, len(frame), size):
        results = dict(
            zip(
                [output.name for output in session.get_outputs()],
                session.run(None, onnx_inputs(frame.iloc[start : start + size], ensemble.schema)),
                strict=True,
            )
        )
        outputs.append(np.column_stack([v for n, v in results.items() if not n.startswith("label")]))
        labels.append(np.column_stack([v for n, v in results.items() if n.startswith("label")] or [np.empty((0, 0))]))
    return _compare(ensemble, table, frame, np.concatenate(outputs), np.concatenate(labels))


def _compare(ensemble: Ensemble, table: Table, frame: pd.DataFrame, outputs: Floats, labels: np.ndarray) -> Parity:
    expected = ensemble.predict_scores(frame)
    largest, ties, wrong, column = 0.0, 0, 0, 0
    parts = zip(
        ensemble.problems,
        per_problem(ensemble.problems, expected),
        per_problem(ensemble.problems, outputs),
        strict=True,
    )
    for index, (problem, python, onnx) in enumerate(parts):
        scale = 1.0 if problem.is_classification else float(np.std(table.target[:, index])) or 1.0
        gaps = np.abs(python - onnx)
        if not problem.is_classification:
            gaps = np.maximum(0.0, gaps - 1e-6 * np.abs(python))
        largest = max(largest, float(np.where(np.isnan(gaps), np.inf, gaps).max()) / scale)
        if problem.is_classification:
            chances = python * np.asarray(ensemble.combination.factors[index])
            differ = labels[:, column] != np.array(problem.classes, dtype=object)[chances.argmax(axis=1)]
            best = np.sort(chances, axis=1)
            tied = best[:, -1] - best[:, -2] <= _TIE
            ties += int((differ & tied).sum())
            wrong += int((differ & ~tied).sum())
            column += 1
    parity = Parity(rows=len(frame), ties=ties, difference=largest, classes=ensemble.problems[0].is_classification)
    if wrong or not largest <= _TOLERANCE:
        raise InputError(
            f"an ONNX graph must predict what Python predicts, but of {wording.count(len(frame), 'row')} "
            f"{wrong} have another label, and outputs differ by up to {largest:.1e}. Nothing was written. "
            "Please report this with the table's column kinds."
        )
    return parity


def comparison_rows(table: Table, most: int = _MOST_ROWS) -> pd.DataFrame:
    """Return raw rows to compare on: rows of the training table, and edge cases.

    The edge cases are: everything missing; and each of some extreme numbers, dates and unseen categories, first in
    every column of the kind, then in one after the other.
    """
    import pandas as pd

    features = table.features
    if len(features) > most:
        features = features.sample(most, random_state=0)
    raw = raw_rows(features, table.schema)
    if raw.empty:
        return raw
    raw = raw.astype({column.name: np.float64 for column in table.schema.columns if column.kind == "number"})
    pattern = raw.iloc[np.arange(min(len(raw), 5))]
    columns = table.schema.columns
    edges = [pd.DataFrame({column.name: [_missing(column)] for column in columns})]
    for kind, values in _EDGES.items():
        names = [column.name for column in columns if column.kind == kind]
        for value in values:
            edges.append(pattern.assign(**dict.fromkeys(names, value)))
            edges += [pattern.iloc[:1].assign(**{name: value}) for name in names[:_MOST_EDGE_COLUMNS]]
    return pd.concat([raw, *(edge.astype(raw.dtypes.to_dict()) for edge in edges)], ignore_index=True)


def raw_rows(features: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return the columns of a table as a user would give them."""
    import pandas as pd

    columns = {}
    for column in schema.columns:
        values = features[column.name]
        columns[column.name] = values.astype(object) if column.kind == "category" else values
    return pd.DataFrame(columns).reset_index(drop=True)


def onnx_inputs(frame: pd.DataFrame, schema: Schema) -> Mapping[str, np.ndarray]:
    """Return raw rows as the inputs of the graph."""
    inputs: dict[str, np.ndarray] = {}
    for column in schema.columns:
        values = frame[column.name]
        if column.kind in ("category", "text"):
            inputs[column.name] = values.where(values.notna(), "").to_numpy(dtype=object)[:, None]
        elif column.kind == "date":
            seconds = values.to_numpy(dtype="datetime64[s]").astype(np.float64)
            inputs[column.name] = np.where(values.isna(), np.nan, seconds)[:, None]
        elif column.kind == "number":
            inputs[column.name] = values.to_numpy(dtype=np.float64)[:, None]
    return inputs


def _missing(column: Column) -> Any:
    return {"number": np.nan, "date": np.datetime64("NaT", "s")}.get(column.kind)
