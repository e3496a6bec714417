"""Every run measured so far, one JSON object a line; a run that was done is not done again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

STORE = Path(__file__).parents[1] / ".store" / "search.jsonl"


def usual_trials(slots: int) -> int:
    """Return how long a run is: with several slots longer, so that they can come to what one slot has reached."""
    return 100 if slots == 1 else 150


@dataclass(frozen=True)
class Key:
    """What tells runs apart.

    Args:
        problem: Its name.
        contender: As `optuna:tpe`.
        slots: How many trials ran at once.
        seed: From 0.
        trials: How many trials, or with a pruner how many whole trainings' worth of steps.
    """

    problem: str
    contender: str
    slots: int
    seed: int
    trials: int


@dataclass(frozen=True)
class Record:
    """What came of a run.

    Args:
        losses: In the order in which trials ended; with a pruner only those of whole trainings.
        ends: When each ended: simulated seconds, or with a pruner whole trainings' worth of steps spent by all.
        proposing: Processor seconds spent in ask and tell.
        distinct: How many different configurations were proposed.
        proposed: How many trials were asked for.
    """

    losses: tuple[float, ...]
    ends: tuple[float, ...]
    proposing: float
    distinct: int
    proposed: int


def read(path: Path = STORE) -> dict[Key, Record]:
    """Return all runs; of two with the same key the later."""
    records: dict[Key, Record] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            key, record = json.loads(line)
            records[Key(**key)] = Record(**{**record, "losses": tuple(record["losses"]), "ends": tuple(record["ends"])})
    return records


def append(key: Key, record: Record, path: Path = STORE) -> None:
    """Add a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shortened = {**asdict(record), "ends": [float(f"{end:.6g}") for end in record.ends]}
    with path.open("a") as file:
        file.write(json.dumps([asdict(key), shortened]) + "\n")


def least_losses(records: Mapping[Key, Record]) -> dict[str, float]:
    """Return the best loss that anybody found, by problem."""
    found: dict[str, float] = {}
    for key, record in records.items():
        found[key.problem] = min([*record.losses, found.get(key.problem, float("inf"))])
    return found
