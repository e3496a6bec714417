"""The manifest of a saved ensemble: what it consists of, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import plugins
from ..core.trial import Value
from ..core.values import shown
from ..data.problem import Problem
from ..data.schema import Schema
from ..errors import InputError, message_of
from .combination import Combination
from .inspection import read_json

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a saved ensemble consists of.

    Args:
        schema: How raw columns are read.
        problems: What it predicts.
        metric: The metric that it was chosen by.
        score: That metric of its out-of-fold predictions.
        combination: The members, and how they are combined.
        parameters: The configuration of each member, by trial.
    """

    schema: Schema
    problems: tuple[Problem, ...]
    metric: str
    score: float
    combination: Combination
    parameters: Mapping[int, Mapping[str, Value]]

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Return the manifest in the folder of a model.

        Raises:
            InputError: There is none, it has another format, or something in it cannot be.
        """
        path = folder / MANIFEST
        if not path.exists():
            raise InputError(f"the folder of a model must hold {MANIFEST}, but {folder} has none.")
        table = read_json(path)
        found = table.get("format") if isinstance(table, dict) else None
        if not isinstance(table, dict) or found != FORMAT:
            raise InputError(
                f"a model must have format {FORMAT}, but that of {path} is {shown(found)}. Use the version of "
                "tunesmith that wrote it, or fit again."
            )
        try:
            return cls._of(table)
        except InputError:
            raise
        except Exception as error:  # A malformed table can raise anything.
            raise InputError(
                f"the manifest of a model must be complete, but {path} is not: {message_of(error)}"
            ) from None

    @classmethod
    def _of(cls, table: Mapping[str, Any]) -> Manifest:
        problems = tuple(map(Problem.from_table, table["problems"]))
        members: Sequence[Mapping[str, Any]] = table["members"]
        if not problems or not members:
            raise InputError("a model must have a target and a member, but its manifest lists none.")
        for row in members:
            _check_member(row, len(problems))
        numbers = [row["trial"] for row in members]
        if len(set(numbers)) < len(numbers):
            raise InputError("the members of a model must be different trials, but its manifest lists one twice.")
        return cls(
            schema=Schema.from_table(table["columns"]),
            problems=problems,
            metric=str(table["metric"]),
            score=float(table["score"]),
            combination=Combination(
                weights={row["trial"]: row["weight"] for row in members},
                sharpness={row["trial"]: tuple(row["sharpness"]) for row in members},
                final=_positive(table["sharpness"], len(problems)),
                factors=tuple(
                    _positive(row, problem.outputs) for row, problem in zip(table["factors"], problems, strict=True)
                ),
            ),
            parameters={row["trial"]: row["parameters"] for row in members},
        )


def _check_member(row: Mapping[str, Any], problems: int) -> None:
    """Check a member, whose trial becomes the name of a folder and whose family that of a module."""
    trial, weight, family = row["trial"], row["weight"], row["parameters"]["family"]
    if type(trial) is not int or not 0 <= trial < 10**9:
        raise InputError(f"the trial of a model's member must be a number from 0, got {shown(trial)}.")
    if not isinstance(weight, int | float) or not math.isfinite(weight) or not 0 <= weight <= 1:
        raise InputError(f"the weight of a model's member must be a number from 0 to 1, got {shown(weight)}.")
    if family not in plugins.names("families"):
        raise InputError(f"the family of a model's member must be known, got {shown(family)}.")
    _positive(row["sharpness"], problems)


def _positive(values: Any, count: int) -> tuple[float, ...]:
    """Return exponents or factors."""
    numbers = tuple(float(value) for value in values)
    if len(numbers) != count or not all(0 < number < 1e9 for number in numbers):
        raise InputError(f"a model's calibration must be {count} numbers above 0, got {shown(values)}.")
    return numbers
