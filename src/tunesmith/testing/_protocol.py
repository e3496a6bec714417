"""What the providers' protocols have in common: a request, an answer, and how each is encoded."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from ._replies import Content, Finish, Refusal, Status, Structured, Text, ToolCall, Truncated, Usage

Json = dict[str, Any]
Turn = tuple[str, str]

_CHARACTERS_PER_TOKEN = 4
_CHARACTERS_PER_EVENT = 16


@dataclass(frozen=True, kw_only=True)
class ModelRequest:
    """One request to the model.

    Args:
        protocol: The provider's protocol.
        model: The model's name.
        instructions: All system text, its parts separated by an empty line.
        turns: Role (`user`, `assistant` or `tool`) and text of each part of the conversation, in order. A tool call
            reads `name {"its": "arguments"}`; its result has the role `tool`.
        tools: JSON schema of each tool's arguments, by the tool's name.
        schema: JSON schema of the structured answer, or None.
        max_tokens: The output token limit, or None.
        headers: HTTP headers by lower-case name.
        stream: Whether a streamed answer is requested.
        cached: Whether prompt caching is requested (`cache_control` anywhere in the body).
        number: Position in order of arrival, from 0.
    """

    protocol: Literal["openai", "anthropic", "google"]
    model: str
    instructions: str
    turns: tuple[Turn, ...]
    tools: Mapping[str, Json]
    schema: Json | None
    max_tokens: int | None
    headers: Mapping[str, str]
    stream: bool
    cached: bool
    number: int


@dataclass(frozen=True)
class Call:
    """A tool call: its arguments as JSON text, possibly truncated, and the members that are complete."""

    name: str
    arguments: str
    complete: Json


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The model's answer: text, a tool call, or neither."""

    text: str = ""
    call: Call | None = None
    finish: Finish = "stop"
    usage: Usage

    @property
    def refuses(self) -> bool:
        """Whether the text is a refusal."""
        return self.finish == "refusal"


@dataclass(frozen=True)
class Protocol:
    """One provider's protocol.

    Args:
        parse: Returns the protocol's own fields of a `ModelRequest` from the posted body. Google's model name is not
            in the body.
        whole: Encodes an answer as one JSON object.
        events: Encodes an answer as server-sent events; the third argument is the posted body.
        error: Encodes an error.
    """

    parse: Callable[[Json], Json]
    whole: Callable[[ModelRequest, Answer], Json]
    events: Callable[[ModelRequest, Answer, Json], Iterator[str]]
    error: Callable[[Status], Json]

    def read(self, body: Json, **fields: Any) -> ModelRequest:
        """Return the request; `fields` are those that HTTP carries, and take precedence."""
        parsed = {"stream": bool(body.get("stream")), "cached": _has_cache_control(body)} | self.parse(body) | fields
        tools = parsed["tools"]
        parsed["schema"] = parsed["schema"] or tools.get(_answer_tool(tools) or "")
        parsed["instructions"] = "\n\n".join(filter(None, parsed["instructions"]))
        return ModelRequest(**parsed | {"turns": tuple(parsed["turns"])})


def answer_to(request: ModelRequest, reply: Content) -> Answer:
    """Return the answer that a reply gives to a request: through the tool offered for it, where there is one."""
    text, call = "", None
    finish: Finish = "stop"
    match reply:
        case Structured(data, _, finish):
            text, call = _structured(request, data, None)
        case Truncated(data, characters):
            text, call = _structured(request, data, characters)
            finish = "length"
        case ToolCall(name, arguments, _, finish):
            call = Call(name, to_json(arguments), dict(arguments))
        case Text(text, _, finish):
            pass
        case Refusal(text):
            finish = "refusal"
    usage = reply.usage or _estimate(request, text + (call.name + call.arguments if call else ""))
    return Answer(text=text, call=call, finish=finish, usage=usage)


def to_json(value: object) -> str:
    """Return a value as JSON text, formatted as the models do."""
    return json.dumps(value, ensure_ascii=False)


def event(data: Json | str, name: str = "") -> str:
    """Return one server-sent event."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {data if isinstance(data, str) else to_json(data)}\n\n"


def chunks(text: str) -> Iterator[str]:
    """Return a text in the chunks of a stream."""
    return (text[start : start + _CHARACTERS_PER_EVENT] for start in range(0, len(text), _CHARACTERS_PER_EVENT))


def call_turn(name: str, arguments: object) -> Turn:
    """Return the turn of a tool call; the arguments are JSON text or the value itself."""
    if isinstance(arguments, str):
        # Clients format JSON differently. Truncated text stays as it is.
        with contextlib.suppress(ValueError):
            arguments = json.loads(arguments)
    return "assistant", f"{name} {arguments if isinstance(arguments, str) else to_json(arguments)}"


def message_of(status: Status) -> str:
    """Return the message of an HTTP error."""
    phrases = {int(code): code.phrase for code in HTTPStatus} | {529: "Overloaded"}
    return status.message or phrases.get(status.code, f"Status {status.code}")


def _has_cache_control(body: object) -> bool:
    if isinstance(body, dict):
        return bool(body.get("cache_control")) or any(map(_has_cache_control, body.values()))
    return isinstance(body, list) and any(map(_has_cache_control, body))


def _answer_tool(tools: Iterable[str]) -> str | None:
    return next((name for name in tools if name.startswith("final_result")), None)


def _structured(request: ModelRequest, data: Mapping[str, Any], characters: int | None) -> tuple[str, Call | None]:
    whole = to_json(data)
    text = whole[:characters]
    tool = _answer_tool(request.tools)
    if tool is None:
        return text, None
    return "", Call(tool, text, dict(data) if text == whole else _complete_members(data, len(text)))


def _complete_members(data: Mapping[str, Any], characters: int) -> Json:
    """Return the leading members that are complete within so many characters of JSON."""
    complete: Json = {}
    for key, value in data.items():
        if len(to_json({**complete, key: value})) > characters:
            break
        complete[key] = value
    return complete


def _estimate(request: ModelRequest, answer: str) -> Usage:
    schemas = [to_json(schema) for schema in (*request.tools.values(), request.schema) if schema]
    read = len(request.instructions) + sum(len(text) for _, text in request.turns) + sum(map(len, schemas))
    return Usage(input_tokens=_tokens(read), output_tokens=_tokens(len(answer)))


def _tokens(characters: int) -> int:
    return max(1, -(-characters // _CHARACTERS_PER_TOKEN))
