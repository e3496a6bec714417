"""The store of all runs, one JSON object per line, so that no run is repeated."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

STORE = Path(__file__).parents[1] / ".store" / "tabular.jsonl"


@dataclass(frozen=True)
class Key:
    """The identity of a run: the table, the contender, and its budget in seconds."""

    table: str
    contender: str
    seconds: float


@dataclass(frozen=True)
class Run:
    """What was measured.

    Args:
        loss: Log loss or RMSE of the test rows; NaN if it failed.
        seconds: From the start of the process until the model was saved.
        peak_mb: The peak memory of its processes, in 10^6 bytes.
        model_mb: The size of the saved model.
        ms_per_1000_rows: The time to predict, the median of three after a first call.
        error: The end of its log, if it failed.
    """

    loss: float = float("nan")
    seconds: float = float("nan")
    peak_mb: float = float("nan")
    model_mb: float = float("nan")
    ms_per_1000_rows: float = float("nan")
    error: str = ""


def read(path: Path = STORE) -> dict[Key, Run]:
    """Return all runs; of two with the same key, the later one."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {Key(**key): Run(**run) for key, run in map(json.loads, lines)}


def append(key: Key, run: Run, path: Path = STORE) -> None:
    """Add a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps([asdict(key), asdict(run)]) + "\n")
