"""Requests for approval: asked, answered, timed out, resumed."""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import wait_until

import tunesmith as ts
from tunesmith.approvals.approvals import MAX_OPEN, read_requests
from tunesmith.approvals.pending_answers import PendingAnswer, write_answer
from tunesmith.core.approval_request import Answer
from tunesmith.core.trial import Proposal
from tunesmith.errors import ApprovalPending
from tunesmith.llm.options import ModelOptions
from tunesmith.proposers.language_model import Advice
from tunesmith.runner.coordinator import RulesCoordinator
from tunesmith.runner.loop import Loop
from tunesmith.tasks.function import FunctionTask

SPACE = {"x": ts.Float(0.0, 1.0, default=0.9), "kind": ts.Choice(["a", "b"]), "y": ts.Float(0, 1, when={"kind": "b"})}


def study(folder: Path | None = None, **options: Any) -> ts.Study:
    """A study whose language model has no API key and is never asked; `advise` replaces its advice."""
    agents = {"model": "openai:gpt-5", "approve": "radical", **options.pop("agents", {})}
    own = ts.Study(space=SPACE, objective="minimize loss", folder=folder, model=agents, **options)
    assert own.gateway is not None
    assert own.gateway.model is None
    return own


def begin(own: ts.Study) -> ts.Study:
    if not own.trials:
        own.tell(own.ask().number, 1.0)
    return own


def advise(own: ts.Study, step: str = "radical", **changes: Any) -> None:
    """Let the adviser propose this step next, and nothing after it."""
    assert own.adviser is not None
    ideas = [Advice(changes=changes, step=step, reason="it is usual", expectation=0.25)]
    own.adviser.advise = lambda history, *, count: [ideas.pop()] if ideas else []


def actions(own: ts.Study) -> list[str]:
    return [getattr(event, "answer", event.kind) for event in own.history.decisions]


def test_a_step_waits_until_it_is_approved_and_then_comes_first(tmp_path: Path) -> None:
    with begin(study(tmp_path)) as own:
        advise(own, x=0.3, kind="b", y=0.5)
        other = own.ask()  # The study does not wait: the optimiser proposes another trial.
        assert other.proposal.proposer != "language_model"
        [request] = own.approval_requests
        assert request.is_open
        assert request.parameters == {"x": 0.3, "kind": "b", "y": 0.5}
        assert request.changes == {"x": {"from": 0.9, "to": 0.3}, "kind": {"from": "a", "to": "b"}, "y": {"to": 0.5}}
        assert (request.step, request.parent, request.expectation) == ("radical", 0, 0.25)
        assert request.deadline == pytest.approx(time.time() + 600, abs=60)
        closed = own.approve(text="go")
        assert (closed.answer, closed.answered_by, closed.text, closed.trial) == ("approve", "user", "go", 2)
        trial = own.ask()
        assert trial.parameters == request.parameters
        assert trial.proposal.proposer == "language_model"
        assert trial.proposal.reason == "it is usual. It was approved by the user."
        assert (trial.proposal.parent, trial.proposal.expectation) == (0, 0.25)
        assert actions(own) == ["approval_requested", "approve"]
    again = ts.load(tmp_path)
    assert again.approval_requests == own.approval_requests


def test_a_rejected_step_is_neither_tried_nor_asked_again_and_the_model_sees_it(tmp_path: Path) -> None:
    from tunesmith.agents.study_summary import StudySummary

    with begin(study(tmp_path)) as own:
        advise(own, x=0.3)
        own.ask()
        own.approve(1, "too far", reject=True)
        advise(own, x=0.3)
        own.ask()
        assert actions(own) == ["approval_requested", "reject", "advice_refused"]
        assert "rejected by the user: too far, and is not asked again" in own.history.decisions[-1].reason
        assert 0.3 not in [trial.parameters["x"] for trial in own.trials]
        assert "too far" in str(StudySummary(own.history))


@pytest.mark.parametrize(
    ("approve", "step", "held"),
    [("none", "radical", 0), ("radical", "medium", 0), ("radical", "radical", 1), ("all", "small", 1)],
)
def test_only_steps_of_the_chosen_size_need_approval(approve: str, step: str, held: int) -> None:
    with begin(study(agents={"approve": approve})) as own:
        advise(own, step, x=0.3)
        assert (own.ask().proposal.proposer == "language_model") is not held
        assert len(own.approval_requests) == held


def test_refused_advice_needs_no_approval() -> None:
    with begin(study()) as own:
        for changes in ({"x": 0.9}, {"z": 1}, {"x": "1 %"}):
            advise(own, **changes)
            own.ask()
        assert actions(own) == ["advice_refused"] * 3


def test_the_number_of_open_requests_is_limited() -> None:
    with begin(study()) as own:
        for index in range(MAX_OPEN + 2):
            advise(own, x=0.1 * index)
            own.ask()
        assert len(own.approval_requests) == MAX_OPEN
        assert "already wait for approval" in own.history.decisions[-1].reason
        with pytest.raises(ts.InputError, match=r"several questions are open: 1, 2, 3\. Choose one, as question 1"):
            own.approve()
        own.approve(2)
        assert [request.number for request in own.approval_requests if request.is_open] == [1, 3]


