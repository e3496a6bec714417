"""A language model as an adviser of the search: asked for ideas, within its budget, and left alone where it fails."""

from __future__ import annotations

import dataclasses
import logging
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dotenv import dotenv_values

from ..budget import Budget
from ..errors import InputError, MissingToken, NoAnswer
from ..history import History
from ..journal.base import Event
from ..llm.endpoints import endpoint_from
from ..llm.language_model import LanguageModel
from ..llm.options import ModelOptions
from ..llm.prices import Usage
from ..llm.purse import Purse, day_book
from ..plugins import name_of
from ..proposers.base import Proposer
from ..proposers.language_model import Advice, LanguageModelProposer
from ..proposers.portfolio import PortfolioProposer
from ..spending import Call

if TYPE_CHECKING:
    from .roles.planner import Idea
log = logging.getLogger(__name__)

ROLE = "planner"
_USUAL = Usage(input_tokens=3500, output_tokens=1000)  # Of one call.
_UNKNOWN_TRIALS = 100  # Where the budget sets no limit.
_IDEAS = 3  # Of one call; the optimiser chooses among them.
_PAUSE = 5  # Trials for which nobody is asked after a failure; twice as many after the next.
_MOST_CHANGES = 50  # Of one refused idea that are kept in the journal.


class ModelAdviser:
    """Asks the planner, and notes in the journal what was asked, what it cost and what was refused.

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
        self._history = history
        self._emit = emit
        self._budget = budget
        self._folder = folder
        self._model: LanguageModel | None = None
        self._kept: list[Advice] = []
        self._failures = 0
        self._silent_until = 0.0

    @property
    def model(self) -> LanguageModel | None:
        """Whom any role may ask, connected; None where there is no token.

        Raises:
            InputError: As for `connect`.
        """
        self.connect()
        return self._model

    def connect(self) -> None:
        """Make the model ready; where a token is not there, the study goes by rules, with a warning.

        Raises:
            InputError: An address or a price is not known, or a recording cannot be read.
        """
        if self._model is not None or self._silent_until == float("inf"):
            return
        purse = Purse(self.options.limits(self._budget.usd), lambda: self._history.ledger.total, day_book())
        try:
            self._model = self.options.connect(_environment(self._folder), purse=purse, enter=self._enter)
        except MissingToken as error:
            log.warning("no language model is asked, and the study goes by rules: %s", error.message)
            self._silent_until = float("inf")

    def advise(self, history: History, *, count: int) -> Sequence[Advice]:
        """Return what the planner thinks of: up to `count` ideas that were left over, or new ones."""
        if not self._kept:
            self._kept = self._planned(history, max(count, _IDEAS))
            if len(history.trials) > _IDEAS:  # Later on each call knows more than the one before, so nothing is kept.
                found, self._kept = self._kept, []
                return found
        found, self._kept = self._kept[:count], self._kept[count:]
        return found

    def refuse(self, advice: Advice, reason: str) -> None:
        """Note in the journal that an idea is not followed."""
        changes = {str(name)[:80]: _short(value) for name, value in list(advice.changes.items())[:_MOST_CHANGES]}
        told = {"action": "refuse", "reason": f"advice is not followed: {reason}", "by": ROLE, "step": advice.step}
        self._emit(Event("decided", None, told | {"changes": changes, "advice": advice.reason[:300]}))

    def estimate(self) -> str:
        """Return in words what the study's calls will come to, before any is made.

        Raises:
            InputError: An address or a price is not known.
        """
        trials = self._budget.trials
        calls = math.ceil(1 + 0.15 * (_UNKNOWN_TRIALS if trials is None else trials))
        usd = calls * endpoint_from(self.options.model, _environment(self._folder), needs_token=False).price.usd(_USUAL)
        most = "" if self._budget.usd is None else f"; at most ${self._budget.usd:g}, by the budget"
        given = self.options.model
        name = given if isinstance(given, str) else given["name"]
        return f"language model {name}: about {calls} calls, ${usd:.2g}{most}"

    def close(self) -> None:
        """Let go of connections."""
        if self._model is not None:
            self._model.close()
            self._model = None

    def _planned(self, history: History, count: int) -> list[Advice]:
        if len(history.trials) < self._silent_until:
            return []
        self.connect()
        if self._model is None:
            return []
        from .roles.planner import Planner  # Who only looks at a study does without scikit-learn.

        left = None if self._budget.trials is None else self._budget.trials - len(history.trials)
        try:
            plan = Planner(self._model).plan(history, count=count, trials_left=left)
        except NoAnswer as error:
            self._pause(history, str(error))
            return []
        self._failures = 0
        return [advice for idea in plan.ideas if (advice := self._advice(idea)) is not None]

    def _advice(self, idea: Idea) -> Advice | None:
        expected = idea.expected if idea.expected is not None and abs(idea.expected) < float("inf") else None
        advice = Advice(
            changes={change.parameter: change.value for change in idea.changes},
            parent=idea.parent,
            step=idea.step,
            reason=" ".join(idea.reason.split())[:500] or "no reason was given.",
            expectation=expected,
        )
        if idea.step == "stop":
            self.refuse(advice, "a study ends by its budget, its target or its patience.")
            return None
        return advice

    def _pause(self, history: History, reason: str) -> None:
        self._silent_until = len(history.trials) + _PAUSE * 2**self._failures
        self._failures += 1
        if self._failures == 1:
            log.warning("no language model answered, and the study goes by rules meanwhile: %s", reason)
        self._emit(Event("decided", None, {"action": "go by rules", "reason": reason[:600]}))

    def _enter(self, call: Call) -> None:
        self._emit(Event("called", None, dataclasses.asdict(call)))


def advised(proposer: Proposer, adviser: ModelAdviser) -> Proposer:
    """Return a proposer that takes the advice.

    Raises:
        InputError: This one takes none.
    """
    if isinstance(proposer, PortfolioProposer):
        return dataclasses.replace(proposer, adviser=LanguageModelProposer(adviser=adviser))
    if isinstance(proposer, LanguageModelProposer):
        return dataclasses.replace(proposer, adviser=adviser)
    raise InputError(
        f"a language model needs a proposer that takes advice, but {name_of(proposer)} takes none. Choose portfolio or "
        "language_model, or leave the model out.",
        keys=("proposer",),
    )


def _environment(folder: Path) -> Mapping[str, str]:
    """Return the variables of a file `.env`, with those of the environment over them."""
    told = {name: value for name, value in dotenv_values(folder / ".env").items() if value}
    return told | dict(os.environ)


def _short(value: Any) -> Any:
    return value[:80] if isinstance(value, str) else value
