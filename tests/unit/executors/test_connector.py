"""The connector, which speaks for the agent over an SSH connection."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tunesmith.executors._remote.files import INBOX, OUTCOMES
from tunesmith.trial_folder.reports import append_report

WORD = "open-sesame"
NAME = "0001.1.search"


@pytest.fixture
def connector(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-m", "tunesmith.executors._remote.connector", str(tmp_path), WORD]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


@pytest.fixture
def ended_trial(tmp_path: Path) -> Path:
    """The folder of a trial that ended while nobody was connected."""
    folder = tmp_path / "trials" / "0001"
    for each in (folder, tmp_path / INBOX, tmp_path / OUTCOMES):
        each.mkdir(parents=True)
    for step in range(3):
        append_report(folder, step, {"loss": 1.0 - step / 10})
    (tmp_path / INBOX / f"{NAME}.json").write_text("{}")
    (tmp_path / INBOX / f"{NAME}.started").touch()
    (tmp_path / OUTCOMES / f"{NAME}.json").write_text('{"state": "complete"}')
    return folder


def messages(output: IO[str], *, until: str) -> Iterator[dict[str, Any]]:
    for line in output:
        message = json.loads(line.removeprefix(f"{WORD} "))
        if "name" in message:
            yield message
        if until in message:
            return


@pytest.mark.parametrize("known", [0, 2])
def test_a_request_that_comes_twice_brings_each_report_once(
    known: int, connector: subprocess.Popen[str], ended_trial: Path
) -> None:
    """The study sends it as an answer to the greeting and when it hands the trial over, in any order."""
    assert connector.stdin is not None
    assert connector.stdout is not None
    request = {"folder": "trials/0001", "inherits": None}
    line = json.dumps({"name": NAME, "request": request, "task": "", "reports": known})
    print(line, file=connector.stdin, flush=True)
    first = list(messages(connector.stdout, until="outcome"))
    assert [message["step"] for message in first[:-1]] == list(range(known, 3))
    assert first[-1]["outcome"] == {"state": "complete"}
    print(line, file=connector.stdin, flush=True)
    rest, _ = connector.communicate(timeout=30)  # It ends with its input.
    assert NAME not in rest
