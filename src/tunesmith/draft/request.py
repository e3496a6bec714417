"""What a user wants of a study in plain words, read by rules: nothing is guessed, and what is not read is told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..errors import InputError
from ..objective import Direction
from ..parameters import Choice
from ..reports.cleaning import clean
from .amounts import NUMBER, number, seconds
from .drafts import Draft
from .fulfilment import fulfilled, refused
from .mentions import Mentions
from .named_phrases import metric_phrases, parameter_phrases
from .phrases import LATER, SPENDING, Phrase
from .wishes import Action, Aim, EarlyStopping, Limit, Options, Range, Selection, Target, Wish

MOST_CHARACTERS = 4000
_QUICK_TRIALS = 20
_MOST_TOLD = 20  # Phrases that were not read.
_GB = {"gib": 1.073741824, "mib": 0.001048576, "g": 1.0, "m": 0.001}
_TYPED = str.maketrans("’‘–—", "''--", '"`“”„«»')
"""Apostrophes and dashes as they are typed; quotation marks go."""
_CLAUSE = re.compile(r"(?<![0-9]),|,(?![0-9])|[;!?]|\.(?=\s|$)| (?:and|but|then) ")
_READ = "\0"
_NEGATION = re.compile(
    r"(?<!\w)(?:not|never|no|without|avoid|except|instead of|unless|don'?t|n't|neither|nor)(?!\w)", re.I
)
_FILLER = """
please i'd i want wanted would like you we us to the a an my our me it its is are and but or with of for in on so that
this then also just try use run tune tuning search find get let lets let's can could should study studies training
script program code parameter parameters hyperparameter hyperparameters value values good best better budget time total
as be need needs give take possible first hi hello thanks thank
"""
"""Words that say nothing alone."""


def with_request(draft: Draft, request: str) -> Draft:
    """Return a draft with what a user wants in plain words.

    Args:
        draft: What was understood of the script.
        request: The words. They change what is searched, for what and for how long, and nothing that runs.

    Returns:
        The draft; `understood` says what each phrase became, `not_understood` what came to nothing.

    Raises:
        InputError: The request is empty, or very long.
    """
    reading = _Reader(draft, plain(request)).read()
    draft = fulfilled(draft, reading.wishes)
    for phrase, reason in reading.unread[:_MOST_TOLD]:
        draft = refused(draft, phrase, reason)
    if more := reading.unread[_MOST_TOLD:]:
        draft = refused(draft, "; ".join(phrase for phrase, _ in more), f"these and others, {len(more)} in all.")
    return draft


@dataclass(frozen=True)
class Reading:
    """What was read of a request.

    Args:
        wishes: What is wanted.
        unread: The phrases that no rule reads, each with the reason.
    """

    wishes: tuple[Wish, ...]
    unread: tuple[tuple[str, str], ...]


def plain(request: str) -> str:
    """Return a request on one line, without quotation marks and control characters.

    Raises:
        InputError: It is empty, or very long.
    """
    if len(request) > MOST_CHARACTERS:
        raise InputError(
            f"a request must have at most {MOST_CHARACTERS} characters, but this one has {len(request)}. Say it in "
            "fewer words, and write the rest into the study.toml."
        )
    # A line may be wrapped anywhere; an empty one, or the dot of a list, begins something else.
    parted = re.sub(r"\s*\n(?:\s*\n|\s*[-*•] )\s*", "; ", request.strip())
    text = clean(unicodedata.normalize("NFKC", parted).translate(_TYPED))
    if not text:
        raise InputError("a request must say something, but this one is empty.")
    return " ".join(text.split())


def says_something(phrase: str) -> bool:
    """Tell whether a phrase has a word that says something alone.

    >>> says_something("please try it with the"), says_something("walk the dog")
    (False, True)
    """
    told = [word for word in re.findall(r"[^\s()\[\]:=]+", phrase) if word.lower() not in _FILLER.split()]
    return any(re.search(r"\w", word) for word in told)


class _Reader:
    def __init__(self, draft: Draft, text: str) -> None:
        self.text = text
        self.left = text  # What a phrase has read is blotted out, so that no other one reads it again.
        self.wishes: list[Wish] = []
        self.places: dict[str, int] = {}
        self.unread: list[tuple[str, str]] = []
        self.parameters = Mentions([*draft.space, *draft.skipped], text)
        self.metrics = Mentions(draft.measured, text, parts=True)
        self.options = _options(draft)

    def read(self) -> Reading:
        named = [*metric_phrases(self.metrics), *parameter_phrases(self.parameters, self.options)]
        for phrase in (*SPENDING, *named, *LATER):
            self._read(phrase)
        self.unread += [(left, "not understood.") for left in self._left()]
        wishes = sorted(dict.fromkeys(self.wishes), key=lambda wish: self.places[wish.words])
        return Reading(tuple(wishes), tuple(self.unread))

    def _read(self, phrase: Phrase) -> None:
        read: Callable[..., Iterator[Wish]] = getattr(self, f"_{phrase.kind}")
        for match in phrase.pattern.finditer(self.left):
            start, end = match.span()
            if self._is_negated(start):
                continue
            words = match[0].strip(" ,;")
            self.places.setdefault(words, start)
            try:
                if match.groupdict().get("least"):
                    raise InputError("a budget says the most that is spent, not the least.")
                self.wishes += list(read(match, words))
            except InputError as error:
                self.unread.append((words, error.message))
            self.left = self.left[:start] + _READ * (end - start) + self.left[end:]

    def _is_negated(self, start: int) -> bool:
        """Tell whether a word before it in its clause, that no phrase has read, turns its meaning round."""
        begin = max((match.end() for match in _CLAUSE.finditer(self.text, 0, start)), default=0)
        return _NEGATION.search(self.left, begin, start) is not None

    def _left(self) -> Iterator[str]:
        """Yield what no phrase has read, by clause; words that say nothing alone are left out."""
        for clause in _CLAUSE.split(self.left):
            for piece in clause.split(_READ):
                if says_something(piece):
                    yield piece.strip(" :,;.")

    def _limit(self, words: str, name: str, value: float) -> Iterator[Wish]:
        yield Limit(words=words, name=name, value=value)

    def _sequential(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        return self._limit(words, "parallel", 1)

    def _trial_seconds(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        return self._limit(words, "seconds_per_trial", seconds(match["time"]))

    def _fact(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        raise InputError("what a trial takes is no limit; say 'at most' where it is one.")

    def _minutes(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        return self._limit(words, "minutes", seconds(match["time"]) / 60)

    def _patience(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        return self._limit(words, "patience", number(match["count"]))

    def _parallel(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        return self._limit(words, "parallel", number(match["count"]))

    def _trials(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        return self._limit(words, "trials", number(match["count"]))

    def _memory(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        size = next(size for start, size in _GB.items() if match["unit"].lower().startswith(start))
        return self._limit(words, "memory_gb", number(match["count"]) * size)

    def _money(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        share = 0.01 if (match["unit"] or "").lower().startswith("cent") else 1.0
        return self._limit(words, "usd", number(match["amount"] or match["count"]) * share)

    def _target(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        metric = self.metrics.named(match["metric"])[0] if match["metric"] else None
        told = match.groupdict()
        way: Direction | None = "minimize" if told.get("below") else "maximize" if told.get("above") else None
        yield Target(words=words, value=number(match["value"]), metric=metric, direction=way)

    def _minimize(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        yield Aim(words=words, metric=self._metric(match), direction="minimize")

    def _maximize(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        yield Aim(words=words, metric=self._metric(match), direction="maximize")

    def _improve(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        yield Aim(words=words, metric=self._metric(match))

    def _metric(self, match: re.Match[str]) -> str:
        return self.metrics.named(match["metric"])[0] if match["metric"] else match["unknown"].replace(" ", "_")

    def _range(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        told = match.groupdict()
        low, high = (None if told.get(end) is None else number(told[end]) for end in ("low", "high"))
        for name in self.parameters.named(match["name"]):
            yield Range(words=words, name=name, low=low, high=high)

    _upper = _lower = _range

    def _numbers(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        values = tuple(_whole(number(found)) for found in re.findall(NUMBER, match["numbers"], re.I))
        for name in self.parameters.named(match["name"]):
            yield Options(words=words, name=name, options=values)

    def _words(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        said = re.findall("|".join(sorted(map(re.escape, self.options), key=len, reverse=True)), match["words"], re.I)
        meant = [self.options[word.lower()] for word in said]
        told = match["name"]
        names = self.parameters.named(told) if told else tuple(meant[0])
        for name in names:
            if not all(name in options for options in meant):
                raise InputError(f"{name} has no such value.")
            yield Options(words=words, name=name, options=tuple(dict.fromkeys(options[name] for options in meant)))

    def _select(self, match: re.Match[str], words: str, action: Action) -> Iterator[Wish]:
        yield Selection(words=words, names=self.parameters.named(match["names"]), action=action)

    def _only(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        return self._select(match, words, "only")

    def _leave(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        return self._select(match, words, "leave")

    def _also(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        return self._select(match, words, "also")

    def _rest(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        if not any(isinstance(wish, Selection) and wish.action == "only" for wish in self.wishes):
            raise InputError("it is not said what is to be tuned.")
        yield from ()

    def _early(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        yield EarlyStopping(words=words)

    def _quick(self, match: re.Match[str], words: str) -> Iterator[Wish]:
        if not any(isinstance(wish, Limit) and wish.name == "trials" for wish in self.wishes):
            yield Limit(words=words, name="trials", value=_QUICK_TRIALS)
        yield EarlyStopping(words=words)


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value


def _options(draft: Draft) -> dict[str, dict[str, str]]:
    """Return the words that parameters can take as a value: for each, the parameters that do, with their spelling."""
    found: dict[str, dict[str, str]] = {}
    for name, parameter in draft.space.items():
        options = parameter.options if isinstance(parameter, Choice) else ()
        for option in (*options, draft.values.get(name)):
            if isinstance(option, str) and re.search(r"\w", option):
                found.setdefault(option.lower(), {})[name] = option
    return found
