"""The analyst: looks at a table before anything is trained."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..findings import Finding, by_severity
from ..problem import Problem
from ..read import read_frame
from ..schema import Schema
from .analysis import Analysis
from .constants import find_constants
from .duplicate_columns import find_duplicate_columns
from .duplicate_rows import find_duplicate_rows, find_rows_in_test
from .facts import column_facts
from .identifiers import find_identifiers
from .missing import find_missing
from .numbers import find_numbers
from .sample import Sample
from .stored_as_text import find_stored_as_text
from .targets import find_targets, missing_target
from .words import find_words

if TYPE_CHECKING:
    import pandas as pd

Check = Callable[[Sample], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    find_targets,
    find_stored_as_text,
    find_identifiers,
    find_words,
    find_constants,
    find_duplicate_columns,
    find_missing,
    find_numbers,
    find_duplicate_rows,
)
"""What is looked for, in the order of the findings of one severity."""


def analyse(
    data: Any,
    target: str | Problem | Sequence[str | Problem] = (),
    *,
    test: Any = None,
    exclude: Sequence[str] = (),
    schema: Schema | None = None,
    seed: int = 0,
) -> Analysis:
    """Look at a table: what its columns are, what is wrong with it, and how its rows should be split.

    Large tables are looked at by samples: 50,000 rows for the facts of columns, fewer for the analyst's own small
    models. The same seed gives the same analysis.

    Args:
        data: A path of a CSV or Parquet file, or a frame of pandas, polars, Arrow or NumPy.
        target: The column or columns to predict, by name or as problems; without any, only columns and rows are looked
            at.
        test: A table that predictions are wanted for; it may lack the target.
        exclude: Columns that are not used.
        schema: How the columns are read; inferred by default.
        seed: The seed of the samples and models.

    Returns:
        The findings, the most severe first, and the facts of each column.

    Raises:
        InputError: A table cannot be read, or a target cannot be predicted.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"weight": ["81.5", "64", "72", "90"] * 20, "unit": "kg", "ill": ["yes", "no"] * 40})
    >>> analysis = analyse(frame, "ill")
    >>> for finding in analysis.findings:
    ...     print(finding.severity, finding.kind, finding.columns)
    info number_as_text ('weight',)
    info constant ('unit',)
    info duplicate_rows ()
    """
    started = time.monotonic()
    frame = read_frame(data)
    problems = _problems(frame, target)
    names = [problem.target for problem in problems]
    encoded = np.column_stack([problem.encode(frame[problem.target]) for problem in problems]) if problems else None
    findings: list[Finding] = []
    if encoded is None:
        encoded = np.empty((len(frame), 0))
    elif (unknown := np.isnan(encoded).any(axis=1)).any():
        findings.append(missing_target(tuple(names), int(unknown.sum()), len(frame)))
        frame, encoded = frame[~unknown].reset_index(drop=True), encoded[~unknown]
    schema = schema or Schema.infer(frame, ignore=[*names, *exclude])
    sample = Sample.of(frame, encoded, problems, schema, seed=seed)
    for check in CHECKS:
        findings.extend(check(sample))
    if test is not None:
        findings.extend(find_rows_in_test(sample, read_frame(test)))
    return Analysis(
        findings=by_severity(findings),
        columns=column_facts(sample),
        rows=sample.rows,
        rows_sampled=sample.size,
        targets=tuple(names),
        seconds=time.monotonic() - started,
    )


def _problems(frame: pd.DataFrame, target: str | Problem | Sequence[str | Problem]) -> tuple[Problem, ...]:
    """Return what is to be predicted as problems."""
    listed = (target,) if isinstance(target, str | Problem) else target
    return tuple(entry if isinstance(entry, Problem) else Problem.of(frame, entry) for entry in listed)
