"""OpenAI's chat completions, which many others speak too (OpenRouter, Ollama, vLLM)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from ._model_replies import Status
from ._model_wire import (
    Answer,
    Asked,
    Call,
    Json,
    Request,
    Wire,
    answer_tool,
    asks_for_caching,
    called,
    event,
    joined,
    pieces,
    words,
)

SYSTEM = ("system", "developer")
_FINISH = {"stop": "stop", "length": "length", "content_filter": "content_filter", "refusal": "stop"}
_KINDS = {
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}


def read(request: Request) -> Asked:
    """Return what a chat completion asks for."""
    body = request.body
    tools = {tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in body.get("tools") or ()}
    wanted = body.get("response_format") or {}
    schema = wanted["json_schema"].get("schema") if wanted.get("type") == "json_schema" else None
    messages = body["messages"]
    return Asked(
        protocol="openai",
        model=body["model"],
        instructions=joined(text for m in messages if m["role"] in SYSTEM for text in texts(m.get("content"))),
        turns=tuple(turn for message in messages if message["role"] not in SYSTEM for turn in _turns(message)),
        tools=tools,
        schema=schema or tools.get(answer_tool(tools) or ""),
        max_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
        headers=request.headers,
        stream=bool(body.get("stream")),
        cached=asks_for_caching(body),
        number=request.number,
    )


def texts(content: str | Sequence[Json] | None) -> Iterator[str]:
    """Return the texts of a message's content; a part of another kind is named by its type."""
    if isinstance(content, str):
        yield content
        return
    for part in content or ():
        yield str(part.get("text") or part.get("refusal") or f"[{part['type']}]")


def _turns(message: Json) -> Iterator[tuple[str, str]]:
    for text in texts(message.get("content")):
        yield message["role"], text
    if refusal := message.get("refusal"):
        yield "assistant", refusal
    for call in message.get("tool_calls") or ():
        yield called(call["function"]["name"], call["function"]["arguments"])


def whole(asked: Asked, answer: Answer) -> Json:
    """Return a chat completion."""
    message: Json = {"role": "assistant", "content": None if answer.refuses else answer.text or None, "refusal": None}
    if answer.refuses:
        message["refusal"] = answer.text
    if answer.call:
        message["tool_calls"] = [_call(asked, answer.call, answer.call.arguments)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
    return _frame(asked, "chat.completion", [choice]) | {"usage": _usage(answer)}


def events(asked: Asked, answer: Answer, body: Json) -> Iterator[str]:
    """Return a chat completion in chunks, with the usage in one of its own where it is asked for."""
    counted = bool((body.get("stream_options") or {}).get("include_usage"))
    frame = _frame(asked, "chat.completion.chunk", []) | ({"usage": None} if counted else {})
    for delta in _deltas(asked, answer):
        yield event(frame | {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]})
    last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": _finish(answer)}
    yield event(frame | {"choices": [last]})
    if counted:
        yield event(frame | {"usage": _usage(answer)})
    yield event("[DONE]")


def _deltas(asked: Asked, answer: Answer) -> Iterable[Json]:
    yield {"role": "assistant", "content": None if answer.call else "", "refusal": None}
    for piece in pieces(answer.text):
        yield {"refusal" if answer.refuses else "content": piece}
    if answer.call:
        yield {"tool_calls": [{"index": 0, **_call(asked, answer.call, "")}]}
        for piece in pieces(answer.call.arguments):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def error(status: Status) -> Json:
    """Return OpenAI's shape of an error."""
    kind, code = _KINDS.get(status.code, ("server_error" if status.code >= 500 else "invalid_request_error", None))
    return {"error": {"message": words(status), "type": kind, "param": None, "code": code}}


def _frame(asked: Asked, kind: str, choices: list[Json]) -> Json:
    made = {"id": f"chatcmpl-{asked.number}", "object": kind, "created": int(time.time()), "model": asked.model}
    # OpenRouter says who has answered, and its clients insist on it; those of others pass over it.
    return made | {"choices": choices, "provider": "tunesmith"}


def _call(asked: Asked, call: Call, arguments: str) -> Json:
    return {"id": f"call_{asked.number}", "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _finish(answer: Answer) -> str:
    return "tool_calls" if answer.call and answer.finish == "stop" else _FINISH[answer.finish]


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.stored_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


CHAT = Wire(read, whole, events, error)
