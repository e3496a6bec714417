"""One specification of a study: from Python, from a study.toml and from a journal, and back to a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda study: study.pop("space"), "it describes no study: 'space' is missing"),
        (lambda study: study.update(name=7), "it describes no study: 'name' must be text, got 7"),
        (lambda study: study["space"]["x"].update(type={}), "type must be 'float', 'int' or 'choice', got {}"),
        (lambda study: study["space"].clear(), "it describes no study: "),
        (lambda study: study["budget"].update(trials="many"), "trials must be a whole number, got 'many'"),
        (lambda study: study.update(proposer={"name": "nobody"}), "it describes no study: "),
        (lambda study: study.update(executor=["inline"]), "it describes no study: "),
        (lambda study: study.update(objective={"metrics": {"z": {}}}), "holds 's' with another objective"),
    ],
)
def test_a_damaged_specification_is_an_error_with_its_line(
    tmp_path: Path, change: Callable[[Any], object], message: str
) -> None:
    with ts.Study(space={"x": ts.Float(0, 1)}, objective="minimize y", folder=tmp_path, name="s") as study:
        study.recorder.open_session()
    journal = tmp_path / "journal.jsonl"
    lines = [orjson.loads(line) for line in journal.read_bytes().splitlines()]
    change(lines[1]["study"])
    journal.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    with pytest.raises(ts.JournalError) as caught:
        ts.load(tmp_path)
    assert f"line 2 of {journal} is not: it describes no study: " in str(caught.value)
    assert message in str(caught.value)


def test_keys_of_a_later_version_in_a_specification_are_ignored(tmp_path: Path) -> None:
    with ts.Study(space={"x": ts.Float(0, 1)}, objective="minimize y", folder=tmp_path, seed=3) as study:
        study.ask()
    journal = tmp_path / "journal.jsonl"
    created, *rest = journal.read_bytes().splitlines(keepends=True)
    record = orjson.loads(created)
    record["study"] |= {"mood": "good", "budget": {"trials": 3, "joules": 1e6}}
    journal.write_bytes(b"".join([orjson.dumps(record), b"\n", *rest]))
    loaded = ts.load(tmp_path)
    assert (loaded.budget.trials, loaded.seed, len(loaded.trials)) == (3, 3, 1)


@pytest.mark.parametrize(("content", "kind"), [(None, "has none"), ("", "is a file"), (b"", "has an empty one")])
def test_what_is_no_study_is_named_as_it_is(tmp_path: Path, content: str | bytes | None, kind: str) -> None:
    folder = tmp_path / "study"
    if isinstance(content, str):
        folder.write_text(content)
    elif content is not None:
        folder.mkdir()
        (folder / "journal.jsonl").write_bytes(content)
    with pytest.raises(ts.InputError, match=f"must hold a journal.jsonl, but {folder} {kind}"):
        ts.load(folder)


def test_a_wrong_tracker_is_not_the_fault_of_the_journal(tmp_path: Path) -> None:
    ts.Study(space={"x": ts.Float(0, 1)}, objective="minimize y", folder=tmp_path).ask()
    with pytest.raises(ts.InputError, match="expected a list of trackers"):
        ts.load(tmp_path, trackers="mlflow")
    with pytest.raises(ts.InputError, match="nobody"):
        ts.load(tmp_path, trackers=["nobody"])
