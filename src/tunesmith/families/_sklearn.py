"""A scikit-learn pipeline as a trained model, stored with skops."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import orjson

from ..core.arrays import Floats
from ..errors import InputError
from ._codes import ColumnCodes

if TYPE_CHECKING:
    import pandas as pd

_TRUSTED = frozenset({"numpy.dtype", "sklearn.tree._tree.Tree"})


@dataclass(frozen=True, kw_only=True)
class SklearnModel:
    """An estimator on encoded columns.

    Args:
        codes: Encodes the columns.
        estimator: Takes an array of shape `(rows, columns)`.
        outputs: The number of columns of a prediction.
        classes: The indices of the classes that it was trained on, in the order of its outputs.
    """

    codes: ColumnCodes
    estimator: Any
    outputs: int
    classes: tuple[int, ...] = ()

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        encoded = self.codes.transform(features)
        if not self.classes:
            return np.asarray(self.estimator.predict(encoded), dtype=np.float64).reshape(-1, 1)
        predictions = np.zeros((len(features), self.outputs))
        predictions[:, list(self.classes)] = self.estimator.predict_proba(encoded)
        return predictions

    def save(self, folder: Path) -> None:
        """Write it to a folder: the estimator by skops, and the encoding as JSON."""
        from skops.io import dump

        dump(self.estimator, folder / "estimator.skops")
        table = {**self.codes.to_table(), "outputs": self.outputs, "classes": list(self.classes)}
        (folder / "codes.json").write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote.

        Raises:
            InputError: The file names a type that no model of ours has.
        """
        from skops.io import get_untrusted_types, load

        path = folder / "estimator.skops"
        if unknown := set(get_untrusted_types(file=path)) - _TRUSTED:
            raise InputError(f"a model must consist of known types, but {path} holds {', '.join(sorted(unknown))}.")
        table = orjson.loads((folder / "codes.json").read_bytes())
        outputs, classes = table.pop("outputs"), tuple(table.pop("classes"))
        return cls(
            codes=ColumnCodes(**table), estimator=load(path, trusted=list(_TRUSTED)), outputs=outputs, classes=classes
        )
