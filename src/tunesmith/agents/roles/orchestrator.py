"""The orchestrator: from what is weak in a model to the next trials."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from ...core.trial import Proposal, Trial, Value
from ...diagnosis.diagnosis import Action, Diagnosis
from ...errors import ModelUnavailable
from ...history.history import History
from ...proposers.language_model import Advice, AdviceRejected, configuration
from ...text.cleaning import plain, short
from .model import Model, ask, unanswered
from .planner import Idea, Plan

_ROLE = "orchestrator"
_BY, _BY_MODEL = "orchestrator", "model_orchestrator"
_MOST_DIAGNOSES = 8
_MOST_WORDS = 2000  # Characters of what is known of the table.
_SHIFT = 0.2  # Of a parameter's range, in its own scale.
_CAPACITY: Mapping[str, int] = {
    "num_leaves": 1,
    "max_leaf_nodes": 1,
    "depth": 1,
    "max_depth": 1,
    "width": 1,
    "sharpness": 1,
    "min_data_in_leaf": -1,
    "min_samples_leaf": -1,
    "min_child_weight": -1,
    "neighbors": -1,
    "lambda_l1": -1,
    "lambda_l2": -1,
    "l2_leaf_reg": -1,
    "l2_regularization": -1,
    "reg_alpha": -1,
    "reg_lambda": -1,
    "strength": -1,
    "dropout": -1,
    "weight_decay": -1,
}
"""Parameters of families whose larger values give a model more capacity, or less."""
_DIRECTIONS: Mapping[Action, int] = {"more_capacity": 1, "raise_regularisation": -1}


class Orchestrator:
    """Proposes what to try next, because of what is weak in the best model; by rules, where there is no language model.

    Its proposals are trials like any other: valid in the space, new, and credited, those of the rules to
    `orchestrator`, those of a language model to `model_orchestrator`. What only a person can do, such as collecting
    rows, is left to the person.

    Args:
        model: The language model; None for rules alone.

    Attributes:
        refused: What the last answer of the language model proposed that is not followed, and why.
    """

    def __init__(self, model: Model | None = None) -> None:
        self.model = model
        self.refused: tuple[str, ...] = ()

    def propose(
        self, history: History, diagnoses: Sequence[Diagnosis], *, count: int = 4, about: str = ""
    ) -> list[Proposal]:
        """Return proposals, those against the most severe weakness first; a language model's before those of the rules.

        Args:
            history: The history of a fit's study.
            diagnoses: The weaknesses of the model, the most severe first, as `FitResult.diagnose` returns them.
            count: The most proposals.
            about: What else a language model should know, as the digest of an analysis.
        """
        by_rules = _by_rules(history, diagnoses)
        self.refused = ()
        if self.model is None or history.best is None:
            return by_rules[:count]
        try:
            plan = ask(self.model, _ROLE, _question(history, diagnoses, by_rules, count, about), Plan)
        except ModelUnavailable as error:
            self.refused = (unanswered(error),)
            return by_rules[:count]
        proposals: list[Proposal] = []
        for idea in plan.ideas:
            try:
                proposal = _proposal(history, idea)
                if any(proposal.parameters == earlier.parameters for earlier in proposals):
                    raise AdviceRejected("it is the same as another idea.")
            except AdviceRejected as error:
                self.refused += (f"{short(error, 200)} ({short(idea.reason, 120)})",)
            else:
                proposals.append(proposal)
        tried = [proposal.parameters for proposal in proposals]
        return [*proposals, *(one for one in by_rules if one.parameters not in tried)][:count]


def _by_rules(history: History, diagnoses: Sequence[Diagnosis]) -> list[Proposal]:
    """Return the proposals of the rules: the action of each remedy, carried out on the best configuration."""
    best = history.best
    proposals: list[Proposal] = []
    if best is None:
        return proposals
    for diagnosis in diagnoses:
        for action in diagnosis.actions:
            for parameters in _changed(history, best, action):
                valid = history.space.fault(parameters) is None and not history.has_tried(parameters)
                if valid and all(parameters != earlier.parameters for earlier in proposals):
                    reason = f"{action}, because of what was diagnosed: {short(diagnosis.text, 200)}"
                    proposals.append(Proposal(parameters=parameters, proposer=_BY, reason=reason, parent=best.number))
    return proposals


def _proposal(history: History, idea: Idea) -> Proposal:
    """Return what a language model proposes.

    Raises:
        AdviceRejected: It is not valid, or was tried before.
    """
    if idea.step == "stop":
        raise AdviceRejected("a study ends by its budget, its target or its patience.")
    best = history.best
    parent = idea.parent if idea.parent is not None or best is None else best.number
    advice = Advice(
        changes={change.parameter: change.value for change in idea.changes},
        parent=parent,
        step=idea.step,
        reason=short(idea.reason, 500) or "no reason was given.",
    )
    return Proposal(
        parameters=configuration(history, advice), proposer=_BY_MODEL, reason=advice.reason, parent=advice.parent
    )


def _question(
    history: History, diagnoses: Sequence[Diagnosis], by_rules: Sequence[Proposal], count: int, about: str
) -> str:
    from ..study_summary import StudySummary  # Imports scikit-learn, which a study by rules does without.

    told = {
        "weaknesses": [
            {
                "kind": diagnosis.kind,
                "severity": diagnosis.severity,
                "what": short(diagnosis.text),
                "remedy": short(diagnosis.remedy),
                "actions": list(diagnosis.actions),
            }
            for diagnosis in diagnoses[:_MOST_DIAGNOSES]
        ],
        "proposed_by_rules": [dict(proposal.parameters) for proposal in by_rules[:count]],
        "about_the_table": plain(about, _MOST_WORDS),
    }
    return f"{StudySummary(history)}\n{json.dumps(told, ensure_ascii=False, default=str)}\n\nGive {count} ideas."


def _changed(history: History, best: Trial, action: Action) -> Iterator[dict[str, Value]]:
    """Yield the configurations that an action asks for; nothing for an action that no trial can carry out."""
    if action.startswith("recipe:"):
        yield {**best.parameters, "recipe": action.removeprefix("recipe:")}
    if (direction := _DIRECTIONS.get(action)) is None:
        return
    shifted = dict(best.parameters)
    for name, value in best.parameters.items():
        if sign := _CAPACITY.get(name.rpartition(".")[2], 0):
            kind = history.space.parameters[name]
            shifted[name] = kind.from_unit(min(max(kind.to_unit(value) + direction * sign * _SHIFT, 0.0), 1.0))
    yield shifted
