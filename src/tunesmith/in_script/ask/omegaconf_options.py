"""The values of a config of OmegaConf as options `a.b=value`."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from .values import kind_of, option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_NODES = {
    "IntegerNode": "int", "FloatNode": "float", "BooleanNode": "bool", "StringNode": "str", "PathNode": "path",
}  # fmt: skip


def options_of(config: Any, defaults: Any, given: Mapping[str, str], leave_out: Sequence[str] = ()) -> Iterator[Any]:
    """Yield the options of a config.

    Args:
        config: The config as the command line makes it.
        defaults: The config without the values of the command line.
        given: The keys that the command line gives, and how it spells each: `+a.b` for one that the config lacks.
        leave_out: Tables at the top that are not the script's.
    """
    before = {name: (value, missing) for name, value, missing, _ in _leaves(defaults, ())}
    for name, value, missing, kind in _leaves(config, ()):
        if name.partition(".")[0] in leave_out:
            continue
        default, required = before.get(name, (value, missing))
        if kind in ("int", "other") and name in given and default is not None:
            kind = "float" if isinstance(default, float) else kind_of(value)
        spelling = given.get(name, name)
        choices = [member.name for member in type(value)] if isinstance(value, enum.Enum) else None
        yield option(
            [spelling],
            name=name,
            form="name=value",
            kind=kind,
            default=default,
            value=value,
            given=name in given,
            choices=choices,
            required=required,
            switch=(f"{spelling}=true", f"{spelling}=false") if kind == "bool" else None,
        )


def _leaves(config: Any, before: Sequence[str]) -> Iterator[tuple[str, Any, bool, str]]:
    """Yield the dotted names of the values with the value, whether it is missing, and its kind.

    A value that follows another, as `${model.width}`, is left out.
    """
    for key in config:
        node, route = config._get_node(key), (*before, str(key))
        if node is None or node._is_interpolation():
            continue
        if node._is_missing():
            yield ".".join(route), None, True, _NODES.get(type(node).__name__, "other")
        elif type(node).__name__ == "DictConfig" and not node._is_none():
            yield from _leaves(node, route)
        elif type(node).__name__ == "ListConfig":
            yield ".".join(route), _list(node), False, "list"
        else:
            value = node._value()
            yield ".".join(route), value, False, _NODES.get(type(node).__name__, kind_of(value))


def _list(node: Any) -> Any:
    from omegaconf import OmegaConf

    return OmegaConf.to_container(node, resolve=False)
