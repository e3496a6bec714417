"""What a user wants of a study in plain words, read by rules: nothing is guessed, and what is not read is told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ..core.objective import Direction
from ..core.parameters import Choice
from ..errors import InputError
from ..text.cleaning import clean
from .amounts import NUMBER, amount
from .drafts import Draft
from .fulfilment import apply_intents, refused
from .mentions import Mentions
from .phrases import Kind, phrases
from .wishes import LIMITS, Aim, EarlyStopping, Intent, Limit, Options, Range, Selection

MOST_CHARACTERS = 4000
_QUICK_TRIALS = 20
_MOST_TOLD = 20  # Phrases that were not read.
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
    reader = _Reader(draft, plain(request))
    reader.read()
    draft = apply_intents(draft, reader.wishes)
    for phrase, reason in reader.unread[:_MOST_TOLD]:
        draft = refused(draft, phrase, reason)
    if more := reader.unread[_MOST_TOLD:]:
        draft = refused(draft, "; ".join(phrase for phrase, _ in more), f"these and others, {len(more)} in all.")
    return draft


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
        self.wishes: list[Intent] = []
        self.unread: list[tuple[str, str]] = []
        self.parameters = Mentions([*draft.space, *draft.skipped], text)
        self.metrics = Mentions(draft.measured, text, parts=True)
        self.options = _options(draft)

    def read(self) -> None:
        places: dict[str, int] = {}
        for kind, pattern in phrases(self.metrics, self.parameters, self.options):
            for match in pattern.finditer(self.left):
                start, end = match.span()
                if self._is_negated(start):
                    continue
                words = match[0].strip(" ,;")
                places.setdefault(words, start)
                try:
                    self.wishes += list(self._wishes(kind, match, words))
                except InputError as error:
                    self.unread.append((words, error.message))
                self.left = self.left[:start] + _READ * (end - start) + self.left[end:]
        self.wishes = sorted(dict.fromkeys(self.wishes), key=lambda wish: places[wish.words])
        # What no phrase has read, by clause.
        pieces = (piece for clause in _CLAUSE.split(self.left) for piece in clause.split(_READ))
        self.unread += [(piece.strip(" :,;."), "not understood.") for piece in pieces if says_something(piece)]

    def _is_negated(self, start: int) -> bool:
        """Tell whether a word before it in its clause, that no phrase has read, turns its meaning round."""
        begin = max((match.end() for match in _CLAUSE.finditer(self.text, 0, start)), default=0)
        return _NEGATION.search(self.left, begin, start) is not None

    def _wishes(self, kind: Kind, match: re.Match[str], words: str) -> Iterator[Intent]:
        """Yield what a phrase wants; its named parts are described in `phrases`."""
        said = {part: text for part, text in match.groupdict().items() if text}
        names = self.parameters.named(said.get("name", ""))
        metric = next(iter(self.metrics.named(said.get("metric", ""))), None)
        if "least" in said:
            raise InputError("a budget says the most that is spent, not the least.")
        match kind:
            case "limit":
                for name in LIMITS:
                    if name in said:
                        yield Limit(name=name, value=amount(said[name]) / (60 if name == "minutes" else 1), words=words)
            case "fact":
                raise InputError("what a trial takes is no limit; say 'at most' where it is one.")
            case "target":
                way: Direction | None = "minimize" if "below" in said else "maximize" if "above" in said else None
                yield Limit(name="target", value=amount(said["value"]), metric=metric, direction=way, words=words)
            case "minimize" | "maximize" | "improve":
                unknown = said.get("unknown", "").replace(" ", "_")
                yield Aim(metric=metric or unknown, direction=None if kind == "improve" else kind, words=words)
            case "range":
                ends = {end: amount(said[end]) for end in ("low", "high") if end in said}
                yield from (Range(parameter=name, words=words, **ends) for name in names)
            case "numbers":
                values = tuple(map(_whole, map(amount, re.findall(NUMBER, said["numbers"], re.I))))
                yield from (Options(parameter=name, options=values, words=words) for name in names)
            case "words":
                yield from self._choices(said["words"], names, words)
            case "only" | "leave" | "also":
                yield Selection(action=kind, parameters=self.parameters.named(said["names"]), words=words)
            case "rest":
                if not any(isinstance(wish, Selection) and wish.action == "only" for wish in self.wishes):
                    raise InputError("it is not said what is to be tuned.")
            case "early" | "quick":
                if kind == "quick" and not any(isinstance(w, Limit) and w.name == "trials" for w in self.wishes):
                    yield Limit(name="trials", value=_QUICK_TRIALS, words=words)
                yield EarlyStopping(words=words)

    def _choices(self, listed: str, names: tuple[str, ...], words: str) -> Iterator[Intent]:
        """Yield the options that are listed for parameters; without a name, for those that can take the first."""
        said = re.findall("|".join(sorted(map(re.escape, self.options), key=len, reverse=True)), listed, re.I)
        meant = [self.options[word.lower()] for word in said]
        for name in names or meant[0]:
            if not all(name in spellings for spellings in meant):
                raise InputError(f"{name} has no such value.")
            options = dict.fromkeys(spellings[name] for spellings in meant)
            yield Options(parameter=name, options=tuple(options), words=words)


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _options(draft: Draft) -> dict[str, dict[str, str]]:
    """Return the words that parameters can take as a value: for each, the parameters that do, with their spelling."""
    found: dict[str, dict[str, str]] = {}
    for name, parameter in draft.space.items():
        options = parameter.options if isinstance(parameter, Choice) else ()
        for option in (*options, draft.values.get(name)):
            if isinstance(option, str) and re.search(r"\w", option):
                found.setdefault(option.lower(), {})[name] = option
    return found
