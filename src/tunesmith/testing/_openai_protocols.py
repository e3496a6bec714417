"""OpenAI's two protocols: chat completions, also spoken by OpenRouter, Ollama and vLLM; and the newer responses."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from ._protocol import Answer, Call, Json, ModelRequest, Protocol, Turn, call_turn, chunks, event, message_of
from ._replies import Status, Usage

_SYSTEM = ("system", "developer")
_FINISH_REASONS = {"stop": "stop", "length": "length", "content_filter": "content_filter", "refusal": "stop"}
_ERRORS = {
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}


def _texts(content: str | Sequence[Json] | None) -> list[str]:
    """Return the texts of a message's content; other parts appear as their type."""
    if isinstance(content, str):
        return [content]
    return [str(part.get("text") or part.get("refusal") or f"[{part['type']}]") for part in content or ()]


def _error(status: Status) -> Json:
    kind, code = _ERRORS.get(status.code, ("server_error" if status.code >= 500 else "invalid_request_error", None))
    return {"error": {"message": message_of(status), "type": kind, "param": None, "code": code}}


def _usage(usage: Usage, inputs: str, outputs: str) -> Json:
    return {
        f"{inputs}_tokens": usage.input_tokens,
        f"{outputs}_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        f"{inputs}_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.stored_tokens},
        f"{outputs}_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


# -- chat completions ------------------------------------------------------------------------------------------------


def _parse_chat(body: Json) -> Json:
    wanted = body.get("response_format") or {}
    messages = body["messages"]
    return {
        "protocol": "openai",
        "model": body["model"],
        "instructions": [text for m in messages if m["role"] in _SYSTEM for text in _texts(m.get("content"))],
        "turns": [turn for message in messages if message["role"] not in _SYSTEM for turn in _chat_turns(message)],
        "tools": {t["function"]["name"]: t["function"].get("parameters", {}) for t in body.get("tools") or ()},
        "schema": wanted["json_schema"].get("schema") if wanted.get("type") == "json_schema" else None,
        "max_tokens": body.get("max_completion_tokens", body.get("max_tokens")),
    }


def _chat_turns(message: Json) -> Iterator[Turn]:
    for text in _texts(message.get("content")):
        yield message["role"], text
    if refusal := message.get("refusal"):
        yield "assistant", refusal
    for call in message.get("tool_calls") or ():
        yield call_turn(call["function"]["name"], call["function"]["arguments"])


def _whole_chat(request: ModelRequest, answer: Answer) -> Json:
    message: Json = {"role": "assistant", "content": None if answer.refuses else answer.text or None, "refusal": None}
    if answer.refuses:
        message["refusal"] = answer.text
    if answer.call:
        message["tool_calls"] = [_chat_call(request, answer.call, answer.call.arguments)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(answer)}
    return _chat_frame(request, "chat.completion", [choice]) | {"usage": _usage(answer.usage, "prompt", "completion")}


def _chat_events(request: ModelRequest, answer: Answer, body: Json) -> Iterator[str]:
    """Return the chunks, with the usage in a chunk of its own where it is requested."""
    counted = bool((body.get("stream_options") or {}).get("include_usage"))
    frame = _chat_frame(request, "chat.completion.chunk", []) | ({"usage": None} if counted else {})
    for delta in _chat_deltas(request, answer):
        yield event(frame | {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]})
    last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": _finish_reason(answer)}
    yield event(frame | {"choices": [last]})
    if counted:
        yield event(frame | {"usage": _usage(answer.usage, "prompt", "completion")})
    yield event("[DONE]")


def _chat_deltas(request: ModelRequest, answer: Answer) -> Iterable[Json]:
    yield {"role": "assistant", "content": None if answer.call else "", "refusal": None}
    for chunk in chunks(answer.text):
        yield {"refusal" if answer.refuses else "content": chunk}
    if answer.call:
        yield {"tool_calls": [{"index": 0, **_chat_call(request, answer.call, "")}]}
        for chunk in chunks(answer.call.arguments):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": chunk}}]}


def _chat_frame(request: ModelRequest, kind: str, choices: list[Json]) -> Json:
    frame = {"id": f"chatcmpl-{request.number}", "object": kind, "created": int(time.time()), "model": request.model}
    # OpenRouter names the provider, and its clients require it. Other clients ignore the key.
    return frame | {"choices": choices, "provider": "tunesmith"}


