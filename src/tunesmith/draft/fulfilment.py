"""Wishes granted to a draft, each checked as a study.toml would be; what cannot be granted is told, with the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..budget import Budget
from ..errors import InputError, nearest
from ..objective import Direction, Objective
from ..reports.cleaning import short
from ..tables import build, expect_whole
from .choosing import with_options, with_range, with_selection
from .drafts import Draft
from .metrics import is_maximized, is_of_test_data
from .wishes import Aim, EarlyStopping, Limit, Options, Range, Selection, Target, Wish

_PRUNER = "hyperband"
_ORDER = (Aim, Target, Selection, Options, Range, Limit, EarlyStopping)


def fulfilled(draft: Draft, wishes: Iterable[Wish], *, careful: bool = False) -> Draft:
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
    several = len({wish.metric for wish in listed if isinstance(wish, Aim)})
    aims: dict[str, str] = {}
    for wish in listed:
        try:
            if wish in clashes:
                raise InputError(clashes[wish])
            if _is_settled(wish, settled):
                raise InputError("that is settled already by what you said elsewhere.")
            if isinstance(wish, Aim):
                draft = _with_aim(draft, wish, aims if several > 1 else {})
            else:
                draft = _with(draft, wish, careful)
        except InputError as error:
            draft = refused(draft, wish.words, error.message)
    return draft


def refused(draft: Draft, phrase: str, reason: str) -> Draft:
    """Return a draft that tells of a phrase that came to nothing."""
    return replace(draft, not_understood=(*draft.not_understood, f"{quoted(phrase)}: {short(reason)}"))


def quoted(phrase: str) -> str:
    """Return a phrase of a request as it is shown: one line, not long, in quotation marks."""
    return f'"{short(phrase, 100)}"'


def _place(wish: Wish) -> tuple[int, bool]:
    """Return a wish's place in the order: what keeps a parameter at one value goes before what leaves others alone."""
    kind = Target if isinstance(wish, Options) and len(wish.options) == 1 else type(wish)
    return _ORDER.index(kind), isinstance(wish, Limit) and wish.name != "trials"


def _is_settled(wish: Wish, settled: Collection[str]) -> bool:
    """Tell whether the user's own words have decided already what a wish is about."""
    if isinstance(wish, Selection):
        return "space" in settled or any(f"space.{name}" in settled for name in wish.names)
    return key_of(wish) in settled


def key_of(wish: Wish) -> str:
    """Return which setting a wish is about."""
    match wish:
        case Aim():
            return "study.objective"
        case Target():
            return "budget.target"
        case Limit(name=name):
            return "search.parallel" if name == "parallel" else f"budget.{name}"
        case Selection(action=action):
            return "space" if action == "only" else f"space.{action}"
        case Range(name=name) | Options(name=name):
            return f"space.{name}"
        case EarlyStopping():
            return "search.pruner"


def _clashes(wishes: Sequence[Wish]) -> dict[Wish, str]:
    """Return the wishes that cannot all hold, each with the reason."""
    groups: dict[tuple[str, str], list[Wish]] = {}
    for wish in wishes:
        if not isinstance(wish, Selection | EarlyStopping):
            groups.setdefault((key_of(wish), wish.metric if isinstance(wish, Aim) else ""), []).append(wish)
    clashes: dict[Wish, str] = {}
    for group in groups.values():
        if not _agree(group):
            for wish in group:
                others = [quoted(other.words) for other in group if replace(other, words="") != replace(wish, words="")]
                clashes[wish] = f"it contradicts {', '.join(dict.fromkeys(others))}, so neither is taken."
    tuned = {name for wish in wishes if isinstance(wish, Selection) and wish.action != "leave" for name in wish.names}
    for wish in wishes:
        if isinstance(wish, Selection) and wish.action == "leave" and (both := tuned.intersection(wish.names)):
            clashes[wish] = f"{', '.join(sorted(both))} cannot be tuned and left alone; it is tuned."
    return clashes


def _agree(group: Sequence[Wish]) -> bool:
    if all(isinstance(wish, Range) for wish in group):
        bounds = [{getattr(wish, end) for wish in group} - {None} for end in ("low", "high")]
        return all(len(values) <= 1 for values in bounds)
    if all(isinstance(wish, Target) for wish in group):
        return len({wish.value for wish in group if isinstance(wish, Target)}) == 1
    if all(isinstance(wish, Aim) for wish in group):
        return len({_direction(wish) for wish in group if isinstance(wish, Aim)}) == 1
    return len({replace(wish, words="") for wish in group}) == 1


