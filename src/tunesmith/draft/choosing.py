"""Which parameters of a draft are tuned, and between which bounds, where somebody says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..errors import InputError, nearest
from ..parameters import Choice, Float, Int, Parameter, describe, typed
from ..space import SearchSpace
from ..trial import Value
from .drafts import Draft
from .ranges import guess_around, is_share
from .wishes import Action
from .words import is_never_tuned, reason_to_leave

ASKED = "you asked for that"
_ENLARGED = 100  # How many times as wide as before a range may be that nobody has said in numbers.
_WIDE = 30
"""From so many times the least value on, a range that was not drafted is searched on a logarithmic scale."""


def with_selection(draft: Draft, names: Sequence[str], action: Action) -> tuple[Draft, str]:
    """Return a draft that tunes some parameters only, or also, or leaves them alone, and what became of it in words.

    Raises:
        InputError: A parameter is not known, or nothing would be left to tune.
    """
    for name in names:
        if name not in draft.space and name not in draft.skipped:
            raise _unknown(draft, name)
    if action == "leave":
        draft = _without(draft, names)
        return draft, f"left alone: {', '.join(names)}"
    earlier = [name for name in draft.space if "space" in draft.words]
    for name in names:
        draft = _taken_up(draft, name)
    if action == "also":
        return draft, f"tuned beside the others: {', '.join(names)}"
    pinned = [key for key, parameter in draft.space.items() if isinstance(parameter, Choice) and parameter.size == 1]
    kept = {*names, *earlier, *pinned}
    draft = _without(draft, [name for name in draft.space if name not in kept])
    return draft, f"tuned: {', '.join(name for name in draft.space if name not in pinned)}, and nothing else"


def with_range(
    draft: Draft, name: str, low: float | None, high: float | None, *, careful: bool = False
) -> tuple[Draft, str]:
    """Return a draft that searches a parameter between bounds, and what became of it in words.

    Args:
        draft: As it is.
        name: The parameter; one that is left alone for its name is taken up.
        low: The least value; None for what it is.
        high: The largest value; None for what it is. Where it is below `low`, the two are swapped.
        careful: Refuse a range that has nothing in common with the one that is there.

    Raises:
        InputError: The parameter is not known or no number, or the range cannot be.
    """
    note = ""
    if low is not None and high is not None and low > high:
        low, high, note = high, low, " (swapped, as the first was the larger one)"
    fresh = name not in draft.space
    draft = _taken_up(draft, name)
    old = draft.space[name]
    if isinstance(old, Choice):
        options = [option for option in old.options if _lies(option, low, high)]
        if not options:
            raise InputError(f"{name} is {describe(old)}, and none of these lies there.")
        changed, told = with_options(draft, name, options, careful=careful)
        return changed, told + note
    low, high = old.low if low is None else low, old.high if high is None else high
    if careful and not _is_plausible(name, low, high, old):
        raise InputError(f"{name} from {low:g} to {high:g} is not plausible; it stays {describe(old)}.")
    table = _table(draft, name)
    if table["type"] == "int" and float(low).is_integer() and float(high).is_integer():
        low, high = int(low), int(high)
    elif table["type"] == "int":
        table["type"] = "float"
        note += "; now a whole number: check that the script takes others"
    if low <= 0:
        table.pop("log", None)
    elif fresh and high / low >= _WIDE:
        table["log"] = True
    draft = _put(draft, name, table | {"low": low, "high": high})
    present = draft.values.get(name)
    if isinstance(present, int | float) and not low <= present <= high:
        note += f"; the present value, {present:g}, lies outside"
    if is_share(name) and not 0 <= low <= high <= 1:
        note += "; it sounds like a share, which lies between 0 and 1"
    return draft, f"{name} from {low:g} to {high:g}{note}"


def with_options(draft: Draft, name: str, options: Sequence[Value], *, careful: bool = False) -> tuple[Draft, str]:
    """Return a draft in which a parameter takes one of some values, and what became of it in words.

    Args:
        draft: As it is.
        name: The parameter.
        options: The values. Where one alone is left, and it is the present one, the parameter is left alone.
        careful: Refuse numbers outside of the range that is there.

    Raises:
        InputError: The parameter is not known, or a value is not one that it can take.
    """
    present = draft.values.get(name)
    if len(options) == 1 and _is_same(options[0], present):
        return with_selection(draft, [name], "leave")[0], f"{name} stays {options[0]}"
    draft = _taken_up(draft, name)
    old = draft.space[name]
    if isinstance(old, Choice):
        fits = old.contains
    else:
        low, high = (old.low, old.high) if careful else (None, None)
        options = [_as_kind(option, old) for option in options]

        def fits(value: Value) -> bool:
            return _lies(value, low, high) and (isinstance(old, Float) or isinstance(value, int))

    if strange := [option for option in options if not fits(option)]:
        raise InputError(f"{name} is {describe(old)}, so {strange[0]!r} cannot be meant.")
    carried = ("when", "inactive", "ordered", "default")
    kept = {key: value for key, value in _table(draft, name).items() if key in carried}
    if not isinstance(old, Choice):
        options, kept = sorted(options), kept | {"ordered": True}
    if "default" in kept and not any(_is_same(kept["default"], option) for option in options):
        del kept["default"]
    draft = _put(draft, name, kept | {"type": "choice", "options": list(options)})
    told = f"{name} = {options[0]}" if len(options) == 1 else f"{name} one of {', '.join(map(str, options))}"
    if present is not None and not any(_is_same(present, option) for option in options):
        # A config file is trial 0 as it is; of flags, only what is in the space is known.
        first = present if draft.config is not None else draft.space[name].middle
        told += f"; the present value is {present}, and trial 0 takes {first}"
    return draft, told


def _as_kind(option: Value, parameter: Float | Int) -> Value:
    """Return a number as the parameter writes it: 32.0 is 32 where whole numbers are wanted."""
    whole = isinstance(parameter, Int) and isinstance(option, float) and option.is_integer()
    return int(option) if whole else option


def _is_same(value: Value, other: Value) -> bool:
    """Tell whether two values mean the same to a script: 1 and 1.0 do, 1 and true do not."""
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in (value, other)):
        return typed(value) == typed(other)
    return bool(value == other)


def _is_plausible(name: str, low: float, high: float, old: Float | Int) -> bool:
    """Tell whether a range has something in common with the one that is there, and is not of another size."""
    overlaps = low <= old.high and high >= old.low
    is_like = high - low <= _ENLARGED * max(old.high - old.low, 1e-12)
    return overlaps and is_like and (not is_share(name) or 0 <= low <= high <= 1)


def _lies(value: Value, low: float | None, high: float | None) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (low is None or low <= value) and (high is None or value <= high)


def _unknown(draft: Draft, name: str) -> InputError:
    known = [*draft.space, *draft.skipped]
    return InputError(f"there is no parameter '{name}'.{nearest(name, known)}")


def _table(draft: Draft, name: str) -> dict[str, Any]:
    return dict(SearchSpace(draft.space).to_tables()[0][name])


def _put(draft: Draft, name: str, table: Mapping[str, Any]) -> Draft:
    """Put a parameter's table in the place of what is there, checked as a study.toml is."""
    tables = SearchSpace(draft.space).to_tables()[0] | {name: table}
    tables, left = _reachable(tables, draft.values)
    remarks = {key: remark for key, remark in draft.remarks.items() if key != name}
    space = SearchSpace.from_tables(tables).parameters
    return replace(draft, space=space, remarks=remarks, skipped={**draft.skipped, **left})


