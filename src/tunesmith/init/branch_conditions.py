"""Parameters that the script reads only in a branch of its own, as `gamma` where `sched == "step"`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from ..core.values import Value
from .conditions import with_condition
from .draft import Draft
from .name_words import KINDS
from .reading.branches import Branches, branches_of
from .reading.tests_of_branches import Above, Allowed, Chain


def with_branches(draft: Draft, texts: Iterable[str]) -> Draft:
    """Return a draft in which a parameter that only some branches read is active only where one of them is taken.

    Args:
        draft: The draft.
        texts: The text of each file of the script.
    """
    branches = branches_of(texts)
    for name in draft.space:
        for chain, allowed in branches.conditions(name).items():
            parent = _parent(name, chain, draft, branches)
            if parent is not None and _is_tested(draft.values.get(parent), allowed):
                draft = with_condition(draft, name, parent, _uses(allowed), _in_words(allowed))
    return draft


def _uses(allowed: Allowed) -> Callable[[Value], bool]:
    known = {_plain(value) for value in allowed.values}
    above = min((value.number for value in allowed.values if isinstance(value, Above)), default=math.inf)

    def uses(value: Value) -> bool:
        is_above = isinstance(value, int | float) and value > above
        return (is_above or _plain(value) in known) != allowed.others

    return uses


def _in_words(allowed: Allowed) -> str:
    values = " or ".join(sorted(map(_plain, allowed.values)))
    return f"not {values}" if allowed.others else values


def _plain(value: object) -> str:
    return str(value).lower()


def _is_tested(present: Value, allowed: Allowed) -> bool:
    """Tell whether a test is about a value: a number in a test such as `if args.clip` may be any but 0."""
    return isinstance(present, bool) == all(isinstance(value, bool) for value in allowed.values)


def _parent(name: str, chain: Chain, draft: Draft, branches: Branches) -> str | None:
    """Return the parameter that a script compares where it reads another, or None if that is not known for sure."""
    table, dot, last = name.rpartition(".")
    beside = f"{table}{dot}{chain[-1]}"
    if chain[-1] in KINDS and beside in draft.values and chain[:-1] in branches.owners.get(last.replace("-", "_"), ()):
        return beside
    parts = {name: tuple(name.replace("-", "_").split(".")) for name in draft.values}
    whole = [name for name, own in parts.items() if chain[-len(own) :] == own and name not in KINDS]
    if not whole:
        whole = [name for name, own in parts.items() if own[-1] == chain[-1] and chain[-1] not in KINDS]
        if len(whole) > 1:
            return None
    found = max(whole, key=len, default=None)
    if found is None or len(chain) > 1:
        return found
    # A variable of any function may have the name.
    known = {_plain(value) for value in branches.compared.get(chain, set())}
    return found if _plain(draft.values[found]) in known else None
