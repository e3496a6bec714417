"""Real clients over HTTP, against a scripted model that does all that providers do."""

import gc
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import BaseModel, Field

from tunesmith.core.spending import Ledger
from tunesmith.errors import InputError, JournalError, MissingExtra, ModelUnavailable
from tunesmith.llm.call_limits import CallLimits
from tunesmith.llm.client import ModelClient
from tunesmith.llm.endpoints import Endpoint, endpoint_from
from tunesmith.llm.recording import Recording
from tunesmith.llm.spend_limiter import SpendLimiter, SpendLimits
from tunesmith.testing.model_server import (
    Delayed,
    Dropped,
    Empty,
    Hang,
    ModelRequest,
    ModelServer,
    Refusal,
    Script,
    Status,
    Structured,
    Text,
    ToolCall,
    Truncated,
    Usage,
)

PRICE = {"input": 2.0, "output": 10.0, "cached": 0.5}
PROVIDERS = ("openai", "openrouter", "ollama", "compatible", "anthropic", "google")
SECRET = "sk-very-secret"
UNLIMITED = SpendLimits()


class Guess(BaseModel):
    """A number."""

    number: int = Field(ge=0, le=10)


GOOD = Structured({"number": 7})


def endpoint(server: Any, provider: str = "openai", **others: Any) -> Endpoint:
    path = "" if provider in ("anthropic", "google") else "/v1"
    model = "maker/scripted" if provider == "openrouter" else "scripted"
    table = {"name": f"{provider}:{model}", "base_url": server.url + path, "price": PRICE, **others}
    return endpoint_from(table | {"token": others.get("token", lambda: SECRET)}, {})


@contextmanager
def connect(
    *endpoints: Endpoint, limits: SpendLimits = UNLIMITED, recording: Recording | None = None, **options: Any
) -> Iterator[Any]:
    ledger = Ledger()
    client = ModelClient(
        endpoints,
        limiter=SpendLimiter(limits, lambda: ledger.total),
        on_call=ledger.add,
        recording=recording,
        limits=CallLimits(**{"timeout_seconds": 20.0, **options}),
    )
    client.ledger = ledger  # type: ignore[attr-defined]
    try:
        yield client
    finally:
        client.close()


def guess(client: ModelClient, **others: Any) -> int:
    options = {"instructions": "Guess.", "question": "Which number?", **others}
    return client.ask("planner", answer=Guess, **options).number


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_answers_and_is_charged(provider: str) -> None:
    usage = Usage(input_tokens=1000, output_tokens=100, cached_tokens=400)
    with (
        ModelServer([Structured({"number": 7}, usage=usage)]) as server,
        connect(endpoint(server, provider)) as client,
    ):
        assert guess(client) == 7
        spent = client.ledger.by_role["planner"]
        assert (spent.calls, spent.input_tokens, spent.output_tokens, spent.cached_tokens) == (1, 1000, 100, 400)
        assert spent.usd == pytest.approx((600 * 2.0 + 400 * 0.5 + 100 * 10.0) / 1e6)
        request = server.requests[0]
        assert "Guess." in request.instructions
        assert request.model.endswith("scripted")
        assert SECRET in str(request.headers)


def test_an_invalid_answer_is_sent_back_with_the_error() -> None:
    with (
        ModelServer([Structured({"number": 70}), Text("seven"), GOOD]) as server,
        connect(endpoint(server)) as client,
    ):
        assert guess(client) == 7
        assert "less than or equal to 10" in str(server.requests[1].turns)
        assert client.ledger.total.calls == 3


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Structured({"number": 70}), "Exceeded maximum"),
        (Truncated({"number": 7}, 5), ""),
        (Empty(), ""),
        (Refusal("I would rather not."), ""),
        (ToolCall("no_such_tool", {}), ""),
        (Status(400, message="no"), "400"),
        (Status(500), "500"),
        (Dropped(GOOD), ""),
    ],
    ids=lambda given: type(given).__name__,
)
@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_the_error_says_why_no_answer_is_usable(reply: Any, why: str, provider: str) -> None:
    with ModelServer([reply]) as server, connect(endpoint(server, provider), retries=0) as client:
        with pytest.raises(ModelUnavailable, match=f"^{provider}:scripted: .*{why}"):
            guess(client)
        assert 1 <= len(server.requests) <= 3


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_busy_provider_is_retried_at_the_time_it_says(provider: str) -> None:
    with (
        ModelServer([Status(429, {"Retry-After": "1"}), Status(503), GOOD]) as server,
        connect(endpoint(server, provider)) as client,
    ):
        started = time.monotonic()
        assert guess(client) == 7
        assert time.monotonic() - started >= 1.0
        assert len(server.requests) == 3


