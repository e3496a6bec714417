"""Wraps a model: enforces the budget, journals each call, records or replays it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage
from pydantic_core import from_json

from ..core.spending import Call
from ..errors import ModelUnavailable
from .endpoints import Endpoint
from .failures import failure_text
from .prices import TokenCounts
from .recording import Recording, to_json
from .spend_limiter import Amount, SpendLimiter
from .usage import BYTES_PER_TOKEN, MOST_BYTES_PER_TOKEN, charged, fault

log = logging.getLogger(__name__)

_OVERHEAD_TOKENS = 200  # Added by providers.
_PARTIAL_SECONDS = 0.1  # Least time between two partial answers.
_CANNOT_STREAM = (400, 404, 405, 415, 422, 501)  # Statuses by which services reject streaming or its options.
_STABLE_KEYS = ("part_kind", "content", "tool_name", "args")
"""Keys of a message part that are equal in every run and for every provider."""


class MeteredModel(WrapperModel):
    """Reserves the most that a request may cost, sends it, and settles what it did cost.

    The arguments are those of `ModelClient`, for one endpoint and one role.

    Args:
        distrusted: Names of endpoints of whose token counts the user was warned.
    """

    def __init__(
        self,
        wrapped: Model,
        *,
        role: str,
        endpoint: Endpoint,
        limiter: SpendLimiter,
        recording: Recording | None,
        on_call: Callable[[Call], None],
        distrusted: set[str],
        on_partial: Callable[[Any], None] | None = None,
    ) -> None:
        super().__init__(wrapped)
        self.role, self.endpoint, self.limiter = role, endpoint, limiter
        self.recording, self.on_call, self.on_partial = recording, on_call, on_partial
        self.distrusted = distrusted

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return the response.

        Raises:
            ModelUnavailable: It exceeds the budget, or the recording has no answer.
        """
        request = _plain(messages, model_request_parameters)
        settings = model_settings or {}
        sent = TokenCounts(input_tokens=_estimate_input(request, model_request_parameters))
        # A provider may read, answer and charge for each retry of a request whose connection broke.
        attempts = 1 + settings.get("max_retries", 0)
        most = TokenCounts(input_tokens=attempts * sent.input_tokens, output_tokens=settings.get("max_tokens", 0))
        number = self.limiter.reserve(self._amount(most))
        started, counts, failure = time.monotonic(), TokenCounts(), ""
        try:
            response = await self._respond(request, messages, model_settings, model_request_parameters)
            counts = self._charge(response, sent, most)
            self._record(request, response)
            return response
        except BaseException as error:
            counts = TokenCounts() if isinstance(error, ModelHTTPError) or self._replays else most
            failure = failure_text(error, self.endpoint)
            raise
        finally:
            call = Call(
                role=self.role,
                model=self.endpoint.name,
                usd=self.endpoint.price.usd(counts),
                seconds=round(time.monotonic() - started, 3),
                failure=failure,
                **vars(counts),
            )
            try:
                self.on_call(call)
            finally:
                self.limiter.settle(number, self._amount(counts))

    @property
    def _replays(self) -> bool:
        return self.recording is not None and self.recording.replay

    def _amount(self, counts: TokenCounts) -> Amount:
        return Amount(usd=self.endpoint.price.usd(counts), tokens=counts.input_tokens + counts.output_tokens)

    async def _respond(self, request: Any, messages: list[ModelMessage], *options: Any) -> ModelResponse:
        if self.recording is not None and self.recording.replay:
            answer = self.recording.answer(self.role, _without_tool_results(request))
            recorded = ModelMessagesTypeAdapter.validate_python([answer])[0]
            assert isinstance(recorded, ModelResponse)
            return recorded
        ask = super().request if self.on_partial is None else self._stream
        return await ask(messages, *options)

    def _charge(self, response: ModelResponse, sent: TokenCounts, most: TokenCounts) -> TokenCounts:
        """Return the tokens of a response, and correct those that it reports.

        Raises:
            ModelUnavailable: It is longer than the tokens that were asked for.
        """
        size = _size(response)
        if size > MOST_BYTES_PER_TOKEN * most.output_tokens:
            raise ModelUnavailable(f"expected an answer of at most {most.output_tokens:,} tokens, got {size:,} bytes.")
        if (why := fault(response.usage, most)) and self.endpoint.name not in self.distrusted:
            self.distrusted.add(self.endpoint.name)
            log.warning("%s reported %s. No more than that is charged.", self.endpoint.name, why)
        counts = charged(response.usage, replace(sent, output_tokens=size // BYTES_PER_TOKEN), most)
        response.usage = RequestUsage(
            input_tokens=counts.input_tokens,
            output_tokens=counts.output_tokens,
            cache_read_tokens=counts.cached_tokens,
            details={"reasoning_tokens": counts.reasoning_tokens},
        )
        return counts

    def _record(self, request: Any, response: ModelResponse) -> None:
        if self.recording is not None and not self.recording.replay:
            answer = ModelMessagesTypeAdapter.dump_python([response], mode="json", warnings=False)[0]
            answer.pop("provider_url", None)
            self.recording.add(self.role, _without_tool_results(request), answer)

    async def _stream(
        self, messages: list[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> ModelResponse:
        """Return the response, and pass on its parts while they arrive."""
        assert self.on_partial is not None
        passed_on = 0.0
        try:
            async with self.wrapped.request_stream(messages, settings, parameters) as stream:
                async for _ in stream:
                    if (now := time.monotonic()) - passed_on >= _PARTIAL_SECONDS:
                        passed_on = now
                        self.on_partial(_partial_answer(stream.get(), parameters))
            response = stream.get()
            self.on_partial(_partial_answer(response, parameters))
            return response
        except ModelHTTPError as error:
            if error.status_code not in _CANNOT_STREAM:
                raise
        return await super().request(messages, settings, parameters)


def _partial_answer(response: ModelResponse, parameters: ModelRequestParameters) -> Any:
    """Return the arguments of the answer so far, the last text possibly truncated; None for no answer yet."""
    names = {tool.name for tool in parameters.output_tools}
    for call in response.tool_calls:
        if call.tool_name in names and call.args:
            if not isinstance(call.args, str):
                return call.args
            try:
                return from_json(call.args, allow_partial="trailing-strings")
            except ValueError:
                return None
    return None


def _plain(messages: list[ModelMessage], parameters: ModelRequestParameters) -> Any:
    """Return a request as JSON values that are equal in every run and for every provider."""
    tools = [*parameters.function_tools, *parameters.output_tools]
    return {
        "messages": [_stable(message) for message in ModelMessagesTypeAdapter.dump_python(messages, mode="json")],
        "tools": {tool.name: tool.description for tool in tools},
    }


def _without_tool_results(request: Any) -> Any:
    """Return a request without the results of tools, which may hold durations and paths that differ between runs."""
    messages = [
        {**message, "parts": [part if part["part_kind"] != "tool-return" else {} for part in message["parts"]]}
        for message in request["messages"]
    ]
    return {**request, "messages": messages}


def _estimate_input(request: Any, parameters: ModelRequestParameters) -> int:
    """Return an upper estimate of a request's tokens."""
    schemas = [tool.parameters_json_schema for tool in (*parameters.function_tools, *parameters.output_tools)]
    return len(to_json([request, schemas])) // BYTES_PER_TOKEN + _OVERHEAD_TOKENS


def _size(response: ModelResponse) -> int:
    """Return the bytes of a response's text."""
    answer = ModelMessagesTypeAdapter.dump_python([response], mode="json", warnings=False)[0]
    return len(to_json(_stable(answer)))


def _stable(message: Mapping[str, Any]) -> Any:
    parts = [{key: part[key] for key in _STABLE_KEYS if part.get(key) is not None} for part in message["parts"]]
    return {"instructions": message.get("instructions"), "parts": parts}
