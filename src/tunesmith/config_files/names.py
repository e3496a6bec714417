"""Dotted names of the values in a config file, and their routes through its tables and lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..errors import InputError

Route = tuple[Any, ...]
"""The keys and list indices from the top of a file to one value."""


class _NotPlain:
    """The type of `NOT_PLAIN`."""

    def __repr__(self) -> str:
        return "NOT_PLAIN"

    def __deepcopy__(self, memo: object) -> _NotPlain:
        return self


NOT_PLAIN: Final = _NotPlain()
"""Stands for a value that is not known without running the file, as `os.environ["LR"]`."""


def route_of(values: Mapping[Any, Any], dotted: str) -> Route | None:
    """Return the route to a value, or None where there is none.

    The longest matching key is tried first, so that a key which itself contains dots is found. The name may leave out
    a table at the top that is the only one to have the rest: `model.width` finds `CONFIG.model.width`.

    Args:
        values: Nested tables and lists.
        dotted: As `model.layers.0`.

    Raises:
        InputError: The name leaves out the table at the top, and several have the rest.

    >>> route_of({"CONFIG": {"model": {"width": 64}}}, "model.width")
    ('CONFIG', 'model', 'width')
    """
    direct = _walk(values, dotted)
    if direct is not None:
        return direct
    routes = [
        (key, *inner)
        for key, table in values.items()
        if isinstance(table, Mapping) and (inner := _walk(table, dotted)) is not None
    ]
    if len(routes) > 1:
        raise InputError(
            f"the name of a config value must be unambiguous, but '{dotted}' could be "
            f"{' or '.join(map(joined, routes))}. Write one of these.",
            keys=(dotted,),
        )
    return routes[0] if routes else None


def value_at(values: Any, route: Route) -> Any:
    """Return the value at the end of a route that exists."""
    for key in route:
        values = values[key]
    return values


def leaves(values: Any, before: Route = ()) -> Iterator[tuple[Route, Any]]:
    """Yield every value with its route: neither tables nor lists, except empty ones."""
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from leaves(value, (*before, key))
    elif isinstance(values, list) and values:
        for index, value in enumerate(values):
            yield from leaves(value, (*before, index))
    elif before:
        yield before, values


def joined(route: Route) -> str:
    """Return a route as a dotted name."""
    return ".".join(map(str, route))


def without_not_plain(values: Any) -> Any:
    """Return a copy of the tables without the values that are not plain.

    A list with such an element is left out as a whole: without the element, the others would move.
    """
    if isinstance(values, Mapping):
        kept = {key: without_not_plain(value) for key, value in values.items()}
        return {key: value for key, value in kept.items() if value is not NOT_PLAIN}
    if isinstance(values, list):
        elements = [without_not_plain(value) for value in values]
        return NOT_PLAIN if any(element is NOT_PLAIN for element in elements) else elements
    return values


def _walk(values: Any, dotted: str) -> Route | None:
    if isinstance(values, Mapping):
        matching = [key for key in values if dotted == str(key) or dotted.startswith(f"{key}.")]
        for key in sorted(matching, key=lambda key: len(str(key)), reverse=True):
            if dotted == str(key):
                return (key,)
            rest = _walk(values[key], dotted[len(str(key)) + 1 :])
            if rest is not None:
                return (key, *rest)
    elif isinstance(values, list):
        head, _, tail = dotted.partition(".")
        if head.isdecimal() and int(head) < len(values):
            if not tail:
                return (int(head),)
            rest = _walk(values[int(head)], tail)
            if rest is not None:
                return (int(head), *rest)
    return None
