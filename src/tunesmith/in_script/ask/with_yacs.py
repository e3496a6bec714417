"""yacs: a config whose values the last words of the command line replace, as in `train.py SOLVER.LR 0.1`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from . import Once, answer, forget, from_command_line, is_asked
from .values import kind_of, option

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType
    from typing import Any


def hook(library: ModuleType) -> None:
    """Hook into the methods that take words, and that declare the config complete."""
    config = library.CfgNode
    merge, freeze = config.merge_from_list, config.freeze

    @functools.wraps(merge)
    def merge_from_list(self: Any, words: Any) -> Any:
        if not is_asked() or not words or not from_command_line(words):
            return merge(self, words)
        with Once():
            defaults = dict(_leaves(self))
            result = merge(self, words)
            forget(list(words))
            options = list(_options(self, defaults, words[::2]))
        answer("yacs", options)
        return result

    @functools.wraps(freeze)
    def freezing(self: Any) -> Any:
        if is_asked():
            answer("yacs", list(_options(self, dict(_leaves(self)), ())))
        return freeze(self)

    config.merge_from_list = merge_from_list
    config.freeze = freezing


def _options(config: Any, defaults: dict[str, Any], given: Sequence[str]) -> Iterator[dict[str, Any]]:
    for name, value in _leaves(config):
        default = defaults.get(name, value)
        yield option([name], name=name, kind=kind_of(default), default=default, value=value, given=name in given)


def _leaves(config: Any, before: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        route = (*before, str(key))
        if hasattr(value, "items"):
            yield from _leaves(value, route)
        else:
            yield ".".join(route), value