def _without(draft: Draft, names: Iterable[str]) -> Draft:
    """Leave parameters alone, and what can never be active without them."""
    gone = [name for name in names if name in draft.space]
    tables = {name: table for name, table in _tables(draft.space).items() if name not in gone}
    tables, left = _reachable(tables, draft.values)
    if not tables:
        raise InputError("nothing would be left to tune.")
    space = SearchSpace.from_tables(tables).parameters
    return replace(draft, space=space, skipped={**draft.skipped, **dict.fromkeys(gone, ASKED), **left})


def _tables(space: Mapping[str, Parameter]) -> dict[str, Any]:
    return SearchSpace(space).to_tables()[0] if space else {}


def _reachable(
    tables: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]
) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
    """Resolve conditions on what is not tuned any more, or cannot take the value; return what has to go, too."""
    kept: dict[str, Mapping[str, Any]] = {}
    left: dict[str, str] = {}
    for name, table in tables.items():
        conditions = dict(table.get("when", {}))
        for parent, wanted in list(conditions.items()):
            if parent not in tables:
                if values.get(parent) == wanted:
                    del conditions[parent]
                else:
                    left[name] = f"it counts only where {parent} is {wanted}"
            elif tables[parent]["type"] == "choice" and wanted not in tables[parent]["options"]:
                if table.get("inactive") == "remove":
                    raise InputError(
                        f"{name} stands in your file, and only {wanted} takes it: without that as an option nothing "
                        "would take it out. Change your file first."
                    )
                left[name] = f"it counts only where {parent} is {wanted}"
        if name not in left:
            dropped = () if conditions else ("when", "inactive")
            entry = {key: value for key, value in table.items() if key not in dropped}
            kept[name] = entry | ({"when": conditions} if conditions else {})
    return kept, left


def _taken_up(draft: Draft, name: str) -> Draft:
    """Return a draft that tunes a parameter, also one that is usually left alone for its name."""
    if name in draft.space:
        return draft
    if name not in draft.skipped:
        raise _unknown(draft, name)
    reason = draft.skipped[name]
    guess = guess_around(draft.values.get(name))
    if reason != reason_to_leave(name) or is_never_tuned(name) or guess.parameter is None:
        raise InputError(f"{name} is left alone: {reason}.")
    skipped = {key: value for key, value in draft.skipped.items() if key != name}
    return replace(draft, space={**draft.space, name: guess.parameter}, skipped=skipped)
