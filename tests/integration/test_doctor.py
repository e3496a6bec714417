"""`tunesmith doctor` as a user runs it."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.integration.conftest import Tunesmith, command
from tests.waiting import wait_until


def test_a_study_is_checked_before_it_is_run(study: Path, tunesmith: Tunesmith) -> None:
    facts = json.loads(tunesmith("doctor", "--run", "--json").stdout)
    found = {finding["check"]: finding for finding in facts["findings"]}
    assert facts["errors"] == 0
    assert found["metric"]["message"].startswith("'loss' was ")
    assert found["output"]["severity"] == "ok"
    assert not (study / "studies" / "small" / "journal.jsonl").exists()
    tunesmith("run", "--trials", "1", "--quiet", "--fresh")  # The run before it is no part of the study.
    assert len(list((study / "studies" / "small" / "trials").iterdir())) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_check_leaves_no_process_behind(study: Path, number: signal.Signals) -> None:
    script = (study / "train.py").read_text()
    (study / "train.py").write_text(f"import os\nopen('pid', 'w').write(str(os.getpid()))\n{script}")
    text = (study / "study.toml").read_text()
    (study / "study.toml").write_text(text.replace("{args}", "{args} --sleep 60"))
    process = subprocess.Popen(command("doctor", "--run"), cwd=study, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    pid = study / "pid"
    wait_until(lambda: pid.exists() and pid.read_text() != "")
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not psutil.pid_exists(int(pid.read_text()))
    assert not (study / "studies").exists()
