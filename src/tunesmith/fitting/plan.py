"""The first trials of `fit`: known good configurations, the cheapest of each family's first choices first."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core.trial import Value
from ..data.table import Table
from ..families.base import BASELINE, Family

_FASTEST_SECONDS = 0.3  # A trial takes at least this long.
_BOOSTERS = ("lightgbm", "catboost", "xgboost")
_ENGINEERED = (*_BOOSTERS, "extra_trees")  # They try the other recipes, too.
_MORE_COLUMNS = 2.0  # Times the seconds of a fit on the columns of another recipe.
_LATER = {
    "knn": 1,
    "random_forest": 1,
    "additive": 2,
    "hist_gradient_boosting": 2,
    "decision_tree": 3,
}
"""Turns that a family waits, because it rarely adds to the families before it (measured on twelve tables)."""
_COSTLY_SHARE = 0.05
"""Of all processor time: for each such share that a trial takes, it waits a turn, unless its family is a booster or is
made for texts.

On larger tables forests took half of a minute, and more boosters would have gained more.
"""


@dataclass(frozen=True, kw_only=True)
class PlannedTrial:
    """A configuration to be tried.

    Args:
        parameters: The configuration.
        seconds: An estimate of its trial's time.
    """

    parameters: Mapping[str, Value]
    seconds: float


def plan(
    chosen: Mapping[str, Family], table: Table, recipes: Sequence[str] = ("plain",), seconds: float = math.inf
) -> list[PlannedTrial]:
    """Return the configurations to be tried first.

    The first choices of the families come first, then the second ones, and so on; within a turn the cheapest is first.
    So a good model exists within seconds, and the ensemble soon has members of every kind. The first recipe prepares
    the columns; in the turn after their first choices, boosted and extremely randomised trees try the others too.

    Args:
        chosen: The families by name.
        table: The table to be trained on.
        recipes: The names of the recipes, that for every family first.
        seconds: The processor seconds of all trials together.
    """
    splits = table.splits
    rows = sum(len(train) for train, _ in splits) // len(splits)
    columns = len(table.schema.columns)
    turns: dict[int, list[PlannedTrial]] = defaultdict(list)
    for name, family in chosen.items():
        if name == BASELINE:
            continue
        start = _LATER.get(name, 0) if len(chosen) > 2 else 0
        for turn, choice in enumerate(family.configurations(table.problems[0]), start):
            cost = sum(len(splits) * family.seconds(rows, columns, problem, choice) for problem in table.problems)
            own = {f"{name}.{key}": value for key, value in choice.items()}
            for recipe in recipes if name in _ENGINEERED and turn == start else recipes[:1]:
                slower, later = (1, 0) if recipe == recipes[0] else (_MORE_COLUMNS, 1)
                parameters = {"family": name, "recipe": recipe, **own}
                trial = PlannedTrial(parameters=parameters, seconds=max(_FASTEST_SECONDS, slower * cost))
                waits = name not in _BOOSTERS and not family.profile.text_only
                later += int(trial.seconds / (_COSTLY_SHARE * seconds)) if waits else 0
                turns[turn + later].append(trial)
    return [trial for turn in sorted(turns) for trial in sorted(turns[turn], key=lambda trial: trial.seconds)]
