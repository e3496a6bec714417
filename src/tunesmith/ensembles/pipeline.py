"""A fitted recipe and the models trained on what it returns."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import orjson

from ..core.arrays import Floats
from ..families.base import Model
from ..recipes.recipe import FittedRecipe
from .training import load_model

if TYPE_CHECKING:
    import pandas as pd

_RECIPE_FILE = "recipe.json"
_TIMED_ROWS = 1000


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """What one fit on one fold has left.

    Args:
        recipe: Prepares the columns.
        models: One for each problem.
    """

    recipe: FittedRecipe
    models: Sequence[Model]

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return the outputs of one problem after the other, shape `(rows, outputs)`.

        Args:
            features: The columns as the schema reads them.
        """
        prepared = self.recipe.transform(features)
        return np.column_stack([model.predict(prepared) for model in self.models])

    def milliseconds(self, features: pd.DataFrame) -> float:
        """Return the time that it takes to predict 1,000 rows.

        Args:
            features: At least one row; rows are repeated or left out.
        """
        rows = features.iloc[np.resize(np.arange(len(features)), _TIMED_ROWS)]
        self.predict(rows.iloc[:1])  # So that nothing is imported or set up while it is timed.
        started = time.perf_counter()
        self.predict(rows)
        return (time.perf_counter() - started) * 1000

    def save(self, folder: Path) -> None:
        """Write it to a new folder, without pickle."""
        folder.mkdir(parents=True)
        (folder / _RECIPE_FILE).write_bytes(orjson.dumps(self.recipe.to_table()))
        for number, model in enumerate(self.models):
            place = folder / str(number)
            place.mkdir()
            model.save(place)

    @classmethod
    def load(cls, folder: Path, family: str) -> Self:
        """Return the pipeline that `save` wrote.

        Args:
            folder: Where it lies.
            family: The name of its models' family.
        """
        recipe = FittedRecipe.from_table(orjson.loads((folder / _RECIPE_FILE).read_bytes()))
        places = sorted((place for place in folder.iterdir() if place.is_dir()), key=lambda place: int(place.name))
        return cls(recipe=recipe, models=[load_model(place, family) for place in places])


def megabytes(folder: Path) -> float:
    """Return the size of a folder's files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
