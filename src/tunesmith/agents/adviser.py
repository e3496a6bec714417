"""The planner as an adviser of the search: its ideas become advice, and refused ideas are journaled."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..history.history import History
from ..journal.events import AdviceRefused
from ..judges.base import Judge
from ..judges.language_model import LanguageModelJudge
from ..plugins import name_of, resolve
from ..proposers.base import Proposer
from ..proposers.language_model import Advice, LanguageModelProposer
from ..proposers.ordered import OrderedProposer
from ..proposers.portfolio import PortfolioProposer
from ..text.cleaning import short
from .gateway import ModelGateway
from .roles.model import Model, ask

if TYPE_CHECKING:
    from ..approvals.approvals import Approvals
    from ..core.trial import Proposal
    from .roles.planner import Idea, Plan
    from .roles.specialist import Suggestion
    from .tool_results import Tool, ToolResults

_BY = "planner"
_IDEAS = 3  # Ideas per call, among which the proposer chooses.
_FIRST_TRIALS = 6  # Trials in which leftover ideas of the first call are used.
_MAX_CHANGES = 50  # Changes of a refused idea kept in the journal.


class PlannerAdviser:
    """Asks the planner for advice, and the specialists that the coordinator selects.

    Args:
        gateway: The study's language model.
        approvals: Asks a person about ideas that need approval; None where none do.

    Attributes:
        about: What is known beside the trials, as the findings about a table; part of every question.
        first_question: Asks the model once when the study begins to run, in a thread of its own, and keeps the answer.
        more_tools: Returns tools that the planner may call besides those that read the history, as those of a table.
    """

    def __init__(self, gateway: ModelGateway, approvals: Approvals | None = None) -> None:
        self.gateway = gateway
        self.approvals = approvals
        self.about = ""
        self.first_question: Callable[[Model], None] | None = None
        self.more_tools: Callable[[ToolResults], Sequence[Tool]] = lambda results: ()
        self._leftover: list[Advice] = []
        self._suggestions: dict[str, list[Advice]] = {}  # By the specialist's parameter.
        self._specialists: set[str] = set()  # Parameters whose specialist was ever asked.
        self._settled_when_asked = -1

    def advise(self, history: History, *, count: int) -> Sequence[Advice]:
        """Return the specialists' suggestions, leftover ideas, or the planner's new ideas.

        There may be more than `count`; the proposer chooses.
        """
        if suggestions := self._take_suggestions(history):
            return suggestions
        if len(history.trials) > _FIRST_TRIALS:  # From then on each new call knows more than leftover ideas.
            self._leftover.clear()
            return self._plan(history, count)
        ideas = self._leftover or self._plan(history, max(count, _IDEAS))
        self._leftover = ideas[count:]
        return ideas[:count]

    def open(self, *, concurrent: bool, should_cancel: Callable[[], bool]) -> None:
        """Get ready for a running study; see `runner.base.Adviser`.

        Raises:
            InputError: The model's settings are wrong.
        """
        self.gateway.concurrent = concurrent
        self.gateway.should_cancel = should_cancel
        _ = self.gateway.model  # Connects, so that wrong settings are reported before anything runs.
        if (question := self.first_question) is not None:
            self.first_question = None
            self.gateway.ask_in_background("first question", lambda: question)

    def cancel(self) -> None:
        """Cancel pending requests, and make no new ones."""
        self.gateway.cancel()

    def close(self) -> None:
        """Journal the cost of the last calls and close all connections."""
        self.gateway.close()

    def ask_specialist(self, parameter: str) -> None:
        """Ask the specialist of a parameter for the next turn; several threads may ask at once."""
        from .roles import specialist

        history, best = self.gateway.history, self._best_number()

        def prepare() -> Callable[[Model], list[Advice]]:
            question = specialist.question(history, parameter)
            answer = specialist.Suggestion
            return lambda model: _advice_from(ask(model, "specialist", question, answer), parameter, best)

        topic = _topic(parameter)
        earlier = self.gateway.take_answer(topic)  # An answer that was not used would block the new question.
        if advice := self.gateway.ask(topic, prepare) or earlier:
            self._suggestions[parameter] = advice
        self._specialists.add(parameter)

    def refuse(self, advice: Advice, reason: str) -> None:
        """Journal that an idea is refused."""
        changes = {str(name)[:80]: _bounded(value) for name, value in list(advice.changes.items())[:_MAX_CHANGES]}
        listed = short(", ".join(f"{name} = {value}" for name, value in changes.items()), 120) or "no change"
        self.gateway.emit(
            AdviceRefused(
                reason=f"advice is not followed: {reason} ({listed})",
                by=_BY,
                step=advice.step,
                changes=changes,
                advice=advice.reason[:300],
            )
        )

    def allows(self, advice: Advice, proposal: Proposal) -> bool:
        """Tell whether valid advice may be tried now; ask a person where it needs approval.

        Raises:
            ApprovalPending: One trial runs at a time, and the study waits for the answer.
        """
        if self.approvals is None or not self.approvals.needs(advice.step):
            return True
        if fault := self.approvals.fault(proposal.parameters):
            self.refuse(advice, fault)
        else:
            self.approvals.ask(proposal, advice.step, by=_BY)
        return False

    def _take_suggestions(self, history: History) -> list[Advice]:
        """Return the specialists' suggestions, each once, in the coordinator's order."""
        for parameter in self._specialists:
            if advice := self.gateway.take_answer(_topic(parameter)):
                self._suggestions[parameter] = advice
        prioritised = () if history.focus is None else history.focus.prioritise
        order = [*prioritised, *sorted(self._suggestions)]
        taken = [advice for name in sorted(self._suggestions, key=order.index) for advice in self._suggestions[name]]
        self._suggestions.clear()
        return taken

    def _plan(self, history: History, count: int) -> list[Advice]:
        from .roles import planner  # Imports scikit-learn, which commands that only read a study do without.
        from .tool_results import ToolResults
        from .tools import Analysis

        if not self.gateway.is_pending(_BY):
            if history.settled == self._settled_when_asked:
                return []  # No trial has ended since the last call.
            self._settled_when_asked = history.settled
        left = self.gateway.trials_left

        def prepare() -> Callable[[Model], tuple[int | None, Plan]]:
            best = self._best_number()
            question = planner.question(history, count=max(count, _IDEAS), trials_left=left, about=self.about)
            results = ToolResults()
            tools = [*Analysis(history.snapshot(), results).tools, *self.more_tools(results)]
            tools = tools if self.gateway.options.tools else []
            return lambda model: (best, ask(model, _BY, question, planner.Plan, tools))

        answer = self.gateway.ask(_BY, prepare)
        if answer is None:
            return []
        best, plan = answer
        return [advice for idea in plan.ideas if (advice := self._advice(idea, best)) is not None]

    def _best_number(self) -> int | None:
        """Return the best trial's number at the time of a question."""
        best = self.gateway.history.best
        return None if best is None else best.number

    def _advice(self, idea: Idea, best: int | None) -> Advice | None:
        expected = idea.expected if idea.expected is not None and abs(idea.expected) < float("inf") else None
        advice = Advice(
            changes={change.parameter: change.value for change in idea.changes},
            parent=best if idea.parent is None else idea.parent,
            step=idea.step,
            reason=" ".join(idea.reason.split())[:500] or "no reason was given.",
            expectation=expected,
        )
        if idea.step == "stop":
            self.refuse(advice, "a study ends by its budget, its target or its patience.")
            return None
        focus = self.gateway.history.focus
        if focus is not None and (frozen := sorted(advice.changes.keys() & set(focus.freeze))):
            self.refuse(advice, f"the coordinator froze {', '.join(frozen)}.")
            return None
        return advice


