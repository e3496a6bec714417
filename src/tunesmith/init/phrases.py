"""The phrases that a request is read by, each a kind and a pattern whose named parts say what is wanted.

A request is one line when it is read: runs of blanks are one blank, and quotation marks are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from .amounts import COUNT, DURATION, MONEY, NUMBER, SIZE
from .mentions import Mentions
from .metrics import METRIC_WORDS

Kind = Literal[
    "limit", "fact", "minimize", "maximize", "improve", "target", "range", "numbers", "words", "only", "leave", "also",
    "rest", "early", "quick",
]  # fmt: skip
Phrases = Iterator[tuple[Kind, str]]

_IS = r"(?: of|:| =| is)?"
_MOST = (
    rf"(?:(?:stop|end) after|(?:with )?(?:a |the )?(?:budget|limit|max(?:imum)?){_IS}|at (?:the )?most|max\.?|up to|"
    r"(?:no|not) (?:more|longer) than|less than|fewer than|(?:do not|don'?t) (?:exceed|(?:run|spend|use|take) "
    r"(?:more|longer) than)|under|within|below|about|around|roughly|exactly|for|in|only|just|run|do)"
)
_LEAST = r"(?P<least>at least|more than|(?:no|not) (?:less|fewer) than|(?:a )?min(?:imum)?(?: of)?|longer than)"
_BOUND = rf"(?:{_MOST} |{_LEAST} ){{0,3}}"
_FROM = r"(?:between [0-9.]+ and |(?:from )?(?<![\w.,-])[0-9.]+ ?(?:to |- ?))?"  # Of two amounts the larger one bounds.
_ENDS = r"(?: (?:in total|altogether|overall))?(?: at (?:the )?most| max(?:imum)?)?"
_TRIALS = r"(?:trials?|runs?|configurations?|configs?|evaluations?|experiments?|attempts?|tries)(?!\w)"
_ONE_TRIAL = r"(?:each|every|a|one|any|per) (?:single )?(?:trial|run|training)"
_TOGETHER = r"(?:at once|at (?:a|the same) time|in parallel|side by side|concurrently|simultaneously)"
_GAIN = r"(?:any |an |a )?(?:improvements?|progress|gains?|new best|getting better)"
_END = r"(?:(?:stop|end|give up) (?:early )?)?(?:(?:after|if|when) )?(?:there is )?"
_UNITS = rf"{_TRIALS}|{_TOGETHER}|gi?b|mi?b|dollars?|usd|cents?|seconds?|secs?|min|minutes?|hours?|days?"
_VALUE = rf"{NUMBER}(?! ?(?:{_UNITS})(?!\w))"
"""A number of a parameter or a metric."""
_ARTICLE = r"(?:(?:the|my|its|our|all|of|both) )*"
_AND = r"(?:, and |, or |, | and | or | & | \+ |/|,)"
_FEWER = r"<=?|under|below|(?:less|lower|smaller) than|at most|no (?:more|higher|larger) than|not (?:above|over)"
_MORE = (
    r">=?|over|above|(?:more|higher|larger|greater) than|at least|no (?:less|lower|smaller) than|not (?:below|under)"
)
_REACHES = r"(?: ?(?:is|was|(?:has )?reache[sd]|hits|gets?|goes|drops|falls|rises|climbs|stays|=|:|at|to)(?![a-z]))*"
_TUNE = r"(?:tune|search|vary|change|optimi[sz]e|explore|adjust|touch|try)"
_TUNING = r"(?:touch|tun|chang|vary|search|modify|alter|adjust)(?:e|ing)?"
_AS_IT_IS = (
    r"(?: (?:as (?:it is|they are|is)|at (?:its|their) (?:present |current )?values?|alone|fixed|constant|unchanged|"
    r"out|the same|untouched))*"
)


def phrases(metrics: Mentions, parameters: Mentions, options: Iterable[str]) -> Iterator[tuple[Kind, re.Pattern[str]]]:
    """Yield the phrases in the order in which they are looked for; they match whole words, in any case.

    Args:
        metrics: The names of what the script measures.
        parameters: The names of what can be tuned.
        options: The words that some parameters can take as a value.
    """
    for listed in (_limits(), _metrics(metrics), _parameters(parameters, options), _last()):
        for kind, pattern in listed:
            yield kind, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.I)


def _limits() -> Phrases:
    """Yield what bounds a study, the more special phrases first; each part is named as the limit."""
    yield (
        "fact",
        rf"(?:{_ONE_TRIAL} (?:takes?|needs?|lasts?)|each taking|taking) (?:about |around |roughly )?{DURATION}",
    )
    time = rf"(?P<seconds_per_trial>{DURATION})"
    per = r"(?:(?:per|for (?:each|every|one|a)|each|every|a) (?:trial|run|training)|each)"
    yield "limit", rf"{_BOUND}{time} {per}{_ENDS}"
    may = r"(?:(?:may|must|should|can|is to|has to|not|takes?|be|gets?|lasts?|runs?|needs?) )*"
    yield "limit", rf"no (?:single )?(?:trial|run) {may}(?:longer|more) than {time}"
    yield "limit", rf"{_ONE_TRIAL} {may}{_BOUND}{time}"
    count = rf"(?P<patience>{COUNT})"
    yield "limit", rf"patience{_IS} {count}(?: {_TRIALS})?"
    yield "limit", rf"{_END}{count} (?:{_TRIALS} )?(?:in a row )?(?:without|with no) {_GAIN}"
    yield "limit", rf"{_END}(?:no {_GAIN}|nothing (?:improves|gets better)) (?:for|in|after|within) {count} {_TRIALS}"
    yield "limit", r"(?P<parallel>one) (?:after (?:the other|another)|by one|at a time)"
    yield "limit", rf"{_BOUND}(?P<parallel>{COUNT}) (?:{_TRIALS} )?(?:running )?{_TOGETHER}"
    yield "limit", rf"{_BOUND}(?P<parallel>{COUNT}) (?:parallel|concurrent|simultaneous) (?:{_TRIALS}|jobs)"
    yield "limit", rf"parallel(?:ism)?{_IS} (?P<parallel>{NUMBER})"
    memory = rf"(?:(?:memory|ram)(?: limit)?{_IS} )?{_BOUND}(?P<memory_gb>{SIZE})(?: of)?(?: (?:memory|ram))?"
    yield "limit", rf"{memory}(?: {per})?"
    yield "limit", rf"(?:spend )?{_BOUND}(?P<usd>{MONEY})(?: (?:for|on) (?:the )?(?:language )?models?)?"
    yield "limit", rf"{_BOUND}{_FROM}(?P<trials>{COUNT}) (?:more )?{_TRIALS}{_ENDS}"
    yield "limit", rf"{_TRIALS}(?:[:=]| =| to) ?(?P<trials>{NUMBER})"


def _metrics(metrics: Mentions) -> Phrases:
    """Yield what is to be improved, and how far."""
    known = rf"(?P<metric>{metrics.pattern})"
    sounding = rf"(?:(?:validation|val|test|training|train) )?(?:{'|'.join(sorted(METRIC_WORDS))})"
    metric = rf"{_ARTICLE}(?:{known}|(?P<unknown>[a-z][a-z0-9]*(?:[_/.-][a-z0-9]+)+|{sounding}))"
    side = rf"(?:(?P<below>{_FEWER}|down to)|(?P<above>{_MORE}|up to))"
    value = rf"(?P<value>{_VALUE})"
    stop = (
        r"(?:(?:stop|end|finish|quit|done)(?: (?:it|the study|the search|tuning|searching|early))?"
        r"(?: (?:as soon as|once|when|if))?|until|till|(?:the |a )?target(?: value)?(?: of| for)?|reach|get to)"
    )
    better = r"(?: or (?:better|less|lower|more|higher))?"
    yield "target", rf"{stop}(?: (?:we|you|it))?(?: {_ARTICLE}{known}(?: of)?)?{_REACHES}(?: {side})? ?{value}{better}"
    yield "target", rf"{known} (?:of |(?:should|must|has to|is to) (?:be|get) )?{side} {value}(?: is (?:good )?enough)?"
    yield "target", rf"(?:get|bring|push) {_ARTICLE}{known} (?:up |down )?to {value}"
    good = r"(?:the best|a better|a good)"
    about = r"(?:care (?:only )?about|objective(?: is|:)|metric(?: is|:))"
    yield "improve", rf"(?:optimi[sz]e|improve|tune for|{about}|{good}) {metric}"
    ways: tuple[tuple[Kind, str, str, str, str], ...] = (
        ("minimize", "minimi[sz](?:e|ing)|reduce|lower|decrease|shrink", "down", "less", "small|low"),
        ("maximize", "maximi[sz](?:e|ing)|increase|raise", "up", "more", "larg|high|big"),
    )
    for way, verbs, to, more, size in ways:
        very = r"(?:to be )?(?:as )?(?:very |really )?"
        yield way, rf"(?:{verbs}|(?:bring|push) {to}) {metric}"
        yield way, rf"(?:make|get|keep|want|with) {metric} {very}(?:{to}|(?:{size})e?r?)(?: as (?:possible|you can))?"
        yield way, rf"(?:the )?(?:{size})e?(?:st)? (?:possible )?{metric}"
        yield way, rf"{known}(?: \(|, | where | - | )?(?:{more}|(?:{size})e?r) is better"


def _parameters(parameters: Mentions, options: Iterable[str]) -> Phrases:
    """Yield which parameters are tuned, and between which bounds."""
    name = rf"(?P<name>{parameters.pattern})"
    names = rf"(?P<names>{_ARTICLE}{parameters.pattern}(?:{_AND}{_ARTICLE}{parameters.pattern})*)"
    within = r"(?:values? )?(?:(?:should|must) (?:be|lie) |is |be )?(?:in|from|between|within|ranging from)"
    low, high = rf"[\[(]?(?P<low>{NUMBER})", rf"(?P<high>{_VALUE})[\])]?"
    yield "range", rf"{name} {within} (?:the range )?(?:of |from )?{low} ?(?:and|to|-|,|up to|down to) ?{high}"
    yield "range", rf"{name}(?: ?[:=])? ?{low} ?(?:to|-) ?{high}"
    among = r"(?:is |be |in |from |of |among |one of |either )*"
    yield "numbers", rf"{name}(?: ?[:=])? {among}(?P<numbers>{NUMBER}(?:{_AND}{NUMBER})*{_AND}{_VALUE})"
    for end, side, extreme in (("high", rf"up to|{_FEWER}", "max"), ("low", _MORE, "min")):
        bound = rf"(?P<{end}>{_VALUE})"
        yield "range", rf"{name} (?:(?:should|must|be|go) )*(?:{side}|{extreme}(?:imum)?(?: of)?) {bound}"
        yield "range", rf"{extreme}(?:imum|imal)? {_ARTICLE}{name}{_IS} {bound}"
    at = r"(?:fixed |constant )?(?:at |to |as |= |: |on )?"
    yield "numbers", rf"(?:keep|fix|hold|leave|set|use) {_ARTICLE}{name} ?{at}(?P<numbers>{_VALUE})"
    yield "numbers", rf"(?:keep|fix|set|use|with) (?:only )?(?P<numbers>{NUMBER}) {name}"
    word = "(?:" + ("|".join(sorted(map(re.escape, options), key=len, reverse=True)) or "(?!)") + ")"
    listed = rf"(?P<words>{word}(?:{_AND}{word})*)(?!\w)"
    among = r"(?:fixed )?(?:is |be |= |: |at |to |as |in |from |among |one of |either |only )*"
    yield "words", rf"(?:(?:keep|fix|leave|set|use|try|with|only) )?{_ARTICLE}{name} ?{among}{listed}"
    yield "words", rf"(?:keep|use|stick (?:to|with)) (?:only )?{_ARTICLE}{listed}(?: {name})?"
    only = rf"(?:(?:only|just) {_TUNE}|{_TUNE} (?:only|just)|only|(?:{_TUNE} )?nothing (?:else )?(?:but|except))"
    yield "only", rf"{only} {names}(?: and nothing else| only)?"
    yield "only", rf"{_TUNE} {names} (?:only|alone|and nothing else|and (?:leave|keep) the rest)"
    yield "leave", rf"(?:do not|don'?t|never|not|no need to|without) {_TUNING} {names}"
    yield "leave", rf"(?:keep|leave|fix|freeze|hold) {names}{_AS_IT_IS}"
    other = r"(?:everything|all)(?: parameters)? (?:but|except(?: for)?)|but not|except(?: for)?"
    yield "leave", rf"(?:{other}|ignore|exclude|skip) {names}"
    rest = r"(?:everything|all|anything|the) (?:else|others?|rest)"
    yield "rest", rf"(?:keep|leave|fix|do not touch|don'?t touch) {rest}{_AS_IT_IS}"
    yield "also", rf"(?:also )?{_TUNE} (?:also )?{names}(?: too| as well)?"


def _last() -> Phrases:
    """Yield what is read last, as its words may be part of a phrase of another kind."""
    clock = r"(?: of (?:wall(?:-| )clock )?time)?"
    yield "limit", rf"(?:(?:run|finish|be done|done) )?{_BOUND}{_FROM}(?P<minutes>{DURATION}){clock}{_ENDS}"
    bad = r"(?:hopeless|bad|poor|unpromising) (?:trials|runs|ones)"
    yield "early", rf"(?:with |use )?(?:early stopping|pruning|hyperband)|(?:stop|prune|kill) (?:the )?{bad}(?: early)?"
    start = (
        r"(?:be|make it|do it|keep it|something|a|as|find it) (?:quick(?:ly)?|fast)|quick(?:ly)?|(?:^|(?<=[,;.!] ))fast"
    )
    yield "quick", rf"(?:{start})(?: as possible)?(?: (?:look|search|study|run|one))?|in a hurry"
