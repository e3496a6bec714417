"""How people speak of parameters and metrics: `learning rate` for `optim.lr`, `batch size` for `batch-size`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .words import KINDS, words

_SAME = (
    ("lr", "learning rate"),
    ("wd", "weight decay"),
    ("bs", "batch size"),
    ("optim", "optimizer"),
    ("opt", "optimizer"),
    ("optimizer", "optimiser"),
    ("act", "activation"),
    ("val", "validation"),
    ("valid", "validation"),
    ("acc", "accuracy"),
    ("train", "training"),
    ("temp", "temperature"),
    ("dim", "dimension"),
)
_COUNTED = {"n", "num", "number", "nr"}
_NO_NAMES = "a i an the it is to at in of on or and but for only not no all stop keep try use tune than"
_SEPARATORS = re.compile(r"[\s_-]+")


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
        bare = _SEPARATORS.sub("", text).lower()
        levels: dict[str, tuple[int, list[str]]] = {}
        for name in names:
            for level, spelled in _spellings(name, parts):
                key = _key(spelled)
                if key.replace(" ", "") not in bare or key in _NO_NAMES.split() or not re.search(r"\w", key):
                    continue
                before, fitting = levels.get(key, (level, []))
                if level < before:
                    levels[key] = (level, [name])
                elif level == before and name not in fitting and not (level == _PART and fitting):
                    levels[key] = (level, [*fitting, name])
        self._names = {key: tuple(fitting) for key, (_, fitting) in levels.items()}
        listed = sorted(self._names, key=len, reverse=True)
        spelled = "|".join(r"[ _-]*".join(map(re.escape, key.split(" "))) for key in listed)
        self.pattern = rf"(?:(?<![\w.])(?:{spelled or '(?!)'})s?(?![\w]|\.\w))"

    def named(self, text: str) -> tuple[str, ...]:
        """Return the names that are mentioned in a text, in order, each once."""
        found: dict[str, None] = {}
        for match in re.finditer(self.pattern, text, re.I):
            key = _key(match[0])
            found |= dict.fromkeys(self._names.get(key) or self._names.get(key.removesuffix("s"), ()))
            if key not in self._names and key.removesuffix("s") not in self._names:
                found |= dict.fromkeys(self._squeezed(key))
        return tuple(found)

    def _squeezed(self, key: str) -> tuple[str, ...]:
        """Return the names of a spelling with other gaps between its words, as `batchsize`."""
        bare = key.replace(" ", "")
        fits = (
            names for known, names in self._names.items() if known.replace(" ", "") in (bare, bare.removesuffix("s"))
        )
        return next(fits, ())


_FULL, _LAST, _WORDED, _BASE, _PART = range(5)


def _key(spelled: str) -> str:
    return _SEPARATORS.sub(" ", spelled).strip().lower()


def _spellings(name: str, parts: bool) -> Iterable[tuple[int, str]]:
    yield _FULL, name
    yield _LAST, name.rpartition(".")[2]
    found = words(name)
    for spelled in _worded(found):
        yield _WORDED, spelled
    base = list(found)
    while len(base) > 1 and base[0] in _COUNTED:
        base = base[1:]
    while len(base) > 1 and (base[-1] in KINDS or base[-1].isdecimal()):
        base = base[:-1]
    for spelled in _worded(base):
        yield _BASE, spelled
        yield _BASE, f"number of {spelled}"
    if parts:
        for word in found:
            yield from ((_PART, spelled) for spelled in _worded([word]))


def _worded(found: Sequence[str]) -> Iterable[str]:
    """Yield a name's words, and the same with other words for what has several."""
    spelled = " ".join(found)
    yield spelled
    for one, other in _SAME:
        for before, after in ((one, other), (other, one)):
            changed = re.sub(rf"\b{before}\b", after, spelled)
            if changed != spelled:
                yield changed
