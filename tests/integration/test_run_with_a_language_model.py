"""`tunesmith run` with a language model behind a real endpoint."""

import fcntl
import json
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Tunesmith, command
from tests.waiting import wait_until
from tunesmith.journal.file import read_events
from tunesmith.study.tuning import load
from tunesmith.testing.model_server import (
    Delayed,
    Hang,
    ModelRequest,
    ModelServer,
    Reply,
    SlowStream,
    Status,
    Structured,
)

SECRET = "sk-very-secret"


def script(request: ModelRequest) -> Structured:
    if "decision" in str(request.tools):  # the coordinator
        return Structured({"decision": "go on", "freeze": ["sharp"], "reason": "it still improves"})
    changes = [{"parameter": "place", "value": 0.3 + 0.01 * request.number}, {"parameter": "kind", "value": "fancy"}]
    return Structured(
        {"ideas": [{"step": "medium", "changes": changes, "reason": "a third is usual", "expected": 0.1}]}
    )


def agents(study: Path, server: ModelServer, more: str = "") -> dict[str, Any]:
    model = f'{{ name = "compatible:scripted", base_url = "{server.url}/v1", price = {{ input = 1.0, output = 5.0 }} }}'
    with (study / "study.toml").open("a") as file:
        file.write(f"\n[agents]\nmodel = {model}\n{more}")
    return {"env": {**os.environ, "OPENAI_API_KEY": SECRET}}


@pytest.mark.slow
def test_outputs_show_advice_reasons_and_cost(study: Path, tunesmith: Tunesmith) -> None:
    with ModelServer(script) as server:
        with (study / "train.py").open("a") as file:
            file.write('print("the key is", os.environ.get("OPENAI_API_KEY", "hidden"))\n')
        options = agents(study, server)
        dry = tunesmith("run", "--dry-run", "--usd", "2", **options).stdout
        assert "language model compatible:scripted: about 16 calls, $0.15; at most $2, by the budget" in dry
        assert server.requests == ()
        tunesmith("run", "--trials", "12", "--usd", "2", "--pruner", "none", **options)
    folder = study / "studies" / "small"
    status = tunesmith("status", folder).stdout
    assert "planner" in status
    assert "language_model" in status
    told = json.loads(tunesmith("status", folder, "--json").stdout)
    spent = told["language_models"]["planner"]
    assert spent["calls"] + told["language_models"]["coordinator"]["calls"] == len(server.requests)
    assert spent["usd"] > 0
    shown = json.loads(tunesmith("show", folder, "1", "--json").stdout)
    assert shown["proposer"] == "language_model"
    assert "a third is usual" in shown["reason"]
    assert "the key is hidden" in (folder / "trials" / "0001" / "log.txt").read_text()
    page = (folder / "report.html").read_text()
    assert '<h2 id="models-heading">Language models</h2>' in page
    for path in study.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_replay_gives_the_same_study_and_no_agents_asks_no_model(study: Path, tunesmith: Tunesmith) -> None:
    with ModelServer(script) as server:
        options = agents(study, server)
        tunesmith("run", "--trials", "10", "--pruner", "none", "--record", "tape.jsonl", "--quiet", **options)
        first = [trial.parameters for trial in load(study / "studies" / "small").trials]
        asked = len(server.requests)
        tunesmith("run", "--trials", "10", "--no-agents", "--quiet", "--folder", "alone", **options)
        assert len(server.requests) == asked
    assert SECRET not in (study / "tape.jsonl").read_text()
    tunesmith("run", "--trials", "10", "--pruner", "none", "--replay", "tape.jsonl", "--quiet", "--folder", "again")
    assert [trial.parameters for trial in load(study / "again").trials] == first
    assert load(study / "alone").history.ledger.total.calls == 0
    missing = tunesmith("run", "--replay", "nowhere.jsonl", "--folder", "third", status=2).stderr
    assert "the recording nowhere.jsonl cannot be read" in missing


