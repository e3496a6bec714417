"""The phrases of budgets and of the search that a request is read by, each a pattern with named parts.

A request is one line when it is read: runs of blanks are one blank, and quotation marks are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .amounts import COUNT, DURATION, NUMBER

_MOST = (
    r"(?:(?:stop|end) after|(?:with )?(?:a |the )?(?:budget|limit|max(?:imum)?)(?: of|:| =| is)?|at (?:the )?most|"
    r"max\.?|up to|(?:no|not) (?:more|longer) than|less than|fewer than|(?:do not|don'?t) (?:exceed|(?:run|spend|use|"
    r"take) (?:more|longer) than)|under|within|below|about|around|roughly|exactly|for|in|only|just|run|do)"
)
_LEAST = r"(?:at least|more than|(?:no|not) (?:less|fewer) than|(?:a )?min(?:imum)?(?: of)?|longer than)"
BOUND = rf"(?:{_MOST} |(?P<least>{_LEAST}) ){{0,3}}"
"""What stands before an amount that something is bounded by."""
_FROM = r"(?:between [0-9.]+ and |(?:from )?(?<![\w.,-])[0-9.]+ ?(?:to |- ?))?"  # Of two amounts the larger one bounds.
_AT_MOST = r"(?: at (?:the )?most| max(?:imum)?)?"
_TRIALS = r"(?:trials?|runs?|configurations?|configs?|evaluations?|experiments?|attempts?|tries)(?!\w)"
_ONE_TRIAL = r"(?:each|every|a|one|any|per) (?:single )?(?:trial|run|training)"
_TOGETHER = r"(?:at once|at (?:a|the same) time|in parallel|side by side|concurrently|simultaneously)"
NO_UNIT = (
    rf"(?! ?(?:{_TRIALS}|{_TOGETHER}|gi?b|mi?b|dollars?|usd|cents?|seconds?|secs?|min|minutes?|hours?|days?)(?!\w))"
)
"""Stands after a number that is one of a parameter or a metric."""
_GAIN = r"(?:any |an |a )?(?:improvements?|progress|gains?|new best|getting better)"
_END = r"(?:(?:stop|end|give up) (?:early )?)?"


@dataclass(frozen=True)
class Phrase:
    """One way to say something.

    Args:
        kind: What it says.
        pattern: How it reads.
    """

    kind: str
    pattern: re.Pattern[str]


def compiled(listed: Iterable[tuple[str, str]]) -> Iterator[Phrase]:
    """Yield phrases from their patterns, which match whole words, in any case."""
    return (Phrase(kind, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.I)) for kind, pattern in listed)


SPENDING = tuple(
    compiled(
        [
            ("sequential", r"one (?:after (?:the other|another)|by one|at a time)|sequentially"),
            (
                "trial_seconds",
                rf"{BOUND}(?P<time>{DURATION}) "
                rf"(?:(?:per|for (?:each|every|one|a)|each|every|a) (?:trial|run|training)|each){_AT_MOST}",
            ),
            (
                "fact",
                rf"(?:{_ONE_TRIAL} (?:takes?|needs?|lasts?)|each taking|taking) (?:about |around |roughly )?{DURATION}",
            ),
            (
                "trial_seconds",
                r"no (?:single )?(?:trial|run)(?: (?:may|should|must|can))?(?: (?:take|run|be|last))? (?:longer|more) "
                rf"than (?P<time>{DURATION})",
            ),
            (
                "trial_seconds",
                rf"{_ONE_TRIAL} (?:(?:may|must|should|can|is to|has to) )?(?:not )?"
                rf"(?:(?:takes?|gets?|lasts?|runs?|needs?) )?{BOUND}(?P<time>{DURATION})",
            ),
            ("patience", rf"patience(?: of|:| =| is)? (?P<count>{COUNT})(?: {_TRIALS})?"),
            (
                "patience",
                rf"{_END}(?:after |if )?(?P<count>{COUNT}) (?:{_TRIALS} )?(?:in a row )?(?:without|with no) {_GAIN}",
            ),
            (
                "patience",
                rf"{_END}(?:when |if |after )?(?:there is )?(?:no {_GAIN}|nothing (?:improves|gets better)) "
                rf"(?:for|in|after|within) (?P<count>{COUNT}) {_TRIALS}",
            ),
            ("parallel", rf"{BOUND}(?P<count>{COUNT}) (?:{_TRIALS} )?(?:running )?{_TOGETHER}"),
            ("parallel", rf"{BOUND}(?P<count>{COUNT}) (?:parallel|concurrent|simultaneous) (?:{_TRIALS}|jobs)"),
            ("parallel", rf"(?:in )?parallel(?:ism)?(?: of|:| =| is)? (?P<count>{NUMBER})"),
            (
                "memory",
                rf"(?:(?:memory|ram)(?: limit)?(?: of|:| =| is)? )?{BOUND}(?P<count>(?<![\w.,-])[0-9]+(?:\.[0-9]+)?) ?"
                r"(?P<unit>gib|gb|g|gigabytes?|mib|mb|megabytes?)(?!\w)(?: of)?(?: (?:memory|ram))?"
                r"(?: (?:per|for each|for every|a|each) (?:trial|run)| each)?",
            ),
            (
                "money",
                rf"(?:spend )?{BOUND}(?:\$ ?(?P<amount>[0-9]+(?:\.[0-9]+)?)(?![\w]|[.,][0-9])|"
                rf"(?P<count>{COUNT}) ?(?P<unit>dollars?|usd|bucks?|cents?)(?!\w))"
                r"(?: (?:for|on) (?:the )?(?:language )?models?)?",
            ),
            (
                "trials",
                rf"{BOUND}{_FROM}(?P<count>{COUNT}) (?:more )?{_TRIALS}(?: (?:in total|altogether|overall))?{_AT_MOST}",
            ),
            ("trials", rf"{_TRIALS}(?:[:=]| =| to) ?(?P<count>{NUMBER})"),
        ]
    )
)
"""What bounds a study; the more special ones first."""

LATER = tuple(
    compiled(
        [
            (
                "minutes",
                rf"(?:(?:run|finish|be done|done) )?{BOUND}{_FROM}(?P<time>{DURATION})"
                rf"(?: (?:in total|altogether|overall|of (?:wall(?:-| )clock )?time))?{_AT_MOST}",
            ),
            (
                "early",
                r"(?:with |use )?(?:early stopping|pruning|hyperband)|(?:stop|prune|kill) (?:the )?"
                r"(?:hopeless|bad|poor|unpromising) (?:trials|runs|ones)(?: early)?",
            ),
            (
                "quick",
                r"(?:(?:be|make it|do it|keep it|something|a|as|find it) (?:quick(?:ly)?|fast)|quick(?:ly)?|"
                r"(?:^|(?<=[,;.!] ))fast)(?: as possible)?(?: (?:look|search|study|run|one))?|in a hurry",
            ),
        ]
    )
)
"""What is read last, as its words may be part of a phrase of another kind."""
