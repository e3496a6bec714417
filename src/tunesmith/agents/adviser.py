"""The planner as an adviser of the search: its ideas become advice, and what is refused is noted."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..history import History
from ..judges.base import Judge
from ..judges.language_model import LanguageModelJudge
from ..plugins import name_of
from ..proposers.base import Proposer
from ..proposers.language_model import Advice, LanguageModelProposer
from ..proposers.portfolio import PortfolioProposer
from .consultant import Consultant

if TYPE_CHECKING:
    from .roles.planner import Idea

_BY = "planner"
_IDEAS = 3  # Of one call; the optimiser chooses among them.
_MOST_CHANGES = 50  # Of one refused idea that are kept in the journal.


class PlannerAdviser:
    """Asks the planner for advice.

    Args:
        consultant: Whom it asks.
    """

    def __init__(self, consultant: Consultant) -> None:
        self.consultant = consultant
        self._kept: list[Advice] = []

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
        details = {"step": advice.step, "changes": changes, "advice": advice.reason[:300]}
        self.consultant.note("refuse", f"advice is not followed: {reason}", by=_BY, **details)

    def _planned(self, history: History, count: int) -> list[Advice]:
        from .roles.planner import Planner  # Who only looks at a study does without scikit-learn.

        left = self.consultant.trials_left
        plan = self.consultant.consult(lambda model: Planner(model).plan(history, count=count, trials_left=left))
        ideas = [] if plan is None else plan.ideas
        return [advice for idea in ideas if (advice := self._advice(idea)) is not None]

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
        if fixed := sorted(_frozen(self.consultant.history) & advice.changes.keys()):
            self.refuse(advice, f"the coordinator froze {', '.join(fixed)}.")
            return None
        return advice


def advised(proposer: Proposer, consultant: Consultant) -> Proposer:
    """Return a proposer that takes the planner's advice.

    Raises:
        InputError: This one takes none.
    """
    adviser = PlannerAdviser(consultant)
    if isinstance(proposer, PortfolioProposer):
        return dataclasses.replace(proposer, adviser=LanguageModelProposer(adviser=adviser))
    if isinstance(proposer, LanguageModelProposer):
        return dataclasses.replace(proposer, adviser=adviser)
    raise InputError(
        f"a language model needs a proposer that takes advice, but {name_of(proposer)} takes none. Choose portfolio or "
        "language_model, or leave the model out.",
        keys=("proposer",),
    )


def refereed(judge: Judge, consultant: Consultant) -> Judge:
    """Return a judge whose referee is the study's language model, where it is one that has a referee."""
    if not isinstance(judge, LanguageModelJudge):
        return judge
    from .roles.judge import ModelReferee  # Imports scikit-learn, by way of the digest.

    return dataclasses.replace(judge, referee=ModelReferee(consultant))


def _frozen(history: History) -> set[str]:
    """Return the parameters that the coordinator froze last."""
    said = [event.data for event in history.decisions if event.data.get("action") == "focus"]
    return set(said[-1].get("freeze", ())) if said else set()


def _short(value: Any) -> Any:
    return value[:80] if isinstance(value, str) else value
