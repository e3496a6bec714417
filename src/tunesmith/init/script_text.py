"""The words of a script and the files beside it, which tell which alternatives it has."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

from .metrics import strings_in
from .name_words import option_words
from .smoothing import smoothed_with

_MOST_FILES = 50
_MOST_BYTES = 1 << 20
_LOOKS_UP = re.compile(
    r"\bgetattr\(|\bimport_module\(|\bACT2FN\b|\binstantiate\(|\bglobals\(\)|\beval\(|\bcreate_optimizer"
)

_BOOSTING = re.compile(r"\b(?:xgboost|lightgbm|catboost|\w*GradientBoosting(?:Regressor|Classifier))\b")


@dataclass(frozen=True)
class ScriptText:
    """The Python text of a script and the files beside it.

    Args:
        texts: The text of each file.
    """

    texts: Collection[str] = field(default=(), repr=False)

    @classmethod
    def around(cls, files: Iterable[Path], *, besides: Path | None = None) -> ScriptText:
        """Return the text of some files and of the Python files beside them, as far as it can be read."""
        paths = dict.fromkeys(path for file in files for path in (file, *islice(file.parent.glob("*.py"), _MOST_FILES)))
        return cls([text for path in paths if path != besides and (text := _text(path))])

    @cached_property
    def strings(self) -> frozenset[str]:
        """All strings in the files."""
        return frozenset(string for text in self.texts for string in _strings(text))

    @cached_property
    def comparisons(self) -> Mapping[str, Sequence[str]]:
        """The strings that the files compare a value with, by the last part of its name, in order."""
        found: dict[str, list[str]] = {}
        for text in self.texts:
            for name, string in _compared(text):
                found.setdefault(name, []).append(string)
        return found

    def compared_with(self, name: str) -> Sequence[str]:
        """Return the strings that the script compares a parameter with, as in `if cfg.schedule == "cosine":`."""
        return self.comparisons.get(name.rpartition(".")[2].replace("-", "_"), ())

    @cached_property
    def looks_up(self) -> bool:
        """Whether the script looks names up, so that it may know more of them than it names."""
        return any(_LOOKS_UP.search(text) for text in self.texts)

    @cached_property
    def boosts_trees(self) -> bool:
        """Whether the script boosts trees, of which the penalties are larger than those of a network."""
        return any(_BOOSTING.search(text) for text in self.texts)

    @cached_property
    def smoothed_with(self) -> frozenset[str]:
        """The words of the names with which the script smooths values exponentially."""
        return smoothed_with(self.texts)

    def reads(self, name: str) -> bool:
        """Tell whether the script names a parameter, so that its alternatives should be named, too."""
        last = re.escape(name.rpartition(".")[2])
        key = option_words(name)[-1] if option_words(name) else last
        pattern = re.compile(rf"\b(?:{last.replace('-', '[-_]')}|{re.escape(key)})\b")
        return any(pattern.search(text) for text in self.texts)


NO_TEXT = ScriptText()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= _MOST_BYTES else ""
    except OSError:
        return ""


def _compared(text: str) -> Iterator[tuple[str, str]]:
    """Yield the last part of the name of each value that is compared with strings, and these."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError):
        return
    for node in nodes:
        if isinstance(node, ast.Compare) and (name := _compared_name(node.left)):
            for other in node.comparators:
                parts = other.elts if isinstance(other, ast.Tuple | ast.List | ast.Set) else [other]
                yield from (
                    (name, part.value)
                    for part in parts
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value
                )


def _compared_name(value: ast.expr) -> str:
    """Return the last part of the name of `cfg.schedule`, `cfg["schedule"]` or `schedule.lower()`; may be empty."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in ("lower", "upper"):
        value = value.func.value
    if isinstance(value, ast.Attribute):
        return value.attr
    if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant):
        return str(value.slice.value)
    return value.id if isinstance(value, ast.Name) else ""


def _strings(text: str) -> set[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set(re.findall(r"""["'](\w[\w.-]{0,40})["']""", text))
    return strings_in(tree)
