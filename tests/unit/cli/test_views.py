import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from tunesmith.cli.views import status, summary, trial_view
from tunesmith.core.budget import Budget
from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float, Int
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure, Proposal, State, Verdict
from tunesmith.history.history import History
from tunesmith.journal.events import (
    Event,
    SessionClosed,
    SessionOpened,
    StudyStopped,
    TrialFinished,
    TrialJudged,
    TrialNoted,
    TrialProposed,
    TrialReported,
    TrialStarted,
    TrialTested,
)
from tunesmith.progress import panels
from tunesmith.progress.live_state import LiveState
from tunesmith.proposers.portfolio import PortfolioProposer
from tunesmith.proposers.random import RandomProposer
from tunesmith.testing.example import example_history

HOSTILE = "[bold]x[/] \x1b[31mred\x1b[0m\nnext\x07 [/nope]"
SHOWN = "[bold]x[/] red next [/nope]"


def text(view: RenderableType, width: int = 100) -> str:
    console = Console(file=io.StringIO(), record=True, width=width, force_terminal=True)
    console.print(view, crop=False)
    return console.export_text()


def rows(view: RenderableType) -> list[list[str]]:
    """Lines as words, so that tests do not depend on how columns are spaced."""
    return [line.split() for line in text(view).splitlines()]


def small_history(folder: Path | None = None) -> History:
    space = SearchSpace({"lr": Float(1e-4, 1.0, log=True), "layers": Int(1, 4)})
    history = History(space, Objective.parse("maximize accuracy"), folder)
    for event in small_events():
        history.apply(event)
    return history


def small_events() -> Iterator[Event]:
    yield SessionOpened(time=0.0)
    for number, (lr, accuracy) in enumerate([(0.1, 0.8), (0.01, 0.9)]):
        yield TrialProposed(
            trial=number, proposal=Proposal(parameters={"lr": lr, "layers": 2}, proposer=["user", "tpe"][number])
        )
        yield TrialStarted(trial=number, attempt=1)
        yield TrialFinished(trial=number, state=State.COMPLETE, metrics={"accuracy": accuracy}, seconds=3.0)
        yield TrialTested(trial=number, metrics={"test_accuracy": accuracy - 0.05})


def test_a_summary_shows_the_best_beside_the_users_own(tmp_path: Path) -> None:
    lines = rows(summary(small_history(tmp_path), "mine", tmp_path))
    assert ["★", "accuracy", "0.9", "+12.5", "%", "from", "0.8", "(trial", "0)", "trial", "1", "by", "tpe"] in lines
    assert ["trial", "1", "trial", "0"] in lines
    assert ["▸", "lr", "0.01", "0.1"] in lines, "what differs is marked"
    assert ["layers", "2", "2"] in lines
    assert ["test", "split:", "test_accuracy", "0.85", "0.75"] in lines
    assert ["next", "tunesmith", "report", str(tmp_path)] in lines
    assert ["tunesmith", "show", str(tmp_path), "1"] in lines


def test_a_summary_names_the_report_once_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "my studies"
    folder.mkdir()
    (folder / "report.html").touch()
    shown = text(summary(small_history(folder), "mine", folder), width=40)
    assert f"report  {folder}/report.html" in shown
    assert f"next    tunesmith show '{folder}' 1\n" in shown, "quoted for the shell, never broken or cut"
    assert "tunesmith report" not in shown


def test_a_study_without_any_result_has_a_summary() -> None:
    history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    assert "no trial has finished yet" in text(summary(history, "mine", None))
    failure = {"kind": "exit", "reason": "exit status 1"}
    history.apply(TrialProposed(trial=0, proposal=Proposal(parameters={"x": 0.5})))
    history.apply(TrialStarted(trial=0, attempt=1))
    history.apply(TrialFinished(trial=0, state=State.FAILED, failure=Failure(**failure)))
    shown = text(summary(history, "mine", Path("studies/mine")))
    assert "no complete trial yet" in shown
    assert "tunesmith show studies/mine 0" in shown


def test_a_status_shows_what_the_members_of_a_portfolio_are_due() -> None:
    history, portfolio = example_history(60), PortfolioProposer(members=["tpe", "random", "region"], startup_trials=20)
    due = portfolio.shares(history)
    lines = {line[0]: line for line in rows(status(history, Budget(), proposer=portfolio)) if "accepted" in line[4:5]}
    assert lines.keys() == {trial.proposal.proposer for trial in history.trials}
    for name, line in lines.items():
        if name in due:
            assert line[-3:] == ["next", f"{100 * due[name]:.0f}", "%"]
        else:
            assert "next" not in line
    assert not any("next" in line for line in rows(status(history, Budget(), proposer=RandomProposer())))


