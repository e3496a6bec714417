"""Jobs through Parsl's providers: what a batch system refuses, what it does not know, and what jobs must not see."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.waiting import wait_until

from tunesmith.errors import InputError
from tunesmith.executors._scheduler import JobState, Scheduler, SubmissionFailed, make_provider
from tunesmith.llm.environment import hide_from_trials

LSF_COMMAND = """#!/bin/sh
case "$0" in
  *bsub) cat > {folder}/script; echo "Job <17> is submitted to queue <short>." ;;
  *bjobs) echo "17 RUN" ;;
esac
"""


def lsf(folder: Path, monkeypatch: pytest.MonkeyPatch, command: str = LSF_COMMAND, **options: Any) -> Scheduler:
    """A provider of LSF whose commands are replaced, as LSF is not to be had."""
    commands = folder / "bin"
    commands.mkdir()
    for name in ("bsub", "bjobs", "bkill"):
        (commands / name).write_text(command.format(folder=folder))
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    options = {
        "cores_per_block": 1,
        "cores_per_node": 1,
        "request_by_nodes": False,
        "bsub_redirection": True,
        **options,
    }
    return Scheduler(make_provider("LSFProvider", **options))


def test_a_job_runs_and_ends(tmp_path: Path) -> None:
    scheduler = Scheduler(make_provider("LocalProvider"))
    job = scheduler.submit("true", name="mine", folder=tmp_path)
    wait_until(lambda: scheduler.states({job: tmp_path})[job] is JobState.ENDED, "the end of the job")
    assert list(tmp_path.glob("mine.*.sh"))


def test_a_job_of_an_earlier_session_is_known_by_its_id(tmp_path: Path) -> None:
    job = Scheduler(make_provider("LocalProvider")).submit("sleep 60", name="mine", folder=tmp_path)
    later = Scheduler(make_provider("LocalProvider"))
    assert later.states({job: tmp_path}) == {job: JobState.RUNNING}
    later.cancel(job, tmp_path)
    wait_until(lambda: later.states({job: tmp_path})[job].is_final, "the end of the job")


def test_jobs_do_not_see_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_from_trials("TUNESMITH_TEST_KEY")
    monkeypatch.setenv("TUNESMITH_TEST_KEY", "hush")
    scheduler = Scheduler(make_provider("LocalProvider"))
    scheduler.submit(f"env > {tmp_path}/variables.tmp; mv {tmp_path}/variables.tmp {tmp_path}/variables", name="mine",
                     folder=tmp_path)  # fmt: skip
    wait_until((tmp_path / "variables").exists, "the job")
    assert "TUNESMITH_TEST_KEY" not in (tmp_path / "variables").read_text()


def test_commands_of_the_batch_system_do_not_see_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_from_trials("TUNESMITH_TEST_KEY")
    monkeypatch.setenv("TUNESMITH_TEST_KEY", "hush")
    scheduler = lsf(
        tmp_path,
        monkeypatch,
        f"#!/bin/sh\nenv > {tmp_path}/variables\necho 'Job <17> is submitted to queue <short>.'\n",
    )
    assert scheduler.submit("true", name="mine", folder=tmp_path) == "17"
    assert "TUNESMITH_TEST_KEY" not in (tmp_path / "variables").read_text()


@pytest.mark.parametrize(("said", "is_temporary"), [
    ("Bad queue name: short. Job not submitted.", False),
    ("LSF is down. Please wait ... try again later", True),
    ("batch system daemon not responding: Connection refused by server", True),
])  # fmt: skip
def test_a_refused_job_says_why(said: str, is_temporary: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = lsf(tmp_path, monkeypatch, f"#!/bin/sh\necho '{said}' >&2\nexit 255\n")
    with pytest.raises(SubmissionFailed) as caught:
        scheduler.submit("true", name="mine", folder=tmp_path)
    assert said in str(caught.value)
    assert caught.value.is_temporary is is_temporary


def test_a_command_that_hangs_is_killed_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 600\n"
    scheduler = lsf(tmp_path, monkeypatch, hangs, cmd_timeout=1)
    with pytest.raises(SubmissionFailed, match="did not answer within 1 seconds") as caught:
        scheduler.submit("true", name="mine", folder=tmp_path)
    assert caught.value.is_temporary
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, "its end")
    assert scheduler.states({"17": tmp_path}) == {"17": JobState.UNKNOWN}, "a command that hangs ends no trial"


def test_without_parsl_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "parsl", None)
    with pytest.raises(InputError, match=r"pip install 'tunesmith\[parsl\]'"):
        make_provider("LocalProvider")
