"""OpenAI's responses, its newer protocol."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

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
)
from ._openai_wire import SYSTEM, error, texts


def read(request: Request) -> Asked:
    """Return what a request for a response asks for."""
    body = request.body
    tools = {t["name"]: t.get("parameters", {}) for t in body.get("tools") or () if t["type"] == "function"}
    wanted = (body.get("text") or {}).get("format") or {}
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    system = [text for item in items if item.get("role") in SYSTEM for text in texts(item["content"])]
    return Asked(
        protocol="openai",
        model=body["model"],
        instructions=joined([body.get("instructions") or "", *system]),
        turns=tuple(turn for item in items if item.get("role") not in SYSTEM for turn in _turns(item)),
        tools=tools,
        schema=wanted.get("schema") or tools.get(answer_tool(tools) or ""),
        max_tokens=body.get("max_output_tokens"),
        headers=request.headers,
        stream=bool(body.get("stream")),
        cached=asks_for_caching(body),
        number=request.number,
    )


def _turns(item: Json) -> Iterator[tuple[str, str]]:
    match item.get("type", "message"):
        case "function_call":
            yield called(item["name"], item["arguments"])
        case "function_call_output":
            for text in texts(item["output"]):
                yield "tool", text
        case "message":
            for text in texts(item["content"]):
                yield item["role"], text


def whole(asked: Asked, answer: Answer) -> Json:
    """Return a response."""
    whole_answer = answer.finish in ("stop", "refusal")
    status = "completed" if whole_answer else "incomplete"
    reason = "max_output_tokens" if answer.finish == "length" else answer.finish
    return _frame(asked, status, [_item(asked, answer, status)] if answer.call or answer.text else []) | {
        "incomplete_details": None if whole_answer else {"reason": reason},
        "usage": _usage(answer),
    }


def events(asked: Asked, answer: Answer, body: Json) -> Iterator[str]:
    """Return a response as the events that build it up."""
    order = count()

    def said(kind: str, **fields: Any) -> str:
        return event({"type": kind, "sequence_number": next(order), **fields}, kind)

    ready = whole(asked, answer)
    begun = _frame(asked, "in_progress", [])
    yield said("response.created", response=begun)
    yield said("response.in_progress", response=begun)
    for item in ready["output"]:
        empty: Json = {"arguments": ""} if item["type"] == "function_call" else {"content": []}
        yield said("response.output_item.added", output_index=0, item=item | empty | {"status": "in_progress"})
        place = {"item_id": item["id"], "output_index": 0}
        if item["type"] == "function_call":
            kind, key, text = "response.function_call_arguments", "arguments", item["arguments"]
        else:
            part = item["content"][0]
            key = "refusal" if answer.refuses else "text"
            kind, text = f"response.{part['type']}", part[key]
            place["content_index"] = 0
            yield said("response.content_part.added", **place, part=part | {key: ""})
        logged: Json = {"logprobs": []} if key == "text" else {}
        for piece in pieces(text):
            yield said(f"{kind}.delta", **place, delta=piece, **logged)
        named = {"name": item["name"]} if key == "arguments" else {}
        yield said(f"{kind}.done", **place, **{key: text}, **logged, **named)
        if item["type"] == "message":
            yield said("response.content_part.done", **place, part=item["content"][0])
        yield said("response.output_item.done", output_index=0, item=item)
    yield said(f"response.{ready['status']}", response=ready)


def _frame(asked: Asked, status: str, output: list[Json]) -> Json:
    return {
        "id": f"resp_{asked.number}",
        "object": "response",
        "created_at": int(time.time()),
        "model": asked.model,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def _item(asked: Asked, answer: Answer, status: str) -> Json:
    if answer.call:
        call = {"id": f"fc_{asked.number}", "call_id": f"call_{asked.number}", "name": answer.call.name}
        return {"type": "function_call", **call, "arguments": answer.call.arguments, "status": status}
    part: Json = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
    if answer.refuses:
        part = {"type": "refusal", "refusal": answer.text}
    message = {"id": f"msg_{asked.number}", "role": "assistant", "status": status, "content": [part]}
    return {"type": "message", **message}


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.stored_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


RESPONSES = Wire(read, whole, events, error)
