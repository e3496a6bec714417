"""Names before numbers in a line of output: `val_loss=0.31`, `Vali Loss: 0.31`, `val loss 0.31`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ...core.metric_words import (
    QUALIFIERS,
    TEST,
    TRAINING,
    VALIDATION,
    is_beside_quality,
    is_metric,
    is_of_test_data,
    is_of_training_data,
    is_of_validation_data,
    names_validation_alone,
)
from ...in_script.metric_names import WantedNames, metric_words

_WORD = r"(?:-(?=ELBO|elbo))?[A-Za-z_][\w./@-]*"
_FURTHER = r"[\w@][\w./@'-]*"
_NAME = re.compile(rf"{_WORD}(?:'s)?(?: {_FURTHER}){{0,5}}", re.ASCII)
_SO_FAR = (
    r"(?:[ \t]+(?:so far|is now|is|was|now|of|(?:at|after|in) (?:step|epoch|iteration|iter|round) \d+"
    r"|(?:over|across|of|on|in|from) (?:the )?(?:last )?\d+ [a-z]{3,12}))?"
)
"""Words between a name and its value, as in `best mse so far 0.3` and `MRR at step 400: 0.3`."""
_SIGN = r"[ \t]*(?:%|\(%\)|\[[A-Za-z%][\w%/^.]{0,9}\])?[ \t]*[=:](?!=)[ \t]*"
_PAIR = re.compile(rf"""(?<![\w./@-])(["']?)({_WORD})\1{_SO_FAR}({_SIGN})""", re.ASCII)
_QUOTED = re.compile(rf"""(["'])({_WORD}(?:'s)?(?: {_FURTHER}){{1,5}})\1{_SIGN}""", re.ASCII)
_DATA = r"[A-Za-z][\w -]{0,30}"
_WITH_DATA = re.compile(
    rf"""(?<![\w./@-])({_WORD})(?:[ \t]+\((?P<round>{_DATA})\)|[ \t]*\[(?P<square>{_DATA})\]|[ \t]*<(?P<angle>{_DATA})>)
        (?:[ \t]*(?P<sign>[=:])(?!=)[ \t]*|[ \t]+(?=[-+]?\.?\d))""",
    re.ASCII | re.VERBOSE,
)
"""A name with its data, or a remark, behind it, as in `accuracy (validation): 0.9` and `AP (labelled month) = 0.2`."""
_WITH_POINT = re.compile(rf"(?<![\w./@-])({_WORD})\(\d+(?:\.\d+)?\)[ \t]*[=:](?!=)[ \t]*", re.ASCII)
_VALUE = re.compile(
    r"(?<=[ \t])(?:[-+]?\.?\d|[-+]?(?:nan|inf)\b|(?:tensor|array|np\.|numpy\.|torch\.)[\w.]*\()", re.IGNORECASE
)
_BEFORE_VALUE = re.compile(rf"(?<![\w./@'-])({_WORD}){_SO_FAR}[ \t]+$", re.ASCII)
_BEFORE = re.compile(_FURTHER, re.ASCII)
_UNIT = re.compile(r"\[(\w+)\]", re.ASCII)
_BRACKET = re.compile(r"[(\[<][A-Za-z]")
_FRACTION = re.compile(r"[-+]?\d*\.\d+|[-+]?\d+(?:\.\d*)?e[-+]?\d+", re.IGNORECASE | re.ASCII)
"""A number that is no count, as behind the part of the data in `tr 0.3 | va 0.4`."""
_FIELD_OF_DATA = re.compile(
    r"""(["'])(?:split|subset|set|phase|stage|partition|part|dataset|data|mode)\1[ ]*:[ ]*
        (["'])(?P<data>[A-Za-z]\w*)\2""",
    re.ASCII | re.VERBOSE,
)
"""What tells in a dictionary on which data its numbers were measured: `"split": "validation"`."""
_LETTERS = re.compile(r"[A-Za-z]+")
_OF_A_RANGE = re.compile(r"[@_]0?\.\d+$", re.ASCII)
_HELD_OUT = ("held-out", "hold-out", "out-of-fold")
_LABEL = re.compile(rf"[ \t]*({_WORD})[ \t]{{2,}}", re.ASCII)
"""The beginning of a line with a label that is padded, as those of lines below one another are."""
_ANY_DATA = "|".join(sorted(VALIDATION | TRAINING | TEST, key=len, reverse=True))
_LABEL_OF_DATA = re.compile(
    rf"(?<![\w./@-])({_ANY_DATA})"
    r"(?:[ ][\w()]+){0,3}[ ]?:(?=[ \t]*[A-Za-z(\[])",
    re.ASCII | re.IGNORECASE,
)
"""The part of the data of what follows in a line: `Test set: `, `Best validation at epoch 4: `."""
_ROW_OF_DATA = re.compile(
    rf"[ \t]*(?:({_ANY_DATA})(?:[ \t]+(?={_WORD}[ \t]*=)|[ \t]{{2,}}(?=[A-Za-z]))"
    rf"|[\[(<]({_ANY_DATA})[\])>]:?[ \t]+(?=[A-Za-z]))",
    re.ASCII | re.IGNORECASE,
)
"""The same at the beginning of a line, as in `valid  queries=52  ndcg@3=0.72` and `[TRAIN] Iter: 9 PSNR: 12.3`."""
_OF_A_SETTING = {"weight", "weights", "coef", "coefficient", "function", "fn", "scale", "type", "name"}
"""Words behind that of a metric that make it the name of a setting, as `loss weight`."""
_MOST_BEFORE = 80
_MOST_WORDS = 5
_LONGEST_TEXT = 2000


def is_printable(name: str) -> bool:
    """Tell whether a metric of this name can be read from output.

    >>> is_printable("val/acc-1"), is_printable("val loss"), is_printable("acc@1"), is_printable("1st")
    (True, True, True, False)
    """
    return _NAME.fullmatch(name) is not None


class Named(NamedTuple):
    """A name in a line, and where its value begins.

    Args:
        words: The name's words as printed, with up to five before it, of which some may belong to it.
        start: The position of the value.
        has_sign: Whether `=` or `:` stands between.
    """

    words: tuple[str, ...]
    start: int
    has_sign: bool

    @property
    def last(self) -> str:
        """The last word; the whole name if it stands in quotes."""
        return self.words[-1]

    def of_data(self, data: str, name: str) -> Named:
        """Return it under a name with the part of the data in front, unless the name tells one itself."""
        return self if not data or _names_data(metric_words(name)) else self._replace(words=(data, name))


def names_in(text: str) -> Iterator[Named]:
    """Yield the names before a `=` or `:`.

    >>> [(named.words, text[named.start :]) for text in ["a Loss: 1"] for named in names_in(text)]
    [(('a', 'Loss'), '1')]
    """
    if "=" not in text and ":" not in text:
        return
    for match in _PAIR.finditer(text):
        if (unit := _UNIT.search(match[3])) is not None and _names_data((unit[1],)):
            continue  # That is no unit, but the data.
        if match[3] == ":" and _OF_A_RANGE.search(match[2]) and _FRACTION.match(text, match.end()):
            continue  # The name goes on, as in `mAP@.5:.95`.
        before = () if match[1] else _words_before(text, match.start())
        yield Named((*before, match[2]), match.end(), has_sign=True)
    yield from _names_with_data(text, has_sign=True)
    yield from _names_with_a_point(text)
    for match in _QUOTED.finditer(text) if '"' in text or "'" in text else ():
        yield Named((match[2],), match.end(), has_sign=True)


def data_named_in(dictionary: str) -> str:
    """Return the part of the data that a field of a printed dictionary names; empty if there is none.

    >>> data_named_in('{"event": "scored", "split": "valid", "mae": 0.3}'), data_named_in('{"mode": "fast"}')
    ('valid', '')
    """
    parts = (match["data"] for match in _FIELD_OF_DATA.finditer(dictionary))
    return next((part for part in parts if _names_data((part,))), "")


class Labels:
    """The labels of a line that tell on which part of the data the numbers behind them were measured.

    Args:
        text: The line.

    >>> labels = Labels("Train: loss 0.3 acc 0.9 | Best validation at epoch 4: loss 0.4")
    >>> labels.data_at(16), labels.data_at(60), labels.data_at(0)
    ('Train', 'validation', '')
    >>> Labels("[TEST] Iter: 9 PSNR: 12.3").data_at(20)
    'TEST'
    >>> Labels("valid  queries=52  acc=0.9").data_at(23), Labels("train loss=0.3 val_loss=0.4 acc=0.9").data_at(32)
    ('valid', '')
    """

    def __init__(self, text: str) -> None:
        found = _LABEL_OF_DATA.finditer(text) if ":" in text and len(text) <= _LONGEST_TEXT else ()
        self._labels = [(match.end(), match[1]) for match in found]
        row = _ROW_OF_DATA.match(text) if not self._labels and len(text) <= _LONGEST_TEXT else None
        if row is not None and not any(_names_data((word,)) for word in _LETTERS.findall(text, row.end())):
            self._labels.append((row.end(), row[1] or row[2]))

    def data_at(self, position: int) -> str:
        """Return the part of the data that the last label before a position names; empty if there is none."""
        return next((data for end, data in reversed(self._labels) if end <= position), "")


def unsigned_names_in(text: str, wanted: WantedNames) -> Iterator[Named]:
    """Yield the names that stand directly before a number, if they are wanted or look like metrics.

    >>> [named.words for named in unsigned_names_in("epoch 3 valid loss 0.5 took 2 s", WantedNames())]
    [('epoch', '3', 'valid', 'loss')]
    """
    for value in _VALUE.finditer(text) if len(text) <= _LONGEST_TEXT else ():
        match = _BEFORE_VALUE.search(text, max(0, value.start() - _MOST_BEFORE), value.start())
        if match is not None:
            named = Named((*_words_before(text, match.start()), match[1]), value.start(), has_sign=False)
            about = named.words[-2:]  # The part of the data, or a measure of it by any name: `held-out fvu 0.15`.
            is_part = _names_data(about) and _FRACTION.match(text, value.start()) is not None
            if is_metric(named.last) or is_part or _longest(named.words, wanted):
                yield named
    yield from _names_with_data(text, has_sign=False)


def _names_with_a_point(text: str) -> Iterator[Named]:
    """Yield the metrics that are measured at a point in brackets, as `Brier(12.0) = 0.2`."""
    for match in _WITH_POINT.finditer(text) if "(" in text else ():
        if is_metric(match[1]):
            yield Named((*_words_before(text, match.start()), match[1]), match.end(), has_sign=True)


def _names_with_data(text: str, *, has_sign: bool) -> Iterator[Named]:
    for match in _WITH_DATA.finditer(text) if _BRACKET.search(text) else ():
        data = (match["round"] or match["square"] or match["angle"]).split()
        if (match["sign"] is not None) != has_sign or not (has_sign or is_metric(match[1])):
            continue
        if all(map(_qualifies, data)):
            yield Named((*_words_before(text, match.start()), *data, match[1]), match.end(), has_sign)
        elif match["round"] and has_sign and is_metric(match[1]) and all(map(str.isalpha, data)):  # A remark.
            yield Named((*_words_before(text, match.start()), match[1]), match.end(), has_sign)


def full_name(words_of_name: tuple[str, ...], wanted: WantedNames) -> str:
    """Return the name that some words end with: a wanted one, or else the last word with its qualifiers.

    >>> full_name(("INFO", "Vali", "Loss"), WantedNames()), full_name(("first", "y"), WantedNames())
    ('Vali Loss', 'y')
    >>> full_name(("Test", "@", "best", "Val"), WantedNames(("Val",)))
    'Test @ best Val'
    >>> full_name(("my", "own", "score"), WantedNames(("own_score",))), full_name(("dev", "thing"), WantedNames())
    ('own score', 'dev thing')
    >>> full_name(("the", "Error", "u"), WantedNames()), full_name(("Error", "u"), WantedNames(("u",)))
    ('Error u', 'u')
    >>> full_name(("the", "log", "likelihood", "in", "nats"), WantedNames())
    'log likelihood in nats'
    """
    count = 1
    # With its data, `l2` is a metric, too.
    last = words_of_name[-1]
    if _measures_variable(words_of_name[-2:]) and wanted.find(last) is None:
        count = 2
    elif is_metric(f"valid {last}") or names_validation_alone(last):
        count = _with_qualifiers(words_of_name, count)
    elif wanted.find(last) is None and (place := _last_metric(words_of_name)) is not None:
        count = _with_qualifiers(words_of_name, len(words_of_name) - place)
    elif _names_data(words_of_name[-2:-1]):
        count = _with_qualifiers(words_of_name, count)
    if words_of_name[-count - 1 : -count] == ("@",):  # As in `Test @ best Val: 0.78`.
        count = min(count + 2, len(words_of_name))
    return " ".join(words_of_name[-max(count, _longest(words_of_name, wanted)) :])


def _with_qualifiers(words_of_name: tuple[str, ...], count: int) -> int:
    while count < len(words_of_name) and _qualifies(words_of_name[-count - 1]):
        count += 1
    return count


def _last_metric(words_of_name: tuple[str, ...]) -> int | None:
    """Return the place of the last metric among words that end otherwise, as in `likelihood in nats`, or None."""
    for place in range(len(words_of_name) - 1, -1, -1):
        word = words_of_name[place]
        if place < len(words_of_name) - 1 and is_metric(word):
            return place
        if is_beside_quality(word) or not _OF_A_SETTING.isdisjoint(metric_words(word)):
            return None
    return None


def _words_before(text: str, start: int) -> tuple[str, ...]:
    """Return up to five words before a position, apart from it and each other by one space.

    The part of the data at the beginning of a line may be apart by more: `valid  MAE: 0.3` below `train  MAE: 0.2`.
    """
    if start < 2 or text[start - 1] != " ":
        return ()
    label = _LABEL.fullmatch(text, 0, start) if text[start - 2] in " \t" and start <= _MOST_BEFORE else None
    if label is not None and _names_data((label[1],)):
        return (label[1],)
    before = text[max(0, start - _MOST_BEFORE) : start - 1].rpartition("\t")[2]
    tokens = before.split(" ")[-_MOST_WORDS:]
    first = len(tokens)
    for index in range(len(tokens) - 1, -1, -1):
        if _BEFORE.fullmatch(tokens[index]) is None:
            break
        if not tokens[index][0].isdecimal():
            first = index
    return tuple(tokens[first:])


def _qualifies(word: str) -> bool:
    parts = metric_words(word)
    if word.lower() in _HELD_OUT:
        return True
    return not word[0].isdecimal() and all(part in QUALIFIERS or is_metric(part) or part.isdecimal() for part in parts)


def _names_data(before: tuple[str, ...]) -> bool:
    """Tell whether the word before a name, if there is one, is that of a part of the data, as in `dev whatever`."""
    return any(
        is_of_validation_data(word) or is_of_test_data(word) or is_of_training_data(word)
        for word in before
        if len(metric_words(word)) == 1 or word.lower() in _HELD_OUT
    )


def _measures_variable(words_of_name: tuple[str, ...]) -> bool:
    """Tell whether two words are a metric and the variable that it is of, as in `Error u`."""
    *before, last = words_of_name
    return len(before) == 1 and len(last) <= 2 and last.isalpha() and not is_metric(last) and is_metric(before[0])


def _longest(words_of_name: tuple[str, ...], wanted: WantedNames) -> int:
    """Return the count of words at the end that make up a wanted name, or 0."""
    counts = range(len(words_of_name), 0, -1)
    return next((count for count in counts if wanted.find(" ".join(words_of_name[-count:]))), 0) if wanted.names else 0
