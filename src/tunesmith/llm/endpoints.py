"""A provider and a model by one string, with the address, token and price that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..core.schema import expect_keys
from ..core.values import shown
from ..errors import InputError, MissingApiKey, MissingExtra, nearest
from .prices import FREE, Price, price_from
from .tokens import Token, token_from

if TYPE_CHECKING:
    from httpx2 import AsyncClient
    from pydantic_ai.models import Model


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A service that serves language models.

    Args:
        key_variables: Usual variables of its API key, the first that is set wins; empty where it needs no key.
        url_variable: Usual variable of its base URL.
        url: Its base URL; None where the user must set it.
        price_list: Its name in the price list; None where its models are free by default.
        client: Its name in pydantic-ai.
    """

    key_variables: tuple[str, ...]
    url_variable: str
    url: str | None
    price_list: str | None
    client: str = "openai-chat"


PROVIDERS = {
    "anthropic": Provider(
        key_variables=("ANTHROPIC_API_KEY",),
        url_variable="ANTHROPIC_BASE_URL",
        url="https://api.anthropic.com",
        price_list="anthropic",
        client="anthropic",
    ),
    "google": Provider(
        key_variables=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        url_variable="GOOGLE_GEMINI_BASE_URL",
        url="https://generativelanguage.googleapis.com",
        price_list="google",
        client="google",
    ),
    "ollama": Provider(
        key_variables=(), url_variable="OLLAMA_BASE_URL", url="http://localhost:11434/v1", price_list=None
    ),
    "openai": Provider(
        key_variables=("OPENAI_API_KEY",),
        url_variable="OPENAI_BASE_URL",
        url="https://api.openai.com/v1",
        price_list="openai",
    ),
    "openrouter": Provider(
        key_variables=("OPENROUTER_API_KEY",),
        url_variable="OPENROUTER_BASE_URL",
        url="https://openrouter.ai/api/v1",
        price_list="openrouter",
        client="openrouter",
    ),
    "compatible": Provider(
        key_variables=("OPENAI_API_KEY",), url_variable="OPENAI_BASE_URL", url=None, price_list="openai"
    ),
}
"""Providers by name. `compatible` is any other service that speaks OpenAI's protocol."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A model at an address.

    Args:
        provider: A name of `PROVIDERS`.
        model: The model's name at the provider.
        url: The base URL.
        token: The API key; None where none is needed.
        price: The price of its tokens.
    """

    provider: str
    model: str
    url: str
    token: Token | None = field(repr=False)
    price: Price

    @property
    def name(self) -> str:
        """The name `provider:model`."""
        return f"{self.provider}:{self.model}"

    def redact(self, text: str) -> str:
        """Return text without the token."""
        return text if self.token is None else self.token.redact(text)

    def connect(self, http_client: AsyncClient) -> Model:
        """Return a client that uses the current token.

        Args:
            http_client: Sends its requests; the caller closes it.

        Raises:
            MissingExtra: pydantic-ai, or the provider's own package, is not installed.
            InputError: The token cannot be fetched.
        """
        options: dict[str, Any] = {
            "base_url": self.url,
            "api_key": "none" if self.token is None else self.token.value,
            "http_client": http_client,
        }
        kind = PROVIDERS[self.provider].client
        try:
            from pydantic_ai.models import infer_model
            from pydantic_ai.providers import infer_provider_class

            provider_class: Any = infer_provider_class(kind)
            if kind == "openrouter":  # It takes an address only with a client of OpenAI.
                provider_class = type("Provider", (provider_class,), {"base_url": options.pop("base_url")})
            return infer_model(f"{kind}:{self.model}", lambda _: provider_class(**options))
        except ImportError as error:
            raise missing_extra(error) from None


def missing_extra(error: ImportError) -> MissingExtra:
    """Return the error that names the extra."""
    return MissingExtra(
        f"language models need an extra: pip install 'tunesmith[llm]' ({error.name or error} is missing)."
    )


def endpoint_from(setting: Any, environment: Mapping[str, str], *, needs_token: bool = True) -> Endpoint:
    """Return an endpoint from a setting.

    Args:
        setting: `"provider:model"`, or a table with that as its `name`, and any of `base_url`, `token` and `price`.
        environment: Variables by name, including those of `.env`; the providers' usual ones are read from here.
        needs_token: Whether a model will be called; a replayed recording needs no token.

    Raises:
        InputError: The provider, its address, its token or its price is unknown.

    >>> endpoint_from("ollama:llama3.3", {}).url
    'http://localhost:11434/v1'
    """
    name, model = parse_model(setting)
    table = {"name": setting} if isinstance(setting, str) else setting
    provider = PROVIDERS[name]
    url = table.get("base_url") or environment.get(provider.url_variable) or provider.url
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise InputError(
            f'{name} needs its address, got {url!r}. Set base_url = "https://.../v1", or the variable '
            f"{provider.url_variable}.",
            keys=("base_url",),
        )
    is_free = provider.price_list is None and table.get("price") is None
    return Endpoint(
        provider=name,
        model=model,
        url=url.rstrip("/"),
        token=_token(table.get("token"), name, environment) if needs_token else None,
        price=FREE if is_free else price_from(table.get("price"), provider.price_list or name, model),
    )


def parse_model(setting: Any) -> tuple[str, str]:
    """Return the names of the provider and the model, without reading any variable, file or price.

    Raises:
        InputError: The provider or a key of the table is unknown, or the token is the secret itself.
    """
    table = {"name": setting} if isinstance(setting, str) else setting
    if not isinstance(table, Mapping):
        raise InputError(f"a model must be text or a table, got {shown(setting)}.")
    expect_keys(table, ("name", "base_url", "token", "price"))
    name, colon, model = str(table.get("name", "")).partition(":")
    if not colon or not model or name not in PROVIDERS:
        raise InputError(
            f"a model must be named with its provider first, as 'openrouter:anthropic/claude-sonnet-4.5', got "
            f"{shown(table.get('name'))}.{nearest(name, PROVIDERS)} Providers: {', '.join(sorted(PROVIDERS))}."
        )
    url = table.get("base_url")
    if url is not None and not isinstance(url, str):
        raise InputError(f"base_url must be an address, as 'http://127.0.0.1:8000/v1', got {shown(url)}.")
    if table.get("token") is not None:
        token_from(table["token"], {})
    if name == "openrouter" and "/" not in model:
        raise InputError(
            f"a model of openrouter must be named with its maker, as 'anthropic/claude-sonnet-4.5', got {model!r}."
        )
    return name, model


def _token(setting: Any, name: str, environment: Mapping[str, str]) -> Token | None:
    if setting is not None:
        return token_from(setting, environment)
    variables = PROVIDERS[name].key_variables
    if not variables:
        return None
    variable = next((variable for variable in variables if environment.get(variable)), None)
    if variable is None:
        raise MissingApiKey(
            f"{name} needs a token, but {' and '.join(variables)} is not set. Set it, also in a .env file, or say "
            'where the token is, as token = { file = "PATH" }.',
            keys=("token",),
        )
    return token_from({"env": variable}, environment)
