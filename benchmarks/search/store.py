"""The store of all runs, one JSON object per line, so that no run is repeated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

STORE = Path(__file__).parents[1] / ".store" / "search.jsonl"


def usual_trials(slots: int) -> int:
    """Return the number of trials of a run; more with several slots, so that they can reach the regret of one slot."""
    return 100 if slots == 1 else 150


@dataclass(frozen=True)
class Key:
    """The identity of a run.

    Args:
        problem: The name of the problem.
        contender: The name of the contender, such as `optuna:tpe`.
        slots: The number of parallel trials.
        seed: The seed, from 0.
        trials: The number of trials; with a pruner, the budget in complete trainings.
    """

    problem: str
    contender: str
    slots: int
    seed: int
    trials: int


@dataclass(frozen=True)
class Record:
    """The result of a run.

    Args:
        losses: The losses in the order in which trials ended; with a pruner only those of complete trainings.
        ends: When each trial ended, in simulated seconds; with a pruner, in complete trainings spent by all trials.
        proposing: The processor seconds of ask and tell.
        distinct: The number of different configurations proposed.
        proposed: The number of trials asked for.
    """

    losses: tuple[float, ...]
    ends: tuple[float, ...]
    proposing: float
    distinct: int
    proposed: int


def read(path: Path = STORE) -> dict[Key, Record]:
    """Return all runs; of two with the same key, the later one."""
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
    """Return the best loss of all contenders, by problem."""
    least: dict[str, float] = {}
    for key, record in records.items():
        least[key.problem] = min([*record.losses, least.get(key.problem, float("inf"))])
    return least
