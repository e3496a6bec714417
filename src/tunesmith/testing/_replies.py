"""Replies of a scripted language model, independent of the provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import InputError

Finish = Literal["stop", "length", "content_filter", "refusal"]
"""Why an answer ends."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Token counts of one exchange. The totals include their parts, for every provider.

    Args:
        input_tokens: All input tokens.
        output_tokens: All output tokens.
        cached_tokens: Input tokens read from the provider's prompt cache.
        stored_tokens: Input tokens written to that cache; Google does not report them.
        reasoning_tokens: Output tokens spent on reasoning.

    Raises:
        InputError: A part is negative or larger than its total.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    stored_tokens: int = 0
    reasoning_tokens: int = 0

    def __post_init__(self) -> None:
        parts = (self.cached_tokens, self.stored_tokens, self.reasoning_tokens)
        fits = self.cached_tokens + self.stored_tokens <= self.input_tokens
        if min(parts) < 0 or not fits or self.reasoning_tokens > self.output_tokens:
            raise InputError(f"expected token counts that are not negative or larger than their totals, got {self}.")


@dataclass(frozen=True)
class Structured:
    """A structured answer.

    It is sent through the tool offered for it (named `final_result...`), otherwise as JSON text.

    Args:
        data: The answer. It need not match the schema.
        usage: Token counts; None estimates them from the text.
        finish: Why the answer ends.
    """

    data: Mapping[str, Any]
    usage: Usage | None = None
    finish: Finish = "stop"


@dataclass(frozen=True)
class Text:
    """An answer in plain text; `usage` and `finish` as in `Structured`."""

    text: str
    usage: Usage | None = None
    finish: Finish = "stop"


@dataclass(frozen=True)
class ToolCall:
    """A tool call; `usage` and `finish` as in `Structured`.

    Args:
        name: The tool. It need not exist.
        arguments: Its arguments by name. They need not match its schema.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    usage: Usage | None = None
    finish: Finish = "stop"


@dataclass(frozen=True)
class Truncated:
    """A structured answer cut off by the output token limit.

    Where the protocol requires a complete object (a tool call to Anthropic or Google without streaming), the members
    that were complete at the cut are sent.

    Args:
        data: The whole answer.
        characters: Length of its JSON at the cut.
        usage: Token counts; None estimates them from the text.
    """

    data: Mapping[str, Any]
    characters: int
    usage: Usage | None = None


@dataclass(frozen=True)
class Empty:
    """An answer without content."""

    usage: Usage | None = None


@dataclass(frozen=True)
class Refusal:
    """A refusal to answer, with the model's reason."""

    text: str
    usage: Usage | None = None


@dataclass(frozen=True)
class Status:
    """An HTTP error in the provider's own format.

    Args:
        code: The HTTP status, such as 429.
        headers: Extra headers, such as `{"Retry-After": "2"}` (seconds).
        message: The error message; empty for the status's standard phrase.
    """

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True)
class Hang:
    """No reply: the connection is closed after `seconds`, or as soon as the server closes."""

    seconds: float


@dataclass(frozen=True)
class Delayed:
    """A reply sent after `seconds`. If the server closes first, the connection is closed without a reply."""

    reply: Reply
    seconds: float


@dataclass(frozen=True)
class SlowStream:
    """A reply whose stream takes `seconds` in all; without streaming, the reply is delayed by as much."""

    reply: Reply
    seconds: float


@dataclass(frozen=True)
class Dropped:
    """A reply whose connection is closed in the middle of the body.

    Args:
        reply: The reply.
        share: Fraction of the body that is sent, from 0.0 to 1.0; the last byte never is.

    Raises:
        InputError: `share` is out of range.
    """

    reply: Reply
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise InputError(f"expected a share between 0 and 1, got {self.share}.")


@dataclass(frozen=True)
class Altered:
    """A reply whose body is changed before it is sent.

    Args:
        reply: The reply.
        alter: Returns the changed body; of a stream, called with each event.
        headers: Extra headers.
    """

    reply: Reply
    alter: Callable[[bytes], bytes]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Raw:
    """Bytes sent in place of an HTTP response, after which the connection is closed.

    Args:
        chunks: The bytes, in parts; there may be no end of them.
    """

    chunks: Iterable[bytes]


Content = Structured | Text | ToolCall | Truncated | Empty | Refusal
"""Replies in which the model answers."""

Reply = Content | Status | Hang | Delayed | SlowStream | Dropped | Altered | Raw
"""All replies that a script can return."""
