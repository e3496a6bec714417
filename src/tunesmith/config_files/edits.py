"""What an edit asks for, worked out against a file's values, and the check that exactly that was done."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import InputError, nearest
from .names import NOT_PLAIN, Route, joined, leaves, route_of, value_at
from .nodes import Node, spliced, with_entry, without_entry


@dataclass(frozen=True)
class Edits:
    """Changes by their place in the file.

    Args:
        changed: New values of what is there.
        inserted: Values of keys that are not there yet.
        removed: What goes.
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
        """Find the place of every dotted name.

        Args:
            values: What the file holds, the places of values that are not plain included.
            changes: New values by dotted name.
            remove: Dotted names of what goes; those that are not there are passed over.
            insert: Names in `changes` that may be new.

        Raises:
            InputError: A name that is neither there nor may be new, or one that lies inside another.
        """
        changed: dict[Route, Any] = {}
        inserted: dict[Route, Any] = {}
        for dotted, value in changes.items():
            route = route_of(values, dotted)
            if route is not None:
                changed[route] = _plain(dotted, value)
            else:
                inserted[_new_route(values, dotted, may_be_new=dotted in insert)] = _plain(dotted, value)
        removed = [route for dotted in remove if (route := route_of(values, dotted)) is not None]
        _check_apart([*changed, *inserted, *removed], len(changes) + len(removed))
        return cls(changed, inserted, removed)

    def applied(self, values: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return the values as they must be afterwards."""
        afterwards: dict[Any, Any] = copy.deepcopy(dict(values))
        for route, value in {**self.changed, **self.inserted}.items():
            value_at(afterwards, route[:-1])[route[-1]] = value
        for route in self.removed:
            del value_at(afterwards, route[:-1])[route[-1]]
        return afterwards


class TreeFormat(Protocol):
    """A format whose files are edited where the values stand: a module of this package."""

    EMPTY: str

    def parse(self, text: str) -> Node:
        """Return the text as a tree."""
        ...

    def literal(self, value: Any, old: Node | None, text: str) -> str:
        """Write a value."""
        ...

    def entry(self, table: Node, key: str, value: str, text: str) -> str:
        """Write a new entry of a table."""
        ...

    def escaped(self, text: str) -> str:
        """Write a literal in ASCII, where the file's encoding lacks a character."""
        ...


def edited(style: TreeFormat, text: str, edits: Edits, encoding: str) -> str:
    """Return the text with the edits made, everything else as it was, byte for byte.

    Raises:
        InputError: Something cannot be edited where it stands.
    """
    root = style.parse(text)

    def written(value: Any, old: Node | None = None) -> str:
        literal = style.literal(value, old, text)
        try:
            literal.encode(encoding)
        except UnicodeEncodeError:
            return style.escaped(literal)
        return literal

    inserted = dict(edits.inserted)
    pieces = []
    for route, value in edits.changed.items():
        node = root.at(route)
        if node.fixed == "merged":
            inserted[route] = value
            continue
        _check_editable(route, node)
        pieces.append((node.span, node.before + written(value, node)))
    text = spliced(text, pieces)
    for route, value in inserted.items():
        table = style.parse(text).at(route[:-1])
        if table.table is None or table.fixed or (table.table and not table.entries):
            raise InputError(
                f"a new key must go into a table that is written out, but '{joined(route[:-1])}' is none. "
                f"Add '{joined(route)}' to the file by hand.",
                keys=(joined(route),),
            )
        text = with_entry(text, table, style.entry(table, route[-1], written(value), text))
    for route in edits.removed:
        text = _without(style, text, route)
    return text


def check(edits: Edits, before: Mapping[Any, Any], after: Mapping[Any, Any], *, shares: bool) -> None:
    """Make sure that an edit did what was asked and nothing else.

    Args:
        edits: What was asked.
        before: The values, `NOT_PLAIN` included.
        after: The same, read back.
        shares: Parts of the file may share a value (YAML's anchors), so that others may change with it.

    Raises:
        InputError: It did something else; the message names the keys.
    """
    expected = edits.applied(before)
    if _same(expected, after):
        return
    wanted, found = dict(leaves(expected)), dict(leaves(after))
    odd = [route for route in {**wanted, **found} if not _same(wanted.get(route, edits), found.get(route, edits))]
    asked = {**edits.changed, **edits.inserted}
    if shares and not any(route[: len(key)] == key for route in odd for key in asked):
        return
    raise InputError(
        "an edit must change what was asked and nothing else, but here it would also change or miss "
        f"{', '.join(map(joined, odd))}. Write these on lines of their own, each with its own value."
    )


def _without(style: TreeFormat, text: str, route: Route) -> str:
    root = style.parse(text)
    while _has(root, route):
        table, node = root.at(route[:-1]), root.at(route)
        _check_editable(route, node)
        holder = next((holder for holder in (table, root) if node.whole in holder.entries), None)
        if holder is None:
            raise InputError(
                f"only an entry of a table can be removed, but '{joined(route)}' is none. Change its value instead.",
                keys=(joined(route),),
            )
        text = without_entry(text, holder, node.whole, style.EMPTY)
        root = style.parse(text)
    return text


def _has(root: Node, route: Route) -> bool:
    try:
        root.at(route)
    except LookupError:
        return False
    return True


def _check_editable(route: Route, node: Node) -> None:
    reason = "it is a class" if node.style == "body" else node.fixed
    if reason:
        raise InputError(
            f"a value must be editable where it stands, but '{joined(route)}' is not: {reason}. "
            "Write it as an assignment of its own.",
            keys=(joined(route),),
        )


def _new_route(values: Mapping[Any, Any], dotted: str, *, may_be_new: bool) -> Route:
    """Return where a new key goes, or raise the error that names the nearest key."""
    table, _, key = dotted.rpartition(".")
    parent = route_of(values, table) if table else ()
    if may_be_new and parent is not None and isinstance(value_at(values, parent), Mapping):
        return (*parent, key)
    known = [joined(route) for route, _ in leaves(values)]
    short = [joined(route[1:]) for route, _ in leaves(values) if len(route) > 1]
    hint = nearest(dotted, [*known, *short]) or (f" It has: {', '.join(known[:20])}." if known else "")
    raise InputError(f"a config key must exist, but there is no '{dotted}'.{hint}", keys=(dotted,))


def _check_apart(routes: Sequence[Route], asked: int) -> None:
    if len(set(routes)) < asked:
        raise InputError(f"each config value may be edited once, but {', '.join(map(joined, routes))} were given.")
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
        f"a config value must be a finite number, a string, true, false, nothing, a list or a table, but {value!r} "
        f"was given for '{dotted}'.",
        keys=(dotted,),
    )


def _same(one: Any, other: Any) -> bool:
    """Tell whether values are equal and of the same types: 1, 1.0 and True differ; NaN equals itself."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if one is NOT_PLAIN or other is NOT_PLAIN:
        return one is other
    return type(one) is type(other) and repr(one) == repr(other)
