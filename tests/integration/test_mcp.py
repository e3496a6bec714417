"""The Model Context Protocol server, as the client of another package uses it: over pipes and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport

from tests.integration.conftest import Tunesmith, command, processes_of
from tunesmith.journal.events import Event, SessionClosed, SessionOpened, StudyCreated, TrialFinished
from tunesmith.journal.file import read_events
from tunesmith.study.tuning import load

TOKEN = "a token that is long enough"


@asynccontextmanager
async def over_pipes(folder: Path) -> AsyncIterator[Client]:
    """A client of `tunesmith mcp`, which ends with it."""
    start = command("mcp")
    transport = StdioTransport(
        start[0], start[1:], env=dict(os.environ), cwd=str(folder), keep_alive=False, log_file=folder / "server.log"
    )
    async with Client(transport) as client:
        yield client


@contextmanager
def serving(folder: Path, *words: str, **options: Any) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server over HTTP, and its address."""
    server = subprocess.Popen(
        command("mcp", "--http", "--port", "0", *words), cwd=folder, stderr=subprocess.PIPE, text=True, **options
    )
    assert server.stderr is not None
    try:
        address = server.stderr.readline()
        assert address.startswith("tunesmith: serving at http://127.0.0.1:"), address
        yield server, address.split()[-1]
    finally:
        server.terminate()
        server.wait(30)
        server.stderr.close()


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool answers; the same as text and as data."""
    result = await client.call_tool(tool, arguments)
    assert json.loads(result.content[0].text) == result.structured_content
    return dict(result.structured_content)


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    """The message of a tool that refuses."""
    result = await client.call_tool(tool, arguments, raise_on_error=False)
    assert result.is_error
    message = str(result.content[0].text)
    assert "Traceback" not in message
    assert "\n" not in message
    return message


async def until(
    client: Client, folder: str, holds: Callable[[dict[str, Any]], bool], seconds: float = 60
) -> dict[str, Any]:
    """The first status of which something holds."""
    async with asyncio.timeout(seconds):
        while not holds(status := await call(client, "status", folder=folder)):
            await asyncio.sleep(0.2)
    return status


def ended(status: dict[str, Any]) -> bool:
    return not status["run"]["running"]


def change(study: Path, before: str, after: str) -> None:
    text = (study / "study.toml").read_text()
    assert text.count(before) == 1
    (study / "study.toml").write_text(text.replace(before, after))


def without_task(study: Path) -> None:
    text = (study / "study.toml").read_text()
    (study / "study.toml").write_text(re.sub(r"\[task\]\n.*\n", "", text))


def settled_once(folder: Path) -> list[int]:
    """The trials that a study has settled, after a look that none was settled twice."""
    finished = [e.trial for e in read_events(folder / "journal.jsonl") if isinstance(e, TrialFinished)]
    assert len(finished) == len(set(finished))
    return sorted(number for number in finished if number is not None)


def sessions(folder: Path, kind: type[Event]) -> list[Any]:
    return list(read_events(folder / "journal.jsonl", kinds=[kind]))


def assert_gone(pid: int) -> None:
    """Fail where a process does not end soon."""
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(30)


async def find_a_minimum(client: Client) -> None:
    for _ in range(15):
        trial = await call(client, "ask", study="study.toml")
        given = trial["parameters"]
        loss = (given["place"] - 0.3) ** 2 + (0.1 if given["kind"] == "plain" else 0.02 * given["sharp"])
        folder = trial["study"]
        if trial["number"] == 1:
            step = await call(client, "tell", folder=folder, trial=1, metrics={"loss": loss + 1}, step=1)
            assert step == {"prune": False, "reason": None}
        told = await call(client, "tell", folder=folder, trial=trial["number"], metrics={"loss": loss})
        assert (told["state"], told["metrics"]) == ("complete", {"loss": loss})
    status = await call(client, "status", folder=folder)
    assert status["counts"] == {"complete": 15}
    assert status["best"]["metrics"]["loss"] < 0.1


async def are_refused(client: Client, study: Path) -> None:
    (study / "away.toml").symlink_to("/etc/hostname")
    (study / "linked").symlink_to("/")
    for path in ("/etc/hostname", "../study.toml", "away.toml", "linked/etc", "~root/study.toml"):
        for tool in ("ask", "start"):
            assert "lies outside. Move the study there" in await refusal(client, tool, study=path)
        assert "lies outside" in await refusal(client, "status", folder=path)
    text = (study / "study.toml").read_text()
    (study / "roaming.toml").write_text(text.replace('name = "small"', 'name = "small"\nfolder = "/tmp/elsewhere"'))
    assert "lies outside" in await refusal(client, "start", study="roaming.toml")
    (study / "hollow").mkdir()
    (study / "hollow" / "journal.jsonl").symlink_to("/etc/hostname")
    assert "lies outside" in await refusal(client, "status", folder="hollow")
    assert "must hold a journal.jsonl" in await refusal(client, "status", folder="studies")
    assert "expected the path of a file or folder" in await refusal(client, "status", folder="nul\0l")

    small = "studies/small"
    assert await refusal(client, "show", folder=small, trial=99) == "there is no trial 99; the study has 15 trials."
    assert "there is no trial 99" in await refusal(client, "explain", folder=small, trial=99)
    assert "only a running trial can be settled" in await refusal(
        client, "tell", folder=small, trial=0, metrics={"loss": 1}
    )
    trial = await call(client, "ask", study=small)
    for metrics, message in (
        ({"lost": 1.0}, "the metric 'loss' is missing: the result has only lost. Did you mean 'lost'?"),
        ({"loss": "low"}, "metric 'loss' must be a number, got 'low'."),
        ({}, "got neither"),
    ):
        assert message in await refusal(client, "tell", folder=small, trial=trial["number"], metrics=metrics)
    assert "got both" in await refusal(
        client, "tell", folder=small, trial=trial["number"], metrics={"loss": 1.0}, failed="it broke"
    )
    told = await call(client, "tell", folder=small, trial=trial["number"], failed="it broke")
    assert told["failure"]["reason"] == "it broke"
    outside = {"place": 99, "kind": "plain"}
    assert "must lie in the search space" in await refusal(
        client, "add", study=small, parameters=outside, metrics={"loss": 1.0}
    )
    assert "Did you mean 'trials'?" in await refusal(client, "start", study=small, trails=3)
    assert "trials must be above 0" in await refusal(client, "start", study="study.toml", trials=0)
    assert "trial: Input should be a valid integer" in await refusal(client, "show", folder=small, trial="first")
    assert "needs a task to be started" in await refusal(client, "start", study="study.toml")
    assert "nothing on this machine runs" in await refusal(client, "stop", folder=small)
    made_up = {"time": time.time(), "event": "session_opened", "pid": os.getpid(), "host": socket.gethostname()}
    with (study / small / "journal.jsonl").open("rb+") as journal:
        (created,) = read_events(study / small / "journal.jsonl", kinds=[StudyCreated])
        assert isinstance(created, StudyCreated)
        kept = journal.seek(0, os.SEEK_END)
        journal.write(json.dumps(made_up | {"study": created.study}).encode() + b"\n")
        journal.flush()
        assert "nothing on this machine runs" in await refusal(client, "stop", folder=small)  # we live on
        journal.truncate(kept)


def test_ask_and_tell_find_a_minimum_and_what_is_wrong_gets_one_message(study: Path) -> None:
    async def talk() -> None:
        async with over_pipes(study) as client:
            tools = {tool.name: tool for tool in await client.list_tools()}
            assert tools.keys() == {
                "start", "ask", "tell", "status", "explain", "show", "stop", "add", "report",
                "analyse", "fit", "leaderboard", "predict", "suggest_families", "suggest_setup",
                "draft_recipe", "diagnose", "doctor",
            }  # fmt: skip
            reading = {name for name, tool in tools.items() if tool.annotations.read_only_hint}
            assert reading == {
                *("status", "explain", "show", "doctor", "analyse", "leaderboard"),
                *("suggest_families", "suggest_setup", "draft_recipe", "diagnose"),
            }
            for tool in tools.values():
                assert tool.description
                assert all("description" in argument for argument in tool.input_schema["properties"].values())
            checked = await call(client, "doctor", study="study.toml")
            assert checked["errors"] == 0
            assert ("task", "hint") in [(finding["check"], finding["severity"]) for finding in checked["findings"]]
            assert "lies outside" in await refusal(client, "doctor", study="/etc/study.toml")
            await find_a_minimum(client)
            await are_refused(client, study)
            added = await call(
                client, "add", study="study.toml", parameters={"place": 0.31, "kind": "plain"}, metrics={"loss": 0.05}
            )
            assert added["reason"] == "known before"

    without_task(study)
    asyncio.run(talk())
    assert settled_once(study / "studies" / "small") == list(range(17))
    assert "Traceback" not in (study / "server.log").read_text()


def test_a_study_is_started_watched_and_explained_and_one_that_fails_says_why(
    study: Path, tunesmith: Tunesmith
) -> None:
    async def talk() -> None:
        async with over_pipes(study) as client:
            started = await call(client, "start", study="study.toml", trials=6, minutes=30)
            folder = started["folder"]
            assert started["budget"] == {"trials": 6, "minutes": 30}
            assert "already runs" in await refusal(client, "start", study=folder)
            done = await until(client, folder, ended)
            assert (done["stopped"], done["process"]) == ("all 6 trials are done", None)
            assert (done["run"]["exit_status"], done["trials"]) == (0, 6)
            del done["run"]
            assert done == json.loads(tunesmith("status", folder, "--json").stdout)
            best = done["best"]["number"]
            shown = await call(client, "show", folder=folder, trial=best)
            assert shown["log_tail"].startswith("done with place=")
            assert shown == json.loads(tunesmith("show", folder, str(best), "--json").stdout)
            explained = await call(client, "explain", folder="studies/small")
            assert explained == json.loads(tunesmith("explain", folder, "--json").stdout)
            assert (await call(client, "explain", folder=folder, trial=best))["about"] == f"Trial {best}: complete"
            report = await call(client, "report", folder=folder)
            assert Path(report["report"]).read_text().startswith("<!DOCTYPE html>")
            await fails(client)

    async def fails(client: Client) -> None:
        change(study, "{args}", "{args} --no-such-flag")
        change(study, 'name = "small"', 'name = "broken"')
        folder = (await call(client, "start", study="study.toml"))["folder"]
        failed = await until(client, folder, ended)
        assert failed["run"]["exit_status"] == 2
        assert "unrecognized arguments: --no-such-flag" in failed["run"]["message"]
        told = await call(client, "explain", folder=folder)
        assert "It stopped: trial 0 failed, and other trials would fail in the same way." in str(told)

    asyncio.run(talk())


def test_a_table_is_analysed_fitted_and_predicted(tmp_path: Path) -> None:
    rows = [f"{'abc'[n % 3]},{n * 29 % 61},{'yes' if n * 29 % 61 > 30 else 'no'}" for n in range(90)]
    (tmp_path / "seen.csv").write_text("\n".join(["letter,number,answer", *rows]))
    (tmp_path / "new.csv").write_text("letter,number\na,3\nb,59\n")

    async def talk() -> None:
        async with over_pipes(tmp_path) as client:
            analysis = await call(client, "analyse", data="seen.csv", target="answer")
            assert [column["name"] for column in analysis["columns"]] == ["letter", "number"]
            assert "Did you mean 'answer'?" in await refusal(client, "fit", data="seen.csv", target="anser")
            assert "lies outside" in await refusal(client, "fit", data="/etc/passwd", target="answer")
            request = "predict answer, must be explainable, whistle"
            advice = await call(client, "suggest_families", data="seen.csv", request=request)
            assert advice["request"]["not_understood"] == ["whistle"]
            assert {"linear", "decision_tree"} <= {row["family"] for row in advice["families"] if row["fits"]}
            drafted = await call(client, "draft_recipe", data="seen.csv", target="answer", request="add ratios")
            assert "arithmetic" in [step["step"] for step in drafted["recipe"]["steps"]]
            started = await call(client, "fit", data="seen.csv", request=request, trials=2, families=["linear"])
            assert "'predict answer': target answer" in started["request"]["understood"]
            assert started["folder"] == str(tmp_path / "studies" / "seen")
            ended_now = await until(client, started["folder"], ended)
            assert ended_now["run"]["exit_status"] == 0
            board = await call(client, "leaderboard", folder="studies/seen")
            assert {row["family"] for row in board["leaderboard"]} == {"linear", "prior"}
            diagnosed = await call(client, "diagnose", folder="studies/seen")
            assert all(row["text"] for row in diagnosed["diagnoses"])
            predicted = await call(client, "predict", folder="studies/seen", data="new.csv", keep=["number"])
            assert predicted["first"] == [{"number": 3, "answer": "no"}, {"number": 59, "answer": "yes"}]
            assert (tmp_path / "predictions.csv").read_text() == "number,answer\n3,no\n59,yes\n"

    asyncio.run(talk())


def test_time_series_are_analysed_forecast_and_diagnosed(tmp_path: Path) -> None:
    rows = [
        f"{date(2024, 1, 1) + timedelta(n)},{shop},{20 + 5 * (n % 7 == 0) + n % 3 + 10 * (shop == 'b')}"
        for shop in "ab"
        for n in range(84)
    ]
    (tmp_path / "sales.csv").write_text("\n".join(["date,shop,sold", *rows]))

    async def talk() -> None:
        async with over_pipes(tmp_path) as client:
            analysis = await call(
                client, "analyse", data="sales.csv", target="sold", task="forecasting", horizon="1 week"
            )
            assert (analysis["series"], analysis["frequency"], analysis["horizon"]) == (2, "daily", 7)
            assert set(analysis["patterns"]) >= {"seasons", "trend", "stationarity", "intermittency", "breaks"}
            request = "forecast sold for the next 7 days, daily per shop, explainable, whistle"
            advice = await call(client, "suggest_families", data="sales.csv", request=request)
            assert advice["request"]["not_understood"] == ["whistle"]
            fits = {row["family"]: row["fits"] for row in advice["families"]}
            assert (fits["lagged_ridge"], fits["lagged_boosting"]) == (True, False)
            assert (await call(client, "suggest_setup", data="sales.csv"))["field"] == "retail"
            assert "is for time series" in await refusal(client, "fit", data="sales.csv", task="regression", horizon=7)
            started = await call(client, "fit", data="sales.csv", request=request, trials=2, families=["lagged_ridge"])
            assert "'for the next 7 days': horizon 7 days" in started["request"]["understood"]
            ended_now = await until(client, started["folder"], ended)
            assert ended_now["run"]["exit_status"] == 0
            board = await call(client, "leaderboard", folder="studies/sales")
            assert {row["family"] for row in board["leaderboard"]} == {"lagged_ridge", "seasonal_naive"}
            diagnosed = await call(client, "diagnose", folder="studies/sales")
            assert diagnosed["metrics"]["mase"]["model"] == board["score"]
            predicted = await call(client, "predict", folder="studies/sales", horizon=2)
            assert [row["shop"] for row in predicted["first"]] == ["a", "a", "b", "b"]
            assert predicted["first"][0]["date"].startswith("2024-03-25")
            explained = await call(client, "explain", folder="studies/sales")
            assert [part["topic"] for part in explained["parts"][:3]] == ["request", "forecast", "series"]

    asyncio.run(talk())


def test_a_study_is_stopped_in_the_middle_and_goes_on(study: Path) -> None:
    folder = study / "studies" / "small"

    async def talk() -> None:
        async with over_pipes(study) as client:
            await call(client, "start", study="study.toml", trials=500)
            await until(client, str(folder), lambda status: status["counts"].get("complete", 0) >= 1)
            stopped = await call(client, "stop", folder=str(folder))
            assert (stopped["process"], stopped["stopped"]) == (None, None)
            assert stopped["run"] == {"pid": stopped["run"]["pid"], "running": False, "exit_status": 130}
            assert stopped["counts"].get("running", 0) == 0
            assert processes_of(study) == []
            told = await call(client, "explain", folder=str(folder))
            assert "It was interrupted, and can be resumed." in str(told)
            await call(client, "start", study="studies/small", trials=500)
            await until(client, str(folder), lambda status: status["trials"] > stopped["trials"] + 1)
            # What the server has started is asked to stop when its client leaves.

    change(study, "{args}", "{args} --sleep 0.05")
    asyncio.run(talk())
    assert_gone(sessions(folder, SessionOpened)[-1].pid)
    assert [event.reason for event in sessions(folder, SessionClosed)] == ["interrupted", "interrupted"]
    assert settled_once(folder) == [trial.number for trial in load(folder).trials if trial.state.settled]


def test_a_study_outlives_a_killed_server_but_not_one_that_is_asked_to_end(study: Path) -> None:
    folder = study / "studies" / "small"

    async def begin(address: str) -> int:
        async with Client(address) as client:
            await call(client, "start", study="study.toml", trials=500)
            status = await until(client, str(folder), lambda status: status["counts"].get("complete", 0) >= 1)
            return int(status["process"])

    async def go_on(address: str, pid: int) -> None:
        async with Client(address) as client:
            status = await call(client, "status", folder=str(folder))
            assert status["process"] == pid
            assert "run" not in status
            for tool, arguments in (
                ("start", {"study": "study.toml"}),
                ("start", {"study": str(folder)}),
                ("ask", {"study": str(folder)}),
                ("tell", {"folder": str(folder), "trial": 0, "metrics": {"loss": 1.0}}),
            ):
                message = await refusal(client, tool, **arguments)
                assert f"is run by pid {pid} on " in message or "only a running trial" in message
            before = status["trials"]
            await until(client, str(folder), lambda status: status["trials"] > before)  # it goes on by itself
            stopped = await call(client, "stop", folder=str(folder))
            assert stopped["process"] is None
            settled = len(settled_once(folder))
            await call(client, "start", study=str(folder), trials=500)
            await until(client, str(folder), lambda status: status["trials"] > settled + 1)

    change(study, "{args}", "{args} --sleep 0.05")
    with serving(study) as (server, address):
        pid = asyncio.run(begin(address))
        server.kill()
        server.wait(30)
    with serving(study) as (server, address):
        asyncio.run(go_on(address, pid))
        last = load(folder).history.sessions[-1].pid
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 130
    assert_gone(last)
    assert [event.reason for event in sessions(folder, SessionClosed)][-1] == "interrupted"
    assert settled_once(folder) == [trial.number for trial in load(folder).trials if trial.state.settled]


def test_the_same_over_http_for_who_has_the_token_and_uses_the_right_name(study: Path) -> None:
    def status(address: str, **headers: str) -> int:
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(address, data=b"{}", headers={"Content-Type": "application/json", **headers}))
        refused.value.close()
        return refused.value.code

    async def talk(address: str) -> None:
        async with Client(StreamableHttpTransport(address, auth=TOKEN)) as client:
            assert len(await client.list_tools()) == 18
            await find_a_minimum(client)

    without_task(study)
    with serving(study, env=os.environ | {"TUNESMITH_MCP_TOKEN": TOKEN}) as (_, address):
        bearer = f"Bearer {TOKEN}"
        assert status(address) == 401
        assert status(address, Authorization="Bearer another token") == 401
        assert status(address, Authorization=bearer, Host="evil.example") == 421
        assert status(address, Authorization=bearer, Origin="http://evil.example") == 403
        asyncio.run(talk(address))


def test_nothing_but_the_protocol_is_on_standard_output(study: Path) -> None:
    def request(number: int, method: str, **parameters: Any) -> str:
        return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}) + "\n"

    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
    with subprocess.Popen(
        command("mcp"), cwd=study, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(request(1, "initialize", **hello))
        server.stdin.write(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}) + "\n")
        server.stdin.write(request(2, "tools/call", name="start", arguments={"study": "study.toml", "trials": 1}))
        server.stdin.write(request(3, "tools/call", name="nothing", arguments={}))
        server.stdin.flush()
        lines = [json.loads(server.stdout.readline()) for _ in range(3)]
        server.stdin.close()
        assert server.stdout.read() == ""
    assert {line["id"] for line in lines} == {1, 2, 3}
    assert all(line["jsonrpc"] == "2.0" for line in lines)


def test_bad_words(tunesmith: Tunesmith) -> None:
    assert "0.0.0.0 is open to others" in tunesmith("mcp", "--http", "--host", "0.0.0.0", status=2).stderr
    assert "the root must be an existing folder, got nowhere" in tunesmith("mcp", "--root", "nowhere", status=2).stderr


def test_without_the_extra_it_is_named_and_nothing_else_imports_it() -> None:
    blocked = "import sys; sys.modules['mcp'] = None; from tunesmith.cli import main; main(['mcp'])"
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("tunesmith: ")
    assert done.stderr.endswith("pip install 'tunesmith[mcp]'\n")
    assert done.stderr.count("\n") == 1
    unused = "import sys, tunesmith.study.tuning, tunesmith.cli.verb_mcp; sys.exit('mcp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", unused], check=False).returncode == 0
