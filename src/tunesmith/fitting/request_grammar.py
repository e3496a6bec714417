"""The phrases of a request to `fit` that rules understand; every further one is one more way to misread a user."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ..data.scores import ALIASES, SCORES
from ..init.name_matching import NameMatcher
from ..init.name_words import option_words
from .request_families import OF_TABLES, FamilyNames
from .request_settings import (
    COUNTS,
    MetricMatcher,
    Setting,
    column_of,
    columns_of,
    family_of,
    latency_of,
    memory_of,
    metric_of,
    minutes_of,
    quality_of,
    size_of,
    target_of,
    told,
    whole_of,
)

_NUMBER = r"(?:(?<![\w.,-])(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*\.?[0-9]+)(?![.,][0-9]))"
COUNT = rf"(?:{_NUMBER}|(?:{'|'.join(sorted(COUNTS, key=len, reverse=True))})(?= ))"
_SHORT = r"(?:ms|msecs?|milli ?seconds?|µs|μs|us|micro ?seconds?)"
TIME_UNIT = r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)"
_BYTES = r"(?P<unit>[kmg])(?:i?b|(?:ilo|ega|iga)?bytes?)"
AT_MOST = (
    r"(?:(?:in )?(?:at (?:the )?most|up to|max(?:imum|imal)?(?: of)?|not? (?:more|longer|larger|bigger|slower) than|"
    r"(?:less|smaller|faster|quicker|lower) than|within|under|below|in|for|about|around|<=?) ?)"
)
_LEAST = (
    r"(?:at (?:the )?least|not? (?:less|lower|worse) than|above|over|(?:more|better|higher) than|"
    r"min(?:imum)?(?: of)?|>=?)"
)
_IS = r"(?: (?:is|are|be|should be|must be|has to be|to be|of|stays?|kept|as|=))?"
_COLUMN = r"(?:the )?(?:columns? |field |variable |feature )?"
_ROW = r"(?:rows?|predictions?|requests?|records?|samples?|customers?|calls?|items?|cases?|examples?)"
_EXPLAINED = (
    r"(?:explainable|interpretable|understandable|transparent|readable|(?:white|glass)[ -]?box|explained|"
    r"explainability|interpretability|transparency)"
)


Phrase = tuple[str, Callable[[re.Match[str]], "list[Setting] | None"]]
"""A pattern, and what turns a match into settings; None where the match means nothing after all."""


def phrases(columns: Sequence[str], text: str) -> Iterator[Phrase]:
    """Yield the phrases in the order in which they are searched for, regardless of case.

    Args:
        columns: The names of the table's columns.
        text: The request.
    """
    names = NameMatcher(columns, text)
    yield from _rows(names)
    yield from column_phrases(names)
    yield from _speed()
    yield from size_phrases()
    yield from explained_phrases()
    yield from _wishes()
    yield from family_phrases(OF_TABLES)
    yield from metric_phrases(MetricMatcher({name: score.maximize for name, score in SCORES.items()}, ALIASES, text))
    yield from _tasks()
    yield from budget_phrases()
    yield from _targets(names, columns, text)


def _rows(names: NameMatcher) -> Iterator[Phrase]:
    """Yield what is said of the rows of a table: which belong together, how much they count, their classes."""
    one = _one(names)
    yield rf"(?:group(?:ed)? (?:rows )?by|groups? (?:are|is|in|by)|split by) {one}", partial(column_of, names, "group")
    yield (
        rf"(?:keep )?(?:all )?(?:the )?(?:rows|records|visits) (?:of|with) (?:the|one|a) (?:same )?{one}(?: stay)?"
        r" (?:together|in one fold|in the same fold)",
        partial(column_of, names, "group"),
    )
    yield rf"{one} is (?:the|a) group(?:ing)?(?: column)?", partial(column_of, names, "group")
    yield rf"weight(?:ed|s)?(?: rows| are| is)? (?:by|with|in) {one}", partial(column_of, names, "weight")
    yield rf"{one} (?:is|holds|has) (?:the|a) (?:sample |row )?weights?", partial(column_of, names, "weight")
    yield (
        r"(?:the )?(?:positive class|class of interest|interesting class)(?: is| =|:)? ?(?P<class>[\w.+-]+)",
        lambda match: [Setting(name="positive", value=told(match, "class"), words=match[0])],
    )


def column_phrases(names: NameMatcher) -> Iterator[Phrase]:
    """Yield what is said of columns of any data: the time, what names a row, and what must not be used."""
    one, several = _one(names), several_of(names)
    yield rf"(?:time|date) (?:column )?(?:is|are in|in|:|=) ?{one}", partial(column_of, names, "time")
    yield rf"{one} is (?:the|a) (?:time|date|timestamp)(?: column)?", partial(column_of, names, "time")
    yield rf"(?:order(?:ed)?|sort(?:ed)?|split) (?:in time )?by (?:time|date) {one}", partial(column_of, names, "time")
    yield rf"(?:ordered|sorted) by {one}|validate on later {one}", partial(column_of, names, "time")
    yield rf"(?:the )?(?:id|key|identifier)(?: column)? (?:is|in|:|=) ?{one}", partial(columns_of, names, "id")
    yield rf"{one} is (?:just )?(?:the|an?) (?:row )?(?:id|key|identifier)", partial(columns_of, names, "id")
    never = r"(?:do not|don'?t|never|must not|may not|cannot|can'?t) (?:use|look at|consider|include|rely on)"
    out = r"(?:ignore|ignoring|exclude|excluding|drop|leave out|omit|without(?: using)?|except|disregard)"
    yield rf"(?:{never}|{out}) {several}", partial(columns_of, names, "exclude")


def _speed() -> Iterator[Phrase]:
    rows = rf"(?: ?(?:per|for|a|an|each|every|/) ?(?:(?P<rows>{_NUMBER}|thousand|million) ?)?{_ROW})"
    context = r"(?: (?:latency|inference(?: time)?|prediction time|response time|to predict|to answer))"
    asks = (
        r"(?:(?:predict(?:s|ions?|ing)?|inference|latency|scoring|prediction time|inference time|response time|"
        rf"answers?|responds?|response)(?: time| latency| takes?| take)?{_IS} )"
    )
    yield (
        rf"{asks}?{AT_MOST}?(?P<value>{COUNT}) ?(?P<time>{_SHORT}){context}?{rows}?{context}?",
        latency_of,
    )
    yield rf"{asks}{AT_MOST}(?P<value>{COUNT}) ?(?P<time>{TIME_UNIT}){rows}?", latency_of
    yield rf"{AT_MOST}(?P<value>{COUNT}) ?(?P<time>{TIME_UNIT}){rows}", latency_of


def size_phrases() -> Iterator[Phrase]:
    """Yield the memory of a trial and the size of the model."""
    memory = r"(?:memory|ram)"
    amount = rf"{AT_MOST}?(?P<value>{COUNT}) ?{_BYTES}"
    yield rf"{amount}(?: of)? {memory}|{memory}(?: use)?{_IS} {amount}", memory_of
    of_model = rf"(?:(?:the )?(?:model(?: size)?|size|file){_IS} )?"
    yield rf"{of_model}{amount}(?: (?:large|big|in size|model|on disk))?", size_of


def explained_phrases() -> Iterator[Phrase]:
    """Yield whether a person must be able to read the model."""
    unneeded = (
        r"(?:(?:it )?(?:needs? not|needn'?t|does(?: not|n'?t) (?:have|need) to|do(?: not|n'?t) need it to) be|"
        r"no need to be)"
    )
    yield (
        rf"{unneeded} {_EXPLAINED}",
        lambda match: [Setting(name="interpretable", value=False, words=match[0])],
    )
    yield (
        rf"(?:(?:it |which |that )?(?:must|should|needs? to|has to|have to) be )?{_EXPLAINED}|"
        r"(?:a )?(?:person|human|doctor|auditor|regulator|customer)s? (?:can|must|should|needs? to|has to) "
        r"(?:read|understand|follow|explain)(?: (?:it|the model))?",
        lambda match: [Setting(name="interpretable", value=True, words=match[0])],
    )


def _wishes() -> Iterator[Phrase]:
    for wish, pattern in {
        "small": r"(?:a )?(?:small|tiny|compact|light-?weight)",
        "fast": r"(?:fast|quick|rapid|instant)(?: at| to)? (?:predict(?:s|ions?|ing)?|inference|answers?|responses?)|"
        r"predicts? (?:fast|quickly)|low[ -]latency|real[ -]?time",
        "quick": r"(?:fast|quick) (?:training|to train)|trains? (?:fast|quickly)",
    }.items():
        yield (
            pattern,
            lambda match, wish=wish: [Setting(name="wishes", value=(wish,), words=match[0])],  # type: ignore[misc]
        )


def family_phrases(families: FamilyNames) -> Iterator[Phrase]:
    """Yield which families to try, to prefer or to avoid."""
    kind = rf"(?:an? |the |any )?(?:{families.pattern})(?: models?)?"
    several = rf"(?P<families>{kind}(?:(?:,? (?:and|or|nor) |, | & |/){kind})*)"
    never = (
        r"(?:no|not|without(?: using)?|avoid(?:ing)?|except(?: for)?|exclude|(?:do not|don'?t|never) (?:use|try|want))"
    )
    yield rf"{never} {several}", partial(family_of, families, "avoid")
    yield (
        rf"(?:prefer(?:ably|s)?|ideally|rather|favou?r|start with|first)(?: use| with)? {several}",
        partial(family_of, families, "prefer"),
    )
    # The name of a regression is that of a model, not of a task.
    yield (
        r"(?P<families>(?:logistic|linear|ridge|lasso|elastic[ -]net) regression)(?: model)?(?: for)?",
        partial(family_of, families, "families"),
    )
    only = (
        r"(?:(?:only|just|nothing but)(?: use| try)?|"
        r"(?:use|using|try|train|fit|with|must be|should be|has to be)(?: only| just)?)"
    )
    yield rf"{only} {several}(?: only)?|{several} only", partial(family_of, families, "families")


def metric_phrases(metrics: MetricMatcher) -> Iterator[Phrase]:
    """Yield what is to be improved, and how good the model must be."""
    metric = rf"(?P<metric>{metrics.pattern})(?: score)?"
    value = rf"(?P<value>{_NUMBER}) ?(?P<percent>%|percent)?"
    yield rf"(?:an? |the )?{metric}{_IS} {_LEAST} ?{value}", partial(quality_of, metrics, ">=")
    yield rf"{_LEAST} ?{value} (?:of )?{metric}", partial(quality_of, metrics, ">=")
    yield rf"(?:an? |the )?{metric}{_IS} {AT_MOST} ?{value}", partial(quality_of, metrics, "<=")
    larger, smaller = r"(?:maximi[sz]e|increase|raise|highest|largest)", r"(?:minimi[sz]e|reduce|lower|lowest|smallest)"
    yield rf"{larger} (?:the )?{metric}", partial(metric_of, metrics, True)
    yield rf"{smaller} (?:the )?{metric}", partial(metric_of, metrics, False)
    yield (
        r"(?:optimi[sz]e|improve|best|(?:judged?|measured?|scored?|evaluated?) (?:it |them )?(?:by|on|with|in))"
        rf"(?: for)? (?:the )?{metric}|(?:the )?metric(?: is|:| =)? ?{metric}|"
        rf"(?:use )?{metric} as (?:the )?metric",
        partial(metric_of, metrics, None),
    )


def _tasks() -> Iterator[Phrase]:
    kinds = {
        r"multi-?label(?: classification)?": "multilabel",
        r"binary(?: classification)?": "binary",
        r"multi-?class(?: classification)?": "multiclass",
        r"classification": "classification",
        r"regression": "regression",
    }
    for pattern, task in kinds.items():
        yield (
            rf"(?:(?:it |this )?is |as )?(?:an? )?{pattern}(?: (?:problem|task))?",
            lambda match, task=task: [Setting(name="task", value=task, words=match[0])],  # type: ignore[misc]
        )


def budget_phrases() -> Iterator[Phrase]:
    """Yield how long and how often models may be trained."""
    yield rf"{AT_MOST}?(?P<value>{COUNT}) (?:trials?|configurations|runs)", partial(whole_of, "trials")
    yield (
        rf"{AT_MOST}?(?P<value>{COUNT}) (?:trials )?(?:at once|in parallel|at the same time)",
        partial(whole_of, "parallel"),
    )
    yield (
        rf"(?:(?:trains?|training|done|ready|finish(?:ed)?|result|time(?: budget)?|budget|takes?){_IS} )?"
        rf"{AT_MOST}?(?P<value>{COUNT}) ?"
        rf"(?P<time>{TIME_UNIT})(?: (?:of )?(?:training|time|budget|in total|total))?",
        minutes_of,
    )


def _targets(names: NameMatcher, columns: Sequence[str], text: str) -> Iterator[Phrase]:
    asks = (
        r"(?:(?:predict(?:s|ing|ion of)?|classify(?:ing)?|estimate|estimating|forecast(?:ing)?|"
        r"(?:an? )?models? (?:of|for)|guess|find out|tell(?: me)?|learn)"
    )
    between = (
        r"(?: (?:the|a|an|our|my|their|his|her|its|each|every|whether|if|when|which|who|what|how|much|many|will|would|"
        r"is|are|has|have|of|in|new|future|people|customers?|clients?|users?|patients?|passengers?|someone|somebody|"
        r"somebody'?s|houses?|persons?|likely|to|probability|chance|risk|value|number|values|level|column|target))*)"
    )
    after = r"(?: (?:of|for) (?:the |our |my |each |every |a |an |new )?(?!the |our )[a-z]+)?"
    matchers = [names, word_matcher(columns, text)]
    for matcher in matchers:
        yield rf"{asks}{between} {several_of(matcher)}{after}", partial(target_of, matcher)
        is_target = r"(?:the )?(?:target|label|outcome|response|dependent variable|goal)(?: column| variable)?"
        yield rf"{is_target}(?: is| are|:| =| of)? ?{several_of(matcher)}", partial(target_of, matcher)
        yield rf"{several_of(matcher)} (?:is|are) (?:the |our )?(?:target|label|outcome)s?", partial(target_of, matcher)
        yield (
            rf"{several_of(matcher)} (?:prediction|classifier|regression|classification)(?: model)?",
            partial(target_of, matcher),
        )


def _one(names: NameMatcher) -> str:
    return rf"{_COLUMN}(?P<columns>{names.pattern})(?: column)?"


def several_of(names: NameMatcher) -> str:
    """Return a pattern of one or several columns."""
    one = rf"{_COLUMN}{names.pattern}(?: column)?"
    return rf"(?P<columns>{one}(?:(?:, and |, | and | or | & ){one})*)"


def word_matcher(columns: Sequence[str], text: str) -> NameMatcher:
    """Return a matcher of columns by a word, or a form of one, that no other column has.

    So `price` is `SalePrice`, `churn` is `churned` and `survival` is `Survived`.
    """
    owners: dict[str, set[str]] = {}
    for name in columns:
        for word in option_words(name):
            owners.setdefault(_stem(word), set()).add(name)
    asked = {word.lower() for word in re.findall(r"[^\W\d_]{3,}", text)}
    alone = {word: owners.get(_stem(word), set()) for word in asked}
    return _Words({word: next(iter(names)) for word, names in alone.items() if len(names) == 1}, text)


def _stem(word: str) -> str:
    """Return what the forms of a word have in common.

    >>> {_stem(word) for word in ("survived", "survival", "survives", "surviving")}
    {'surviv'}
    """
    return re.sub(r"(?<=\w{4})(?:ed|ing|als?|ers?|es|s|e)$", "", word.lower())


class _Words(NameMatcher):
    """Finds words that stand for a column."""

    def __init__(self, columns: dict[str, str], text: str) -> None:
        super().__init__(columns, text)
        self._columns = columns

    def names_in(self, text: str) -> tuple[str, ...]:
        """Return the columns that a text names, in order, each once."""
        return tuple(dict.fromkeys(self._columns[word] for word in super().names_in(text)))


def compiled(pattern: str) -> re.Pattern[str]:
    """Return a phrase's pattern for search; groups of one name in several ways of saying it are numbered."""
    number = iter(range(1000))
    numbered = re.sub(r"\(\?P<(\w+)>", lambda group: f"(?P<{group[1]}_{next(number)}>", pattern)
    return re.compile(rf"(?<![\w])(?:{numbered})(?!\w)", re.I)
