"""`kill -9` at any moment: the study goes on as if nothing had happened."""

from __future__ import annotations

import math
import random
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.conftest import Tunesmith, command, processes_of
from tests.waiting import wait_until
from tunesmith.journal.events import TrialFinished
from tunesmith.journal.file import read_events
from tunesmith.study.tuning import load

KILLS = 20


def trials_of(folder: Path) -> list[tuple[Any, ...]]:
    """What must not depend on interruptions: every trial's place, parameters, result and verdict."""
    return [
        (t.number, dict(t.parameters), t.seed, str(t.state), dict(t.metrics), t.verdict and t.verdict.decision)
        for t in load(folder).trials
    ]


def kill_something(running: subprocess.Popen[bytes], folder: Path, chance: random.Random) -> str:
    """Kill tunesmith, a process of a trial, or both, without warning."""
    whom = chance.choice(["tunesmith", "tunesmith", "trial", "both"])
    victims = processes_of(folder) if whom != "tunesmith" else []
    chance.shuffle(victims)
    if whom != "trial":
        running.kill()
    for victim in victims[:1] if whom == "trial" else victims:
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            continue
    return whom


def wait_until_moment(
    running: subprocess.Popen[bytes], journal: Path, *, cpu_seconds: float = math.inf, more_bytes: float = math.inf
) -> None:
    """Wait until the study has ended, has used this much processor time, or has added this much to its journal."""
    if running.poll() is not None:
        return

    def size() -> int:
        return journal.stat().st_size if journal.exists() else 0

    start = size()
    process = psutil.Process(running.pid)
    wait_until(
        lambda: running.poll() is not None or process.cpu_times().user >= cpu_seconds or size() - start >= more_bytes,
        "the moment of a kill",
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_kills_change_nothing(study: Path, tunesmith: Tunesmith) -> None:
    with (study / "study.toml").open("a") as file:
        file.write(f"\n[execution]\nretries = {KILLS}\n")  # however often one trial is hit, it is tried again
    tunesmith("run", "--folder", "undisturbed", "--quiet")
    expected = trials_of(study / "undisturbed")
    assert len(expected) == 24
    assert {row[3] for row in expected} == {"complete", "pruned"}

    chance = random.Random(7)
    folder = study / "disturbed"
    kills: Counter[str] = Counter()
    while kills.total() < KILLS:
        with (study / "output.txt").open("ab") as output:
            running = subprocess.Popen(
                command("run", "--folder", folder, "--quiet"), cwd=study, stdout=output, stderr=output
            )
        # Most kills fall into the work itself, some into the start.
        if chance.random() < 0.2:
            wait_until_moment(running, folder / "journal.jsonl", cpu_seconds=chance.uniform(0.0, 1.0))
        else:
            wait_until_moment(running, folder / "journal.jsonl", more_bytes=chance.uniform(1.0, 1200.0))
        if running.poll() is not None:
            break
        kills[kill_something(running, folder, chance)] += 1
        if chance.random() < 0.3:
            wait_until_moment(running, folder / "journal.jsonl", more_bytes=chance.uniform(1.0, 400.0))
        if running.poll() is None:
            running.kill()
        running.wait()
    assert kills.total() == KILLS, f"the study ended after {kills}, too early to be killed so often"
    tunesmith("run", "--folder", folder, "--quiet")

    assert trials_of(folder) == expected
    finished = Counter(
        event.trial for event in read_events(folder / "journal.jsonl") if isinstance(event, TrialFinished)
    )
    assert set(finished.values()) == {1}
    assert processes_of(folder) == []


@pytest.mark.slow
def test_no_process_outlives_a_killed_tunesmith(study: Path) -> None:
    text = (study / "study.toml").read_text()
    (study / "study.toml").write_text(text.replace("{args}", "{args} --sleep 30"))
    with subprocess.Popen(command("run", "--quiet"), cwd=study) as running:
        wait_until(lambda: processes_of(study), "the first trial")
        running.kill()
    wait_until(lambda: not processes_of(study), "the end of all trials", seconds=20)
