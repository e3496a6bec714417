"""Wishes granted to a draft, each checked as a study.toml would be; what cannot be granted is told, with the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..core.budget import Budget
from ..core.objective import Direction, Objective
from ..core.schema import build, expect_whole
from ..errors import InputError, nearest
from ..text.cleaning import short
from .choosing import with_options, with_range, with_selection
from .drafts import Draft
from .metrics import is_maximized, is_of_test_data
from .wishes import Aim, EarlyStopping, Intent, Limit, Options, Range, Selection

_PRUNER = "hyperband"
_ORDER = (Aim, Selection, Options, Range, Limit, EarlyStopping)
_MEANING = {
    "memory_gb": ", of one trial",
    "usd": ", for language models: trials cost none",
    "patience": " trials without a new best",
}


def apply_intents(draft: Draft, wishes: Iterable[Intent], *, careful: bool = False) -> Draft:
    """Return a draft with what is wanted.

    Args:
        draft: As it is.
        wishes: In any order. Two that contradict each other are both refused, and so is what changes a setting that the
            user decided before (`words` of the draft).
        careful: For wishes of a language model: a range must have something in common with the one that was drafted,
            and an option must be known.

    Returns:
        The draft; `understood` and `not_understood` say what became of each wish.
    """
    listed = sorted(wishes, key=_place)
    clashes = _clashes(listed)
    settled = frozenset(draft.words)
    aims: dict[str, Direction] = {}
    for wish in listed:
        try:
            if wish in clashes:
                raise InputError(clashes[wish])
            if _is_settled(wish, settled):
                raise InputError("that is settled already by what you said elsewhere.")
            draft = _with(draft, wish, aims, careful)
        except InputError as error:
            draft = refused(draft, wish.words, error.message)
    return draft


def refused(draft: Draft, phrase: str, reason: str) -> Draft:
    """Return a draft that tells of a phrase that came to nothing."""
    return replace(draft, not_understood=(*draft.not_understood, f"{_quoted(phrase)}: {short(reason)}"))


def _quoted(phrase: str) -> str:
    """Return a phrase of a request as it is shown: one line, not long, in quotation marks."""
    return f'"{short(phrase, 100)}"'


def _place(wish: Intent) -> tuple[float, bool]:
    """Return a wish's place in the order: what keeps a parameter at one value goes before what leaves others alone."""
    if (isinstance(wish, Limit) and wish.name == "target") or (isinstance(wish, Options) and len(wish.options) == 1):
        return 0.5, False
    return _ORDER.index(type(wish)), isinstance(wish, Limit) and wish.name != "trials"


def _key(wish: Intent) -> str:
    """Return which setting a wish is about."""
    match wish:
        case Aim():
            return "study.objective"
        case Limit(name=name):
            return "search.parallel" if name == "parallel" else f"budget.{name}"
        case Selection(action=action):
            return "space" if action == "only" else f"space.{action}"
        case Range(parameter=name) | Options(parameter=name):
            return f"space.{name}"
        case EarlyStopping():
            return "search.pruner"


def _is_settled(wish: Intent, settled: Collection[str]) -> bool:
    """Tell whether the user's own words have decided already what a wish is about."""
    if isinstance(wish, Selection):
        return "space" in settled or any(f"space.{name}" in settled for name in wish.parameters)
    return _key(wish) in settled


def _clashes(wishes: Sequence[Intent]) -> dict[Intent, str]:
    """Return the wishes that cannot all hold, each with the reason."""
    groups: dict[tuple[str, str], list[Intent]] = {}
    for wish in wishes:
        if not isinstance(wish, Selection | EarlyStopping):
            groups.setdefault((_key(wish), wish.metric if isinstance(wish, Aim) else ""), []).append(wish)
    clashes: dict[Intent, str] = {}
    for group in groups.values():
        # Two of a kind agree where neither says what the other denies: low and high bounds may be said apart.
        if all(len(set(said) - {None}) <= 1 for said in zip(*map(_said, group), strict=False)):
            continue
        for wish in group:
            others = [_quoted(other.words) for other in group if replace(other, words="") != replace(wish, words="")]
            clashes[wish] = f"it contradicts {', '.join(dict.fromkeys(others))}, so neither is taken."
    tuned = {
        name for wish in wishes if isinstance(wish, Selection) and wish.action != "leave" for name in wish.parameters
    }
    for wish in wishes:
        if isinstance(wish, Selection) and wish.action == "leave" and (both := tuned.intersection(wish.parameters)):
            clashes[wish] = f"{', '.join(sorted(both))} cannot be tuned and left alone; it is tuned."
    return clashes


