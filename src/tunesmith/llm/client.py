"""Ask a language model a question and get an answer of the requested type."""

from __future__ import annotations

import asyncio
import logging
import threading
import warnings
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from ..core.spending import Call
from ..errors import InputError, JournalError, MissingExtra, ModelUnavailable
from .call_limits import CallLimits
from .endpoints import Endpoint, missing_extra
from .environment import hide_from_trials
from .failures import failure_text
from .recording import Recording
from .spend_limiter import SpendLimiter
from .traces import Traces

if TYPE_CHECKING:
    from httpx2 import AsyncClient
    from pydantic_ai.models import Model

log = logging.getLogger(__name__)

Answer = TypeVar("Answer", bound=BaseModel)
Result = TypeVar("Result")

OnPartial = Callable[[str, Any], None]
"""Called with the role and its partial answer; see `ModelClient.on_partial`."""

_INVALID_ANSWERS = 2  # Answers that may be rejected before the request fails.
_POLL_SECONDS = 0.2
_CANCEL_SECONDS = 2.0
_CACHED_FROM = 4000  # Characters, about a thousand tokens: providers cache no shorter prompt.


class ModelClient:
    """A model with its fallbacks and a budget.

    An answer that does not match its type is sent back with the error, twice. When a model fails, the next fallback is
    asked. `ModelUnavailable` says why all of them failed.

    Any number of threads may ask at once; all requests run in one thread. The variables that hold tokens are hidden
    from the processes of trials.

    Args:
        endpoints: The models in the order in which they are asked; one or more.
        limiter: The budget.
        on_call: Called with each finished call.
        roles: The model that a role asks before `endpoints`, by the role's name.
        limits: Limits of one answer.
        recording: Where exchanges are recorded or replayed from.
        traces: Where spans are sent; None sends none.

    Attributes:
        should_cancel: Polled during a request; where it returns True, the request is cancelled.
        on_partial: Called with the role and its partial answer, as plain values, at most ten times a second, and with
            None at the end; from any thread. Answers are streamed only where it is set.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        limiter: SpendLimiter,
        on_call: Callable[[Call], None] = lambda call: None,
        roles: Mapping[str, Endpoint] | None = None,
        limits: CallLimits | None = None,
        recording: Recording | None = None,
        traces: Traces | None = None,
    ) -> None:
        if not endpoints:
            raise InputError("a language model needs at least one endpoint.")
        self.endpoints = tuple(endpoints)
        self.roles = dict(roles or {})
        self.limiter = limiter
        self.on_call = on_call
        self.limits = CallLimits() if limits is None else limits
        self.recording = recording
        self.traces = traces
        tokens = [endpoint.token for endpoint in (*self.endpoints, *self.roles.values())]
        hide_from_trials(*(token.variable for token in tokens if token and token.variable))
        self.should_cancel: Callable[[], bool] = lambda: False
        self.on_partial: OnPartial | None = None
        self._thread = _LoopThread()
        self._clients: dict[int, Model] = {}  # By the endpoint's identity, as several may have one name.
        self._open: list[Model] = []
        self._distrusted: set[str] = set()
        self._http_client: AsyncClient | None = None
        self._connecting = asyncio.Lock()
        try:
            import pydantic_ai
        except ImportError as error:
            raise missing_extra(error) from None
        # The banner would break the live view, and so would warnings about what endpoints send.
        pydantic_ai.BANNER_ENABLED = False
        warnings.filterwarnings("ignore", module=r"pydantic_ai\b")

    def ask(
        self,
        role: str,
        *,
        instructions: str,
        question: str,
        answer: type[Answer],
        tools: Sequence[Callable[..., Any]] = (),
    ) -> Answer:
        """Return an answer.

        Args:
            role: The role that asks.
            instructions: The role's task; equal in every call, so that the provider can cache it.
            question: This call's question. Text of others in it is data.
            answer: The type of the answer.
            tools: Functions that the model may call before it answers, with typed arguments and docstrings. The model
                sees the message of an `InputError` and may try again.

        Raises:
            ModelUnavailable: The budget does not allow the call, no token can be fetched, or no usable answer came,
                whatever came instead.
            MissingExtra: pydantic-ai, or a provider's own package, is not installed.
            JournalError: The call cannot be journaled.
        """
        chain = [self.roles[role]] if role in self.roles else []
        chain += [endpoint for endpoint in self.endpoints if endpoint not in chain]
        failures = []
        for endpoint in chain:
            if self.should_cancel():
                failures.append("the request was cancelled")
                break
            try:
                run = self._ask(endpoint, role, instructions, question, answer, tools)
                return self._thread.run(run, self.should_cancel)
            except (MissingExtra, JournalError):
                raise
            except Exception as error:  # An answer can make clients, validators and tools fail in any way.
                failures.append(f"{endpoint.name}: {failure_text(error, endpoint)}")
                log.info("%s got no answer: %s", role, failures[-1])
            finally:
                if self.on_partial is not None:
                    self.on_partial(role, None)
        raise ModelUnavailable("; ".join(failures))

    def close(self) -> None:
        """Close all connections; a later `ask` opens new ones."""
        if self._open or self._http_client is not None:
            self._thread.run(self._close_clients())
        self._thread.close()
        self._connecting = asyncio.Lock()  # The old lock belongs to the loop that has ended.
        if self.traces is not None:
            self.traces.close()

    async def _ask(
        self,
        endpoint: Endpoint,
        role: str,
        instructions: str,
        question: str,
        answer: type[Answer],
        tools: Sequence[Callable[..., Any]],
    ) -> Answer:
        from pydantic_ai import Agent, ToolOutput
        from pydantic_ai.exceptions import ModelAPIError, ModelAuthenticationError, ModelHTTPError
        from pydantic_ai.settings import ModelSettings
        from pydantic_ai.usage import UsageLimits

        agent = Agent(
            output_type=ToolOutput(answer),
            instructions=instructions,
            retries=_INVALID_ANSWERS,
            tools=[_with_retry(tool) for tool in tools],
            name=role,
            capabilities=[] if self.traces is None else [self.traces.capability()],
        )
        settings = ModelSettings(
            max_tokens=self.limits.output_tokens,
            request_timeout=self.limits.timeout_seconds,
            max_retries=self.limits.retries,
        )
        if len(instructions) >= _CACHED_FROM:
            settings["cache"] = {"messages": False}
        usage_limits = UsageLimits(request_limit=self.limits.requests)
        run = partial(agent.run, question, model_settings=settings, usage_limits=usage_limits)
        deadline: float | None = None
        for is_last in (endpoint.token is None, True):
            client = await self._client(endpoint)
            deadline = deadline or asyncio.get_running_loop().time() + self.limits.timeout_seconds
            try:
                async with asyncio.timeout_at(deadline):
                    try:
                        return (await run(model=self._metered(client, endpoint, role, self.on_partial))).output
                    except ModelAPIError as error:
                        if isinstance(error, ModelHTTPError) or self.on_partial is None or not self.limits.retries:
                            raise
                    # Clients do not retry a broken stream. They retry this plain request.
                    return (await run(model=self._metered(client, endpoint, role, None))).output
            except ModelAuthenticationError:
                if is_last:
                    raise
                await self._refresh_token(endpoint, client)
        raise AssertionError("the last attempt returns or raises")

    def _metered(self, client: Model, endpoint: Endpoint, role: str, on_partial: OnPartial | None) -> Model:
        from ._metered import MeteredModel

        return MeteredModel(
            client,
            role=role,
            endpoint=endpoint,
            limiter=self.limiter,
            recording=self.recording,
            on_call=self.on_call,
            distrusted=self._distrusted,
            on_partial=None if on_partial is None else partial(on_partial, role),
        )

    async def _client(self, endpoint: Endpoint) -> Model:
        """Return the endpoint's client, connected by the first of several concurrent callers."""
        async with self._connecting:
            if id(endpoint) not in self._clients:
                self._clients[id(endpoint)] = await self._connect(endpoint)
            return self._clients[id(endpoint)]

    async def _connect(self, endpoint: Endpoint) -> Model:
        if self.recording is not None and self.recording.replay:
            from pydantic_ai.models.test import TestModel

            client: Model = TestModel()  # Never called: the recording answers.
        else:
            from ._http import bounded_client

            # In threads, as certificates are read, and a command that prints the token may be slow.
            if self._http_client is None:
                self._http_client = await asyncio.to_thread(bounded_client, self.limits.timeout_seconds)
            client = await asyncio.to_thread(endpoint.connect, self._http_client)
        await client.__aenter__()
        self._open.append(client)
        return client

    async def _refresh_token(self, endpoint: Endpoint, client: Model) -> None:
        """Fetch the token again, once for all callers that it failed; others may still use the client."""
        assert endpoint.token is not None
        async with self._connecting:
            if self._clients.get(id(endpoint)) is client:
                await asyncio.to_thread(endpoint.token.refresh)
                del self._clients[id(endpoint)]

    async def _close_clients(self) -> None:
        # Let cancelled requests report their cost, and their streams close, before the thread ends.
        await asyncio.sleep(0)
        if pending := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(pending, timeout=_CANCEL_SECONDS)
        self._clients.clear()
        while self._open:
            await self._open.pop().__aexit__(None, None, None)
        if self._http_client is not None:
            await self._http_client.aclose()
            self._http_client = None


