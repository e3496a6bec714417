"""Scripts train the model again, with public libraries only, to the same score."""

from __future__ import annotations

import dataclasses
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.fitted_tables import first_configuration, fitted, mixed_table
from threadpoolctl import threadpool_limits

from tunesmith.ensembles.combination import Combination
from tunesmith.errors import InputError
from tunesmith.exporters.script.exporter import PARTS
from tunesmith.fitting.result import FitResult

CHANGES = {
    "extra_trees": {"trees": 50},
    "random_forest": {"trees": 50},
    "lightgbm": {"learning_rate": 0.2, "num_leaves": 8},
    "additive": {"learning_rate": 0.2},
    "xgboost": {"learning_rate": 0.2, "max_depth": 3},
    "catboost": {"learning_rate": 0.2, "depth": 3},
    "hist_gradient_boosting": {"learning_rate": 0.3, "max_leaf_nodes": 8},
}
FAMILIES = {
    "binary": ("linear", "extra_trees", "lightgbm", "catboost"),
    "multiclass": ("random_forest", "xgboost", "hist_gradient_boosting"),
    "regression": ("linear", "decision_tree", "additive"),
}


def test_every_part_is_tried_here() -> None:
    assert {"prior", *(name for names in FAMILIES.values() for name in names)} == set(PARTS)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.filterwarnings("ignore")
def test_a_script_predicts_what_the_members_predicted(tmp_path: Path, kind: str) -> None:
    frame, data = mixed_table(kind, rows=150), tmp_path / "data.csv"
    frame.to_csv(data, index=False)
    configurations = [first_configuration(name, frame, **CHANGES.get(name, {})) for name in FAMILIES[kind]]
    result = fitted(tmp_path / "study", data, configurations)
    trials = [trial.number for trial in result.study.trials]
    alone = [FitResult.load(result.folder, trial=number).ensemble for number in trials]
    ones = Combination.of_one(alone[0].problems, 0)
    members = [dataclasses.replace(ensemble.members[0], weight=1 / len(alone)) for ensemble in alone]
    combination = dataclasses.replace(
        ones, weights=dict.fromkeys(trials, 1 / len(trials)), sharpness=dict.fromkeys(trials, ones.final)
    )
    equal = dataclasses.replace(
        result, ensemble=dataclasses.replace(alone[0], members=members, combination=combination)
    )

    written = equal.export(tmp_path / "model.py")

    script = runpy.run_path(str(written.path))
    features, target, weight = script["read_rows"](data)
    assert weight is None
    folds = script["read_folds"](target)
    for member in script["MEMBERS"]:
        with threadpool_limits(1):
            predicted = script["train"](member, features, target, weight, folds)
        number = next(t for t in trials if result.study.trials[t].parameters["family"] == member["fit"].__name__)
        expected = np.load(next(result.folder.glob(f"trials/*{number}/artifacts/out_of_fold.npy")))
        scale = 1.0 if kind != "regression" else np.std(target)
        assert np.abs(predicted - expected).max() / scale < 1e-3, member["fit"].__name__
    again = script["predict"](frame)
    assert again.shape == (150, len(script["CLASSES"]) or 1)
    assert "tunesmith" not in written.path.read_text()


def test_a_script_runs_alone_and_reports_the_score(tmp_path: Path) -> None:
    frame, data = mixed_table("binary", rows=150), tmp_path / "data.csv"
    frame.to_csv(data, index=False)
    written = fitted(tmp_path / "study", data, [first_configuration("linear", frame)]).export(tmp_path / "model.py")

    command = [sys.executable, "-E", "-s", written.path, data]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    told = re.match(r"log_loss (\S+) on 150 rows that were not trained on", done.stdout)
    assert told is not None
    assert float(told[1]) == pytest.approx(written.facts["score"], rel=1e-3)


def test_several_targets_are_refused(tmp_path: Path) -> None:
    frame = mixed_table("binary", rows=80)
    frame["other"] = frame["colour"]
    result = fitted(tmp_path, frame.rename(columns={"target": "first"}), [], target=["first", "other"])
    with pytest.raises(InputError, match="a script predicts one column"):
        result.export(tmp_path / "model.py")
