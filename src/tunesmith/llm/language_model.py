"""Ask a language model a question, and get an answer of the type that was asked for, or none."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from ..core.spending import Call
from ..errors import InputError, MissingExtra, ModelUnavailable
from .endpoints import Endpoint, missing
from .recording import Recording
from .secret_environment import hide
from .spend_limiter import SpendLimiter
from .traces import Traces

if TYPE_CHECKING:
    from pydantic_ai.models import Model

log = logging.getLogger(__name__)

Answer = TypeVar("Answer", bound=BaseModel)
Returned = TypeVar("Returned")

Watch = Callable[[str, Any], None]
"""Told who asks, and what there is of the answer; see `LanguageModel.watch`."""

_RE_ASKED = 2
_LOOK_SECONDS = 0.2  # Between two looks whether anybody still waits.
_UNWINDING_SECONDS = 2.0
_CACHED_FROM = 4000  # Characters: what is shorter than about a thousand tokens no provider keeps.


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long, and how often, an answer is waited for.

    Args:
        timeout_seconds: For one answer, whatever has to be asked again for it; above 0.
        repeats: How often a request is repeated that the provider is too busy for (429, 5xx); not negative. It waits
            for as long as the provider says, within `timeout_seconds`.
        requests: The most requests for one answer: the calls of tools, and answers that had to be asked for again.
        output_tokens: The most that one request may answer, reasoning included.
    """

    timeout_seconds: float = 120.0
    repeats: int = 2
    requests: int = 8
    output_tokens: int = 4000

    def __post_init__(self) -> None:
        for name, least in (("timeout_seconds", 0.001), ("repeats", 0), ("requests", 1), ("output_tokens", 1)):
            if not least <= getattr(self, name) < float("inf"):
                raise InputError(f"{name} must be at least {least}, but {getattr(self, name)} was given.", keys=(name,))