def with_adviser(proposer: Proposer, adviser: PlannerAdviser) -> Proposer:
    """Return the proposer with an adviser.

    Raises:
        InputError: This proposer takes no advice.
    """
    if isinstance(proposer, PortfolioProposer):
        member = resolve("proposers", proposer.adviser or LanguageModelProposer())
        return dataclasses.replace(proposer, adviser=dataclasses.replace(member, adviser=adviser))
    if isinstance(proposer, LanguageModelProposer):
        return dataclasses.replace(proposer, adviser=adviser)
    if isinstance(proposer, OrderedProposer):
        return dataclasses.replace(proposer, then=with_adviser(resolve("proposers", proposer.then), adviser))
    raise InputError(
        f"a language model needs a proposer that takes advice, but {name_of(proposer)} takes none. Choose portfolio or "
        "language_model, or leave the model out.",
        keys=("proposer",),
    )


def with_reviewer(judge: Judge, gateway: ModelGateway) -> Judge:
    """Return the judge with the study's language model as its reviewer, if it has one."""
    if not isinstance(judge, LanguageModelJudge):
        return judge
    from .roles.judge import ModelReviewer  # Imports scikit-learn, through the summary.

    return dataclasses.replace(judge, reviewer=ModelReviewer(gateway))


def _topic(parameter: str) -> str:
    return f"specialist of {parameter}"


def _advice_from(suggestion: Suggestion, parameter: str, best: int | None) -> list[Advice]:
    reason = f"the {_topic(parameter)}: {' '.join(suggestion.reason.split())[:400]}"
    values = suggestion.values
    return [Advice(changes={parameter: value}, parent=best, step="small", reason=reason) for value in values]


def _bounded(value: Any) -> Any:
    """Return a value of bounded size for the journal; a model may give a number of a thousand digits."""
    if value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return value if isinstance(value, int) and abs(value) < 2**53 else f"{value!s:.80}"
