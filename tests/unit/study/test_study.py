"""A study in Python: ask and tell, run, resume."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tunesmith as ts
from tunesmith.journal.file import read_events
from tunesmith.proposers.random import RandomProposer

SPACE: dict[str, Any] = {"x": ts.Float(-1, 1, default=0.9), "n": ts.Int(1, 5), "kind": ts.Choice(["a", "b"])}


def loss(parameters: Any) -> float:
    return float(parameters["x"] ** 2 + 0.1 * parameters["n"] + (parameters["kind"] == "a"))


def ask_and_tell(study: ts.Study, count: int) -> list[dict[str, Any]]:
    tried = []
    for _ in range(count):
        trial = study.ask()
        study.tell(trial.number, {"y": loss(trial.parameters)})
        tried.append(dict(trial.parameters))
    return tried


def test_trial_0_is_the_users_own_configuration() -> None:
    trial = ts.Study(space=SPACE, objective="minimize y").ask()
    assert trial.number == 0
    assert trial.parameters == {"x": 0.9, "n": 3, "kind": "a"}
    assert trial.proposal.proposer == "user"
    assert "no default known for n, kind" in trial.proposal.reason


def test_trial_0_uses_the_prior_if_no_default_is_known() -> None:
    space: dict[str, Any] = {
        "x": ts.Float(-1, 1, default=0.9, prior=0.1),
        "n": ts.Int(1, 5, prior=2),
        "act": ts.Choice(["relu", "gelu"], weights=[1, 2]),
        "kind": ts.Choice(["a", "b"]),
    }
    trial = ts.Study(space=space, objective="minimize y").ask()
    assert trial.parameters == {"x": 0.9, "n": 2, "act": "gelu", "kind": "a"}
    assert "no default known for n, act: used the prior's mode" in trial.proposal.reason
    assert "no default known for kind: used the middle of the range" in trial.proposal.reason


@pytest.mark.parametrize("proposer", ["random", "quasirandom", "tpe", "portfolio"])
def test_the_same_seed_gives_the_same_trials_even_when_resumed(tmp_path: Path, proposer: str) -> None:
    whole = ask_and_tell(ts.Study(space=SPACE, objective="minimize y", seed=3, proposer=proposer), 30)
    settings: dict[str, Any] = {"space": SPACE, "objective": "minimize y", "seed": 3, "proposer": proposer}
    with ts.Study(folder=tmp_path, **settings) as study:
        first = ask_and_tell(study, 13)
        interrupted = dict(study.ask().parameters)
    assert interrupted == whole[13]
    with ts.Study(folder=tmp_path, **settings) as study:
        assert [t.number for t in study.history.running] == [13]
        study.tell(13, {"y": loss(interrupted)})
        rest = ask_and_tell(study, 16)
    assert [*first, interrupted, *rest] == whole
    other = ask_and_tell(ts.Study(space=SPACE, objective="minimize y", seed=4, proposer=proposer), 30)
    assert other != whole


def test_best_frame_and_load(tmp_path: Path) -> None:
    with ts.Study(space=SPACE, objective="maximize y", folder=tmp_path / "s") as study:
        for value in (1.0, 3.0, 2.0):
            study.tell(study.ask().number, {"y": value, "other": 7})
        study.tell(study.ask().number, ts.Failure(kind="told", reason="it exploded"))
    loaded = ts.load(tmp_path / "s")
    assert loaded.best is not None
    assert loaded.best.number == 1
    assert loaded.best.metrics == {"y": 3.0, "other": 7.0}
    frame = loaded.frame()
    assert list(frame["metrics.y"][:3]) == [1.0, 3.0, 2.0]
    assert frame["failure"][3] == "it exploded"
    assert list(frame["state"]) == ["complete"] * 3 + ["failed"]


def test_a_plain_number_is_the_objectives_metric() -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    assert study.tell(study.ask().number, np.float32(0.5)).metrics == {"y": 0.5}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ({"y": math.nan}, "metric 'y' must be a finite number, got nan"),
        ({"y": math.inf}, "metric 'y' must be a finite number, got inf"),
        ({"y": "0.3"}, "metric 'y' must be a number, got '0.3'"),
        ({"yy": 1.0}, "the metric 'y' is missing: the result has only yy. Did you mean 'yy'?"),
        ({}, "the metric 'y' is missing: the result has no metric at all."),
    ],
)
def test_unusable_metrics_are_refused(outcome: Any, message: str) -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    trial = study.ask()
    with pytest.raises(ts.InputError) as caught:
        study.tell(trial.number, outcome)
    assert message in caught.value.message
    assert study.tell(trial.number, {"y": 1.0}).state is ts.State.COMPLETE  # The trial can still be settled.


def test_a_trial_is_settled_once() -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    trial = study.ask()
    study.tell(trial.number, 1.0)
    with pytest.raises(ts.InputError, match="only a running trial can be settled, but trial 0 is complete"):
        study.tell(trial.number, 2.0)
    with pytest.raises(ts.InputError, match="there is no trial 9; the study has 1 trials"):
        study.tell(9, 1.0)


def test_reports_reach_the_pruner_and_stop_the_trial() -> None:
    study = ts.Study(space=SPACE, objective="minimize y", pruner={"name": "median", "startup_trials": 1})
    first = study.ask()
    first.report(1, y=0.5)
    study.tell(first.number, 0.5)
    second = study.ask()
    with pytest.raises(ts.TrialPruned):
        second.report(1, y=5.0)
    assert study.trials[1].state is ts.State.PRUNED
    assert study.trials[1].metrics == {"y": 5.0}
    with pytest.raises(ts.InputError, match="must be a whole number"):
        study.ask().report(1.5, y=1.0)  # type: ignore[arg-type]


def test_a_doubtful_gain_is_repeated_with_another_seed() -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    study.tell(study.ask().number, 1.0)
    doubtful = study.ask()
    study.tell(doubtful.number, 0.99)
    repeat = study.ask()
    assert repeat.parameters == doubtful.parameters
    assert repeat.seed == doubtful.seed + 1
    assert repeat.proposal.repeat_of == doubtful.number
    study.tell(repeat.number, 1.2)
    assert study.best is not None
    assert study.best.number == 0  # The first run was lucky.


def test_repeats_stay_within_the_budget() -> None:
    study = ts.Study(space=SPACE, objective="minimize y", budget=ts.Budget(trials=2))
    study.tell(study.ask().number, 1.0)
    study.tell(study.ask().number, 0.99)
    assert study.trials[1].verdict is not None
    assert study.trials[1].verdict.decision == "replicate"
    assert study.history.waiting == []


def test_a_finite_space_is_tried_once_and_then_exhausted() -> None:
    space = {"n": ts.Int(1, 4), "kind": ts.Choice(["a", "b"]), "m": ts.Int(1, 2, when={"kind": "b"})}
    study = ts.Study(space=space, objective="minimize y", judge={"name": "rules", "repeats": 0}, proposer="tpe")
    seen = []
    for _ in range(12):
        trial = study.ask()
        seen.append(tuple(sorted(trial.parameters.items())))
        study.tell(trial.number, float(len(seen)))
    with pytest.raises(ts.SpaceExhausted, match="all 12 configurations"):
        study.ask()
    assert len(seen) == len(set(seen)) == 12


def test_a_user_may_overrule_the_verdict() -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    for value in (1.0, 0.5, 2.0):
        study.tell(study.ask().number, value)
    assert study.best is not None
    assert study.best.number == 1
    study.note(1, "the plot looks wrong", reject=True)
    assert study.best.number == 0
    study.note(2, "simpler to serve", accept=True)
    assert study.best.number == 2
    assert study.trials[1].notes == ("the plot looks wrong",)


def test_another_study_is_refused_with_what_differs(tmp_path: Path) -> None:
    with ts.Study(space=SPACE, objective="minimize y", folder=tmp_path) as study:
        study.ask()
    with pytest.raises(ts.InputError, match=r"with another objective and another seed. Choose another folder"):
        ts.Study(space=SPACE, objective="maximize y", folder=tmp_path, seed=1)
    wider = SPACE | {"x": ts.Float(-2, 2, default=0.9)}
    with pytest.raises(ts.InputError, match="with another space"):
        ts.Study(space=wider, objective="minimize y", folder=tmp_path)
    ts.Study(space=SPACE, objective="minimize y", folder=tmp_path, budget=ts.Budget(trials=5), proposer="random")


def test_a_study_can_be_viewed_while_another_process_runs_it(tmp_path: Path) -> None:
    with ts.Study(space=SPACE, objective="minimize y", folder=tmp_path) as owner:
        owner.tell(owner.ask().number, 1.0)
        owner.recorder.open_session()
        viewer = ts.load(tmp_path)
        assert viewer.best is not None
        with pytest.raises(ts.StudyLocked, match="is run by pid"):
            viewer.ask()
    assert viewer.ask().number == 1  # It has applied the other's events.


def test_a_study_continues_without_a_failing_tracker(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def open(self, history: Any) -> None:
            raise ValueError("no network")

        def record(self, event: Any) -> None:
            raise ValueError("no network")

        def close(self) -> None:
            pass

    with ts.Study(space=SPACE, objective="minimize y", trackers=[Broken()]) as study:
        study.tell(study.ask().number, 1.0)
    assert "tracker Broken failed: ValueError: no network" in caplog.text
    assert study.best is not None


def test_an_observer_that_fails_is_not_called_again(caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def broken(event: Any, history: Any) -> None:
        calls.append(event)
        raise ValueError("no terminal")

    study = ts.Study(space=SPACE, objective="minimize y")
    study.recorder.observers.append(broken)
    study.tell(study.ask().number, 1.0)
    assert "failed and is not called again" in caplog.text
    assert len(calls) == 1
    assert study.best is not None


def test_constraints_come_before_the_objective() -> None:
    objective = {"metrics": {"y": {"direction": "minimize"}}, "constraints": {"size": {"high": 10}}}
    study = ts.Study(space=SPACE, objective=objective)
    for y, size in ((5.0, 5), (1.0, 20), (4.0, 9)):
        study.tell(study.ask().number, {"y": y, "size": size})
    assert study.best is not None
    assert study.best.number == 2
    assert study.trials[1].verdict is not None
    assert "violates the constraints by 10" in study.trials[1].verdict.reason


def test_run_in_this_process(tmp_path: Path) -> None:
    def train(parameters: dict[str, Any], trial: ts.Trial) -> dict[str, float]:
        for step in range(3):
            trial.report(step, y=loss(parameters) + 1 / (step + 1))
        if parameters["n"] == 4:
            raise ValueError("four is not allowed")
        return {"y": loss(parameters)}

    budget = ts.Budget(trials=25)
    study = ts.tune(
        train, space=SPACE, objective="minimize y", budget=budget, folder=tmp_path, pruner="median", proposer="tpe"
    )
    counts = study.history.counts
    assert len(study.trials) == 25
    assert counts[ts.State.COMPLETE] > 3
    assert counts[ts.State.PRUNED] > 3
    failures = [t.failure.reason for t in study.trials if t.failure]
    assert failures
    assert all("four is not allowed" in reason for reason in failures)
    assert study.best is not None
    assert study.best.folder == tmp_path / "trials" / f"{study.best.number:04d}"
    kinds = [event.kind for event in read_events(tmp_path / "journal.jsonl")]
    assert kinds[:2] == ["study_created", "session_opened"]
    assert kinds[-2:] == ["study_stopped", "session_closed"]
    again = ts.tune(train, space=SPACE, objective="minimize y", budget=budget, folder=tmp_path, pruner="median")
    assert [t.parameters for t in again.trials] == [t.parameters for t in study.trials]


def test_a_study_in_which_every_trial_fails_gives_the_reason_and_retries_them(tmp_path: Path) -> None:
    broken = True

    def train(parameters: dict[str, Any]) -> float:
        if broken:
            raise RuntimeError("no data found")
        return loss(parameters)

    settings: dict[str, Any] = {"space": SPACE, "objective": "minimize y", "folder": tmp_path}
    with pytest.raises(ts.StudyFailed, match=r"each of the first 5 trials failed.*no data found"):
        ts.tune(train, budget=ts.Budget(trials=8), **settings)
    broken = False
    study = ts.tune(train, budget=ts.Budget(trials=8), **settings)
    assert study.history.counts == {ts.State.COMPLETE: 8, ts.State.FAILED: 0, ts.State.WAITING: 0, ts.State.RUNNING: 0}


def test_a_limit_that_the_executor_does_not_enforce_is_refused() -> None:
    with pytest.raises(ts.InputError, match=r"must enforce seconds_per_trial, but inline does not"):
        ts.tune(loss, space=SPACE, objective="minimize y", budget=ts.Budget(seconds_per_trial=5))


def test_the_test_split_is_used_once_for_the_defaults_and_the_best(tmp_path: Path) -> None:
    tested: list[float] = []

    def held_out(parameters: dict[str, Any], trial: ts.Trial) -> float:
        tested.append(parameters["x"])
        return loss(parameters) + 0.5

    settings: dict[str, Any] = {"space": SPACE, "objective": "minimize y", "folder": tmp_path}
    for _ in range(2):
        study = ts.tune(loss, test=held_out, budget=ts.Budget(trials=12), **settings)
    assert study.best is not None
    assert tested == [0.9, study.best.parameters["x"]]
    assert study.best.test_metrics == {"y": pytest.approx(loss(study.best.parameters) + 0.5)}


def test_all_slots_are_filled_from_the_start() -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    assert study.engine.propose(3)[0].proposal.proposer == "user"
    assert len(study.trials) == 3


def squared(parameters: dict[str, Any]) -> float:
    return loss(parameters)


def test_a_loaded_study_continues(tmp_path: Path) -> None:
    ts.tune(squared, space=SPACE, objective="minimize y", budget=ts.Budget(trials=4), folder=tmp_path)
    loaded = ts.load(tmp_path)
    assert loaded.budget == ts.Budget(trials=4)
    with pytest.raises(ts.BudgetSpent, match="all 4 trials of the budget"):
        loaded.ask()
    settings: dict[str, Any] = {"space": SPACE, "objective": "minimize y", "folder": tmp_path}
    longer_settings: dict[str, Any] = settings | {"budget": ts.Budget(trials=5)}
    with ts.Study(**longer_settings) as longer:
        longer.ask()  # Left running: the next session runs it again.
    study = ts.tune(squared, **longer_settings)
    assert len(study.trials) == 5
    assert study.trials[4].attempt == 2
    assert len(ts.load(tmp_path, squared).resume().trials) == 5


def test_a_study_with_plugin_objects_can_be_viewed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class CustomProposer(RandomProposer):
        pass

    with ts.Study(space=SPACE, objective="minimize y", folder=tmp_path, proposer=CustomProposer()) as study:
        study.tell(study.ask().number, 1.0)
    assert "1 trials, best 1" in repr(study)
    loaded = ts.load(tmp_path)
    assert loaded.best is not None
    assert "the study's proposer was an object of" in caplog.text


def test_a_study_stops_when_its_environment_breaks_and_continues_once_fixed(tmp_path: Path) -> None:
    broken = False

    def train(parameters: dict[str, Any]) -> float:
        if broken:
            sys.exit("the data has gone")
        return loss(parameters)

    settings: dict[str, Any] = {"space": SPACE, "objective": "minimize y", "folder": tmp_path}
    ts.tune(train, budget=ts.Budget(trials=3), **settings)
    broken = True
    with pytest.raises(ts.StudyFailed, match=r"(?s)the last 10 trials failed.*the data has gone"):
        ts.tune(train, budget=ts.Budget(trials=30), **settings)
    broken = False
    study = ts.tune(train, budget=ts.Budget(trials=30), **settings)
    assert study.history.counts[ts.State.COMPLETE] == 30


def test_a_study_of_a_local_function_can_be_viewed_but_not_resumed_without_it(tmp_path: Path) -> None:
    def local(parameters: dict[str, Any]) -> float:
        return loss(parameters)

    ts.tune(local, space=SPACE, objective="minimize y", budget=ts.Budget(trials=2), folder=tmp_path)
    loaded = ts.load(tmp_path)
    assert loaded.best is not None
    with pytest.raises(ts.InputError, match="local"):
        loaded.resume()


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ts.MissingExtra, match=r"pip install 'tunesmith\[notebook\]'"):
        ts.Study(space=SPACE, objective="minimize y").frame()


def test_ctrl_c_in_this_process_keeps_settled_trials_and_the_study_continues(tmp_path: Path) -> None:
    presses = iter([False, False, True])

    def train(parameters: dict[str, Any]) -> float:
        if next(presses, False):
            raise KeyboardInterrupt
        return loss(parameters)

    settings: dict[str, Any] = {"space": SPACE, "objective": "minimize y", "folder": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        ts.tune(train, budget=ts.Budget(trials=5), **settings)
    assert [str(trial.state) for trial in ts.load(tmp_path).trials] == ["complete", "complete", "waiting"]
    study = ts.tune(train, budget=ts.Budget(trials=5), **settings)
    assert [trial.attempt for trial in study.trials] == [1, 1, 2, 1, 1]


def test_several_metrics_with_weights_are_one_loss() -> None:
    objective = ts.Objective((ts.Metric("y", "minimize", 1.0), ts.Metric("accuracy", "maximize", 10.0)))
    study = ts.Study(space=SPACE, objective=objective)
    for y, accuracy in ((1.0, 0.5), (3.0, 0.9), (2.0, 0.5)):
        study.tell(study.ask().number, {"y": y, "accuracy": accuracy})
    assert study.best is not None
    assert study.best.number == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"function": 3}, "function must be a function or its address, got 3"),
        ({"test": 3}, "test must be a function or its address, got 3"),
        ({"space": ["x"]}, r"expected a table, got \['x'\]"),
        ({"objective": None}, "an objective must be a direction and a metric, .* got None"),
        ({"budget": 10}, r"budget must be a Budget, as Budget\(trials=60\), got 10"),
        ({"seed": "a"}, "seed must be a whole number of at least 0, got 'a'"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"executor": 4}, "an executor must be a name, a table with a name, or an instance, got 4,"),
        ({"executor": "inline:4"}, "unknown key 'slots'. Known keys: none"),
    ],
)
def test_a_wrong_option_is_refused_with_its_name(options: dict[str, Any], message: str) -> None:
    valid: dict[str, Any] = {"function": loss, "space": SPACE, "objective": "minimize y", "budget": ts.Budget(trials=1)}
    arguments = valid | options
    with pytest.raises(ts.InputError, match=message):
        ts.tune(arguments.pop("function"), **arguments)


def test_a_numpy_integer_is_a_seed() -> None:
    assert type(ts.Study(space=SPACE, objective="minimize y", seed=np.int64(3)).seed) is int  # type: ignore[arg-type]


@pytest.mark.parametrize("proposer", [3, ts.Budget, None])
def test_an_object_that_is_not_a_plugin_is_refused(proposer: object) -> None:
    with pytest.raises(ts.InputError, match="a proposer must be a name, a table with a name, or an instance, got "):
        ts.Study(space=SPACE, objective="minimize y", proposer=proposer)  # type: ignore[arg-type]


def test_the_search_learns_from_known_results_and_trial_0_stays_the_users_own(tmp_path: Path) -> None:
    study = ts.Study(space=SPACE, objective="minimize y", folder=tmp_path, proposer="tpe")
    for x in np.linspace(-0.9, 0.8, 18):
        trial = study.add({"x": float(x), "n": 1, "kind": "b"}, loss({"x": x, "n": 1, "kind": "b"}))
        assert trial.state is ts.State.COMPLETE
    assert study.trials[1].proposal.proposer == "user"
    assert study.best is not None
    assert abs(study.best.parameters["x"]) < 0.1
    study.close()
    with ts.Study(space=SPACE, objective="minimize y", folder=tmp_path, proposer="tpe") as resumed:
        assert [trial.number for trial in resumed.history.waiting] == [0]
        assert resumed.ask().parameters == {"x": 0.9, "n": 3, "kind": "a"}
        proposal = resumed.ask().proposal
        assert proposal.proposer == "tpe"
        assert "near trial" in proposal.reason


def test_known_results_are_not_repeated() -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    for number in range(20):
        study.add({"x": number / 20, "n": 1, "kind": "b"}, 1.0 - 0.001 * number)
    assert "replicate" in {trial.verdict.decision for trial in study.trials if trial.verdict}
    study.ask()  # trial 0
    assert study.ask().proposal.proposer == "gp"


def test_a_known_result_of_the_users_own_configuration_is_trial_0() -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    assert study.add({"x": 0.9, "n": 3, "kind": "a"}, {"y": 2.0}).number == 0
    again = study.add({"x": 0.9, "n": 3, "kind": "a"}, {"y": 2.2})
    assert (again.number, again.proposal.repeat_of) == (1, 0)
    assert study.history.noise is not None
    failed = study.add({"x": 0.1, "n": 3, "kind": "a"}, ts.Failure(kind="memory", reason="it was too big"))
    assert failed.state is ts.State.FAILED
    assert study.ask().number == 3


@pytest.mark.parametrize(
    ("parameters", "outcome", "message"),
    [
        (
            {"x": 3.0, "n": 1, "kind": "a"},
            1.0,
            "must lie in the search space, but 'x' must be a number from -1.0 to 1.0",
        ),
        ({"x": 0.1, "kind": "a"}, 1.0, "'n' is missing"),
        ({"x": 0.1, "n": 1, "kind": "a", "m": 1}, 1.0, "unknown parameter 'm'"),
        ([0.1, 1, "a"], 1.0, "expected a table"),
        ({"x": 0.1, "n": 1, "kind": "a"}, math.nan, "must be a finite number"),
        ({"x": 0.1, "n": 1, "kind": "a"}, {"z": 1.0}, "the metric 'y' is missing"),
    ],
)
def test_an_unusable_known_result_is_refused(parameters: Any, outcome: Any, message: str) -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    with pytest.raises(ts.InputError) as caught:
        study.add(parameters, outcome)
    assert message in caught.value.message
    assert not study.trials


def test_a_trial_whose_program_died_is_handed_out_again() -> None:
    study = ts.Study(space=SPACE, objective="minimize y")
    first, other = study.ask(), study.ask()
    again = study.ask(again=first.number)
    assert (again.number, again.attempt, again.parameters) == (first.number, 2, first.parameters)
    assert (again.seed, study.trials[other.number].attempt) == (first.seed, 1)
    assert study.tell(first.number, 1.0).metrics == {"y": 1.0}
    with pytest.raises(ts.InputError, match=r"trial 0 is complete\. Its first result counts"):
        study.tell(again.number, 2.0)
    with pytest.raises(ts.InputError, match="only a trial without a result can be handed out again, but trial 0 is"):
        study.ask(again=0)
