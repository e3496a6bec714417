"""What `fit` does unasked because of what the analyst found: how rows are split, and which columns are left out."""

from __future__ import annotations

from dataclasses import dataclass

from ..data.analysis import Analysis

_UNDO = "To keep the table as it is: --as-given."


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is done with a table.

    Args:
        analysis: Its findings say what was done.
        group: The column whose values no two folds share.
        time: The column by which later rows are held out.
        exclude: Columns that no model sees.
    """

    analysis: Analysis
    group: str | None = None
    time: str | None = None
    exclude: tuple[str, ...] = ()


def decide(analysis: Analysis, *, may_split: bool) -> Decision:
    """Return what is done because of an analysis: only what it is confident of.

    Where rows should be split both by group and by time, what flatters scores more decides.

    Args:
        analysis: What was found.
        may_split: Whether the user has left open how rows are split.
    """
    exclude = tuple(name for name in analysis.keys if len(analysis.columns) > len(analysis.keys))
    if exclude:
        remedy = f"It is left out, as new rows have other values. {_UNDO}"
        analysis = analysis.with_remedy(("identifier", "row_number"), exclude, remedy)
    group, time = (
        split if may_split and split is not None and split.confident else None
        for split in (analysis.group, analysis.time)
    )
    if group is not None and (time is None or group.worse >= time.worse):
        remedy = f"Rows of one value are kept in one fold, and no model sees the column. {_UNDO}"
        analysis = analysis.with_remedy(("group",), (group.column,), remedy)
        return Decision(analysis=analysis, group=group.column, exclude=exclude)
    if time is not None:
        remedy = f"Models are validated on rows later than those that they are trained on. {_UNDO}"
        analysis = analysis.with_remedy(("time",), (time.column,), remedy)
        return Decision(analysis=analysis, time=time.column, exclude=exclude)
    return Decision(analysis=analysis, exclude=exclude)
