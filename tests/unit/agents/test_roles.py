"""Judge, coordinator and specialists on a language model: what they may do, and what they may not."""

import threading
from concurrent.futures import wait
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.waiting import wait_until

from tunesmith.agents.adviser import PlannerAdviser
from tunesmith.agents.gateway import ModelGateway
from tunesmith.agents.roles.coordinator import CoordinatorAnswer, ModelCoordinator
from tunesmith.agents.roles.judge import JudgeAnswer, ModelReviewer
from tunesmith.agents.roles.specialist import Suggestion
from tunesmith.core.budget import Budget
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.errors import InputError, ModelUnavailable
from tunesmith.history.history import History
from tunesmith.journal.events import AdviceRefused, Decision, ModelPaused, SearchFocused, StopRefused
from tunesmith.judges.language_model import LanguageModelJudge
from tunesmith.llm.options import ModelOptions
from tunesmith.runner.coordinator import RulesCoordinator
from tunesmith.testing.histories import build_history

SPACE = SearchSpace({"x": Float(0.0, 1.0), "y": Float(0.0, 1.0)})


class ScriptedModel:
    """Gives the scripted answers, the last one repeatedly, or raises them."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), []

    def ask(self, role: str, **asked: Any) -> Any:
        self.asked.append({"role": role, **asked})
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        pass


class WaitingModel(ScriptedModel):
    """Answers once an event is set."""

    def __init__(self, allowed: threading.Event, *answers: Any) -> None:
        super().__init__(*answers)
        self.allowed = allowed

    def ask(self, role: str, **asked: Any) -> Any:
        self.allowed.wait(20)
        return super().ask(role, **asked)


def gateway_of(history: History, model: ScriptedModel, budget: Budget = Budget(trials=200)) -> ModelGateway:  # noqa: B008
    gateway = ModelGateway(
        ModelOptions(model="ollama:x"), history=history, emit=history.apply, budget=budget, folder=Path()
    )
    gateway._model = model  # type: ignore[assignment]
    return gateway


def losses(*values: float) -> History:
    return build_history(SPACE, [({"x": place / 100, "y": 0.5}, value) for place, value in enumerate(values)])


Kind = TypeVar("Kind", bound=Decision)


def decisions(history: History, kind: type[Kind]) -> list[Kind]:
    return [event for event in history.decisions if isinstance(event, kind)]


# -- the judge -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["accept", "reject", "replicate"])
def test_the_model_decides_borderline_trials(decision: Any) -> None:
    history = losses(1.0, 0.99)
    model = ScriptedModel(JudgeAnswer(decision=decision, reason="trials are short."))
    judge = LanguageModelJudge(reviewer=ModelReviewer(gateway_of(history, model)))
    verdict = judge.judge(history, history.trials[1])
    assert (verdict.decision, verdict.by, verdict.binding) == (decision, "judge", False)
    assert verdict.reason.endswith("; trials are short.")
    assert '"it_would_take_the_lead_from":{"number":0' in model.asked[0]["question"]


@pytest.mark.parametrize(("values", "decision"), [((1.0,), "accept"), ((1.0, 0.5), "accept"), ((1.0, 2.0), "reject")])
def test_rules_alone_decide_clear_trials(values: tuple[float, ...], decision: str) -> None:
    history, model = losses(*values), ScriptedModel(ModelUnavailable("nobody"))
    judge = LanguageModelJudge(reviewer=ModelReviewer(gateway_of(history, model)))
    assert judge.judge(history, history.trials[-1]).decision == decision
    assert model.asked == []


def test_without_an_answer_the_rules_decide() -> None:
    history, model = losses(1.0, 0.99), ScriptedModel(ModelUnavailable("nobody"))
    judge = LanguageModelJudge(reviewer=ModelReviewer(gateway_of(history, model)))
    assert judge.judge(history, history.trials[1]) == LanguageModelJudge().judge(history, history.trials[1])


def build_judge(answered: threading.Event) -> tuple[History, ModelGateway, LanguageModelJudge]:
    """A borderline trial, and a judge with several slots that answers once an event is set."""
    history = losses(1.0, 0.99)
    gateway = gateway_of(history, WaitingModel(answered, JudgeAnswer(decision="accept", reason="trials are short.")))
    gateway.concurrent = True
    return history, gateway, LanguageModelJudge(reviewer=ModelReviewer(gateway))


def test_concurrent_trials_do_not_wait_for_the_judge() -> None:
    answered = threading.Event()
    history, gateway, judge = build_judge(answered)
    assert judge.judge(history, history.trials[1]) is None
    assert judge.judge(history, history.trials[1]) is None
    answered.set()
    verdict = wait_until(lambda: judge.judge(history, history.trials[1]), "the verdict")
    assert (verdict.decision, verdict.by) == ("accept", "judge")
    gateway.close()


def test_the_rules_decide_pending_verdicts_at_the_end_of_a_study() -> None:
    answered = threading.Event()
    history, gateway, judge = build_judge(answered)
    assert judge.judge(history, history.trials[1]) is None
    gateway.cancel()
    assert judge.judge(history, history.trials[1]) == LanguageModelJudge().judge(history, history.trials[1])
    answered.set()
    gateway.close()


def test_a_closed_gateway_can_ask_again() -> None:
    gateway = ModelGateway(
        ModelOptions(model="ollama:x"), history=losses(), emit=lambda event: None, budget=Budget(), folder=Path()
    )
    gateway.cancel()
    assert gateway.should_cancel()
    gateway.close()
    assert not gateway.should_cancel()


def test_a_judge_needs_a_reviewer_with_a_review_method() -> None:
    with pytest.raises(InputError, match="a reviewer must be an object"):
        LanguageModelJudge(reviewer="somebody")  # type: ignore[arg-type]


# -- the coordinator -------------------------------------------------------------------------------------------------


def build_coordinator(history: History, *answers: Any) -> tuple[ModelCoordinator, ScriptedModel]:
    model = ScriptedModel(*answers)
    rules = RulesCoordinator(budget=Budget(trials=200))
    return ModelCoordinator(rules, gateway_of(history, model)), model


STOP = CoordinatorAnswer(decision="stop", reason="nothing is left to find.")


def better(count: int) -> list[float]:
    return [1.0 / (number + 1) for number in range(count)]


@pytest.mark.parametrize(
    ("values", "stops", "why"),
    [
        ([*better(15), *[1.0] * 30], True, ""),
        ([*better(5), *[1.0] * 10], False, "before 30 trials"),
        (better(40), False, "0 trials after a new best"),
        ([1.0], False, None),
    ],
    ids=["it stands still", "too early", "it improves", "at trial 1"],
)
def test_a_stop_is_followed_only_without_recent_progress(values: list[float], stops: bool, why: str | None) -> None:
    history = losses(*values)
    coordinator, model = build_coordinator(history, STOP)
    step = coordinator.decide(history, seconds=1.0)
    assert step.stop is stops
    assert not step.failed
    if stops:
        assert "nothing is left to find" in step.reason
    elif why is None:
        assert model.asked == []
    else:
        assert why in decisions(history, StopRefused)[0].reason


def test_the_coordinator_is_asked_every_ten_trials_after_the_rules() -> None:
    history = losses(*better(12))
    coordinator, model = build_coordinator(history, CoordinatorAnswer(decision="go on", reason="it improves."))
    assert not coordinator.decide(history, seconds=1.0).stop
    assert not coordinator.decide(history, seconds=1.0).stop
    assert len(model.asked) == 1
    done = ModelCoordinator(RulesCoordinator(budget=Budget(target=0.5)), coordinator.gateway)
    assert "the target is met" in done.decide(history, seconds=1.0).reason
    assert len(model.asked) == 1


def test_unknown_and_prioritised_parameters_are_not_frozen() -> None:
    history = losses(*better(12))
    course = CoordinatorAnswer(
        decision="go on", prioritise=["x", "no_such"], freeze=["y", "x"], reason="y\x1b[1m does not matter."
    )
    coordinator, _ = build_coordinator(history, course)
    coordinator.decide(history, seconds=1.0)
    focus = decisions(history, SearchFocused)[0]
    assert (focus.prioritise, focus.freeze) == (("x",), ("y",))
    assert focus.reason == "y does not matter.; prioritise x; freeze y"


def test_without_an_answer_the_study_goes_on_and_the_model_is_paused(caplog: pytest.LogCaptureFixture) -> None:
    history = losses(*better(12))
    first, model = build_coordinator(history, ModelUnavailable("it is down"))
    for _ in range(3):
        coordinator = ModelCoordinator(RulesCoordinator(budget=Budget(trials=200)), first.gateway)
        assert not coordinator.decide(history, seconds=1.0).stop
    assert len(model.asked) == 1
    assert caplog.text.count("continues by rules") == 1


# -- concurrent specialists --------------------------------------------------------------------------------------------


def build_adviser(history: History, *answers: Any) -> tuple[PlannerAdviser, ScriptedModel]:
    """An adviser that does not wait for answers."""
    model = ScriptedModel(*answers)
    gateway = gateway_of(history, model)
    gateway.concurrent = True
    return PlannerAdviser(gateway), model


def wait_for_answers(adviser: PlannerAdviser) -> None:
    wait(list(adviser.gateway._pending.values()), timeout=20)


def test_the_latest_suggestion_of_a_specialist_replaces_earlier_ones() -> None:
    history = losses(*better(12))
    adviser, model = build_adviser(history, *(Suggestion(values=[value], reason="it is known") for value in (0.1, 0.2)))
    for _ in range(2):
        adviser.ask_specialist("x")
        wait_for_answers(adviser)
    assert [asked["role"] for asked in model.asked] == ["specialist"] * 2
    assert [dict(one.changes) for one in adviser.advise(history, count=1)] == [{"x": 0.2}]
    adviser.gateway.close()


def test_suggestions_come_in_the_order_of_the_coordinator() -> None:
    history = losses(*better(12))
    history.apply(
        SearchFocused(
            prioritise=(
                "y",
                "x",
            ),
            reason="they matter",
        )
    )
    adviser, _ = build_adviser(history, Suggestion(values=[0.7], reason="it is known"))
    for name in ("x", "y"):
        adviser.ask_specialist(name)
        wait_for_answers(adviser)
    assert [list(one.changes) for one in adviser.advise(history, count=1)] == [["y"], ["x"]]
    adviser.gateway.close()


def test_concurrent_failures_count_as_one() -> None:
    history = losses(*better(12))
    adviser, _ = build_adviser(history, ModelUnavailable("it is down"))
    for name in ("x", "y"):
        adviser.ask_specialist(name)
    wait_for_answers(adviser)
    adviser.advise(history, count=1)
    assert [event.until for event in decisions(history, ModelPaused)] == [12 + 5]
    adviser.gateway.close()


# -- the coordinator and the planner ---------------------------------------------------------------------------------


def test_advice_on_frozen_parameters_is_refused() -> None:
    from tunesmith.agents.roles.planner import Change, Idea, Plan

    history = losses(*better(12))
    history.apply(SearchFocused(prioritise=("x",), freeze=("y",), reason="it is."))
    ideas = [Idea(step="small", changes=[Change(parameter=name, value=0.3)], reason="why") for name in "xy"]
    model = ScriptedModel(Plan(ideas=ideas))
    advice = PlannerAdviser(gateway_of(history, model)).advise(history, count=2)
    assert [dict(one.changes) for one in advice] == [{"x": 0.3}]
    assert "the coordinator froze y" in decisions(history, AdviceRefused)[0].reason
    assert '"freeze"' in model.asked[0]["question"]
