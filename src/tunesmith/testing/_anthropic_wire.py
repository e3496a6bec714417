"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ._model_replies import Status
from ._model_wire import (
    Answer,
    Asked,
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

_FINISH = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal", "refusal": "refusal"}
_KINDS = {
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


def read(request: Request) -> Asked:
    """Return what a request for a message asks for."""
    body = request.body
    tools = {tool["name"]: tool.get("input_schema", {}) for tool in body.get("tools") or ()}
    wanted = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    return Asked(
        protocol="anthropic",
        model=body["model"],
        instructions=joined(_texts(body.get("system"))),
        turns=tuple(turn for message in body["messages"] for turn in _turns(message)),
        tools=tools,
        schema=wanted.get("schema") or tools.get(answer_tool(tools) or ""),
        max_tokens=body["max_tokens"],
        headers=request.headers,
        stream=bool(body.get("stream")),
        cached=asks_for_caching(body),
        number=request.number,
    )


def _texts(content: str | Sequence[Json] | None) -> Iterator[str]:
    if isinstance(content, str):
        yield content
        return
    for block in content or ():
        yield block["text"] if block["type"] == "text" else f"[{block['type']}]"


def _turns(message: Json) -> Iterator[tuple[str, str]]:
    content = message["content"]
    for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
        match block["type"]:
            case "tool_use":
                yield called(block["name"], block["input"])
            case "tool_result":
                for text in _texts(block.get("content")):
                    yield "tool", text
            case _:
                for text in _texts([block]):
                    yield message["role"], text


def whole(asked: Asked, answer: Answer) -> Json:
    """Return a message."""
    content: list[Json] = [] if answer.refuses or not answer.text else [{"type": "text", "text": answer.text}]
    if answer.call:
        content = [{**_tool_use(asked, answer), "input": answer.call.complete}]
    return _message(asked, answer, answer.usage.output_tokens) | _ending(answer) | {"content": content}


def events(asked: Asked, answer: Answer, body: Json) -> Iterator[str]:
    """Return a message as the events that build it up."""

    def said(kind: str, **fields: Any) -> str:
        return event({"type": kind, **fields}, kind)

    yield said("message_start", message=_message(asked, answer, 1))
    yield said("ping")
    if answer.call:
        block: Json = {**_tool_use(asked, answer), "input": {}}
        kind, key, text = "input_json_delta", "partial_json", answer.call.arguments
    else:
        block = {"type": "text", "text": ""}
        kind, key, text = "text_delta", "text", "" if answer.refuses else answer.text
    if text:
        yield said("content_block_start", index=0, content_block=block)
        for piece in pieces(text):
            yield said("content_block_delta", index=0, delta={"type": kind, key: piece})
        yield said("content_block_stop", index=0)
    yield said("message_delta", delta=_ending(answer), usage=_usage(answer, answer.usage.output_tokens))
    yield said("message_stop")


def error(status: Status) -> Json:
    """Return Anthropic's shape of an error."""
    kind = _KINDS.get(status.code, "api_error" if status.code >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": words(status)}}


def _message(asked: Asked, answer: Answer, output_tokens: int) -> Json:
    return {
        "id": f"msg_{asked.number}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(answer, output_tokens),
    }


def _ending(answer: Answer) -> Json:
    reason = "tool_use" if answer.call and answer.finish == "stop" else _FINISH[answer.finish]
    details = {"type": "refusal", "category": None, "explanation": answer.text} if answer.refuses else None
    return {"stop_reason": reason, "stop_sequence": None, "stop_details": details}


def _tool_use(asked: Asked, answer: Answer) -> Json:
    return {"type": "tool_use", "id": f"toolu_{asked.number}", "name": answer.call.name if answer.call else ""}


def _usage(answer: Answer, output_tokens: int) -> Json:
    usage = answer.usage
    said: Json = {
        "input_tokens": usage.input_tokens - usage.cached_tokens - usage.stored_tokens,
        "cache_creation_input_tokens": usage.stored_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": output_tokens,
    }
    if usage.reasoning_tokens and output_tokens == usage.output_tokens:
        said["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return said


MESSAGES = Wire(read, whole, events, error)
