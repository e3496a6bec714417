"""Spans as a collector on this host receives them."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import BaseModel

from tunesmith.core.spending import Spending
from tunesmith.errors import InputError, MissingExtra
from tunesmith.llm.client import ModelClient
from tunesmith.llm.endpoints import endpoint_from
from tunesmith.llm.options import ModelOptions
from tunesmith.llm.spend_limiter import SpendLimiter, SpendLimits
from tunesmith.llm.traces import Traces
from tunesmith.testing.model_server import ModelServer, Structured, ToolCall, Usage

SECRET = "sk-very-secret"


class Guess(BaseModel):
    """A number."""

    number: int


def double(number: int) -> int:
    """Return twice a number."""
    return 2 * number


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def spans(received: list[bytes]) -> list[Any]:
    found = []
    for body in received:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            assert {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"] == "tunesmith"
            found += [span for scope in resource.scope_spans for span in scope.spans]
    return found


def attributes(span: Any) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}


def ask(server: ModelServer, traces: Traces, watched: bool = False) -> int:
    table = {"name": "openai:scripted", "base_url": f"{server.url}/v1", "token": lambda: SECRET, "price": "free"}
    model = ModelClient([endpoint_from(table, {})], limiter=SpendLimiter(SpendLimits(), Spending), traces=traces)
    model.on_partial = (lambda role, answer: None) if watched else None
    try:
        return model.ask("planner", instructions="Guess.", question="Which?", answer=Guess, tools=[double]).number
    finally:
        model.close()


@pytest.mark.parametrize("watched", [False, True])
def test_roles_requests_and_tools_are_spans_with_their_usage(watched: bool) -> None:
    usage = Usage(input_tokens=1000, output_tokens=50)
    script = [ToolCall("double", {"number": 3}), Structured({"number": 6}, usage=usage)]
    with collector() as (url, received), ModelServer(script) as server:
        assert ask(server, Traces(url), watched) == 6
        found = {span.name: attributes(span) for span in spans(received)}
    assert {"invoke_agent planner", "chat scripted", "execute_tool double"} <= found.keys()
    assert found["invoke_agent planner"]["gen_ai.agent.name"] == "planner"
    chat = found["chat scripted"]
    assert (chat["gen_ai.operation.name"], chat["gen_ai.request.model"]) == ("chat", "scripted")
    assert (chat["gen_ai.usage.input_tokens"], chat["gen_ai.usage.output_tokens"]) == (1000, 50)
    assert SECRET.encode() not in b"".join(received)
    one = {span.trace_id for span in spans(received)}
    assert len(one) == 1


def test_a_collector_that_is_down_does_not_affect_the_answer() -> None:
    with ModelServer([Structured({"number": 6})]) as server:
        assert ask(server, Traces("http://127.0.0.1:9/v1/traces")) == 6


def test_a_missing_extra_and_an_invalid_address_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="address of a collector"):
        ModelOptions(model="ollama:x", traces="phoenix")
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(MissingExtra, match="traces"):
        Traces("http://127.0.0.1:9/v1/traces")
