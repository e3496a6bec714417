"""Answers that are watched while they grow: the providers' real streams, over HTTP."""

import time
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from pydantic import BaseModel
from tests.unit.llm.test_client import PRICE, PROVIDERS, SECRET, double, endpoint, model
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


class Watcher:
    """Keeps what it is told, and when."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.times: list[float] = []

    def __call__(self, role: str, answer: Any) -> None:
        assert role == "planner"
        self.told.append(answer)
        self.times.append(time.monotonic())

    @property
    def reasons(self) -> list[str]:
        return [answer.get("reason", "") for answer in self.told if answer]


def think(asked: ModelClient, **others: Any) -> int:
    told = {"instructions": "Think.", "question": "Which number?", **others}
    return asked.ask("planner", answer=Thought, **told).number


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_reason_is_seen_to_grow_and_is_paid_as_any_other(provider: str) -> None:
    watcher = Watcher()
    with ModelServer([SlowStream(GOOD, 1.0)]) as server, model(endpoint(server, provider)) as asked:
        asked.on_partial = watcher
        assert think(asked) == 7
        spent = asked.ledger.by_role["planner"]
        assert (spent.calls, spent.input_tokens, spent.output_tokens, spent.cached_tokens) == (1, 1000, 100, 400)
        assert [request.stream for request in server.requests] == [True]
    assert watcher.told[-1] is None
    assert watcher.reasons[-1] == REASON
    assert all(REASON.startswith(reason) for reason in watcher.reasons)
    assert watcher.reasons == sorted(watcher.reasons, key=len)
    if provider != "google":  # It sends the arguments of a call in one piece.
        assert len(set(watcher.reasons)) > 3
    assert len(watcher.told) <= 1.0 / 0.1 + 4


def test_where_nobody_watches_nothing_is_streamed() -> None:
    with ModelServer([GOOD]) as server, model(endpoint(server)) as asked:
        assert think(asked) == 7
        assert not server.requests[0].stream


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_a_stream_that_breaks_off_is_paid_for_and_asked_for_again_in_one_piece(provider: str) -> None:
    def script(request: ModelRequest) -> Reply:
        return Dropped(SlowStream(GOOD, 0.2), 0.6) if request.stream else GOOD

    with ModelServer(script) as server, model(endpoint(server, provider), output_tokens=1000) as asked:
        asked.on_partial = watcher = Watcher()
        assert think(asked) == 7
        assert [request.stream for request in server.requests] == [True, False]
        total = asked.ledger.total
        assert (total.calls, total.failed) == (2, 1)
        assert total.output_tokens == 1000 + 100
        assert total.input_tokens > 1000 + 100
        assert watcher.told[-1] is None


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_where_no_stream_is_repeated_the_next_one_is_asked(provider: str) -> None:
    with ModelServer([Dropped(GOOD, 0.6)]) as broken, ModelServer([GOOD]) as sound:
        with model(endpoint(broken, provider), endpoint(sound), retries=0, output_tokens=1000) as asked:
            asked.on_partial = Watcher()
            assert think(asked) == 7
            assert (asked.ledger.total.calls, asked.ledger.total.failed) == (2, 1)
            assert asked.ledger.total.output_tokens == 1100
        assert len(broken.requests) == len(sound.requests) == 1


@pytest.mark.parametrize("code", [400, 404, 422, 501])
def test_who_cannot_stream_is_asked_plainly(code: int) -> None:
    def script(request: ModelRequest) -> Reply:
        return Status(code, message="stream is not supported") if request.stream else GOOD

    with ModelServer(script) as server, model(endpoint(server, "compatible"), retries=0) as asked:
        asked.on_partial = Watcher()
        assert think(asked) == 7
        assert (asked.ledger.total.calls, asked.ledger.total.failed, len(server.requests)) == (1, 0, 2)


@pytest.mark.parametrize(
    "reply",
    [Truncated({"number": 7, "reason": REASON}, 50), Empty(), Text("seven"), Structured({"number": "x"})],
    ids=lambda given: type(given).__name__,
)
@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_what_does_not_fit_is_asked_for_again(provider: str, reply: Reply) -> None:
    with ModelServer([reply, GOOD]) as server, model(endpoint(server, provider)) as asked:
        asked.on_partial = Watcher()
        assert think(asked) == 7
        assert asked.ledger.total.calls == 2


@pytest.mark.parametrize(
    "reply", [Refusal("no"), Status(500), ToolCall("no_such_tool")], ids=lambda r: type(r).__name__
)
@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_where_there_is_no_answer_it_is_said_why(provider: str, reply: Reply) -> None:
    with ModelServer([reply]) as server, model(endpoint(server, provider), retries=0) as asked:
        asked.on_partial = watcher = Watcher()
        with pytest.raises(ModelUnavailable, match=f"^{provider}:scripted: "):
            think(asked)
        assert watcher.told[-1] is None


def test_a_busy_provider_and_an_expired_token_are_dealt_with_as_ever() -> None:
    tokens = iter(["old", "new"])

    def script(request: ModelRequest) -> Reply:
        if request.headers["authorization"] != "Bearer new":
            return Status(401)
        return Status(429, {"Retry-After": "0"}) if request.number == 1 else GOOD

    with ModelServer(script) as server, model(endpoint(server, token=lambda: next(tokens))) as asked:
        asked.on_partial = Watcher()
        assert think(asked) == 7
        assert [request.stream for request in server.requests] == [True] * 3


def test_a_stream_that_takes_too_long_is_given_up_and_paid_for() -> None:
    with ModelServer([SlowStream(GOOD, 60)]) as server, model(endpoint(server), timeout_seconds=0.5) as asked:
        asked.on_partial = Watcher()
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="the request timed out"):
            think(asked)
        assert time.monotonic() - started < 5
        assert (asked.ledger.total.failed, asked.ledger.total.output_tokens) == (1, 4000)


def test_giving_up_in_the_middle_of_a_stream_is_prompt_and_paid_for() -> None:
    with ModelServer([SlowStream(GOOD, 60)]) as server, model(endpoint(server)) as asked:
        asked.on_partial = watcher = Watcher()
        asked.should_cancel = lambda: len(watcher.reasons) > 1
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="the request was cancelled"):
            think(asked)
        assert time.monotonic() - started < 20
        wait_until(lambda: asked.ledger.total.failed, "the call's cost", seconds=20)


def test_tools_are_called_between_streams() -> None:
    with ModelServer([ToolCall("double", {"number": 3}), GOOD]) as server, model(endpoint(server)) as asked:
        asked.on_partial = watcher = Watcher()
        assert think(asked, tools=[double]) == 7
        assert [request.stream for request in server.requests] == [True, True]
        assert watcher.reasons[-1] == REASON


@pytest.mark.parametrize("watched", [True, False])
def test_one_tape_answers_whether_it_is_watched_or_not(watched: bool, tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    with (
        ModelServer([ToolCall("double", {"number": 3}), GOOD]) as server,
        model(endpoint(server, "anthropic"), recording=Recording(path)) as asked,
    ):
        asked.on_partial = Watcher() if watched else None
        assert think(asked, tools=[double]) == 7
        spent = asked.ledger.total
    assert SECRET not in path.read_text()
    silent = endpoint_from({"name": "openai:scripted", "price": PRICE}, {}, needs_token=False)
    with model(silent, recording=Recording(path, replay=True)) as asked:
        asked.on_partial = None if watched else Watcher()
        assert think(asked, tools=[double]) == 7
        assert (asked.ledger.total.usd, asked.ledger.total.tokens) == (spent.usd, spent.tokens)


def test_many_who_are_watched_at_once_do_not_hold_each_other_up() -> None:
    all_asked = Barrier(6, timeout=60)

    def together(request: ModelRequest) -> SlowStream:
        all_asked.wait()
        return SlowStream(GOOD, 0.5)

    with ModelServer(together) as server, model(endpoint(server)) as asked:
        asked.on_partial = Watcher()
        threads = [Thread(target=think, args=(asked,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert asked.ledger.total.calls == 6
        assert asked.ledger.total.failed == 0
