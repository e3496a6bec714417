"""Which families of models suit a table and a user's wishes, by rules, with reasons and trade-offs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ..core.values import shown
from ..data.problem import Problem
from ..errors import InputError
from ..families.base import BASELINE, Cost, Family, Profile
from ..plugins import load, names
from ..text.wording import duration

Wish = Literal["small", "fast", "quick"]
"""`small` on disk, `fast` to predict, `quick` to train."""

_COST_OF: dict[Wish, tuple[str, str]] = {
    "small": ("size", "large models"),
    "fast": ("predict_cost", "slow to predict"),
    "quick": ("train_cost", "slow to train"),
}
_GOOD: dict[Wish, str] = {"small": "small models", "fast": "fast to predict", "quick": "quick to train"}
_TIERS: dict[Cost, int] = {"low": 0, "medium": 1, "high": 2}
_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a user needs of a model.

    Args:
        interpretable: Whether a person must be able to read it.
        wishes: What it should be besides; families that are the opposite are left out.
        seconds: The most processor seconds for one trial; None for no limit.
        prefer: Families to try first.
        avoid: Families to leave out.
        only: The families to choose from; all by default.

    Raises:
        InputError: A wish is unknown.
    """

    interpretable: bool = False
    wishes: tuple[Wish, ...] = ()
    seconds: float | None = None
    prefer: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if unknown := [wish for wish in self.wishes if wish not in get_args(Wish)]:
            raise InputError(f"a wish must be one of {', '.join(get_args(Wish))}, got {shown(unknown[0])}.")


@dataclass(frozen=True, kw_only=True)
class TableSize:
    """What families need to know of a table.

    Args:
        rows: The number of rows to train on.
        columns: The number of columns, without the target.
        texts: How many of them hold text.
    """

    rows: int
    columns: int
    texts: int = 0


@dataclass(frozen=True, kw_only=True)
class FamilyAdvice:
    """What speaks for or against a family.

    Args:
        family: Its name.
        fits: Whether it keeps what is needed.
        reason: Why it is worth trying, or why not.
        trade_offs: What one gives up with it.
        tier: How well it meets wishes and preferences; those of the lowest are tried first.
        seconds: An estimate of a trial, in processor seconds; None where it cannot be tried.
        by: Whose reason it is: `rules`, or `language model`.
    """

    family: str
    fits: bool
    reason: str
    trade_offs: tuple[str, ...] = ()
    tier: int = 0
    seconds: float | None = field(default=None, compare=False)
    by: str = "rules"

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        seconds = None if self.seconds is None else float(f"{self.seconds:.2g}")
        return {
            "family": self.family, "fits": self.fits, "reason": self.reason, "trade_offs": list(self.trade_offs),
            "estimated_seconds": seconds, "by": self.by,
        }  # fmt: skip


def suggest_families(
    problems: Sequence[Problem], size: TableSize, needs: Needs | None = None, chosen: Mapping[str, Family] | None = None
) -> list[FamilyAdvice]:
    """Return what speaks for and against each family, those to be tried first at the beginning.

    Args:
        problems: What is predicted.
        size: The size of the table.
        needs: What the user needs; nothing special by default.
        chosen: The families to judge by name; all of tunesmith and its plugins by default.
    """
    needs = needs or Needs()
    kinds = chosen if chosen is not None else {name: load("families", name)() for name in names("families")}
    advice = [_judged(name, kinds[name], problems, size, needs) for name in kinds if name != BASELINE]
    return sorted(advice, key=lambda entry: (not entry.fits, entry.tier, entry.seconds or 0.0))


def _judged(name: str, family: Family, problems: Sequence[Problem], size: TableSize, needs: Needs) -> FamilyAdvice:
    profile = family.profile
    trade_offs = general_trade_offs(profile)
    if against := _objection(name, profile, problems, size, needs):
        return FamilyAdvice(family=name, fits=False, reason=against, trade_offs=trade_offs)
    seconds = 0.0
    for problem in problems:
        first = next(iter(family.configurations(problem)), None)
        if first is None:
            return FamilyAdvice(family=name, fits=False, reason="not for such a target", trade_offs=trade_offs)
        seconds += _FOLDS * family.seconds(size.rows, size.columns, problem, first)
    return judged(name, profile, needs, seconds, trade_offs)


def judged(
    name: str, profile: Profile, needs: Needs, seconds: float, trade_offs: tuple[str, ...], suits: Sequence[str] = ()
) -> FamilyAdvice:
    """Return what speaks for a family against which nothing speaks but perhaps its time.

    Args:
        name: Its name.
        profile: What it is good for.
        needs: What the user needs.
        seconds: An estimate of a trial, in processor seconds.
        trade_offs: What one gives up with it.
        suits: Why it suits the data, beside its purpose.
    """
    if needs.seconds is not None and seconds > needs.seconds:
        why = f"a trial is estimated at {duration(seconds)}, and {duration(needs.seconds)} are left for one"
        return FamilyAdvice(family=name, fits=False, reason=why, trade_offs=trade_offs, seconds=seconds)
    tier = 1 + max((_TIERS[_cost(profile, wish)] for wish in needs.wishes), default=0)
    met = [_GOOD[wish] for wish in needs.wishes if _cost(profile, wish) == "low"]
    met += ["a person can read it"] if needs.interpretable else []
    reason = "; ".join([profile.purpose, *suits, *met])
    preferred = name in needs.prefer
    return FamilyAdvice(
        family=name,
        fits=True,
        reason=f"asked for; {reason}" if preferred else reason,
        trade_offs=trade_offs,
        tier=0 if preferred else tier,
        seconds=seconds,
    )


def _objection(name: str, profile: Profile, problems: Sequence[Problem], size: TableSize, needs: Needs) -> str:
    """Return why a family cannot or should not be tried; empty if nothing speaks against it."""
    if against := general_objection(name, profile, needs):
        return against
    classes = max(len(problem.classes) for problem in problems)
    if not profile.suits(size.rows, size.columns, size.texts, classes):
        return _limits(profile)
    return ""


def general_objection(name: str, profile: Profile, needs: Needs) -> str:
    """Return why a family cannot or should not be tried on any data; empty if nothing speaks against it."""
    if name in needs.avoid:
        return "to be avoided"
    if needs.only and name not in needs.only:
        return "not among the families asked for"
    if needs.interpretable and not profile.interpretable:
        return "no person can read its reasons off the model"
    return profile.missing() or _unmet_wish(profile, needs)


def _unmet_wish(profile: Profile, needs: Needs) -> str:
    return next((_COST_OF[wish][1] for wish in needs.wishes if _cost(profile, wish) == "high"), "")


def _limits(profile: Profile) -> str:
    limits = {"rows": profile.most_rows, "columns": profile.most_columns, "classes": profile.most_classes}
    parts = [f"{most:,} {what}" for what, most in limits.items() if most]
    only = ["for tables with columns of text"] if profile.text_only else []
    return ", ".join([*only, *([f"for at most {', '.join(parts)}"] if parts else [])])


def general_trade_offs(profile: Profile) -> tuple[str, ...]:
    """Return what one gives up with a family, whatever the data."""
    costs = [words for wish, (_, words) in _COST_OF.items() if _cost(profile, wish) == "high"]
    unread = [] if profile.interpretable else ["no person can read its reasons off the model"]
    extra = [f"needs tunesmith[{profile.extra}]"] if profile.extra else []
    return (*costs, *unread, *extra)


def _cost(profile: Profile, wish: Wish) -> Cost:
    cost: Cost = getattr(profile, _COST_OF[wish][0])
    return cost
