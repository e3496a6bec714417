"""`kill -9` at any moment: the study goes on as if nothing had happened."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.conftest import Tunesmith, command, processes_of
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
        journal = folder / "journal.jsonl"
        size = journal.stat().st_size if journal.exists() else 0
        started = time.monotonic()
        while running.poll() is None and time.monotonic() - started < 60:
            # Most kills fall into the work itself, some into the start.
            if (journal.exists() and journal.stat().st_size > size) or chance.random() < 0.01:
                break
            time.sleep(0.02)
        time.sleep(chance.uniform(0.0, 0.4))
        if running.poll() is not None:
            break
        kills[kill_something(running, folder, chance)] += 1
        if chance.random() < 0.3:
            time.sleep(chance.uniform(0.0, 0.3))
        if running.poll() is None:
            running.kill()
        running.wait()
    assert kills.total() == KILLS, f"the study ended after {kills}, too early to be killed so often"
    tunesmith("run", "--folder", folder, "--quiet")

    assert trials_of(folder) == expected
    finished = Counter(event.trial for event in read_events(folder / "journal.jsonl") if event.kind == "finished")
    assert set(finished.values()) == {1}
    assert processes_of(folder) == []


@pytest.mark.slow
def test_no_process_outlives_a_killed_tunesmith(study: Path) -> None:
    text = (study / "study.toml").read_text()
    (study / "study.toml").write_text(text.replace("{args}", "{args} --sleep 30"))
    with subprocess.Popen(command("run", "--quiet"), cwd=study) as running:
        deadline = time.monotonic() + 60
        while not processes_of(study) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert processes_of(study)
        running.kill()
    deadline = time.monotonic() + 20
    while (left := processes_of(study)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []
