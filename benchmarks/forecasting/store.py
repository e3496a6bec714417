"""The store of all runs, one JSON object per line, so that no run is repeated."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

STORE = Path(__file__).parents[1] / ".store" / "forecasting.jsonl"


@dataclass(frozen=True)
class Key:
    """The identity of a run: the set, the contender, and its budget in seconds."""

    series: str
    contender: str
    seconds: float


@dataclass(frozen=True)
class Run:
    """What was measured.

    Args:
        mase: The mean absolute scaled error of the values after the training part; NaN if it failed.
        smape: The symmetric mean absolute percentage error, in percent.
        seconds: From the start of the process until the forecasts were there.
        peak_mb: The peak memory of its processes, in 10^6 bytes.
        remark: What should be known about the forecasts.
        error: The end of its log, if it failed.
    """

    mase: float = float("nan")
    smape: float = float("nan")
    seconds: float = float("nan")
    peak_mb: float = float("nan")
    remark: str = ""
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
