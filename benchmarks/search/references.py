"""Reference losses of the real trainings: from random search, improved by the results of contenders."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from .problems.trainings import REFERENCES, trainings


def measure(draws: int) -> None:
    """Run random search on each training; store the median, and the best loss if it improves on the known one."""
    for problem in trainings():
        rng = np.random.default_rng(2026)  # not the seed of any contender
        losses = [problem.evaluate(problem.space.sample(rng)) for _ in range(draws)]
        known = _read().get(problem.name, {})
        best = min(min(losses), known.get("best", losses[0]))
        _write(_read() | {problem.name: {"best": best, "median": float(np.median(losses)), "draws": draws}})


def improve(losses: Mapping[str, float]) -> None:
    """Store the lowest losses that contenders found, by problem, if they improve on the known ones."""
    known = _read()
    for name in losses.keys() & known.keys():
        known[name]["best"] = min(known[name]["best"], losses[name])
    _write(known)


def _read() -> dict[str, dict[str, float]]:
    known: dict[str, dict[str, float]] = json.loads(REFERENCES.read_text()) if REFERENCES.exists() else {}
    return known


def _write(references: Mapping[str, Mapping[str, float]]) -> None:
    REFERENCES.write_text(json.dumps(references, indent=1, sort_keys=True) + "\n")
