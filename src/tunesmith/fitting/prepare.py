"""From a user's data to the table that trials learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.arrays import Floats
from ..core.values import shown
from ..data import cells
from ..data.analysis import Analysis, analyse
from ..data.column import Column
from ..data.copies import copies_of
from ..data.findings import Finding
from ..data.fingerprint import fingerprint
from ..data.folds import assign_folds
from ..data.limits import Limits
from ..data.problem import Kind, Problem, TaskKind, check_task, column_of, multilabel_problems
from ..data.read import RawTable, read_table
from ..data.schema import Schema
from ..data.table import Table
from ..errors import InputError
from ..text.wording import count
from .decisions import decide

if TYPE_CHECKING:
    import pandas as pd

_READING_SHARE = 0.3  # Of the time of preparing a table.

TABLE_FOLDER = "table"
"""The folder of the table, in a study's folder."""


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """What a user says about the data.

    Args:
        target: The column to predict, or several.
        task: What the target's values are; found out by default. `multilabel` is for one column of texts or lists that
            hold several labels, or for several columns of two classes.
        weight: The column with the weight of each row.
        group: The column whose equal values belong together: no group is trained on and validated on at once.
        time: The column with the time of each row: models are validated on rows later than those they are trained on.
        exclude: Columns that no model sees.
        positive: The positive class of two; by default the second in sorted order.
        test: Rows that are kept for one last test: what `data` may be.
        repeats: The number of times that the rows are split into folds anew.
        as_given: Whether nothing is decided by what the analyst finds: all columns are used, and rows are split at
            random unless `group` or `time` say otherwise.
    """

    target: str | Sequence[str]
    task: TaskKind | None = None
    weight: str | None = None
    group: str | None = None
    time: str | None = None
    exclude: Sequence[str] = ()
    positive: object = None
    test: Any = None
    repeats: int = 1
    as_given: bool = False

    def __post_init__(self) -> None:
        """Check what can be checked without the data.

        Raises:
            InputError: An option is wrong.
        """
        check_task(self.task)
        if not self.targets:
            raise InputError("a target must be named.")
        if self.group is not None and self.time is not None:
            raise InputError("folds follow either groups or time: give a group column or a time column, not both.")
        roles = {"weight": self.weight, "group": self.group, "time": self.time}
        for role, name in roles.items():
            if name is not None and name in self.targets:
                raise InputError(f"the {role} column must not be the target, got '{name}' for both.")
        if clash := set(self.exclude) & set(self.targets):
            raise InputError(f"the target must not be excluded, got '{sorted(clash)[0]}' for both.")

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns to predict."""
        named = (self.target,) if isinstance(self.target, str) else self.target
        return tuple(dict.fromkeys(str(name).strip() for name in named))

    @property
    def unused(self) -> set[str]:
        """The columns that no model sees: targets, weights and groups, and those that are excluded."""
        return {*self.targets, *self.exclude, *filter(None, (self.weight, self.group))}

    def to_table(self) -> dict[str, Any]:
        """Return the options as plain JSON, but for the test rows."""
        fields = {name: value for name, value in vars(self).items() if value is not None and name != "test"}
        positive = {} if self.positive is None else {"positive": str(self.positive)}
        return {**fields, "target": list(self.targets), "exclude": sorted(map(str, self.exclude)), **positive}


def prepare(data: Any, options: DataOptions, folder: Path, *, seed: int, seconds: float | None = None) -> Table:
    """Return the table in a study's folder; reads the data first if it is not there yet.

    Args:
        data: What `read_table` accepts; None to go on with the table in the folder.
        options: What the user says about it.
        folder: Where the table is kept.
        seed: The seed of the folds.
        seconds: The time that it may take, if the file is so large that a part of it must do; no limit by default.

    Raises:
        InputError: The data cannot be read, or cannot be predicted; or the folder holds another table.
    """
    if folder.exists():
        table = Table.load(folder)
        if data is not None:
            _check_same(table.source, _source(data, options, seed), folder.parent)
        return table
    if data is None:
        raise InputError(f"a study's folder must hold a table, but {folder.parent} has none. Give the data.")
    limits = Limits(seconds=None if seconds is None else _READING_SHARE * seconds)
    given = options if options.test is None else replace(options, test=read_table(options.test))
    # The raw table is freed before it is stored.
    table, analysis = _analysed(read_table(data, limits), given, seed=seed)
    replace(table, source=_source(data, options, seed)).save(folder)
    analysis.with_findings(table.findings).save(folder)
    return Table.load(folder)


def _analysed(raw: RawTable, options: DataOptions, *, seed: int) -> tuple[Table, Analysis]:
    """Return the table of a user's data, split as the analyst finds right unless the options say, and the analysis."""
    if not len(raw.frame):
        raise InputError("a table must have rows, this one has only the names of its columns.")
    problems = problems_of(raw.frame, options, decimal=raw.decimal, findings=[])
    analysis = analyse(raw, problems, test=options.test, exclude=sorted(options.unused), seed=seed)
    if options.as_given:
        return _build(raw, options, seed=seed), analysis
    decision = decide(analysis, may_split=options.group is None and options.time is None)
    group, time = decision.group or options.group, decision.time or options.time
    decided = replace(options, group=group, time=time, exclude=(*options.exclude, *decision.exclude))
    try:
        return _build(raw, decided, seed=seed, copies_together=decision.copies_together), decision.analysis
    except InputError:
        if decided == options:
            raise
        return _build(raw, options, seed=seed), analysis  # Too few groups or times to hold some out.


