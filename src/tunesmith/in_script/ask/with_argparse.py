"""argparse, and the parsers that are built on it."""

from __future__ import annotations

import argparse
import functools
import linecache
import re
import sys
from typing import TYPE_CHECKING

from . import Once, answer, answer_later, calling_package, from_command_line, is_asked, note
from .argparse_options import options_of
from .more_parsers import is_another_to_come

if TYPE_CHECKING:
    from types import FrameType, ModuleType
    from typing import Any

_FINAL = ("parse_args", "parse_intermixed_args")
_NOT_FINAL = ("parse_known_args", "parse_known_intermixed_args")
_WITH_HOOKS_OF_THEIR_OWN = ("hydra", "fire", "jsonargparse", "absl")
_NOT_THE_SCRIPTS = ("torch", "accelerate", "deepspeed", "IPython", "pdb", "setuptools", "distutils", "wandb", "numba")
_BUILT_ON_IT = {
    "transformers": "HfArgumentParser",
    "simple_parsing": "simple-parsing",
    "configargparse": "configargparse",
    "tyro": "tyro",
    "pydantic_settings": "pydantic-settings",
}
_CONFIGS = ("yacs.config", "omegaconf")
_DEFAULTS_IN_HELP = ("tyro", "pydantic-settings")
"""Those that tell their parser of no defaults, except in the help."""
_FIXED = (
    "TO DO: let the script call parse_args() without words of its own: it reads a fixed list instead of the command "
    "line, so that options in the command would have no effect."
)
_NOTHING = re.compile(r"args\(\s*(args\s*=\s*)?(\[\s*\]|\(\s*\)|''|\"\"|''\.split|\"\"\.split)")


def hook(library: ModuleType) -> None:
    """Hook into all the methods of a parser that read arguments."""
    parser = library.ArgumentParser
    for name in (*_FINAL, *_NOT_FINAL):
        if hasattr(parser, name):
            setattr(parser, name, _asking(getattr(parser, name), name))
    parser._get_values = _recording(parser._get_values)
    parser.error = _complaining(parser.error)


class _Reading:
    """The values that a parser has read, by the identity of their action, and its complaint."""

    values: dict[int, Any] | None = None
    complaint = ""


def _complaining(original: Any) -> Any:
    @functools.wraps(original)
    def error(self: Any, message: str) -> Any:
        _Reading.complaint = message
        return original(self, message)

    return error


def _recording(original: Any) -> Any:
    @functools.wraps(original)
    def get_values(self: Any, action: Any, strings: Any) -> Any:
        value = original(self, action, strings)
        if _Reading.values is not None and (action.option_strings or strings):
            # The parser of a subcommand is called with its name and its words.
            _Reading.values[id(action)] = value
        return value

    return get_values


def _asking(original: Any, name: str) -> Any:
    @functools.wraps(original)
    def parse(self: Any, args: Any = None, namespace: Any = None, *more: Any, **keywords: Any) -> Any:
        frame = sys._getframe(1)
        package = calling_package(frame)
        if not is_asked():
            return original(self, args, namespace, *more, **keywords)
        others = package in _WITH_HOOKS_OF_THEIR_OWN or package in _NOT_THE_SCRIPTS
        fixed = not from_command_line(args) or (args is not None and _is_nothing(frame))
        if others or fixed:
            if not others:
                note(_FIXED)
                answer_later("argparse", [])
            with Once():  # The method calls others of the parser.
                return original(self, args, namespace, *more, **keywords)
        values: dict[int, Any] = {}
        with Once():
            _Reading.values = values
            try:
                result, complaint = _read(original, self, (args, namespace, *more), keywords)
            finally:
                _Reading.values = None
        parsed = result[0] if isinstance(result, tuple) else result
        framework = _framework(self, package)
        options = options_of(self, parsed, values, defaults_in_help=framework in _DEFAULTS_IN_HELP)
        if complaint is not None:
            note(f"With the words of the command as it is, the script says: {complaint}")
        elif (name in _NOT_FINAL and _is_first(self, frame, package)) or _has_words_for_a_config(self):
            answer_later(framework, options)
            return result
        answer(framework, options)
        return result

    return parse


def _read(original: Any, parser: Any, args: Any, keywords: Any) -> tuple[Any, str | None]:
    """Let a parser read the arguments; return the result, or its complaint that they are wrong."""
    _Reading.complaint = "that they are wrong."
    try:
        return original(parser, *args, **keywords), None
    except SystemExit:
        return None, _Reading.complaint
    except argparse.ArgumentError as error:
        return None, str(error)


def _framework(parser: Any, package: str) -> str:
    packages = [package, *(kind.__module__.partition(".")[0] for kind in type(parser).__mro__)]
    return next((_BUILT_ON_IT[name] for name in packages if name in _BUILT_ON_IT), "argparse")


def _is_first(parser: Any, frame: FrameType, package: str) -> bool:
    """Tell whether another parser is to be expected after this one."""
    if package in _BUILT_ON_IT:
        return not parser.add_help  # The libraries' own first parsers are made so.
    return is_another_to_come(frame)


def _has_words_for_a_config(parser: Any) -> bool:
    """Tell whether a parser leaves words to a config of yacs or OmegaConf."""
    return any(name in sys.modules for name in _CONFIGS) and any(
        action.nargs == "..." or (action.nargs == "*" and not action.option_strings) for action in parser._actions
    )


def _is_nothing(frame: FrameType) -> bool:
    """Tell whether the call gives a list that is written out and empty, as `parse_args([])` in a notebook."""
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    return _NOTHING.search(line) is not None
