"""A disk that fills up while a study runs on it: a small file system of its own, in a mount namespace."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_INSIDE = ["unshare", "--map-root-user", "--mount"]
_PROBE = [*_INSIDE, "mount", "-t", "tmpfs", "tmpfs", "/tmp"]
if sys.platform != "linux" or subprocess.run(_PROBE, capture_output=True, check=False).returncode:
    pytest.skip("needs Linux and the right to mount a file system in a namespace", allow_module_level=True)

TRAIN = """
import json, sys
from pathlib import Path

def train(parameters, trial):
    trial.report(1, loss=parameters["x"])
    (trial.folder / "weights.bin").write_bytes(bytes({weights}))
    return parameters["x"]

if __name__ == "__main__":
    print("training" * 50)
    Path(sys.argv[2], "weights.bin").write_bytes(bytes({weights}))
    Path(sys.argv[2], "metrics.json").write_text(json.dumps({{"loss": float(sys.argv[1])}}))
"""
STUDY = """
[study]
name = "s"
objective = "minimize loss"
[task]
kind = "{kind}"
{kind} = "{what}"
[space]
x = {{ type = "float", low = 0.0, high = 1.0 }}
[budget]
trials = 6
[search]
proposer = "random"
[execution]
executor = "{executor}"
"""
# The folder of the full disk is gone when the namespace ends, so the script copies the journals out.
SCRIPT = """
mkdir disk && mount -t tmpfs -o {limit} tmpfs disk
{tunesmith} run --quiet study.toml --folder disk/s 2> first.txt; echo $? > first.status
cp disk/s/journal.jsonl first.jsonl
mount -o remount,size=30m,nr_inodes=10000 disk
{tunesmith} run --quiet study.toml --folder disk/s 2> second.txt; echo $? > second.status
cp disk/s/journal.jsonl second.jsonl
{tunesmith} run --quiet study.toml --folder undisturbed
cp undisturbed/journal.jsonl undisturbed.jsonl
"""


@pytest.mark.parametrize(
    ("executor", "kind", "weights", "limit"),
    [
        ("inline", "function", 25_000, "size=100k"),
        ("process", "function", 25_000, "size=100k"),
        ("process", "command", 25_000, "size=100k"),
        ("inline", "command", 1000, "size=100k"),
        ("process", "function", 10, "nr_inodes=22"),
        ("process:3", "command", 25_000, "size=100k"),
    ],
)
def test_trials_wait_while_the_disk_is_full(tmp_path: Path, executor: str, kind: str, weights: int, limit: str) -> None:
    what = "train.py:train" if kind == "function" else f"{sys.executable} train.py {{x}} {{trial_dir}}"
    (tmp_path / "train.py").write_text(TRAIN.format(weights=weights))
    (tmp_path / "study.toml").write_text(STUDY.format(kind=kind, what=what, executor=executor))
    script = SCRIPT.format(tunesmith=f"{sys.executable} -m tunesmith", limit=limit)
    subprocess.run([*_INSIDE, "sh", "-c", script], cwd=tmp_path, check=True, capture_output=True, timeout=120)

    assert (tmp_path / "first.status").read_text() == "1\n"
    (message,) = (tmp_path / "first.txt").read_text().splitlines()
    assert "No space left on device. Free some space; then run the same command again." in message
    assert not [end for end in _ends(tmp_path / "first.jsonl") if end["state"] != "complete"]

    assert (tmp_path / "second.status").read_text() == "0\n"
    assert (tmp_path / "second.txt").read_text() == ""
    assert _states(tmp_path / "second.jsonl") == _states(tmp_path / "undisturbed.jsonl")
    if ":" not in executor:  # After a resume, the free slots of several are filled at once.
        assert _points(tmp_path / "second.jsonl") == _points(tmp_path / "undisturbed.jsonl")


def _ends(journal: Path) -> list[dict[str, Any]]:
    return _events(journal, "trial_finished")


def _states(journal: Path) -> dict[int, str]:
    return {event["trial"]: event["state"] for event in sorted(_ends(journal), key=lambda event: event["trial"])}


def _points(journal: Path) -> dict[int, float]:
    return {event["trial"]: event["proposal"]["parameters"]["x"] for event in _events(journal, "trial_proposed")}


def _events(journal: Path, kind: str) -> list[dict[str, Any]]:
    return [event for line in journal.read_text().splitlines() if (event := json.loads(line))["event"] == kind]
