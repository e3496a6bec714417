import io
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from tunesmith.cli.live import Frame
from tunesmith.cli.plain import PlainView
from tunesmith.core.approval_request import ApprovalRequest
from tunesmith.core.budget import Budget
from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Choice, Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure, Proposal, State, Verdict
from tunesmith.history.history import History
from tunesmith.journal.events import (
    ApprovalRequested,
    Event,
    FilesShared,
    SessionOpened,
    StudyCreated,
    StudyStopped,
    TrialFinished,
    TrialInterrupted,
    TrialJudged,
    TrialProposed,
    TrialReported,
    TrialStarted,
    TrialTested,
    from_record,
)
from tunesmith.progress.live import LiveView

HOSTILE = "[bold]x[/] \x1b[31mred\x1b[0m\nnext\x07 [/nope]"
BUDGET = Budget(trials=60, minutes=10, target=0.05, patience=25)
SPACE = SearchSpace(
    {
        "training.optimizer": Choice(["SGD", "Adam"]),
        "training.lr": Float(1e-5, 1e-1, log=True),
        "training.momentum": Float(0.0, 0.99, when={"training.optimizer": "SGD"}),
        "model.layers": Int(1, 4),
        "model.dropout": Float(0.0, 0.5),
    }
)
SGD = {"training.optimizer": "SGD", "training.lr": 0.01, "training.momentum": 0.9}
ADAM = {"training.optimizer": "Adam", "training.lr": 0.002}
REST = {"model.layers": 1, "model.dropout": 0.0}


def new_history() -> History:
    return History(SPACE, Objective.parse("minimize val_loss"), Path("studies/digits"))


def events(text: str = "near trial 0") -> Iterator[Event]:
    """A short study: trial 0, a better one, a worse one, one pruned, one failed, two running."""
    yield StudyCreated(format=1, version="0.1.0", study={}, time=1000.0)
    yield SessionOpened(time=1000.0)
    rest = [{**REST, "model.layers": layers} for layers in (1, 1, 2, 3, 4, 4, 4)]
    for number in range(7):
        values = {**(ADAM if number else SGD), **rest[number], "model.dropout": number / 20}
        proposer = "tpe" if number else "user"
        yield TrialProposed(
            trial=number, proposal=Proposal(parameters=values, proposer=proposer, reason=text), time=1000.0 + number
        )
        yield TrialStarted(trial=number, attempt=1, time=1000.0 + number)
        for step in range(1, 4):
            value = [0.4, 0.31, 0.5, 0.9, 0.8, 0.7, 0.6][number] + 0.3 / step
            yield TrialReported(trial=number, step=step, metrics={"val_loss": value}, time=1000.0 + number)
        yield from ending(number, text)


def ending(number: int, text: str) -> Iterator[Event]:
    at = 1000.5 + number
    if number < 3:
        value, decision = [(0.4, "accept"), (0.31, "accept"), (0.5, "reject")][number]
        metrics = {"metrics": {"val_loss": value}, "seconds": 4.2}
        yield from_record({"event": "trial_finished", "trial": number, "state": "complete", **metrics, "time": at})
        yield TrialJudged(trial=number, verdict=Verdict(decision=decision, reason=text), time=at)
    elif number == 3:
        yield TrialFinished(trial=3, state=State.PRUNED, metrics={"val_loss": 1.0}, seconds=2.0, time=at)
    elif number == 4:
        failure = {"kind": "exit", "reason": f"exit status 3 {text}"}
        yield TrialFinished(trial=4, state=State.FAILED, failure=Failure(**failure), seconds=1.0, time=at)


