"""What a user asks of `fit`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..agents.family_selection import Needs, Wish
from ..core.budget import Budget
from ..core.cores import count_cores
from ..core.objective import Constraint
from ..core.schema import expect_range, expect_whole
from ..core.spending import Call
from ..core.values import shown
from ..errors import InputError
from .data_options import DataOptions
from .request import FitRequest

DEFAULT_MINUTES = 5.0
COSTS = ("fit_seconds", "model_mb", "predict_ms_per_1000_rows")
"""What every trial measures besides scores, and a limit may be on."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|seconds?|m|min|minutes?|h|hours?)?")
_MINUTES_PER_UNIT = {"s": 1 / 60, "m": 1.0, "h": 60.0}
_LIMIT = re.compile(r"([^\s<>=]+)\s*(<=?|>=?)\s*(\S+)")


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """The options of every `fit`, whatever the data.

    Args:
        budget: The limits; its minutes are for everything, reading and saving included.
        metric: What to improve; None for that which is usual.
        families: The families to choose from; all by default.
        limits: What every model must keep, and the combination of models too.
        interpretable: Whether the result must be one model that a person can read.
        model: A language model that advises, as for `tune`; none by default.
        parallel: The number of trials that run at once; by default the number of cores.
        seed: The seed of all randomness.
        avoid: Families to leave out.
        prefer: Families to try first.
        wishes: What a model should be: `small`, `fast` to predict, `quick` to train.
        request: The user's words that some of these were read from.
        calls: The calls of the language model that read them, which count in the study's budget.
    """

    budget: Budget = field(default_factory=lambda: Budget(minutes=DEFAULT_MINUTES))
    metric: str | None = None
    families: tuple[str, ...] = ()
    limits: tuple[Constraint, ...] = ()
    interpretable: bool = False
    model: Any = None
    parallel: int | None = None
    seed: int = 0
    avoid: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    wishes: tuple[Wish, ...] = ()
    request: FitRequest | None = None
    calls: tuple[Call, ...] = ()

    def __post_init__(self) -> None:
        if self.parallel is not None:
            expect_range(self, "parallel", 1)
            object.__setattr__(self, "parallel", expect_whole(self.parallel, 1, "parallel"))
        object.__setattr__(self, "seed", expect_whole(self.seed, 0, "seed"))

    @property
    def restricts_families(self) -> bool:
        """Whether not all families are to be tried."""
        return bool(self.families or self.avoid or self.wishes) or self.interpretable

    @property
    def needs(self) -> Needs:
        """What the families to choose from must keep."""
        return Needs(
            interpretable=self.interpretable,
            wishes=self.wishes,
            prefer=self.prefer,
            avoid=self.avoid,
            only=self.families,
        )

    @property
    def slots(self) -> int:
        """The number of trials that run at once."""
        return self.parallel or count_cores()

    @property
    def minutes(self) -> float:
        """The time for everything."""
        return self.budget.minutes or DEFAULT_MINUTES


@dataclass(frozen=True, kw_only=True)
class FitOptions(SearchOptions):
    """The options of `fit` for a table of rows.

    Args:
        data: What is known about the table.
        ids: Columns that name a row; no model sees them, and predictions keep them.
        recipes: Recipes or their TOML files, instead of the usual ones.
    """

    data: DataOptions
    ids: tuple[str, ...] = ()
    recipes: tuple[Any, ...] = ()


def parse_task(task: Any) -> Any:
    """Return the task for `DataOptions`: `"classification"` is whichever kind the number of classes makes it."""
    return "multiclass" if task == "classification" else task


def listed(names: str | Sequence[str]) -> tuple[str, ...]:
    """Return one name, or several, as several."""
    return (names,) if isinstance(names, str) else tuple(names)


def target_names(target: Any, data: Any) -> Any:
    """Return a target as the name of a column, or the names of several.

    Columns of frames may be named by numbers; those of an array are `column_0`, `column_1` and so on.
    """
    if target is None or isinstance(target, str):
        return target
    if isinstance(target, int | np.integer) and not isinstance(target, bool):
        return f"column_{target}" if isinstance(data, np.ndarray) else str(target)
    return tuple(target_names(one, data) for one in target)


def parse_budget(budget: Budget | str | None, minutes: float | None) -> Budget:
    """Return the limits that a user asks for.

    Args:
        budget: Limits, or a time such as `"10m"`.
        minutes: The time, instead of or in addition to other limits.

    Raises:
        InputError: The time cannot be read, or is given twice.

    >>> parse_budget("90 s", None).minutes
    1.5
    """
    if isinstance(budget, str):
        match = _DURATION.fullmatch(budget.strip().lower())
        if match is None:
            raise InputError(f'a budget must be a time such as "10m", "90s" or "2h", got {shown(budget)}.')
        budget = Budget(minutes=float(match[1]) * _MINUTES_PER_UNIT[(match[2] or "m")[0]])
    elif budget is None:
        budget = Budget()
    elif not isinstance(budget, Budget):
        raise InputError(f'a budget must be a time such as "10m" or a Budget, got {shown(budget)}.')
    if minutes is not None and budget.minutes is not None:
        raise InputError("the time must be given once, but both minutes and a budget with minutes were given.")
    if minutes is None:
        minutes = budget.minutes or DEFAULT_MINUTES
    return replace(budget, minutes=minutes)


def parse_limits(limits: str | Constraint | Sequence[str | Constraint] | Mapping[str, float]) -> tuple[Constraint, ...]:
    """Return the constraints that limits such as `"model_mb <= 5"` describe.

    Raises:
        InputError: A limit cannot be read.

    >>> parse_limits(["model_mb <= 5", "accuracy >= 0.8"])[1].low
    0.8
    """
    listed = [limits] if isinstance(limits, str | Constraint) else limits
    return tuple(limit if isinstance(limit, Constraint) else _limit(limit) for limit in listed)


def _limit(text: object) -> Constraint:
    match = _LIMIT.fullmatch(text.strip()) if isinstance(text, str) else None
    try:
        if match is not None:
            return Constraint(match[1], **{"high" if match[2][0] == "<" else "low": float(match[3])})
    except ValueError:
        pass
    raise InputError(f'a limit must be a metric, <= or >=, and a number, as "model_mb <= 5", got {shown(text)}.')
