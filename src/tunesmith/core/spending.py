"""Calls of language models, and their cost."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to a language model, answered or not.

    Args:
        role: The role that asked, such as `"planner"`.
        model: The model, such as `"openrouter:anthropic/claude-sonnet-4.5"`.
        input_tokens: Input tokens, including cached ones.
        output_tokens: Output tokens, including reasoning.
        cached_tokens: Input tokens read from the provider's cache.
        reasoning_tokens: Output tokens spent on reasoning.
        usd: Price in US dollars.
        seconds: Duration.
        failure: Why there was no answer; empty for an answer.
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


@dataclass
class Spending:
    """Sums over calls; the fields are those of `Call`.

    Args:
        calls: Number of calls.
        failed: Number of calls without an answer.

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
        """Input and output tokens."""
        return self.input_tokens + self.output_tokens

    def add(self, call: Call) -> None:
        """Count a call."""
        self.calls += 1
        self.failed += bool(call.failure)
        for name in ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "usd", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(call, name))


@dataclass
class Ledger:
    """All calls of a study.

    Args:
        by_role: Sums by role, in the order of their first calls.
        total: Sums over all roles.
    """

    by_role: dict[str, Spending] = field(default_factory=dict)
    total: Spending = field(default_factory=Spending)

    def add(self, call: Call) -> None:
        """Count a call."""
        self.by_role.setdefault(call.role, Spending()).add(call)
        self.total.add(call)
