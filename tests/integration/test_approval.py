"""Steps that wait for a person, with a scripted model: answered from elsewhere, by a key, or not at all."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Tunesmith, command
from tests.waiting import wait_until
from tunesmith.approvals.approvals import read_requests
from tunesmith.core.approval_request import ApprovalRequest
from tunesmith.journal.events import ApprovalAnswered, SessionOpened
from tunesmith.journal.file import read_events
from tunesmith.study.tuning import load
from tunesmith.testing.model_server import ModelRequest, ModelServer, Structured

PLACE = 0.3


def script(request: ModelRequest) -> Structured:
    """One radical idea, and none after it."""
    if "decision" in str(request.tools):  # the coordinator
        return Structured({"decision": "go on", "reason": "it still improves"})
    if request.number:
        return Structured({"ideas": [{"step": "stop", "reason": "nothing else comes to mind"}]})
    changes = [{"parameter": "place", "value": PLACE}, {"parameter": "kind", "value": "fancy"}]
    idea = {"step": "radical", "changes": changes, "reason": "a third is usual", "expected": 0.1}
    return Structured({"ideas": [idea]})


@contextmanager
def asking(study: Path, more: str = "", *, trials: int = 5, parallel: int = 1) -> Iterator[dict[str, Any]]:
    """A study whose model wants a radical step at once, and the options to run it with."""
    described = study / "study.toml"
    lenient = (
        '{ name = "portfolio", adviser = { name = "language_model", shortfall = 50.0 } }'  # However late it comes.
    )
    described.write_text(described.read_text().replace("[search]", f"[search]\nproposer = {lenient}"))
    with ModelServer(script) as server:
        text = (study / "study.toml").read_text().replace('pruner = "asha"', "")
        text = text.replace("trials = 24", f"trials = {trials}").replace("parallel = 1", f"parallel = {parallel}")
        model = f'{{ name = "compatible:scripted", base_url = "{server.url}/v1", price = "free" }}'
        (study / "study.toml").write_text(f'{text}\n[agents]\nmodel = {model}\napprove = "radical"\n{more}\n')
        yield {"env": {**os.environ, "OPENAI_API_KEY": "x", "PYDANTIC_AI_NO_BANNER": "1"}}


@contextmanager
def running(study: Path, *words: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """`tunesmith run` in the background, with nobody at its standard input."""
    with subprocess.Popen(
        command("run", *words),
        cwd=study,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def questions(folder: Path) -> list[ApprovalRequest]:
    return read_requests(folder).all


def first_question(folder: Path) -> ApprovalRequest:
    return wait_until(lambda: questions(folder), "the question")[0]


def stepped(folder: Path) -> list[int]:
    """The trials that are the model's step."""
    return [t.number for t in load(folder).trials if (t.parameters["place"], t.parameters["kind"]) == (PLACE, "fancy")]


@pytest.mark.slow
def test_a_radical_step_waits_for_a_word_from_elsewhere(study: Path, tunesmith: Tunesmith) -> None:
    folder = study / "studies" / "small"
    with asking(study) as options, running(study, **options) as process:
        asked = first_question(folder)
        assert asked.changes["place"] == {"from": 0.9, "to": PLACE}
        status = json.loads(tunesmith("status", folder, "--json").stdout)
        assert [question["number"] for question in status["questions"]] == [1]
        assert status["trials"] == 1  # It pauses: nothing else is tried meanwhile.
        shown = tunesmith("status", folder).stdout
        assert "waits for approval" in shown
        assert "place 0.9 → 0.3   kind plain → fancy" in shown
        assert "Without an answer it is rejected at" in " ".join(tunesmith("explain", folder).stdout.split())
        said = tunesmith("approve", folder, "worth a try").stdout
        assert "✓ question 1 was approved by the user (trial 1): worth a try" in " ".join(said.split())
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "it is rejected; answer with: tunesmith approve" in out
    assert stepped(folder)[0] == 1
    assert load(folder).trials[1].proposal.proposer == "language_model"
    page = (folder / "report.html").read_text()
    assert "approval requested" in page
    assert "question 1 was approved by the user" in page
    refused = tunesmith("approve", folder, status=2).stderr
    assert "none is open" in refused


