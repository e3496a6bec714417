"""Pretrained networks that learn in context: the training rows are part of the input, and nothing is trained."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import orjson

from ..core.arrays import Floats, Singles
from ..core.parameters import Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ..errors import InputError
from ._codes import ColumnCodes
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import pandas as pd

_WORDS = ("regressor", "classifier")
_SUFFIXES = (".ckpt", ".safetensors")


@dataclass(frozen=True, kw_only=True)
class InContextModel:
    """The training rows, and the weights that read them.

    The weights stay where they are: a model notes their place and their SHA-256, and refuses others.

    Args:
        codes: Encodes the columns.
        rows: The training rows, encoded, shape `(rows, columns)`.
        target: Their target, shape `(rows,)`.
        outputs: The number of columns of a prediction.
        classification: Whether classes are predicted.
        members: The number of views of the data whose predictions are averaged.
        seed: The seed of the views.
        checkpoint: The file of the weights.
        digest: Its SHA-256.
    """

    variable: ClassVar[str]

    codes: ColumnCodes
    rows: Singles
    target: Floats
    outputs: int
    classification: bool
    members: int
    seed: int
    checkpoint: Path
    digest: str

    @property
    def weights_bytes(self) -> int:
        """The size of the weights, which are not in the model's folder."""
        return self.checkpoint.stat().st_size

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        encoded = self.codes.transform(features)
        if not self.classification:
            return np.asarray(self._fitted.predict(encoded), dtype=np.float64).reshape(-1, 1)
        predictions = np.zeros((len(encoded), self.outputs))
        predictions[:, self._fitted.classes_.astype(int)] = self._fitted.predict_proba(encoded)
        return predictions

    def save(self, folder: Path) -> None:
        """Write it to a folder: the training rows as arrays, and the rest as JSON."""
        np.savez_compressed(folder / "rows.npz", rows=self.rows, target=self.target)
        table = {
            **self.codes.to_table(),
            "outputs": self.outputs,
            "classification": self.classification,
            "members": self.members,
            "seed": self.seed,
            "checkpoint": str(self.checkpoint),
            "digest": self.digest,
        }
        (folder / "context.json").write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: Its weights are neither where they were nor where the environment variable says.
        """
        table = orjson.loads((folder / "context.json").read_bytes())
        codes = ColumnCodes(columns=table.pop("columns"), categories=table.pop("categories"))
        known = [*checkpoints(cls.variable, classification=table["classification"]), Path(table.pop("checkpoint"))]
        place = next((path for path in known if path.is_file() and digest_of(path) == table["digest"]), None)
        if place is None:
            raise InputError(
                "the model requires the weights that it was created with. "
                f"Set {cls.variable} to the file whose SHA-256 is {table['digest']}."
            )
        with np.load(folder / "rows.npz", allow_pickle=False) as stored:
            arrays = dict(stored)
        return cls(codes=codes, checkpoint=place, **arrays, **table)

    def build(self, threads: int) -> Any:
        """Return the unfitted estimator of the library.

        Args:
            threads: The number of threads that it may use; 0 for the library's default.
        """
        raise NotImplementedError

    @cached_property
    def _fitted(self) -> Any:
        return self.build(int(os.environ.get("OMP_NUM_THREADS") or 0)).fit(self.rows, self.target)


class InContextFamily:
    """Reads the training rows with pretrained weights.

    Attributes:
        seconds_per_cell: Processor seconds for each value of the training and held-out rows, and each view.
    """

    profile: ClassVar[Profile]
    model: ClassVar[type[InContextModel]]
    seconds_per_cell: ClassVar[float]
    takes_text: ClassVar[bool] = False
    libraries: ClassVar[Sequence[str]] = ()
    space: ClassVar[Mapping[str, Parameter]] = {"members": Int(1, 32, log=True)}

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return the library's usual number of views; nothing if there are no weights for this kind of problem."""
        found = checkpoints(self.profile.checkpoint, classification=problem.is_classification)
        return [{"members": 8}] if found else []

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit and the prediction of a quarter as many rows."""
        return 5.0 + self.seconds_per_cell * 1.25 * rows * columns * int(parameters["members"])

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> InContextModel:
        """Keep the rows; weights of rows are ignored.

        Raises:
            InputError: There are no weights for this kind of problem.
        """
        found = checkpoints(self.profile.checkpoint, classification=part.problem.is_classification)
        if not found:
            word = _WORDS[part.problem.is_classification]
            raise InputError(
                f"{self.profile.checkpoint} must name the weights of a {word}, or a folder with them, got "
                f"'{os.environ.get(self.profile.checkpoint, '')}'."
            )
        codes = ColumnCodes.of(part.features)
        return self.model(
            codes=codes,
            rows=codes.transform(part.features),
            target=part.target,
            outputs=part.problem.outputs,
            classification=part.problem.is_classification,
            members=int(parameters["members"]),
            seed=part.seed,
            checkpoint=found[0],
            digest=digest_of(found[0]),
        )


def checkpoints(variable: str, *, classification: bool) -> list[Path]:
    """Return the files of weights for a kind of problem.

    Args:
        variable: The environment variable that names a file, or a folder with files. A file is for classes or for
            numbers if its name says `classifier` or `regressor`, and for both if it says neither.
        classification: Whether classes are predicted.
    """
    setting = os.environ.get(variable, "")
    if not setting:
        return []
    place = Path(setting).expanduser().absolute()
    files = sorted(path for path in place.iterdir() if path.suffix in _SUFFIXES) if place.is_dir() else [place]
    other = _WORDS[not classification]
    return [path for path in files if path.is_file() and other not in path.name]


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