@pytest.mark.parametrize("default", ["reject", "approve"])
def test_the_default_applies_after_the_deadline(default: str) -> None:
    with begin(study(agents={"approve_seconds": 0.01, "approve_default": default})) as own:
        advise(own, x=0.3)
        own.ask()
        wait_until(lambda: time.time() > own.approval_requests[0].deadline + 0.01, "the deadline", poll_seconds=0.002)
        tried = own.ask().parameters["x"] == 0.3
        assert tried is (default == "approve")
        assert (own.approval_requests[0].answer, own.approval_requests[0].answered_by) == (default, "time-out")
        with pytest.raises(ts.InputError, match=f"question 1 was {default}e?d by the time-out"):
            own.approve(1)


def test_a_deadline_is_not_reached_by_setting_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, jumped = time.time, 0.0
    monkeypatch.setattr(time, "time", lambda: original() + jumped)
    with begin(study(tmp_path, agents={"approve_seconds": 3600})) as own:
        advise(own, x=0.3)
        own.ask()
        jumped = 7200.0
        own.ask()
        assert own.approval_requests[0].is_open
    jumped = -1e6
    with study(tmp_path, agents={"approve_seconds": 3600}) as own:
        own.ask()
        assert own.approval_requests[0].is_open
        assert own.approvals.seconds_left(own.approval_requests[0]) <= 3600


def test_a_late_answer_counts_until_the_default_is_applied(tmp_path: Path) -> None:
    with begin(study(tmp_path, agents={"approve_seconds": 0.01})) as own:
        advise(own, x=0.3)
        own.ask()
    wait_until(lambda: time.time() > own.approval_requests[0].deadline, "the deadline", poll_seconds=0.002)
    with study(tmp_path) as own:
        assert own.approve().answer == "approve"


def test_an_approved_step_is_not_tried_twice_nor_beyond_the_budget() -> None:
    with begin(study(budget=ts.Budget(trials=3))) as own:
        advise(own, x=0.3)
        own.ask()
        own.add({"x": 0.3, "kind": "a"}, 0.5)
        assert own.approve(1).trial is None
        assert "it is not tried, because its configuration has been tried since" in own.history.decisions[-1].reason
    with begin(study(budget=ts.Budget(trials=2))) as own:
        advise(own, x=0.3)
        own.ask()
        assert own.approve(1).trial is None
        assert "the budget allows no more trials" in own.history.decisions[-1].reason


def test_an_open_request_pauses_a_loop_which_alone_applies_answers() -> None:
    with begin(study()) as own:
        own.approvals.drive(pauses=True)
        advise(own, x=0.3)
        with pytest.raises(ApprovalPending):
            own.engine.propose(1)
        assert len(own.trials) == 1
        thread = threading.Thread(target=own.approve, args=(1, "from a thread"))
        thread.start()
        thread.join()
        own.approve(1, "second", reject=True)
        assert own.approval_requests[0].is_open
        assert own.approvals.settle()
        assert (own.approval_requests[0].text, len(own.trials)) == ("from a thread", 2)
        assert not own.approvals.settle()


def test_an_answer_just_before_ctrl_c_counts(tmp_path: Path) -> None:
    task = FunctionTask(function=lambda parameters: parameters["x"], metric="loss")
    with begin(study(tmp_path, task=task)) as own:
        assert own.task is not None
        loop = Loop(
            engine=own.engine,
            task=own.task,
            executor=own.executor,
            approvals=own.approvals,
            coordinator=RulesCoordinator(budget=own.budget),
            adviser=own.adviser,
            retries=0,
        )
        loop.prepare()
        advise(own, x=0.3)
        loop.propose(1)
        assert own.approve(1).is_open
        loop.interrupt()
        loop.finish("interrupted", failed=False)
    assert [trial.parameters["x"] for trial in ts.load(tmp_path).history.waiting] == [0.3]


def test_the_end_of_a_study_closes_open_requests() -> None:
    with begin(study()) as own:
        advise(own, x=0.3)
        own.ask()
        own.approvals.close_all("all trials are done")
        assert actions(own) == ["approval_requested", "reject"]
        reason = own.history.decisions[-1].reason
        assert reason == "question 1 was rejected by the end of the study: all trials are done"


@pytest.mark.parametrize(
    ("number", "message"),
    [(None, "none is open"), (1, "there is no question 1; none is open"), (0, "there is no question 0")],
)
def test_answering_no_open_request_is_an_error(number: int | None, message: str) -> None:
    with begin(study()) as own, pytest.raises(ts.InputError, match=message):
        own.approve(number)


