"""The phrases of a request about time series that rules understand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from ...init.name_matching import NameMatcher
from ...series.scores import ALIASES, SCORES
from ...series.span import Span
from ..request_families import OF_SERIES
from ..request_grammar import (
    AT_MOST,
    COUNT,
    TIME_UNIT,
    Phrase,
    budget_phrases,
    column_phrases,
    explained_phrases,
    family_phrases,
    metric_phrases,
    several_of,
    size_phrases,
    word_matcher,
)
from ..request_settings import MetricMatcher, Setting, amount, columns_of, seconds_of, told, whole_of
from .request_countries import CODE, COUNTRY, code_of

_SPAN_UNIT = (
    r"(?:steps?|periods?|seconds?|minutes?|hours?|(?:working |business )?days?|weeks?|months?|quarters?|years?)"
)
_NUMBER = rf"(?P<count>{COUNT})[ -]"
_NEXT = r"(?:next|coming|following|upcoming)"
_FREQUENCIES = {
    r"every second|secondly": "every second",
    r"every minute|minutely": "every minute",
    r"hourly|every hour": "hourly",
    r"daily|every day|day[ -]level": "daily",
    r"weekly|every week": "weekly",
    r"monthly|every month": "monthly",
    r"quarterly|every quarter": "quarterly",
    r"yearly|annual(?:ly)?|every year": "yearly",
}
FREQUENCIES = tuple(_FREQUENCIES.values())
"""How often there is a value, in the words of `Frequency.words`."""
_OFTEN = rf"(?P<often>{'|'.join(_FREQUENCIES)})"
_COUNTRY = rf"(?P<country>{COUNTRY})"
_FORECAST = r"(?:forecast(?:s|ing)?|predict(?:s|ing|ions?)?|project(?:ing|ions?)?|estimate|continue)"
_NOTHING = (
    r"(?:a |the |our )?(?:time[ -]?series|series|forecasts?|forecasting|future|ahead|horizon|steps?|"
    r"will (?:there )?be|(?:prediction |confidence )?intervals|quantiles|uncertainty|probabilistic|"
    r"seasonal(?:ity)?|trends?|history)"
)
"""Words that any forecast satisfies."""


def phrases(columns: Sequence[str], text: str) -> Iterator[Phrase]:
    """Yield the phrases in the order in which they are searched for, regardless of case.

    Args:
        columns: The names of the table's columns.
        text: The request.
    """
    names, parts = NameMatcher(columns, text), word_matcher(columns, text)
    yield from _horizons(names, parts)
    yield from _series(names, parts)
    yield from _known(names, parts)
    yield from column_phrases(names)
    yield from _backtests()
    yield from _speed()
    yield from size_phrases()
    yield from explained_phrases()
    yield from family_phrases(OF_SERIES)
    yield from metric_phrases(MetricMatcher(dict.fromkeys(SCORES, False), ALIASES, text))
    yield from budget_phrases()
    yield from _targets(names, parts)
    yield rf"(?:at )?{_OFTEN}(?: (?:data|values|steps|frequency|series|totals?))?", _frequency_of
    yield from _wishes()
    yield r"(?:a )?(?:time[ -]?series )?forecast(?:s|ing)?(?: (?:task|problem|model))?|(?:a )?time[ -]?series", _task_of
    yield _NOTHING, lambda match: []


def _horizons(names: NameMatcher, parts: NameMatcher) -> Iterator[Phrase]:
    """Yield how far to forecast; where the words are those of a target, also that."""
    span = rf"(?:{_NUMBER}(?P<unit>{_SPAN_UNIT})|(?P<unit>(?:week|month|quarter|year|day|hour)))"
    within = r"(?:(?:for|over|in|within|during|of) )?(?:the )?"
    for matcher in (names, parts):
        # "the next 28 days of sales", "28 days of daily sales"
        yield (
            rf"{_FORECAST} (?:me )?(?:the )?(?:{_NEXT} {span}|{_NUMBER}(?P<unit>{_SPAN_UNIT}))(?: of| in| for|'s?) "
            rf"(?:the |our )?(?:{_OFTEN} )?{several_of(matcher)}",
            partial(_horizon_of, matcher),
        )
        yield (
            rf"(?:a |an |the )?{_NUMBER}(?P<unit>{_SPAN_UNIT})[ -](?:ahead )?forecasts? (?:of|for) (?:the |our )?"
            rf"{several_of(matcher)}",
            partial(_horizon_of, matcher),
        )
        yield rf"(?:{_FORECAST} )?(?:the |our )?{several_of(matcher)} {_NEXT} {span}", partial(_horizon_of, matcher)
    yield rf"{within}{_NEXT} {span}", partial(_horizon_of, None)
    yield (
        rf"(?:for |by )?(?:up to )?{_NUMBER}(?P<unit>{_SPAN_UNIT})(?:'s?)? "
        r"(?:ahead|out|in advance|into the future|forward)",
        partial(_horizon_of, None),
    )
    yield (
        rf"(?:with )?(?:a |the )?(?:forecast(?:ing)? )?horizon(?: is| of|:| =)? ?(?P<count>{COUNT})"
        rf"(?:[ -](?P<unit>{_SPAN_UNIT}))?",
        partial(_horizon_of, None),
    )
    yield (
        rf"(?:a |an |the )?{_NUMBER}(?P<unit>{_SPAN_UNIT})[ -](?:ahead )?(?:horizon|forecasts?)",
        partial(_horizon_of, None),
    )
    yield rf"{_FORECAST} {_NUMBER}(?P<unit>{_SPAN_UNIT})", partial(_horizon_of, None)


def _horizon_of(targets: NameMatcher | None, match: re.Match[str]) -> list[Setting] | None:
    """Return the horizon, with the task and perhaps the target; None for a part of a step."""
    count = amount(told(match, "count") or "1")
    if count != int(count) or count < 1:
        return None
    unit = (told(match, "unit") or "step").lower().split()[-1].removesuffix("s").replace("period", "step")
    span = Span.parse(f"{int(count)} {unit}")
    settings = [Setting(name="horizon", value=int(count) if unit == "step" else str(span), words=match[0])]
    settings += _task_of(match)
    settings += _frequency_of(match) if told(match, "often") else []
    if targets is not None and (found := targets.names_in(told(match, "columns"))):
        settings.append(Setting(name="target", value=found, words=match[0]))
    return settings


def _task_of(match: re.Match[str]) -> list[Setting]:
    return [Setting(name="task", value="forecasting", words=match[0])]


def _frequency_of(match: re.Match[str]) -> list[Setting]:
    often = told(match, "often")
    value = next(words for pattern, words in _FREQUENCIES.items() if re.fullmatch(pattern, often, re.I))
    return [Setting(name="frequency", value=value, words=match[0])]


def _series(names: NameMatcher, parts: NameMatcher) -> Iterator[Phrase]:
    """Yield which columns tell series apart, and which country's holidays count."""
    for matcher in (names, parts):
        several = several_of(matcher)
        one = rf"(?:the )?(?:columns? )?{matcher.pattern}"
        yield (
            rf"(?:{_OFTEN} )?(?:per|(?:for|of|in|at) (?:each|every)|each|every|grouped by|group by|by) "
            rf"(?P<columns>{one}(?: (?:and|&|and each|and every|and per) {one})*)",
            partial(_ids_of, matcher),
        )
        yield rf"{several} (?:names?|tells? apart|identif(?:y|ies)) (?:the |each )?series", partial(_ids_of, matcher)
    yield (
        rf"(?:with |use |using |consider(?:ing)? )?(?:the )?(?:(?:public |bank )?holidays (?:of|in|for) {_COUNTRY}|"
        rf"{_COUNTRY} (?:public |bank )?holidays)",
        _country_of,
    )
    yield rf"country(?: is|:| =)? ?(?P<country>{CODE})", _country_of


