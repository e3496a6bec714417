"""From raw rows to rows to learn from: which count, what they weigh, in which fold they are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..core.arrays import Floats
from ..core.values import shown
from ..data import cells
from ..data.column import Column
from ..data.findings import Finding
from ..data.folds import assign_folds
from ..data.problem import Problem, column_of
from ..data.read import RawTable
from ..data.schema import Schema
from ..data.table import Table
from ..errors import InputError
from ..text.wording import count
from .data_options import DataOptions, problems_of

if TYPE_CHECKING:
    import pandas as pd

_FEW_ROWS = 1500  # They are split into folds twice.


def build_table(raw: RawTable, options: DataOptions, *, seed: int) -> Table:
    """Return the table of a user's data.

    Args:
        raw: The data.
        options: What the user says about it; its test rows are read.
        seed: The seed of the folds.

    Raises:
        InputError: The data cannot be learned from as the options say.
    """
    findings = list(raw.findings)
    for name in options.exclude:
        column_of(raw.frame, name, "column to exclude")
    frame, weight, times, groups = _rows(raw, options, findings)
    problems = problems_of(frame, options, decimal=raw.decimal, findings=findings)
    target = np.column_stack([problem.encode(frame[problem.target]) for problem in problems])
    known = np.flatnonzero(~np.isnan(target).any(axis=1))
    if len(known) < len(frame):
        findings.append(_left_out("unlabelled_rows", len(frame) - len(known), "no target", options.targets))
        frame, target = frame.iloc[known].reset_index(drop=True), target[known]
        weight, times, groups = (None if values is None else values[known] for values in (weight, times, groups))
    schema = Schema.infer(frame, ignore=options.unused, decimal=raw.decimal)
    if not schema.columns:
        raise InputError("a table must have a column to predict from, besides the target and what is left out.")
    features, unread = schema.read_and_report(frame)
    repeats = options.repeats or (2 if len(target) <= _FEW_ROWS else 1)
    unread = [_rare(finding) if finding.kind == "new_categories" else finding for finding in unread]
    return Table(
        schema=schema,
        problems=problems,
        features=features,
        target=target,
        folds=assign_folds(problems, target, seed=seed, repeats=repeats, groups=groups, times=times),
        weight=None if weight is None else weight / weight.mean(),
        ordered=times is not None,
        grouped=groups is not None,
        findings=(*findings, *unread),
        test=None if options.test is None else _test_part(options.test, options, schema, problems),
    )


def _rows(
    raw: RawTable, options: DataOptions, findings: list[Finding]
) -> tuple[pd.DataFrame, Floats | None, Floats | None, np.ndarray | None]:
    """Return the rows that have a weight and a time, in the order of time, and the weights, times and groups."""
    frame = raw.frame
    kept = np.ones(len(frame), dtype=bool)
    weight = times = groups = None
    if options.weight is not None:
        weight = _weights(column_of(frame, options.weight, "weight"))
        kept &= weight > 0
        if not kept.all():
            findings.append(_left_out("unweighted_rows", int((~kept).sum()), "no weight above 0", (options.weight,)))
    if options.time is not None:
        times = _times(column_of(frame, options.time, "time"), raw.decimal)
        if undated := int((kept & np.isnan(times)).sum()):
            findings.append(_left_out("undated_rows", undated, "no time", (options.time,)))
        kept &= ~np.isnan(times)
    if options.group is not None:
        groups = _groups(column_of(frame, options.group, "group"))
    rows = np.flatnonzero(kept)
    if times is not None:
        rows = rows[np.argsort(times[rows], kind="stable")]
    if len(rows) < len(frame) or times is not None:
        frame = frame.iloc[rows].reset_index(drop=True)
        weight, times, groups = (None if values is None else values[rows] for values in (weight, times, groups))
    return frame, weight, times, groups


def _left_out(kind: str, rows: int, why: str, columns: Sequence[str]) -> Finding:
    return Finding(
        kind=kind,
        severity="info",
        columns=tuple(columns),
        text=f"{count(rows, 'row')} {'has' if rows == 1 else 'have'} {why}.",
        remedy="They are left out.",
        values={"rows": rows},
    )


def _rare(finding: Finding) -> Finding:
    """Return the finding about categories beyond the most frequent ones, which the schema does not keep."""
    (name,) = finding.columns
    rows = int(str(finding.values["rows"]))
    return replace(
        finding,
        kind="rare_categories",
        text=f"{name} has so many categories that only the most frequent are kept; {count(rows, 'row')} "
        f"{'has' if rows == 1 else 'have'} another.",
    )


def _weights(values: pd.Series) -> Floats:
    """Return weights, 0 where one is missing."""
    weights = cells.numbers(values)
    if (weights < 0).any() or not (weights > 0).any():
        raise InputError(f"weights must be numbers of 0 or more, and not all 0; the column '{values.name}' is not.")
    return np.nan_to_num(weights)


def _times(values: pd.Series, decimal: str) -> Floats:
    """Return times as numbers that grow with them, NaN where one is missing."""
    column = Column.of(values, decimal=decimal)
    if column.kind not in ("number", "date"):
        raise InputError(f"the time column must hold dates or numbers, but '{values.name}' does not.")
    read = column.read(values)
    numbers: Floats = read.to_numpy().astype(np.float64) if column.kind == "number" else _seconds(read)
    return numbers


def _seconds(moments: pd.Series) -> Floats:
    seconds: Floats = moments.to_numpy(dtype="datetime64[s]").astype(np.int64).astype(np.float64)
    return np.where(moments.isna(), np.nan, seconds)


def _groups(values: pd.Series) -> np.ndarray:
    """Return the group of each row as a code; a row without one is a group of its own."""
    codes, _ = cells.factorize(values)
    alone = codes < 0
    return np.where(alone, codes.max(initial=0) + 1 + np.cumsum(alone), codes)


def _test_part(raw: RawTable, options: DataOptions, schema: Schema, problems: tuple[Problem, ...]) -> Table:
    """Return the test rows as a table without folds."""
    targets = {problem.target: column_of(raw.frame, problem.target, "target of the test data") for problem in problems}
    target = np.column_stack([problem.encode(targets[problem.target]) for problem in problems])
    known = np.flatnonzero(~np.isnan(target).any(axis=1))
    findings = []
    if lost := len(target) - len(known):
        why = "no target, or a class that the training table lacks"
        findings.append(replace(_left_out("unscored_rows", lost, why, options.targets), severity="warning"))
    if not len(known):
        classes = "; ".join(f"{p.name}: {', '.join(map(shown, p.classes[:5]))}" for p in problems if p.classes)
        raise InputError(
            "the test data must have rows with a target of the training table, got none"
            f"{f' (the classes are {classes})' if classes else ''}."
        )
    features, met = schema.read_and_report(raw.frame.iloc[known].reset_index(drop=True))
    weight = None
    if options.weight is not None and options.weight in raw.frame.columns:
        weight = _weights(raw.frame[options.weight])[known]
    return Table(
        schema=schema,
        problems=problems,
        features=features,
        target=target[known],
        folds=np.full((1, len(known)), -1, dtype=np.int8),
        weight=weight,
        findings=(*raw.findings, *findings, *met),
    )
