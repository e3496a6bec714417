"""Parameters that the script reads only in a branch of its own, as `gamma` where `sched == "step"`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from ..core.values import Value
from .conditions import with_condition
from .draft import Draft
from .name_words import KINDS
from .reading.branches import Branches, Chain, branches_of


def with_branches(draft: Draft, texts: Iterable[str]) -> Draft:
    """Return a draft in which a parameter that only some branches read is active only where one of them is taken.

    Args:
        draft: The draft.
        texts: The text of each file of the script.
    """
    branches = branches_of(texts)
    for name in draft.space:
        for chain, values in branches.conditions(name).items():
            parent = _parent(chain, draft, branches)
            if parent is None or not _is_tested(draft.values.get(parent), values):
                continue
            draft = with_condition(draft, name, parent, _uses(values), " or ".join(sorted(map(_plain, values))))
    return draft


def _uses(values: Collection[object]) -> Callable[[Value], bool]:
    known = {_plain(value) for value in values}
    return lambda value: _plain(value) in known


def _plain(value: object) -> str:
    return str(value).lower()


def _is_tested(present: Value, values: Collection[object]) -> bool:
    """Tell whether a test is about a value: a number in a test such as `if args.clip` may be any but 0."""
    return isinstance(present, bool) == all(isinstance(value, bool) for value in values)


def _parent(chain: Chain, draft: Draft, branches: Branches) -> str | None:
    """Return the parameter that a script compares, or None if that is not known for sure."""
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
