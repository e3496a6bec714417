"""The objective of a study: metrics, their directions, and constraints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import InputError, nearest
from .schema import build, check_types, expect_keys, expect_range, expect_table
from .values import finite, plain, shown

Direction = Literal["minimize", "maximize"]
_DIRECTIONS = ("minimize", "maximize")


@dataclass(frozen=True)
class Metric:
    """A number that every trial reports, and its direction.

    Args:
        name: The name under which trials report it.
        direction: `"minimize"` or `"maximize"`.
        weight: Its weight where the objective is a weighted sum of several metrics; above 0. Metrics are not rescaled:
            one in the thousands dominates one below 1 unless the weights compensate.
    """

    name: str
    direction: Direction = "minimize"
    weight: float = 1.0

    def __post_init__(self) -> None:
        check_types(self)
        if not self.name or self.name != self.name.strip():
            raise InputError(f"a metric's name must be a word, got {shown(self.name)}.", keys=("name",))
        plain(self.name, "a metric's name", "name")
        if self.direction not in _DIRECTIONS:
            raise InputError(
                f"direction must be 'minimize' or 'maximize', got {shown(self.direction)}."
                f"{nearest(str(self.direction), _DIRECTIONS)}",
                keys=("direction",),
            )
        expect_range(self, "weight", 0, above=True, below=True)

    @property
    def sign(self) -> float:
        """1 if smaller is better, -1 if larger is."""
        return 1.0 if self.direction == "minimize" else -1.0


@dataclass(frozen=True)
class Constraint:
    """Bounds on a metric that a feasible trial must keep.

    Args:
        metric: The name under which trials report the metric.
        low: The least allowed value, or None.
        high: The largest allowed value, or None.
    """

    metric: str
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("low", "high"):
            if (bound := getattr(self, name)) is not None:
                finite(bound, name, name)
        if self.low is None and self.high is None:
            raise InputError(f"a constraint on '{self.metric}' needs low, high or both.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InputError(f"low must be at most high, got low={self.low} and high={self.high}.", keys=("low",))

    def excess(self, metrics: Mapping[str, float]) -> float:
        """Return the amount by which a bound is violated: negative if it holds, NaN if the metric is missing.

        Of two bounds the one with the larger excess counts.
        """
        value = metrics.get(self.metric, math.nan)
        below = -math.inf if self.low is None else self.low - value
        above = -math.inf if self.high is None else value - self.high
        return above if above >= below or math.isnan(value) else below

    def violation(self, metrics: Mapping[str, float]) -> float:
        """Return the violation of the bounds: 0 if they hold, infinite if the metric is missing."""
        excess = self.excess(metrics)
        return math.inf if math.isnan(excess) else max(0.0, excess)


@dataclass(frozen=True)
class Objective:
    """One or several metrics, and constraints.

    Several metrics are combined in a weighted sum or, with `pareto`, optimised together: the result is then a front of
    trials, each of which is better than any other in some metric.

    Args:
        metrics: One or more metrics.
        constraints: Any number of constraints.
        pareto: Whether to search for the Pareto front instead of the least weighted sum.

    >>> objective = Objective.parse("maximize accuracy")
    >>> objective.loss({"accuracy": 0.9})
    -0.9
    >>> Objective.parse("maximize accuracy, minimize latency").pareto
    True
    """

    metrics: tuple[Metric, ...]
    constraints: tuple[Constraint, ...] = field(default=())
    pareto: bool = False

    def __post_init__(self) -> None:
        check_types(self)
        for name, kind in (("metrics", Metric), ("constraints", Constraint)):
            entries = getattr(self, name)
            if not isinstance(entries, list | tuple) or not all(isinstance(entry, kind) for entry in entries):
                raise InputError(f"{name} must be a list of {kind.__name__}, got {shown(entries)}.", keys=(name,))
            object.__setattr__(self, name, tuple(entries))
        if not self.metrics:
            raise InputError("an objective needs at least one metric. Write for example 'minimize val_loss'.")
        names = [metric.name for metric in self.metrics]
        if len(set(names)) < len(names):
            raise InputError(f"the metrics of an objective must differ, got {names}.")
        if self.pareto and len(names) == 1:
            raise InputError(
                f"a Pareto objective needs two metrics or more, got only '{names[0]}'. Add a metric, or remove pareto.",
                keys=("pareto",),
            )
        if self.pareto and (weighted := [metric for metric in self.metrics if metric.weight != 1.0]):
            raise _no_weight(weighted[0].name)

    @classmethod
    def parse(cls, setting: str | Metric | Objective | Mapping[str, Any]) -> Objective:
        """Read an objective from a string, a metric, or the table of a study.toml.

        Args:
            setting: A direction and a name, several of them separated by commas for a Pareto front, such as
                `"minimize val_loss, minimize latency"`; a `Metric`; an `Objective`; or a table
                `{"metrics": {"val_loss": {"direction": "minimize", "weight": 1}},
                "constraints": {"latency": {"high": 5}}, "pareto": False}`.

        Raises:
            InputError: A direction or a name is missing or wrong.
        """
        if isinstance(setting, Objective):
            return setting
        if isinstance(setting, Metric):
            return cls((setting,))
        if isinstance(setting, str) or not isinstance(setting, Mapping):
            parts = setting.split(",") if isinstance(setting, str) else [""]
            metrics = tuple(_parse_metric(part, setting) for part in parts)
            return cls(metrics, pareto=len(metrics) > 1)
        return cls._from_table(setting)

    @classmethod
    def _from_table(cls, table: Mapping[str, Any]) -> Objective:
        expect_keys(expect_table(table), ("metrics", "constraints", "pareto"))
        metrics = [
            build(Metric, {"name": name, **expect_table(entry, "metrics", name)}, "metrics", name)
            for name, entry in expect_table(table.get("metrics", {}), "metrics").items()
        ]
        constraints = [
            build(Constraint, {"metric": name, **expect_table(entry, "constraints", name)}, "constraints", name)
            for name, entry in expect_table(table.get("constraints", {}), "constraints").items()
        ]
        pareto = table.get("pareto", False)
        weighted = [name for name, entry in table.get("metrics", {}).items() if "weight" in entry]
        if pareto is True and weighted:
            raise _no_weight(weighted[0])
        return cls(tuple(metrics), tuple(constraints), pareto)

    def to_table(self) -> dict[str, Any]:
        """Return the table that `parse` reads."""
        table: dict[str, Any] = {
            "metrics": {
                m.name: {"direction": m.direction} | ({} if self.pareto else {"weight": m.weight}) for m in self.metrics
            }
        }
        if self.pareto:
            table["pareto"] = True
        if self.constraints:
            table["constraints"] = {
                c.metric: {k: v for k, v in (("low", c.low), ("high", c.high)) if v is not None}
                for c in self.constraints
            }
        return table

    @property
    def primary(self) -> Metric:
        """The first metric, which curves, targets and messages refer to."""
        return self.metrics[0]

    @property
    def shown(self) -> tuple[Metric, ...]:
        """The metrics to show where space is short: the first, or all of a Pareto objective."""
        return self.metrics if self.pareto else self.metrics[:1]

    def loss(self, metrics: Mapping[str, float]) -> float:
        """Return the loss, the weighted sum of the signed metrics; smaller is better.

        Args:
            metrics: Every metric of the objective by name.

        Raises:
            KeyError: A metric is missing.
            InputError: The objective is a Pareto objective, whose losses depend on the other trials.
        """
        if self.pareto:
            raise InputError("a Pareto objective has no single loss. Use `values`, or the losses of the history.")
        if len(self.metrics) == 1:
            return self.metrics[0].sign * metrics[self.metrics[0].name]
        return sum(metric.sign * metric.weight * metrics[metric.name] for metric in self.metrics)

    def values(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """Return every metric, signed so that smaller is better; NaN if missing."""
        return tuple(metric.sign * metrics.get(metric.name, math.nan) for metric in self.metrics)

    def is_known(self, metrics: Mapping[str, float]) -> bool:
        """Tell whether every metric is present and finite, and so is their weighted sum."""
        if self.pareto:
            return all(math.isfinite(value) for value in self.values(metrics))
        try:
            return math.isfinite(self.loss(metrics))
        except KeyError:
            return False

    def violation(self, metrics: Mapping[str, float]) -> float:
        """Return the sum of the constraints' violations; 0 for a feasible trial."""
        return sum(constraint.violation(metrics) for constraint in self.constraints)

    def __str__(self) -> str:
        return ", ".join(f"{metric.direction} {metric.name}" for metric in self.metrics)


def _parse_metric(part: str, setting: object) -> Metric:
    words = part.split(maxsplit=1)  # A metric may have a name of several words, as `Vali Loss`.
    if len(words) != 2 or words[0] not in _DIRECTIONS or not set(_DIRECTIONS).isdisjoint(words[1].split()):
        raise InputError(
            "an objective must be a direction and a metric, as in 'minimize val_loss', or several of them separated by "
            f"commas, got {shown(setting)}.{nearest(words[0], _DIRECTIONS) if words else ''}"
        )
    return Metric(words[1].strip(), "minimize" if words[0] == "minimize" else "maximize")


def _no_weight(name: str) -> InputError:
    return InputError(
        f"a Pareto objective has no weights, but '{name}' has one. Remove the weight, or remove pareto to minimise the "
        "weighted sum.",
        keys=("metrics", name, "weight"),
    )
