"""Google's generateContent, the protocol of Gemini."""

from __future__ import annotations

from collections.abc import Iterator

from ._protocol import Answer, Json, ModelRequest, Protocol, Turn, call_turn, chunks, event, message_of, to_json
from ._replies import Status

_FINISH_REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY", "refusal": "SAFETY"}
_ERRORS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
# Google accepts either spelling, and its own client sends both.
_PARAMETERS = ("parametersJsonSchema", "parameters_json_schema", "parameters")


def _parse(body: Json) -> Json:
    config = body.get("generationConfig") or {}
    functions = [function for tool in body.get("tools") or () for function in tool.get("functionDeclarations") or ()]
    return {
        "protocol": "google",
        "instructions": [part.get("text", "") for part in (body.get("systemInstruction") or {}).get("parts", ())],
        "turns": [_turn(content["role"], part) for content in body["contents"] for part in content["parts"]],
        "tools": {f["name"]: next((f[key] for key in _PARAMETERS if f.get(key)), {}) for f in functions},
        "schema": config.get("responseJsonSchema") or config.get("responseSchema"),
        "max_tokens": config.get("maxOutputTokens"),
    }


def _turn(role: str, part: Json) -> Turn:
    if call := part.get("functionCall"):
        return call_turn(call["name"], call.get("args", {}))
    if result := part.get("functionResponse"):
        response = result["response"]
        value = next(iter(response.values())) if len(response) == 1 else response
        return "tool", value if isinstance(value, str) else to_json(value)
    return "assistant" if role == "model" else role, part.get("text", f"[{', '.join(part)}]")


def _whole(request: ModelRequest, answer: Answer) -> Json:
    parts = [] if answer.refuses or not answer.text else [{"text": answer.text}]
    return _response(request, answer, parts + _calls(request, answer), is_last=True)


def _events(request: ModelRequest, answer: Answer, body: Json) -> Iterator[str]:
    """Return responses with one candidate each; a function call is sent in one piece."""
    for chunk in "" if answer.refuses else chunks(answer.text):
        yield event(_response(request, answer, [{"text": chunk}], is_last=False))
    yield event(_response(request, answer, _calls(request, answer), is_last=True))


def _error(status: Status) -> Json:
    """Return the error; its body repeats the delay of `Retry-After`."""
    error: Json = {
        "code": status.code,
        "message": message_of(status),
        "status": _ERRORS.get(status.code, "UNKNOWN"),
    }
    delay = next((value for name, value in status.headers.items() if name.lower() == "retry-after"), "")
    if delay.replace(".", "", 1).isdigit():
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{delay}s"}]
    return {"error": error}


def _calls(request: ModelRequest, answer: Answer) -> list[Json]:
    if not answer.call:
        return []
    return [{"functionCall": {"id": f"call_{request.number}", "name": answer.call.name, "args": answer.call.complete}}]


def _response(request: ModelRequest, answer: Answer, parts: list[Json], *, is_last: bool) -> Json:
    candidate: Json = {"index": 0}
    if parts:
        candidate["content"] = {"role": "model", "parts": parts}
    if is_last:
        candidate["finishReason"] = _FINISH_REASONS[answer.finish]
        if answer.refuses:
            candidate["finishMessage"] = answer.text
    names = {"modelVersion": request.model, "responseId": f"response-{request.number}"}
    return {"candidates": [candidate], "usageMetadata": _usage(answer), **names}


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    counts = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    optional = {"cachedContentTokenCount": usage.cached_tokens, "thoughtsTokenCount": usage.reasoning_tokens}
    return counts | {key: value for key, value in optional.items() if value}


CONTENT = Protocol(_parse, _whole, _events, _error)