def test_a_status_shows_budget_counts_and_who_proposed() -> None:
    history = example_history(60)
    shown = text(status(history, Budget(trials=80, patience=30), name="informer", folder=Path("studies/informer")))
    assert "informer" in shown
    assert f"{history.settled} of 80" in shown
    for state in (State.COMPLETE, State.PRUNED, State.FAILED, State.RUNNING):
        assert f"{history.counts[state]} {state}" in shown
    for proposer in {trial.proposal.proposer for trial in history.trials}:
        count = sum(trial.proposal.proposer == proposer for trial in history.trials)
        assert any(
            line[:2] == [proposer, str(count)] and "accepted" in line for line in rows(status(history, Budget()))
        )
    assert all(f"trial {trial.number}" in shown for trial in history.running)


@pytest.mark.parametrize("width", [20, 40, 80, 132])
def test_every_view_fits_every_width(width: int) -> None:
    history = example_history(60)
    best = history.best
    assert best is not None
    for view in (status(history, Budget(trials=60)), summary(history, "mine", None), trial_view(history, best)):
        assert max(map(cell_len, text(view, width).splitlines())) <= width


def test_every_trial_of_a_study_can_be_shown() -> None:
    history = example_history(60)
    for trial in history.trials:
        shown = text(trial_view(history, trial, "last line", "python train.py"))
        assert f"trial {trial.number}  {trial.state}" in shown
        assert ("failure" in shown) == (trial.failure is not None)
        assert ("reports" in shown) == bool(trial.reports)
        for name in trial.parameters:
            assert name in shown


def test_a_trial_is_compared_with_its_parent() -> None:
    history = small_history()
    proposal = {"parameters": {"lr": 0.02, "layers": 2}, "parent": 1, "expectation": 0.95, "reason": "a bit faster"}
    history.apply(TrialProposed(trial=2, proposal=Proposal(**proposal, proposer="tpe")))
    history.apply(TrialStarted(trial=2, attempt=3))
    for step in range(1, 9):
        history.apply(TrialReported(trial=2, step=step, metrics={"accuracy": step / 10}))
    history.apply(TrialNoted(trial=2, text="promising"))
    lines = rows(trial_view(history, history.trials[2]))
    assert lines[0] == ["▸", "trial", "2", "running", "seed", "0,", "attempt", "3"]
    assert ["proposed", "by", "tpe,", "from", "trial", "1,", "expects", "accuracy", "0.95"] in lines
    assert ["reason", "a", "bit", "faster"] in lines
    assert ["here", "trial", "1"] in lines
    assert ["▸", "lr", "0.02", "0.01"] in lines
    assert ["accuracy", "steps", "1", "to", "8", "0.1", "→", "0.8", "▁▂▃▄▅▆▇█"] in lines
    assert ["note", "promising"] in lines


def test_a_parameter_that_the_other_trial_does_not_have_is_shown_on_both_sides() -> None:
    history = example_history(60)
    trial = next(t for t in history.trials[1:] if "training.momentum" in t.parameters and t.proposal.parent is None)
    assert "training.momentum" not in history.trials[0].parameters
    line = next(line for line in rows(trial_view(history, trial)) if "training.momentum" in line)
    assert line[0] == "▸"
    assert line[-1] == "–"
    back = next(t for t in history.trials if t.number and "training.momentum" not in t.parameters)
    assert "training.momentum" not in text(trial_view(history, back))


def test_data_is_shown_as_it_is_and_never_as_markup() -> None:
    space = SearchSpace({"[red]lr": Float(0.0, 1.0)})
    history = History(space, Objective.parse("minimize y[/]"))
    proposal = {"parameters": {"[red]lr": 0.5}, "proposer": f"p{HOSTILE}", "reason": HOSTILE}
    history.apply(TrialProposed(trial=0, proposal=Proposal(**proposal)))
    history.apply(TrialStarted(trial=0, attempt=1))
    history.apply(TrialReported(trial=0, step=1, metrics={"y[/]": 1.0, HOSTILE: 2.0}))
    failure = {"kind": "exception", "reason": HOSTILE, "log_tail": f"before\n{HOSTILE}"}
    history.apply(TrialFinished(trial=0, state=State.FAILED, failure=Failure(**failure)))
    history.apply(StudyStopped(reason=HOSTILE))
    for view in (
        trial_view(history, history.trials[0], reproduce=HOSTILE),
        status(history, Budget(trials=5), name=HOSTILE),
        summary(history, HOSTILE, None),
    ):
        console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)
        console.print(view, crop=False)
        written = console.file.getvalue()  # type: ignore[attr-defined]
        assert SHOWN in written or "[bold]x[/] red\n" in written
        assert "\x1b[31m" not in written
        assert "\x07" not in written
    assert "[red]lr" in text(trial_view(history, history.trials[0]))


