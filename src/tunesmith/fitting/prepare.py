"""From a user's data to the table in a study's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.analysis import Analysis, analyse
from ..data.fingerprint import fingerprint
from ..data.limits import Limits
from ..data.read import RawTable, read_table
from ..data.table import Table
from ..errors import InputError
from .building import build_table
from .data_options import DataOptions, problems_of
from .decisions import decide
from .kept_data import check_same, keep

_READING_SHARE = 0.3  # Of the time of preparing a table.

TABLE_FOLDER = "table"
"""The folder of the table, in a study's folder."""


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
    source: Mapping[str, Any] | None = None
    if not folder.exists():
        if data is None:
            raise InputError(f"a study's folder must hold a table, but {folder.parent} has none. Give the data.")
        limits = Limits(seconds=None if seconds is None else _READING_SHARE * seconds)
        given = options if options.test is None else replace(options, test=read_table(options.test))
        made, analysis = _analysed(read_table(data, limits), given, seed=seed)
        source = _source(data, options, seed)
        made, analysis = replace(made, source=source), analysis.with_findings(made.findings)

        def save(place: Path) -> None:
            made.save(place)
            analysis.save(place)

        keep(save, folder)
        del made
    table = Table.load(folder)
    if data is not None:
        check_same(table.source, source or _source(data, options, seed), folder.parent)
    return table


def _analysed(raw: RawTable, options: DataOptions, *, seed: int) -> tuple[Table, Analysis]:
    """Return the table of a user's data, split as the analyst finds right unless the options say, and the analysis."""
    if not len(raw.frame):
        raise InputError("a table must have rows, this one has only the names of its columns.")
    repeated = {name for finding in raw.findings if finding.kind == "repeated_names" for name in finding.columns}
    if twice := [name for name in options.targets if name in repeated]:
        raise InputError(f"the target must be one column, but several are named '{twice[0]}'. Rename them in the data.")
    problems = problems_of(raw.frame, options, decimal=raw.decimal, findings=[])
    analysis = analyse(raw, problems, test=options.test, exclude=sorted(options.unused), seed=seed)
    if options.as_given:
        return build_table(raw, options, seed=seed), analysis
    decision = decide(analysis, may_split=options.group is None and options.time is None)
    group, time = decision.group or options.group, decision.time or options.time
    decided = replace(options, group=group, time=time, exclude=(*options.exclude, *decision.exclude))
    try:
        return build_table(raw, decided, seed=seed), decision.analysis
    except InputError:
        if decided == options:
            raise
        return build_table(raw, options, seed=seed), analysis  # Too few groups or times to hold some out.


def _source(data: Any, options: DataOptions, seed: int) -> dict[str, Any]:
    """Return what a table is made from, as plain JSON."""
    tests = {} if options.test is None else {"test": fingerprint(options.test)}
    return {"data": fingerprint(data), **tests, "seed": seed, **options.to_table()}
