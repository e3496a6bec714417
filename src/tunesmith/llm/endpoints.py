"""Whom to ask: a provider and a model, by a string, with the address, the token and the price that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..core.schema import expect_keys
from ..errors import InputError, MissingApiKey, MissingExtra, nearest
from .prices import FREE, Price, price_from
from .tokens import Token, token_from

if TYPE_CHECKING:
    from pydantic_ai.models import Model


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A service that serves language models.

    Args:
        keys: The usual variables that hold its token, the first one that is set counts; empty where it needs none.
        address: The usual variable that holds its base URL.
        url: Its base URL; None where the user has to say it.
        prices: What the table of prices calls it; None where its models are free unless a price is given.
    """

    keys: tuple[str, ...]
    address: str
    url: str | None
    prices: str | None


PROVIDERS = {
    "anthropic": Provider(
        keys=("ANTHROPIC_API_KEY",),
        address="ANTHROPIC_BASE_URL",
        url="https://api.anthropic.com",
        prices="anthropic",
    ),
    "google": Provider(
        keys=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        address="GOOGLE_GEMINI_BASE_URL",
        url="https://generativelanguage.googleapis.com",
        prices="google",
    ),
    "ollama": Provider(keys=(), address="OLLAMA_BASE_URL", url="http://localhost:11434/v1", prices=None),
    "openai": Provider(
        keys=("OPENAI_API_KEY",), address="OPENAI_BASE_URL", url="https://api.openai.com/v1", prices="openai"
    ),
    "openrouter": Provider(
        keys=("OPENROUTER_API_KEY",),
        address="OPENROUTER_BASE_URL",
        url="https://openrouter.ai/api/v1",
        prices="openrouter",
    ),
    "compatible": Provider(keys=("OPENAI_API_KEY",), address="OPENAI_BASE_URL", url=None, prices="openai"),
}
"""By name. `compatible` is any other service that speaks OpenAI's protocol."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A model that can be asked.

    Args:
        provider: A name of `PROVIDERS`.
        model: What the provider calls the model.
        url: The base URL.
        token: Its secret; None where none is needed.
        price: What its tokens cost.
    """

    provider: str
    model: str
    url: str
    token: Token | None = field(repr=False)
    price: Price

    @property
    def name(self) -> str:
        """As it is written, `provider:model`."""
        return f"{self.provider}:{self.model}"

    def hidden_in(self, text: str) -> str:
        """Return text with the token taken out."""
        return text if self.token is None else self.token.hidden_in(text)

    def connect(self) -> Model:
        """Return the client that asks it, with the token as it is now.

        Raises:
            MissingExtra: pydantic-ai, or what it needs for this provider, is not installed.
            InputError: The token cannot be had.
        """
        token = "none" if self.token is None else self.token.value
        try:
            return _CLIENTS.get(self.provider, _openai)(self, token)
        except ImportError as error:
            raise missing(error) from None


def missing(error: ImportError) -> MissingExtra:
    """Return the error that names the extra."""
    return MissingExtra(
        f"language models need an extra: pip install 'tunesmith[llm]' ({error.name or error} is missing)."
    )


def endpoint_from(given: Any, environment: Mapping[str, str], *, needs_token: bool = True) -> Endpoint:
    """Return an endpoint from what a user wrote.

    Args:
        given: `"provider:model"`, or a table with that as its `name`, and any of `base_url`, `token` and `price`.
        environment: Variables by name, those of `.env` among them; the providers' usual ones are looked up here.
        needs_token: Whether anybody will be asked; a recording needs no token.

    Raises:
        InputError: The provider is not known, or its address, its token or its price is not.

    >>> endpoint_from("ollama:llama3.3", {}).url
    'http://localhost:11434/v1'
    """
    name, model = provider_of(given)
    table = {"name": given} if isinstance(given, str) else given
    provider = PROVIDERS[name]
    url = table.get("base_url") or environment.get(provider.address) or provider.url
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise InputError(
            f"{name} needs its address, but {url!r} was given. Say it as base_url = "
            f'"https://.../v1", or in the variable {provider.address}.',
            keys=("base_url",),
        )
    price = FREE if provider.prices is None and table.get("price") is None else None
    return Endpoint(
        provider=name,
        model=model,
        url=url.rstrip("/"),
        token=_token(table.get("token"), name, environment) if needs_token else None,
        price=price or price_from(table.get("price"), provider.prices or name, model),
    )


def provider_of(given: Any) -> tuple[str, str]:
    """Return the provider's and the model's name from what a user wrote; nothing is looked up.

    Raises:
        InputError: The provider, or a key of the table, is not known, or the token is the secret itself.
    """
    table = {"name": given} if isinstance(given, str) else given
    if not isinstance(table, Mapping):
        raise InputError(f"a model must be text or a table, but {given!r} was given.")
    expect_keys(table, ("name", "base_url", "token", "price"))
    name, colon, model = str(table.get("name", "")).partition(":")
    if not colon or not model or name not in PROVIDERS:
        raise InputError(
            f"a model must be named as 'openrouter:anthropic/claude-sonnet-4.5', a provider first, but "
            f"{table.get('name')!r} was given.{nearest(name, PROVIDERS)} Providers: {', '.join(sorted(PROVIDERS))}."
        )
    if table.get("token") is not None:
        token_from(table["token"], {})
    if name == "openrouter" and "/" not in model:
        raise InputError(
            f"a model of openrouter has its maker's name before its own, as 'anthropic/claude-sonnet-4.5', but "
            f"{model!r} was given."
        )
    return name, model


def _token(given: Any, name: str, environment: Mapping[str, str]) -> Token | None:
    if given is not None:
        return token_from(given, environment)
    keys = PROVIDERS[name].keys
    if not keys:
        return None
    key = next((key for key in keys if environment.get(key)), None)
    if key is None:
        raise MissingApiKey(
            f"{name} needs a token, but {' and '.join(keys)} is not set. Set it, also in a file .env, or say where the "
            'token is, as token = { file = "PATH" }.',
            keys=("token",),
        )
    return token_from({"env": key}, environment)


def _openai(endpoint: Endpoint, token: str) -> Model:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIChatModel(endpoint.model, provider=OpenAIProvider(base_url=endpoint.url, api_key=token))


def _openrouter(endpoint: Endpoint, token: str) -> Model:
    from pydantic_ai.models.openrouter import OpenRouterModel
    from pydantic_ai.providers.openrouter import OpenRouterProvider

    class Provider(OpenRouterProvider):
        base_url = endpoint.url  # A client that is passed in would never be closed.

    return OpenRouterModel(endpoint.model, provider=Provider(api_key=token))


def _anthropic(endpoint: Endpoint, token: str) -> Model:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    return AnthropicModel(endpoint.model, provider=AnthropicProvider(base_url=endpoint.url, api_key=token))


def _google(endpoint: Endpoint, token: str) -> Model:
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    return GoogleModel(endpoint.model, provider=GoogleProvider(base_url=endpoint.url, api_key=token))


_CLIENTS = {"anthropic": _anthropic, "google": _google, "openrouter": _openrouter}
