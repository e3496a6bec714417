"""Numbers in words, and the sentences about studies whose results are zero, equal, huge or almost equal."""

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tunesmith.cli.plain import PlainView
from tunesmith.cli.views import status, summary
from tunesmith.core.budget import Budget
from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Failure, Proposal, State, Verdict
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialJudged, TrialProposed, TrialStarted
from tunesmith.judges.rules import RulesJudge
from tunesmith.reports.explain_study import explain_study
from tunesmith.reports.explain_trial import explain_trial
from tunesmith.text import wording

FINITE = st.floats(allow_nan=False, allow_infinity=False)
RESULTS = st.sampled_from(
    [0.0, -0.0, 1.0, 1.0 + 2.3e-16, 1.0 - 1e-9, 0.5, -1.0, 1e-300, 1e300, -1.7e308, 1.7e308, None]
)
UNTRUE = re.compile(r"0\.0 %|−0(?![.\d])| 0 (%|better|worse)|\binf\b|\b0 of 1 trials?\b are|e\+\d\d+ %|\b1 \w+s are")


@given(FINITE)
def test_only_nothing_is_zero(value: float) -> None:
    assert wording.number(-0.0) == "0"
    assert (wording.number(value) in ("0", "−0")) is (value == 0)


@given(FINITE, FINITE)
def test_numbers_that_differ_look_different(one: float, other: float) -> None:
    first, second = wording.numbers(one, other)
    assert (first == second) is (one == other)


@given(FINITE, FINITE)
def test_a_change_says_something(value: float, reference: float) -> None:
    change, difference = wording.change(value, reference), wording.difference(value, reference)
    for words in (change or "", difference if value != reference else ""):
        assert not UNTRUE.search(words)
    assert change is None or change[0] == ("+" if value > reference else "−")


@given(st.lists(RESULTS, min_size=1, max_size=5), st.sampled_from(["minimize y", "maximize y"]))
def test_nothing_said_of_a_degenerate_study_is_untrue(results: list[float | None], objective: str) -> None:
    history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse(objective))
    budget, output = Budget(trials=len(results), minutes=1, patience=2), io.StringIO()
    console = Console(file=output, width=200)
    plain = PlainView("s", None, budget, 1, console)

    def record(event):
        history.apply(event)
        plain.record(event, history)

    for number, value in enumerate(results):
        record(TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / 8})))
        record(TrialStarted(trial=number))
        if value is None:
            failure = Failure(kind="told", reason="it broke.")
            record(TrialFinished(trial=number, state=State.FAILED, failure=failure))
            continue
        record(TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": value}))
        record(TrialJudged(trial=number, verdict=RulesJudge().judge(history, history.trials[number])))
    best = {trial.metrics["y"] for trial in history.trials if trial.metrics}
    assert output.getvalue().count("new best") <= len(best)
    for view in (status(history, budget), summary(history, "s", None)):
        console.print(view)
    texts = [str(explain_study(history, budget=budget)), *(str(explain_trial(history, t)) for t in history.trials)]
    for text in (*texts, output.getvalue()):
        assert not UNTRUE.search(text), text


def test_a_verdict_without_a_reason_ends_with_its_author() -> None:
    history, output = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y")), io.StringIO()
    plain = PlainView("s", None, Budget(trials=1), 1, Console(file=output, width=200))
    for event in (
        TrialProposed(trial=0, proposal=Proposal(parameters={"x": 0.5})),
        TrialStarted(trial=0),
        TrialFinished(trial=0, state=State.COMPLETE, metrics={"y": 1.0}),
        TrialJudged(trial=0, verdict=Verdict(decision="accept", reason="", by="user", binding=True)),
    ):
        history.apply(event)
        plain.record(event, history)
    assert output.getvalue().endswith("trial   0  accepted by user\n")
