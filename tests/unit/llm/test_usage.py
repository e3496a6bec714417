"""Endpoints that report any token counts, in the providers' real protocols."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.usage import RequestUsage
from tests.unit.llm.test_client import GOOD, connect, endpoint, guess

from tunesmith.core.spending import Call
from tunesmith.errors import ModelUnavailable
from tunesmith.llm.prices import TokenCounts
from tunesmith.llm.spend_limiter import Amount, DailyUsage, SpendLimiter, SpendLimits
from tunesmith.llm.usage import charged, fault
from tunesmith.testing.model_server import Altered, ModelServer, Structured, Usage

PROTOCOLS = ("openai", "anthropic", "google")
ABSURD = (10**12, 2**63, 10**20, 10**400, -1, -(10**20), 0, 1.5, 1e300, math.nan, math.inf, True, None, "1e9", [], {})
MOST = TokenCounts(input_tokens=1000, output_tokens=100)
ESTIMATE = TokenCounts(input_tokens=300, output_tokens=40)


def reporting(value: Any) -> Callable[[bytes], bytes]:
    """Return a change of a body that reports a value wherever a number of tokens stands."""

    def change(part: Any) -> Any:
        if isinstance(part, list):
            return list(map(change, part))
        if not isinstance(part, dict):
            return part
        return {
            key: value if "token" in key.lower() and isinstance(inner, int) else change(inner)
            for key, inner in part.items()
        }

    def alter(body: bytes) -> bytes:
        head, data, rest = body.rpartition(b"data: ")
        try:
            return head + data + json.dumps(change(json.loads(rest))).encode() + b"\n\n" * bool(data)
        except ValueError:  # The end of a stream.
            return body

    return alter


@pytest.mark.parametrize("provider", PROTOCOLS)
@pytest.mark.parametrize("streamed", [False, True])
def test_no_report_is_charged_at_more_than_was_reserved(provider: str, streamed: bool) -> None:
    calls: list[Call] = []
    with (
        ModelServer(lambda request: Altered(GOOD, reporting(ABSURD[len(calls)]))) as server,
        connect(endpoint(server, provider), retries=0, output_tokens=100) as client,
    ):
        client.on_partial = (lambda role, answer: None) if streamed else None
        client.on_call = calls.append
        while len(calls) < len(ABSURD):
            try:
                assert guess(client) == 7
            except ModelUnavailable:
                assert calls[-1].failure  # The provider's own client does not accept the report.
    for value, call in zip(ABSURD, calls, strict=True):
        assert 0 < call.input_tokens < 2000, value
        assert 0 < call.output_tokens <= 100, value
        assert 0 <= call.cached_tokens <= call.input_tokens, value
        assert 0 <= call.reasoning_tokens <= call.output_tokens, value
        assert 0 < call.usd < 0.01, value


def test_the_user_is_warned_once_of_counts_that_cannot_be_true(caplog: pytest.LogCaptureFixture) -> None:
    usage = Usage(input_tokens=10**12, output_tokens=10**12)
    with (
        ModelServer([Structured({"number": 7}, usage=usage)]) as server,
        connect(endpoint(server), output_tokens=100) as client,
    ):
        guess(client)
        guess(client)
    (message,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert message.startswith("openai:scripted reported 1,000,000,000,000 input tokens (at most ")
    assert "and 1,000,000,000,000 output tokens (at most 100 can be true). No more than that" in message


def test_a_lie_does_not_spend_the_day_of_other_studies(tmp_path: Any) -> None:
    limits = SpendLimits(usd_per_day=1.0)
    usage = Usage(input_tokens=10**12, output_tokens=10**12)
    with ModelServer([Structured({"number": 7}, usage=usage)]) as server, connect(endpoint(server)) as client:
        client.limiter = SpendLimiter(limits, lambda: client.ledger.total, DailyUsage(tmp_path / "spending.jsonl"))
        guess(client)
    other = SpendLimiter(limits, lambda: client.ledger.total, DailyUsage(tmp_path / "spending.jsonl"))
    other.reserve(Amount(usd=0.9))


@pytest.mark.parametrize("provider", PROTOCOLS)
def test_an_answer_longer_than_its_tokens_is_not_used(provider: str) -> None:
    reply = Structured({"number": 7, "text": "x" * 10_000}, usage=Usage(input_tokens=9, output_tokens=9))
    with (
        ModelServer([reply]) as server,
        connect(endpoint(server, provider), output_tokens=100) as client,
    ):
        with pytest.raises(ModelUnavailable, match=r"expected an answer of at most 100 tokens, got 10,\d+ bytes"):
            guess(client)
        assert client.ledger.total.output_tokens == 100
        assert len(server.requests) == 1


def test_plausible_counts_are_charged_as_reported() -> None:
    usage = RequestUsage(input_tokens=500, output_tokens=50, cache_read_tokens=400, details={"reasoning_tokens": 30})
    expected = TokenCounts(input_tokens=500, output_tokens=50, cached_tokens=400, reasoning_tokens=30)
    assert charged(usage, ESTIMATE, MOST) == expected
    assert fault(usage, MOST) == ""


def test_counts_that_are_missing_are_estimated_and_too_low_ones_raised() -> None:
    assert charged(RequestUsage(), ESTIMATE, MOST) == ESTIMATE
    assert charged(RequestUsage(input_tokens=0, output_tokens=50), ESTIMATE, MOST).input_tokens == 300
    few = charged(RequestUsage(input_tokens=1, output_tokens=1), ESTIMATE, MOST)
    assert (few.input_tokens, few.output_tokens) == (300 // 8, 40 // 8)


@given(st.tuples(*[st.one_of(st.sampled_from(ABSURD), st.integers(), st.floats(), st.text())] * 4))
def test_any_report_is_charged_within_bounds(values: tuple[Any, ...]) -> None:
    usage = RequestUsage()
    usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, reasoning = values
    usage.details = {"reasoning_tokens": reasoning}
    counts = charged(usage, ESTIMATE, MOST)
    assert 300 // 8 <= counts.input_tokens <= 1000
    assert 40 // 8 <= counts.output_tokens <= 100
    assert 0 <= counts.cached_tokens <= counts.input_tokens
    assert 0 <= counts.reasoning_tokens <= counts.output_tokens
    assert fault(usage, MOST).isprintable()