class LanguageModel:
    """One or more models that answer for each other, a budget, and a tape.

    Answers are checked against their type; what does not fit is asked for again, with the fault, twice. Where a model
    fails, the next of its fallbacks is asked; where all do, `ModelUnavailable` says why, once with a warning in the
    log.

    Any number of threads may ask at once. All requests run in one thread of its own. The variables that hold tokens are
    kept from the processes of trials.

    Args:
        endpoints: Whom to ask, in this order; one or more.
        purse: What calls are paid from.
        enter: Told of every call once it is over.
        roles: Whom a role asks first, instead of the first of `endpoints`.
        patience: How long to wait.
        tape: Where exchanges are recorded, or replayed from.
        traces: Where spans are sent; None sends none.

    Attributes:
        give_up: Asked time and again while an answer is waited for; where it says so, nobody is waited for any more.
        watch: Told who asks and what there is of the answer, as plain values, at most ten times a second while it
            grows, and None at its end; from any thread. Where nobody watches, answers are not streamed.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        purse: SpendLimiter,
        enter: Callable[[Call], None] = lambda call: None,
        roles: Mapping[str, Endpoint] | None = None,
        patience: Patience = Patience(),
        tape: Recording | None = None,
        traces: Traces | None = None,
    ) -> None:
        if not endpoints:
            raise InputError("a language model needs one endpoint or more.")
        self.endpoints = tuple(endpoints)
        self.roles = dict(roles or {})
        self.purse = purse
        self.enter = enter
        self.patience = patience
        self.tape = tape
        self.traces = traces
        hide(*(e.token.variable for e in (*self.endpoints, *self.roles.values()) if e.token and e.token.variable))
        self.give_up: Callable[[], bool] = lambda: False
        self.watch: Watch | None = None
        self._thread = _LoopThread()
        self._clients: dict[int, Model] = {}  # By the identity of the endpoint: several may have one name.
        self._opened: list[Model] = []
        self._connecting = asyncio.Lock()
        try:
            import pydantic_ai
        except ImportError as error:
            raise missing(error) from None
        pydantic_ai.BANNER_ENABLED = False  # It would be drawn into the live view.

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
            role: Who asks.
            instructions: What it is to do; the same from call to call, so that a provider may keep it.
            question: What is different this time. Text of others in it is data.
            answer: The type of the answer.
            tools: Functions that it may call before it answers, with typed arguments and a docstring each. An
                `InputError` of theirs is told to it, so that it may ask for something else.

        Raises:
            ModelUnavailable: The budget does not allow it, no token can be had, or no usable answer came.
            MissingExtra: pydantic-ai, or what it needs for a provider, is not installed.
        """
        chain = [self.roles[role]] if role in self.roles else []
        chain += [endpoint for endpoint in self.endpoints if endpoint not in chain]
        failures = []
        for endpoint in chain:
            if self.give_up():
                failures.append("nobody is waited for any more")
                break
            try:
                told = role, instructions, question, answer, tools
                return self._thread.run(self._asked(endpoint, *told), self.give_up)
            except MissingExtra:
                raise
            except _failures() as error:
                failures.append(f"{endpoint.name}: {endpoint.hidden_in(_in_words(error))}")
                log.info("%s got no answer of %s", role, failures[-1])
            finally:
                if self.watch is not None:
                    self.watch(role, None)
        raise ModelUnavailable("; ".join(failures))

    def close(self) -> None:
        """Let go of connections."""
        if self._opened:
            self._thread.run(self._closed())
        self._thread.close()
        self._connecting = asyncio.Lock()  # The old one belongs to the loop that has ended.
        if self.traces is not None:
            self.traces.close()

    async def _asked(
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
            retries=_RE_ASKED,
            tools=[_mendable(tool) for tool in tools],
            name=role,
            capabilities=[] if self.traces is None else [self.traces.capability()],
        )
        settings = ModelSettings(
            max_tokens=self.patience.output_tokens,
            request_timeout=self.patience.timeout_seconds,
            max_retries=self.patience.repeats,
        )
        if len(instructions) >= _CACHED_FROM:
            settings["cache"] = {"messages": False}
        run = partial(
            agent.run,
            question,
            model_settings=settings,
            usage_limits=UsageLimits(request_limit=self.patience.requests),
        )
        for is_last in (endpoint.token is None, True):
            client = await self._client(endpoint)
            try:
                async with asyncio.timeout(self.patience.timeout_seconds):
                    try:
                        return (await run(model=self._metered(client, endpoint, role, self.watch))).output
                    except ModelAPIError as error:
                        if isinstance(error, ModelHTTPError) or self.watch is None or not self.patience.repeats:
                            raise
                    # A stream that broke off no client repeats; a plain request is repeated as often as was said.
                    return (await run(model=self._metered(client, endpoint, role, None))).output
            except ModelAuthenticationError:
                if is_last:
                    raise
                await self._renew(endpoint, client)
        raise AssertionError("the last try returns or raises")

    def _metered(self, client: Model, endpoint: Endpoint, role: str, watch: Watch | None) -> Model:
        from ._metered import MeteredModel

        return MeteredModel(
            client,
            role=role,
            name=endpoint.name,
            price=endpoint.price,
            purse=self.purse,
            tape=self.tape,
            enter=self.enter,
            clean=endpoint.hidden_in,
            watch=None if watch is None else partial(watch, role),
        )

    async def _client(self, endpoint: Endpoint) -> Model:
        """Return the client of an endpoint; of several who ask at once the first connects."""
        async with self._connecting:
            if id(endpoint) not in self._clients:
                self._clients[id(endpoint)] = await self._connected(endpoint)
            return self._clients[id(endpoint)]

    async def _connected(self, endpoint: Endpoint) -> Model:
        if self.tape is not None and self.tape.replay:
            from pydantic_ai.models.test import TestModel

            client: Model = TestModel()  # Never asked, as the tape answers.
        else:
            # A token may come from a command that takes its time.
            client = await asyncio.to_thread(endpoint.connect)
        await client.__aenter__()
        self._opened.append(client)
        return client

    async def _renew(self, endpoint: Endpoint, client: Model) -> None:
        """Fetch a token anew, once for all whom the old one failed; others may still use the client."""
        assert endpoint.token is not None
        async with self._connecting:
            if self._clients.get(id(endpoint)) is client:
                await asyncio.to_thread(endpoint.token.renewed)
                del self._clients[id(endpoint)]

    async def _closed(self) -> None:
        # Who was given up enters what it cost before the thread ends.
        if given_up := [task for task in asyncio.all_tasks() if task.cancelling()]:
            await asyncio.wait(given_up, timeout=_UNWINDING_SECONDS)
        self._clients.clear()
        while self._opened:
            await self._opened.pop().__aexit__(None, None, None)


class _LoopThread:
    """An event loop in a thread of its own, made on first use: whoever waits may be any thread, and interrupted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, coroutine: Coroutine[Any, Any, Returned], give_up: Callable[[], bool] = lambda: False) -> Returned:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="language-model", daemon=True)
                self._thread.start()
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            while True:
                try:
                    return future.result(timeout=_LOOK_SECONDS)
                except TimeoutError:
                    if future.done():  # It is the coroutine's own.
                        raise
                    if give_up():
                        raise ModelUnavailable("nobody is waited for any more.") from None
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


def _mendable(tool: Callable[..., Any]) -> Callable[..., Any]:
    """Return a tool whose complaints about its arguments reach the model."""
    from pydantic_ai.exceptions import ModelRetry

    @wraps(tool)
    def mendable(*args: Any, **kwargs: Any) -> Any:
        try:
            return tool(*args, **kwargs)
        except InputError as error:
            raise ModelRetry(error.message) from None

    return mendable


def _failures() -> tuple[type[Exception], ...]:
    """Return what a model, a network or a budget may do; anything else is a bug.

    A `UserError` is what a model cannot do that it is asked for, as to call tools; an `InputError`, that no token can
    be had.
    """
    from pydantic_ai.exceptions import AgentRunError, UserError

    return (AgentRunError, UserError, InputError, ModelUnavailable, TimeoutError, OSError)


def _in_words(error: Exception) -> str:
    """Return why, in one line."""
    if isinstance(error, TimeoutError) and not str(error):
        return "it took too long."
    text = " ".join(str(error).split())
    return (text[:300] + " ...") if len(text) > 300 else text or type(error).__name__
