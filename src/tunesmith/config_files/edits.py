"""The edits of a config file, resolved against its values, and the check that exactly those were made."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.values import number_in
from ..errors import InputError, nearest
from .names import NOT_PLAIN, Route, joined, leaves, route_of, value_at

_ABSENT = object()


class Malformed(Exception):
    """A file does not follow its format.

    Args:
        reason: What is wrong, in a few words.
        line: Its line, counted from 1; None where it is not known.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True)
class Edits:
    """Edits by route.

    Args:
        changed: New values of existing keys.
        inserted: Values of new keys.
        removed: Keys to remove.
    """

    changed: Mapping[Route, Any]
    inserted: Mapping[Route, Any]
    removed: Sequence[Route]

    @classmethod
    def resolve(
        cls,
        values: Mapping[Any, Any],
        changes: Mapping[str, Any],
        remove: Sequence[str],
        insert: Collection[str],
    ) -> Edits:
        """Find the route of every dotted name.

        Args:
            values: The file's values, with `NOT_PLAIN` for those that are not known.
            changes: New values by dotted name.
            remove: Dotted names to remove; missing ones are ignored.
            insert: Names in `changes` that may be new.

        Raises:
            InputError: A name neither exists nor may be new, lies inside another one, or is a list's element to remove.
        """
        changed: dict[Route, Any] = {}
        inserted: dict[Route, Any] = {}
        for dotted, value in changes.items():
            route = route_of(values, dotted)
            if route is not None:
                changed[route] = _as_before(value_at(values, route), _plain(dotted, value))
            else:
                inserted[_new_route(values, dotted, may_be_new=dotted in insert)] = _plain(dotted, value)
        removed = [route for dotted in remove if (route := route_of(values, dotted)) is not None]
        _check_apart([*changed, *inserted, *removed], len(changes) + len(removed))
        for route in removed:
            if not isinstance(value_at(values, route[:-1]), Mapping):
                raise InputError(
                    f"only a key of a table can be removed, but '{joined(route)}' is none. Change its value instead.",
                    keys=(joined(route),),
                )
        return cls(changed, inserted, removed)

    @property
    def values(self) -> dict[Route, Any]:
        """All new values, of existing and of new keys."""
        return {**self.changed, **self.inserted}

    def applied(self, values: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return a copy of a file's values with the edits made."""
        edited: dict[Any, Any] = copy.deepcopy(dict(values))
        for route, value in self.values.items():
            value_at(edited, route[:-1])[route[-1]] = value
        for route in self.removed:
            del value_at(edited, route[:-1])[route[-1]]
        return edited


def check(edits: Edits, before: Mapping[Any, Any], after: Mapping[Any, Any], *, has_anchors: bool) -> None:
    """Check that the edits were made, and no others.

    Args:
        edits: The edits.
        before: The values of the source, `NOT_PLAIN` included.
        after: The values of the copy, likewise.
        has_anchors: Parts of the file share values (YAML's anchors), so that others may have changed with them.

    Raises:
        InputError: Other values differ; the message names their keys.
    """
    expected = edits.applied(before)
    if _same(expected, after):
        return
    wanted, got = dict(leaves(expected)), dict(leaves(after))
    different = [r for r in {**wanted, **got} if not _same(wanted.get(r, _ABSENT), got.get(r, _ABSENT))]
    if has_anchors and not any(route[: len(key)] == key for route in different for key in edits.values):
        return
    raise InputError(
        "an edit must change what was asked and nothing else, but here it would also change or miss "
        f"{', '.join(map(joined, different))}. Write these on lines of their own, each with its own value."
    )


def _new_route(values: Mapping[Any, Any], dotted: str, *, may_be_new: bool) -> Route:
    """Return the route of a new key, or raise the error that names the nearest key."""
    table, _, key = dotted.rpartition(".")
    parent = route_of(values, table) if table else ()
    if may_be_new and parent is not None and isinstance(value_at(values, parent), Mapping):
        return (*parent, key)
    known = [joined(route) for route, _ in leaves(values)]
    short = [joined(route[1:]) for route, _ in leaves(values) if len(route) > 1]
    hint = nearest(dotted, [*known, *short]) or (f" It has: {', '.join(known[:20])}." if known else "")
    raise InputError(f"a config key must exist, but there is no '{dotted}'.{hint}", keys=(dotted,))


def _check_apart(routes: Sequence[Route], count: int) -> None:
    if len(set(routes)) < count:
        raise InputError(f"each config value may be edited once, but got {', '.join(map(joined, routes))}.")
    for route in routes:
        for other in routes:
            if len(other) > len(route) and other[: len(route)] == route:
                raise InputError(
                    f"edits must not lie inside one another, but '{joined(other)}' lies inside '{joined(route)}'. "
                    "Leave one of them out.",
                    keys=(joined(other),),
                )


def _plain(dotted: str, value: Any) -> Any:
    """Return a value as plain Python, or raise an error where no config file could hold it."""
    if type(value).__module__ == "numpy":
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(dotted, part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(dotted, part) for key, part in value.items()}
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            value = kind(value)
            break
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and abs(value) < float("inf")):
        return value
    raise InputError(
        f"a config value must be a finite number, a string, true, false, nothing, a list or a table, "
        f"got {value!r} for '{dotted}'.",
        keys=(dotted,),
    )


def _as_before(old: Any, new: Any) -> Any:
    """Return a number as a text if the old value is a number in a text, as in the JSON of some services."""
    is_number = isinstance(new, int | float) and not isinstance(new, bool)
    return repr(new) if is_number and isinstance(old, str) and number_in(old) is not None else new


def _same(one: Any, other: Any) -> bool:
    """Tell whether values are equal and of the same types: 1, 1.0 and True differ; NaN equals itself."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if one is NOT_PLAIN or other is NOT_PLAIN:
        return one is other
    return type(one) is type(other) and repr(one) == repr(other)
