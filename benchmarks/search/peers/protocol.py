"""The protocol of another library's process: JSON lines on standard input and output. Needs only Python.

    {"start": {"space": ..., "default": ..., "seed": 0, "trials": 100, "method": "tpe", "options": {}}}   -> {}
    {"ask": true}                                      -> {"id": 0, "parameters": {...}, "seconds": 0.01}
    {"tell": 0, "loss": 0.3, "seconds": 60.0}          -> {"seconds": 0.001}
    {"report": 0, "step": 3, "loss": 0.4}              -> {"stop": false, "seconds": 0.001}
    {"prune": 0, "loss": 0.4}                          -> {"seconds": 0.001}

`seconds` are processor seconds, so that the load of the machine does not count. Trial 0 is the default.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Dimension:
    """One parameter as most libraries represent it: an ordered choice is an integer, another choice an index.

    Args:
        name: The name of the parameter.
        kind: `float`, `int` or `category`.
        low: The smallest value; 0 for a choice.
        high: The largest value; for a choice the last index.
        log: Whether the scale is logarithmic.
        step: The step of integers.
        options: The values of a choice, by index.
        when: The parameters that it depends on, each with the values that make it active.
    """

    name: str
    kind: str
    low: float
    high: float
    log: bool = False
    step: int = 1
    options: Sequence[Any] = ()
    when: Mapping[str, Sequence[Any]] | None = None

    def value(self, raw: Any) -> Any:
        """Convert a proposed value to the parameter's value."""
        if self.options:
            return self.options[int(raw)]
        if self.kind == "int":
            return int(min(max(self.low + round((raw - self.low) / self.step) * self.step, self.low), self.high))
        return float(min(max(raw, self.low), self.high))

    def raw(self, value: Any) -> Any:
        """Convert a value of the parameter to the library's representation."""
        return list(self.options).index(value) if self.options else value

    @property
    def middle(self) -> Any:
        """A value for libraries that require one for inactive parameters."""
        middle = (self.low * self.high) ** 0.5 if self.log else (self.low + self.high) / 2
        return middle if self.kind == "float" else 0 if self.kind == "category" else self.raw(self.value(middle))


class Space:
    """A search space, read from its tables.

    Args:
        tables: By parameter name, as `SearchSpace.to_tables` writes them.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self.dimensions = [_dimension(name, table, tables) for name, table in tables.items()]

    def active(self, dimension: Dimension, parameters: Mapping[str, Any]) -> bool:
        """Tell whether a parameter is active, given those before it."""
        return all(parameters.get(name) in values for name, values in (dimension.when or {}).items())

    def parameters(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the active parameters of a flat proposal."""
        chosen: dict[str, Any] = {}
        for dimension in self.dimensions:
            if self.active(dimension, chosen):
                chosen[dimension.name] = dimension.value(raw[dimension.name])
        return chosen

    def flat(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return a configuration with a value for each parameter, inactive ones included."""
        return {d.name: d.raw(parameters[d.name]) if d.name in parameters else d.middle for d in self.dimensions}


def _dimension(name: str, table: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]) -> Dimension:
    when = {parent: _values(tables[parent], wanted) for parent, wanted in table.get("when", {}).items()} or None
    if table["type"] == "choice":
        kind = "int" if table.get("ordered") else "category"
        return Dimension(name, kind, 0, len(table["options"]) - 1, options=tuple(table["options"]), when=when)
    kind, log, step = table["type"], table.get("log", False), table.get("step", 1)
    return Dimension(name, kind, table["low"], table["high"], log, step, when=when)


def _values(parent: Mapping[str, Any], wanted: Any) -> list[Any]:
    if isinstance(wanted, Mapping):
        low, high = wanted.get("low", parent["low"]), wanted.get("high", parent["high"])
        return list(range(low, high + 1))
    return list(wanted) if isinstance(wanted, list) else [wanted]


class Peer(Protocol):
    """The interface in which each script wraps its library; one instance per study."""

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        """Return a new trial's number and active parameters; the first is the default."""

    def tell(self, number: int, loss: float, seconds: float) -> None:
        """Settle a trial."""


def serve(make: Callable[..., Peer]) -> None:
    """Reply to requests until standard input ends.

    Args:
        make: Called with `space` (a `Space`), `default`, `seed`, `trials`, `method` and `options`.
    """
    lines, answers = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # output of a library must not be mistaken for a reply
    peer: Any = None
    for line in lines:
        message = json.loads(line)
        before = time.process_time()
        answer: dict[str, Any] = {}
        if "start" in message:
            given = message["start"]
            peer = make(**{**given, "space": Space(given["space"])})
        elif "ask" in message:
            number, parameters = peer.ask()
            answer = {"id": number, "parameters": dict(parameters)}
        elif "tell" in message:
            peer.tell(message["tell"], message["loss"], message["seconds"])
        elif "report" in message:
            answer = {"stop": peer.report(message["report"], message["step"], message["loss"])}
        else:
            peer.prune(message["prune"], message["loss"])
        answers.write(json.dumps({**answer, "seconds": time.process_time() - before}) + "\n")
        answers.flush()
    sys.exit(0)
