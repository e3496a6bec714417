"""The front does not depend on the order in which trials end, nor on the sign of a metric."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.core.objective import Objective
from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Proposal, State
from tunesmith.history.history import History
from tunesmith.journal.events import TrialFinished, TrialProposed, TrialStarted

SPACE = SearchSpace({"x": Float(0.0, 1.0)})
# A few distant values, so that means of repeats are exact and ties are common.
numbers = st.sampled_from([-1e300, -2.0, -0.5, 0.0, 0.25, 1.0, 4.0, 1e300])
ends = st.tuples(st.sampled_from([0.1, 0.2, 0.3, 0.4]), numbers, numbers, st.sampled_from([0.0, 0.0, 5.0, 12.0]))


def _play(trials: list[tuple[float, ...]], order: list[int], directions: tuple[str, str]) -> History:
    metrics = {name: {"direction": direction} for name, direction in zip("ab", directions, strict=True)}
    table = {"metrics": metrics, "constraints": {"size": {"high": 10.0}}, "pareto": True}
    history = History(SPACE, Objective.parse(table))
    for number, (x, *_) in enumerate(trials):
        history.apply(TrialProposed(trial=number, proposal=Proposal(parameters={"x": x})))
        history.apply(TrialStarted(trial=number, attempt=1))
    for number in order:
        _, a, b, size = trials[number]
        signs = [metric.sign for metric in history.objective.metrics]
        payload = {"a": signs[0] * a, "b": signs[1] * b, "size": size}
        history.apply(TrialFinished(trial=number, state=State.COMPLETE, metrics=payload))
    return history


@settings(max_examples=60)
@given(st.lists(ends, min_size=1, max_size=12), st.data())
def test_front_depends_on_the_measurements_only(trials: list[tuple[float, ...]], data: Any) -> None:
    order = list(range(len(trials)))
    plain = _play(trials, order, ("minimize", "minimize"))
    other = _play(trials, data.draw(st.permutations(order)), data.draw(st.sampled_from(DIRECTIONS)))
    assert [t.number for t in other.front] == [t.number for t in plain.front]
    assert (other.best and other.best.number) == (plain.best and plain.best.number)
    np.testing.assert_array_equal(other.losses, plain.losses)
    assert np.isfinite(plain.losses).all()
    assert plain.best is not None
    assert not plain.front or plain.best.number in {t.number for t in plain.front}


DIRECTIONS = [(a, b) for a in ("minimize", "maximize") for b in ("minimize", "maximize")]
