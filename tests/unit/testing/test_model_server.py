"""The scripted model is driven by the real clients, so that what it sends is what they can read."""

import asyncio
import http.client
import json
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, PromptedOutput
from pydantic_ai.exceptions import (
    ContentFilterError,
    IncompleteToolCall,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelOverloadedError,
    ModelRateLimitError,
    ModelServerError,
    ModelTimeoutError,
    OutputTokenLimitExceeded,
    UnexpectedModelBehavior,
)
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.ollama import OllamaModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.ollama import OllamaProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openrouter import OpenRouterProvider

from tunesmith import InputError
from tunesmith.testing.model_server import (
    Delayed,
    Dropped,
    Empty,
    Hang,
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


class Advice(BaseModel):
    lr: float
    why: str


ADVICE = {"lr": 0.5, "why": 'a "longer" reason, as in naïve ⛏'}


def openrouter(url: str) -> Model:
    """Its provider takes no address, and does not close a client that it is given."""

    class Here(OpenRouterProvider):
        base_url = f"{url}/v1"

    return OpenRouterModel("openai/scripted", provider=Here(api_key="key"))


# No model of these names will ever be known to a client, or be deprecated by it.
FAR = {
    "ollama": lambda url: OllamaModel("scripted", provider=OllamaProvider(base_url=f"{url}/v1")),
    "openrouter": openrouter,
}
MODELS: dict[str, Callable[[str], Model]] = {
    "chat": lambda url: OpenAIChatModel("scripted", provider=OpenAIProvider(base_url=f"{url}/v1", api_key="key")),
    "responses": lambda url: OpenAIResponsesModel(
        "scripted", provider=OpenAIProvider(base_url=f"{url}/v1", api_key="key")
    ),
    "anthropic": lambda url: AnthropicModel(
        "scripted",
        provider=AnthropicProvider(base_url=url, api_key="key"),
        profile={"supports_json_schema_output": True},
    ),
    "google": lambda url: GoogleModel("scripted", provider=GoogleProvider(base_url=url, api_key="key")),
}
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
STREAMED = [pytest.param(False, id="whole"), pytest.param(True, id="streamed")]
every_model = pytest.mark.parametrize("name", MODELS)
either_way = pytest.mark.parametrize("stream", STREAMED)


@pytest.fixture(autouse=True)
def _one_set_of_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every client reads all certificates, which takes longer than most of these tests, and none of them is used."""
    monkeypatch.setattr(ssl, "create_default_context", lambda *args, **kwargs: NO_CERTIFICATES)


def ask(
    server: ModelServer,
    name: str,
    output: Any = str,
    *,
    stream: bool = False,
    tools: Any = (),
    **settings: Any,
) -> tuple[Any, ModelResponse]:
    """One run of an agent without retries, closed within its own event loop."""

    async def run() -> tuple[Any, ModelResponse]:
        model = (MODELS | FAR)[name](server.url)
        given: Any = {"max_retries": 0, **settings}
        agent: Any = Agent(model, output_type=output, instructions="Be brief.", retries=0, tools=tools)
        async with agent:
            if stream:
                async with agent.run_stream("What lr?", model_settings=given) as streamed:
                    return await streamed.get_output(), streamed.response
            result = await agent.run("What lr?", model_settings=given)
            return result.output, result.response

    return asyncio.run(run())


def post(server: ModelServer, path: str, body: Any) -> tuple[int, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(server.url + path, data=data)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


# -- answers ---------------------------------------------------------------------------------------------------------


@either_way
@pytest.mark.parametrize("way", [lambda: Advice, lambda: NativeOutput(Advice)], ids=["tool", "native"])
@every_model
def test_a_structured_answer_uses_the_offered_tool_or_schema(name: str, way: Callable[[], Any], stream: bool) -> None:
    native = not isinstance(way(), type)
    with ModelServer([Structured(ADVICE)]) as server:
        answer, response = ask(server, name, way(), stream=stream)
    assert answer == Advice(**ADVICE)
    (request,) = server.requests
    assert set(request.tools) == (set() if native else {"final_result"})
    assert request.schema is not None
    assert set(request.schema["properties"]) == {"lr", "why"}
    assert [part.part_kind for part in response.parts] == ["text" if native else "tool-call"]
    assert request.stream is stream


@pytest.mark.parametrize("name", FAR)
def test_providers_with_openais_protocol(name: str) -> None:
    with ModelServer([Structured(ADVICE)]) as server:
        assert ask(server, name, Advice)[0] == Advice(**ADVICE)
    assert server.requests[0].protocol == "openai"


def test_without_a_tool_or_schema_a_structured_answer_is_text() -> None:
    with ModelServer([Structured(ADVICE)]) as server:
        answer, response = ask(server, "anthropic", PromptedOutput(Advice))
    assert answer == Advice(**ADVICE)
    assert response.parts[0].part_kind == "text"


@either_way
@every_model
def test_text(name: str, stream: bool) -> None:
    with ModelServer([Text("The quick brown fox jumps. " * 5)]) as server:
        answer, response = ask(server, name, stream=stream)
    assert answer == "The quick brown fox jumps. " * 5
    assert response.finish_reason == "stop"
    assert response.model_name == "scripted"
    assert response.usage.output_tokens == -(-len(answer) // 4)


@either_way
@every_model
def test_the_parsed_request_is_equal_for_all_protocols(name: str, stream: bool) -> None:
    def double(x: int) -> int:
        return 2 * x

    with ModelServer([ToolCall("double", {"x": 3}), Structured(ADVICE)]) as server:
        answer, _ = ask(server, name, Advice, stream=stream, tools=[double], max_tokens=77)
    assert answer == Advice(**ADVICE)
    first, second = server.requests
    assert first.protocol == {"chat": "openai", "responses": "openai"}.get(name, name)
    assert first.model == "scripted"
    assert first.instructions == "Be brief."
    assert first.turns == (("user", "What lr?"),)
    assert second.turns == (("user", "What lr?"), ("assistant", 'double {"x": 3}'), ("tool", "6"))
    assert set(first.tools) == {"double", "final_result"}
    assert first.tools["double"]["properties"]["x"]["type"] == "integer"
    assert first.max_tokens == 77
    assert "key" in {
        first.headers.get("authorization", "").removeprefix("Bearer "),
        first.headers.get("x-api-key"),
        first.headers.get("x-goog-api-key"),
    }
    assert [first.number, second.number] == [0, 1]


@every_model
def test_a_call_of_an_unknown_tool(name: str) -> None:
    with ModelServer([ToolCall("nonsense", {"a": 1})]) as server, pytest.raises(UnexpectedModelBehavior) as raised:
        ask(server, name, Advice)
    assert "nonsense" in f"{raised.value}{raised.value.__cause__}"


@either_way
@every_model
def test_usage(name: str, stream: bool) -> None:
    told = Usage(input_tokens=100, output_tokens=50, cached_tokens=60, stored_tokens=10, reasoning_tokens=20)
    with ModelServer([Structured(ADVICE, told)]) as server:
        _, response = ask(server, name, Advice, stream=stream)
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens) == (100, 50)
    assert usage.cache_read_tokens == 60
    assert usage.cache_write_tokens == (0 if name == "google" else 10)
    assert usage.output_reasoning_tokens == 20


def test_usage_is_estimated_from_the_text() -> None:
    with ModelServer([Text("x" * 41)]) as server:
        _, response = ask(server, "chat")
        assert (response.usage.input_tokens, response.usage.output_tokens) == (5, 11)
    with ModelServer([Empty()]) as server, pytest.raises(UnexpectedModelBehavior):
        ask(server, "chat")


@pytest.mark.parametrize("parts", [{"cached_tokens": 6, "stored_tokens": 5}, {"reasoning_tokens": 11}])
def test_parts_of_a_usage_must_not_exceed_their_totals(parts: dict[str, int]) -> None:
    with pytest.raises(InputError, match="larger than their totals"):
        Usage(input_tokens=10, output_tokens=10, **parts)


def test_prompt_caching_is_detected() -> None:
    with ModelServer([Text("hello")]) as server:
        ask(server, "anthropic")
        ask(server, "anthropic", **AnthropicModelSettings(anthropic_cache_instructions=True))
    assert [request.cached for request in server.requests] == [False, True]


# -- answers that are no good ----------------------------------------------------------------------------------------


@either_way
@every_model
def test_a_refusal(name: str, stream: bool) -> None:
    with ModelServer([Refusal("I would rather not.")]) as server, pytest.raises(ContentFilterError) as raised:
        ask(server, name, Advice, stream=stream)
    words = "SAFETY" if name == "google" else "I would rather not."
    assert words in str(raised.value)


@either_way
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_finish_reasons(name: str, finish: Any, stream: bool) -> None:
    with ModelServer([Text("So far", finish=finish)]) as server:
        answer, response = ask(server, name, stream=stream)
    assert answer == "So far"
    assert response.finish_reason == finish


@either_way
@every_model
def test_a_truncated_structured_answer(name: str, stream: bool) -> None:
    with ModelServer([Truncated(ADVICE, 20)]) as server, pytest.raises(OutputTokenLimitExceeded):
        ask(server, name, NativeOutput(Advice), stream=stream)


@pytest.mark.parametrize("name", ["chat", "responses"])
def test_a_truncated_tool_call(name: str) -> None:
    with ModelServer([Truncated(ADVICE, 20)]) as server, pytest.raises(IncompleteToolCall):
        ask(server, name, Advice)


@pytest.mark.parametrize(
    ("characters", "left"), [(10, {}), (11, {"lr": 0.5}), (55, {"lr": 0.5}), (56, ADVICE), (99, ADVICE)]
)
def test_a_truncated_tool_call_keeps_complete_members(characters: int, left: dict[str, Any]) -> None:
    """The JSON is `{"lr": 0.5, "why": ...}`, 56 characters long; of a member, the comma after it is not needed."""
    assert len(json.dumps(ADVICE, ensure_ascii=False)) == 56
    body = {
        "model": "scripted",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "What lr?"}],
        "tools": [{"name": "final_result", "input_schema": {}}],
    }
    with ModelServer([Truncated(ADVICE, characters)]) as server:
        status, said = post(server, "/v1/messages", body)
    message = json.loads(said)
    assert (status, message["stop_reason"]) == (200, "max_tokens")
    assert message["content"][0]["input"] == left


@either_way
@every_model
def test_an_empty_answer(name: str, stream: bool) -> None:
    with ModelServer([Empty()]) as server, pytest.raises(UnexpectedModelBehavior, match="output retries"):
        ask(server, name, Advice, stream=stream)
    assert len(server.requests) == 1


# -- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, ModelAuthenticationError),
        (404, ModelNotFoundError),
        (429, ModelRateLimitError),
        (500, ModelServerError),
        (529, ModelOverloadedError),
    ],
)
@every_model
def test_an_http_error(name: str, code: int, kind: type[Exception]) -> None:
    reply = Status(code, {"Retry-After": "7"}, "No such luck.")
    with ModelServer([reply]) as server, pytest.raises(kind, match="No such luck") as raised:
        ask(server, name)
    assert isinstance(raised.value, ModelHTTPError)
    assert raised.value.status_code == code
    assert raised.value.retry_after == 7
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "/v1/chat/completions",
            {"message": "Too Many Requests", "type": "requests", "param": None, "code": "rate_limit_exceeded"},
        ),
        ("/v1/messages", {"type": "rate_limit_error", "message": "Too Many Requests"}),
        (
            "/v1beta/models/scripted:generateContent",
            {
                "code": 429,
                "message": "Too Many Requests",
                "status": "RESOURCE_EXHAUSTED",
                "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}],
            },
        ),
    ],
)
def test_error_formats(path: str, said: dict[str, Any]) -> None:
    body = {"model": "scripted", "max_tokens": 9, "messages": [], "contents": []}
    with ModelServer([Status(429, {"Retry-After": "2.5"})]) as server:
        status, text = post(server, path, body)
    assert status == 429
    assert json.loads(text)["error"] == said


@pytest.mark.parametrize("name", ["chat", "anthropic"])
def test_clients_honour_retry_after(name: str) -> None:
    with ModelServer([Status(429, {"Retry-After": "0.7"}), Text("hello")]) as server:
        began = time.monotonic()
        answer, _ = ask(server, name, max_retries=2)
        # Left to themselves they would wait for at most half a second.
        assert time.monotonic() - began >= 0.7
    assert answer == "hello"
    assert len(server.requests) == 2


@either_way
@every_model
def test_a_dropped_connection(name: str, stream: bool) -> None:
    with ModelServer([Dropped(Structured(ADVICE))]) as server, pytest.raises(ModelConnectionError):
        ask(server, name, Advice, stream=stream)
    assert len(server.requests) == 1


@every_model
def test_the_first_half_of_a_dropped_stream_arrives(name: str) -> None:
    heard = []

    async def listen(url: str) -> None:
        agent = Agent(MODELS[name](url))
        async with agent, agent.run_stream("Go on.") as streamed:
            async for piece in streamed.stream_text(delta=True, debounce_by=None):
                heard.append(piece)

    with ModelServer([Dropped(Text("0123456789" * 20), 0.5)]) as server, pytest.raises(ModelConnectionError):
        asyncio.run(listen(server.url))
    assert len(heard) > 1
    assert 20 < len("".join(heard)) < 180
    assert ("0123456789" * 20).startswith("".join(heard))


def test_the_last_byte_of_a_dropped_reply_is_never_sent() -> None:
    with ModelServer([Dropped(Text("hello"), 1.0)]) as server, pytest.raises(http.client.IncompleteRead) as raised:
        post(server, "/v1/chat/completions", {"model": "scripted", "messages": []})
    assert raised.value.expected == 1
    with pytest.raises(InputError, match="between 0 and 1"):
        Dropped(Text("hello"), 1.1)


@either_way
@every_model
def test_a_hanging_model_times_out(name: str, stream: bool) -> None:
    began = time.monotonic()
    with ModelServer([Hang(60)]) as server, pytest.raises(ModelTimeoutError):
        ask(server, name, stream=stream, timeout=0.1)
    assert time.monotonic() - began < 10, "the server is closed without waiting for a hanging request"


def test_a_hang_ends_by_closing_the_connection() -> None:
    with ModelServer([Hang(0.01)]) as server, pytest.raises(ModelConnectionError):
        ask(server, "chat")


def test_a_delayed_reply() -> None:
    with ModelServer([Delayed(Dropped(Text("hello")), 0.01), Delayed(Text("hello"), 0.3)]) as server:
        with pytest.raises(ModelConnectionError):
            ask(server, "chat")
        began = time.monotonic()
        assert ask(server, "chat")[0] == "hello"
        assert time.monotonic() - began >= 0.3


@either_way
@every_model
def test_a_slow_stream(name: str, stream: bool) -> None:
    with ModelServer([SlowStream(Text("hello, " * 30), 0.3)]) as server:
        began = time.monotonic()
        assert ask(server, name, stream=stream)[0].startswith("hello")
        assert 0.25 <= time.monotonic() - began < 5


# -- the server ------------------------------------------------------------------------------------------------------


def test_requests_are_answered_concurrently() -> None:
    together = threading.Barrier(8)

    def script(request: ModelRequest) -> Reply:
        together.wait(timeout=30)
        return Text(f"{request.turns[-1][1]} is number {request.number}")

    async def run(url: str) -> list[str]:
        agent = Agent(MODELS["chat"](url))
        async with agent:
            return [result.output for result in await asyncio.gather(*(agent.run(f"{n}") for n in range(8)))]

    with ModelServer(script) as server:
        answers = asyncio.run(run(server.url))
    assert [answer.split()[0] for answer in answers] == list("01234567")
    assert sorted(answer.split()[-1] for answer in answers) == list("01234567")
    assert [request.number for request in server.requests] == list(range(8))


def test_replies_are_used_in_order_and_the_last_is_repeated() -> None:
    with ModelServer([Text("one"), Text("two")]) as server:
        assert [ask(server, "chat")[0] for _ in range(3)] == ["one", "two", "two"]
    with pytest.raises(InputError, match="at least one reply"):
        ModelServer([])


@every_model
def test_errors_of_a_script_are_raised_at_the_end(name: str) -> None:
    def script(request: ModelRequest) -> Reply:
        assert request.max_tokens == 5, "the limit must be 5"
        return Text("hello")

    def caught(server: ModelServer) -> None:
        with server, pytest.raises(ModelHTTPError, match="the limit must be 5") as raised:
            ask(server, name, max_tokens=6, **retries)
        assert raised.value.status_code == 500

    # Google's client never learns that there is no point in asking again, but asks again only where it is told to.
    retries = {} if name == "google" else {"max_retries": 2}
    server = ModelServer(script)
    with pytest.raises(AssertionError, match="the limit must be 5"):
        caught(server)
    assert len(server.requests) == 1, "a client must not ask again"
    with pytest.raises(AssertionError, match="the limit must be 5"), ModelServer(script) as server:
        ask(server, name, max_tokens=6)


def test_a_script_must_return_a_reply() -> None:
    nothing: Any = ["hello"]
    with pytest.raises(TypeError, match="expected a reply such as Text"), ModelServer(nothing) as server:
        ask(server, "chat")


def test_an_invalid_body() -> None:
    with ModelServer([Text("hello")]) as server:
        status, said = post(server, "/v1/messages", b"{")
        assert status == 400
        assert json.loads(said)["error"] == {
            "type": "invalid_request_error",
            "message": "the body must be a JSON object.",
        }
        assert post(server, "/v1/messages", [])[0] == 400
    assert server.requests == ()


def test_an_unknown_path() -> None:
    with ModelServer([Text("hello")]) as server:
        for path in ("/v1/embeddings", "/v1/messages/count_tokens", "/v1beta/models/scripted:countTokens"):
            status, said = post(server, path, {})
            assert status == 404
            assert f"POST {path} is not known here" in json.loads(said)["error"]["message"]
        with pytest.raises(urllib.error.HTTPError, match="404") as raised:
            urllib.request.urlopen(f"{server.url}/v1/messages", timeout=10)
        raised.value.close()
    assert server.requests == ()


def test_the_list_of_models() -> None:
    async def names(url: str) -> list[str]:
        async with AsyncOpenAI(base_url=f"{url}/v1", api_key="key") as client:
            return [model.id async for model in client.models.list()]

    with ModelServer([Text("hello")], models=["small", "large"]) as server:
        assert asyncio.run(names(server.url)) == ["small", "large"]


def test_stream_options_request_the_usage_of_a_stream() -> None:
    body = {"model": "scripted", "messages": [], "stream": True}
    with ModelServer([Text("hello")]) as server:
        _, plain = post(server, "/v1/chat/completions", body)
        _, counted = post(server, "/v1/chat/completions", body | {"stream_options": {"include_usage": True}})
    assert '"usage"' not in plain
    chunks = [json.loads(line.removeprefix("data: ")) for line in counted.splitlines() if line.startswith("data: {")]
    assert [chunk["usage"] is None for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
    assert plain.endswith("data: [DONE]\n\n")


def test_the_server_is_silent_and_leaves_nothing_behind(capfd: pytest.CaptureFixture[str]) -> None:
    before = set(threading.enumerate())
    with ModelServer([Text("hello")]) as server:
        idle = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        idle.request("GET", "/v1/models")
        assert idle.getresponse().read()
        unread = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        unread.request("POST", "/v1/messages", b"{}", {"Content-Length": "100"})
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert set(threading.enumerate()) == before
    assert idle.sock.recv(1) == b""
    idle.close()
    unread.close()
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(server.url, timeout=10)
    assert capfd.readouterr() == ("", "")


def test_the_server_listens_only_within_its_block() -> None:
    server = ModelServer([Text("hello")])
    with pytest.raises(InputError, match="once its `with` block has begun"):
        _ = server.url
    with server:
        assert server.url.startswith("http://127.0.0.1:")
    with pytest.raises(InputError, match="opened only once"), server:
        pass
