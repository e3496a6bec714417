"""Prices of language models, from the package genai-prices or from the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..core.schema import build
from ..errors import InputError, MissingExtra

MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class TokenCounts:
    """The tokens of one call; see `tunesmith.core.spending.Call`."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class Price(Protocol):
    """The price of tokens."""

    def usd(self, counts: TokenCounts) -> float:
        """Return the price of a call in US dollars."""
        ...


@dataclass(frozen=True, kw_only=True)
class FixedPrice:
    """A price in US dollars per million tokens.

    Args:
        input: Price of input tokens.
        output: Price of output tokens, including reasoning.
        cached: Price of input tokens from the provider's cache; None for `input`.

    >>> round(FixedPrice(input=3, output=15, cached=0.3).usd(TokenCounts(input_tokens=2000, cached_tokens=1000)), 6)
    0.0033
    """

    input: float
    output: float
    cached: float | None = None

    def __post_init__(self) -> None:
        for name in ("input", "output", "cached"):
            if (value := getattr(self, name)) is not None and not 0 <= value < float("inf"):
                raise InputError(f"{name} must be dollars per million tokens, 0 or more, got {value}.", keys=(name,))

    def usd(self, counts: TokenCounts) -> float:
        """Return the price of a call in US dollars."""
        cached = self.input if self.cached is None else self.cached
        fresh = counts.input_tokens - counts.cached_tokens
        return (fresh * self.input + counts.cached_tokens * cached + counts.output_tokens * self.output) / MILLION


FREE = FixedPrice(input=0.0, output=0.0)


@dataclass(frozen=True)
class ListPrice:
    """A price from the list in the package genai-prices.

    Args:
        provider: The provider's name in the list.
        model: The model's name, without the provider.
    """

    provider: str
    model: str

    def usd(self, counts: TokenCounts) -> float:
        """Return the price of a call in US dollars.

        Raises:
            InputError: The list does not contain the model.
        """
        try:
            import genai_prices
        except ImportError:
            raise MissingExtra(
                "prices of language models need the package genai-prices. Install it with: pip install 'tunesmith[llm]'"
            ) from None
        usage = genai_prices.Usage(
            input_tokens=counts.input_tokens,
            output_tokens=counts.output_tokens,
            cache_read_tokens=counts.cached_tokens,
        )
        try:
            return float(genai_prices.calc_price(usage, self.model, provider_id=self.provider).total_price)
        except LookupError:
            raise InputError(
                f"the price of {self.provider}:{self.model} is unknown, so no budget could be kept. Set it in "
                'dollars per million tokens, as price = { input = 3.0, output = 15.0 }, or price = "free".',
                keys=("price",),
            ) from None


def price_from(setting: Any, provider: str, model: str) -> Price:
    """Return a price from a setting.

    Args:
        setting: `"free"`, a table such as `{"input": 3.0, "output": 15.0, "cached": 0.3}`, or None for the list price.
        provider: The provider's name in the price list.
        model: The model's name.

    Raises:
        InputError: The setting is none of these, or the list does not contain the model.
    """
    if setting == "free":
        return FREE
    if setting is not None:
        if not isinstance(setting, Mapping):
            raise InputError(
                f'price must be "free" or a table, as {{ input = 3.0, output = 15.0 }}, got {setting!r}.',
                keys=("price",),
            )
        return build(FixedPrice, setting, "price")
    price = ListPrice(provider, model)
    price.usd(TokenCounts(input_tokens=1))
    return price
