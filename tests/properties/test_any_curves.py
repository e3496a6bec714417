"""What pruners compare, kept report by report, against the same computed from all reports."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialInterrupted, TrialProposed, TrialReported, TrialStarted

TRIALS = 4
RUNGS = ((1, 3), (3, 9))
actions = st.tuples(
    st.integers(0, TRIALS - 1),
    st.sampled_from(["report", "report", "report", "restart", "complete"]),
    st.integers(0, 9),
    st.fixed_dictionaries({}, optional={name: st.sampled_from([0.0, 1.0, 2.5, -1.0, math.nan]) for name in "yz"}),
)


def _odd(number: int) -> bool:
    return number % 2 == 1


@given(st.lists(actions, max_size=40), st.sampled_from(["minimize y", "minimize y, maximize z"]))
def test_curves_do_not_depend_on_when_they_are_first_read(
    script: list[tuple[int, str, int, dict[str, float]]], objective: str
) -> None:
    eager = History(SearchSpace({"x": Float(0.0, 1.0)}), Objective.parse(objective))
    for number in range(TRIALS):
        eager.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": number / TRIALS})))
        eager.apply(TrialStarted(trial=number))
    for number, action, step, metrics in script:
        if eager.trials[number].state is not State.RUNNING:
            continue
        if action == "report":
            eager.apply(TrialReported(trial=number, step=step, metrics=metrics))
        elif action == "restart":
            eager.apply(TrialInterrupted(trial=number))
            eager.apply(TrialStarted(trial=number, attempt=eager.trials[number].attempt + 1))
        else:
            eager.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics={"y": 1.0, "z": 1.0}))
        _compare(eager, eager.snapshot())


def _compare(eager: History, fresh: History) -> None:
    assert eager.trials == fresh.trials
    for step in range(10):
        losses = eager.at_step(step)
        assert losses == fresh.at_step(step)
        complete = {n: loss for n, loss in losses.items() if eager.trials[n].state is State.COMPLETE}
        for history in (eager, fresh):
            assert history.curves.complete_at(step).losses == complete
            assert history.curves.complete_at(step).ordered == sorted(complete.values())
    for trial in eager.trials:
        known = [loss for report in trial.reports if (loss := eager.loss_of(trial, report)) is not None]
        earlier = [report.step for report in trial.reports[:-1] if eager.loss_of(trial, report) is not None]
        for history in (eager, fresh):
            progress = history.curves.progress(trial.number)
            assert progress.furthest_before == max(earlier, default=-1)
            if not eager.objective.pareto:
                assert progress.least == min(known, default=math.inf)
    for first, end in RUNGS:
        for members in (None, _odd):
            standing: dict[int, float] = {}
            for step in reversed(range(first, end)):
                standing |= {n: loss for n, loss in eager.at_step(step).items() if members is None or members(n)}
            for history in (eager, fresh):
                assert history.curves.rung(first, end, members).losses == standing
                assert history.curves.rung(first, end, members).ordered == sorted(standing.values())
