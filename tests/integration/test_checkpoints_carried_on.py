"""A trial that starts from another's checkpoint: in the study, in its journal, and once more by `reproduce`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import tunesmith as ts
from tests.integration.conftest import Tunesmith
from tunesmith.core.trial import Proposal
from tunesmith.history.history import History
from tunesmith.tasks.command import CommandTask

SCRIPT = """
import json, os, sys
weights = os.path.join(os.environ["TUNESMITH_TRIAL_DIR"], "checkpoint", "weights.json")
trained = json.load(open(weights)) if os.path.exists(weights) else 0.0
trained += float(sys.argv[1])
os.makedirs(os.path.dirname(weights), exist_ok=True)
json.dump(trained, open(weights, "w"))
print(f"y={trained}")
"""


@dataclass(frozen=True, kw_only=True)
class GoOnProposer:
    """After trial 0, every trial goes on from the one before it, with the same parameters."""

    def propose(self, history: History, *, count: int, seed: int) -> Sequence[Proposal]:
        last = history.trials[-1]
        return [Proposal(parameters=last.parameters, proposer="go_on", reason="more of it.", inherits=last.number)]


def study_in(folder: Path, executor: str = "inline", trials: int = 4) -> ts.Study:
    (folder / "train.py").write_text(SCRIPT)
    return ts.Study(
        space={"x": ts.Float(1.0, 2.0, default=1.5)},
        objective="maximize y",
        folder=folder / "study",
        proposer=GoOnProposer(),
        judge={"name": "rules", "repeats": 0},
        executor=executor,
        budget=ts.Budget(trials=trials),
        task=CommandTask(command=[sys.executable, "-S", "-E", "train.py", "{x}"], metric="y", folder=folder),
    )


@pytest.mark.parametrize("executor", ["inline", "process"])
def test_every_trial_goes_on_from_the_one_before_it(executor: str, tmp_path: Path) -> None:
    study_in(tmp_path, executor, trials=2).run()
    study = study_in(tmp_path, executor)
    study.run()  # goes on
    assert [trial.metrics["y"] for trial in study.trials] == [1.5, 3.0, 4.5, 6.0]
    assert [trial.proposal.inherits for trial in study.trials] == [None, 0, 1, 2]
    assert study.history.noise is None, "the same parameters, but another training: no repeats"
    assert study.best is not None
    assert study.best.number == 3
    assert "starts from the checkpoint of trial 0002" in (tmp_path / "study/trials/0003/log.txt").read_text()


def test_where_the_checkpoint_has_gone_it_starts_from_nothing_and_says_so(tmp_path: Path) -> None:
    study_in(tmp_path, trials=2).run()
    shutil.rmtree(tmp_path / "study/trials/0001/checkpoint")
    study = study_in(tmp_path, trials=3)
    study.run()
    assert study.trials[2].metrics["y"] == 1.5
    assert "starts from scratch" in (tmp_path / "study/trials/0002/log.txt").read_text()


def test_it_is_shown_and_can_be_reproduced_as_often_as_one_likes(tmp_path: Path, tunesmith: Tunesmith) -> None:
    study_in(tmp_path, trials=3).run()
    assert "starts from the checkpoint of trial 1" in " ".join(tunesmith("show", "study", "2").stdout.split())
    assert json.loads(tunesmith("show", "study", "2", "--json").stdout)["inherits"] == 1
    for _ in range(2):
        assert json.loads(tunesmith("reproduce", "study", "2", "--json").stdout)["now"] == {"y": 4.5}
    by_hand = json.loads((tmp_path / "study/trials/0002/environment.json").read_text())["command"]
    for _ in range(2):
        done = subprocess.run(by_hand, shell=True, cwd="/", capture_output=True, text=True, check=True)
        assert done.stdout == "y=4.5\n"


def test_by_hand_a_function_goes_on_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "counting.py").write_text(
        "def train(parameters, trial):\n"
        "    weights = trial.checkpoint / 'weights'\n"
        "    weights.write_text(weights.read_text() + '1' if weights.exists() else '1')\n"
        "    return len(weights.read_text())\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import counting  # type: ignore[import-not-found]

    space = {"x": ts.Float(1.0, 2.0)}
    study = ts.tune(
        counting.train,
        space=space,
        objective="maximize y",
        budget=ts.Budget(trials=3),
        folder=tmp_path / "study",
        proposer=GoOnProposer(),
        judge={"name": "rules", "repeats": 0},
    )
    assert [trial.metrics["y"] for trial in study.trials] == [1, 2, 3]
    by_hand = json.loads((tmp_path / "study/trials/0002/environment.json").read_text())["command"]
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", by_hand], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout == "{'y': 3.0}\n"


def test_only_a_settled_trial_is_inherited_from_and_only_once_with_the_same_parameters() -> None:
    study = ts.Study(space={"x": ts.Float(1.0, 2.0)}, objective="maximize y", proposer=GoOnProposer())
    first = study.ask()
    assert study.ask().proposal.inherits is None, "trial 0 still runs, so another configuration takes its place"
    study.tell(first.number, 1.0)
    study.tell(1, 1.0)
    third = study.ask()
    assert third.proposal.inherits == 1
    assert third.parameters == study.trials[1].parameters
    assert not study.history.has_tried(third.parameters, inherits=0)
    assert study.history.has_tried(third.parameters, inherits=1)
