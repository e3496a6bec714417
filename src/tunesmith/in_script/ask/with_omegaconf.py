"""OmegaConf: a command line of `a.b=value` that is merged into a config."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

from . import Once, answer, answer_later, forget, from_command_line, is_asked
from .omegaconf_options import options_of

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_FRAMEWORK = "omegaconf"
_from_words: list[Any] = []
"""The configs that were made of the words of the command line."""


def hook(library: ModuleType) -> None:
    """Hook into the functions that read the command line, and into those that merge it into a config."""
    omegaconf = library.OmegaConf
    original, merge = omegaconf.from_dotlist, omegaconf.merge

    @functools.wraps(original)
    def from_dotlist(dotlist: Any) -> Any:
        config = original(dotlist)
        # Also called by `from_cli`.
        if is_asked() and from_command_line(dotlist) and not _is_hydras():
            _from_words.append(config)
            if dotlist:
                forget(list(dotlist))
            answer_later(_FRAMEWORK, list(options_of(config, config, _keys(config))))
        return config

    @functools.wraps(merge)
    def merging(*configs: Any) -> Any:
        config = merge(*configs)
        words = [part for part in configs if _is_from_words(part)]
        if words and len(configs) > len(words) and is_asked():
            with Once():
                others = [part for part in configs if not _is_from_words(part)]
                defaults = merge(*others) if len(others) > 1 else merge({}, *others)
                options = list(options_of(config, defaults, _keys(words[0])))
            answer(_FRAMEWORK, options)
        return config

    omegaconf.from_dotlist = staticmethod(from_dotlist)
    omegaconf.merge = staticmethod(merging)
    for name in ("merge_with_cli", "merge_with", "merge_with_dotlist"):
        _hook_method(library.BaseContainer if hasattr(library, "BaseContainer") else library.Container, name, omegaconf)


def _hook_method(container: Any, name: str, omegaconf: Any) -> None:
    original = getattr(container, name, None)
    if original is None:
        return

    @functools.wraps(original)
    def method(self: Any, *more: Any) -> Any:
        if not is_asked() or _is_hydras():
            return original(self, *more)
        dotlist = more[0] if name == "merge_with_dotlist" and more else None
        reads = name == "merge_with_cli" or (dotlist is not None and len(self) and from_command_line(dotlist))
        merges = name == "merge_with" and any(map(_is_from_words, more))
        if not reads and not merges:
            return original(self, *more)
        with Once():
            before = omegaconf.create(omegaconf.to_container(self, resolve=False))
            result = original(self, *more)
            given = (
                _keys(next(part for part in more if any(part is own for own in _from_words))) if merges else _words()
            )
            options = list(options_of(self, before, given))
        answer(_FRAMEWORK, options)
        return result

    setattr(container, name, method)


def _is_from_words(config: Any) -> bool:
    return any(config is own for own in _from_words)


def _is_hydras() -> bool:
    """Tell whether Hydra composes a config at the moment, which merges configs of its own."""
    frame = sys._getframe(2)
    return str(frame.f_globals.get("__name__", "")).startswith("hydra.")


def _keys(config: Any, before: str = "") -> dict[str, str]:
    """Return the dotted names of a config's values, each with itself as its spelling."""
    names: dict[str, str] = {}
    for key in config:
        node = config._get_node(key)
        name = f"{before}{key}"
        names.update(_keys(node, f"{name}.") if type(node).__name__ == "DictConfig" else {name: name})
    return names


def _words() -> dict[str, str]:
    names = [word.partition("=")[0] for word in sys.argv[1:]]
    return {name: name for name in names}
