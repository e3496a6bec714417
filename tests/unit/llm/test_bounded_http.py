"""Endpoints that send whatever they like, over real connections."""

import gzip
import itertools
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.llm.test_client import GOOD, connect, endpoint, guess

from tunesmith.errors import ModelUnavailable
from tunesmith.llm._http import MAX_RESPONSE_BYTES, MAX_VALUES
from tunesmith.testing.model_server import (
    Altered,
    Delayed,
    ModelRequest,
    ModelServer,
    Raw,
    Reply,
    Status,
    Structured,
)

PROTOCOLS = ("openai", "anthropic", "google")
MEGABYTE = b" " * 2**20


def head(status: int = 200, kind: str = "application/json", **headers: str) -> bytes:
    named = {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return "\r\n".join(lines).encode()


def bomb() -> Iterator[bytes]:
    """Return a gigabyte of spaces in a megabyte."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    yield head(Content_Encoding="gzip")
    yield from (compressor.compress(MEGABYTE) for _ in range(1000))


def dripping(first: bytes, drop: bytes) -> Iterator[bytes]:
    yield first
    while True:
        time.sleep(0.02)
        yield drop


EVENTS = head(kind="text/event-stream")
FLOODS: dict[str, Any] = {
    "a gzip bomb": bomb,
    "an endless body": lambda: itertools.chain([head()], itertools.repeat(MEGABYTE)),
    "an endless refusal": lambda: itertools.chain([head(400)], itertools.repeat(MEGABYTE)),
    "an endless event": lambda: itertools.chain([EVENTS, b"data: "], itertools.repeat(b"x" * 2**16)),
    "endless events": lambda: itertools.chain([EVENTS], itertools.repeat(b"data: {}\n\n" * 999)),
    "endless headers": lambda: itertools.chain([b"HTTP/1.1 200 OK\r\n"], itertools.repeat(b"A: b\r\n" * 999)),
    "endless interim responses": lambda: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 999),
}
PEAK = """
import resource, sys
from tests.unit.llm.test_bounded_http import FLOODS, ask_every_way
ask_every_way(sys.argv[1], "Which number?")  # Imports and connects.
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for flood in FLOODS:
    ask_every_way(sys.argv[1], flood)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def ask_every_way(url: str, question: str) -> None:
    """Ask every provider, whole and streamed, and accept that none answers."""
    for provider in PROTOCOLS:
        with connect(endpoint(SimpleNamespace(url=url), provider), retries=0, timeout_seconds=0.5) as client:
            for on_partial in (None, lambda role, answer: None):
                client.on_partial = on_partial
                with suppress(ModelUnavailable):
                    guess(client, question=question)


def body(content: bytes, **headers: str) -> Raw:
    return Raw([head(**headers), content])


@pytest.mark.slow
def test_a_response_takes_little_memory_whatever_arrives() -> None:
    def script(request: ModelRequest) -> Reply:
        flood = next((name for name in FLOODS if name in str(request.turns)), None)
        return GOOD if flood is None else Raw(FLOODS[flood]())

    with ModelServer(script) as server:
        root = Path(__file__).parents[3]
        peak = subprocess.run([sys.executable, "-c", PEAK, server.url], capture_output=True, text=True, cwd=root)
    assert (peak.returncode, peak.stderr) == (0, "")
    assert int(peak.stdout) < 64_000  # In kilobytes.


@pytest.mark.parametrize("provider", PROTOCOLS)
@pytest.mark.parametrize("flood", ["a gzip bomb", "an endless body", "an endless refusal"])
def test_the_error_says_that_a_response_is_too_long(provider: str, flood: str) -> None:
    def script(request: ModelRequest) -> Reply:
        return Raw(FLOODS[flood]())

    with (
        ModelServer(script) as server,
        connect(endpoint(server, provider), retries=0) as client,
        pytest.raises(ModelUnavailable, match=f"expected a response of at most {MAX_RESPONSE_BYTES:,} bytes, got more"),
    ):
        guess(client)


def repeated(item: str) -> dict[str, bytes]:
    """Return a body for each protocol that repeats an item in the list that clients go through."""
    items = ",".join([item] * (MAX_VALUES // 2 + 1)).encode()
    message = b'"type":"message","role":"assistant","usage":{"input_tokens":1,"output_tokens":1}'
    return {
        "openai": b'{"id":"1","object":"chat.completion","created":1,"model":"x","choices":[%b]}' % items,
        "anthropic": b'{"id":"1","model":"x",%b,"content":[%b]}' % (message, items),
        "google": b'{"candidates":[%b]}' % items,
    }


@pytest.mark.parametrize("provider", PROTOCOLS)
@pytest.mark.parametrize("item", ["{}", "[1]", "1,1"])
def test_a_response_has_a_limit_of_values_as_clients_need_time_for_each(provider: str, item: str) -> None:
    content = repeated(item)[provider]
    event = b"data: " + content + b"\n\n"
    split = b"data: " + content.replace(b",", b",\ndata: ") + b"\n\n"

    def script(request: ModelRequest) -> Reply:
        if not request.stream:
            return body(content)
        return Raw([EVENTS, {"one event": event, "lines": split}.get(request.turns[0][1], content)])

    too_many = pytest.raises(ModelUnavailable, match=f"at most {MAX_VALUES:,} values, got more")
    with ModelServer(script) as server, connect(endpoint(server, provider), retries=0) as client:
        with too_many:
            guess(client)
        client.on_partial = lambda role, answer: None
        for question in ("one event", "lines", "not an event"):
            with too_many:
                guess(client, question=question)


@pytest.mark.parametrize("provider", PROTOCOLS)
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_long_stream_of_small_events_is_read(provider: str, newline: bytes) -> None:
    text = "{[,] " * 5000  # With those of the events, more values than one document may have.
    reply = Altered(Structured({"number": 7, "text": text}), lambda event: event.replace(b"\n", newline))
    with ModelServer([reply]) as server, connect(endpoint(server, provider)) as client:
        client.on_partial = lambda role, answer: None
        assert guess(client) == 7
        assert client.ledger.total.calls == 1


class TestEncodings:
    @pytest.mark.parametrize("provider", PROTOCOLS)
    def test_gzip_is_read(self, provider: str) -> None:
        def script(request: ModelRequest) -> Reply:
            assert request.headers["accept-encoding"] == "gzip"
            return Altered(GOOD, gzip.compress, {"Content-Encoding": "gzip"})

        with ModelServer(script) as server, connect(endpoint(server, provider)) as client:
            assert guess(client) == 7

    @pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "x\x1b[31m"])
    def test_any_other_is_rejected(self, encoding: str) -> None:
        with (
            ModelServer([body(b"{}", Content_Encoding=encoding)]) as server,
            connect(endpoint(server), retries=0) as client,
            pytest.raises(ModelUnavailable, match="expected a response as it is or in gzip, got the encoding"),
        ):
            guess(client)

    def test_bytes_that_are_not_gzip_are_rejected(self) -> None:
        with (
            ModelServer([body(b"{}", Content_Encoding="gzip")]) as server,
            connect(endpoint(server), retries=0) as client,
            pytest.raises(ModelUnavailable, match="expected a response in gzip, got bytes that are not"),
        ):
            guess(client)


DRIPS: dict[str, tuple[bytes, bytes]] = {
    "a byte at a time": (head(), b" "),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
    "interim responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "comments": (EVENTS, b": keep-alive\n\n"),
    "empty events": (EVENTS, b"data: {}\n\n"),
    "nothing after the headers": (head(Content_Length="100"), b""),
}


@pytest.mark.parametrize("provider", PROTOCOLS)
@pytest.mark.parametrize("drip", DRIPS)
@pytest.mark.parametrize("streamed", [False, True])
def test_the_time_limit_holds_whatever_drips_in(provider: str, drip: str, streamed: bool) -> None:
    def script(request: ModelRequest) -> Reply:
        return Raw(dripping(*DRIPS[drip]))

    with ModelServer(script) as server, connect(endpoint(server, provider), timeout_seconds=0.3) as client:
        client.on_partial = (lambda role, answer: None) if streamed else None
        with pytest.raises(ModelUnavailable, match="the request timed out"):
            guess(client)


def test_the_time_limit_holds_while_a_secure_connection_is_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = SimpleNamespace(url=f"https://127.0.0.1:{silent.getsockname()[1]}")
        with (
            connect(endpoint(address), timeout_seconds=0.3) as client,
            pytest.raises(ModelUnavailable, match="the request timed out"),
        ):
            guess(client)


def test_the_time_limit_holds_for_both_attempts_with_a_token() -> None:
    def script(request: ModelRequest) -> Reply:
        return Delayed(Status(401) if request.number == 0 else GOOD, 0.5)

    with (
        ModelServer(script) as server,
        connect(endpoint(server), timeout_seconds=0.8) as client,
        pytest.raises(ModelUnavailable, match="the request timed out"),
    ):
        guess(client)


@pytest.mark.parametrize("provider", PROTOCOLS)
@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_as_it_would_take_the_token_along(provider: str, code: int) -> None:
    with (
        ModelServer([GOOD]) as other,
        ModelServer([Status(code, {"Location": f"{other.url}/v1/chat/completions"})]) as server,
        connect(endpoint(server, provider), retries=0) as client,
    ):
        with pytest.raises(ModelUnavailable):
            guess(client)
        assert other.requests == ()
