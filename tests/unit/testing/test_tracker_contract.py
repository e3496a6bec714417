"""The contract of trackers: what keeps it, and what breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from tunesmith.history.history import History
from tunesmith.journal.events import Event, TrialFinished
from tunesmith.testing.trackers import check_tracker


class Lines:
    """Adds the number of each settled trial to a list, unless it is there."""

    def __init__(self, lines: list[int]) -> None:
        self.lines = lines

    def open(self, history: History) -> None:
        for trial in history.trials:
            if trial.state.settled:
                self.enter(trial.number)

    def record(self, event: Event) -> None:
        if isinstance(event, TrialFinished):
            self.enter(event.trial)

    def enter(self, number: int) -> None:
        if number not in self.lines:
            self.lines.append(number)

    def close(self) -> None:
        pass


class Twice(Lines):
    def enter(self, number: int) -> None:
        self.lines.append(number)


class Gaps(Lines):
    def open(self, history: History) -> None:
        pass


class Meddles(Lines):
    def open(self, history: History) -> None:
        super().open(history)
        history.trials.pop()


class Buffers(Lines):
    """Sends one number at a time."""

    def __init__(self, lines: list[int]) -> None:
        super().__init__(lines)
        self.waiting: list[int] = []

    def enter(self, number: int) -> None:
        self.waiting.append(number)

    def flush(self) -> bool:
        if self.waiting:
            super().enter(self.waiting.pop())
        return bool(self.waiting)


@pytest.mark.parametrize("tracker", [Lines, Buffers])
def test_a_tracker_that_enters_every_trial_once_keeps_the_contract(tracker: Any) -> None:
    lines: list[int] = []
    check_tracker(lambda: tracker(lines), lambda: lines)
    assert sorted(lines) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("tracker", "message"), [(Twice, "must be entered once"), (Gaps, "are missing"), (Meddles, "must not change")]
)
def test_what_breaks_the_contract_is_named(tracker: Any, message: str) -> None:
    lines: list[int] = []
    with pytest.raises(AssertionError, match=message):
        check_tracker(lambda: tracker(lines), lambda: lines)
