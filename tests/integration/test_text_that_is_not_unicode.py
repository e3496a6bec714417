"""Text that is not valid Unicode, and objects without text: each costs one trial at most, and the study goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tunesmith as ts
from tests.integration.conftest import Tunesmith, command

CAFE = os.fsdecode(b"caf\xe9.csv")
SPELLED = "caf\\udce9.csv"


class Silent(Exception):
    """An exception that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class Leaving(Silent):
    def __str__(self) -> str:
        raise SystemExit(3)


class SilentRuntimeError(Silent, RuntimeError):
    """Is looked through for signs of missing memory."""


def train(parameters: dict[str, float], trial: ts.Trial) -> dict[str, float]:
    """Fail in another way for each tenth of the space."""
    trial.report(1, **{"y": 1.0, CAFE: 2.0})
    trial.artifact("weights").touch()
    Path(os.fsdecode(os.fsencode(trial.artifact("x").parent) + b"/caf\xe9")).touch()
    kind = int(10 * parameters["x"])
    if kind == 1:
        raise ValueError(CAFE)
    if kind == 2:
        raise Silent
    if kind == 3:
        raise Leaving
    if kind == 4:
        raise SilentRuntimeError
    if kind == 5:
        sys.exit(Silent())  # type: ignore[arg-type]
    if kind == 6:
        sys.stderr.close()
        raise ValueError("after closing standard error")
    if kind == 7:
        raise ValueError("x" * 100_000)
    return {"y": parameters["x"], CAFE: 1.0}


REASONS = {
    0.15: f"ValueError: {SPELLED}",
    0.25: "Silent: (its message cannot be shown)",
    0.35: "Leaving: (its message cannot be shown)",
    0.45: "SilentRuntimeError: (its message cannot be shown)",
    0.55: "it called sys.exit(<class 'tests.integration.test_text_that_is_not_unicode.Silent'>)",
    0.65: "ValueError: after closing standard error",
    0.75: "ValueError: xxx",
}


@pytest.mark.parametrize("executor", ["inline", "process", "pool"])
def test_every_failure_is_one_failed_trial(tmp_path: Path, executor: str) -> None:
    study = ts.Study(
        task=train,
        space={"x": ts.Float(0, 1, default=0.05)},
        objective="minimize y",
        folder=tmp_path / "study",
        budget=ts.Budget(trials=2 * len(REASONS) + 1),
        executor=executor,
    )
    with study:
        study.engine.propose(1)
        for index, x in enumerate(REASONS):
            study.engine.enqueue(ts.Proposal(parameters={"x": x}))
            study.engine.enqueue(ts.Proposal(parameters={"x": 0.9 + index / 100}))
        study.run()
    again = ts.load(tmp_path / "study", train)
    assert [trial.metrics for trial in again.trials] == [trial.metrics for trial in study.trials]
    by_value = {trial.parameters["x"]: trial for trial in again.trials}
    for x, reason in REASONS.items():
        failure = by_value[x].failure
        assert failure is not None
        assert failure.reason.startswith(reason)
        assert len(failure.reason) <= 1000
    assert by_value[0.05].metrics == {"y": 0.05, SPELLED: 1.0}
    assert by_value[0.05].artifacts == {"weights": "artifacts/weights"}
    assert by_value[0.05].reports[0].metrics == {"y": 1.0, SPELLED: 2.0}
    again.report()


def test_a_study_in_a_folder_of_any_name_works(study: Path, tunesmith: Tunesmith) -> None:
    folder = study / CAFE
    tunesmith("run", "--folder", folder, "--trials", "2", "--quiet")
    note = tunesmith("note", folder, "0", f"see {CAFE}", "--json").stdout
    assert json.loads(note)["notes"] == [f"see {SPELLED}"]
    assert json.loads(tunesmith("status", folder, "--json").stdout)["folder"] == str(study / SPELLED)
    assert json.loads(tunesmith("reproduce", folder, "0", "--json").stdout)["now"].keys() == {"loss"}
    line = json.loads(tunesmith("show", folder, "0", "--json").stdout)["reproduce"]
    line = line.replace("tunesmith", f"{sys.executable} -m tunesmith", 1)
    subprocess.run(["sh", "-c", line], check=True, capture_output=True, timeout=60)
    recipe = json.loads((folder / "trials" / "0000" / "environment.json").read_text())["command"]
    subprocess.run(["sh", "-c", recipe], check=True, capture_output=True, timeout=60)
    tunesmith("run", "--folder", folder, "--trials", "3", "--quiet")
    for words in (["status"], ["explain"], ["report"]):
        tunesmith(*words, folder)


def test_paths_that_a_journal_cannot_hold_are_refused(study: Path) -> None:
    folder = study / CAFE
    folder.mkdir()
    for name in ("study.toml", "train.py"):
        (study / name).rename(folder / name)
    (study / os.fsdecode(b"tr\xe9.py")).write_text((folder / "train.py").read_text())
    for words, where in (
        (["run"], folder),
        (["run", "--folder", str(study / "elsewhere"), "--dry-run"], folder),
        (["init", "train.py", "--yes", "--to", "new.toml"], folder),
        (["init", os.fsdecode(b"tr\xe9.py"), "--yes", "--to", "new.toml"], study),
    ):
        done = subprocess.run(command(*words), cwd=where, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "must be valid Unicode, got" in done.stderr
        assert not (where / "new.toml").exists()


@pytest.mark.parametrize(
    ("encoding", "status"), [("utf-8", 0), ("utf-8-sig", 0), ("utf-16", 2), ("utf-16-le", 2), ("utf-32", 2)]
)
def test_a_study_file_is_utf_8_with_or_without_a_mark(
    study: Path, tunesmith: Tunesmith, encoding: str, status: int
) -> None:
    text = (study / "study.toml").read_text().replace('name = "small"', 'name = "größe"').replace("\n", "\r\n")
    (study / "study.toml").write_bytes(text.encode(encoding))
    message = tunesmith("run", "--dry-run", status=status).stderr
    assert message == ("tunesmith: study.toml must be UTF-8 text. Save it as UTF-8.\n" if status else "")


@pytest.mark.parametrize("verb", ["status", "run", "report", "ask", "init"])
def test_a_path_that_cannot_exist_is_one_message(tunesmith: Tunesmith, verb: str) -> None:
    for path in ("x" * 300, "x/" * 3000):
        assert tunesmith(verb, path, status=1 if verb in ("status", "report") else 2).stderr.count("\n") == 1