def _source(data: Any, options: DataOptions, seed: int) -> dict[str, Any]:
    """Return what a table is made from, as plain JSON."""
    tests = {} if options.test is None else {"test": fingerprint(options.test)}
    return {"data": fingerprint(data), **tests, "seed": seed, **options.to_table()}


def _check_same(stored: Mapping[str, Any], given: Mapping[str, Any], folder: Path) -> None:
    different = sorted(name for name in {*stored, *given} if stored.get(name) != given.get(name))
    if different:
        name = different[0]
        change = f"was {_told(stored.get(name))} and is now {_told(given.get(name))}"
        raise InputError(
            f"a study goes on with the same data and options, but in {folder} the {name} "
            f"{'rows are others' if name == 'test' else 'are others' if name == 'data' else change}. "
            "Choose another folder, or start over."
        )


def _told(option: object) -> str:
    if option is None or option == []:
        return "not given"
    return ", ".join(map(shown, option)) if isinstance(option, list) else shown(option)


def _build(raw: RawTable, options: DataOptions, *, seed: int, copies_together: bool = False) -> Table:
    """Return the table of a user's data."""
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
    copies = copies_of(features) if copies_together else None
    unread = [_rare(finding) if finding.kind == "new_categories" else finding for finding in unread]
    return Table(
        schema=schema,
        problems=problems,
        features=features,
        target=target,
        folds=assign_folds(
            problems, target, seed=seed, repeats=options.repeats, groups=groups, times=times, copies=copies
        ),
        weight=None if weight is None else weight / weight.mean(),
        ordered=times is not None,
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


def problems_of(
    frame: pd.DataFrame, options: DataOptions, *, decimal: str, findings: list[Finding]
) -> tuple[Problem, ...]:
    """Return what is to be predicted.

    Args:
        frame: The training table.
        options: What the user says.
        decimal: The decimal mark of numbers in text, where their values allow two.
        findings: What was noticed; more is added.

    Raises:
        InputError: A target is no column, or its values cannot be predicted.
    """
    if options.task == "multilabel" and len(options.targets) == 1:
        return multilabel_problems(frame, options.targets[0])
    kind: Kind | None = "binary" if options.task == "multilabel" else options.task
    problems = tuple(
        Problem.of(frame, name, kind, positive=options.positive, decimal=decimal) for name in options.targets
    )
    for problem in problems:
        if options.task is None and problem.kind == "multiclass" and problem.class_type in ("integer", "number"):
            findings.append(
                Finding(
                    kind="numeric_classes",
                    severity="info",
                    columns=(problem.target,),
                    text=f"The {len(problem.classes)} numbers of the target {problem.target} are taken as classes.",
                    remedy="Say that the task is regression if they are amounts.",
                )
            )
    return problems


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
