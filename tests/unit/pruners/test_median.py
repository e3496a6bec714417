import math

import pytest

from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import State
from tunesmith.errors import InputError
from tunesmith.history.history import History
from tunesmith.journal.events import TrialReported
from tunesmith.pruners.median import MedianPruner
from tunesmith.testing.contracts import MAXIMIZE, MINIMIZE, build_history

SPACE = SearchSpace({"x": Float(0.0, 1.0)})


def _history(curve: list[tuple[int, float]], levels: list[float], states: State | None = None) -> History:
    """Return a history of trials with constant curves after trial 0, and a last one that reports `curve`."""
    trials = [({"x": n / 100}, states or level) for n, level in enumerate([0.0, *levels])]
    curves = {n + 1: [(step, level) for step in range(5)] for n, level in enumerate(levels)}
    last = len(trials)
    return build_history(SPACE, [*trials, ({"x": 0.99}, State.RUNNING)], MINIMIZE, {**curves, last: curve})


def test_trial_worse_than_the_median_stops() -> None:
    history = _history([(0, 3.5)], [1.0, 2.0, 3.0, 4.0, 5.0])
    assert MedianPruner().should_prune(history, history.trials[-1]) == (
        "step 0: best y 3.5, worse than the median of 3 (5 complete trials)"
    )


@pytest.mark.parametrize(
    "curve", [[(0, 2.9)], [(0, 3.0)], [(0, 2.0), (1, 9.0)]], ids=["better", "equal", "better before"]
)
def test_best_so_far_counts(curve: list[tuple[int, float]]) -> None:
    history = _history(curve, [1.0, 2.0, 3.0, 4.0, 5.0])
    assert MedianPruner().should_prune(history, history.trials[-1]) is None


def test_diverged_trial_stops() -> None:
    history = _history([(0, 0.0), (1, math.nan)], [1.0, 2.0, 3.0, 4.0, 5.0])
    assert MedianPruner().should_prune(history, history.trials[-1]) is not None


def test_too_few_complete_trials_stop_nothing() -> None:
    history = _history([(0, 9.0)], [1.0, 2.0, 3.0, 4.0])
    assert MedianPruner().should_prune(history, history.trials[-1]) is None
    assert MedianPruner(startup_trials=4).should_prune(history, history.trials[-1]) is not None


@pytest.mark.parametrize("state", [State.RUNNING, State.PRUNED])
def test_only_complete_trials_count(state: State) -> None:
    history = _history([(0, 9.0)], [1.0, 2.0, 3.0, 4.0, 5.0], state)
    assert MedianPruner().should_prune(history, history.trials[-1]) is None


def test_nothing_stops_during_warm_up() -> None:
    history = _history([(3, 9.0)], [1.0, 2.0, 3.0, 4.0, 5.0])
    assert MedianPruner(warmup_steps=4).should_prune(history, history.trials[-1]) is None
    assert MedianPruner(warmup_steps=3).should_prune(history, history.trials[-1]) is not None


def test_report_without_the_metric_is_ignored() -> None:
    history = _history([(0, 9.0)], [1.0, 2.0, 3.0, 4.0, 5.0])
    history.apply(TrialReported(trial=6, step=1, metrics={"other": 1.0}))
    assert MedianPruner().should_prune(history, history.trials[-1]) is None


def test_reason_has_the_metric_s_own_sign() -> None:
    trials = [({"x": n / 100}, 0.9) for n in range(6)]
    curves = {n: [(1, 0.9)] for n in range(6)}
    history = build_history(SPACE, [*trials, ({"x": 1.0}, State.RUNNING)], MAXIMIZE, {**curves, 6: [(1, 0.2)]})
    reason = MedianPruner().should_prune(history, history.trials[-1])
    assert reason is not None
    assert "y 0.2" in reason


@pytest.mark.parametrize(
    ("options", "key"), [({"startup_trials": 0}, "startup_trials"), ({"warmup_steps": -1}, "warmup_steps")]
)
def test_options_are_validated(options: dict[str, int], key: str) -> None:
    with pytest.raises(InputError) as caught:
        MedianPruner(**options)
    assert caught.value.keys == (key,)
