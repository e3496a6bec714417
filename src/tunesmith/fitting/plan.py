"""The first minute of `fit`: known good configurations, the cheapest of each family's first choices first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest

from ..core.trial import Value
from ..data.table import Table
from ..families.base import Family

_BASELINE = "prior"
_FASTEST_SECONDS = 0.3  # A trial takes at least this long.


@dataclass(frozen=True, kw_only=True)
class PlannedTrial:
    """A configuration to be tried.

    Args:
        parameters: The configuration.
        seconds: An estimate of its trial's time.
    """

    parameters: Mapping[str, Value]
    seconds: float


def plan(chosen: Mapping[str, Family], table: Table) -> list[PlannedTrial]:
    """Return the configurations to be tried first.

    The first choice of every family comes first, the cheapest before the others, then the second choices, and so on.

    Args:
        chosen: The families by name.
        table: The table to be trained on.
    """
    splits = table.splits
    rows = sum(len(train) for train, _ in splits) // len(splits)
    columns = len(table.schema.columns)

    def planned(name: str, family: Family, choice: Mapping[str, Value]) -> PlannedTrial:
        seconds = sum(len(splits) * family.seconds(rows, columns, problem, choice) for problem in table.problems)
        parameters = {"family": name, "recipe": "plain", **{f"{name}.{key}": value for key, value in choice.items()}}
        return PlannedTrial(parameters=parameters, seconds=max(_FASTEST_SECONDS, seconds))

    listed = [
        [planned(name, family, choice) for choice in family.configurations(table.problems[0])]
        for name, family in chosen.items()
        if name != _BASELINE
    ]
    turns = ([trial for trial in turn if trial is not None] for turn in zip_longest(*listed))
    return [trial for turn in turns for trial in sorted(turn, key=lambda trial: trial.seconds)]
