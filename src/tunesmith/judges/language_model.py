"""Rules first; a language model decides whether a borderline trial is accepted, rejected or repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from ..core.schema import build, expect_table
from ..core.trial import Trial, Verdict
from ..core.values import shown
from ..errors import InputError
from ..history.history import History
from .rules import RulesJudge


class Reviewer(Protocol):
    """Lets a language model decide borderline trials."""

    def review(self, history: History, trial: Trial, doubt: str) -> Verdict | None:
        """Return a verdict; None where it is pending, or left to the rules."""
        ...

    def is_pending(self, trial: Trial) -> bool:
        """Tell whether the verdict on a trial is still to come."""
        ...


@dataclass(frozen=True, kw_only=True)
class LanguageModelJudge:
    """Asks a reviewer about the trials that the rules would repeat.

    The reviewer decides only whether a trial is repeated. The best trial follows from the measurements.

    Args:
        rules: Options of the judge `rules`, which decides first.
        reviewer: The reviewer; None leaves all to the rules.

    >>> LanguageModelJudge(rules={"repeats": 1}).rules
    {'repeats': 1}
    """

    rules: Mapping[str, Any] = field(default_factory=dict)
    reviewer: Reviewer | None = None

    def __post_init__(self) -> None:
        if self.reviewer is not None and not hasattr(self.reviewer, "review"):
            raise InputError(
                f"a reviewer must be an object with a method `review`, got {shown(self.reviewer)}. In a study.toml, "
                "name the language model in [agents].",
                keys=("reviewer",),
            )
        _ = self._rules

    def judge(self, history: History, trial: Trial) -> Verdict | None:
        """Return the verdict on a complete trial; None while the reviewer's is pending."""
        verdict = self._rules.judge(history, trial)
        if verdict.decision != "replicate" or self.reviewer is None:
            return verdict
        reviewed = self.reviewer.review(history, trial, verdict.reason)
        if reviewed is None and self.reviewer.is_pending(trial):
            return None
        return reviewed or verdict

    @cached_property
    def _rules(self) -> RulesJudge:
        return build(RulesJudge, expect_table(self.rules, "rules"), "rules")
