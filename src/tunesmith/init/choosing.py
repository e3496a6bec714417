"""Which parameters a draft tunes: about a dozen, the likeliest to matter first; the rest is kept for the user."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..config_files.names import NOT_PLAIN
from ..core.metric_words import is_metric
from ..core.objective import Objective
from ..core.parameters import Choice, Parameter
from ..errors import InputError
from .clauses import holds, in_words
from .draft import Draft
from .metrics import is_loss
from .name_words import option_words
from .ranges import Guess

MOST_TUNED = 12
_FEW = 4
"""With fewer parameters of a known meaning than this, others are tuned, too."""
_LOSS_WORDS = {
    "loss",
    "losses",
    "criterion",
    "recon",
    "kl",
    "aux",
    "auxiliary",
    "pos",
    "mse",
    "mae",
    "bce",
    "ce",
    "huber",
}
_WEIGHTS = {"weight", "weights", "coef", "coeff", "lambda", "beta", "scale", "mse", "mae", "kl", "smoothing"}
_WEIGHT_IN_HELP = re.compile(
    r"\b(?:weight|coefficient|factor|strength) (?:of|for) .*\b(?:loss|term|kl|penalty)\b", re.I
)
_CHOICES = {
    "optimizer", "optimiser", "optim", "opt", "scheduler", "schedule", "sched", "activation", "act", "nonlinearity",
    "norm", "loss", "criterion", "kernel", "penalty", "solver", "booster", "pool", "pooling", "aggregation",
    "augmentation",
}  # fmt: skip
"""Words of choices that may make a better model."""
_IDENTITIES = ("model", "arch", "architecture", "backbone", "network", "net", "algorithm", "algo", "encoder", "decoder")
_LESS_LIKELY = "less likely to matter than the others"
_UNKNOWN = "its name does not say whether it makes a better model"
OF_LOSS = "it changes what the objective measures"
"""Why a loss and its weights are left alone where the objective is a loss."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A value that a draft may tune.

    Args:
        name: The parameter's name.
        value: The present value, or `NOT_PLAIN`.
        guess: The parameter, or the reason to leave it alone.
        importance: How likely it is to matter; 0 if that is unknown.
    """

    name: str
    value: Any
    guess: Guess
    importance: int = 0


def with_parameters(draft: Draft, candidates: Iterable[Candidate]) -> Draft:
    """Return a draft that tunes the likeliest candidates, and keeps the others with the reason."""
    judged = [_judged(_weighed(candidate), draft) for candidate in candidates]
    tunable = [each for each in judged if each.guess.parameter is not None and not each.guess.spare]
    known = sorted((each for each in tunable if each.importance), key=lambda each: -each.importance)
    unknown = [each for each in tunable if not each.importance and not isinstance(each.guess.parameter, Choice)]
    tuned = (known + (unknown if len(known) < _FEW else []))[:MOST_TUNED]
    names = {each.name for each in tuned}
    parameters = {each.name: each.guess.parameter for each in judged if each.guess.parameter is not None}
    reasons: dict[str, str] = {}
    for each in judged:
        if each.name not in names:
            is_plain = each.guess.parameter is not None and not each.guess.spare
            reasons[each.name] = (_LESS_LIKELY if each.importance else _UNKNOWN) if is_plain else each.guess.reason
    return replace(
        draft,
        space={each.name: parameters[each.name] for each in tuned},
        spare={name: parameter for name, parameter in parameters.items() if name not in names},
        skipped=reasons,
        values={each.name: each.value for each in judged if each.value is not NOT_PLAIN},
        remarks={each.name: each.guess.reason for each in tuned if each.guess.reason},
    )


def _weighed(candidate: Candidate) -> Candidate:
    """Return a candidate whose importance, if it is a choice of words, is that of the choices which are known."""
    parameter = candidate.guess.parameter
    if not isinstance(parameter, Choice) or not all(isinstance(option, str) for option in parameter.options):
        return candidate
    known = {*option_words(candidate.name)} & _CHOICES
    return replace(candidate, importance=max(1, candidate.importance) if known else 0)


def _judged(candidate: Candidate, draft: Draft) -> Candidate:
    """Leave a loss and its weights alone where the objective is a loss, which they would change."""
    if candidate.guess.parameter is None or candidate.guess.spare:
        return candidate
    if isinstance(candidate.guess.parameter, Choice) and " ".join(option_words(candidate.name)) in _IDENTITIES:
        return replace(candidate, guess=Guess(candidate.guess.parameter, "it decides what is trained", spare=True))
    if candidate.name in draft.metric_names and is_metric(candidate.name):  # A log tells the learning rate, too.
        return replace(candidate, guess=Guess(candidate.guess.parameter, OF_LOSS, spare=True))
    if not measures_loss(draft.objective):
        return candidate
    parts = {*option_words(candidate.name)}
    is_choice = isinstance(candidate.guess.parameter, Choice) and bool(parts & {"loss", "losses", "criterion"})
    is_weight = bool(parts & _LOSS_WORDS and parts & _WEIGHTS) or {"label", "smoothing"} <= parts
    is_weight = is_weight or _WEIGHT_IN_HELP.search(draft.help.get(candidate.name, "")) is not None
    if not is_choice and not is_weight:
        return candidate
    return replace(candidate, guess=Guess(candidate.guess.parameter, OF_LOSS, spare=True))


def measures_loss(objective: str) -> bool:
    """Tell whether a metric of an objective is a loss; one that cannot be read may be."""
    try:
        metrics = Objective.parse(objective).metrics
    except InputError:
        return True
    return any(is_loss(metric.name) for metric in metrics)


def with_spare(draft: Draft, names: Mapping[str, str]) -> Draft:
    """Return a draft that no longer tunes some parameters, each for a reason.

    What was active with some of their values only is tuned without that condition if the present value meets it, and
    else no longer either.
    """
    kept, unused = dict[str, Parameter](), dict[str, str]()
    for name, parameter in draft.space.items():
        fixed = {parent: clause for parent, clause in (parameter.when or {}).items() if parent in names}
        unmet = [in_words(parent, c) for parent, c in fixed.items() if not holds(c, draft.values.get(parent))]
        when = {parent: clause for parent, clause in (parameter.when or {}).items() if parent not in names}
        if name not in names and unmet:
            unused[name] = unmet[0]
        elif name not in names:
            kept[name] = replace(parameter, when=when or None) if fixed else parameter
    spare = {name: parameter for name, parameter in draft.space.items() if name in names or name in unused}
    draft = replace(draft, space=kept, spare={**draft.spare, **spare}, skipped={**draft.skipped, **names})
    return with_spare(replace(draft, space={**kept, **{n: spare[n] for n in unused}}), unused) if unused else draft
