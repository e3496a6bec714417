"""What every provider's protocol comes down to: what was asked, and what is answered."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from ._model_replies import Cut, Empty, Finish, Refusal, Status, Structured, Text, ToolCall, Usage

Protocol = Literal["openai", "anthropic", "google"]
Json = dict[str, Any]

_CHARACTERS_PER_TOKEN = 4
_PIECE = 16


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request to the model.

    Args:
        protocol: Whose protocol it came by.
        model: The model's name.
        instructions: All system text, parts separated by an empty line.
        turns: Role (`user`, `assistant` or `tool`) and text of each part of the conversation, in order. A tool call of
            the assistant reads `name {"its": "arguments"}`; what a tool gave back has the role `tool`.
        tools: The JSON schema of each tool's arguments, by the tool's name.
        schema: The JSON schema of the structured answer that is wanted, or None.
        max_tokens: The limit on the answer, or None.
        headers: By lower-cased name.
        stream: Whether the answer is to come in pieces.
        cached: Whether prompt caching was asked for (`cache_control`, anywhere).
        number: From 0, in order of arrival.
    """

    protocol: Protocol
    model: str
    instructions: str
    turns: tuple[tuple[str, str], ...]
    tools: Mapping[str, Json]
    schema: Json | None
    max_tokens: int | None
    headers: Mapping[str, str]
    stream: bool
    cached: bool
    number: int


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as HTTP brought it.

    Args:
        body: The JSON object that was posted.
        headers: By lower-cased name.
        model: The model's name where the path has it, else an empty string.
        stream: Whether the path asks for a stream.
        number: From 0, in order of arrival.
    """

    body: Json
    headers: Mapping[str, str]
    model: str
    stream: bool
    number: int


@dataclass(frozen=True)
class Call:
    """A tool call: its arguments as JSON text, which may be cut, and those of them that are complete."""

    name: str
    arguments: str
    complete: Json


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the model says: words, a tool call, or neither; where it refuses, the words say why."""

    text: str = ""
    call: Call | None = None
    finish: Finish = "stop"
    usage: Usage

    @property
    def refuses(self) -> bool:
        """Whether the words are a refusal."""
        return self.finish == "refusal"


@dataclass(frozen=True)
class Wire:
    """One provider's protocol.

    Args:
        read: Turns what was posted into what was asked.
        whole: The answer as one JSON object.
        events: The answer as server-sent events, framed; the third argument is what was posted.
        error: An error as a JSON object.
    """

    read: Callable[[Request], Asked]
    whole: Callable[[Asked, Answer], Json]
    events: Callable[[Asked, Answer, Json], Iterator[str]]
    error: Callable[[Status], Json]


def answer_to(asked: Asked, reply: Structured | Text | ToolCall | Cut | Empty | Refusal) -> Answer:
    """Return what the model says, by way of what was offered."""
    text, call = "", None
    finish: Finish = "stop"
    match reply:
        case Structured(data, _, finish):
            text, call = _structured(asked, data, None)
        case Cut(data, characters):
            text, call = _structured(asked, data, characters)
            finish = "length"
        case ToolCall(name, arguments, _, finish):
            call = Call(name, compact(arguments), dict(arguments))
        case Text(text, _, finish):
            pass
        case Refusal(text):
            finish = "refusal"
    usage = reply.usage or _estimate(asked, text + (call.name + call.arguments if call else ""))
    return Answer(text=text, call=call, finish=finish, usage=usage)


def compact(value: object) -> str:
    """Return a value as JSON, as the models write it."""
    return json.dumps(value, ensure_ascii=False)


def event(data: Json | str, name: str = "") -> str:
    """Return one server-sent event."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {data if isinstance(data, str) else compact(data)}\n\n"


def pieces(text: str) -> Iterator[str]:
    """Return a text in the pieces in which a stream brings it."""
    return (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))


def joined(parts: Iterable[str]) -> str:
    """Return texts with empty lines between, empty ones left out."""
    return "\n\n".join(part for part in parts if part)


def called(name: str, arguments: object) -> tuple[str, str]:
    """Return the turn in which the assistant calls a tool; the arguments are JSON text, or what it would hold."""
    if isinstance(arguments, str):
        # Clients write JSON with and without blanks; text that was cut stays as it is.
        with contextlib.suppress(ValueError):
            arguments = json.loads(arguments)
    return "assistant", f"{name} {arguments if isinstance(arguments, str) else compact(arguments)}"


def asks_for_caching(body: object) -> bool:
    """Whether `cache_control` is set anywhere."""
    if isinstance(body, dict):
        return bool(body.get("cache_control")) or any(map(asks_for_caching, body.values()))
    return isinstance(body, list) and any(map(asks_for_caching, body))


def words(status: Status) -> str:
    """Return what an error says: its own words, or the standard ones of its status."""
    if status.message:
        return status.message
    known = {int(code): code.phrase for code in HTTPStatus} | {529: "Overloaded"}
    return known.get(status.code, f"Status {status.code}")


def answer_tool(tools: Iterable[str]) -> str | None:
    """Return the tool through which the structured answer is wanted, or None."""
    return next((name for name in tools if name.startswith("final_result")), None)


def _structured(asked: Asked, data: Mapping[str, Any], characters: int | None) -> tuple[str, Call | None]:
    text = compact(data)[:characters]
    tool = answer_tool(asked.tools)
    if tool is None:
        return text, None
    whole = characters is None or characters >= len(compact(data))
    return "", Call(tool, text, dict(data) if whole else _complete(data, len(text)))


def _complete(data: Mapping[str, Any], characters: int) -> Json:
    """Return the first members, as many as end, with the comma after them, within so many characters of JSON."""
    complete: Json = {}
    for key, value in data.items():
        if len(compact({**complete, key: value})) > characters:
            break
        complete[key] = value
    return complete


def _estimate(asked: Asked, answer: str) -> Usage:
    schemas = [compact(schema) for schema in (*asked.tools.values(), asked.schema) if schema]
    read = len(asked.instructions) + sum(len(text) for _, text in asked.turns) + sum(map(len, schemas))
    return Usage(input_tokens=_tokens(read), output_tokens=_tokens(len(answer)))


def _tokens(characters: int) -> int:
    return max(1, -(-characters // _CHARACTERS_PER_TOKEN))