def _ids_of(names: NameMatcher, match: re.Match[str]) -> list[Setting]:
    ids = Setting(name="id", value=names.names_in(told(match, "columns")), words=match[0])
    return [ids, *(_frequency_of(match) if told(match, "often") else [])]


def _country_of(match: re.Match[str]) -> list[Setting]:
    return [Setting(name="country", value=code_of(told(match, "country")), words=match[0])]


def _known(names: NameMatcher, parts: NameMatcher) -> Iterator[Phrase]:
    for matcher in (names, parts):
        several = several_of(matcher)
        yield (
            rf"{several} (?:is|are) (?:all )?known(?: (?:ahead|in advance|beforehand|for the future))?",
            partial(columns_of, matcher, "known"),
        )
        yield rf"known (?:ahead|in advance|beforehand)(?: is| are|:)? {several}", partial(columns_of, matcher, "known")


def _backtests() -> Iterator[Phrase]:
    value = rf"(?P<value>{COUNT})"
    yield (
        rf"(?:backtest(?:ed|ing)?|validat(?:e|ed|ion)) (?:on|over|with|in) (?:the last )?{value} windows?",
        partial(whole_of, "windows"),
    )
    yield rf"(?:with )?{value} (?:backtest )?windows?", partial(whole_of, "windows")


