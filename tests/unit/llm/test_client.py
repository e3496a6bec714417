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
from tunesmith.errors import InputError, MissingExtra, ModelUnavailable
from tunesmith.llm.client import CallLimits, ModelClient
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


def endpoint(server: ModelServer, provider: str = "openai", **others: Any) -> Endpoint:
    path = "" if provider in ("anthropic", "google") else "/v1"
    model = "maker/scripted" if provider == "openrouter" else "scripted"
    table = {"name": f"{provider}:{model}", "base_url": server.url + path, "price": PRICE, **others}
    return endpoint_from(table | {"token": others.get("token", lambda: SECRET)}, {})


@contextmanager
def model(
    *endpoints: Endpoint, limits: SpendLimits = UNLIMITED, recording: Recording | None = None, **options: Any
) -> Iterator[Any]:
    ledger = Ledger()
    asked = ModelClient(
        endpoints,
        limiter=SpendLimiter(limits, lambda: ledger.total),
        on_call=ledger.add,
        recording=recording,
        limits=CallLimits(**{"timeout_seconds": 20.0, **options}),
    )
    asked.ledger = ledger  # type: ignore[attr-defined]
    try:
        yield asked
    finally:
        asked.close()


def guess(asked: ModelClient, **others: Any) -> int:
    told = {"instructions": "Guess.", "question": "Which number?", **others}
    return asked.ask("planner", answer=Guess, **told).number


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_answers_and_is_paid(provider: str) -> None:
    usage = Usage(input_tokens=1000, output_tokens=100, cached_tokens=400)
    with ModelServer([Structured({"number": 7}, usage=usage)]) as server, model(endpoint(server, provider)) as asked:
        assert guess(asked) == 7
        spent = asked.ledger.by_role["planner"]
        assert (spent.calls, spent.input_tokens, spent.output_tokens, spent.cached_tokens) == (1, 1000, 100, 400)
        assert spent.usd == pytest.approx((600 * 2.0 + 400 * 0.5 + 100 * 10.0) / 1e6)
        request = server.requests[0]
        assert "Guess." in request.instructions
        assert request.model.endswith("scripted")
        assert SECRET in str(request.headers)


def test_what_does_not_fit_is_asked_for_again_with_the_fault() -> None:
    with ModelServer([Structured({"number": 70}), Text("seven"), GOOD]) as server, model(endpoint(server)) as asked:
        assert guess(asked) == 7
        assert "less than or equal to 10" in str(server.requests[1].turns)
        assert asked.ledger.total.calls == 3


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
def test_where_no_answer_can_be_used_there_is_none_and_it_is_said_why(reply: Any, why: str, provider: str) -> None:
    with ModelServer([reply]) as server, model(endpoint(server, provider), retries=0) as asked:
        with pytest.raises(ModelUnavailable, match=f"^{provider}:scripted: .*{why}"):
            guess(asked)
        assert 1 <= len(server.requests) <= 3


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_who_is_busy_is_asked_again_when_it_says(provider: str) -> None:
    with (
        ModelServer([Status(429, {"Retry-After": "1"}), Status(503), GOOD]) as server,
        model(endpoint(server, provider)) as asked,
    ):
        started = time.monotonic()
        assert guess(asked) == 7
        assert time.monotonic() - started >= 1.0
        assert len(server.requests) == 3


def test_nobody_is_waited_for_longer_than_it_was_said() -> None:
    with ModelServer([Hang(60)]) as server, model(endpoint(server), timeout_seconds=0.3) as asked:
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="the request timed out"):
            guess(asked)
        assert time.monotonic() - started < 10
        # Who never answered may have read the question, and charges for it.
        assert asked.ledger.total.failed == 1
        assert asked.ledger.total.usd > 0


def test_a_token_that_has_expired_is_fetched_anew_once() -> None:
    tokens = iter(["old", "new", "newest"])

    def script(request: ModelRequest) -> Any:
        return GOOD if request.headers["authorization"] == "Bearer new" else Status(401)

    with ModelServer(script) as server, model(endpoint(server, token=lambda: next(tokens))) as asked:
        assert guess(asked) == 7
        assert guess(asked) == 7
        assert len(server.requests) == 3
    with (
        ModelServer([Status(401)]) as server,
        model(endpoint(server, token=lambda: "never")) as asked,
        pytest.raises(ModelUnavailable, match="401"),
    ):
        guess(asked)
    assert len(server.requests) == 2


