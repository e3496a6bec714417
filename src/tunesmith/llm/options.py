"""Settings of language models: the `[agents]` table of a study.toml."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.schema import LONGEST_SECONDS, build, check_types, expect_range
from ..core.values import shown
from ..errors import InputError, MissingApiKey, nearest
from .call_limits import CallLimits
from .endpoints import Endpoint, endpoint_from, parse_model
from .spend_limiter import SpendLimits

if TYPE_CHECKING:
    from .client import ModelClient

log = logging.getLogger(__name__)

ModelSetting = str | Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """The models of a study and their limits.

    Args:
        model: A model such as `"openrouter:anthropic/claude-sonnet-4.5"`, or a table with that as its `name`, and any
            of `base_url`, `token` and `price`.
        fallbacks: Models asked in this order when the first one fails.
        roles: The model that a role asks first, by the role's name.
        tokens: Limit on input and output tokens of a study.
        usd_per_day: Limit in US dollars per day, over all studies of this user on this machine.
        tokens_per_day: Limit on tokens per day, likewise.
        timeout_seconds: Time limit of one answer.
        output_tokens: Limit on the output tokens of one request, including reasoning.
        tools: Whether roles may call tools that read the study.
        record: File to which exchanges are appended.
        replay: Recorded file that answers instead of a model.
        traces: Address for OpenTelemetry spans, such as `"http://127.0.0.1:6006/v1/traces"`.
        approve: Steps that a person must approve: `"none"`, `"radical"` or `"all"`.
        approve_seconds: Time limit of a person's answer; above 0.
        approve_default: The answer after that time: `"reject"` or `"approve"`.

    >>> ModelOptions.parse("ollama:llama3.3").model
    'ollama:llama3.3'
    """

    model: ModelSetting
    fallbacks: Sequence[ModelSetting] = ()
    roles: Mapping[str, ModelSetting] = field(default_factory=dict)
    tokens: int | None = None
    usd_per_day: float | None = None
    tokens_per_day: int | None = None
    timeout_seconds: float = 120.0
    output_tokens: int = 4000
    tools: bool = True
    record: str | None = None
    replay: str | None = None
    traces: str | None = None
    approve: str = "none"
    approve_seconds: float = 600.0
    approve_default: str = "reject"

    def __post_init__(self) -> None:
        check_types(self)
        if isinstance(self.fallbacks, str) or not isinstance(self.fallbacks, Sequence):
            raise InputError(f"fallbacks must be a list, got {shown(self.fallbacks)}.", keys=("fallbacks",))
        if not isinstance(self.roles, Mapping):
            raise InputError(f"roles must be a table, got {shown(self.roles)}.", keys=("roles",))
        for keys, setting in self._models():
            try:
                parse_model(setting)
            except InputError as error:
                raise error.inside(*keys) from None
        if self.record and self.replay:
            raise InputError("exchanges can be recorded or replayed, not both.", keys=("replay",))
        if self.traces is not None and not self.traces.startswith(("http://", "https://")):
            raise InputError(
                f"traces must be the address of a collector, as 'http://127.0.0.1:6006/v1/traces', got "
                f"{self.traces!r}.",
                keys=("traces",),
            )
        _expect_one_of(("none", "radical", "all"), self.approve, "approve")
        _expect_one_of(("reject", "approve"), self.approve_default, "approve_default")
        expect_range(self, "approve_seconds", 0, LONGEST_SECONDS, above=True)
        _ = self.call_limits, self.spend_limits(None)

    @classmethod
    def parse(cls, setting: ModelSetting | ModelOptions) -> ModelOptions:
        """Return options from a model, a table of options, or ready options.

        Raises:
            InputError: A name or a key is unknown, or a value is out of range.
        """
        if isinstance(setting, ModelOptions):
            return setting
        return build(cls, setting if isinstance(setting, Mapping) and "model" in setting else {"model": setting})

    @property
    def name(self) -> str:
        """The name of the first model."""
        return self.model if isinstance(self.model, str) else str(self.model["name"])

    @property
    def call_limits(self) -> CallLimits:
        """Limits of one answer."""
        return CallLimits(timeout_seconds=self.timeout_seconds, output_tokens=self.output_tokens)

    def spend_limits(self, usd: float | None) -> SpendLimits:
        """Return the limits on spending; `usd` is set in the study's budget."""
        return SpendLimits(
            usd=usd, tokens=self.tokens, usd_per_day=self.usd_per_day, tokens_per_day=self.tokens_per_day
        )

    def connect(self, environment: Mapping[str, str], **options: Any) -> ModelClient:
        """Return the client.

        Args:
            environment: Variables by name, including those of `.env`.
            options: `limiter` and `on_call` of the `ModelClient`.

        Raises:
            MissingApiKey: No model has its API key. Where only some have, the others are skipped with a warning.
            InputError: An address or a price is unknown, or the recording cannot be read.
        """
        from .client import ModelClient  # Imports asyncio and pydantic, which a study without a model does not need.
        from .recording import Recording
        from .traces import Traces

        chain = [self._endpoint(setting, environment) for setting in (self.model, *self.fallbacks)]
        roles = {role: self._endpoint(setting, environment) for role, setting in self.roles.items()}
        endpoints = [endpoint for endpoint in chain if isinstance(endpoint, Endpoint)]
        for missing in (*chain, *roles.values()):
            if isinstance(missing, MissingApiKey):
                if not endpoints:
                    raise missing
                log.warning("a model is skipped: %s", missing.message)
        path = self.replay or self.record
        return ModelClient(
            endpoints,
            roles={role: endpoint for role, endpoint in roles.items() if isinstance(endpoint, Endpoint)},
            limits=self.call_limits,
            recording=Recording(Path(path), replay=bool(self.replay)) if path else None,
            traces=Traces(self.traces) if self.traces else None,
            **options,
        )

    def _endpoint(self, setting: ModelSetting, environment: Mapping[str, str]) -> Endpoint | MissingApiKey:
        """Return the endpoint, or the error that its API key is missing."""
        try:
            return endpoint_from(setting, environment, needs_token=not self.replay)
        except MissingApiKey as error:
            return error

    def to_table(self) -> dict[str, Any]:
        """Return the options for the journal, with the source of each token and without the token."""
        return {key: _plain(value) for key, value in vars(self).items() if value not in (None, (), [], {})}

    def _models(self) -> list[tuple[tuple[str, ...], ModelSetting]]:
        """Return all models with their keys in the table."""
        models: list[tuple[tuple[str, ...], ModelSetting]] = [(("model",), self.model)]
        models += [(("fallbacks", str(index)), setting) for index, setting in enumerate(self.fallbacks)]
        return [*models, *((("roles", role), setting) for role, setting in self.roles.items())]


def _expect_one_of(options: Sequence[str], value: object, key: str) -> None:
    if value not in options:
        listed = f"{', '.join(map(repr, options[:-1]))} or {options[-1]!r}"
        raise InputError(f"{key} must be {listed}, got {shown(value)}.{nearest(str(value), options)}", keys=(key,))


def _plain(value: Any) -> Any:
    """Return a JSON value; a function that returns a token becomes a fixed text."""
    if callable(value):
        return "a function"
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
