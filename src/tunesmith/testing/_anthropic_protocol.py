"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ._protocol import Answer, Json, ModelRequest, Protocol, Turn, call_turn, chunks, event, message_of
from ._replies import Status

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal", "refusal": "refusal"}
_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def _parse(body: Json) -> Json:
    wanted = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    return {
        "protocol": "anthropic",
        "model": body["model"],
        "instructions": _texts(body.get("system")),
        "turns": [turn for message in body["messages"] for turn in _turns(message)],
        "tools": {tool["name"]: tool.get("input_schema", {}) for tool in body.get("tools") or ()},
        "schema": wanted.get("schema"),
        "max_tokens": body["max_tokens"],
    }


def _blocks(content: str | Sequence[Json] | None) -> Sequence[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or ()


def _texts(content: str | Sequence[Json] | None) -> list[str]:
    return [block["text"] if block["type"] == "text" else f"[{block['type']}]" for block in _blocks(content)]


def _turns(message: Json) -> Iterator[Turn]:
    for block in _blocks(message["content"]):
        match block["type"]:
            case "tool_use":
                yield call_turn(block["name"], block["input"])
            case "tool_result":
                yield from (("tool", text) for text in _texts(block.get("content")))
            case _:
                yield from ((message["role"], text) for text in _texts([block]))


def _whole(request: ModelRequest, answer: Answer) -> Json:
    content: list[Json] = [] if answer.refuses or not answer.text else [{"type": "text", "text": answer.text}]
    if answer.call:
        content = [{**_tool_use(request, answer), "input": answer.call.complete}]
    return _message(request, answer, answer.usage.output_tokens) | _ending(answer) | {"content": content}


def _events(request: ModelRequest, answer: Answer, body: Json) -> Iterator[str]:
    def named(kind: str, **fields: Any) -> str:
        return event({"type": kind, **fields}, kind)

    yield named("message_start", message=_message(request, answer, 1))
    yield named("ping")
    if answer.call:
        block: Json = {**_tool_use(request, answer), "input": {}}
        kind, key, text = "input_json_delta", "partial_json", answer.call.arguments
    else:
        block = {"type": "text", "text": ""}
        kind, key, text = "text_delta", "text", "" if answer.refuses else answer.text
    if text:
        yield named("content_block_start", index=0, content_block=block)
        for chunk in chunks(text):
            yield named("content_block_delta", index=0, delta={"type": kind, key: chunk})
        yield named("content_block_stop", index=0)
    yield named("message_delta", delta=_ending(answer), usage=_usage(answer, answer.usage.output_tokens))
    yield named("message_stop")


def _error(status: Status) -> Json:
    kind = _ERRORS.get(status.code, "api_error" if status.code >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": message_of(status)}}


def _message(request: ModelRequest, answer: Answer, output_tokens: int) -> Json:
    return {
        "id": f"msg_{request.number}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(answer, output_tokens),
    }


def _ending(answer: Answer) -> Json:
    reason = "tool_use" if answer.call and answer.finish == "stop" else _STOP_REASONS[answer.finish]
    details = {"type": "refusal", "category": None, "explanation": answer.text} if answer.refuses else None
    return {"stop_reason": reason, "stop_sequence": None, "stop_details": details}


def _tool_use(request: ModelRequest, answer: Answer) -> Json:
    return {"type": "tool_use", "id": f"toolu_{request.number}", "name": answer.call.name if answer.call else ""}


def _usage(answer: Answer, output_tokens: int) -> Json:
    usage = answer.usage
    counts: Json = {
        "input_tokens": usage.input_tokens - usage.cached_tokens - usage.stored_tokens,
        "cache_creation_input_tokens": usage.stored_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": output_tokens,
    }
    if usage.reasoning_tokens and output_tokens == usage.output_tokens:
        counts["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return counts


MESSAGES = Protocol(_parse, _whole, _events, _error)