def test_a_request_times_out_and_is_charged() -> None:
    with ModelServer([Hang(60)]) as server, connect(endpoint(server), timeout_seconds=0.3) as client:
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="the request timed out"):
            guess(client)
        assert time.monotonic() - started < 10
        # Who never answered may have read the question, and charges for it.
        assert client.ledger.total.failed == 1
        assert client.ledger.total.usd > 0


def test_an_expired_token_is_fetched_again_once() -> None:
    tokens = iter(["old", "new", "newest"])

    def script(request: ModelRequest) -> Any:
        return GOOD if request.headers["authorization"] == "Bearer new" else Status(401)

    with ModelServer(script) as server, connect(endpoint(server, token=lambda: next(tokens))) as client:
        assert guess(client) == 7
        assert guess(client) == 7
        assert len(server.requests) == 3
    with (
        ModelServer([Status(401)]) as server,
        connect(endpoint(server, token=lambda: "never")) as client,
        pytest.raises(ModelUnavailable, match="401"),
    ):
        guess(client)
    assert len(server.requests) == 2


def test_concurrent_requests_share_a_client_and_a_token() -> None:
    tokens = iter(["old", "new", "newest"])

    def script(request: ModelRequest) -> Any:
        return Delayed(GOOD if request.headers["authorization"] == "Bearer new" else Status(401), 0.05)

    connected: list[str] = []
    with ModelServer(script) as server, connect(endpoint(server, token=lambda: next(tokens))) as client:
        original = Endpoint.connect

        def counted(self: Endpoint, http_client: Any) -> Any:
            connected.append(self.name)
            return original(self, http_client)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Endpoint, "connect", counted)
            threads = [Thread(target=guess, args=(client,)) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert client.ledger.total.calls - client.ledger.total.failed == 6
    assert len(connected) == 2
    gc.collect()  # What was left open would be found here.


def test_fallbacks_are_asked_in_order_after_the_roles_own_model() -> None:
    with ModelServer([Status(400)]) as broken, ModelServer([GOOD]) as sound:
        with connect(endpoint(broken), endpoint(sound, "anthropic")) as client:
            assert guess(client) == 7
            assert len(broken.requests) == len(sound.requests) == 1
            client.roles["planner"] = endpoint(sound, "google")
            assert guess(client) == 7
        assert [request.protocol for request in sound.requests] == ["anthropic", "google"]
        with (
            connect(endpoint(broken), endpoint(broken, "google")) as client,
            pytest.raises(ModelUnavailable) as caught,
        ):
            guess(client)
        assert "openai:scripted" in str(caught.value)
        assert "google:scripted" in str(caught.value)


@pytest.mark.parametrize("limits", [SpendLimits(usd=0.001), SpendLimits(tokens=500)], ids=str)
def test_a_call_that_may_exceed_the_budget_is_not_made(limits: SpendLimits) -> None:
    with ModelServer([GOOD]) as server, connect(endpoint(server), limits=limits) as client:
        with pytest.raises(ModelUnavailable, match=r"may (cost|take) up to .* (is|are) left"):
            guess(client)
        assert server.requests == ()


def test_concurrent_requests_do_not_exceed_a_budget() -> None:
    usage = Usage(input_tokens=200, output_tokens=900)
    limits = SpendLimits(tokens=6000)

    def script(request: ModelRequest) -> Any:
        return Delayed(Structured({"number": 7}, usage=usage), 0.05)

    with ModelServer(script) as server, connect(endpoint(server), limits=limits, output_tokens=1000) as client:
        outcomes: list[str] = []

        def ask() -> None:
            try:
                outcomes.append(str(guess(client)))
            except ModelUnavailable:
                outcomes.append("refused")

        threads = [Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.ledger.total.tokens <= 6000
        assert {"7", "refused"} == set(outcomes)
        assert client.ledger.total.calls == len(server.requests) == outcomes.count("7")


def test_missing_token_counts_are_estimated() -> None:
    usage = Usage(input_tokens=0, output_tokens=0)
    with ModelServer([Structured({"number": 7}, usage=usage)]) as server, connect(endpoint(server)) as client:
        guess(client)
        assert client.ledger.total.input_tokens > 50
        assert client.ledger.total.usd > 0


def test_a_dropped_connection_is_charged_at_its_maximum() -> None:
    with ModelServer([Dropped(GOOD)]) as server, connect(endpoint(server), output_tokens=1000) as client:
        with pytest.raises(ModelUnavailable):
            guess(client)
        assert len(server.requests) == 3
        assert client.ledger.total.output_tokens == 1000
        assert client.ledger.total.input_tokens > 3 * 50


def test_the_token_is_removed_from_a_providers_message(caplog: pytest.LogCaptureFixture) -> None:
    with (
        ModelServer([Status(400, message=f"no access with {SECRET}")]) as server,
        connect(endpoint(server)) as client,
    ):
        calls: list[str] = []
        client.on_call = lambda call: calls.append(call.failure)
        with (
            caplog.at_level("DEBUG", logger="tunesmith"),
            pytest.raises(ModelUnavailable, match=r"no access with \[token\]"),
        ):
            guess(client)
        assert "no access with [token]" in calls[0]
        assert SECRET not in calls[0] + caplog.text


def test_one_model_at_two_addresses_is_two_endpoints() -> None:
    with ModelServer([Status(400)]) as broken, ModelServer([GOOD]) as sound:
        with connect(endpoint(broken), endpoint(sound)) as client:
            assert guess(client) == 7
        assert (len(broken.requests), len(sound.requests)) == (1, 1)


@pytest.mark.parametrize("token", [{"command": "false"}, {"env": "NO_SUCH_KEY"}, {"file": "/nowhere"}], ids=str)
def test_a_missing_token_makes_the_model_unavailable(token: Any) -> None:
    with ModelServer([GOOD]) as server, connect(endpoint(server, token=token)) as client:
        with pytest.raises(ModelUnavailable, match=r"must (hold|print) a provider's token"):
            guess(client)
        assert server.requests == ()


def test_a_cancelled_request_returns_promptly() -> None:
    with ModelServer([Hang(60)]) as server, connect(endpoint(server), endpoint(server)) as client:
        started = time.monotonic()
        client.should_cancel = lambda: bool(server.requests)
        with pytest.raises(ModelUnavailable, match="the request was cancelled"):
            guess(client)
        assert time.monotonic() - started < 30
        assert len(server.requests) == 1


def test_a_cancelled_request_reports_its_cost_before_the_client_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from pydantic_ai.models.function import FunctionModel

    begun = threading.Event()

    async def answers(*_: Any) -> Any:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)  # As a client that takes its time to close a connection.

    monkeypatch.setattr(Endpoint, "connect", lambda self, http_client: FunctionModel(answers))
    with ModelServer([GOOD]) as server, connect(endpoint(server)) as client:
        client.should_cancel = begun.is_set
        with pytest.raises(ModelUnavailable):
            guess(client)
        client.close()
        assert client.ledger.total.failed == 1


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tunesmith\[llm\]'"):
        ModelClient([endpoint_from("ollama:x", {})], limiter=SpendLimiter(UNLIMITED, lambda: Ledger().total))


def test_reasoning_tokens_are_counted() -> None:
    usage = Usage(input_tokens=100, output_tokens=500, reasoning_tokens=400)
    with ModelServer([Structured({"number": 7}, usage=usage)]) as server, connect(endpoint(server)) as client:
        guess(client)
        assert client.ledger.total.reasoning_tokens == 400
        assert client.ledger.total.usd == pytest.approx((100 * 2 + 500 * 10) / 1e6)


def double(number: int) -> int:
    """Return twice a number."""
    return 2 * number


def test_tools_are_called_within_the_request_limit() -> None:
    with (
        ModelServer([ToolCall("double", {"number": 3}), Structured({"number": 6})]) as server,
        connect(endpoint(server)) as client,
    ):
        assert guess(client, tools=[double]) == 6
        assert "6" in str(server.requests[1].turns)
    with ModelServer([ToolCall("double", {"number": 3})]) as server, connect(endpoint(server), requests=4) as client:
        with pytest.raises(ModelUnavailable, match="request_limit of 4"):
            guess(client, tools=[double])
        assert len(server.requests) == 4


@pytest.mark.parametrize(("length", "is_cached"), [(100, False), (6000, True)])
def test_long_instructions_are_cached_by_the_provider(length: int, is_cached: bool) -> None:
    with ModelServer([GOOD]) as server, connect(endpoint(server, "anthropic")) as client:
        guess(client, instructions="Guess. " * (length // 7))
        assert server.requests[0].cached is is_cached


def test_a_recording_is_replayed_without_a_server(tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    script: Script = [ToolCall("double", {"number": 3}), Structured({"number": 6}), Structured({"number": 5})]
    with ModelServer(script) as server, connect(endpoint(server), recording=Recording(path)) as client:
        first = [guess(client, tools=[double]), guess(client, tools=[double])]
        spent = client.ledger.total
    assert first == [6, 5]
    assert SECRET not in path.read_text()
    silent = endpoint_from({"name": "openai:scripted", "price": PRICE}, {}, needs_token=False)
    with connect(silent, recording=Recording(path, replay=True)) as client:
        assert [guess(client, tools=[double]), guess(client, tools=[double])] == first
        assert (client.ledger.total.usd, client.ledger.total.tokens) == (spent.usd, spent.tokens)
        with pytest.raises(ModelUnavailable, match="has no answer to this request of planner"):
            guess(client, question="Which letter?")
    path.write_bytes(path.read_bytes()[:-30])  # The last line was cut off in the middle; the others hold.
    with connect(silent, recording=Recording(path, replay=True)) as client:
        assert guess(client, tools=[double]) == 6


def test_an_error_in_a_tool_makes_the_model_unavailable() -> None:
    def broken(number: int) -> int:
        """Fail."""
        raise ZeroDivisionError("division by zero")

    with (
        ModelServer([ToolCall("broken", {"number": 3})]) as server,
        connect(endpoint(server)) as client,
        pytest.raises(ModelUnavailable, match="ZeroDivisionError: division by zero"),
    ):
        guess(client, tools=[broken])


def test_a_call_that_cannot_be_journaled_is_an_error_of_the_journal() -> None:
    def full(call: Any) -> None:
        raise JournalError("the disk is full.")

    with ModelServer([GOOD]) as server, connect(endpoint(server)) as client:
        client.on_call = full
        with pytest.raises(JournalError, match="the disk is full"):
            guess(client)


def test_closing_leaves_no_thread_behind() -> None:
    import threading

    before = threading.active_count()
    with ModelServer([GOOD]) as server, connect(endpoint(server)) as client:
        guess(client)
        client.close()
        assert guess(client) == 7  # and it may be client again
    assert threading.active_count() == before


def test_limits_are_checked() -> None:
    for wrong in ({"timeout_seconds": 0}, {"retries": -1}, {"requests": 0}, {"output_tokens": 0}):
        with pytest.raises(InputError, match="must be at least"):
            CallLimits(**wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least one endpoint"):
        ModelClient([], limiter=SpendLimiter(SpendLimits(), lambda: Ledger().total))
