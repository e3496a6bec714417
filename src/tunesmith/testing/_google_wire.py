"""Google's generateContent, as Gemini speaks it."""

from __future__ import annotations

from collections.abc import Iterator

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
    compact,
    event,
    joined,
    pieces,
    words,
)

_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY", "refusal": "SAFETY"}
_KINDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def read(request: Request) -> Asked:
    """Return what a request for content asks for."""
    body = request.body
    config = body.get("generationConfig") or {}
    declared = [function for tool in body.get("tools") or () for function in tool.get("functionDeclarations") or ()]
    tools = {function["name"]: _parameters(function) for function in declared}
    wanted = config.get("responseJsonSchema") or config.get("responseSchema")
    return Asked(
        protocol="google",
        model=request.model,
        instructions=joined(part.get("text", "") for part in (body.get("systemInstruction") or {}).get("parts", ())),
        turns=tuple(_turn(content["role"], part) for content in body["contents"] for part in content["parts"]),
        tools=tools,
        schema=wanted or tools.get(answer_tool(tools) or ""),
        max_tokens=config.get("maxOutputTokens"),
        headers=request.headers,
        stream=request.stream,
        cached=asks_for_caching(body),
        number=request.number,
    )


def _parameters(function: Json) -> Json:
    # Google takes either spelling of a key, and its own client sends both.
    keys = ("parametersJsonSchema", "parameters_json_schema", "parameters")
    return next((function[key] for key in keys if function.get(key)), {})


def _turn(role: str, part: Json) -> tuple[str, str]:
    if call := part.get("functionCall"):
        return called(call["name"], call.get("args", {}))
    if given := part.get("functionResponse"):
        response = given["response"]
        value = next(iter(response.values())) if len(response) == 1 else response
        return "tool", value if isinstance(value, str) else compact(value)
    return "assistant" if role == "model" else role, part.get("text", f"[{', '.join(part)}]")


def whole(asked: Asked, answer: Answer) -> Json:
    """Return a response with one candidate."""
    parts = [] if answer.refuses or not answer.text else [{"text": answer.text}]
    return _response(asked, answer, parts + _calls(asked, answer), ends=True)


def events(asked: Asked, answer: Answer, body: Json) -> Iterator[str]:
    """Return responses with one candidate; a function call comes in one piece."""
    for piece in "" if answer.refuses else pieces(answer.text):
        yield event(_response(asked, answer, [{"text": piece}], ends=False))
    yield event(_response(asked, answer, _calls(asked, answer), ends=True))


def error(status: Status) -> Json:
    """Return Google's shape of an error, which repeats how long to wait."""
    said: Json = {"code": status.code, "message": words(status), "status": _KINDS.get(status.code, "UNKNOWN")}
    wait = next((value for name, value in status.headers.items() if name.lower() == "retry-after"), "")
    if wait.replace(".", "", 1).isdigit():
        said["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait}s"}]
    return {"error": said}


def _calls(asked: Asked, answer: Answer) -> list[Json]:
    if not answer.call:
        return []
    return [{"functionCall": {"id": f"call_{asked.number}", "name": answer.call.name, "args": answer.call.complete}}]


def _response(asked: Asked, answer: Answer, parts: list[Json], *, ends: bool) -> Json:
    candidate: Json = {"index": 0}
    if parts:
        candidate["content"] = {"role": "model", "parts": parts}
    if ends:
        candidate["finishReason"] = _FINISH[answer.finish]
        if answer.refuses:
            candidate["finishMessage"] = answer.text
    named = {"modelVersion": asked.model, "responseId": f"response-{asked.number}"}
    return {"candidates": [candidate], "usageMetadata": _usage(answer), **named}


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    said = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    if usage.cached_tokens:
        said["cachedContentTokenCount"] = usage.cached_tokens
    if usage.reasoning_tokens:
        said["thoughtsTokenCount"] = usage.reasoning_tokens
    return said


CONTENT = Wire(read, whole, events, error)
