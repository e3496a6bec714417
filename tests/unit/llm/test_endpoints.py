from typing import Any

import pytest

from tunesmith.errors import InputError, MissingApiKey
from tunesmith.llm.endpoints import endpoint_from
from tunesmith.llm.prices import TokenCounts


@pytest.mark.parametrize(
    ("name", "environment", "url"),
    [
        ("openai:gpt-5", {"OPENAI_API_KEY": "x"}, "https://api.openai.com/v1"),
        ("openai:gpt-5", {"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": "http://proxy/v1/"}, "http://proxy/v1"),
        ("openrouter:anthropic/claude-sonnet-4.5", {"OPENROUTER_API_KEY": "x"}, "https://openrouter.ai/api/v1"),
        ("anthropic:claude-sonnet-4-5", {"ANTHROPIC_API_KEY": "x"}, "https://api.anthropic.com"),
        ("google:gemini-2.5-pro", {"GEMINI_API_KEY": "x"}, "https://generativelanguage.googleapis.com"),
        ("ollama:llama3.3", {}, "http://localhost:11434/v1"),
    ],
)
def test_endpoints_read_the_usual_variables(name: str, environment: dict[str, str], url: str) -> None:
    endpoint = endpoint_from(name, environment)
    assert (endpoint.url, endpoint.name) == (url, name)
    assert (endpoint.token and endpoint.token.value) == (None if name.startswith("ollama") else "x")
    assert "token" not in repr(endpoint)


def test_prices_come_from_the_list_or_the_user_or_are_free() -> None:
    usage = TokenCounts(input_tokens=1_000_000, output_tokens=1_000_000)
    keys = {"OPENAI_API_KEY": "x"}
    assert endpoint_from("openai:gpt-5", keys).price.usd(usage) > 1
    own = {"name": "openai:my-own", "price": {"input": 1, "output": 2}}
    assert endpoint_from(own, keys).price.usd(usage) == 3.0
    assert endpoint_from({"name": "openai:my-own", "price": "free"}, keys).price.usd(usage) == 0.0
    assert endpoint_from("ollama:llama3.3", {}).price.usd(usage) == 0.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("gpt-5", "its provider first.*, got 'gpt-5'"),
        ("opnai:gpt-5", "Did you mean 'openai'"),
        ("openrouter:gpt-5", "named with its maker"),
        ({"name": "openai:gpt-5", "url": "x"}, "unknown key 'url'"),
        (3, "must be text or a table"),
        ("openai:no-such-model", "the price of openai:no-such-model is unknown"),
        ({"name": "openai:gpt-5", "price": 3}, 'must be "free" or a table'),
        ({"name": "openai:gpt-5", "price": {"input": -1, "output": 1}}, "dollars per million tokens, 0 or more"),
        ({"name": "openai:gpt-5", "price": {"input": 1}}, "the key 'output' is missing"),
        ("compatible:llama", "compatible needs its address"),
        ({"name": "compatible:llama", "base_url": "localhost"}, "compatible needs its address"),
    ],
)
def test_invalid_settings_are_rejected(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        endpoint_from(given, {"OPENAI_API_KEY": "x"})


def test_a_missing_token_names_the_variables() -> None:
    with pytest.raises(MissingApiKey, match="GOOGLE_API_KEY and GEMINI_API_KEY is not set"):
        endpoint_from("google:gemini-2.5-pro", {})
