"""Streamed answers over HTTP, in the providers' real protocols."""

import time
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from pydantic import BaseModel
from tests.unit.llm.test_client import PRICE, PROVIDERS, SECRET, connect, double, endpoint
from tests.waiting import wait_until

from tunesmith.errors import ModelUnavailable
from tunesmith.llm.client import ModelClient
from tunesmith.llm.endpoints import endpoint_from
from tunesmith.llm.recording import Recording
from tunesmith.testing.model_server import (
    Dropped,
    Empty,
    ModelRequest,
    ModelServer,
    Refusal,
    Reply,
    SlowStream,
    Status,
    Structured,
    Text,
    ToolCall,
    Truncated,
    Usage,
)

REASON = "a larger batch with a smaller rate, as the last five trials of that kind have been better than the others"


class Thought(BaseModel):
    """A number and a reason."""

    number: int
    reason: str


GOOD = Structured({"number": 7, "reason": REASON}, usage=Usage(input_tokens=1000, output_tokens=100, cached_tokens=400))


class Recorder:
    """Keeps partial answers and their times."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.times: list[float] = []

    def __call__(self, role: str, answer: Any) -> None:
        assert role == "planner"
        self.answers.append(answer)
        self.times.append(time.monotonic())

    @property
    def reasons(self) -> list[str]:
        return [answer.get("reason", "") for answer in self.answers if answer]


def think(client: ModelClient, **others: Any) -> int:
    options = {"instructions": "Think.", "question": "Which number?", **others}
    return client.ask("planner", answer=Thought, **options).number


@pytest.mark.parametrize("provider", PROVIDERS)
def test_partial_answers_grow_and_are_charged_as_usual(provider: str) -> None:
    partial = Recorder()
    with ModelServer([SlowStream(GOOD, 1.0)]) as server, connect(endpoint(server, provider)) as client:
        client.on_partial = partial
        assert think(client) == 7
        spent = client.ledger.by_role["planner"]
        assert (spent.calls, spent.input_tokens, spent.output_tokens, spent.cached_tokens) == (1, 1000, 100, 400)
        assert [request.stream for request in server.requests] == [True]
    assert partial.answers[-1] is None
    assert partial.reasons[-1] == REASON
    assert all(REASON.startswith(reason) for reason in partial.reasons)
    assert partial.reasons == sorted(partial.reasons, key=len)
    if provider != "google":  # It sends the arguments of a call in one piece.
        assert len(set(partial.reasons)) > 3
    assert len(partial.answers) <= 1.0 / 0.1 + 4


def test_without_a_callback_nothing_is_streamed() -> None:
    with ModelServer([GOOD]) as server, connect(endpoint(server)) as client:
        assert think(client) == 7
        assert not server.requests[0].stream


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_a_broken_stream_is_charged_and_requested_again_without_streaming(provider: str) -> None:
    def script(request: ModelRequest) -> Reply:
        return Dropped(SlowStream(GOOD, 0.2), 0.6) if request.stream else GOOD

    with ModelServer(script) as server, connect(endpoint(server, provider), output_tokens=1000) as client:
        client.on_partial = partial = Recorder()
        assert think(client) == 7
        assert [request.stream for request in server.requests] == [True, False]
        total = client.ledger.total
        assert (total.calls, total.failed) == (2, 1)
        assert total.output_tokens == 1000 + 100
        assert total.input_tokens > 1000 + 100
        assert partial.answers[-1] is None


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_without_retries_a_broken_stream_falls_back_to_the_next_model(provider: str) -> None:
    with ModelServer([Dropped(GOOD, 0.6)]) as broken, ModelServer([GOOD]) as sound:
        with connect(endpoint(broken, provider), endpoint(sound), retries=0, output_tokens=1000) as client:
            client.on_partial = Recorder()
            assert think(client) == 7
            assert (client.ledger.total.calls, client.ledger.total.failed) == (2, 1)
            assert client.ledger.total.output_tokens == 1100
        assert len(broken.requests) == len(sound.requests) == 1


@pytest.mark.parametrize("code", [400, 404, 422, 501])
def test_a_provider_that_cannot_stream_gets_a_plain_request(code: int) -> None:
    def script(request: ModelRequest) -> Reply:
        return Status(code, message="stream is not supported") if request.stream else GOOD

    with ModelServer(script) as server, connect(endpoint(server, "compatible"), retries=0) as client:
        client.on_partial = Recorder()
        assert think(client) == 7
        assert (client.ledger.total.calls, client.ledger.total.failed, len(server.requests)) == (1, 0, 2)


@pytest.mark.parametrize(
    "reply",
    [Truncated({"number": 7, "reason": REASON}, 50), Empty(), Text("seven"), Structured({"number": "x"})],
    ids=lambda given: type(given).__name__,
)
@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_an_invalid_streamed_answer_is_requested_again(provider: str, reply: Reply) -> None:
    with ModelServer([reply, GOOD]) as server, connect(endpoint(server, provider)) as client:
        client.on_partial = Recorder()
        assert think(client) == 7
        assert client.ledger.total.calls == 2


@pytest.mark.parametrize(
    "reply", [Refusal("no"), Status(500), ToolCall("no_such_tool")], ids=lambda r: type(r).__name__
)
@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_the_error_says_why_a_stream_has_no_usable_answer(provider: str, reply: Reply) -> None:
    with ModelServer([reply]) as server, connect(endpoint(server, provider), retries=0) as client:
        client.on_partial = partial = Recorder()
        with pytest.raises(ModelUnavailable, match=f"^{provider}:scripted: "):
            think(client)
        assert partial.answers[-1] is None


def test_streams_are_retried_for_a_busy_provider_and_an_expired_token() -> None:
    tokens = iter(["old", "new"])

    def script(request: ModelRequest) -> Reply:
        if request.headers["authorization"] != "Bearer new":
            return Status(401)
        return Status(429, {"Retry-After": "0"}) if request.number == 1 else GOOD

    with ModelServer(script) as server, connect(endpoint(server, token=lambda: next(tokens))) as client:
        client.on_partial = Recorder()
        assert think(client) == 7
        assert [request.stream for request in server.requests] == [True] * 3


def test_a_slow_stream_times_out_and_is_charged() -> None:
    with ModelServer([SlowStream(GOOD, 60)]) as server, connect(endpoint(server), timeout_seconds=0.5) as client:
        client.on_partial = Recorder()
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="the request timed out"):
            think(client)
        assert time.monotonic() - started < 5
        assert (client.ledger.total.failed, client.ledger.total.output_tokens) == (1, 4000)


def test_cancelling_a_stream_is_prompt_and_charged() -> None:
    with ModelServer([SlowStream(GOOD, 20)]) as server, connect(endpoint(server)) as client:
        client.on_partial = partial = Recorder()
        client.should_cancel = lambda: len(partial.reasons) > 1
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="the request was cancelled"):
            think(client)
        assert time.monotonic() - started < 16
        wait_until(lambda: client.ledger.total.failed, "the call's cost", seconds=20)


def test_tools_are_called_between_streams() -> None:
    with ModelServer([ToolCall("double", {"number": 3}), GOOD]) as server, connect(endpoint(server)) as client:
        client.on_partial = partial = Recorder()
        assert think(client, tools=[double]) == 7
        assert [request.stream for request in server.requests] == [True, True]
        assert partial.reasons[-1] == REASON


@pytest.mark.parametrize("watched", [True, False])
def test_a_recording_answers_with_and_without_streaming(watched: bool, tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    with (
        ModelServer([ToolCall("double", {"number": 3}), GOOD]) as server,
        connect(endpoint(server, "anthropic"), recording=Recording(path)) as client,
    ):
        client.on_partial = Recorder() if watched else None
        assert think(client, tools=[double]) == 7
        spent = client.ledger.total
    assert SECRET not in path.read_text()
    silent = endpoint_from({"name": "openai:scripted", "price": PRICE}, {}, needs_token=False)
    with connect(silent, recording=Recording(path, replay=True)) as client:
        client.on_partial = None if watched else Recorder()
        assert think(client, tools=[double]) == 7
        assert (client.ledger.total.usd, client.ledger.total.tokens) == (spent.usd, spent.tokens)


def test_concurrent_streams_do_not_wait_for_each_other() -> None:
    all_asked = Barrier(6, timeout=60)

    def script(request: ModelRequest) -> SlowStream:
        all_asked.wait()
        return SlowStream(GOOD, 0.5)

    with ModelServer(script) as server, connect(endpoint(server)) as client:
        client.on_partial = Recorder()
        threads = [Thread(target=think, args=(client,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.ledger.total.calls == 6
        assert client.ledger.total.failed == 0
