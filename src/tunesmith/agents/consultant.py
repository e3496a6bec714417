"""The language model of a study: connected when first needed, paid from its budget, and left alone where it fails."""

from __future__ import annotations

import dataclasses
import logging
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from dotenv import dotenv_values

from ..budget import Budget
from ..errors import MissingToken, NoAnswer
from ..history import History
from ..journal.base import Event
from ..llm.endpoints import endpoint_from
from ..llm.language_model import LanguageModel
from ..llm.options import ModelOptions
from ..llm.prices import Usage
from ..llm.purse import Purse, day_book
from ..spending import Call

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_USUAL = Usage(input_tokens=3500, output_tokens=1000)  # Of one call.
_UNKNOWN_TRIALS = 100  # Where the budget sets no limit.
_ADVICE_SHARE, _COORDINATOR_EVERY = 0.15, 10  # What the planner and the coordinator are usually asked.
_PAUSE = 5  # Trials for which nobody is asked after a failure; twice as many after the next.


class Consultant:
    """Whom the roles of a study ask.

    A model that cannot be asked is warned of once. After a failure nobody is asked for five trials, then ten, and so
    on; a study does not wait for a provider that is down.

    Args:
        options: Whom to ask.
        history: What is known of the study.
        emit: Adds an event to the study's journal.
        budget: Its limits of trials and dollars.
        folder: Where a file `.env` may lie.
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
        self._model: LanguageModel | None = None
        self._failures = 0
        self._silent_until = 0.0

    @property
    def model(self) -> LanguageModel | None:
        """Whom any role may ask, connected; None where there is no token, and then the study goes by rules.

        Raises:
            InputError: An address or a price is not known, or a recording cannot be read.
        """
        if self._model is None and self._silent_until < math.inf:
            purse = Purse(self.options.limits(self.budget.usd), lambda: self.history.ledger.total, day_book())
            try:
                self._model = self.options.connect(_environment(self._folder), purse=purse, enter=self._enter)
            except MissingToken as error:
                log.warning("no language model is asked, and the study goes by rules: %s", error.message)
                self._silent_until = math.inf
        return self._model

    @property
    def trials_left(self) -> int | None:
        """How many trials the budget still allows; None for no limit."""
        return None if self.budget.trials is None else max(0, self.budget.trials - len(self.history.trials))

    def consult(self, ask: Callable[[LanguageModel], Answer]) -> Answer | None:
        """Return an answer; None where nobody may be asked now, or nobody answers, and rules have to do.

        Args:
            ask: Asks the model, as a role does.
        """
        if len(self.history.trials) < self._silent_until or (model := self.model) is None:
            return None
        try:
            answer = ask(model)
        except NoAnswer as error:
            self._pause(str(error))
            return None
        self._failures = 0
        return answer

    def note(self, action: str, reason: str, *, by: str, **details: Any) -> None:
        """Enter in the journal what a role decided, or why it is not followed."""
        self._emit(Event("decided", None, {"action": action, "reason": reason, "by": by, **details}))

    def estimate(self) -> str:
        """Return in words what the study's calls will come to, before any is made.

        Raises:
            InputError: An address or a price is not known.
        """
        trials = _UNKNOWN_TRIALS if self.budget.trials is None else self.budget.trials
        calls = math.ceil(1 + trials * (_ADVICE_SHARE + 1 / _COORDINATOR_EVERY))
        usd = calls * endpoint_from(self.options.model, _environment(self._folder), needs_token=False).price.usd(_USUAL)
        most = "" if self.budget.usd is None else f"; at most ${self.budget.usd:g}, by the budget"
        given = self.options.model
        name = given if isinstance(given, str) else given["name"]
        return f"language model {name}: about {calls} calls, ${usd:.2g}{most}"

    def close(self) -> None:
        """Let go of connections."""
        if self._model is not None:
            self._model.close()
            self._model = None

    def _pause(self, reason: str) -> None:
        self._silent_until = len(self.history.trials) + _PAUSE * 2**self._failures
        self._failures += 1
        if self._failures == 1:
            log.warning("no language model answered, and the study goes by rules meanwhile: %s", reason)
        self.note("go by rules", reason[:600], by="language model")

    def _enter(self, call: Call) -> None:
        self._emit(Event("called", None, dataclasses.asdict(call)))


def _environment(folder: Path) -> Mapping[str, str]:
    """Return the variables of a file `.env`, with those of the environment over them."""
    told = {name: value for name, value in dotenv_values(folder / ".env").items() if value}
    return told | dict(os.environ)
