"""The condition under which a parameter is used: a value of another, which is tuned as well or fixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..core.parameters import Choice, Int
from ..core.values import Value
from .choosing import with_spare
from .draft import Draft

_MOST_VALUES = 10_000


def with_condition(draft: Draft, name: str, parent: str, uses: Callable[[Value], bool], values: str) -> Draft:
    """Return a draft in which a parameter is active only where the script uses it.

    Where the other parameter is tuned, the first one gets a condition. Where it is fixed at a value with which the
    script does not use the first one, that one is not tuned.

    Args:
        draft: The draft.
        name: The parameter.
        parent: The other parameter.
        uses: Tells whether the script uses the first one, by a value of the other.
        values: The values with which the script uses it, in words.
    """
    parameter, other = draft.space.get(name), draft.space.get(parent)
    if parameter is None or name == parent or parent in (parameter.when or {}) or name in _parents(draft, parent):
        return draft
    if isinstance(other, Int) and other.high - other.low < _MOST_VALUES:
        used_numbers = [value for value in range(other.low, other.high + 1) if uses(value)]
        return _with_least(draft, name, parent, other, used_numbers, values)
    if isinstance(other, Choice):
        options = list(other.options)
        used = [option for option in options if uses(option)]
    elif other is None and parent in draft.values:
        options = [draft.values[parent]]
        used = [option for option in options if uses(option)]
    else:
        return draft
    if not used:
        return with_spare(draft, {name: f"it is used only where {parent} is {values}"})
    if len(used) == len(options):
        return draft
    clause = used[0] if len(used) == 1 else used
    changed = replace(parameter, when={**(parameter.when or {}), parent: clause})
    return replace(draft, space={**draft.space, name: changed})


def _with_least(draft: Draft, name: str, parent: str, other: Int, used: Sequence[int], values: str) -> Draft:
    """Return a draft in which a parameter is active from the least used value of a number on."""
    if not used:
        return with_spare(draft, {name: f"it is used only where {parent} is {values}"})
    if used[0] == other.low or list(used) != list(range(used[0], other.high + 1)):
        return draft
    parameter = draft.space[name]
    changed = replace(parameter, when={**(parameter.when or {}), parent: {"low": used[0]}})
    return replace(draft, space={**draft.space, name: changed})


def _parents(draft: Draft, name: str) -> set[str]:
    """Return the parameters on whose values it depends whether one is active, directly or not."""
    found, waiting = set[str](), [name]
    while waiting:
        parameter = draft.space.get(waiting.pop())
        new = {*((parameter and parameter.when) or {})} - found
        found |= new
        waiting += new
    return found
