from pathlib import Path

import pytest

import tunesmith as ts
from tunesmith.core.trial import Measurement
from tunesmith.errors import InputError
from tunesmith.trial_folder.artifacts import check_artifacts, find_artifacts


def study_in(folder):
    return ts.Study(space={"x": ts.Float(0, 1)}, objective="minimize y", folder=folder)


def test_every_file_below_the_folder_is_an_artifact_by_its_path(tmp_path):
    for path in ("model.pkl", "curves/loss.csv", "curves/deep/lr.csv"):
        (tmp_path / "artifacts" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "artifacts" / path).touch()
    (tmp_path / "metrics.json").touch()
    found = find_artifacts(tmp_path)
    assert list(found) == ["curves/deep/lr.csv", "curves/loss.csv", "model.pkl"]
    assert all(path == f"artifacts/{name}" and (tmp_path / path).exists() for name, path in found.items())
    check_artifacts(tmp_path, found)


@pytest.mark.parametrize("path", ["/etc/passwd", "../0001/model", "a/../../b", "", ".", 3])
def test_a_path_that_leaves_the_trials_folder_is_refused(path, tmp_path):
    with pytest.raises(InputError, match="relative path"):
        Measurement(metrics={}, artifacts={"model": path})
    trial = study_in(tmp_path / "study").ask()
    with pytest.raises(InputError, match="relative path"):
        trial.artifact(path)


def test_artifacts_are_journaled_and_read_back(tmp_path):
    def train(parameters, trial):
        trial.artifact("curves/loss.csv").write_text("1")
        trial.artifact("model.txt").write_text(str(parameters["x"]))
        return parameters["x"]

    study = ts.tune(train, space={"x": ts.Float(0, 1)}, objective="minimize y", budget=ts.Budget(trials=2),
                    folder=tmp_path / "study")  # fmt: skip
    for again in (study, ts.load(tmp_path / "study")):
        assert again.best.artifacts == {
            "curves/loss.csv": "artifacts/curves/loss.csv",
            "model.txt": "artifacts/model.txt",
        }
        assert again.best.artifact("model.txt").read_text() == str(again.best.parameters["x"])


def test_an_artifact_that_does_not_exist_is_refused(tmp_path):
    study = study_in(tmp_path / "study")
    trial = study.ask()
    measurement = Measurement(metrics={"y": 1.0}, artifacts={"model": "model.bin"})
    with pytest.raises(InputError, match=r"artifact 'model' must exist .* no model.bin"):
        study.tell(trial.number, measurement)
    Path(trial.folder, "model.bin").parent.mkdir(parents=True)
    Path(trial.folder, "model.bin").touch()
    assert study.tell(trial.number, measurement).artifacts == {"model": "model.bin"}


def test_a_study_in_memory_has_no_artifacts():
    study = study_in(None)
    with pytest.raises(InputError, match="in memory has no artifacts"):
        study.ask().artifact("model")
