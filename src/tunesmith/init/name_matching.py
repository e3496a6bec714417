"""How people name parameters and metrics: `learning rate` for `optim.lr`, `batch size` for `batch-size`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .name_words import KINDS, option_words

_SYNONYMS = (
    ("lr", "learning rate"), ("wd", "weight decay"), ("bs", "batch size"), ("optim", "optimizer"), ("opt", "optimizer"),
    ("optimizer", "optimiser"), ("act", "activation"), ("val", "validation"), ("valid", "validation"),
    ("acc", "accuracy"), ("train", "training"), ("temp", "temperature"), ("dim", "dimension"),
)  # fmt: skip
_COUNTED = {"n", "num", "number", "nr"}
_NO_NAMES = "a i an the it is to at in of on or and but for only not no all stop keep try use tune than"
_GAP = re.compile(r"[\s_-]+")
_FULL, _LAST, _WORDED, _BASE, _PART = range(5)


class NameMatcher:
    """Finds names in a text, however they are spelled there.

    Where a spelling fits several names, those with the best fit count: the full name, then its last part, then its
    words or their synonyms, then its words without a count or an index, then a single word.

    Args:
        names: The names, the more likely ones first.
        text: The text; `pattern` has only spellings that occur in it.
        parts: Let every word of a name stand for it, as `loss` for `val_loss`; of several such names the first.

    Attributes:
        pattern: A regular expression for any of the names.

    >>> matcher = NameMatcher(["optim.lr", "width_1", "width_2"], "the learning rate, and widths")
    >>> matcher.names_in("the learning rate"), matcher.names_in("widths")
    (('optim.lr',), ('width_1', 'width_2'))
    """

    def __init__(self, names: Iterable[str], text: str, *, parts: bool = False) -> None:
        bare_text = _bare(text)
        levels: dict[str, int] = {}
        self._names: dict[str, list[str]] = {}
        patterns: set[str] = set()
        for name in names:
            for level, spelling in _spellings(name, parts):
                key = _bare(spelling)
                if key not in bare_text or key in _NO_NAMES.split() or not re.search(r"\w", key):
                    continue
                patterns.add(r"[ _-]*".join(map(re.escape, filter(None, _GAP.split(spelling)))))
                if level < levels.get(key, level + 1):
                    levels[key], self._names[key] = level, [name]
                elif level == levels[key] < _PART:
                    self._names[key].append(name)
        alternatives = "|".join(sorted(patterns, key=len, reverse=True)) or "(?!)"
        self.pattern = rf"(?:(?<![\w.])(?:{alternatives})s?(?![\w]|\.\w))"

    def names_in(self, text: str) -> tuple[str, ...]:
        """Return the names in a text, in order, each once."""
        keys = [_bare(match[0]) for match in re.finditer(self.pattern, text, re.I)]
        groups = (self._names.get(key) or self._names.get(key.removesuffix("s"), []) for key in keys)
        return tuple(dict.fromkeys(name for names in groups for name in names))


def _bare(spelling: str) -> str:
    return _GAP.sub("", spelling).lower()


def _spellings(name: str, parts: bool) -> Iterator[tuple[int, str]]:
    yield _FULL, name
    yield _LAST, name.rpartition(".")[2]
    all_words = option_words(name)
    yield from ((_WORDED, spelling) for spelling in _with_synonyms(all_words))
    base = list(all_words)
    while len(base) > 1 and base[0] in _COUNTED:
        base = base[1:]
    while len(base) > 1 and (base[-1] in KINDS or base[-1].isdecimal()):
        base = base[:-1]
    for spelling in _with_synonyms(base):
        yield _BASE, spelling
        yield _BASE, f"number of {spelling}"
    if parts:
        yield from ((_PART, spelling) for word in all_words for spelling in _with_synonyms([word]))


def _with_synonyms(words_of_name: list[str]) -> Iterator[str]:
    spelling = " ".join(words_of_name)
    yield spelling
    for one, other in _SYNONYMS:
        for before, after in ((one, other), (other, one)):
            changed = re.sub(rf"\b{before}\b", after, spelling)
            if changed != spelling:
                yield changed
