"""The language model of a study: connected when first needed, paid from its budget, and left alone where it fails."""

from __future__ import annotations

import dataclasses
import logging
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from ..core.budget import Budget
from ..core.spending import Call
from ..errors import MissingApiKey, ModelUnavailable
from ..history.history import History
from ..journal.base import Event
from ..llm.client import ModelClient
from ..llm.endpoints import endpoint_from
from ..llm.environment import load_environment
from ..llm.options import ModelOptions
from ..llm.prices import TokenCounts
from ..llm.spend_limiter import SpendLimiter, daily_usage

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Ask = Callable[[ModelClient], Answer]

_BY_RULES = "go by rules"
_MOST_AT_ONCE = 8  # Calls.

_USUAL = TokenCounts(input_tokens=3500, output_tokens=1000)  # Of one call.
_TOOLS_TOKENS, _LOOKED_UP = 900, 0.3  # What naming the tools takes, and how often the planner calls one.
_UNKNOWN_TRIALS = 100  # Where the budget sets no limit.
_FIRST_CALLS, _ADVICE_SHARE, _COORDINATOR_EVERY = 8, 0.15, 10  # What the planner and the coordinator are asked.
_WORDS = ("reason", "answer")  # The fields of an answer that are for people to read.
_PAUSE = 5  # Trials for which nobody is asked after a failure; twice as many after the next.