def _speed() -> Iterator[Phrase]:
    within = rf"{AT_MOST}(?P<value>{COUNT}) ?(?P<time>{TIME_UNIT})"
    yield (
        rf"(?:each |a )?forecasts?(?: must)? (?:takes? |ready |done |made )?{within}",
        partial(_limit_of, "forecast_seconds"),
    )
    yield rf"(?:each|every|a) model (?:must )?(?:trains?|fits?|takes?) {within}", partial(_limit_of, "fit_seconds")


def _limit_of(name: str, match: re.Match[str]) -> list[Setting]:
    return [Setting(name="limits", value=(f"{name} <= {seconds_of(match):g}",), words=match[0])]


def _wishes() -> Iterator[Phrase]:
    notes = {"fast": "to forecast", "quick": "to train"}
    for wish, pattern in {
        "small": r"(?:a )?(?:small|tiny|compact|light-?weight)",
        "fast": r"(?:fast|quick|rapid|instant)(?: at| to)? (?:predict(?:s|ions?|ing)?|forecasts?|inference)|"
        r"(?:predicts?|forecasts?) (?:fast|quickly)|real[ -]?time",
        "quick": r"(?:fast|quick|quickly)(?: training| to train)?|trains? (?:fast|quickly)|(?:fast|quick) models?",
    }.items():
        yield (
            pattern,
            lambda match, wish=wish: [  # type: ignore[misc]
                Setting(name="wishes", value=(wish,), words=match[0], note=notes.get(wish, ""))
            ],
        )


def _targets(names: NameMatcher, parts: NameMatcher) -> Iterator[Phrase]:
    between = (
        r"(?: (?:the|a|an|our|my|their|its|each|how|much|many|what|will|be|of|in|new|future|expected|value|number|"
        r"values|level|column|target|total|sum|series|demand|amount))*"
    )
    often = rf"(?: {_OFTEN})?"
    for matcher in (names, parts):
        several = several_of(matcher)
        yield (
            rf"(?P<verb>{_FORECAST}|how (?:much|many))(?: of)?{between}{often}{between} {several}",
            partial(_target_of, matcher),
        )
        is_target = r"(?:the )?(?:target|dependent variable|goal)(?: column| variable)?"
        yield rf"{is_target}(?: is| are|:| =| of)? ?{several}", partial(_target_of, matcher)
        yield rf"{several} (?:is|are) (?:the |our )?targets?", partial(_target_of, matcher)
        yield rf"(?:{_OFTEN} )?{several} (?P<verb>forecast)(?:s|ing)?(?: model)?", partial(_target_of, matcher)


def _target_of(names: NameMatcher, match: re.Match[str]) -> list[Setting]:
    settings = [Setting(name="target", value=names.names_in(told(match, "columns")), words=match[0])]
    settings += _task_of(match) if told(match, "verb").lower().startswith("forecast") else []
    return settings + (_frequency_of(match) if told(match, "often") else [])