def test_a_long_log_is_shown_from_its_end_and_folded() -> None:
    history = small_history()
    log = "\n".join(f"line {number}" for number in range(500)) + "\n" + "y" * 150 + "\n\n"
    shown = text(trial_view(history, history.trials[0], log), width=80)
    assert "line 481" in shown
    assert "line 480" not in shown
    assert shown.replace(" ", "").replace("\n", "").count("y" * 150) == 1


def test_a_long_reason_goes_on_below_itself() -> None:
    history = small_history()
    history.apply(TrialJudged(trial=1, verdict=Verdict(decision="reject", reason="word " * 30)))
    lines = text(trial_view(history, history.trials[1]), width=60).splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("   verdict   rejected by rules: word"))
    assert lines[at + 1].startswith(" " * 13 + "word word")


def front_history(folder: Path | None = None) -> History:
    history = History(SearchSpace({"x": Float(0.0, 1.0)}), Objective.parse("minimize error, maximize speed"), folder)
    for number, (error, speed) in enumerate([(2.0, 10.0), (1.0, 5.0), (4.0, 40.0), (4.0, 9.0), (0.5, 1.0)]):
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / 10}, proposer="tpe")))
        history.apply(TrialStarted(trial=number, attempt=1))
        metrics = {"error": error, "speed": speed}
        history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics=metrics, seconds=3.0))
    return history


@pytest.mark.parametrize(
    "view", [lambda h: status(h, Budget(trials=9, target=0.1)), lambda h: summary(h, "mine", None)]
)
def test_a_front_is_shown_with_its_values(view: Callable[[History], RenderableType]) -> None:
    lines = rows(view(front_history()))
    assert any(line[:7] == ["★", "4", "trials", "on", "the", "Pareto", "front"] for line in lines)
    table = lines.index(["trial", "error", "speed", "proposer"])
    assert lines[table + 1 : table + 5] == [
        ["4", "0.5", "1", "tpe"],
        ["1", "1", "5", "tpe"],
        ["★", "0", "2", "10", "tpe"],
        ["2", "4", "40", "tpe"],
    ]


def test_a_status_compares_the_target_with_the_best_of_the_first_metric() -> None:
    assert any("0.5, target 0.1" in line for line in text(status(front_history(), Budget(target=0.1))).splitlines())


def test_settled_trials_show_every_metric_and_stars_on_the_front() -> None:
    lines = rows(status(front_history(), Budget()))
    settled = [line for line in lines if line[1:2] in (["3"], ["2"]) and "complete" in line]
    assert [line[:4] for line in settled] == [["●", "3", "4", "9"], ["★", "2", "4", "40"]]


def test_a_long_front_is_cut_where_there_is_little_room() -> None:
    snapshot = LiveState.of(front_history()).snapshot()
    assert snapshot is not None
    for room, lines in ((9, 5), (5, 5), (4, 4), (3, 3)):
        shown = text(panels.front(snapshot, room)).splitlines()
        assert len(shown) == lines
        assert ("more" in shown[-1]) == (room < 5)
    assert text(panels.front(snapshot, 1)) == ""


def test_a_trial_says_that_it_stands_on_the_front() -> None:
    history = front_history()
    assert "one of 4 on the Pareto front, nearest to the best of each metric" in text(
        trial_view(history, history.trials[0])
    )
    assert "one of 4 on the Pareto front" in text(trial_view(history, history.trials[2]))
    assert "standing" not in text(trial_view(history, history.trials[3]))


@pytest.mark.parametrize("at_work", [True, False])
def test_a_study_that_has_ended_has_no_time_left(at_work: bool) -> None:
    history = small_history()
    history.apply(SessionOpened(time=0.0, elapsed=0.0))
    history.apply(TrialNoted(trial=0, text="fine", time=9.0, elapsed=9.0))
    if not at_work:
        history.apply(SessionClosed(time=9.0, elapsed=9.0))
    assert ("left" in text(status(history, Budget(trials=60, minutes=5)))) is at_work
