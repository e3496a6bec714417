"""What counts a training's progress in a line of output: `Epoch 3/10`, `step 200`, `[3]`, `45/100`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ...core.metric_words import is_metric

_EPOCH = {"epoch", "ep", "round", "generation", "cycle"}
_NAMED = re.compile(
    r"""(?P<name>epoch|ep|round|generation|cycle|global_step|total_timesteps|num_timesteps|timesteps|steps|step|
           iteration|iter|itr|update|batch)
        (?:[ ]?\(\w+\))?["']?[ \t]*[=:\#]?[ \t]*[\[(]?[ \t]*(?P<number>\d+(?:\.\d+)?)(?![\d%]|[.:]\d)""",
    re.VERBOSE | re.ASCII,
)
_OF_ANOTHER = re.compile(r"[a-z_/-]$|(?:best|best:|from) $")
"""What stands before a counter that is not the training's."""
_LEADING = re.compile(r"\s*(?:\[\s*(\d+)\s*\](?=\s)|(\d+):(?=\s))", re.ASCII)
_MEASURED = re.compile(r"([\w ]+)[=:][ ]?$", re.ASCII)
"""What stands before a count that is a metric, as in `Accuracy: 9823/10000`."""
_POSITION = re.compile(r"(?<![\w/.-])(\d+)[ ]*/[ ]*(\d+)(?![\d/.-])", re.ASCII)


class Counters(NamedTuple):
    """The counters in a line.

    Args:
        epoch: The epoch, which may be a fraction.
        step: The number of an iteration.
        position: The position in a loop that has no name.
        length: That loop's length.
    """

    epoch: float | None = None
    step: float | None = None
    position: int | None = None
    length: int | None = None


@lru_cache(maxsize=4096)
def is_counter(name: str) -> bool:
    """Tell whether a name counts epochs or iterations.

    >>> is_counter("Epoch"), is_counter("global_step"), is_counter("val_loss")
    (True, True, False)
    """
    return name == "#" or _NAMED.fullmatch(f"{name.lower()} 1") is not None


def is_epoch(name: str) -> bool:
    """Tell whether a name counts epochs."""
    return name.lower() in _EPOCH


def counters_in(line: str) -> Counters:
    r"""Return the counters in a line.

    >>> counters_in("Train Epoch: 3 [640/60000 (1%)] Loss: 0.1")
    Counters(epoch=3.0, step=None, position=640, length=60000)
    >>> counters_in("[19]\tvalid-rmse:0.2")
    Counters(epoch=None, step=19.0, position=None, length=None)
    >>> counters_in("Epoch [3/10], Step [100/600]")
    Counters(epoch=3.0, step=100.0, position=None, length=None)
    """
    epoch = step = position = length = None
    starts = set()
    lower = line.lower()
    for match in _NAMED.finditer(lower) if len(lower) == len(line) else ():
        if _OF_ANOTHER.search(lower, max(0, match.start() - 6), match.start()):
            continue
        starts.add(match.start("number"))
        if match["name"] in _EPOCH:
            epoch = float(match["number"]) if epoch is None else epoch
        elif step is None:
            step = float(match["number"])
    if epoch is None and step is None and (leading := _LEADING.match(line)) is not None:
        step = float(leading[1] or leading[2])
    for match in _POSITION.finditer(line) if "/" in line else ():
        named = _MEASURED.search(line, max(0, match.start() - 40), match.start())
        if match.start() not in starts and not (named is not None and is_metric(named[1])):
            position, length = int(match[1]), int(match[2])
            break
    return Counters(epoch, step, position, length)