def _chat_call(request: ModelRequest, call: Call, arguments: str) -> Json:
    function = {"name": call.name, "arguments": arguments}
    return {"id": f"call_{request.number}", "type": "function", "function": function}


def _finish_reason(answer: Answer) -> str:
    return "tool_calls" if answer.call and answer.finish == "stop" else _FINISH_REASONS[answer.finish]


CHAT = Protocol(_parse_chat, _whole_chat, _chat_events, _error)


# -- responses -------------------------------------------------------------------------------------------------------


def _parse_response(body: Json) -> Json:
    posted = body["input"]
    items = [{"role": "user", "content": posted}] if isinstance(posted, str) else posted
    system = [text for item in items if item.get("role") in _SYSTEM for text in _texts(item["content"])]
    return {
        "protocol": "openai",
        "model": body["model"],
        "instructions": [body.get("instructions") or "", *system],
        "turns": [turn for item in items if item.get("role") not in _SYSTEM for turn in _response_turns(item)],
        "tools": {t["name"]: t.get("parameters", {}) for t in body.get("tools") or () if t["type"] == "function"},
        "schema": ((body.get("text") or {}).get("format") or {}).get("schema"),
        "max_tokens": body.get("max_output_tokens"),
    }


def _response_turns(item: Json) -> Iterator[Turn]:
    match item.get("type", "message"):
        case "function_call":
            yield call_turn(item["name"], item["arguments"])
        case "function_call_output":
            yield from (("tool", text) for text in _texts(item["output"]))
        case "message":
            yield from ((item["role"], text) for text in _texts(item["content"]))


def _whole_response(request: ModelRequest, answer: Answer) -> Json:
    is_complete = answer.finish in ("stop", "refusal")
    status = "completed" if is_complete else "incomplete"
    reason = "max_output_tokens" if answer.finish == "length" else answer.finish
    output = [_output_item(request, answer, status)] if answer.call or answer.text else []
    return _response_frame(request, status, output) | {
        "incomplete_details": None if is_complete else {"reason": reason},
        "usage": _usage(answer.usage, "input", "output"),
    }


def _response_events(request: ModelRequest, answer: Answer, body: Json) -> Iterator[str]:
    numbers = count()

    def named(kind: str, **fields: Any) -> str:
        return event({"type": kind, "sequence_number": next(numbers), **fields}, kind)

    whole = _whole_response(request, answer)
    started = _response_frame(request, "in_progress", [])
    yield named("response.created", response=started)
    yield named("response.in_progress", response=started)
    for item in whole["output"]:
        is_call = item["type"] == "function_call"
        empty: Json = {"arguments": ""} if is_call else {"content": []}
        yield named("response.output_item.added", output_index=0, item=item | empty | {"status": "in_progress"})
        position = {"item_id": item["id"], "output_index": 0}
        if is_call:
            kind, key, text = "response.function_call_arguments", "arguments", item["arguments"]
        else:
            part = item["content"][0]
            key = "refusal" if answer.refuses else "text"
            kind, text = f"response.{part['type']}", part[key]
            position["content_index"] = 0
            yield named("response.content_part.added", **position, part=part | {key: ""})
        logprobs: Json = {"logprobs": []} if key == "text" else {}
        for chunk in chunks(text):
            yield named(f"{kind}.delta", **position, delta=chunk, **logprobs)
        name = {"name": item["name"]} if is_call else {}
        yield named(f"{kind}.done", **position, **{key: text}, **logprobs, **name)
        if not is_call:
            yield named("response.content_part.done", **position, part=item["content"][0])
        yield named("response.output_item.done", output_index=0, item=item)
    yield named(f"response.{whole['status']}", response=whole)


def _response_frame(request: ModelRequest, status: str, output: list[Json]) -> Json:
    return {
        "id": f"resp_{request.number}",
        "object": "response",
        "created_at": int(time.time()),
        "model": request.model,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def _output_item(request: ModelRequest, answer: Answer, status: str) -> Json:
    if answer.call:
        call = {"id": f"fc_{request.number}", "call_id": f"call_{request.number}", "name": answer.call.name}
        return {"type": "function_call", **call, "arguments": answer.call.arguments, "status": status}
    part: Json = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
    if answer.refuses:
        part = {"type": "refusal", "refusal": answer.text}
    message = {"id": f"msg_{request.number}", "role": "assistant", "status": status, "content": [part]}
    return {"type": "message", **message}


RESPONSES = Protocol(_parse_response, _whole_response, _response_events, _error)
