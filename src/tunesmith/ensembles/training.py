"""Train a family on a part, and load what it left."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .. import plugins
from ..core.trial import Value
from ..errors import InputError
from ..families.base import Family, Model, Profile, TrainingPart
from ..families.prior import PriorFamily, PriorModel


def train_model(family: Family, part: TrainingPart, parameters: Mapping[str, Value]) -> Model:
    """Return a model of a family, or the prior's where there is nothing to learn.

    That is so where no column varies, and where the training rows have the same target. Rows without weight are left
    out.

    Raises:
        InputError: The family cannot be trained on so much.
    """
    part = _weighty(part)
    _check_size(family.profile, part)
    varies = (part.features[name].nunique(dropna=False) > 1 for name in part.features.columns)
    if not np.ptp(part.target) or not any(varies):
        return PriorFamily().fit(part, {})
    return family.fit(part, parameters)


def _weighty(part: TrainingPart) -> TrainingPart:
    """Return a part without the rows that count nothing."""
    if part.weight is None or (part.weight > 0).all():
        return part
    kept = part.weight > 0
    return dataclasses.replace(part, features=part.features[kept], target=part.target[kept], weight=part.weight[kept])


def _check_size(profile: Profile, part: TrainingPart) -> None:
    """Raise `InputError` if a part exceeds a family's limits."""
    rows, columns = part.features.shape
    limits = [(rows, profile.most_rows, "rows"), (columns, profile.most_columns, "columns")]
    limits.append((len(part.problem.classes), profile.most_classes, "classes"))
    for size, most, what in limits:
        if most is not None and size > most:
            raise InputError(
                f"{profile.title} takes at most {most:,} {what}, but there are {size:,}. Choose another family."
            )


def load_model(folder: Path, family: str) -> Model:
    """Return the model that a family, or the prior in its place, saved to a folder."""
    kind: type[Model] = PriorModel if PriorModel.lies_in(folder) else plugins.load("families", family).model
    return kind.load(folder)
