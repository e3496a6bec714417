"""The language model of a study: connected on first use, within its budget, and paused after a failure."""

from __future__ import annotations

import dataclasses
import logging
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..core.budget import Budget
from ..core.spending import Call
from ..errors import MissingApiKey, ModelUnavailable
from ..history.history import History
from ..journal.events import Event, ModelCalled, ModelPaused
from ..llm.client import ModelClient
from ..llm.endpoints import endpoint_from
from ..llm.environment import load_environment
from ..llm.options import ModelOptions
from ..llm.prices import TokenCounts
from ..llm.spend_limiter import SpendLimiter, daily_usage

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Ask = Callable[[ModelClient], Answer]

_THREADS = 8
_PAUSE_TRIALS = 5  # Length of the first pause; each later one is twice as long.
_MAX_DOUBLINGS = 20
_TEXT_FIELDS = ("reason", "answer")  # Fields of an answer that people read.

# For the estimate before a run.
_USUAL_CALL = TokenCounts(input_tokens=3500, output_tokens=1000)
_TOOLS_TOKENS, _TOOL_CALLS = 900, 0.3  # Tokens of the tools' definitions; tool calls per request of the planner.
_UNLIMITED_TRIALS = 100  # Trials assumed where the budget sets no limit.
_FIRST_CALLS, _ADVICE_SHARE, _COORDINATOR_EVERY = 8, 0.15, 10


