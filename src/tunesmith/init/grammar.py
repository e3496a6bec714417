"""The phrases of a request that rules understand: limits, a target, metrics, parameters and ranges.

Every further phrase is one more way to misread a user. The rest is left to flags, study.toml and the language model.
A request is one line when it is read: runs of blanks are one blank, and there are no quotation marks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import partial

from ..core.objective import Direction
from ..errors import InputError
from .intents import Action, Improve, Intent, LimitName, SelectParameters, SetLimit, SetRange
from .name_matching import NameMatcher

Phrase = tuple[str, Callable[[re.Match[str]], list[Intent]]]
"""A pattern, and what turns a match of it into intents."""

_ARTICLES = {"half an": 0.5, "an": 1, "a": 1}
_COUNTS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DIGITS = r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*\.?[0-9]+)(?:e[-+]?[0-9]+)?"
_START, _END = r"(?<![\w.,-])", r"(?![\w%]|[.,][0-9])"
"""Around a number; `0,35` is none, as it could mean two things."""
_NUMBER = rf"(?:{_START}{_DIGITS}{_END})"
_COUNT = rf"(?:{_NUMBER}|{'|'.join(_COUNTS)})"
_UNIT = r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?!\w)"
_WORDS = "|".join(_ARTICLES | _COUNTS)
_DURATION = rf"(?:(?:{_START}{_DIGITS} ?|(?:{_WORDS}) ){_UNIT}(?: ?[0-9]+ ?{_UNIT})?(?! and a half))"
_TRIALS = r"(?:trials?|runs?)"
_MOST = (
    r"(?:(?:at (?:the )?most|up to|max(?:imum)?(?: of)?|no(?:t)? (?:more|longer) than|less than|under|within|for|in|"
    r"about|around|exactly|only|(?:stop|end) after) )?"
)
_ARTICLE = r"(?:(?:the|my|its|our|all|of|both) )*"
_AND = r"(?:, and |, | and | & |/)"
_TUNE = r"(?:tune|search|vary|optimi[sz]e)"
_UNCHANGED = r"(?: (?:as (?:it is|they are|is)|alone|fixed|constant|unchanged|out))?"


def phrases(metrics: NameMatcher, parameters: NameMatcher) -> Iterator[Phrase]:
    """Yield the phrases in the order in which they are searched for, regardless of case.

    Args:
        metrics: The names of the script's metrics.
        parameters: The names of the draft's parameters.
    """
    yield from _limits()
    yield from _metrics(metrics)
    yield from _parameters(parameters)
    yield rf"{_MOST}(?P<value>{_DURATION})", partial(_limit, "minutes")


def _limits() -> Iterator[Phrase]:
    per_trial = rf"(?:(?:per|for (?:each|every|one|a)|each|every|a) {_TRIALS}|each)"
    yield rf"{_MOST}(?P<value>{_DURATION}) {per_trial}", partial(_limit, "seconds_per_trial")
    together = r"(?:at once|at the same time|in parallel)"
    yield rf"{_MOST}(?P<value>{_COUNT}) (?:{_TRIALS} )?{together}", partial(_limit, "parallel")
    yield rf"{_MOST}(?P<value>{_COUNT}) {_TRIALS}", partial(_limit, "trials")
    yield rf"{_MOST}\$ ?(?P<value>{_DIGITS}{_END})", partial(_limit, "usd")
    yield rf"{_MOST}(?P<value>{_COUNT}) (?:dollars?|usd)", partial(_limit, "usd")
    yield rf"(?:stop|end) at (?P<value>{_NUMBER})|(?:a )?target(?: of|:| is)? (?P<target>{_NUMBER})", _target


def _metrics(metrics: NameMatcher) -> Iterator[Phrase]:
    known = rf"{_ARTICLE}(?P<metric>{metrics.pattern})"
    any_name = rf"{_ARTICLE}(?P<metric>{metrics.pattern}|[a-z]\w*(?:[/.-]\w+)*)"
    yield rf"(?:improve|optimi[sz]e) {known}", partial(_improve, metrics, None)
    ways: tuple[tuple[Direction, str, str], ...] = (
        ("minimize", "minimi[sz]e|reduce|lower", "small|low"),
        ("maximize", "maximi[sz]e|increase|raise", "large|high|big"),
    )
    for direction, verbs, adjectives in ways:
        yield rf"(?:{verbs}) {any_name}", partial(_improve, metrics, direction)
        size = rf"(?:as )?(?:{adjectives})(?:e?r)?(?: as possible)?"
        yield rf"make {any_name} {size}", partial(_improve, metrics, direction)


def _parameters(parameters: NameMatcher) -> Iterator[Phrase]:
    name, is_ = rf"(?P<name>{parameters.pattern})", r"(?: (?:is|should be|must be))?"
    low, high = rf"(?P<low>{_NUMBER})", rf"(?P<high>{_DIGITS}{_END})"
    between = rf"{is_}(?: (?:in|from|between|within)| ?[:=])? ?[\[(]?{low}(?: and | to |, | ?- ?){high}[\])]?"
    yield rf"{name}{between}", partial(_range, parameters)
    yield rf"{name}{is_} (?:up to|at most|no more than|below|under|max|<=?) {high}", partial(_range, parameters)
    yield rf"{name}{is_} (?:at least|no less than|above|over|min|>=?) {low}", partial(_range, parameters)
    names = rf"(?P<names>{_ARTICLE}{parameters.pattern}(?:{_AND}{_ARTICLE}{parameters.pattern})*)"
    rest = rf"[,.;]? (?:and )?(?:keep|leave) (?:the rest|everything else|the others){_UNCHANGED}"
    alone = rf"(?: only| and nothing else|{rest})"
    yield rf"(?:{_TUNE} only|only(?: {_TUNE})?) {names}{alone}?", partial(_select, parameters, "only")
    yield rf"{_TUNE} {names}{alone}", partial(_select, parameters, "only")
    never = r"(?:do not|don'?t|never) (?:touch|tune|change|vary)"
    yield rf"(?:{never}|keep|leave|fix|freeze) {names}{_UNCHANGED}", partial(_select, parameters, "leave")
    yield rf"(?:everything|all) (?:but|except) {names}", partial(_select, parameters, "leave")
    yield rf"(?:also )?{_TUNE} {names}(?: too)?", partial(_select, parameters, "also")


def _limit(name: LimitName, match: re.Match[str]) -> list[Intent]:
    value = _amount(match["value"]) / (60 if name == "minutes" else 1)
    return [SetLimit(name=name, value=value, words=match[0])]


def _target(match: re.Match[str]) -> list[Intent]:
    return [SetLimit(name="target", value=_amount(match["value"] or match["target"]), words=match[0])]


def _improve(metrics: NameMatcher, direction: Direction | None, match: re.Match[str]) -> list[Intent]:
    names = metrics.names_in(match["metric"]) or (match["metric"],)
    return [Improve(metric=names[0], direction=direction, words=match[0])]


def _range(parameters: NameMatcher, match: re.Match[str]) -> list[Intent]:
    bounds = {end: _amount(text) for end, text in match.groupdict().items() if end != "name"}
    return [SetRange(parameter=name, words=match[0], **bounds) for name in parameters.names_in(match["name"])]


def _select(parameters: NameMatcher, action: Action, match: re.Match[str]) -> list[Intent]:
    return [SelectParameters(action=action, parameters=parameters.names_in(match["names"]), words=match[0])]


def _amount(text: str) -> float:
    """Return a number, or the seconds of a duration.

    Raises:
        InputError: It is too large for a number.

    >>> _amount("1e-5"), _amount("1,000"), _amount("ten"), _amount("1h 30m"), _amount("half an hour")
    (1e-05, 1000.0, 10.0, 5400.0, 1800.0)
    """
    total = 0.0
    for number, unit in re.findall(rf"({_DIGITS}|{_WORDS}) ?([a-z]*)", text.lower()):
        count = (_ARTICLES | _COUNTS).get(number)
        total += (float(number.replace(",", "")) if count is None else count) * _SECONDS.get(unit[:1], 1)
    if not math.isfinite(total):
        raise InputError(f"a number must be finite, but {text:.40} is not.")
    return float(f"{total:.12g}")
