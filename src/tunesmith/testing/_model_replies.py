"""What a scripted language model says, in no provider's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import InputError

Finish = Literal["stop", "length", "content_filter", "refusal"]
"""Why an answer ends: it is whole, it was cut, it was filtered, or the model would not give one."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """How many tokens an exchange took; the parts are counted within the wholes, whatever the provider does.

    Args:
        input_tokens: All that was read, what came from the cache or went into it included.
        output_tokens: All that was written, reasoning included.
        cached_tokens: How many of those read came from the cache.
        stored_tokens: How many of those read went into the cache; Google does not tell.
        reasoning_tokens: How many of those written are reasoning.

    Raises:
        InputError: A part is larger than its whole, or a number is negative.
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
            raise InputError(f"the parts of a usage must not be negative or larger than their wholes, as in {self}.")


@dataclass(frozen=True)
class Structured:
    """The structured answer that was asked for.

    It goes through the tool for it (`final_result`, or a name that begins like that) where one was offered, and else as
    JSON text, which is also what a schema for the whole answer gets.

    Args:
        data: The answer; any that JSON can hold. It need not fit the schema.
        usage: The tokens it took; None estimates them from the sizes.
        finish: Why it ends.
    """

    data: Mapping[str, Any]
    usage: Usage | None = None
    finish: Finish = "stop"


@dataclass(frozen=True)
class Text:
    """An answer in words.

    Args:
        text: The words.
        usage: The tokens it took; None estimates them from the sizes.
        finish: Why it ends.
    """

    text: str
    usage: Usage | None = None
    finish: Finish = "stop"


@dataclass(frozen=True)
class ToolCall:
    """A tool is called, which need not exist.

    Args:
        name: The tool.
        arguments: Its arguments by name; they need not fit its schema.
        usage: The tokens it took; None estimates them from the sizes.
        finish: Why it ends.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    usage: Usage | None = None
    finish: Finish = "stop"


@dataclass(frozen=True)
class Cut:
    """A structured answer that reaches the limit on its length before its end.

    Where the protocol wants a whole object (a tool call to Anthropic or Google that is not streamed), the members that
    were complete by then are sent.

    Args:
        data: The answer.
        characters: After how many characters of its JSON it stops.
        usage: The tokens it took; None estimates them from the sizes.
    """

    data: Mapping[str, Any]
    characters: int
    usage: Usage | None = None


@dataclass(frozen=True)
class Empty:
    """An answer with nothing in it."""

    usage: Usage | None = None


@dataclass(frozen=True)
class Refusal:
    """The model will not answer.

    Args:
        text: Why not.
        usage: The tokens it took; None estimates them from the sizes.
    """

    text: str
    usage: Usage | None = None


@dataclass(frozen=True)
class Status:
    """An HTTP error, in the provider's own shape.

    Args:
        code: The HTTP status, as 429.
        headers: More headers, as `{"Retry-After": "2"}` (seconds).
        message: What it says; empty for the standard words of the status.
    """

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True)
class Hang:
    """The request is taken and nothing comes for so long; then the connection is closed without an answer.

    Args:
        seconds: How long; it ends at once when the server is closed.
    """

    seconds: float


@dataclass(frozen=True)
class Slow:
    """A reply that comes late.

    Args:
        reply: What comes.
        seconds: How long it takes; the connection is closed at once, without an answer, when the server is.
    """

    reply: Reply
    seconds: float


@dataclass(frozen=True)
class Dripping:
    """A reply that takes its time: of a stream one piece after the other; without streaming it comes late.

    Args:
        reply: What comes.
        seconds: How long it takes in all.
    """

    reply: Reply
    seconds: float


@dataclass(frozen=True)
class Dropped:
    """A reply whose connection is closed in the middle of its body; of a stream, between or within its events.

    Args:
        reply: What begins to come.
        share: How much of the body is sent, from 0.0 to 1.0; the last byte never is.

    Raises:
        InputError: The share is out of its range.
    """

    reply: Reply
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise InputError(f"a share must lie between 0 and 1, but {self.share} was given.")


Reply = Structured | Text | ToolCall | Cut | Empty | Refusal | Status | Hang | Slow | Dripping | Dropped
"""All that a script can say."""
