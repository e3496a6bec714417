"""What a call costs: from a maintained table of prices, or from what the user says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..core.schema import build
from ..errors import InputError, MissingExtra

MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The tokens of one call; see `tunesmith.core.spending.Call`."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class Price(Protocol):
    """What tokens cost."""

    def usd(self, usage: Usage) -> float:
        """Return the price of a call, in US dollars."""
        ...


@dataclass(frozen=True, kw_only=True)
class FixedPrice:
    """So many dollars a million tokens.

    Args:
        input: Of what is sent.
        output: Of what is answered, reasoning included.
        cached: Of what is sent and was kept by the provider; by default as the rest of the input.

    >>> round(FixedPrice(input=3, output=15, cached=0.3).usd(Usage(input_tokens=2000, cached_tokens=1000)), 6)
    0.0033
    """

    input: float
    output: float
    cached: float | None = None

    def __post_init__(self) -> None:
        for name in ("input", "output", "cached"):
            if (value := getattr(self, name)) is not None and not 0 <= value < float("inf"):
                raise InputError(
                    f"{name} must be dollars a million tokens, 0 or more, but {value} was given.", keys=(name,)
                )

    def usd(self, usage: Usage) -> float:
        """Return the price of a call, in US dollars."""
        cached = self.input if self.cached is None else self.cached
        fresh = usage.input_tokens - usage.cached_tokens
        return (fresh * self.input + usage.cached_tokens * cached + usage.output_tokens * self.output) / MILLION


FREE = FixedPrice(input=0.0, output=0.0)


@dataclass(frozen=True)
class ListPrice:
    """The price in the table of the package genai-prices, which its authors keep up to date.

    Args:
        provider: As the table calls it.
        model: The model's name, without the provider.
    """

    provider: str
    model: str

    def usd(self, usage: Usage) -> float:
        """Return the price of a call, in US dollars.

        Raises:
            InputError: The table has no such model.
        """
        try:
            import genai_prices
        except ImportError:
            raise MissingExtra(
                "prices of language models need the package genai-prices. Install it with: pip install 'tunesmith[llm]'"
            ) from None
        counted = genai_prices.Usage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cached_tokens,
        )
        try:
            return float(genai_prices.calc_price(counted, self.model, provider_id=self.provider).total_price)
        except LookupError:
            raise InputError(
                f"the price of {self.provider}:{self.model} is not known, so no budget could be kept. Say it in "
                'dollars a million tokens, as price = { input = 3.0, output = 15.0 }, or price = "free".',
                keys=("price",),
            ) from None


def price_from(given: Any, provider: str, model: str) -> Price:
    """Return a price from what a user wrote.

    Args:
        given: `"free"`, a table as `{"input": 3.0, "output": 15.0, "cached": 0.3}`, or None for the table's.
        provider: As the table of prices calls it.
        model: The model's name.

    Raises:
        InputError: It is none of these, or there is none.
    """
    if given == "free":
        return FREE
    if given is not None:
        if not isinstance(given, Mapping):
            raise InputError(
                f'price must be "free" or a table, as {{ input = 3.0, output = 15.0 }}, but {given!r} was given.',
                keys=("price",),
            )
        return build(FixedPrice, given, "price")
    listed = ListPrice(provider, model)
    listed.usd(Usage(input_tokens=1))
    return listed
