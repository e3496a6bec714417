"""Edits of a draft's search space: which parameters are tuned, their ranges, and their options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..core.parameters import Choice, Float, Int, Parameter, describe
from ..core.space import SearchSpace
from ..core.values import Value, exact
from ..errors import InputError, nearest
from .clauses import holds, in_words, possible
from .draft import Draft
from .intents import Action
from .name_words import is_never_tuned, reason_to_leave
from .ranges import guess_around, is_share

_MAX_GROWTH = 100  # The width of a careful range, as a multiple of the drafted one's.
_LOG_RATIO = 30  # From this ratio of the bounds on, a range that was not drafted is searched on a logarithmic scale.


def with_selection(draft: Draft, names: Sequence[str], action: Action) -> tuple[Draft, str]:
    """Return a draft that tunes only these parameters, these also, or leaves them alone, and the effect in words.

    Raises:
        InputError: A parameter is unknown, or nothing would be left to tune.
    """
    for name in names:
        _check_known(draft, name)
    if action == "leave":
        return _without(draft, names), f"left alone: {', '.join(names)}"
    kept = {*names, *(draft.space if "space" in draft.quotes else ())}
    for name in names:
        draft = _tuned(draft, name)
    if action == "also":
        return draft, f"tuned as well: {', '.join(names)}"
    pinned = {key for key, parameter in draft.space.items() if isinstance(parameter, Choice) and parameter.size == 1}
    draft = _without(draft, [name for name in draft.space if name not in kept | pinned])
    return draft, f"tuned: {', '.join(name for name in draft.space if name not in pinned)}, and nothing else"


def with_range(
    draft: Draft, name: str, low: float | None, high: float | None, *, careful: bool = False
) -> tuple[Draft, str]:
    """Return a draft that searches a parameter between bounds, and the effect in words.

    Args:
        draft: The draft.
        name: The parameter; one that is left alone because of its name is tuned from now on.
        low: The lower bound; None keeps the present one.
        high: The upper bound; None keeps the present one. Bounds in the wrong order are swapped.
        careful: Refuse a range that does not overlap with the present one, or is far wider.

    Raises:
        InputError: The parameter is unknown or not a number, or the range is impossible.
    """
    note = ""
    if low is not None and high is not None and low > high:
        low, high, note = high, low, " (swapped, since the first was larger)"
    is_new = name not in draft.space
    draft = _tuned(draft, name)
    old = draft.space[name]
    if isinstance(old, Choice):
        options = [option for option in old.options if _is_within(option, low, high)]
        if not options:
            raise InputError(f"{name} is {describe(old)}, and none of these is in that range.")
        draft, effect = with_options(draft, name, options, careful=careful)
        return draft, effect + note
    low, high = old.low if low is None else low, old.high if high is None else high
    if careful and not _is_plausible(name, low, high, old):
        raise InputError(f"{name} from {low:g} to {high:g} is not plausible; it stays {describe(old)}.")
    log = low > 0 and (old.log or (is_new and high / low >= _LOG_RATIO))
    if isinstance(old, Int) and float(low).is_integer() and float(high).is_integer():
        changed: Parameter = replace(old, low=int(low), high=int(high), log=log)
    else:
        changed = Float(low, high, log=log, default=old.default, when=old.when, inactive=old.inactive)
        note += "; it was a whole number: check that the script accepts others" if isinstance(old, Int) else ""
    draft = _with(draft, name, changed)
    present = draft.values.get(name)
    if isinstance(present, int | float) and not low <= present <= high:
        note += f"; the present value, {present:g}, is outside"
    if is_share(name) and not 0 <= low <= high <= 1:
        note += "; its name suggests a share, between 0 and 1"
    return draft, f"{name} from {low:g} to {high:g}{note}"


def with_options(draft: Draft, name: str, options: Sequence[Value], *, careful: bool = False) -> tuple[Draft, str]:
    """Return a draft that chooses a parameter among values, and the effect in words.

    Args:
        draft: The draft.
        name: The parameter.
        options: The values. A single one, if it is the present value, leaves the parameter alone.
        careful: Refuse numbers outside of the present range.

    Raises:
        InputError: The parameter is unknown, or cannot take a value.
    """
    present = draft.values.get(name)
    if len(options) == 1 and _is_same(options[0], present):
        return with_selection(draft, [name], "leave")[0], f"{name} stays {options[0]}"
    draft = _tuned(draft, name)
    old = draft.space[name]
    if isinstance(old, Int):  # 32.0 means 32.
        options = [int(option) if isinstance(option, float) and option.is_integer() else option for option in options]
    for option in options:
        if not _fits(option, old, careful):
            raise InputError(f"{name} is {describe(old)}, and cannot be {option!r}.")
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
    effect = f"{name} = {options[0]}" if len(options) == 1 else f"{name} one of {', '.join(map(str, options))}"
    if present is not None and not any(_is_same(present, option) for option in options):
        # Trial 0 runs a config file unchanged; without one, it takes the middle of the space.
        first = present if draft.config is not None else draft.space[name].middle
        effect += f"; the present value is {present}, and trial 0 takes {first}"
    return draft, effect


def _fits(option: Value, old: Parameter, careful: bool) -> bool:
    if isinstance(old, Choice):
        return old.contains(option)
    low, high = (old.low, old.high) if careful else (None, None)
    return _is_within(option, low, high) and (isinstance(old, Float) or isinstance(option, int))


def _is_same(value: Value, other: Value) -> bool:
    """Tell whether two values are the same to a script: 1 and 1.0 are, 1 and true are not."""
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in (value, other)):
        return exact(value) == exact(other)
    return bool(value == other)


def _is_plausible(name: str, low: float, high: float, old: Float | Int) -> bool:
    """Tell whether a range overlaps with the present one, and is not far wider."""
    overlaps = low <= old.high and high >= old.low
    is_similar = high - low <= _MAX_GROWTH * max(old.high - old.low, 1e-12)
    return overlaps and is_similar and (not is_share(name) or 0 <= low <= high <= 1)


def _is_within(value: Value, low: float | None, high: float | None) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (low is None or low <= value) and (high is None or value <= high)


def _check_known(draft: Draft, name: str) -> None:
    known = [*draft.space, *draft.skipped]
    if name not in known:
        raise InputError(f"there is no parameter '{name}'.{nearest(name, known)}")


def _tuned(draft: Draft, name: str) -> Draft:
    """Return a draft that tunes a parameter, even one that is usually left alone because of its name."""
    _check_known(draft, name)
    if name in draft.space:
        return draft
    reason = draft.skipped[name]
    parameter = draft.spare.get(name)
    if parameter is None and reason == reason_to_leave(name):
        parameter = guess_around(draft.values.get(name)).parameter
    if parameter is None or is_never_tuned(name):
        raise InputError(f"{name} is left alone: {reason}.")
    skipped = {key: value for key, value in draft.skipped.items() if key != name}
    spare = {key: value for key, value in draft.spare.items() if key != name}
    added = replace(draft, space={**draft.space, name: parameter}, skipped=skipped, spare=spare)
    is_reached = "{args}" in draft.command or name not in draft.options
    # Of an option that is given twice, the last one counts.
    return added if is_reached else replace(added, command=f"{draft.command} {{args}}")


def _with(draft: Draft, name: str, parameter: Parameter) -> Draft:
    remarks = {key: remark for key, remark in draft.remarks.items() if key != name}
    return _reachable(replace(draft, remarks=remarks), {**draft.space, name: parameter})


def _without(draft: Draft, names: Sequence[str]) -> Draft:
    """Leave parameters alone, and those that can never be active without them."""
    skipped = dict(draft.skipped) | {name: "excluded by your request" for name in draft.space if name in names}
    kept = {name: parameter for name, parameter in draft.space.items() if name not in names}
    return _reachable(replace(draft, skipped=skipped), kept)


def _reachable(draft: Draft, space: Mapping[str, Parameter]) -> Draft:
    """Return a draft with another space, without the conditions and the parameters that it makes impossible.

    Raises:
        InputError: Nothing is left to tune, or a parameter that can never be active would stay in the user's file.
    """
    kept: dict[str, Parameter] = {}
    skipped = dict(draft.skipped)
    for name, parameter in space.items():
        when = dict(parameter.when or {})
        for parent, clause in tuple(when.items()):
            if parent not in space:
                is_left = holds(clause, draft.values.get(parent))
                del when[parent]
            else:
                when[parent] = possible(clause, space[parent])
                is_left = when[parent] is not None
            if not is_left:
                if parent in space and parameter.inactive == "remove":
                    raise InputError(
                        f"{name} is in your file, and only {clause} accepts it: without that option nothing would "
                        "remove it. Change your file first."
                    )
                skipped[name] = in_words(parent, clause)
        if name not in skipped:
            kept[name] = replace(parameter, when=when or None, inactive=parameter.inactive if when else "keep")
    if not kept:
        raise InputError("nothing would be left to tune.")
    return replace(draft, space=SearchSpace(kept).parameters, skipped=skipped)