@pytest.mark.slow
def test_explain_ask_answers_from_the_journal(study: Path, tunesmith: Tunesmith) -> None:
    def answers(request: ModelRequest) -> Structured:
        if "The question" not in request.turns[0][1]:
            return script(request)
        return Structured({"answer": "Because of its place, 42 times."})

    with ModelServer(answers) as server:
        options = agents(study, server)
        tunesmith("run", "--trials", "4", "--pruner", "none", "--quiet", **options)
        folder = study / "studies" / "small"
        told = tunesmith("explain", folder, "1", "--ask", "Why this one?", **options).stdout
    assert "Because of its place, 42 times. (Not among the facts: 42.)" in " ".join(told.split())
    assert load(folder).history.ledger.by_role["explainer"].calls == 1
    assert "no answer: the study has no language model" in " ".join(
        tunesmith("explain", folder, "--ask", "Why?").stdout.split()
    )


@pytest.mark.slow
def test_ctrl_c_does_not_wait_for_an_answer(study: Path) -> None:
    with ModelServer([Hang(100)]) as server:
        options = agents(study, server)
        words = command("run", "--pruner", "none", "--trials", "6", "--quiet")
        running = subprocess.Popen(words, cwd=study, stderr=subprocess.PIPE, text=True, **options)
        wait_until(lambda: server.requests or running.poll() is not None, "the first request")
        assert running.poll() is None
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Resume with" in errors
    told = load(study / "studies" / "small")
    assert told.history.ledger.total.failed == 1  # What it may have cost is entered.


@pytest.mark.slow
def test_a_study_continues_without_its_model(study: Path, tunesmith: Tunesmith) -> None:
    with ModelServer([Status(500)]) as server:
        done = tunesmith("run", "--trials", "6", "--pruner", "none", **agents(study, server, "timeout_seconds = 3\n"))
    assert done.stderr.count("continues by rules") == 1
    assert "all 6 trials are done" in done.stdout
    shutil.rmtree(study / "studies")
    refused = tunesmith("run", "--model", "opnai:gpt", status=2).stderr
    assert "--model: agents.model: a model must be named with its provider first" in refused
    assert "Did you mean 'openai'" in refused


@pytest.mark.slow
def test_slots_do_not_wait_for_the_judge(study: Path, tunesmith: Tunesmith) -> None:
    def slowly(request: ModelRequest) -> Any:
        is_judge = "replicate" in str(request.tools)
        return Delayed(Structured({"decision": "accept", "reason": "it will do"}), 0.2) if is_judge else script(request)

    described = study / "study.toml"
    text = described.read_text().replace("--seed", "--sleep 0.1 --seed")
    described.write_text(
        text.replace("[search]", '[search]\njudge = { name = "language_model", rules = { accept_gain = 0.5 } }')
    )
    with ModelServer(slowly) as server:
        options = agents(study, server)
        tunesmith("run", "--trials", "14", "--pruner", "none", "--parallel", "2", "--quiet", **options)
    history = load(study / "studies" / "small").history
    assert history.ledger.by_role["judge"].calls > 0
    assert all(trial.verdict is not None for trial in history.trials)
    assert any(trial.verdict.by == "judge" and "it will do" in trial.verdict.reason for trial in history.trials)


@pytest.mark.slow
def test_cancelled_calls_are_journaled_before_the_session_closes(study: Path, tunesmith: Tunesmith) -> None:
    """Another process may take the folder from then on."""

    def hangs(request: ModelRequest) -> Reply:
        (study / "request").touch()
        return Hang(100)

    waits = "import os, time\nuntil = time.time() + 60\nwhile not os.path.exists('request') and time.time() < until:\n"
    training = study / "train.py"
    training.write_text(f"{waits}    time.sleep(0.02)\n{training.read_text()}")
    with ModelServer(hangs) as server:
        tunesmith("run", "--trials", "6", "--pruner", "none", "--parallel", "2", "--quiet", **agents(study, server))
    kinds = [event.kind for event in read_events(study / "studies" / "small" / "journal.jsonl")]
    assert "model_called" in kinds
    assert kinds[-1] == "session_closed"


