"""Intents applied to a draft, each checked as study.toml is; those that fail are reported with the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..core.budget import Budget
from ..core.metric_words import is_maximized, is_of_test_data
from ..core.objective import Direction, Objective
from ..core.schema import build, expect_whole
from ..errors import InputError, nearest
from ..text.cleaning import short
from .draft import Draft
from .intents import Improve, Intent, SelectParameters, SetLimit, SetOptions, SetRange
from .space_edits import with_options, with_range, with_selection

_ORDER = (Improve, SelectParameters, SetOptions, SetRange, SetLimit)
_EXPLANATIONS = {
    "memory_gb": ", of one trial",
    "usd": ", for language models: trials cost none",
    "patience": " trials without a new best",
}


def apply_intents(draft: Draft, intents: Iterable[Intent], *, careful: bool = False) -> Draft:
    """Return a draft with intents applied.

    Args:
        draft: The draft.
        intents: In any order. Two that contradict each other are both refused, and so is a change of a setting that the
            user's own words have decided before (`words` of the draft).
        careful: For a language model's intents: a range must overlap with the drafted one, and be of similar size, and
            an option must be known.

    Returns:
        The draft; `understood` and `not_understood` say what became of each intent.
    """
    ordered = sorted(intents, key=_rank)
    conflicts = _conflicts(ordered)
    settled = frozenset(draft.quotes)
    objective: dict[str, Direction] = {}
    for intent in ordered:
        try:
            if intent in conflicts:
                raise InputError(conflicts[intent])
            if _is_settled(intent, settled):
                raise InputError("it is already settled by your other words.")
            draft = _applied(draft, intent, objective, careful)
        except InputError as error:
            draft = refused(draft, intent.words, error.message)
    return draft


def refused(draft: Draft, phrase: str, reason: str) -> Draft:
    """Return a draft that reports a phrase of the request as having no effect."""
    return replace(draft, not_understood=(*draft.not_understood, f"{_quoted(phrase)}: {short(reason)}"))


def _quoted(phrase: str) -> str:
    return f'"{short(phrase, 100)}"'


def _rank(intent: Intent) -> tuple[float, bool]:
    """Return an intent's rank: a parameter is fixed to one value before a selection leaves the others alone."""
    if isinstance(intent, SetOptions) and len(intent.options) == 1:
        return 0.5, False
    return _ORDER.index(type(intent)), isinstance(intent, SetLimit) and intent.name != "trials"


def _key(intent: Intent) -> str:
    """Return the setting that an intent is about."""
    match intent:
        case Improve():
            return "study.objective"
        case SetLimit(name=name):
            return "search.parallel" if name == "parallel" else f"budget.{name}"
        case SelectParameters(action=action):
            return "space" if action == "only" else f"space.{action}"
        case SetRange(parameter=name) | SetOptions(parameter=name):
            return f"space.{name}"


def _is_settled(intent: Intent, settled: Collection[str]) -> bool:
    """Tell whether the user's own words have decided the setting of an intent before."""
    if isinstance(intent, SelectParameters):
        return "space" in settled or any(f"space.{name}" in settled for name in intent.parameters)
    return _key(intent) in settled


def _conflicts(intents: Sequence[Intent]) -> dict[Intent, str]:
    """Return the intents that contradict others, each with the reason."""
    groups: dict[tuple[str, str], list[Intent]] = {}
    for intent in intents:
        if not isinstance(intent, SelectParameters):
            metric = intent.metric if isinstance(intent, Improve) else ""
            groups.setdefault((_key(intent), metric), []).append(intent)
    conflicts: dict[Intent, str] = {}
    for group in groups.values():
        # None contradicts nothing: a low and a high bound may come from two phrases.
        if all(len(set(values) - {None}) <= 1 for values in zip(*map(_values, group), strict=False)):
            continue
        for intent in group:
            others = [_quoted(other.words) for other in group if _values(other) != _values(intent)]
            conflicts[intent] = f"it contradicts {', '.join(dict.fromkeys(others))}, so neither is taken."
    selections = [intent for intent in intents if isinstance(intent, SelectParameters)]
    tuned = {name for selection in selections if selection.action != "leave" for name in selection.parameters}
    for selection in selections:
        if selection.action == "leave" and (both := tuned.intersection(selection.parameters)):
            conflicts[selection] = f"{', '.join(sorted(both))} cannot be tuned and left alone; it is tuned."
    return conflicts


def _values(intent: Intent) -> tuple[Any, ...]:
    """Return what another intent about the same setting may contradict."""
    match intent:
        case Improve():
            return (_direction(intent),)
        case SetLimit():
            return (intent.value,)
        case SetRange():
            return ("range", intent.low, intent.high)
        case SetOptions():
            return (intent.options,)
        case _:
            return ()


def _direction(intent: Improve) -> Direction:
    return intent.direction or _usual_direction(intent.metric)


def _usual_direction(metric: str) -> Direction:
    return "maximize" if is_maximized(metric) else "minimize"


def _applied(draft: Draft, intent: Intent, objective: dict[str, Direction], careful: bool) -> Draft:
    """Apply one intent, and note its effect; `objective` collects the metrics of a Pareto front."""
    match intent:
        case Improve():
            draft, effect = _with_metric(draft, intent, objective)
        case SetLimit():
            draft, effect = _with_limit(draft, intent)
        case SelectParameters():
            draft, effect = with_selection(draft, intent.parameters, intent.action)
        case SetOptions():
            draft, effect = with_options(draft, intent.parameter, intent.options, careful=careful)
        case SetRange():
            draft, effect = with_range(draft, intent.parameter, intent.low, intent.high, careful=careful)
    key = _key(intent)
    phrases = dict.fromkeys(phrase for phrase in (draft.quotes.get(key), intent.words) if phrase is not None)
    understood = (*draft.understood, f"{_quoted(intent.words)}: {effect}")
    return replace(draft, quotes={**draft.quotes, key: "; ".join(phrases)}, understood=understood)


def _with_metric(draft: Draft, intent: Improve, objective: dict[str, Direction]) -> tuple[Draft, str]:
    known = draft.metric_names
    if intent.metric not in known and draft.script is not None:
        metrics = f"It has: {', '.join(known[:10])}." if known else "None was found in it."
        raise InputError(
            f"the script has no metric '{intent.metric}'.{nearest(intent.metric, known)} {metrics} The objective stays "
            f"'{draft.objective}'; --objective sets any other."
        )
    direction = objective[intent.metric] = _direction(intent)
    text = str(Objective.parse(", ".join(f"{way} {metric}" for metric, way in objective.items())))
    effect = f"objective = {text}"
    if direction != _usual_direction(intent.metric):
        effect += ", as you say, although its name suggests the opposite direction"
    if is_of_test_data(intent.metric):
        effect += "; tuning on test data leaves none to measure the result on"
    return replace(draft, objective=text), effect


def _with_limit(draft: Draft, intent: SetLimit) -> tuple[Draft, str]:
    value = int(intent.value) if intent.value.is_integer() else intent.value
    effect = f"{intent.name} = {value:g}{_EXPLANATIONS.get(intent.name, '')}"
    if intent.name == "parallel":
        return replace(draft, search={**draft.search, "parallel": expect_whole(value, 1, "parallel")}), effect
    if intent.name == "target":
        effect += f" of {Objective.parse(draft.objective).primary.name}"
    budget = build(Budget, {**draft.budget, intent.name: value}).to_table()
    if intent.name == "minutes" and "budget.trials" not in draft.quotes and budget.pop("trials", None):
        effect += ", without a limit of trials"
    return replace(draft, budget=budget), effect
