"""What a study tries to make small or large."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import InputError

Direction = Literal["minimize", "maximize"]


@dataclass(frozen=True)
class Metric:
    """A number that every trial reports, and which way is better.

    Args:
        name: As the trial reports it.
        direction: `"minimize"` or `"maximize"`.
        weight: Its share where an objective is the weighted sum of several metrics; positive. A sum is of numbers as
            they are: a metric in the thousands drowns one below 1, unless the weights make up for it.
    """

    name: str
    direction: Direction = "minimize"
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name or self.name != self.name.strip():
            raise InputError(f"a metric's name must be a word, but {self.name!r} was given.", keys=("name",))
        if self.direction not in ("minimize", "maximize"):
            raise InputError(
                f"direction must be 'minimize' or 'maximize', but {self.direction!r} was given.",
                keys=("direction",),
            )
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise InputError(f"weight must be above 0, but {self.weight} was given.", keys=("weight",))

    @property
    def sign(self) -> float:
        """+1 where smaller is better, -1 where larger is."""
        return 1.0 if self.direction == "minimize" else -1.0


@dataclass(frozen=True)
class Constraint:
    """A metric that must stay within bounds for a trial to count as feasible.

    Args:
        metric: The name, as the trial reports it.
        low: The least value allowed, or None.
        high: The largest value allowed, or None.
    """

    metric: str
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise InputError(f"a constraint on '{self.metric}' needs low, high or both.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InputError(f"low must not be above high, but low={self.low} and high={self.high}.", keys=("low",))

    def excess(self, metrics: Mapping[str, float]) -> float:
        """Return by how much a bound is broken, negative where there is room left, NaN where the metric is missing.

        Of two bounds the one that is nearer to being broken counts.
        """
        value = metrics.get(self.metric, math.nan)
        below = -math.inf if self.low is None else self.low - value
        above = -math.inf if self.high is None else value - self.high
        return above if above >= below or math.isnan(value) else below

    def violation(self, metrics: Mapping[str, float]) -> float:
        """Return by how much the bounds are broken: 0 where they hold, infinite where the metric is missing."""
        excess = self.excess(metrics)
        return math.inf if math.isnan(excess) else max(0.0, excess)


@dataclass(frozen=True)
class Objective:
    """One metric, or several, and the constraints that must hold.

    Several metrics are added up by their weights, or, with `pareto`, all wanted at once: then there is no single best,
    but a front of trials of which each is better than any other in something.

    Args:
        metrics: One or more.
        constraints: None or more.
        pareto: Whether the front of several metrics is wanted, not the least weighted sum.

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
        if not isinstance(self.pareto, bool):
            raise InputError(f"pareto must be true or false, but {self.pareto!r} was given.", keys=("pareto",))
        if not self.metrics:
            raise InputError("an objective needs at least one metric. Write for example 'minimize val_loss'.")
        names = [metric.name for metric in self.metrics]
        if len(set(names)) < len(names):
            raise InputError(f"each metric may stand once in an objective, but {names} were given.")
        if self.pareto and len(names) == 1:
            raise InputError(
                f"a Pareto objective needs two metrics or more, but only '{names[0]}' was given. Name another one, or "
                "remove pareto.",
                keys=("pareto",),
            )
        if self.pareto and (weighted := [metric for metric in self.metrics if metric.weight != 1.0]):
            raise _no_weight(weighted[0].name)

    @classmethod
    def parse(cls, given: str | Metric | Objective | Mapping[str, Any]) -> Objective:
        """Read `"minimize val_loss"`, a metric, or the table form of study.toml.

        Args:
            given: A string of direction and name, or several with commas for a Pareto front, as
                `"minimize val_loss, minimize latency"`; a `Metric`, an `Objective`, or a table
                `{"metrics": {"val_loss": {"direction": "minimize", "weight": 1}},
                "constraints": {"latency": {"high": 5}}, "pareto": False}`.

        Returns:
            The objective.

        Raises:
            InputError: The direction or a name is missing or wrong.
        """
        if isinstance(given, Objective):
            return given
        if isinstance(given, Metric):
            return cls((given,))
        if isinstance(given, str) or not isinstance(given, Mapping):
            metrics = tuple(_parse_metric(part, given) for part in str(given).split(","))
            return cls(metrics, pareto=len(metrics) > 1)
        return cls._from_table(given)

    @classmethod
    def _from_table(cls, table: Mapping[str, Any]) -> Objective:
        from .schema import build, expect_keys, expect_table

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
        if pareto and (weighted := [name for name, entry in table["metrics"].items() if "weight" in entry]):
            raise _no_weight(weighted[0])
        return cls(tuple(metrics), tuple(constraints), pareto)

    def to_table(self) -> dict[str, Any]:
        """Return the table that `parse` reads back."""
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
        """The first metric: the one that curves, targets and messages speak of."""
        return self.metrics[0]

    @property
    def shown(self) -> tuple[Metric, ...]:
        """The metrics that stand for a trial where there is little room: the first, or all of a Pareto objective."""
        return self.metrics if self.pareto else self.metrics[:1]

    def loss(self, metrics: Mapping[str, float]) -> float:
        """Return the one number to minimise: the weighted sum of the signed metrics.

        Args:
            metrics: By name; every metric of the objective must be there.

        Returns:
            Smaller is better, whichever way the metrics go.

        Raises:
            KeyError: A metric is missing.
            InputError: It is a Pareto objective, where trials can be compared, but not one alone be measured.
        """
        if self.pareto:
            raise InputError(
                "a Pareto objective has no single loss. Compare its values, or ask the history for losses."
            )
        if len(self.metrics) == 1:
            return self.metrics[0].sign * metrics[self.metrics[0].name]
        return sum(metric.sign * metric.weight * metrics[metric.name] for metric in self.metrics)

    def values(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """Return every metric, signed so that smaller is better; NaN where it is missing."""
        return tuple(metric.sign * metrics.get(metric.name, math.nan) for metric in self.metrics)

    def is_known(self, metrics: Mapping[str, float]) -> bool:
        """Tell whether every metric is there and a finite number, and so is their weighted sum."""
        if self.pareto:
            return all(math.isfinite(value) for value in self.values(metrics))
        try:
            return math.isfinite(self.loss(metrics))
        except KeyError:
            return False

    def violation(self, metrics: Mapping[str, float]) -> float:
        """Return the sum of broken bounds: 0 where every constraint holds."""
        return sum(constraint.violation(metrics) for constraint in self.constraints)

    def __str__(self) -> str:
        return ", ".join(f"{metric.direction} {metric.name}" for metric in self.metrics)


def _parse_metric(part: str, given: object) -> Metric:
    words = part.split()
    if len(words) != 2 or words[0] not in ("minimize", "maximize"):
        raise InputError(
            "an objective must be a direction and a metric, as 'minimize val_loss' or 'maximize accuracy', or several "
            f"with commas between them, but {given!r} was given."
        )
    return Metric(words[1], "minimize" if words[0] == "minimize" else "maximize")


def _no_weight(name: str) -> InputError:
    return InputError(
        f"a Pareto objective wants all its metrics at once and weighs none, but '{name}' has a weight. Remove the "
        "weight, or remove pareto to add the metrics up.",
        keys=("metrics", name, "weight"),
    )
