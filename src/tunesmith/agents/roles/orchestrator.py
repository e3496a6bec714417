"""The orchestrator: from what is weak in a model to the next trials, by rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...core.trial import Proposal, Trial, Value
from ...diagnosis.diagnosis import Action, Diagnosis
from ...history.history import History
from ...text.cleaning import short

_BY = "orchestrator"
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
    """Proposes what to try next, because of what is weak in the best model.

    Its proposals are trials like any other: valid in the space, new, and credited to `orchestrator`. What only a person
    can do, such as collecting rows, is left to the person.
    """

    def propose(self, history: History, diagnoses: Sequence[Diagnosis], *, count: int = 4) -> list[Proposal]:
        """Return proposals, those against the most severe weakness first.

        Args:
            history: The history of a fit's study.
            diagnoses: The weaknesses of the model, the most severe first, as `FitResult.diagnose` returns them.
            count: The most proposals.
        """
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
                        proposals.append(
                            Proposal(parameters=parameters, proposer=_BY, reason=reason, parent=best.number)
                        )
        return proposals[:count]


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
