"""The analyst: looks at a table before anything is trained."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..findings import Finding, by_severity
from ..problem import Problem
from ..read import RawTable, read_table
from .analysis import Analysis
from .constants import find_constants
from .drift import find_drift
from .duplicate_columns import find_duplicate_columns
from .duplicate_rows import find_duplicate_rows, find_rows_in_test
from .facts import column_facts
from .identifiers import find_identifiers
from .leaks import find_leaks
from .missing import find_missing
from .numbers import find_numbers
from .sample import Sample
from .splits import find_splits
from .stored_as_text import find_stored_as_text
from .suspicions import Suspicion, examined
from .targets import find_targets, missing_target
from .words import find_words

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
)
"""What is looked for, in the order of the findings of one severity."""

_KEYS = ("identifier", "row_number")
_DIFFER = (*_KEYS, "unique_number", "group", "time", "steady_time")
"""Kinds of findings about columns that differ in any two tables."""


def analyse(
    data: Any,
    target: str | Problem | Sequence[str | Problem] = (),
    *,
    test: Any = None,
    exclude: Sequence[str] = (),
    seed: int = 0,
) -> Analysis:
    """Look at a table: what its columns are, what is wrong with it, and how its rows should be split.

    Large tables are looked at by samples: 50,000 rows for the facts of columns, fewer for the analyst's own small
    models. The same seed gives the same analysis.

    Args:
        data: What `read_table` accepts: a path, a frame of any library; or what it returned.
        target: The column or columns to predict, by name or as problems; without any, only columns and rows are looked
            at.
        test: A table that predictions are wanted for; it may lack the target.
        exclude: Columns that are not used.
        seed: The seed of the samples and models.

    Returns:
        The findings, the most severe first, and the facts of each column.

    Raises:
        InputError: A table cannot be read, or a target cannot be predicted.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"weight": ["81.5", "64", "72"] * 30, "unit": "kg", "ill": ["yes", "no"] * 45})
    >>> for finding in analyse(frame, "ill").findings:
    ...     print(finding.severity, finding.kind, finding.columns)
    warning conflicting_rows ('ill',)
    info number_as_text ('weight',)
    info constant ('unit',)
    info duplicate_rows ()
    """
    started = time.monotonic()
    sample, findings = _sampled(data, target, exclude=exclude, seed=seed)
    for check in CHECKS:
        findings.extend(check(sample))
    keys = tuple(name for finding in findings if finding.kind in _KEYS for name in finding.columns)
    records = sample.without(keys)
    findings.extend(find_duplicate_rows(records))
    held_out = None if test is None else _read(test).frame
    splits = find_splits(sample, held_out)
    findings.extend(splits.findings)
    findings.extend(find_leaks(sample, splits.group.column if splits.group else None))
    if held_out is not None:
        expected = {name for finding in findings if finding.kind in _DIFFER for name in finding.columns}
        findings.extend(find_rows_in_test(records, held_out))
        findings.extend(find_drift(sample, held_out, expected))
    return Analysis(
        findings=by_severity(findings),
        columns=column_facts(sample),
        rows=sample.rows,
        rows_sampled=sample.size,
        targets=tuple(dict.fromkeys(problem.target for problem in sample.problems)),
        group=splits.group,
        time=splits.time,
        keys=keys,
        seconds=time.monotonic() - started,
    )


def examine(
    data: Any,
    target: str | Problem | Sequence[str | Problem],
    suspicions: Sequence[Suspicion],
    *,
    exclude: Sequence[str] = (),
    seed: int = 0,
) -> tuple[Finding, ...]:
    """Return what the figures of a table say about suspicions that somebody has, one finding each.

    Args:
        data: As for `analyse`.
        target: As for `analyse`.
        suspicions: What somebody suspects.
        exclude: Columns that are not used.
        seed: The seed of the samples and models.

    Raises:
        InputError: As for `analyse`; or a suspicion is about a column that is not looked at.
    """
    sample, _ = _sampled(data, target, exclude=exclude, seed=seed)
    return tuple(examined(sample, suspicion) for suspicion in suspicions)


def _sampled(
    data: Any, target: str | Problem | Sequence[str | Problem], *, exclude: Sequence[str], seed: int
) -> tuple[Sample, list[Finding]]:
    """Return the rows of a table that have a target, with a sample of them, and what was noticed in reading it."""
    raw = _read(data)
    frame, findings = raw.frame, list(raw.findings)
    problems = _problems(raw, target)
    names = tuple(dict.fromkeys(problem.target for problem in problems))
    encoded = np.empty((len(frame), 0))
    if problems:
        encoded = np.column_stack([problem.encode(frame[problem.target]) for problem in problems])
        unknown = np.isnan(encoded).any(axis=1)
        if unknown.any():
            findings.append(missing_target(names, int(unknown.sum()), len(frame)))
            frame, encoded = frame[~unknown].reset_index(drop=True), encoded[~unknown]
    return Sample.of(frame, encoded, problems, ignore=exclude, decimal=raw.decimal, seed=seed), findings


def _read(data: Any) -> RawTable:
    return data if isinstance(data, RawTable) else read_table(data)


def _problems(raw: RawTable, target: str | Problem | Sequence[str | Problem]) -> tuple[Problem, ...]:
    """Return what is to be predicted as problems."""
    listed = (target,) if isinstance(target, str | Problem) else target
    return tuple(
        entry if isinstance(entry, Problem) else Problem.of(raw.frame, entry, decimal=raw.decimal) for entry in listed
    )
