"""The planner as an adviser of the search: its ideas become advice, and what is refused is noted."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..history.history import History
from ..judges.base import Judge
from ..judges.language_model import LanguageModelJudge
from ..plugins import name_of, resolve
from ..proposers.base import Proposer
from ..proposers.language_model import Advice, LanguageModelProposer
from ..proposers.portfolio import PortfolioProposer
from ..runner.coordinator import focus
from ..text.cleaning import short
from .gateway import ModelGateway

if TYPE_CHECKING:
    from ..approvals.approvals import Approvals
    from ..core.trial import Proposal
    from ..llm.client import ModelClient
    from .roles.model import Model
    from .roles.planner import Idea, Plan
    from .roles.specialist import Suggestion

_BY = "planner"
_IDEAS = 3  # Of one call; the optimiser chooses among them.
_FIRST = 6  # Trials within which the ideas of the first call are used up.
_MOST_CHANGES = 50  # Of one refused idea that are kept in the journal.


class PlannerAdviser:
    """Asks the planner, and the specialists whom the coordinator wants asked, for advice.

    Args:
        gateway: Whom it asks.
        approvals: Puts those ideas to a person that one has to approve; None where none has to be.
    """

    def __init__(self, gateway: ModelGateway, approvals: Approvals | None = None) -> None:
        self.gateway = gateway
        self.approvals = approvals
        self._left: list[Advice] = []
        self._suggested: dict[str, list[Advice]] = {}  # By the specialist's parameter.
        self._asked: set[str] = set()  # The parameters whose specialists were ever asked.
        self._settled_when_asked = -1

    def advise(self, history: History, *, count: int) -> Sequence[Advice]:
        """Return what the specialists suggested, or what was left over, or what the planner thinks of now.

        Several ideas may come for one trial: whoever asks chooses.
        """
        if suggested := self._taken(history):
            return suggested
        if len(history.trials) > _FIRST:  # From then on each call knows more than the one before.
            self._left.clear()
            return self._planned(history, count)
        found = self._left or self._planned(history, max(count, _IDEAS))
        self._left = found[count:]
        return found[:count]

    def ask_specialist(self, parameter: str) -> None:
        """Ask the specialist of one parameter, for the next turn; several may be asked at once."""
        from .roles import specialist

        history, best = self.gateway.history, self._best()

        def prepare() -> Callable[[Model], list[Advice]]:
            question = specialist.question(history, parameter)
            return lambda model: _suggested(specialist.Specialist(model, parameter).answer(question), parameter, best)

        what = _specialist(parameter)
        earlier = self.gateway.answer_to(what)  # Nobody has taken it, and now it would be in the way.
        if found := self.gateway.consult_later(what, prepare) or earlier:
            self._suggested[parameter] = found
        self._asked.add(parameter)

    def refuse(self, advice: Advice, reason: str) -> None:
        """Note in the journal that an idea is not followed."""
        changes = {str(name)[:80]: _short(value) for name, value in list(advice.changes.items())[:_MOST_CHANGES]}
        details = {"step": advice.step, "changes": changes, "advice": advice.reason[:300]}
        said = short(", ".join(f"{name} = {value}" for name, value in changes.items()), 120) or "no change"
        self.gateway.note("refuse", f"advice is not followed: {reason} ({said})", by=_BY, **details)

    def allows(self, advice: Advice, proposal: Proposal) -> bool:
        """Tell whether an idea that holds may be tried now; where a person has to approve it, it is put to them.

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

    def _taken(self, history: History) -> list[Advice]:
        """Return what specialists suggest, once, in the order in which the coordinator wanted them asked."""
        for parameter in self._asked:
            if found := self.gateway.answer_to(_specialist(parameter)):
                self._suggested[parameter] = found
        wanted = [*focus(history).get("prioritise", ()), *sorted(self._suggested)]
        taken = [advice for name in sorted(self._suggested, key=wanted.index) for advice in self._suggested[name]]
        self._suggested.clear()
        return taken

    def _planned(self, history: History, count: int) -> list[Advice]:
        from .roles import planner  # Who only looks at a study does without scikit-learn.
        from .roles.model import Equipped
        from .tools import Analysis

        if not self.gateway.waits_for(_BY):
            if history.settled == self._settled_when_asked:
                return []  # Nothing has been learnt since it was asked.
            self._settled_when_asked = history.settled
        left = self.gateway.trials_left

        def prepare() -> Callable[[ModelClient], tuple[int | None, Plan]]:
            best, question = self._best(), planner.question(history, count=max(count, _IDEAS), trials_left=left)
            tools = Analysis(history.snapshot()).tools if self.gateway.options.tools else ()
            return lambda model: (best, planner.Planner(Equipped(model, tools)).answer(question))

        answer = self.gateway.consult_later(_BY, prepare)
        if answer is None:
            return []
        best, plan = answer
        return [advice for idea in plan.ideas if (advice := self._advice(idea, best)) is not None]

    def _best(self) -> int | None:
        """Return the trial that whoever is asked now knows as the best."""
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
        if fixed := sorted(advice.changes.keys() & set(focus(self.gateway.history).get("freeze", ()))):
            self.refuse(advice, f"the coordinator froze {', '.join(fixed)}.")
            return None
        return advice


def advised(proposer: Proposer, adviser: PlannerAdviser) -> Proposer:
    """Return a proposer that takes the planner's advice.

    Raises:
        InputError: This one takes none.
    """
    if isinstance(proposer, PortfolioProposer):
        taking = resolve("proposers", proposer.adviser or LanguageModelProposer())
        return dataclasses.replace(proposer, adviser=dataclasses.replace(taking, adviser=adviser))
    if isinstance(proposer, LanguageModelProposer):
        return dataclasses.replace(proposer, adviser=adviser)
    raise InputError(
        f"a language model needs a proposer that takes advice, but {name_of(proposer)} takes none. Choose portfolio or "
        "language_model, or leave the model out.",
        keys=("proposer",),
    )


def refereed(judge: Judge, gateway: ModelGateway) -> Judge:
    """Return a judge whose referee is the study's language model, where it is one that has a referee."""
    if not isinstance(judge, LanguageModelJudge):
        return judge
    from .roles.judge import ModelReferee  # Imports scikit-learn, by way of the digest.

    return dataclasses.replace(judge, referee=ModelReferee(gateway))


def _specialist(parameter: str) -> str:
    return f"specialist of {parameter}"


def _suggested(found: Suggestion, parameter: str, best: int | None) -> list[Advice]:
    reason = f"the {_specialist(parameter)}: {' '.join(found.reason.split())[:400]}"
    return [Advice(changes={parameter: v}, parent=best, step="small", reason=reason) for v in found.values]


def _short(value: Any) -> Any:
    """Return what was said in a form that a journal can keep; a model may say a number of a thousand digits."""
    if value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return value if isinstance(value, int) and abs(value) < 2**53 else f"{value!s:.80}"