def test_many_who_ask_at_once_share_a_client_and_a_token() -> None:
    tokens = iter(["old", "new", "newest"])

    def script(request: ModelRequest) -> Any:
        return Delayed(GOOD if request.headers["authorization"] == "Bearer new" else Status(401), 0.05)

    connected: list[str] = []
    with ModelServer(script) as server, model(endpoint(server, token=lambda: next(tokens))) as asked:
        connect = Endpoint.connect

        def counted(self: Endpoint) -> Any:
            connected.append(self.name)
            return connect(self)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Endpoint, "connect", counted)
            threads = [Thread(target=guess, args=(asked,)) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert asked.ledger.total.calls - asked.ledger.total.failed == 6
    assert len(connected) == 2
    gc.collect()  # What was left open would be found here.


def test_fallbacks_are_asked_in_order_and_roles_have_their_own() -> None:
    with ModelServer([Status(400)]) as broken, ModelServer([GOOD]) as sound:
        with model(endpoint(broken), endpoint(sound, "anthropic")) as asked:
            assert guess(asked) == 7
            assert len(broken.requests) == len(sound.requests) == 1
            asked.roles["planner"] = endpoint(sound, "google")
            assert guess(asked) == 7
        assert [request.protocol for request in sound.requests] == ["anthropic", "google"]
        with model(endpoint(broken), endpoint(broken, "google")) as asked, pytest.raises(ModelUnavailable) as caught:
            guess(asked)
        assert "openai:scripted" in str(caught.value)
        assert "google:scripted" in str(caught.value)


@pytest.mark.parametrize("limits", [SpendLimits(usd=0.001), SpendLimits(tokens=500)], ids=str)
def test_what_may_not_fit_is_not_asked(limits: SpendLimits) -> None:
    with ModelServer([GOOD]) as server, model(endpoint(server), limits=limits) as asked:
        with pytest.raises(ModelUnavailable, match=r"may (cost|take) up to .* (is|are) left"):
            guess(asked)
        assert server.requests == ()


def test_a_budget_is_never_overspent_by_many_at_once() -> None:
    usage = Usage(input_tokens=200, output_tokens=900)
    limits = SpendLimits(tokens=6000)

    def script(request: ModelRequest) -> Any:
        return Delayed(Structured({"number": 7}, usage=usage), 0.05)

    with ModelServer(script) as server, model(endpoint(server), limits=limits, output_tokens=1000) as asked:
        outcomes: list[str] = []

        def ask() -> None:
            try:
                outcomes.append(str(guess(asked)))
            except ModelUnavailable:
                outcomes.append("refused")

        threads = [Thread(target=ask) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert asked.ledger.total.tokens <= 6000
        assert {"7", "refused"} == set(outcomes)
        assert asked.ledger.total.calls == len(server.requests) == outcomes.count("7")


def test_a_provider_that_does_not_tell_what_it_read_is_paid_by_estimate() -> None:
    usage = Usage(input_tokens=0, output_tokens=0)
    with ModelServer([Structured({"number": 7}, usage=usage)]) as server, model(endpoint(server)) as asked:
        guess(asked)
        assert asked.ledger.total.input_tokens > 50
        assert asked.ledger.total.usd > 0


def test_a_connection_that_drops_costs_what_it_may_have_cost() -> None:
    with ModelServer([Dropped(GOOD)]) as server, model(endpoint(server), output_tokens=1000) as asked:
        with pytest.raises(ModelUnavailable):
            guess(asked)
        assert len(server.requests) == 3
        assert asked.ledger.total.output_tokens == 1000
        assert asked.ledger.total.input_tokens > 3 * 50


def test_a_message_of_a_provider_that_has_the_token_in_it_is_cleaned(caplog: pytest.LogCaptureFixture) -> None:
    with ModelServer([Status(400, message=f"no access with {SECRET}")]) as server, model(endpoint(server)) as asked:
        calls: list[str] = []
        asked.on_call = lambda call: calls.append(call.failure)
        with (
            caplog.at_level("DEBUG", logger="tunesmith"),
            pytest.raises(ModelUnavailable, match=r"no access with \[token\]"),
        ):
            guess(asked)
        assert "no access with [token]" in calls[0]
        assert SECRET not in calls[0] + caplog.text


def test_one_model_at_two_addresses_is_two() -> None:
    with ModelServer([Status(400)]) as broken, ModelServer([GOOD]) as sound:
        with model(endpoint(broken), endpoint(sound)) as asked:
            assert guess(asked) == 7
        assert (len(broken.requests), len(sound.requests)) == (1, 1)


@pytest.mark.parametrize("token", [{"command": "false"}, {"env": "NO_SUCH_KEY"}, {"file": "/nowhere"}], ids=str)
def test_where_a_token_cannot_be_had_there_is_no_answer(token: Any) -> None:
    with ModelServer([GOOD]) as server, model(endpoint(server, token=token)) as asked:
        with pytest.raises(ModelUnavailable, match=r"must (hold|print) a provider's token"):
            guess(asked)
        assert server.requests == ()


def test_nobody_is_waited_for_once_it_is_given_up() -> None:
    with ModelServer([Hang(60)]) as server, model(endpoint(server), endpoint(server)) as asked:
        started = time.monotonic()
        asked.should_cancel = lambda: bool(server.requests)
        with pytest.raises(ModelUnavailable, match="the request was cancelled"):
            guess(asked)
        assert time.monotonic() - started < 30
        assert len(server.requests) == 1


def test_who_is_given_up_enters_what_it_cost_before_all_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from pydantic_ai.models.function import FunctionModel

    begun = threading.Event()

    async def answers(*_: Any) -> Any:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)  # As a client that takes its time to close a connection.

    monkeypatch.setattr(Endpoint, "connect", lambda self: FunctionModel(answers))
    with ModelServer([GOOD]) as server, model(endpoint(server)) as asked:
        asked.should_cancel = begun.is_set
        with pytest.raises(ModelUnavailable):
            guess(asked)
        asked.close()
        assert asked.ledger.total.failed == 1


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    with pytest.raises(MissingExtra, match=r"pip install 'tunesmith\[llm\]'"):
        ModelClient([endpoint_from("ollama:x", {})], limiter=SpendLimiter(UNLIMITED, lambda: Ledger().total))


def test_reasoning_is_counted() -> None:
    usage = Usage(input_tokens=100, output_tokens=500, reasoning_tokens=400)
    with ModelServer([Structured({"number": 7}, usage=usage)]) as server, model(endpoint(server)) as asked:
        guess(asked)
        assert asked.ledger.total.reasoning_tokens == 400
        assert asked.ledger.total.usd == pytest.approx((100 * 2 + 500 * 10) / 1e6)


def double(number: int) -> int:
    """Return twice a number."""
    return 2 * number


def test_tools_are_called_and_a_loop_ends() -> None:
    with (
        ModelServer([ToolCall("double", {"number": 3}), Structured({"number": 6})]) as server,
        model(endpoint(server)) as asked,
    ):
        assert guess(asked, tools=[double]) == 6
        assert "6" in str(server.requests[1].turns)
    with ModelServer([ToolCall("double", {"number": 3})]) as server, model(endpoint(server), requests=4) as asked:
        with pytest.raises(ModelUnavailable, match="request_limit of 4"):
            guess(asked, tools=[double])
        assert len(server.requests) == 4


@pytest.mark.parametrize(("length", "is_cached"), [(100, False), (6000, True)])
def test_long_instructions_are_kept_by_the_provider(length: int, is_cached: bool) -> None:
    with ModelServer([GOOD]) as server, model(endpoint(server, "anthropic")) as asked:
        guess(asked, instructions="Guess. " * (length // 7))
        assert server.requests[0].cached is is_cached


def test_what_was_recorded_is_replayed_without_anybody(tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    script: Script = [ToolCall("double", {"number": 3}), Structured({"number": 6}), Structured({"number": 5})]
    with ModelServer(script) as server, model(endpoint(server), recording=Recording(path)) as asked:
        first = [guess(asked, tools=[double]), guess(asked, tools=[double])]
        spent = asked.ledger.total
    assert first == [6, 5]
    assert SECRET not in path.read_text()
    silent = endpoint_from({"name": "openai:scripted", "price": PRICE}, {}, needs_token=False)
    with model(silent, recording=Recording(path, replay=True)) as asked:
        assert [guess(asked, tools=[double]), guess(asked, tools=[double])] == first
        assert (asked.ledger.total.usd, asked.ledger.total.tokens) == (spent.usd, spent.tokens)
        with pytest.raises(ModelUnavailable, match="has no answer to this request of planner"):
            guess(asked, question="Which letter?")
    path.write_bytes(path.read_bytes()[:-30])  # The last line was cut off in the middle; the others hold.
    with model(silent, recording=Recording(path, replay=True)) as asked:
        assert guess(asked, tools=[double]) == 6


def test_an_error_in_a_tool_is_a_bug_and_comes_through() -> None:
    def broken(number: int) -> int:
        """Fail."""
        raise ZeroDivisionError

    with (
        ModelServer([ToolCall("broken", {"number": 3})]) as server,
        model(endpoint(server)) as asked,
        pytest.raises(ZeroDivisionError),
    ):
        guess(asked, tools=[broken])


def test_nothing_is_left_behind_when_it_is_closed() -> None:
    import threading

    before = threading.active_count()
    with ModelServer([GOOD]) as server, model(endpoint(server)) as asked:
        guess(asked)
        asked.close()
        assert guess(asked) == 7  # and it may be asked again
    assert threading.active_count() == before


def test_limits_are_checked() -> None:
    for wrong in ({"timeout_seconds": 0}, {"retries": -1}, {"requests": 0}, {"output_tokens": 0}):
        with pytest.raises(InputError, match="must be at least"):
            CallLimits(**wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least one endpoint"):
        ModelClient([], limiter=SpendLimiter(SpendLimits(), lambda: Ledger().total))
