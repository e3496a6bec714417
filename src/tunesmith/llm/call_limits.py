"""Limits of one answer of a language model."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.schema import LONGEST_SECONDS, expect_range


@dataclass(frozen=True, kw_only=True)
class CallLimits:
    """Limits of one answer.

    Args:
        timeout_seconds: Time limit, all requests together; above 0.
        retries: Retries of a request that the provider was too busy for (429, 5xx), at the time that the provider
            says, within `timeout_seconds`; not negative.
        requests: Most requests, counting calls of tools and answers that had to be corrected.
        output_tokens: Most output tokens of one request, including reasoning.
    """

    timeout_seconds: float = 120.0
    retries: int = 2
    requests: int = 8
    output_tokens: int = 4000

    def __post_init__(self) -> None:
        expect_range(self, "timeout_seconds", 0.001, LONGEST_SECONDS)
        for name, least in (("retries", 0), ("requests", 1), ("output_tokens", 1)):
            expect_range(self, name, least)