@pytest.mark.slow
def test_a_step_that_is_rejected_is_not_tried_and_the_log_says_so(study: Path, tunesmith: Tunesmith) -> None:
    folder = study / "studies" / "small"
    with asking(study) as options, running(study, "--json", **options) as process:
        first_question(folder)
        told = json.loads(tunesmith("approve", folder, "--reject", "too far", "--json").stdout)
        assert (told["answer"], told["text"], told["open"]) == ("reject", "too far", False)
        out, errors = process.communicate(timeout=60)
    assert json.loads(out)["counts"]["complete"] >= 5
    assert errors.count("Answer with: tunesmith approve") == 1
    assert stepped(folder) == []
    answered = [event for event in load(folder).history.decisions if isinstance(event, ApprovalAnswered)]
    assert [event.reason for event in answered] == ["question 1 was rejected by the user: too far"]
    assert answered[0].answer == "reject"
    assert "question 1 was rejected by the user: too far" in (folder / "report.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("default", ["reject", "approve"])
def test_without_an_answer_the_default_stands(study: Path, tunesmith: Tunesmith, default: str) -> None:
    folder = study / "studies" / "small"
    with asking(study, f'approve_seconds = 1\napprove_default = "{default}"', trials=3) as options:
        tunesmith("run", "--quiet", **options)
    assert questions(folder)[0].answered_by == "time-out"
    assert bool(stepped(folder)) is (default == "approve")


@pytest.mark.slow
def test_a_killed_study_knows_what_is_open_and_takes_in_what_was_answered_meanwhile(
    study: Path, tunesmith: Tunesmith
) -> None:
    folder = study / "studies" / "small"
    with asking(study, trials=3) as options:
        with running(study, **options) as process:
            first_question(folder)
            process.send_signal(signal.SIGKILL)
            process.wait(30)
        with running(study, **options) as process:
            wait_until(
                lambda: len(list(read_events(folder / "journal.jsonl", kinds=[SessionOpened]))) == 2,
                "the second session",
            )
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(4)]  # Flushed line by line.
            assert told[2].startswith("waiting   question 1: approve a radical step from trial 0 (place 0.9 → 0.3, ")
            process.send_signal(signal.SIGKILL)
            process.wait(30)
        assert "was approved by the user (trial 1)" in " ".join(tunesmith("approve", folder).stdout.split())
        tunesmith("run", "--quiet", **options)
    assert len(questions(folder)) == 1
    assert stepped(folder)[0] == 1


@pytest.mark.slow
def test_ctrl_c_ends_the_wait_and_leaves_the_question_open(study: Path, tunesmith: Tunesmith) -> None:
    folder = study / "studies" / "small"
    with asking(study, trials=3) as options:
        with running(study, **options) as process:
            first_question(folder)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "1 settled trial is kept" in errors
        assert questions(folder)[0].is_open
        tunesmith("approve", folder, "--reject")
        tunesmith("run", "--quiet", **options)
    assert stepped(folder) == []


@pytest.mark.slow
def test_the_minutes_end_the_wait_and_close_the_question(study: Path, tunesmith: Tunesmith) -> None:
    folder = study / "studies" / "small"
    with asking(study) as options:
        started = time.monotonic()
        told = json.loads(tunesmith("run", "--minutes", "0.2", "--json", **options).stdout)
        assert time.monotonic() - started < 60
    assert "minutes are up" in told["stopped"]
    assert questions(folder)[0].answered_by == "coordinator"


@pytest.mark.slow
def test_several_slots_do_not_wait_and_the_step_is_followed_when_it_is_approved(
    study: Path, tunesmith: Tunesmith
) -> None:
    folder = study / "studies" / "small"
    (study / "train.py").write_text((study / "train.py").read_text().replace("default=0.005", "default=0.05"))
    with asking(study, trials=2000, parallel=2) as options, running(study, **options) as process:
        asked = first_question(folder)
        known = len(load(folder).trials)
        wait_until(lambda: len(load(folder).trials) > known + 2, "trials while it is open")
        tunesmith("approve", folder, "--question", "1")
        number = questions(folder)[0].trial
        assert number is not None
        wait_until(lambda: load(folder).trials[number].state.settled, "the step that was approved")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert load(folder).trials[number].parameters == asked.parameters