class Clock:
    """The time of the last event, in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def drawn(
    width: int,
    height: int,
    stream: Iterator[Event],
    *,
    now: float = 1012.0,
    waiting: Callable[[int], str | None] = lambda number: None,
) -> list[str]:
    clock = Clock()
    history = new_history()
    frame = Frame("digits", Path("studies/digits"), BUDGET, 2, clock=clock, now=lambda: now)
    frame.waiting = waiting
    for event in stream:
        clock.now = event.time
        history.apply(replace(event, elapsed=event.time - 1000.0))
        frame.record(event, history)
    clock.now = now
    console = Console(file=io.StringIO(), record=True, width=width, height=height, force_terminal=True)
    console.print(frame)
    return console.export_text().splitlines()


def test_a_trial_whose_job_waits_is_not_shown_as_one_that_runs() -> None:
    def of(number: int, waiting: Callable[[int], str | None]) -> str:
        lines = drawn(100, 40, events(), waiting=waiting)
        return next(line for line in lines if f"trial {number} " in line and "slot" in line)

    numbers = [int(line.split("trial")[1].split()[0]) for line in drawn(100, 40, events()) if "▸ slot" in line]
    assert numbers
    assert "○ slot" in of(numbers[0], lambda number: "Priority")
    assert "waits: Priority" in of(numbers[0], lambda number: "Priority")
    assert "waits" in of(numbers[0], lambda number: "")


def test_a_small_terminal_shows_all_that_matters() -> None:
    lines = drawn(80, 24, events())
    text = "\n".join(lines)
    assert " ".join(lines[0].split()) == "digits minimize val_loss studies/digits 12 s, about 3 min left"
    assert "★ val_loss 0.31   −22.5 % from 0.4 (trial 0)   trial 1 by tpe" in text
    assert "optimizer Adam (was SGD)" in text
    assert "lr 0.002 (was 0.01)" in text
    assert "5 of 60" in text
    assert "12 s of 10 min" in text
    assert "0.31, target 0.05" in text
    assert "3 trials without a new best, limit 25" in text
    assert "slot 1  trial 5  7 s  tpe  step 3  val_loss 0.8" in text
    assert "slot 2  trial 6  6 s  tpe  step 3  val_loss 0.7" in text
    assert "▸ 2 running  ● 3 complete  ◐ 1 pruned  ✗ 1 failed" in text
    assert [line.split()[:2] for line in lines if line[:3] in (" ★ ", " ● ", " ◐ ", " ✗ ")][1:] == [
        ["✗", "4"],
        ["◐", "3"],
        ["●", "2"],
        ["★", "1"],
        ["●", "0"],
    ]
    assert "exit status 3 near trial 0" in text
    assert "tpe     6 trials  1 accepted  best 0.31" in text


@pytest.mark.parametrize("text", ["short", HOSTILE, "学習率 " * 30, "long " * 60])
@pytest.mark.parametrize(("width", "height"), [(20, 5), (40, 10), (80, 24), (109, 30), (110, 30), (120, 40), (250, 80)])
def test_a_frame_never_leaves_its_terminal(width: int, height: int, text: str) -> None:
    lines = drawn(width, height, events(text))
    assert 1 < len(lines) < height
    assert max(map(cell_len, lines)) <= width
    assert "\x1b" not in "".join(lines)


def warned(text: str) -> Iterator[Event]:
    yield from events()
    yield FilesShared(reason=f"trials wrote to the same files: {text}", time=1008.0)


def test_a_warning_stands_above_the_best_trial() -> None:
    text = " ".join(" ".join(drawn(80, 24, warned("model.pt"))).split())
    assert text.index("! warning: trials wrote to the same files: model.pt") < text.index("best so far")


@pytest.mark.parametrize(("width", "height"), [(20, 6), (80, 24), (200, 50)])
def test_a_warning_never_leaves_its_terminal(width: int, height: int) -> None:
    lines = drawn(width, height, warned(HOSTILE * 20))
    assert len(lines) < height
    assert max(map(cell_len, lines)) <= width
    assert not set("\x1b\x07") & set("".join(lines))


def test_data_is_shown_as_it_is_and_never_as_markup() -> None:
    text = "\n".join(drawn(200, 40, events(HOSTILE)))
    assert "exit status 3 [bold]x[/] red next [/nope]" in text


def test_a_tall_terminal_shows_more() -> None:
    def trials(count: int) -> Iterator[Event]:
        yield SessionOpened(time=1000.0)
        for number in range(count):
            values = {**ADAM, **REST, "model.dropout": number / 100}
            yield TrialProposed(
                trial=number, proposal=Proposal(parameters=values, proposer=f"p{number % 4}"), time=1000.0
            )
            yield TrialStarted(trial=number, attempt=1, time=1000.0)
            yield TrialFinished(trial=number, state=State.COMPLETE, metrics={"val_loss": 1.0 + number}, time=1001.0)

    small, large = drawn(80, 24, trials(40)), drawn(80, 48, trials(40))
    assert len(small) == 23
    assert len(large) == 47
    assert sum(" complete" in line for line in large) > sum(" complete" in line for line in small) + 15


def test_before_the_first_event_it_says_that_it_prepares() -> None:
    assert drawn(80, 24, iter(())) == [" digits  preparing …"]


def test_no_colour_is_used_where_none_is_wanted() -> None:
    def codes(**settings: bool) -> str:
        history, stream = new_history(), io.StringIO()
        frame = Frame("digits", None, BUDGET, 2, clock=lambda: 1012.0)
        for event in events():
            history.apply(event)
            frame.record(event, history)
        Console(file=stream, width=80, height=24, force_terminal=True, color_system="standard", **settings).print(frame)
        return stream.getvalue()

    assert "\x1b[32m" in codes(no_color=False)
    assert not any(f"{code}m" in codes(no_color=True) for code in range(30, 38))


def test_the_live_view_draws_on_a_terminal_and_leaves_nothing_behind() -> None:
    stream, history = io.StringIO(), new_history()
    console = Console(file=stream, width=80, height=24, force_terminal=True, color_system=None)
    frame = Frame("digits", Path("studies/digits"), BUDGET, 2)
    with LiveView(frame, console):
        for event in events():
            history.apply(event)
            frame.record(event, history)
    written = stream.getvalue()
    assert "★ val_loss 0.31" in written, "the last state is drawn when the view ends"
    assert written.endswith("\x1b[2K"), "and taken away for the summary"
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1, "the cursor is back"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_log_lines_appear_above_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, errors = io.StringIO(), Terminal()
    monkeypatch.setattr(sys, "stderr", errors)
    console = Console(file=stream, width=80, height=24, force_terminal=True, color_system=None)
    handler = logging.StreamHandler(sys.stderr)
    logging.getLogger().addHandler(handler)
    try:
        with LiveView(Frame("digits", None, BUDGET, 1), console):
            logging.getLogger("tunesmith.test").warning("mind the gap")
        assert "mind the gap" in stream.getvalue()
        assert handler.stream is sys.stderr
        logging.getLogger("tunesmith.test").warning("afterwards")
        assert errors.getvalue() == "afterwards\n"
    finally:
        logging.getLogger().removeHandler(handler)


def test_log_lines_go_to_a_file_where_standard_error_does(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, errors = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    console = Console(file=stream, width=80, height=24, force_terminal=True, color_system=None)
    with LiveView(Frame("digits", None, BUDGET, 1), console):
        print("mind the gap", file=sys.stderr)
    assert errors.getvalue() == "mind the gap\n"


def plain(stream: Iterator[Event], *, history: History | None = None) -> list[str]:
    history = history or new_history()
    console = Console(file=io.StringIO(), record=True, width=80)
    view = PlainView("digits", Path("studies/digits"), Budget(trials=60), 2, console)
    for event in stream:
        history.apply(event)
        view.record(event, history)
    return console.export_text().splitlines()


def test_plain_lines_tell_the_story() -> None:
    assert plain(events()) == [
        "study digits  minimize val_loss  trials=60  slots=2  studies/digits",
        "trial   0  val_loss 0.4  complete  user  4.2 s  new best",
        "trial   1  val_loss 0.31  complete  tpe  4.2 s  new best (−22.5 % from trial 0)",
        "trial   2  val_loss 0.5  complete  tpe  4.2 s",
        "trial   3  val_loss 1  pruned  tpe  2 s  at step 3",
        "trial   4  val_loss –  failed  tpe  1 s  exit status 3 near trial 0",
    ]


def test_plain_lines_tell_of_decisions_interruptions_repeats_and_tests() -> None:
    history = new_history()
    for event in events():
        history.apply(event)
    assert plain(
        iter(
            [
                SessionOpened(time=2000.0),
                TrialInterrupted(trial=5, reason="the 10 minutes are up"),
                TrialJudged(trial=1, verdict=Verdict(decision="replicate", reason="within the noise")),
                StudyStopped(reason="all trials are done"),
                TrialTested(trial=1, metrics={"test_loss": 0.25}),
                TrialTested(trial=0, failure=Failure(kind="exit", reason="exit status 1")),
            ]
        ),
        history=history,
    )[1:] == [
        "resumed with 5 settled trials",
        "trial   5  waits for another attempt: the 10 minutes are up",
        "trial   1  to be repeated by rules: within the noise",
        "decision  all trials are done",
        "trial   1  on the test split: test_loss 0.25",
        "trial   0  on the test split: failed: exit status 1",
    ]


def test_a_long_plain_line_stays_one_line() -> None:
    lines = plain(events("why " * 100 + HOSTILE))
    assert len(lines) == 6
    assert lines[-1].endswith("[bold]x[/] red next [/nope]")


def front_events() -> Iterator[Event]:
    yield SessionOpened(time=1000.0)
    for number, (loss, speed) in enumerate([(2.0, 10.0), (1.0, 5.0), (3.0, 9.0)]):
        yield TrialProposed(
            trial=number, proposal=Proposal(parameters={**ADAM, **REST, "model.dropout": number / 20}), time=1001.0
        )
        yield TrialStarted(trial=number, attempt=1, time=1001.0)
        told = {"state": "complete", "metrics": {"val_loss": loss, "speed": speed}, "seconds": 4.2}
        yield from_record({"event": "trial_finished", "trial": number, **told, "time": 1002.0})


def test_the_views_of_a_running_study_show_its_front() -> None:
    objective = Objective.parse("minimize val_loss, maximize speed")
    frame, screen = Frame("digits", None, BUDGET, 2, clock=lambda: 1003.0), io.StringIO()
    told = io.StringIO()
    lines = PlainView("digits", None, BUDGET, 2, Console(file=told, width=200))
    history = History(SPACE, objective)
    for event in front_events():
        history.apply(event)
        frame.record(event, history)
        lines.record(event, history)
    Console(file=screen, width=140, height=40).print(frame)
    assert "2 trials on the Pareto front" in screen.getvalue()
    assert "hypervolume" in screen.getvalue()
    assert told.getvalue().splitlines()[1:] == [
        "trial   0  val_loss 2  speed 10  complete  user  4.2 s  on the front of 1",
        "trial   1  val_loss 1  speed 5  complete  user  4.2 s  on the front of 2",
        "trial   2  val_loss 3  speed 9  complete  user  4.2 s",
    ]


# -- what a role says while it answers -------------------------------------------------------------------------------


def saying(width: int, height: int, said: dict[str, str]) -> list[str]:
    history, frame = new_history(), Frame("digits", None, BUDGET, 2, clock=lambda: 1012.0)
    for event in events():
        history.apply(event)
        frame.record(event, history)
    for role, words in said.items():
        frame.show_answer(role, words)
    console = Console(file=io.StringIO(), record=True, width=width, height=height, force_terminal=True)
    console.print(frame)
    return console.export_text().splitlines()


def test_a_reason_is_seen_to_grow_and_goes_away() -> None:
    assert saying(80, 24, {"planner": "a larger batch"})[-1] == " planner: a larger batch"
    long = saying(80, 24, {"planner": "a larger batch with a smaller rate " * 20 + "as ever."})[-1]
    assert long.startswith(" planner: …")
    assert long.endswith("smaller rate as ever.")
    assert len(long) == 80
    assert saying(80, 24, {"planner": "a larger batch", "judge": "it is luck"})[-1] == " planner: a larger batch"
    assert saying(80, 24, {"planner": "", "judge": "it is luck"})[-1] == " judge: it is luck"
    assert saying(80, 24, {"planner": ""}) == saying(80, 24, {})


@pytest.mark.parametrize(
    "text", [HOSTILE, "学習率 " * 300, "[red]bold[/red] [link=x]", "a\x1b[2J\x1b]0;title\x07b\r\n" * 99]
)
@pytest.mark.parametrize(("width", "height"), [(20, 5), (40, 10), (80, 24), (250, 80)])
def test_what_a_model_says_can_neither_colour_nor_leave_its_line(width: int, height: int, text: str) -> None:
    lines = saying(width, height, {"planner": text, text: text})
    assert 1 < len(lines) < height
    assert all(cell_len(line) <= width for line in lines)
    assert not any("\x1b" in line or "\x07" in line for line in lines)
    if "[red]" in text and width == 250:
        assert lines[-1] == " planner: [red]bold[/red] [link=x]"


def test_it_is_said_from_any_thread() -> None:
    frame = Frame("digits", None, BUDGET, 2)
    with LiveView(frame, Console(file=io.StringIO(), force_terminal=True, width=80, height=24)):
        threads = [threading.Thread(target=frame.show_answer, args=(f"role {n}", "words" * (n % 2))) for n in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(frame.answers) == 25


def asked(text: str = "a third is usual", number: int = 1) -> Event:
    """A step that waits for approval, until five minutes after the first trial."""
    changes = {"training.lr": {"from": 0.002, "to": 0.03}, "training.optimizer": {"from": "Adam", "to": text}}
    changes["training.momentum"] = {"to": 0.5}
    request = ApprovalRequest(
        number=number,
        step="radical",
        parameters=SGD,
        changes=changes,
        advice=text,
        parent=1,
        expectation=0.2,
        deadline=1300.0,
        default="reject",
    )
    return ApprovalRequested(reason=f"may it? {text}", by="planner", request=request, time=1010.0)


def with_questions(text: str, count: int) -> Iterator[Event]:
    yield from events(text)
    yield from (asked(text, number) for number in range(1, count + 1))


def test_a_step_that_waits_for_approval_is_shown_with_how_to_answer() -> None:
    lines = [line.rstrip() for line in drawn(80, 24, with_questions("a third is usual", 2))]
    place = next(number for number, line in enumerate(lines) if line.startswith("waits for approval"))
    assert lines[place].endswith("1 more")
    assert lines[place + 1 : place + 6] == [
        " ? question 1  radical step from trial 1  expects val_loss 0.2",
        "   lr 0.002 → 0.03   optimizer Adam → a third is usual",
        "   momentum not active → 0.5",
        "   a third is usual",
        "   4 min 48 s left, then it is rejected",
    ]
    assert lines[place + 6] == " ▸ tunesmith approve studies/digits --question 1  (or --reject)"


@pytest.mark.parametrize("text", [HOSTILE, "学習率 " * 30, "long " * 60])
@pytest.mark.parametrize(("width", "height"), [(20, 5), (40, 10), (80, 24), (110, 30), (250, 80)])
def test_a_question_never_leaves_its_terminal(width: int, height: int, text: str) -> None:
    lines = drawn(width, height, with_questions(text, 3))
    assert 1 < len(lines) < height
    assert max(map(cell_len, lines)) <= width
    assert "\x1b" not in "".join(lines)


def test_a_plain_line_says_how_a_step_is_answered() -> None:
    lines = plain(with_questions("a third is usual", 1))
    assert lines[-2:] == [
        "decision  may it? a third is usual",
        "          in 4 min 50 s it is rejected; answer with: "
        "tunesmith approve studies/digits --question 1  (or --reject)",
    ]