class ModelGateway:
    """Whom the roles of a study ask.

    A model that cannot be asked is warned of once. After a failure nobody is asked for five trials, then ten, and so
    on; a study does not wait for a provider that is down.

    Args:
        options: Whom to ask.
        history: What is known of the study.
        emit: Adds an event to the study's journal.
        budget: Its limits of trials and dollars.
        folder: Where a file `.env` may lie.

    Attributes:
        side_by_side: Whether several trials run at once, so that their slots should not wait for an answer.
        give_up: Tells whether nobody waits for answers any more, as the study is to end.
        watch: Told the name of a role and the reason that it gives so far, while it answers, and an empty reason at the
            end; from any thread. To be set before anybody is asked; where it is None, answers come in one piece.
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
        self._emit = emit
        self._folder = folder
        self._model: ModelClient | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._pending: dict[str, Future[Any]] = {}
        self._failures = 0
        self._failing = threading.Lock()  # Specialists ask from threads of their own.
        self._silent_until = 0.0
        self._has_warned = self._has_looked_back = False
        self.side_by_side = False
        self.give_up: Callable[[], bool] = lambda: False
        self.watch: Callable[[str, str], None] | None = None

    @property
    def model(self) -> ModelClient | None:
        """Whom any role may ask, connected; None where there is no token, and then the study goes by rules.

        Raises:
            InputError: An address or a price is not known, or a recording cannot be read.
        """
        if self._model is None and self._silent_until < math.inf:
            book = None if self.options.replay else daily_usage()  # A recording costs nothing.
            limiter = SpendLimiter(self.options.spend_limits(self.budget.usd), lambda: self.history.ledger.total, book)
            try:
                self._model = self.options.connect(load_environment(self._folder), limiter=limiter, on_call=self._enter)
                self._model.should_cancel = lambda: self.give_up()
                if (watch := self.watch) is not None:
                    self._model.on_partial = lambda role, answer: watch(role, words_of(answer))
            except MissingApiKey as error:
                log.warning("no language model is asked, and the study goes by rules: %s", error.message)
                self._silent_until = math.inf
        return self._model

    @property
    def trials_left(self) -> int | None:
        """How many trials the budget still allows; None for no limit."""
        return None if self.budget.trials is None else max(0, self.budget.trials - len(self.history.trials))

    def consult(self, ask: Ask[Answer]) -> Answer | None:
        """Return an answer; None where nobody may be asked now, or nobody answers, and rules have to do.

        Args:
            ask: Asks the model, as a role does.
        """
        model = self._whom()
        return None if model is None else self._heard(lambda: ask(model))

    def consult_later(self, what: str, prepare: Callable[[], Ask[Answer]]) -> Answer | None:
        """Return an answer as `consult` does; but where several trials run at once, ask meanwhile, and return it later.

        Args:
            what: What is asked; while it waits for its answer (`waits_for`), nothing else of that name is.
            prepare: Called when it is going to be asked: reads the history, and returns what asks the model. That runs
                in another thread, and must not read it.
        """
        if not self.side_by_side:
            return self.consult(lambda model: prepare()(model))
        if what in self._pending:
            answer: Answer | None = self.answer_to(what)
            return answer
        if (model := self._whom()) is not None:
            self._threads = self._threads or ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="gateway")
            self._pending[what] = self._threads.submit(prepare(), model)
        return None

    def answer_to(self, what: str) -> Any:
        """Return the answer to what was asked meanwhile; None where it is not there yet, or nobody answered."""
        if what not in self._pending or not self._pending[what].done():
            return None
        return self._heard(self._pending.pop(what).result)

    def waits_for(self, what: str) -> bool:
        """Tell whether an answer is still waited for."""
        return what in self._pending

    def stop_waiting(self) -> None:
        """Wait for no answer any more, and ask nobody: the study ends."""
        self.give_up = lambda: True
        self._pending.clear()

    def _whom(self) -> ModelClient | None:
        if not self._has_looked_back:
            self._look_back()
        silent = len(self.history.trials) < self._silent_until or self.give_up()
        return None if silent else self.model

    def _heard(self, answer: Callable[[], Answer]) -> Answer | None:
        try:
            found = answer()
        except ModelUnavailable as error:
            if not self.give_up():
                self._pause(str(error))
            return None
        self._failures = 0
        return found

    def _look_back(self) -> None:
        """Go on with the silence of an earlier process, as of `tunesmith ask`, which is a new one each time."""
        self._has_looked_back = True
        for event in reversed(self.history.decisions):
            if event.data.get("action") == _BY_RULES:
                self._silent_until = max(self._silent_until, event.data.get("until", 0))
                self._failures = event.data.get("failures", 0)
                return

    def note(self, action: str, reason: str, *, by: str, **details: Any) -> None:
        """Enter in the journal what a role decided, or why it is not followed."""
        self._emit(Event("decided", None, {"action": action, "reason": reason, "by": by, **details}))

    def estimate(self) -> str:
        """Return in words what the study's calls will come to, before any is made.

        Raises:
            InputError: An address or a price is not known.
        """
        trials = _UNKNOWN_TRIALS if self.budget.trials is None else self.budget.trials
        again, tokens = (1 + _LOOKED_UP, _TOOLS_TOKENS) if self.options.tools else (1.0, 0)
        calls = math.ceil(min(_FIRST_CALLS, trials) + trials * (again * _ADVICE_SHARE + 1 / _COORDINATOR_EVERY))
        usual = dataclasses.replace(_USUAL, input_tokens=_USUAL.input_tokens + tokens)
        endpoint = endpoint_from(self.options.model, load_environment(self._folder), needs_token=False)
        most = "" if self.budget.usd is None else f"; at most ${self.budget.usd:g}, by the budget"
        usd = calls * endpoint.price.usd(usual)
        return f"language model {self.options.name}: about {calls} calls, ${usd:.2g}{most}"

    def close(self) -> None:
        """Let go of connections; nobody waits for answers any more."""
        if self._model is not None:
            self._model.should_cancel = lambda: True
            if self._threads is not None:
                self._threads.shutdown()
                self._threads = None
            self._pending.clear()
            self._model.close()
            self._model = None
        self.give_up = lambda: False

    def _pause(self, reason: str) -> None:
        with self._failing:
            if len(self.history.trials) < self._silent_until:
                return  # It was asked beside another that has failed just now: that is one failure of the provider.
            self._silent_until = len(self.history.trials) + _PAUSE * 2**self._failures
            self._failures += 1
            is_first = self._failures == 1
        if not self._has_warned and is_first:
            log.warning("no language model answered, and the study goes by rules meanwhile: %s", reason)
            self._has_warned = True
        details = {"until": self._silent_until, "failures": self._failures}
        self.note(_BY_RULES, reason[:600], by="language model", **details)

    def _enter(self, call: Call) -> None:
        self._emit(Event("called", None, dataclasses.asdict(call)))


def words_of(answer: Any) -> str:
    """Return the last reason, or answer in words, of what there is of a role's answer.

    >>> words_of({"ideas": [{"step": "small", "reason": "a lower rate"}, {"step": "radical", "rea": ""}]})
    'a lower rate'
    """
    found = ""
    for key, value in answer.items() if isinstance(answer, dict) else ():
        if isinstance(value, str):
            found = value if key in _WORDS else found
        else:
            found = next(filter(None, map(words_of, reversed(value if isinstance(value, list) else [value]))), found)
    return found
