"""A worker of a pool finds the modules of the user that the study finds."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest

import tunesmith as ts
from tunesmith.executors._imports import own_folders
from tunesmith.executors.pool import PoolExecutor

MODULE = "def train(parameters, trial):\n    return {}\n"


def look_first_in(folder: str) -> None:
    sys.path.insert(0, folder)


def test_a_module_of_the_user_goes_before_one_of_the_same_name_among_the_workers_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("own", 1.0), ("installed", 2.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "in_both_places.py").write_text(MODULE.format(value))
    monkeypatch.syspath_prepend(str(tmp_path / "own"))
    try:
        study = ts.tune(
            importlib.import_module("in_both_places").train,
            space={"x": ts.Float(0, 1)},
            objective="minimize loss",
            budget=ts.Budget(trials=1),
            folder=tmp_path / "study",
            executor=PoolExecutor(
                isolated=True,
                pool=partial(ProcessPoolExecutor, initializer=look_first_in, initargs=(str(tmp_path / "installed"),)),
            ),
        )
    finally:
        del sys.modules["in_both_places"]
    assert [trial.metrics for trial in study.trials] == [{"loss": 1.0}]


def test_folders_of_installations_are_not_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    installed = [path for path in sys.path if "site-packages" in path or path.endswith("lib-dynload")]
    assert installed
    monkeypatch.setattr(sys, "path", ["", str(tmp_path / "own"), *installed])
    assert own_folders() == [str(tmp_path), str(tmp_path / "own")]
