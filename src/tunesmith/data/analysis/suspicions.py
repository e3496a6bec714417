"""Suspicions about columns, as those of a language model or a person: what the figures of the table say about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...errors import InputError, nearest
from ...text.cleaning import short
from ...text.wording import share
from ..findings import Finding
from .groups import measured_group
from .leaks import explained_by
from .times import measured_time

if TYPE_CHECKING:
    from ...core.values import Value
    from ..column import Column
    from .sample import Sample

SuspicionKind = Literal["group", "time", "leak", "identifier"]

_ROLE = {"group": "a group", "time": "the time of the row", "leak": "a leak", "identifier": "a name of the row"}
_OPTION = {"group": "--group", "time": "--time", "leak": "--exclude", "identifier": "--exclude"}
_UNIQUE = 0.95  # Of the rows: distinct values of a column that names the row.
_STRONG = 0.5  # Of the target's variance, which a leak explains alone, and
_MORE = 1.2  # times what all other columns explain.


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """What somebody takes a column for.

    Args:
        kind: A group whose rows belong together, the time of the row, a leak of the target, or a name of the row.
        column: The column.
        reason: Why, in words.
        by: Who suspects it, such as `the language model`.
    """

    kind: SuspicionKind
    column: str
    reason: str
    by: str


def examined(sample: Sample, suspicion: Suspicion) -> Finding:
    """Return a finding that says what is suspected, and whether figures support it.

    It is a warning if they do, and otherwise only told. Nothing is done about it: that is left to a person.

    Args:
        sample: The table.
        suspicion: What is suspected.

    Raises:
        InputError: The column is not looked at.
    """
    columns = {column.name: column for column in sample.schema.columns}
    if suspicion.column not in columns:
        raise InputError(
            f"the table has no column '{short(suspicion.column, 80)}'.{nearest(suspicion.column, columns)}"
        )
    supported, figures, values = _figures(sample, suspicion, columns[suspicion.column])
    name = short(suspicion.column, 80)
    by, why = f"{suspicion.by[:1].upper()}{suspicion.by[1:]}", short(suspicion.reason, 200).rstrip(".")
    role, option = _ROLE[suspicion.kind], _OPTION[suspicion.kind]
    return Finding(
        kind=f"suspected_{suspicion.kind}",
        severity="warning" if supported else "info",
        columns=(suspicion.column,),
        text=f"{by} takes '{name}' for {role} ({why}). {figures}",
        remedy=f"Nothing was done because of it. If it is right: {option} {name}.",
        values={**values, "supported": supported},
    )


def _figures(sample: Sample, suspicion: Suspicion, column: Column) -> tuple[bool, str, dict[str, Value]]:
    """Return whether the figures support a suspicion, in words, and the figures."""
    if suspicion.kind == "group":
        return _group_figures(sample, column)
    if suspicion.kind == "time":
        return _time_figures(sample, column)
    if suspicion.kind == "leak":
        return _leak_figures(sample, column)
    unique = sample.features[column.name].nunique() / max(sample.size, 1)
    text = f"{share(unique)} of the rows have a value of their own"
    supported = unique >= _UNIQUE
    return supported, f"{text}." if supported else f"But only {text}.", {"distinct": unique}


def _group_figures(sample: Sample, column: Column) -> tuple[bool, str, dict[str, Value]]:
    found = measured_group(sample, column)
    if found is None:
        return False, "But its values cannot be groups, or are too few.", {}
    values: dict[str, Value] = {"groups": found.groups, "worse": found.worse, "sigmas": found.sigmas}
    if found.is_group:
        text = f"On rows of unseen values the error of a small model is {share(found.worse)} larger."
        return True, text, values
    return False, "But rows of one value are hardly more alike than others: a random split is fair.", values


def _time_figures(sample: Sample, column: Column) -> tuple[bool, str, dict[str, Value]]:
    found = measured_time(sample, column)
    if found is None:
        return False, "But it holds too few times, or neither dates nor numbers.", {}
    values: dict[str, Value] = {"worse": found.worse, "sigmas": found.sigmas}
    if found.drifts:
        return True, f"On later rows the error of a small model is {share(found.worse)} larger.", values
    return False, "But nothing changes over it that a small model would notice: a random split is fair.", values


def _leak_figures(sample: Sample, column: Column) -> tuple[bool, str, dict[str, Value]]:
    alone, rest = explained_by(sample, column.name)
    if alone != alone:
        return False, "There are too few rows for figures.", {}
    text = f"alone it explains {share(max(alone, 0.0))} of the target's variance, all others {share(max(rest, 0.0))}."
    supported = alone >= _STRONG and alone >= _MORE * max(rest, 0.0)
    values: dict[str, Value] = {"explained": alone, "explained_by_others": rest}
    return supported, text[:1].upper() + text[1:] if supported else f"But {text}", values
