"""Which parameters of a draft are tuned, and between which bounds, where somebody says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..core.parameters import Choice, Float, Int, Parameter, describe, exact
from ..core.space import SearchSpace
from ..core.trial import Value
from ..errors import InputError, nearest
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
        _check_known(draft, name)
    listed = ", ".join(names)
    if action == "leave":
        return _without(draft, names), f"left alone: {listed}"
    kept = {*names, *(draft.space if "space" in draft.words else ())}
    for name in names:
        draft = _taken_up(draft, name)
    if action == "also":
        return draft, f"tuned beside the others: {listed}"
    pinned = {key for key, parameter in draft.space.items() if isinstance(parameter, Choice) and parameter.size == 1}
    draft = _without(draft, [name for name in draft.space if name not in kept | pinned])
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
        draft, told = with_options(draft, name, options, careful=careful)
        return draft, told + note
    low, high = old.low if low is None else low, old.high if high is None else high
    if careful and not _is_plausible(name, low, high, old):
        raise InputError(f"{name} from {low:g} to {high:g} is not plausible; it stays {describe(old)}.")
    log = low > 0 and (old.log or (fresh and high / low >= _WIDE))
    if isinstance(old, Int) and float(low).is_integer() and float(high).is_integer():
        changed: Parameter = replace(old, low=int(low), high=int(high), log=log)
    else:
        changed = Float(low, high, log=log, default=old.default, when=old.when, inactive=old.inactive)
        note += "; now a whole number: check that the script takes others" if isinstance(old, Int) else ""
    draft = _with(draft, name, changed)
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
    if isinstance(old, Int):  # 32.0 is 32 there.
        options = [int(option) if isinstance(option, float) and option.is_integer() else option for option in options]
    for option in options:
        if not _fits(option, old, careful):
            raise InputError(f"{name} is {describe(old)}, so {option!r} cannot be meant.")
    if not isinstance(old, Choice):
        options = sorted(options)
    changed = Choice(
        options,
        ordered=old.ordered if isinstance(old, Choice) else True,
        default=next((option for option in options if _is_same(old.default, option)), None),
        when=old.when,
        inactive=old.inactive,
    )
    draft = _with(draft, name, changed)
    told = f"{name} = {options[0]}" if len(options) == 1 else f"{name} one of {', '.join(map(str, options))}"
    if present is not None and not any(_is_same(present, option) for option in options):
        # A config file is trial 0 as it is; of flags, only what is in the space is known.
        first = present if draft.config is not None else draft.space[name].middle
        told += f"; the present value is {present}, and trial 0 takes {first}"
    return draft, told


def _fits(option: Value, old: Parameter, careful: bool) -> bool:
    if isinstance(old, Choice):
        return old.contains(option)
    low, high = (old.low, old.high) if careful else (None, None)
    return _lies(option, low, high) and (isinstance(old, Float) or isinstance(option, int))


def _is_same(value: Value, other: Value) -> bool:
    """Tell whether two values mean the same to a script: 1 and 1.0 do, 1 and true do not."""
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in (value, other)):
        return exact(value) == exact(other)
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


def _check_known(draft: Draft, name: str) -> None:
    known = [*draft.space, *draft.skipped]
    if name not in known:
        raise InputError(f"there is no parameter '{name}'.{nearest(name, known)}")


def _taken_up(draft: Draft, name: str) -> Draft:
    """Return a draft that tunes a parameter, also one that is usually left alone for its name."""
    _check_known(draft, name)
    if name in draft.space:
        return draft
    reason = draft.skipped[name]
    guess = guess_around(draft.values.get(name))
    if reason != reason_to_leave(name) or is_never_tuned(name) or guess.parameter is None:
        raise InputError(f"{name} is left alone: {reason}.")
    skipped = {key: value for key, value in draft.skipped.items() if key != name}
    return replace(draft, space={**draft.space, name: guess.parameter}, skipped=skipped)


def _with(draft: Draft, name: str, parameter: Parameter) -> Draft:
    """Put a parameter in the place of what is there."""
    remarks = {key: remark for key, remark in draft.remarks.items() if key != name}
    return _reachable(replace(draft, remarks=remarks), {**draft.space, name: parameter})


def _without(draft: Draft, names: Sequence[str]) -> Draft:
    """Leave parameters alone, and what can never be active without them."""
    skipped = dict(draft.skipped) | {name: ASKED for name in draft.space if name in names}
    kept = {name: parameter for name, parameter in draft.space.items() if name not in names}
    return _reachable(replace(draft, skipped=skipped), kept)


def _reachable(draft: Draft, space: Mapping[str, Parameter]) -> Draft:
    """Return a draft with another space, without conditions on what is not tuned any more or cannot take the value.

    Raises:
        InputError: Nothing is left to tune, or a parameter that can never be active would stay in the user's file.
    """
    kept: dict[str, Parameter] = {}
    skipped = dict(draft.skipped)
    for name, parameter in space.items():
        when = dict(parameter.when or {})
        for parent, wanted in tuple(when.items()):
            if parent not in space and draft.values.get(parent) == wanted:
                del when[parent]
            elif parent not in space or not space[parent].contains(wanted):
                if parent in space and parameter.inactive == "remove":
                    raise InputError(
                        f"{name} stands in your file, and only {wanted} takes it: without that as an option nothing "
                        "would take it out. Change your file first."
                    )
                skipped[name] = f"it counts only where {parent} is {wanted}"
        if name not in skipped:
            kept[name] = replace(parameter, when=when or None, inactive=parameter.inactive if when else "keep")
    if not kept:
        raise InputError("nothing would be left to tune.")
    return replace(draft, space=SearchSpace(kept).parameters, skipped=skipped)
