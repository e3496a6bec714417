"""One specification of a study: from Python, from a study.toml and from a journal, and back to a table."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

import tunesmith as ts
from tunesmith.config.settings import read_settings
from tunesmith.study.from_settings import spec_from_settings
from tunesmith.study.spec import StudySpec

STUDY = """
[study]
name = "small"
objective = "minimize loss"
seed = 7

[task]
command = "true {trial_dir} {lr}"

[space]
lr = { type = "float", low = 1e-5, high = 0.1, log = true }

[budget]
trials = 5

[search]
proposer = { name = "portfolio", floor = 0.1 }
parallel = 3

[agents]
model = "ollama:llama3"
"""


@pytest.fixture
def spec(tmp_path: Path) -> StudySpec:
    (tmp_path / "study.toml").write_text(STUDY)
    return spec_from_settings(read_settings(tmp_path / "study.toml"))


def test_a_journal_restores_the_specification(spec: StudySpec) -> None:
    assert spec.folder is not None
    study = ts.Study(spec)
    study.ask()
    study.close()
    restored = StudySpec.from_journal(spec.folder)
    assert restored.to_table() == spec.to_table()
    assert restored.build_task() == spec.task
    assert restored.identity == spec.identity


def test_a_table_is_plain_json(spec: StudySpec) -> None:
    assert orjson.loads(orjson.dumps(spec.to_table())) == spec.to_table()


def test_options_from_python_and_from_a_file_agree(spec: StudySpec) -> None:
    options = StudySpec.from_options(
        space={"lr": ts.Float(1e-5, 0.1, log=True)},
        objective="minimize loss",
        folder=spec.folder,
        budget=ts.Budget(trials=5),
        proposer={"name": "portfolio", "floor": 0.1},
        executor={"name": "process", "slots": 3},
        model="ollama:llama3",
        seed=7,
    )
    assert options.identity == spec.identity
    from_python, from_file = options.to_table(), spec.to_table()
    differing = {key for key in from_python if from_python[key] != from_file[key]}
    assert differing == {"task", "source", "pruner"}  # The file says pruner = "none".


def test_a_missing_option_is_named() -> None:
    with pytest.raises(TypeError, match="needs objective"):
        ts.Study(space={"x": ts.Float(0, 1)})


def train(parameters: dict[str, float], trial: ts.Trial) -> float:
    assert trial.folder is not None
    (trial.folder / "seen").write_text(str(parameters["x"]))
    trial.report(1, y=1.0)
    return parameters["x"] ** 2


@pytest.mark.parametrize("executor", ["inline", "process:2"])
def test_a_study_in_memory_runs(executor: str) -> None:
    study = ts.Study(
        space={"x": ts.Float(-1, 1)},
        objective="minimize y",
        budget=ts.Budget(trials=6),
        task=train,
        executor=executor,
    )
    trial = study.ask()
    study.tell(trial.number, 0.5)
    study.run()
    assert study.history.counts[ts.State.COMPLETE] == 6
    assert study.folder is None
    last = study.trials[-1]
    assert last.folder is not None
    assert (last.folder / "seen").read_text() == str(last.parameters["x"])
    study.run()  # Its budget is spent, so it ends at once.
    assert len(study.trials) == 6


def test_a_wrong_option_is_named_with_the_nearest_one() -> None:
    with pytest.raises(TypeError, match=r"no option 'proposal'\. Did you mean 'proposer'"):
        ts.tune(train, space={"x": ts.Float(0, 1)}, objective="minimize y", proposal="tpe")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="needs objective"):
        ts.tune(train, space={"x": ts.Float(0, 1)})


def test_a_specification_and_options_do_not_mix(spec: StudySpec) -> None:
    with pytest.raises(TypeError, match="not both"):
        ts.Study(spec, seed=3)
