"""Rules first; what they leave in doubt, a language model decides: accept, reject, or repeat after all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from ..core.schema import build, expect_table
from ..core.trial import Trial, Verdict
from ..errors import InputError
from ..history.history import History
from .rules import RulesJudge


class Referee(Protocol):
    """Whoever decides what is in doubt, as a language model does."""

    def decide(self, history: History, trial: Trial, doubt: str) -> Verdict | None:
        """Return a verdict; None leaves it to the rules, or says that it is still thinking."""
        ...

    def is_thinking(self, trial: Trial) -> bool:
        """Tell whether the verdict on a trial is still to come."""
        ...


@dataclass(frozen=True, kw_only=True)
class LanguageModelJudge:
    """Asks a referee about those trials alone that the rules would have repeated.

    Its verdict decides whether a repeat is run. It never decides what is best: that follows from what was measured.

    Args:
        rules: Options of the judge `rules`, which speaks first.
        referee: Whom to ask; None leaves all to the rules.

    >>> LanguageModelJudge(rules={"repeats": 1}).rules
    {'repeats': 1}
    """

    rules: Mapping[str, Any] = field(default_factory=dict)
    referee: Referee | None = None

    def __post_init__(self) -> None:
        if self.referee is not None and not hasattr(self.referee, "decide"):
            raise InputError(
                f"a referee must be an object that can be asked, but {self.referee!r} was given. In a study.toml, say "
                "whom to ask in [agents].",
                keys=("referee",),
            )
        _ = self._rules

    def judge(self, history: History, trial: Trial) -> Verdict | None:
        """Return the verdict on a complete trial; None while the referee thinks."""
        verdict = self._rules.judge(history, trial)
        if verdict.decision != "replicate" or self.referee is None:
            return verdict
        decided = self.referee.decide(history, trial, verdict.reason)
        if decided is None and self.referee.is_thinking(trial):
            return None
        return decided or verdict

    @cached_property
    def _rules(self) -> RulesJudge:
        return build(RulesJudge, expect_table(self.rules, "rules"), "rules")
