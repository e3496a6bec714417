"""How people speak of parameters and metrics: `learning rate` for `optim.lr`, `batch size` for `batch-size`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .words import KINDS, words

_SAME = (
    ("lr", "learning rate"), ("wd", "weight decay"), ("bs", "batch size"), ("optim", "optimizer"), ("opt", "optimizer"),
    ("optimizer", "optimiser"), ("act", "activation"), ("val", "validation"), ("valid", "validation"),
    ("acc", "accuracy"), ("train", "training"), ("temp", "temperature"), ("dim", "dimension"),
)  # fmt: skip
_COUNTED = {"n", "num", "number", "nr"}
_NO_NAMES = "a i an the it is to at in of on or and but for only not no all stop keep try use tune than"
_GAP = re.compile(r"[\s_-]+")
_FULL, _LAST, _WORDED, _BASE, _PART = range(5)


class Mentions:
    """The names of a draft, found in text however they are spelled there.

    Where a spelling fits several names, those count that it fits best: the full name, then its last part, then the
    same in other words, then a part of it.

    Args:
        names: The names, the more likely ones first.
        text: Where they may be mentioned; the pattern knows no spelling that is not there.
        parts: Let every word of a name stand for it, as `loss` for `val_loss`; of several such names the first.

    >>> mentions = Mentions(["optim.lr", "width_1", "width_2"], "the learning rate, and widths")
    >>> mentions.named("the learning rate"), mentions.named("widths")
    (('optim.lr',), ('width_1', 'width_2'))
    """

    def __init__(self, names: Iterable[str], text: str, *, parts: bool = False) -> None:
        here = _bare(text)
        levels: dict[str, int] = {}
        self._names: dict[str, list[str]] = {}
        patterns: set[str] = set()
        for name in names:
            for level, spelled in _spellings(name, parts):
                key = _bare(spelled)
                if key not in here or key in _NO_NAMES.split() or not re.search(r"\w", key):
                    continue
                patterns.add(r"[ _-]*".join(map(re.escape, filter(None, _GAP.split(spelled)))))
                if level < levels.get(key, level + 1):
                    levels[key], self._names[key] = level, [name]
                elif level == levels[key] < _PART:
                    self._names[key].append(name)
        listed = "|".join(sorted(patterns, key=len, reverse=True)) or "(?!)"
        self.pattern = rf"(?:(?<![\w.])(?:{listed})s?(?![\w]|\.\w))"

    def named(self, text: str) -> tuple[str, ...]:
        """Return the names that are mentioned in a text, in order, each once."""
        keys = [_bare(match[0]) for match in re.finditer(self.pattern, text, re.I)]
        found = (self._names.get(key) or self._names.get(key.removesuffix("s"), []) for key in keys)
        return tuple(dict.fromkeys(name for names in found for name in names))


def _bare(spelled: str) -> str:
    return _GAP.sub("", spelled).lower()


def _spellings(name: str, parts: bool) -> Iterator[tuple[int, str]]:
    yield _FULL, name
    yield _LAST, name.rpartition(".")[2]
    found = words(name)
    yield from ((_WORDED, spelled) for spelled in _worded(found))
    base = list(found)
    while len(base) > 1 and base[0] in _COUNTED:
        base = base[1:]
    while len(base) > 1 and (base[-1] in KINDS or base[-1].isdecimal()):
        base = base[:-1]
    for spelled in _worded(base):
        yield _BASE, spelled
        yield _BASE, f"number of {spelled}"
    if parts:
        yield from ((_PART, spelled) for word in found for spelled in _worded([word]))


def _worded(found: list[str]) -> Iterator[str]:
    """Yield a name's words, and the same with other words for what has several."""
    spelled = " ".join(found)
    yield spelled
    for one, other in _SAME:
        for before, after in ((one, other), (other, one)):
            changed = re.sub(rf"\b{before}\b", after, spelled)
            if changed != spelled:
                yield changed