@pytest.mark.slow
def test_a_study_that_ends_closes_what_nobody_answered(study: Path) -> None:
    folder, train = study / "studies" / "small", study / "train.py"
    train.write_text(train.read_text().replace("loss = floor", 'loss = os.path.exists("good") * -9.0 + floor'))
    with (
        asking(study, trials=2000, parallel=2) as options,
        running(study, "--json", "--target", "-1", **options) as process,
    ):
        first_question(folder)
        (study / "good").touch()
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    told = json.loads(out)
    assert "the target is met" in told["stopped"]
    assert told["questions"] == []
    assert questions(folder)[0].answered_by == "coordinator"


@pytest.mark.slow
def test_of_two_answers_at_once_one_counts(study: Path) -> None:
    folder = study / "studies" / "small"
    with asking(study, trials=3) as options, running(study, **options) as process:
        first_question(folder)
        both = [
            subprocess.Popen(command("approve", folder, *words), stderr=subprocess.PIPE, text=True, cwd=study)
            for words in ((), ("--reject",))
        ]
        errors = [answer.communicate(timeout=60)[1] for answer in both]
        process.communicate(timeout=60)
    assert sorted(answer.returncode for answer in both) == [0, 2]
    assert "question" in "".join(errors)
    closed = questions(folder)[0]
    assert closed.answer == ("approve" if both[0].returncode == 0 else "reject")
    assert list((folder / "answers").iterdir()) == []


@pytest.mark.slow
def test_ask_does_not_wait_and_follows_a_step_once_it_is_approved(study: Path, tunesmith: Tunesmith) -> None:
    folder = study / "studies" / "small"
    with asking(study) as options:
        for number in (0, 1):
            trial = json.loads(tunesmith("ask", "study.toml", "--json", **options).stdout)
            assert (trial["number"], trial["parameters"]["place"] == PLACE) == (number, False)
            tunesmith("tell", folder, str(number), "loss=0.5", **options)
        assert [question.is_open for question in questions(folder)] == [True]
        tunesmith("approve", folder)
        trial = json.loads(tunesmith("ask", folder, "--json", **options).stdout)
    assert (trial["number"], trial["parameters"]["place"]) == (2, PLACE)


BACKGROUND = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:], process_group=0))"

SHELL = """
import os, signal, subprocess, sys, time
usual = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = subprocess.Popen(sys.argv[1:], process_group=0, preexec_fn=lambda: signal.signal(signal.SIGTTOU, usual))
os.tcsetpgrp(0, job.pid)
while not os.path.exists("to-the-background"):
    time.sleep(0.05)
os.tcsetpgrp(0, os.getpgrp())
os.rename("to-the-background", "in-the-background")
sys.exit(job.wait())
"""
"""Gives a job the terminal, and takes it back as a shell does for `bg`."""