@pytest.mark.parametrize(("answer", "trials"), [("approve", 3), ("reject", 2)])
def test_an_answer_from_another_process_arrives_through_the_folder(tmp_path: Path, answer: Answer, trials: int) -> None:
    with begin(study(tmp_path)) as own:
        advise(own, x=0.3)
        own.ask()
        own.recorder.hold()
        elsewhere = ts.load(tmp_path)
        assert elsewhere.approve(text="from elsewhere", reject=answer == "reject").is_open
        with pytest.raises(ts.InputError, match="takes one answer, but question 1 has one"):
            ts.load(tmp_path).approve(1, "second")
        assert own.approvals.settle()
        assert len(own.trials) == trials
        assert (own.approval_requests[0].answer, own.approval_requests[0].text) == (answer, "from elsewhere")
        assert list((tmp_path / "answers").iterdir()) == []


def test_a_pending_answer_comes_before_a_later_one(tmp_path: Path) -> None:
    with begin(study(tmp_path)) as own:
        advise(own, x=0.3)
        own.ask()
        write_answer(tmp_path, own.approval_requests[0], PendingAnswer("reject", "first"))
    with study(tmp_path) as own, pytest.raises(ts.InputError, match="rejected by the user: first"):
        own.approve(1)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b'{"answer": "perhaps"}', b'{"answer": "approve", "deadline": 1.0}']
)
def test_an_unusable_answer_file_is_set_aside(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with begin(study(tmp_path)) as own:
        advise(own, x=0.3)
        own.ask()
        (tmp_path / "answers").mkdir()
        (tmp_path / "answers" / "1.json").write_bytes(content)
        caplog.clear()
        assert not own.approvals.settle()
        assert not own.approvals.settle()
        assert ["1.json was ignored: " in record.message for record in caplog.records] == [True]
        assert (tmp_path / "answers" / "1.unusable").read_bytes() == content
        own.approve(1)
        assert own.approval_requests[0].answer == "approve"


def test_an_unwritable_folder_is_an_error(tmp_path: Path) -> None:
    with begin(study(tmp_path)) as own:
        advise(own, x=0.3)
        own.ask()
        own.recorder.hold()
        (tmp_path / "answers").write_text("a file where the folder should be")
        with pytest.raises(ts.OutputError, match=r"1\.json must be writable, got: File exists"):
            ts.load(tmp_path).approve(1)


def test_the_approval_and_its_trial_are_one_write(tmp_path: Path) -> None:
    """A crash at any moment neither loses nor repeats an approved step."""
    with begin(study(tmp_path)) as own:
        advise(own, x=0.3)
        own.ask()
        own.approve(1)
    lines = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    index = next(n for n, line in enumerate(lines) if b'"approval_answered"' in line)
    assert json.loads(lines[index + 1])["event"] == "trial_proposed"
    (tmp_path / "journal.jsonl").write_bytes(b"".join(lines[:index]))  # As if killed before the answer.
    with study(tmp_path) as own:
        assert own.approval_requests[0].is_open
        own.approve(1)
        assert [trial.parameters["x"] for trial in own.trials].count(0.3) == 1


def test_requests_are_read_from_the_journal_alone(tmp_path: Path) -> None:
    with begin(study(tmp_path)) as own:
        for x in (0.1, 0.2):
            advise(own, x=x)
            own.ask()
        own.approve(2, reject=True)
        assert read_requests(tmp_path).all == list(own.approval_requests)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"approve": "radicals"}, r"approve must be 'none', 'radical' or 'all', .* Did you mean 'radical'\?"),
        ({"approve": True}, "approve must be a string"),
        ({"approve_default": "yes"}, "approve_default must be 'reject' or 'approve', got 'yes'"),
        ({"approve_seconds": 0}, "approve_seconds must be above 0"),
        ({"approve_seconds": float("inf")}, "approve_seconds must be above 0 and at most"),
        ({"approve_second": 3}, "Did you mean 'approve_seconds'"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ts.InputError, match=message):
        ModelOptions.parse({"model": "ollama:nobody", **options})


def test_a_step_closed_by_the_end_of_the_study_may_be_asked_again() -> None:
    own = begin(study())
    advise(own, x=0.3)
    own.ask()
    own.approvals.close_all("all trials are done")
    advise(own, x=0.3)
    own.ask()
    assert actions(own) == ["approval_requested", "reject", "approval_requested"]
    own.close()


def test_concurrent_answers_and_proposals_get_distinct_trial_numbers() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        own = begin(study())
        advise(own, x=0.3)
        own.ask()
        known = [Proposal(parameters={"x": index / 1000, "kind": "a"}, reason="known") for index in range(300)]
        threads = [
            threading.Thread(target=lambda: [own.engine.enqueue(proposal) for proposal in known]),
            threading.Thread(target=lambda: [own.engine.enqueue(proposal) for proposal in known]),
            threading.Thread(target=own.approve, args=(1,)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(own.trials) == 603
        assert [trial.number for trial in own.trials] == list(range(603))
        assert own.approval_requests[0].trial is not None
        assert own.trials[own.approval_requests[0].trial].parameters["x"] == 0.3
        own.close()
    finally:
        sys.setswitchinterval(interval)
