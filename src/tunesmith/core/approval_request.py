"""Steps that wait for a person's word: what was asked, and what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal

from .trial import Value

ASK: Final = "ask_approval"
APPROVE: Final = "approve"
REJECT: Final = "reject"

Answer = Literal["approve", "reject"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A step that is tried only once it has been approved.

    Args:
        number: From 1.
        step: How large a step it is, as `"radical"`.
        parameters: The configuration that is to be tried.
        changes: What differs from the parent: by parameter `from` and `to`, each left out where it is not active there.
        advice: Why, in the words of whoever thought of it.
        parent: The trial that it starts from.
        expectation: The value of the metric that is expected.
        deadline: Until when an answer is waited for, in seconds since 1970.
        default: What happens then: `"approve"` or `"reject"`.
        answer: `"approve"` or `"reject"`; empty while it is open.
        answered_by: `"user"`, `"time-out"`, or `"coordinator"` where the study ended first.
        text: What was said with the answer.
        trial: The trial that it became.
    """

    number: int
    step: str
    parameters: Mapping[str, Value]
    changes: Mapping[str, Mapping[str, Value]]
    advice: str = ""
    parent: int | None = None
    expectation: float | None = None
    deadline: float
    default: Answer
    answer: str = ""
    answered_by: str = ""
    text: str = ""
    trial: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered yet."""
        return not self.answer

    def to_table(self) -> dict[str, Any]:
        """Return what was asked as plain JSON values, for the journal; the same that `Questions.take` reads."""
        told = {key: getattr(self, key) for key in sorted(_ASKED)}
        return {"question": self.number} | {key: value for key, value in told.items() if value is not None}


_ASKED = {option.name for option in fields(Question)} - {"number", "answer", "answered_by", "text", "trial"}


@dataclass
class Questions:
    """All that were asked in a study, by number.

    >>> asked = {"step": "radical", "parameters": {"x": 1}, "changes": {}, "deadline": 9.0, "default": "reject"}
    >>> questions = Questions()
    >>> questions.take({"action": "ask_approval", "question": 1, **asked})
    >>> [question.number for question in questions.open]
    [1]
    >>> questions.take({"action": "reject", "question": 1, "by": "user", "text": "too large"})
    >>> questions.open, questions[1].text
    ([], 'too large')
    """

    all: list[Question] = field(default_factory=list)

    def take(self, data: Mapping[str, Any]) -> None:
        """Take in what was decided, as the journal has it; most decisions are none of a question."""
        action, number = data.get("action"), data.get("question")
        if action == ASK and number == len(self.all) + 1:
            self.all.append(Question(number=number, **{key: data[key] for key in _ASKED & data.keys()}))
        elif action in (APPROVE, REJECT) and isinstance(number, int) and number in self:
            told = {"answered_by": data.get("by", ""), "text": data.get("text", ""), "trial": data.get("became")}
            self.all[number - 1] = replace(self[number], answer=action, **told)

    @classmethod
    def of(cls, decisions: Iterable[Mapping[str, Any]]) -> Questions:
        """Return those that a study's decisions tell of."""
        found = cls()
        for data in decisions:
            found.take(data)
        return found

    @property
    def open(self) -> list[Question]:
        """Those that nobody has answered yet."""
        return [question for question in self.all if question.is_open]

    def __contains__(self, number: int) -> bool:
        return 1 <= number <= len(self.all)

    def __getitem__(self, number: int) -> Question:
        return self.all[number - 1]