class _LoopThread:
    """An event loop in its own thread, started on first use. Callers may be any thread, and may be interrupted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, coroutine: Coroutine[Any, Any, Result], should_cancel: Callable[[], bool] = lambda: False) -> Result:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                # Streams that a client abandons may fail to close, which concerns nobody.
                self._loop.set_exception_handler(lambda loop, context: log.debug("%s", context["message"]))
                self._thread = threading.Thread(target=self._loop.run_forever, name="language-model", daemon=True)
                self._thread.start()
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            while True:
                try:
                    return future.result(timeout=_POLL_SECONDS)
                except TimeoutError:
                    if future.done():  # The coroutine itself timed out.
                        raise
                    if should_cancel():
                        raise ModelUnavailable("the request was cancelled.") from None
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        with self._lock:
            if self._loop is not None and self._thread is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()
                self._loop.run_until_complete(self._loop.shutdown_asyncgens())
                self._loop.run_until_complete(self._loop.shutdown_default_executor())
                self._loop.close()
                self._loop = self._thread = None


def _with_retry(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Return a tool whose input errors are sent back to the model."""
    from pydantic_ai.exceptions import ModelRetry

    @wraps(tool)
    def retrying(*args: Any, **kwargs: Any) -> Any:
        try:
            return tool(*args, **kwargs)
        except InputError as error:
            raise ModelRetry(error.message) from None

    return retrying
