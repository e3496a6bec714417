"""Limits of one answer of a language model."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError


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
        for name, least in (("timeout_seconds", 0.001), ("retries", 0), ("requests", 1), ("output_tokens", 1)):
            if not least <= getattr(self, name) < float("inf"):
                raise InputError(f"{name} must be at least {least}, got {getattr(self, name)}.", keys=(name,))
