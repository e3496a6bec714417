"""What a user says of language models: the `[agents]` table of a study.toml."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.schema import build
from ..errors import InputError, MissingApiKey, nearest
from .endpoints import Endpoint, endpoint_from, provider_of
from .language_model import LanguageModel, Patience
from .recording import Recording
from .spend_limiter import Limits
from .traces import Traces

log = logging.getLogger(__name__)

Given = str | Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Whom to ask, and within which limits.

    Args:
        model: As `"openrouter:anthropic/claude-sonnet-4.5"`, or a table with that as its `name`, and any of `base_url`,
            `token` and `price`.
        fallbacks: Who is asked where that one fails, in this order.
        roles: Who is asked first by a role, by the role's name.
        tokens: The most tokens of a study; input and output.
        usd_per_day: The most US dollars a day, of all studies of this user on this machine.
        tokens_per_day: The most tokens a day, likewise.
        timeout_seconds: How long an answer is waited for.
        output_tokens: The most that one answer may take, reasoning included.
        tools: Whether roles may look up more of the study before they answer.
        record: A file to which all exchanges are added.
        replay: A file that answers in the place of all models.
        traces: Where OpenTelemetry's spans are sent, as `"http://127.0.0.1:6006/v1/traces"`.
        approve: Which of the steps that it advises a person has to approve before they are tried: `"none"`, `"radical"`
            or `"all"`.
        approve_seconds: How long a person's answer is waited for; above 0.
        approve_default: What happens then: `"reject"` or `"approve"`.

    >>> ModelOptions.parse("ollama:llama3.3").model
    'ollama:llama3.3'
    """

    model: Given
    fallbacks: Sequence[Given] = ()
    roles: Mapping[str, Given] = field(default_factory=dict)
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
        if isinstance(self.fallbacks, str) or not isinstance(self.fallbacks, Sequence):
            raise InputError(f"fallbacks must be a list, but {self.fallbacks!r} was given.", keys=("fallbacks",))
        if not isinstance(self.roles, Mapping):
            raise InputError(f"roles must be a table, but {self.roles!r} was given.", keys=("roles",))
        for keys, given in self._places():
            try:
                provider_of(given)
            except InputError as error:
                raise error.inside(*keys) from None
        if self.record and self.replay:
            raise InputError("exchanges can be recorded or replayed, not both.", keys=("replay",))
        if self.traces is not None and not self.traces.startswith(("http://", "https://")):
            raise InputError(
                f"traces must be the address of a collector, as 'http://127.0.0.1:6006/v1/traces', but {self.traces!r} "
                "was given.",
                keys=("traces",),
            )
        _expect_one_of(("none", "radical", "all"), self.approve, "approve")
        _expect_one_of(("reject", "approve"), self.approve_default, "approve_default")
        if not 0 < self.approve_seconds < math.inf:
            raise InputError(
                f"approve_seconds must be above 0, and finite, but {self.approve_seconds} was given.",
                keys=("approve_seconds",),
            )
        _ = self.patience, self.limits(None)

    @classmethod
    def parse(cls, given: Given | ModelOptions) -> ModelOptions:
        """Return options from what a user wrote: a model's name, or a table.

        Raises:
            InputError: A name or a key is not known, or a value is out of range.
        """
        if isinstance(given, ModelOptions):
            return given
        return build(cls, given if isinstance(given, Mapping) and "model" in given else {"model": given})

    @property
    def patience(self) -> Patience:
        """How long an answer is waited for."""
        return Patience(timeout_seconds=self.timeout_seconds, output_tokens=self.output_tokens)

    def limits(self, usd: float | None) -> Limits:
        """Return the limits; that on a study's dollars stands in its budget."""
        return Limits(usd=usd, tokens=self.tokens, usd_per_day=self.usd_per_day, tokens_per_day=self.tokens_per_day)

    def connect(self, environment: Mapping[str, str], **others: Any) -> LanguageModel:
        """Return the model, ready to be asked.

        Args:
            environment: Variables by name, those of `.env` among them.
            others: `purse` and `enter` of a `LanguageModel`.

        Raises:
            MissingApiKey: Nobody's token is there. Where some have theirs, the others are left out, with a warning.
            InputError: An address or a price is not known, or the recording cannot be read.
        """
        found = [self._endpoint(given, environment) for given in (self.model, *self.fallbacks)]
        roles = {role: self._endpoint(given, environment) for role, given in self.roles.items()}
        endpoints = [endpoint for endpoint in found if isinstance(endpoint, Endpoint)]
        for fault in (*found, *roles.values()):
            if isinstance(fault, MissingApiKey):
                if not endpoints:
                    raise fault
                log.warning("it is not asked: %s", fault.message)
        return LanguageModel(
            endpoints,
            roles={role: endpoint for role, endpoint in roles.items() if isinstance(endpoint, Endpoint)},
            patience=self.patience,
            tape=self._tape(),
            traces=Traces(self.traces) if self.traces else None,
            **others,
        )

    def _endpoint(self, given: Given, environment: Mapping[str, str]) -> Endpoint | MissingApiKey:
        """Return whom to ask, or why that one cannot be."""
        try:
            return endpoint_from(given, environment, needs_token=not self.replay)
        except MissingApiKey as error:
            return error

    def _tape(self) -> Recording | None:
        if self.replay:
            return Recording(Path(self.replay), replay=True)
        return Recording(Path(self.record)) if self.record else None

    def to_table(self) -> dict[str, Any]:
        """Return what was asked for, fit for a journal: where a token comes from is in it, the token is not."""
        return {key: _plain(value) for key, value in vars(self).items() if value not in (None, (), [], {})}

    def _places(self) -> list[tuple[tuple[str, ...], Given]]:
        places: list[tuple[tuple[str, ...], Given]] = [(("model",), self.model)]
        places += [(("fallbacks", str(place)), given) for place, given in enumerate(self.fallbacks)]
        return [*places, *((("roles", role), given) for role, given in self.roles.items())]


def _expect_one_of(known: Sequence[str], given: object, key: str) -> None:
    if given not in known:
        listed = f"{', '.join(map(repr, known[:-1]))} or {known[-1]!r}"
        raise InputError(f"{key} must be {listed}, but {given!r} was given.{nearest(str(given), known)}", keys=(key,))


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; a function that gives a token is told by its kind alone."""
    if callable(value):
        return "a function"
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
