"""Train a family on a part, and load what it left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .. import plugins
from ..core.trial import Value
from ..families.base import Family, Model, TrainingPart
from ..families.prior import PriorFamily, PriorModel


def train_model(family: Family, part: TrainingPart, parameters: Mapping[str, Value]) -> Model:
    """Return a model of a family, or the prior's where there is nothing to learn.

    That is so without a column, and where the training rows have the same target.
    """
    if not part.features.shape[1] or not np.ptp(part.target):
        return PriorFamily().fit(part, {})
    return family.fit(part, parameters)


def load_model(folder: Path, family: str) -> Model:
    """Return the model that a family, or the prior in its place, saved to a folder."""
    kind: type[Model] = PriorModel if PriorModel.lies_in(folder) else plugins.load("families", family).model
    return kind.load(folder)
