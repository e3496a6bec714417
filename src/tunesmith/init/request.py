"""A user's request in plain words, applied to a draft. Nothing is guessed: what is not understood is reported."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ..errors import InputError
from ..text.cleaning import clean
from .apply_intents import apply_intents, refused
from .draft import Draft
from .grammar import phrases
from .intents import Intent
from .name_matching import NameMatcher

_MAX_CHARACTERS = 4000
_MAX_REPORTED = 20  # Clauses that were not understood.
_TYPED = str.maketrans("’‘–—", "''--", '"`“”„«»')
"""Typographic apostrophes and dashes as they are typed; quotation marks are deleted."""
_BOUNDARY = re.compile(r"(?<![0-9]),|,(?![0-9])|[;!?]|\.(?=\s|$)| (?:and|but|then) ")
_READ = "\0"
_FILLER = """
please i'd i want wanted would like you we us to the a an my our me it its it's is are and but or with of for in on so
that this then also just try use run tune tuning search find get let lets let's can could should study studies training
script program code parameter parameters hyperparameter hyperparameters value values good best better budget time total
as be need needs give take possible first hi hello thanks thank at most max maximum
"""
"""Words that carry no meaning of their own."""


def with_request(draft: Draft, request: str) -> Draft:
    """Return a draft with a user's request applied.

    Args:
        draft: The draft of the script.
        request: Plain words. They change what is searched, for what and for how long, and nothing that runs.

    Returns:
        The draft; `understood` says what each phrase became, `not_understood` which clauses had no effect, and why.

    Raises:
        InputError: The request is empty, or very long.
    """
    intents, rejected = _read(draft, plain(request))
    draft = apply_intents(draft, intents)
    for clause, reason in rejected[:_MAX_REPORTED]:
        draft = refused(draft, clause, reason)
    if more := rejected[_MAX_REPORTED:]:
        draft = refused(draft, "; ".join(clause for clause, _ in more), f"these and others, {len(more)} in all.")
    return draft


def plain(request: str) -> str:
    """Return a request on one line, without quotation marks and control characters.

    Raises:
        InputError: It is empty, or very long.
    """
    if len(request) > _MAX_CHARACTERS:
        raise InputError(
            f"a request must have at most {_MAX_CHARACTERS} characters, but this one has {len(request)}. Shorten it, "
            "and write the rest into the study.toml."
        )
    # A line may be wrapped anywhere; an empty line or a bullet begins another clause.
    parted = re.sub(r"\s*\n(?:\s*\n|\s*[-*•] )\s*", "; ", request.strip().removeprefix("- "))
    text = clean(unicodedata.normalize("NFKC", parted).translate(_TYPED))
    if not text:
        raise InputError("a request must say something, but this one is empty.")
    return " ".join(text.split())


def has_meaning(phrase: str) -> bool:
    """Tell whether a phrase has a word with a meaning of its own.

    >>> has_meaning("please try it with the"), has_meaning("walk the dog")
    (False, True)
    """
    words = [word for word in re.findall(r"[^\s()\[\]:=]+", phrase) if word.lower() not in _FILLER.split()]
    return any(re.search(r"\w", word) for word in words)


def is_quoted(phrase: str, request: str) -> bool:
    """Tell whether a phrase with a meaning occurs in a request, so that text in files cannot ask for a change.

    >>> is_quoted("Gentle  rates", "use gentle rates"), is_quoted("the", "use the rates")
    (True, False)
    """
    bare = " ".join(re.findall(r"[^\s\"'`]+", phrase)).lower()
    return has_meaning(bare) and bare in " ".join(re.findall(r"[^\s\"'`]+", request)).lower()


def _read(draft: Draft, text: str) -> tuple[list[Intent], list[tuple[str, str]]]:
    """Return the intents of a request, and the clauses that are rejected with the reason.

    A clause is taken as a whole or not at all, since a word that is not understood may reverse its meaning.
    """
    parameters = NameMatcher([*draft.space, *draft.skipped], text)
    metrics = NameMatcher(draft.metric_names, text, parts=True)
    unread, matches = text, []
    for pattern, intents_of in phrases(metrics, parameters):
        for match in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", unread, re.I):
            matches.append((match, intents_of))
            unread = unread[: match.start()] + _READ * len(match[0]) + unread[match.end() :]
    intents: list[Intent] = []
    rejected = []
    for start, end in _clauses(unread):
        if has_meaning(unread[start:end].replace(_READ, " ")):
            rejected.append((text[start:end].strip(" :,;."), "not understood."))
            continue
        for match, intents_of in sorted(matches, key=lambda entry: entry[0].start()):
            if start <= match.start() < end:
                try:
                    intents += intents_of(match)
                except InputError as error:
                    rejected.append((match[0], error.message))
    return list(dict.fromkeys(intents)), rejected


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        yield start, boundary.start()
        start = boundary.end()
    yield start, len(text)