def _usual(metric: str) -> Direction:
    return "maximize" if is_maximized(metric) else "minimize"


def _direction(aim: Aim) -> Direction:
    return aim.direction or _usual(aim.metric)


def _with(draft: Draft, wish: Wish, careful: bool) -> Draft:
    match wish:
        case Target():
            return _with_target(draft, wish)
        case Limit():
            return _with_limit(draft, wish)
        case Selection():
            changed, told = with_selection(draft, wish.names, wish.action)
        case Options():
            changed, told = with_options(draft, wish.name, wish.options, careful=careful)
        case Range():
            changed, told = with_range(draft, wish.name, wish.low, wish.high, careful=careful)
        case EarlyStopping():
            if not draft.reports:
                raise InputError(
                    "the script appends nothing to reports.jsonl, so that nothing is known of a trial before its end."
                )
            changed, told = replace(draft, search={**draft.search, "pruner": _PRUNER}), f"pruner = {_PRUNER}"
        case _:
            raise AssertionError(wish)
    return _noted(changed, wish, told)


def _noted(draft: Draft, wish: Wish, told: str) -> Draft:
    key = key_of(wish)
    before = draft.words.get(key)
    phrase = wish.words if before in (None, wish.words) else f"{before}; {wish.words}"
    return replace(
        draft,
        words={**draft.words, key: phrase},
        understood=(*draft.understood, f"{quoted(wish.words)}: {told}"),
    )


def _with_aim(draft: Draft, wish: Aim, aims: dict[str, str]) -> Draft:
    """Set the objective; `aims` collects those of a Pareto front."""
    _check_metric(draft, wish.metric)
    usual, direction = _usual(wish.metric), _direction(wish)
    aims[wish.metric] = direction
    objective = str(Objective.parse(", ".join(f"{way} {metric}" for metric, way in aims.items())))
    told = f"objective = {objective}"
    if direction != usual:
        told += ", as you say, though its name sounds as if the other way were better"
    if is_of_test_data(wish.metric):
        told += "; what is tuned on the test data has nothing left to be measured by"
    return _noted(replace(draft, objective=objective), wish, told)


def _check_metric(draft: Draft, name: str) -> None:
    known = draft.measured
    if name not in known and draft.script is not None:
        told = f"Found there: {', '.join(known[:10])}." if known else "None was found there."
        raise InputError(
            f"the script knows no metric '{name}'.{nearest(name, known)} {told} The objective stays "
            f"'{draft.objective}'; --objective sets any other."
        )


def _with_target(draft: Draft, wish: Target) -> Draft:
    primary = Objective.parse(draft.objective).primary
    if wish.metric not in (None, primary.name):
        if "study.objective" in draft.words:
            raise InputError(f"a target is one of the objective's first metric, {primary.name}.")
        draft = _with_aim(draft, Aim(words=wish.words, metric=str(wish.metric)), {})
        primary = Objective.parse(draft.objective).primary
    if wish.direction not in (None, primary.direction):
        side = "small" if primary.direction == "minimize" else "large"
        raise InputError(f"the study ends where {primary.name} is {side} enough, and the words say the opposite.")
    budget = _budget(draft.budget, "target", wish.value)
    return _noted(replace(draft, budget=budget), wish, f"target = {wish.value:g} of {primary.name}")


def _with_limit(draft: Draft, wish: Limit) -> Draft:
    value = int(wish.value) if float(wish.value).is_integer() else wish.value
    meaning = _MEANING.get(wish.name, "")
    if wish.name == "parallel":
        changed = replace(draft, search={**draft.search, "parallel": expect_whole(value, 1, "parallel")})
    else:
        budget = _budget(draft.budget, wish.name, value)
        if wish.name == "minutes" and "budget.trials" not in draft.words and budget.pop("trials", None):
            meaning = ", for as many trials as it takes"  # Nobody asked for the usual number of them.
        changed = replace(draft, budget=budget)
    return _noted(changed, wish, f"{wish.name} = {value:g}{meaning}")


_MEANING = {
    "memory_gb": ", of one trial",
    "usd": ", for language models: trials cost none",
    "patience": " trials without a new best",
}


def _budget(table: Mapping[str, Any], name: str, value: float) -> dict[str, Any]:
    return build(Budget, {**table, name: value}).to_table()
