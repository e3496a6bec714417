"""Files that trials share, in real folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tunesmith.runner.shared_files import SharedFiles

Write = Callable[[Path, int], None]


def rewrite(path: Path, trial: int) -> None:
    path.write_text(f"weights of trial {trial}")


def replace(path: Path, trial: int) -> None:
    draft = path.with_name(".draft")
    draft.write_text("w")
    draft.replace(path)


def append(path: Path, trial: int) -> None:
    with path.open("a") as file:
        file.write(f"trial {trial} has ended\n")


def find(folder: Path, name: str, write: Write, *, slots: int = 2, trials: int = 6) -> tuple[str, ...]:
    """Let overlapping trials write to a file, and return what was found."""
    (folder / name.format(trial="x")).parent.mkdir(parents=True, exist_ok=True)
    files = SharedFiles(folder, slots)
    for trial in range(trials):
        path = folder / name.format(trial=trial)
        write(path, trial)
        os.utime(path, ns=(trial, trial))
        found = files.look({trial, trial + 1})
        if found is not None:
            assert files.look({trial}) is None  # Only once.
            return found.paths
    return ()


@pytest.mark.parametrize("write", [rewrite, replace])
@pytest.mark.parametrize("name", ["model.txt", "out/best/model.pt"])
def test_a_file_that_two_trials_rewrite_is_found(tmp_path: Path, name: str, write: Write) -> None:
    assert find(tmp_path, name, write) == (name,)


@pytest.mark.parametrize("exists", [False, True])
def test_a_file_from_an_earlier_run_makes_no_difference(tmp_path: Path, exists: bool) -> None:
    if exists:
        rewrite(tmp_path / "model.txt", 100)
    assert find(tmp_path, "model.txt", rewrite) == ("model.txt",)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("run.log", append),
        ("model-{trial}.txt", rewrite),
        ("train.py", rewrite),
        ("study.toml", rewrite),
        ("wandb/latest", rewrite),
        ("__pycache__/train.cpython-312.pyc", rewrite),
        (".git/index", rewrite),
        ("data.lock", rewrite),
        ("a/b/c/model.txt", rewrite),
    ],
)
def test_what_is_no_sharing(tmp_path: Path, name: str, write: Write) -> None:
    assert find(tmp_path, name, write) == ()


@pytest.mark.parametrize("mark", ["journal.jsonl", "pyvenv.cfg"])
def test_a_study_and_an_environment_are_left_out(tmp_path: Path, mark: str) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / mark).touch()
    assert find(tmp_path, "own/model.txt", rewrite) == ()


def test_a_dataset_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(1_001):
        (tmp_path / "data" / str(number)).touch()
    assert find(tmp_path, "data/index", rewrite) == ()
    assert find(tmp_path, "model.txt", rewrite) == ("model.txt",)


def test_one_trial_may_write_as_often_as_it_likes(tmp_path: Path) -> None:
    files = SharedFiles(tmp_path, 2)
    for other in range(1, 6):
        rewrite(tmp_path / "model.txt", other)
        os.utime(tmp_path / "model.txt", ns=(other, other))
        assert files.look({0, other}) is None


def test_one_slot_shares_nothing(tmp_path: Path) -> None:
    assert find(tmp_path, "model.txt", rewrite, slots=1) == ()


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    assert SharedFiles(tmp_path / "gone", 2).look({0}) is None


def test_a_folder_with_too_much_in_it_is_left_alone(tmp_path: Path) -> None:
    for folder in range(6):
        (tmp_path / str(folder)).mkdir()
        for number in range(900):
            (tmp_path / str(folder) / f"{number}.py").touch()
    assert find(tmp_path, "model.txt", rewrite) == ()