class ModelGateway:
    """Asks a study's language model on behalf of the roles.

    An unavailable model causes one warning. After a failure the model is not asked for five trials, then ten, and so
    on, so that a study does not wait for a provider that is down.

    Args:
        options: The models and their limits.
        history: The study's history.
        emit: Adds an event to the study's journal.
        budget: The study's limits of trials and dollars.
        folder: Folder that may hold a `.env` file.

    Attributes:
        concurrent: Whether several trials run at once, whose slots must not wait for an answer.
        should_cancel: Returns True once the study is to end and requests are to be cancelled.
        on_partial: Called from any thread with a role and the text of its answer so far, and with an empty text at the
            end. Set it before the first request; answers are streamed only where it is set.
    """

    def __init__(
        self,
        options: ModelOptions,
        *,
        history: History,
        emit: Callable[[Event], None],
        budget: Budget,
        folder: Path,
    ) -> None:
        self.options = options
        self.history = history
        self.budget = budget
        self.concurrent = False
        self.should_cancel: Callable[[], bool] = lambda: False
        self.on_partial: Callable[[str, str], None] | None = None
        self.emit = emit
        self._folder = folder
        self._model: ModelClient | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._pending: dict[str, Future[Any]] = {}
        self._failures = 0
        self._failing = threading.Lock()  # Specialists ask from several threads.
        self._paused_until = 0.0
        self._has_warned = self._has_restored = False

    @property
    def model(self) -> ModelClient | None:
        """The connected model; None where no API key is set, and rules decide.

        Raises:
            InputError: An address or a price is unknown, or a recording cannot be read.
        """
        if self._model is None and self._paused_until < math.inf:
            daily = None if self.options.replay else daily_usage()  # Replay costs nothing.
            limits = self.options.spend_limits(self.budget.usd)
            limiter = SpendLimiter(limits, lambda: self.history.ledger.total, daily)
            try:
                self._model = self.options.connect(
                    load_environment(self._folder), limiter=limiter, on_call=self._record_call
                )
                self._model.should_cancel = lambda: self.should_cancel()
                if (on_partial := self.on_partial) is not None:
                    self._model.on_partial = lambda role, answer: on_partial(role, latest_text(answer))
            except MissingApiKey as error:
                log.warning("no language model is asked, and the study continues by rules: %s", error.message)
                self._paused_until = math.inf
        return self._model

    @property
    def trials_left(self) -> int | None:
        """Trials left in the budget; None for no limit."""
        return None if self.budget.trials is None else max(0, self.budget.trials - len(self.history.trials))

    def ask(self, topic: str, prepare: Callable[[], Ask[Answer]]) -> Answer | None:
        """Return an answer; None where the model is unavailable, and rules must decide.

        Where several trials run at once, ask in the background: return None now, and the answer on a later call.

        Args:
            topic: Name of the question. Only one question of a name is pending at a time (`is_pending`).
            prepare: Called if the question is asked: reads the history and returns a function that asks the model.
                That function may run in another thread and must not read the history.
        """
        if topic in self._pending:
            answer: Answer | None = self.take_answer(topic)
            return answer
        if (model := self._available_model()) is None:
            return None
        if not self.concurrent:
            return self._result_of(partial(prepare(), model))
        self._submit(topic, prepare(), model)
        return None

    def ask_in_background(self, topic: str, prepare: Callable[[], Ask[Any]]) -> None:
        """Ask a question in the background, however many trials run at once; see `ask` and `take_answer`."""
        if topic not in self._pending and (model := self._available_model()) is not None:
            self._submit(topic, prepare(), model)

    def _submit(self, topic: str, question: Ask[Any], model: ModelClient) -> None:
        self._threads = self._threads or ThreadPoolExecutor(_THREADS, thread_name_prefix="gateway")
        self._pending[topic] = self._threads.submit(question, model)

    def take_answer(self, topic: str) -> Any:
        """Return the answer to a question asked in the background; None where it is pending or failed."""
        if topic not in self._pending or not self._pending[topic].done():
            return None
        return self._result_of(self._pending.pop(topic).result)

    def is_pending(self, topic: str) -> bool:
        """Tell whether a question waits for its answer."""
        return topic in self._pending

    def cancel(self) -> None:
        """Cancel all requests and ask no more: the study ends."""
        self.should_cancel = lambda: True
        self._pending.clear()

    def estimate(self) -> str:
        """Return an estimate of the study's calls and their price, in words.

        Raises:
            InputError: An address or a price is unknown.
        """
        trials = _UNLIMITED_TRIALS if self.budget.trials is None else self.budget.trials
        requests, tokens = (1 + _TOOL_CALLS, _TOOLS_TOKENS) if self.options.tools else (1.0, 0)
        calls = math.ceil(min(_FIRST_CALLS, trials) + trials * (requests * _ADVICE_SHARE + 1 / _COORDINATOR_EVERY))
        usual = dataclasses.replace(_USUAL_CALL, input_tokens=_USUAL_CALL.input_tokens + tokens)
        endpoint = endpoint_from(self.options.model, load_environment(self._folder), needs_token=False)
        usd = calls * endpoint.price.usd(usual)
        most = "" if self.budget.usd is None else f"; at most ${self.budget.usd:g}, by the budget"
        return f"language model {self.options.name}: about {calls} calls, ${usd:.2g}{most}"

    def close(self) -> None:
        """Cancel all requests and close the connections. A later `ask` connects again."""
        if self._model is not None:
            self._model.should_cancel = lambda: True
            if self._threads is not None:
                self._threads.shutdown()
                self._threads = None
            self._pending.clear()
            self._model.close()
            self._model = None
        self.should_cancel = lambda: False

    def _available_model(self) -> ModelClient | None:
        """Return the model; None while it is paused."""
        if not self._has_restored:
            self._restore_pause()
        is_paused = len(self.history.trials) < self._paused_until or self.should_cancel()
        return None if is_paused else self.model

    def _result_of(self, answer: Callable[[], Answer]) -> Answer | None:
        try:
            result = answer()
        except ModelUnavailable as error:
            if not self.should_cancel():
                self._pause(str(error))
            return None
        self._failures = 0
        return result

    def _restore_pause(self) -> None:
        """Continue the pause of an earlier process: each `tunesmith ask` is a new one."""
        self._has_restored = True
        for event in reversed(self.history.decisions):
            if isinstance(event, ModelPaused):
                self._paused_until = max(self._paused_until, event.until)
                self._failures = event.failures
                return

    def _pause(self, reason: str) -> None:
        with self._failing:
            if len(self.history.trials) < self._paused_until:
                return  # Failures of concurrent requests count as one failure of the provider.
            self._paused_until = len(self.history.trials) + _PAUSE_TRIALS * 2 ** min(self._failures, _MAX_DOUBLINGS)
            self._failures += 1
            is_first = self._failures == 1
        if not self._has_warned and is_first:
            log.warning("no language model answered, and the study continues by rules: %s", reason)
            self._has_warned = True
        self.emit(
            ModelPaused(reason=reason[:600], by="language model", until=self._paused_until, failures=self._failures)
        )

    def _record_call(self, call: Call) -> None:
        self.emit(ModelCalled(call=call))


def latest_text(answer: Any) -> str:
    """Return the last text for people in a partial answer.

    >>> latest_text({"ideas": [{"step": "small", "reason": "a lower rate"}, {"step": "radical", "rea": ""}]})
    'a lower rate'
    """
    text = ""
    for key, value in answer.items() if isinstance(answer, dict) else ():
        if isinstance(value, str):
            text = value if key in _TEXT_FIELDS else text
        else:
            text = next(filter(None, map(latest_text, reversed(value if isinstance(value, list) else [value]))), text)
    return text
