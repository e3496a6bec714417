"""How the rows should be split: at random, by group, or by time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...text.wording import share
from ..findings import Finding
from . import groups, times
from .analysis import SplitColumn
from .sample import as_numbers

if TYPE_CHECKING:
    import pandas as pd

    from .groups import GroupEvidence
    from .sample import Sample
    from .times import TimeEvidence

_LEAST_TEST_ROWS = 20
_MOSTLY = 0.9
_HARDLY = 0.1


@dataclass(frozen=True, kw_only=True)
class Splits:
    """How the rows should be split.

    Args:
        findings: What speaks for it.
        group: The column whose values should not be shared by two folds.
        time: The column by which the last rows should be held out.
    """

    findings: tuple[Finding, ...]
    group: SplitColumn | None = None
    time: SplitColumn | None = None


def find_splits(sample: Sample, test: pd.DataFrame | None = None) -> Splits:
    """Return how the rows should be split, if not at random.

    Args:
        sample: The table.
        test: The rows that predictions are wanted for; where it mostly has known groups, or rows of the same time, a
            random split is right for it.
    """
    grouped = groups.find_groups(sample)
    group = _group(sample, grouped, test)
    timed = times.find_times(sample, rows_in_order=not any(evidence.is_group for evidence in grouped))
    time = _time(sample, timed, test)
    findings = [*_group_findings(grouped, group), *_time_findings(timed, time)]
    return Splits(findings=tuple(findings), group=group, time=time)


def _group(sample: Sample, found: list[GroupEvidence], test: pd.DataFrame | None) -> SplitColumn | None:
    for evidence in found:
        known = _known_share(sample, evidence.column, test)
        if not evidence.is_group or (known is not None and known > _MOSTLY and evidence.hint != "entity"):
            continue
        reason, confident = groups.reason(evidence), evidence.is_confident
        if known is not None and known > _HARDLY:
            reason += f" But {share(known)} of the test rows have a value that is also in the training table."
            confident = confident and known < 0.5
        elif known is not None:
            reason += " The values in the test table are new."
            confident = True
        return SplitColumn(column=evidence.column, reason=reason, worse=evidence.worse, confident=confident)
    return None


def _time(sample: Sample, found: list[TimeEvidence], test: pd.DataFrame | None) -> SplitColumn | None:
    for evidence in found:
        if evidence.column is None:
            continue
        later = _later_share(sample, evidence.column, test)
        if later is not None and later > _MOSTLY and evidence.named is not False:
            reason = f"The test table is later than the training table by '{evidence.column}'."
            return SplitColumn(column=evidence.column, reason=reason, worse=max(evidence.worse, 0.0), confident=True)
        if not evidence.drifts:
            continue
        reason, confident = times.reason(evidence), evidence.is_confident
        if later is not None and later < _HARDLY:
            reason += " But the test table is of the same time as the training table."
            confident = False
        return SplitColumn(column=evidence.column, reason=reason, worse=evidence.worse, confident=confident)
    return None


def _group_findings(found: list[GroupEvidence], group: SplitColumn | None) -> Iterator[Finding]:
    for evidence in found:
        values = {
            "groups": evidence.groups,
            "rows_per_group": evidence.rows_per_group,
            "target_alikeness": evidence.target_alikeness,
            "random_error": evidence.random_error,
            "grouped_error": evidence.grouped_error,
            "sigmas": evidence.sigmas,
            "constant_columns": list(evidence.constant_columns[:20]),
        }
        if group is not None and evidence.column == group.column:
            yield Finding(
                kind="group",
                severity="warning",
                columns=(evidence.column,),
                text=group.reason,
                remedy=f"If new rows come with new values of it, validate by group: --group {evidence.column}.",
                values=values,
            )
        elif not evidence.is_group and evidence.hint == "entity":
            yield Finding(
                kind="repeated_key",
                severity="info",
                columns=(evidence.column,),
                text=f"'{evidence.column}' has {evidence.groups:,} values with {evidence.rows_per_group:.3g} rows "
                "each, but rows of one value are hardly more alike than others: a random split is fair.",
                values=values,
            )


def _time_findings(found: list[TimeEvidence], time: SplitColumn | None) -> Iterator[Finding]:
    for evidence in found:
        values = {
            "random_error": evidence.random_error,
            "later_error": evidence.later_error,
            "sigmas": evidence.sigmas,
            "is_sorted": evidence.is_sorted,
        }
        if evidence.column is None:
            if evidence.drifts:
                yield Finding(
                    kind="row_order",
                    severity="warning",
                    text="Neighbouring rows are alike beyond what the columns say: in rows far from those that it has "
                    f"seen, the error of a small model is {share(evidence.worse)} larger than a random split shows.",
                    remedy="If the rows are in the order of time, add a column with it and say --time; if they come in "
                    "batches, add a column that names the batch and say --group.",
                    values=values,
                )
        elif time is not None and evidence.column == time.column:
            yield Finding(
                kind="time",
                severity="warning",
                columns=(evidence.column,),
                text=time.reason,
                remedy=f"If later rows are to be predicted, validate on the last rows: --time {evidence.column}.",
                values=values,
            )
        elif not evidence.drifts and evidence.named is not False:
            yield Finding(
                kind="steady_time",
                severity="info",
                columns=(evidence.column,),
                text=f"Nothing changes over '{evidence.column}' that a small model would notice: a random split is "
                "fair.",
                values=values,
            )


def _known_share(sample: Sample, column: str, test: pd.DataFrame | None) -> float | None:
    """Return the share of test rows whose value of a column the training table has, too; None if that is unknown."""
    if test is None or column not in test.columns or test[column].notna().sum() < _LEAST_TEST_ROWS:
        return None
    reader = next(entry for entry in sample.schema.columns if entry.name == column)
    if reader.kind == "number":
        return float(reader.read(test[column].dropna()).isin(reader.read(sample.whole[column]).unique()).mean())
    known = {str(value).strip() for value in sample.whole[column].dropna().unique()}
    return float(np.mean([str(value).strip() in known for value in test[column].dropna()]))


def _later_share(sample: Sample, column: str, test: pd.DataFrame | None) -> float | None:
    """Return the share of test rows that are later than every training row; None if it cannot be told."""
    if test is None or column not in test.columns:
        return None
    reader = next(entry for entry in sample.schema.columns if entry.name == column)
    moments = as_numbers(reader.read(test[column]))
    moments = moments[~np.isnan(moments)]
    if len(moments) < _LEAST_TEST_ROWS:
        return None
    return float((moments > np.nanmax(as_numbers(sample.features[column]))).mean())
