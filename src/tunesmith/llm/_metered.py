"""A model whose every request is paid for from a purse, entered in the journal, and taped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_core import from_json

from ..core.spending import Call
from .prices import Price, Usage
from .recording import Recording
from .spend_limiter import Amount, SpendLimiter

_BYTES_PER_TOKEN = 2.0  # The fewest that are usual: of English text four make a token, of numbers two to three.
_OVERHEAD_TOKENS = 200  # What providers add of their own.
_REASON_LENGTH = 300
_LOOK_SECONDS = 0.1  # Between two looks at an answer that grows.
_DOES_NOT_STREAM = (400, 404, 405, 415, 422, 501)  # By these a service says so, or that it knows no options of streams.
_SAID = ("part_kind", "content", "tool_name", "args")
"""What is said in a part of a message; the rest differs from run to run, or from provider to provider."""


class MeteredModel(WrapperModel):
    """Asks another model, once what that may cost at the most has been set aside.

    Args:
        wrapped: Whom to ask.
        role: Who asks.
        name: What the model is called in the journal.
        price: What its tokens cost.
        purse: What it is paid from.
        tape: Where exchanges are recorded, or replayed from; None for neither.
        enter: Told of every call once it is over.
        clean: Takes secrets out of a text.
        watch: Told of the answer as it grows, as plain values; None where nobody looks, and then it is not streamed.
    """

    def __init__(
        self,
        wrapped: Model,
        *,
        role: str,
        name: str,
        price: Price,
        purse: SpendLimiter,
        tape: Recording | None,
        enter: Callable[[Call], None],
        clean: Callable[[str], str],
        watch: Callable[[Any], None] | None = None,
    ) -> None:
        super().__init__(wrapped)
        self.role, self.name, self.price, self.purse = role, name, price, purse
        self.tape, self.enter, self.clean, self.watch = tape, enter, clean, watch

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return the answer.

        Raises:
            ModelUnavailable: The purse does not allow it, or the tape has no answer.
        """
        asked = _plain(messages, model_request_parameters)
        told = model_settings or {}
        sent = _most_tokens(asked, model_request_parameters)
        # Who drops a connection may have read the question each time that it was repeated, and have answered, too.
        tries = 1 + told.get("max_retries", 0)
        most = Usage(input_tokens=tries * sent, output_tokens=told.get("max_tokens", 0))
        number = self.purse.reserve(self._amount(most))
        started, usage, failure = time.monotonic(), Usage(), ""
        try:
            response = await self._answer(asked, messages, model_settings, model_request_parameters)
            usage = _usage(response)
            if usage.input_tokens + usage.output_tokens == 0:  # The provider does not tell.
                usage = Usage(input_tokens=sent, output_tokens=_most_answered(response))
            return response
        except BaseException as error:
            usage = Usage() if isinstance(error, ModelHTTPError) or self._replays else most
            failure = self.clean(f"{type(error).__name__}: {error}").rstrip(": ")[:_REASON_LENGTH]
            raise
        finally:
            seconds = time.monotonic() - started
            call = Call(
                role=self.role,
                model=self.name,
                usd=self.price.usd(usage),
                seconds=round(seconds, 3),
                failure=failure,
                **vars(usage),
            )
            try:
                self.enter(call)
            finally:
                self.purse.settle(number, self._amount(usage))

    @property
    def _replays(self) -> bool:
        return self.tape is not None and self.tape.replay

    def _amount(self, usage: Usage) -> Amount:
        return Amount(usd=self.price.usd(usage), tokens=usage.input_tokens + usage.output_tokens)

    async def _answer(self, asked: Any, messages: list[ModelMessage], *others: Any) -> ModelResponse:
        if self.tape is not None and self.tape.replay:
            found = ModelMessagesTypeAdapter.validate_python([self.tape.find(self.role, _taped(asked))])[0]
            assert isinstance(found, ModelResponse)
            return found
        response = await (super().request(messages, *others) if self.watch is None else self._grown(messages, *others))
        if self.tape is not None:
            answer = ModelMessagesTypeAdapter.dump_python([response], mode="json")[0]
            self.tape.add(
                self.role, _taped(asked), {key: value for key, value in answer.items() if key != "provider_url"}
            )
        return response

    async def _grown(
        self, messages: list[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> ModelResponse:
        """Return the answer, and tell whoever looks how it grows."""
        assert self.watch is not None
        told = 0.0
        try:
            async with self.wrapped.request_stream(messages, settings, parameters) as stream:
                async for _ in stream:
                    if (now := time.monotonic()) - told >= _LOOK_SECONDS:
                        told = now
                        self.watch(_so_far(stream.get(), parameters))
            response = stream.get()
            self.watch(_so_far(response, parameters))
            return response
        except ModelHTTPError as error:
            if error.status_code not in _DOES_NOT_STREAM:
                raise
        return await super().request(messages, settings, parameters)


def _so_far(response: ModelResponse, parameters: ModelRequestParameters) -> Any:
    """Return what there is of the answer's arguments, the last text in them cut off wherever it ends; None for none."""
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
    """Return what is asked as plain JSON values, the same from run to run and from provider to provider."""
    tools = [*parameters.function_tools, *parameters.output_tools]
    return {
        "messages": [_said(message) for message in ModelMessagesTypeAdapter.dump_python(messages, mode="json")],
        "tools": {tool.name: tool.description for tool in tools},
    }


def _taped(asked: Any) -> Any:
    """Return what is asked without what tools returned: it may hold seconds and paths, which differ from run to run."""
    messages = [
        {**message, "parts": [part if part["part_kind"] != "tool-return" else {} for part in message["parts"]]}
        for message in asked["messages"]
    ]
    return {**asked, "messages": messages}


def _most_tokens(asked: Any, parameters: ModelRequestParameters) -> int:
    """Return how many tokens a request has at the most."""
    tools = [*parameters.function_tools, *parameters.output_tools]
    sent = len(orjson.dumps(asked)) + sum(len(orjson.dumps(tool.parameters_json_schema)) for tool in tools)
    return int(sent / _BYTES_PER_TOKEN) + _OVERHEAD_TOKENS


def _most_answered(response: ModelResponse) -> int:
    answered = ModelMessagesTypeAdapter.dump_python([response], mode="json")[0]
    return int(len(orjson.dumps(_said(answered))) / _BYTES_PER_TOKEN)


def _said(message: Mapping[str, Any]) -> Any:
    parts = [{key: part[key] for key in _SAID if part.get(key) is not None} for part in message["parts"]]
    return {"instructions": message.get("instructions"), "parts": parts}


def _usage(response: ModelResponse) -> Usage:
    told = response.usage
    return Usage(
        input_tokens=told.input_tokens,
        output_tokens=told.output_tokens,
        cached_tokens=told.cache_read_tokens,
        reasoning_tokens=int(told.details.get("reasoning_tokens", 0) or told.details.get("thoughts_tokens", 0)),
    )
