"""Token counts as endpoints report them, which may be missing or wrong in any way."""

from __future__ import annotations

from typing import Any, TypeGuard

from ..core.values import shown
from .prices import TokenCounts

BYTES_PER_TOKEN = 2
"""For upper estimates of tokens: English text has about four bytes per token, numbers two to three."""

MOST_BYTES_PER_TOKEN = 16
"""For lower estimates; only long runs of spaces have more."""

_HUGE = 10**15  # Larger numbers are not shown; Python refuses to print those of thousands of digits.


def charged(usage: Any, estimate: TokenCounts, most: TokenCounts) -> TokenCounts:
    """Return the token counts that are charged.

    A count that is missing or not a positive whole number is estimated. Others are raised to the fewest tokens that
    the text can have, and lowered to those that were reserved.

    Args:
        usage: The `RequestUsage` of pydantic-ai; its fields hold whatever the endpoint reported.
        estimate: The tokens of the text at `BYTES_PER_TOKEN`.
        most: The reserved tokens.
    """
    input_tokens = _charged(usage.input_tokens, estimate.input_tokens, most.input_tokens)
    output_tokens = _charged(usage.output_tokens, estimate.output_tokens, most.output_tokens)
    reasoning = usage.details.get("reasoning_tokens") or usage.details.get("thoughts_tokens")
    return TokenCounts(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=_charged(usage.cache_read_tokens, 0, input_tokens),
        reasoning_tokens=_charged(reasoning, 0, output_tokens),
    )


def fault(usage: Any, most: TokenCounts) -> str:
    """Return why reported counts cannot be true; empty where they can, or none are reported."""
    reported = {"input": usage.input_tokens, "output": usage.output_tokens}
    limits = {"input": most.input_tokens, "output": most.output_tokens}
    wrong = [kind for kind, value in reported.items() if not (_is_whole(value) and 0 <= value <= limits[kind])]
    return " and ".join(
        f"{_shown(reported[kind])} {kind} tokens (at most {limits[kind]:,} can be true)" for kind in wrong
    )


def _charged(reported: object, estimate: int, most: int) -> int:
    if not _is_whole(reported) or reported <= 0:
        return min(estimate, most)
    return min(max(reported, estimate * BYTES_PER_TOKEN // MOST_BYTES_PER_TOKEN), most)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: object) -> str:
    if not _is_whole(value):
        return shown(value)
    return f"{value:,}" if abs(value) < _HUGE else f"{'over' if value > 0 else 'under minus'} {_HUGE:,}"