REASON = "a third of the way is where such a place most often is"


def slowly(seconds: float) -> Any:
    def answers(request: ModelRequest) -> Reply:
        if "The question" in request.turns[0][1]:
            return SlowStream(Structured({"answer": f"{REASON}, and so it was."}), seconds)
        if "decision" in str(request.tools["final_result"]):
            return script(request)
        told = script(request).data
        # The reason comes first, so that a part of it arrives early.
        idea = {
            "reason": f"{REASON} \x1b[2J",
            **{key: told["ideas"][0][key] for key in ("step", "changes", "expected")},
        }
        return SlowStream(Structured({"ideas": [idea]}), seconds)

    return answers


COLOURS = re.compile(rb"\x1b\[[0-9;]*m")


@contextmanager
def on_a_terminal(study: Path, words: list[str], options: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """A process on a terminal of 100 columns, and what reads the terminal until a time or the end."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    environment = {**options["env"], "TERM": "xterm-256color"}
    running = subprocess.Popen(command(*words), cwd=study, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""

    def read(until: str, seconds: float = 60.0) -> str:
        nonlocal shown
        end = time.monotonic() + seconds
        while time.monotonic() < end and not re.search(until.encode(), COLOURS.sub(b"", shown)):
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    shown += os.read(ours, 65536)
                except OSError:  # The other side has closed it.
                    break
        return COLOURS.sub(b"", shown).decode(errors="replace")

    try:
        yield running, read
    finally:
        running.kill()
        running.wait()
        os.close(ours)


@pytest.mark.slow
def test_a_terminal_shows_partial_reasons(study: Path) -> None:
    with ModelServer(slowly(4.0)) as server:
        words = ["run", "--trials", "3", "--pruner", "none"]
        with on_a_terminal(study, words, agents(study, server)) as (running, read):
            shown = read("no such thing")
            assert running.wait() == 0
        said = set(re.findall(r"planner: ([a-z ]+?) *[\r\n\x1b]", shown))
        parts = {words for words in said if REASON.startswith(words)}
        assert len(parts) > 1, said  # On a busy machine the view is drawn seldom.
        assert "\x1b[2J" not in shown.replace("\x1b[H\x1b[2J", "")
        assert all(request.stream for request in server.requests)
        folder = study / "studies" / "small"
        journal = (folder / "journal.jsonl").read_text()
        assert f"{REASON} " in journal
        assert journal.count(REASON[:20]) == journal.count(REASON)
        with on_a_terminal(study, ["explain", str(folder), "--ask", "why?"], agents(study, server)) as (running, read):
            shown = read("no such thing")
            assert running.wait() == 0
        grown = set(re.findall(r"   (a third[a-z ,.]*?) *[\r\n\x1b]", shown))
        assert len(grown) > 1, grown
        assert f"{REASON}, and so it was." in shown


@pytest.mark.slow
def test_ctrl_c_during_a_stream_is_prompt_and_charged(study: Path) -> None:
    with ModelServer(slowly(60.0)) as server:
        words = ["run", "--trials", "6", "--pruner", "none"]
        with on_a_terminal(study, words, agents(study, server)) as (running, read):
            assert "planner: a th" in read("planner: a t")
            started = time.monotonic()
            running.send_signal(signal.SIGINT)
            assert "Resume with" in read("Resume with", 40.0)
            assert running.wait() == 130
            assert time.monotonic() - started < 40
    told = load(study / "studies" / "small")
    assert told.history.ledger.total.failed == 1
    assert told.history.ledger.total.output_tokens == 4000


@pytest.mark.slow
def test_without_a_terminal_nothing_is_streamed(study: Path, tunesmith: Tunesmith) -> None:
    with ModelServer(script) as server:
        tunesmith("run", "--trials", "3", "--pruner", "none", **agents(study, server))
        assert server.requests
        assert not any(request.stream for request in server.requests)
