"""The scores on the test rows, which are predicted once for each model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from ...data.table import Table
from ...ensembles.ensemble import Ensemble
from .intervals import Interval, Rows, intervals

_FILE = "test_scores.json"


def scores_on_test_rows(folder: Path, test: Table | None, ensemble: Ensemble) -> tuple[Sequence[Interval], int]:
    """Return the metrics of the test rows, and how many models have been scored on them.

    The scores of a model are kept in the study's folder, so that the test rows are looked at once.

    Args:
        folder: The study's folder.
        test: The test rows, or None.
        ensemble: The model.
    """
    if test is None:
        return [], 0
    path = folder / _FILE
    kept: dict[str, list[Mapping[str, Any]]] = orjson.loads(path.read_bytes()) if path.exists() else {}
    model = _name(ensemble)
    if model not in kept:
        kept[model] = [interval.to_table() for interval in _scored(ensemble, test)]
        path.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
    return [Interval(**row) for row in kept[model]], len(kept)


def _scored(ensemble: Ensemble, test: Table) -> list[Interval]:
    predictions = ensemble.predict_members(test.features)
    outputs = ensemble.combination.apply(ensemble.problems, predictions)
    chances = ensemble.combination.decide(ensemble.problems, outputs)
    rows = Rows(target=test.target, outputs=outputs, chances=chances, weight=test.weight)
    return intervals(ensemble.problems, rows, ensemble.metric)


def _name(ensemble: Ensemble) -> str:
    """Return what tells a model from others of the same study: its members, and a digest of how they are combined."""
    weights = ", ".join(f"{member.trial}: {member.weight:.12g}" for member in ensemble.members)
    combined = hashlib.sha256(repr(ensemble.combination).encode()).hexdigest()[:8]
    return f"{weights}, of all rows, {combined}" if ensemble.whole else f"{weights}, {combined}"
