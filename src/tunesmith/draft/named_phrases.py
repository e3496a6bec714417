"""The phrases about metrics and parameters, which are read by the names that a draft knows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .amounts import NUMBER
from .mentions import Mentions
from .metrics import METRIC_WORDS
from .phrases import NO_UNIT, Phrase, compiled

_FEWER = r"(?:<=?|under|below|less than|lower than|smaller than|at most|no more than|down to)"
_MORE = r"(?:>=?|over|above|more than|higher than|larger than|greater than|at least|no less than|up to)"
_SIDE = rf"(?:(?P<below>{_FEWER})|(?P<above>{_MORE}))"
_ARTICLE = r"(?:(?:the|my|its|our|all|of|both) )*"
_AND = r"(?:, and |, or |, | and | or | & | \+ |/|,)"
_TUNE = r"(?:tune|search|vary|change|optimi[sz]e|explore|adjust|touch|try)"
_TUNING = r"(?:touch|tun|chang|vary|search|modify|alter|adjust)(?:e|ing)?"
_UNKNOWN = (
    r"(?P<unknown>[a-z][a-z0-9]*(?:[_/.-][a-z0-9]+)+|(?:(?:validation|val|test|training|train) )?"
    rf"(?:{'|'.join(sorted(METRIC_WORDS))}))"
)
_REACHES = (
    r"(?: ?(?:is|was|reaches|reached|has reached|hits|gets?|goes|drops|falls|rises|climbs|stays|=|:|at|to)(?![a-z]))*"
)
_EXTREME = r"(?: as (?:possible|you can))?"


def metric_phrases(metrics: Mentions) -> list[Phrase]:
    """Return the phrases about what is to be improved, and how far."""
    known = rf"(?P<metric>{metrics.pattern})"
    metric = rf"{_ARTICLE}(?:{known}|{_UNKNOWN})"
    listed = [
        (
            "target",
            r"(?:(?:stop|end|finish|quit|done)(?: (?:it|the study|the search|tuning|searching|early))?"
            r"(?: (?:as soon as|once|when|if))?|until|till|(?:the |a )?target(?: value)?(?: of| for)?|reach|get to)"
            rf"(?: (?:we|you|it))?(?: {_ARTICLE}{known}(?: of)?)?{_REACHES}(?: {_SIDE})? ?(?P<value>{NUMBER}){NO_UNIT}"
            r"(?: or (?:better|less|lower|more|higher))?",
        ),
        (
            "target",
            rf"{known} (?:of |(?:should|must|has to|is to) (?:be|get) )?{_SIDE} (?P<value>{NUMBER}){NO_UNIT}"
            r"(?: is (?:good )?enough)?",
        ),
        ("target", rf"(?:get|bring|push) {_ARTICLE}{known} (?:up |down )?to (?P<value>{NUMBER}){NO_UNIT}"),
        ("minimize", rf"(?:minimi[sz]e|minimi[sz]ing|reduce|lower|decrease|shrink|bring down|push down) {metric}"),
        ("maximize", rf"(?:maximi[sz]e|maximi[sz]ing|increase|raise|push up) {metric}"),
        (
            "improve",
            r"(?:optimi[sz]e|improve|tune for|care (?:only )?about|objective(?: is|:)|metric(?: is|:)|the best|"
            rf"a better|a good) {metric}",
        ),
        (
            "minimize",
            rf"(?:make|get|keep|want|with) {metric} (?:to be )?(?:as )?(?:very |really )?(?:small|low|little|down)"
            + r"(?:er)?"
            + _EXTREME,
        ),
        (
            "maximize",
            rf"(?:make|get|keep|want|with) {metric} (?:to be )?(?:as )?(?:very |really )?(?:large|high|big|up)(?:e?r)?"
            + _EXTREME,
        ),
        ("minimize", rf"(?:the )?(?:lowest|smallest|least|minimal|low|small) (?:possible )?{metric}"),
        ("maximize", rf"(?:the )?(?:highest|largest|maximal|high) (?:possible )?{metric}"),
        ("minimize", rf"{known}(?: \(|, | where | - | )?(?:lower|smaller|less) is better"),
        ("maximize", rf"{known}(?: \(|, | where | - | )?(?:higher|larger|more) is better"),
    ]
    return list(compiled(listed))


def parameter_phrases(parameters: Mentions, options: Iterable[str]) -> list[Phrase]:
    """Return the phrases about which parameters are tuned, and between which bounds.

    Args:
        parameters: Their names.
        options: The words that some of them can take as a value.
    """
    name = rf"(?P<name>{parameters.pattern})"
    names = rf"(?P<names>{_ARTICLE}{parameters.pattern}(?:{_AND}{_ARTICLE}{parameters.pattern})*)"
    word = "(?:" + ("|".join(sorted(map(re.escape, options), key=len, reverse=True)) or "(?!)") + ")"
    listed_words = rf"(?P<words>{word}(?:{_AND}{word})*)(?!\w)"
    within = r"(?:values? )?(?:should (?:be|lie) |must (?:be|lie) |is |be )?(?:in|from|between|within|ranging from)"
    listed = [
        (
            "range",
            rf"{name} {within} (?:the range )?(?:of |from )?[\[(]?(?P<low>{NUMBER}) ?(?:and|to|-|\.\.+|through|,|up to|"
            rf"down to) ?(?P<high>{NUMBER})[\])]?{NO_UNIT}",
        ),
        (
            "range",
            rf"{name}(?: ?[:=])? ?[\[(]?(?P<low>{NUMBER}) ?(?:to|-|\.\.+|through) ?(?P<high>{NUMBER})[\])]?{NO_UNIT}",
        ),
        (
            "numbers",
            rf"{name}(?: ?[:=])? (?:is |be |in |from |of |among |one of |either )*"
            rf"(?P<numbers>{NUMBER}(?:(?:, or |, and |, | or | and |/){NUMBER})+){NO_UNIT}",
        ),
        (
            "upper",
            rf"{name} (?:(?:should|must) )?(?:be |go )?(?:up to|at most|below|under|no (?:more|higher|larger) than|"
            rf"max(?:imum)?(?: of)?|<=?|not (?:be |go )?(?:above|over)|less than|smaller than) (?P<high>{NUMBER})"
            + NO_UNIT,
        ),
        (
            "lower",
            rf"{name} (?:(?:should|must) )?(?:be )?(?:at least|over|above|no (?:less|lower|smaller) than|"
            rf"min(?:imum)?(?: of)?|>=?|more than|larger than|not (?:be |go )?(?:below|under)) (?P<low>{NUMBER})"
            + NO_UNIT,
        ),
        (
            "numbers",
            rf"(?:keep|fix|hold|leave|set|use) {_ARTICLE}{name} ?(?:fixed |constant )?(?:at |to |as |= |: |on )?"
            rf"(?P<numbers>{NUMBER}){NO_UNIT}",
        ),
        ("numbers", rf"(?:keep|fix|set|use|with) (?:only )?(?P<numbers>{NUMBER}) {name}"),
        ("upper", rf"max(?:imum|imal)? {_ARTICLE}{name} ?(?:of |is |= |: )?(?P<high>{NUMBER}){NO_UNIT}"),
        ("lower", rf"min(?:imum|imal)? {_ARTICLE}{name} ?(?:of |is |= |: )?(?P<low>{NUMBER}){NO_UNIT}"),
        (
            "words",
            rf"(?:(?:keep|fix|leave|set|use|try|with|only) )?{_ARTICLE}{name} ?(?:fixed )?"
            rf"(?:is |be |= |: |at |to |as |in |from |among |one of |either |only )*{listed_words}",
        ),
        ("words", rf"(?:keep|use|stick (?:to|with)) (?:only )?{_ARTICLE}{listed_words}(?: {name})?"),
        (
            "only",
            rf"(?:(?:only|just) {_TUNE}|{_TUNE} (?:only|just)|only|{_TUNE} nothing (?:but|except)|nothing (?:else )?"
            rf"(?:but|except)) {names}(?: and nothing else| only)?",
        ),
        ("only", rf"{_TUNE} {names} (?:only|alone|and nothing else|and (?:leave|keep) the rest)"),
        ("leave", rf"(?:do not|don'?t|never|not|no need to|without) {_TUNING} {names}"),
        (
            "leave",
            rf"(?:keep|leave|fix|freeze|hold) {names}(?: (?:as (?:it is|they are|is)|at (?:its|their) (?:present |"
            r"current )?values?|alone|fixed|constant|unchanged|out|the same|untouched))*",
        ),
        (
            "leave",
            r"(?:(?:everything|all)(?: parameters)? (?:but|except(?: for)?)|but not|except(?: for)?|ignore|exclude|"
            r"skip) " + names,
        ),
        (
            "rest",
            r"(?:keep|leave|fix|do not touch|don'?t touch) (?:everything|all|anything|the) (?:else|others?|rest)"
            r"(?: (?:alone|fixed|unchanged|the same|as (?:it|they) (?:is|are)))*",
        ),
        ("also", rf"(?:also )?{_TUNE} (?:also )?{names}(?: too| as well)?"),
    ]
    return list(compiled(listed))