class Terminal:
    """`tunesmith run` on a terminal of its own; `shell` is the program that starts it there."""

    def __init__(self, study: Path, environment: dict[str, str], *, shell: str = "") -> None:
        words = [sys.executable, "-c", shell, *command("run")] if shell else command("run")
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(study)
            os.execve(words[0], words, {**environment, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"})
        self.screen = b""
        self.status: int | None = None

    def read(self) -> None:
        while select.select([self.terminal], [], [], 0)[0]:
            try:
                self.screen += os.read(self.terminal, 65536)
            except OSError:  # It has ended.
                break

    def shows(self, text: str) -> bool:
        self.read()
        return text in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.screen.decode(errors="replace"))

    def type(self, keys: str) -> None:
        self.screen = b""
        os.write(self.terminal, keys.encode())

    def ended(self) -> bool:
        self.read()
        done, status = os.waitpid(self.process, os.WNOHANG)
        if done:
            self.status = os.waitstatus_to_exitcode(status)
        return bool(done)


@pytest.mark.slow
@pytest.mark.parametrize(("key", "answer"), [("y", "approve"), ("n", "reject")])
def test_a_key_on_the_terminal_answers(study: Path, key: str, answer: str) -> None:
    folder = study / "studies" / "small"
    with asking(study, trials=3) as options:
        terminal = Terminal(study, options["env"])
        wait_until(lambda: terminal.shows("y or n, then Enter: _"), "the question on the screen")
        assert terminal.shows("question 1")
        terminal.type("perhaps\r")
        wait_until(lambda: terminal.shows("Enter: _"), "the line without what was typed")
        terminal.type(key)
        wait_until(lambda: terminal.shows(f"Enter: {key}_"), "the key on the screen")
        assert questions(folder)[0].is_open  # Enter is still to come.
        terminal.type("\r")
        wait_until(terminal.ended, "the end")
    assert terminal.status == 0
    assert (questions(folder)[0].answer, questions(folder)[0].answered_by) == (answer, "user")
    assert terminal.shows("all 3 trials are done")


@pytest.mark.slow
def test_ctrl_c_on_the_terminal_ends_the_wait(study: Path) -> None:
    folder = study / "studies" / "small"
    with asking(study, trials=3) as options:
        terminal = Terminal(study, options["env"])
        wait_until(lambda: terminal.shows("y or n, then Enter: _"), "the question on the screen")
        terminal.type("y\x03")
        wait_until(terminal.ended, "the end")
    assert terminal.status == 130
    assert questions(folder)[0].is_open


@pytest.mark.slow
def test_in_the_background_no_key_is_read(study: Path, tunesmith: Tunesmith) -> None:
    """The terminal would stop a process that reads from it in the background."""
    with asking(study, trials=3) as options:
        terminal = Terminal(study, options["env"], shell=BACKGROUND)
        wait_until(lambda: terminal.shows("tunesmith approve studies/small --question 1"), "the command on the screen")
        assert not terminal.shows("y or n")
        terminal.type("n\r")
        tunesmith("approve", study / "studies" / "small")
        wait_until(terminal.ended, "the end")
    assert terminal.status == 0


@pytest.mark.slow
def test_a_study_that_is_put_into_the_background_meanwhile_goes_on(study: Path, tunesmith: Tunesmith) -> None:
    """The terminal would stop a process that changes its settings from there."""
    with asking(study, trials=3) as options:
        terminal = Terminal(study, options["env"], shell=SHELL)
        wait_until(lambda: terminal.shows("y or n, then Enter: _"), "the question on the screen")
        (study / "to-the-background").touch()
        terminal.screen = b""
        wait_until((study / "in-the-background").exists, "the shell")
        wait_until(lambda: terminal.shows("tunesmith approve studies/small --question 1"), "the command on the screen")
        tunesmith("approve", study / "studies" / "small")
        wait_until(terminal.ended, "the end")
    assert terminal.status == 0


def test_python_may_answer_from_another_thread(tmp_path: Path) -> None:
    import tunesmith as ts

    with ModelServer(script) as server:
        model = {
            "model": {"name": "compatible:x", "base_url": f"{server.url}/v1", "token": lambda: "x", "price": "free"},
            "approve": "radical",
        }
        from tunesmith.tasks.function import FunctionTask

        def train(parameters: dict[str, Any]) -> float:
            return abs(float(parameters["place"]) - PLACE)

        study = ts.Study(
            space={"place": ts.Float(0, 1, default=0.9), "kind": ts.Choice(["plain", "fancy"])},
            objective="minimize y",
            folder=tmp_path,
            budget=ts.Budget(trials=3),
            task=FunctionTask(function=train, metric="y"),
            model=model,
        )

        def approve() -> None:
            wait_until(lambda: any(question.is_open for question in study.approval_requests), "the question")
            study.approve(text="from a thread")

        thread = threading.Thread(target=approve)
        thread.start()
        study.run()
        thread.join()
    assert (study.approval_requests[0].text, study.approval_requests[0].trial) == ("from a thread", 1)
