"""A fitted recipe and the models trained on what it returns."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self, overload

import numpy as np
import orjson

from ..core.arrays import Floats
from ..core.cores import count_cores
from ..errors import InputError, message_of
from ..families.base import Model
from ..recipes.recipe import FittedRecipe
from .inspection import inspect, read_json
from .training import load_model

if TYPE_CHECKING:
    import pandas as pd

_RECIPE_FILE = "recipe.json"
_TIMED_ROWS = 1000
_ROWS_AT_ONCE = 50_000  # The prepared columns of so many rows are in memory at once.


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
        return self._predict_prepared(self.recipe.transform(features))

    def _predict_prepared(self, prepared: pd.DataFrame) -> Floats:
        return np.column_stack([model.predict(prepared) for model in self.models])

    def in_mean_of(self, pipelines: int) -> Self:
        """Return the pipeline for the mean of several alike: of models that are means themselves it needs a part."""
        models = [model.in_mean_of(pipelines) if hasattr(model, "in_mean_of") else model for model in self.models]
        return replace(self, models=models)

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

        Raises:
            InputError: A file is missing or damaged, or none that a model of ours has.
        """
        try:
            inspect(folder)
            rows = read_json(folder / _RECIPE_FILE)
            if not isinstance(rows, list):
                raise InputError(f"a recipe must be a list of steps, but {folder / _RECIPE_FILE} is not.")
            places = [place for place in folder.iterdir() if place.is_dir()]
            if not places or not all(place.name.isdecimal() for place in places):
                raise InputError(f"a model's folders must be numbered, but those in {folder} are not.")
            places.sort(key=lambda place: int(place.name))
            return cls(recipe=FittedRecipe.from_table(rows), models=[load_model(place, family) for place in places])
        except InputError:
            raise
        except Exception as error:  # Malformed files can raise anything.
            raise InputError(f"the model in {folder} is damaged: {message_of(error)}. Fit again.") from None


class StoredPipelines(Sequence[Pipeline]):
    """Pipelines that are loaded when one of them is first needed.

    Args:
        folders: Where they lie.
        family: The name of their models' family.
    """

    def __init__(self, folders: Sequence[Path], family: str) -> None:
        self._folders = tuple(folders)
        self._family = family

    @cached_property
    def _loaded(self) -> tuple[Pipeline, ...]:
        return tuple(Pipeline.load(folder, self._family) for folder in self._folders)

    @overload
    def __getitem__(self, index: int) -> Pipeline: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Pipeline, ...]: ...

    def __getitem__(self, index: int | slice) -> Pipeline | tuple[Pipeline, ...]:
        return self._loaded[index]

    def __len__(self) -> int:
        return len(self._folders)


def predict_all(pipelines: Sequence[Pipeline], features: pd.DataFrame) -> list[Floats]:
    """Return the outputs of each pipeline, shape `(rows, outputs)`.

    Pipelines with equal recipes share the prepared columns. One model runs on each core at a time: its own threads
    would wait for each other where the rows are few.

    Args:
        pipelines: At least one.
        features: The columns as the schema reads them.
    """
    alike: dict[bytes, list[int]] = defaultdict(list)
    for index, pipeline in enumerate(pipelines):
        alike[pipeline.recipe.digest].append(index)
    parts: list[list[Floats]] = [[] for _ in pipelines]
    with ThreadPoolExecutor(count_cores()) as threads:
        for start in range(0, max(1, len(features)), _ROWS_AT_ONCE):
            rows = features.iloc[start : start + _ROWS_AT_ONCE]
            for indices in alike.values():
                prepared = pipelines[indices[0]].recipe.transform(rows)
                running = [threads.submit(pipelines[index]._predict_prepared, prepared) for index in indices]
                for index, future in zip(indices, running, strict=True):
                    parts[index].append(future.result())
    return [np.concatenate(part) for part in parts]


def megabytes(folder: Path) -> float:
    """Return the size of a folder's files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
