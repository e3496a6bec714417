import json
import subprocess
import sys

import pytest

from tunesmith.core.trial import TrialRequest
from tunesmith.errors import InputError
from tunesmith.tasks.command import CommandTask

SCRIPT = """
import pathlib, sys
lr, trial_dir = float(sys.argv[1]), sys.argv[2]
data = pathlib.Path("data/numbers.txt").read_text()
best = pathlib.Path("out/best.txt")
before = best.read_text() if best.exists() else "nothing"
best.write_text(str(lr))
pathlib.Path("model.txt").write_text(str(lr))
(pathlib.Path(__file__).parent / "beside.txt").write_text(str(lr))
print(f"found {before} before; loss={lr + len(data)}")
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "numbers.txt").write_text("123")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "best.txt").write_text("the user's own")
    (tmp_path / "model.txt").write_text("the user's own")
    (tmp_path / "train.py").write_text(SCRIPT)
    return tmp_path


def task_in(folder, own_files):
    command = [sys.executable, "-S", "train.py", "{lr}", "{trial_dir}"]
    return CommandTask(
        command=command, metric="loss", folder=folder, own_files=own_files, names=["lr"], environment={"A": "b"}
    )


def request(folder, number, **parameters):
    trial = folder / "studies" / "small" / "trials" / f"{number:04d}"
    return TrialRequest(number=number, attempt=1, parameters=parameters, seed=7, folder=trial)


def test_each_trial_writes_its_own_files_and_sees_those_of_no_other(project, capfd):
    task = task_in(project, ["out", "model.txt", "beside.txt"])
    first, second = request(project, 0, lr=0.5), request(project, 1, lr=0.25)
    assert task.evaluate(first, lambda *_: None).metrics == {"loss": 3.5}
    assert task.evaluate(second, lambda *_: None).metrics == {"loss": 3.25}
    assert capfd.readouterr().out.count("found nothing before") == 2
    for name in ("out/best.txt", "model.txt"):
        assert (project / name).read_text() == "the user's own"
    assert not (project / "beside.txt").exists()
    for each, lr in ((first, "0.5"), (second, "0.25")):
        work = each.folder / "work"
        assert [(work / name).read_text() for name in ("out/best.txt", "model.txt", "beside.txt")] == [lr] * 3
        assert (work / "data").is_symlink()
        assert not (work / "studies").exists()


def test_one_file_of_a_folder_is_written_anew_and_its_neighbours_are_found(project):
    (project / "data" / "cache.txt").write_text("old")
    (project / "train.py").write_text(
        "import pathlib\npathlib.Path('data/cache.txt').write_text('new')\n"
        "print('loss=', len(pathlib.Path('data/numbers.txt').read_text()))"
    )
    trial = request(project, 0, lr=1)
    assert task_in(project, ["data/cache.txt"]).evaluate(trial, lambda *_: None).metrics == {"loss": 3.0}
    assert (project / "data" / "cache.txt").read_text() == "old"
    assert (trial.folder / "work" / "data" / "cache.txt").read_text() == "new"


def test_a_second_attempt_finds_what_the_first_one_wrote(project, capfd):
    task, trial = task_in(project, ["out", "model.txt", "beside.txt"]), request(project, 0, lr=0.5)
    task.evaluate(trial, lambda *_: None)
    task.evaluate(trial, lambda *_: None)
    assert "found 0.5 before" in capfd.readouterr().out


def test_a_trial_is_reproduced_in_a_folder_of_its_own(project):
    task, trial = task_in(project, ["out", "model.txt", "beside.txt"]), request(project, 0, lr=0.5)
    task.evaluate(trial, lambda *_: None)
    (trial.folder / "work" / "model.txt").write_text("of the trial")
    shown = subprocess.run(task.reproduce(trial), shell=True, capture_output=True, text=True, check=True).stdout
    assert "found nothing before; loss=3.5" in shown
    assert (trial.folder / "work" / "model.txt").read_text() == "of the trial"
    assert (trial.folder / "again" / "work" / "model.txt").read_text() == "0.5"
    assert (project / "model.txt").read_text() == "the user's own"


@pytest.mark.parametrize("own_files", ["model.pt", ["/tmp/model.pt"], ["../model.pt"], ["."], [3]])
def test_a_path_outside_the_folder_is_refused(project, own_files):
    with pytest.raises(InputError) as caught:
        task_in(project, own_files)
    assert caught.value.keys == ("own_files",)


def test_the_setting_is_part_of_the_table(project):
    assert json.dumps(task_in(project, ["out"]).to_table()["own_files"]) == '["out"]'
