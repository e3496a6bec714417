"""What language models were asked, and what that cost."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to a language model, whatever came of it.

    Args:
        role: Who asked, as `"planner"`.
        model: Whom, as `"openrouter:anthropic/claude-sonnet-4.5"`.
        input_tokens: What was sent, cached tokens included.
        output_tokens: What was answered, reasoning included.
        cached_tokens: Of the input, what the provider had kept from before.
        reasoning_tokens: Of the output, what was thought and not said.
        usd: What it cost, in US dollars.
        seconds: How long it took.
        failure: Why there was no answer; empty where there was one.
    """

    role: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    usd: float = 0.0
    seconds: float = 0.0
    failure: str = ""

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


@dataclass
class Spending:
    """Sums over calls.

    Args:
        calls: How many.
        failed: How many of them without an answer.
        input_tokens: As in `Call`.
        output_tokens: As in `Call`.
        cached_tokens: As in `Call`.
        reasoning_tokens: As in `Call`.
        usd: US dollars.
        seconds: Of waiting.

    >>> spending = Spending()
    >>> spending.add(Call(role="planner", model="openai:gpt-5", input_tokens=900, output_tokens=100, usd=0.002))
    >>> spending.calls, spending.tokens
    (1, 1000)
    """

    calls: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    usd: float = 0.0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def add(self, call: Call) -> None:
        """Count one more call."""
        self.calls += 1
        self.failed += bool(call.failure)
        self.input_tokens += call.input_tokens
        self.output_tokens += call.output_tokens
        self.cached_tokens += call.cached_tokens
        self.reasoning_tokens += call.reasoning_tokens
        self.usd += call.usd
        self.seconds += call.seconds


@dataclass
class Ledger:
    """All calls of a study, by who made them.

    Args:
        by_role: The sums of each role, in the order in which they first asked.
        total: The sums of all.
    """

    by_role: dict[str, Spending] = field(default_factory=dict)
    total: Spending = field(default_factory=Spending)

    def add(self, call: Call) -> None:
        """Enter one more call."""
        self.by_role.setdefault(call.role, Spending()).add(call)
        self.total.add(call)