def _said(wish: Intent) -> tuple[Any, ...]:
    """Return the values of a wish that another one about the same setting may contradict."""
    match wish:
        case Aim():
            return (_direction(wish),)
        case Limit():
            return (wish.value,)
        case Range():
            return ("range", wish.low, wish.high)
        case Options():
            return (wish.options,)
        case _:
            return ()


def _direction(aim: Aim) -> Direction:
    return aim.direction or _usual(aim.metric)


def _usual(metric: str) -> Direction:
    return "maximize" if is_maximized(metric) else "minimize"


def _with(draft: Draft, wish: Intent, aims: dict[str, Direction], careful: bool) -> Draft:
    """Grant a wish, and tell what became of it; `aims` collects the metrics of a Pareto front."""
    match wish:
        case Aim():
            draft, told = _with_aim(draft, wish, aims)
        case Limit(name="target"):
            draft, told = _with_target(draft, wish)
        case Limit():
            draft, told = _with_limit(draft, wish)
        case Selection():
            draft, told = with_selection(draft, wish.parameters, wish.action)
        case Options():
            draft, told = with_options(draft, wish.parameter, wish.options, careful=careful)
        case Range():
            draft, told = with_range(draft, wish.parameter, wish.low, wish.high, careful=careful)
        case EarlyStopping():
            if not draft.reports:
                raise InputError(
                    "the script appends nothing to reports.jsonl, so that nothing is known of a trial before its end."
                )
            draft, told = replace(draft, search={**draft.search, "pruner": _PRUNER}), f"pruner = {_PRUNER}"
    return _noted(draft, wish, told)


def _noted(draft: Draft, wish: Intent, told: str) -> Draft:
    key = _key(wish)
    phrases = dict.fromkeys(phrase for phrase in (draft.words.get(key), wish.words) if phrase is not None)
    understood = (*draft.understood, f"{_quoted(wish.words)}: {told}")
    return replace(draft, words={**draft.words, key: "; ".join(phrases)}, understood=understood)


def _with_aim(draft: Draft, wish: Aim, aims: dict[str, Direction]) -> tuple[Draft, str]:
    known = draft.measured
    if wish.metric not in known and draft.script is not None:
        found = f"Found there: {', '.join(known[:10])}." if known else "None was found there."
        raise InputError(
            f"the script knows no metric '{wish.metric}'.{nearest(wish.metric, known)} {found} The objective stays "
            f"'{draft.objective}'; --objective sets any other."
        )
    direction = aims[wish.metric] = _direction(wish)
    objective = str(Objective.parse(", ".join(f"{way} {metric}" for metric, way in aims.items())))
    told = f"objective = {objective}"
    if direction != _usual(wish.metric):
        told += ", as you say, though its name sounds as if the other way were better"
    if is_of_test_data(wish.metric):
        told += "; what is tuned on the test data has nothing left to be measured by"
    return replace(draft, objective=objective), told


def _with_target(draft: Draft, wish: Limit) -> tuple[Draft, str]:
    primary = Objective.parse(draft.objective).primary
    if wish.metric is not None and wish.metric != primary.name:
        if "study.objective" in draft.words:
            raise InputError(f"a target is one of the objective's first metric, {primary.name}.")
        aim = Aim(metric=wish.metric, words=wish.words)
        draft = _with(draft, aim, {}, careful=False)
        primary = Objective.parse(draft.objective).primary
    if wish.direction not in (None, primary.direction):
        side = "small" if primary.direction == "minimize" else "large"
        raise InputError(f"the study ends where {primary.name} is {side} enough, and the words say the opposite.")
    return replace(draft, budget=_budget(draft, wish)), f"target = {wish.value:g} of {primary.name}"


def _with_limit(draft: Draft, wish: Limit) -> tuple[Draft, str]:
    told = f"{wish.name} = {wish.value:g}{_MEANING.get(wish.name, '')}"
    if wish.name == "parallel":
        return replace(
            draft, search={**draft.search, "parallel": expect_whole(_whole(wish.value), 1, "parallel")}
        ), told
    budget = _budget(draft, wish)
    if wish.name == "minutes" and "budget.trials" not in draft.words and budget.pop("trials", None):
        told += ", for as many trials as it takes"  # Nobody asked for the usual number of them.
    return replace(draft, budget=budget), told


def _budget(draft: Draft, wish: Limit) -> dict[str, Any]:
    return build(Budget, {**draft.budget, wish.name: _whole(wish.value)}).to_table()


def _whole(value: float) -> float:
    return int(value) if float(value).is_integer() else value
