"""`tunesmith init -- COMMAND`: the user's own command, drafted and run as a user does."""

import json
import os
import pty
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Tunesmith, command

SCRIPT = """
import argparse, pathlib, sys
parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--lr", type=float, default=0.5, help="learning rate")
parser.add_argument("--width", type=int, default=8)
parser.add_argument("--opt", choices=["adam", "sgd"], default="adam")
parser.add_argument("--momentum", type=float, default=0.5)
parser.add_argument("--nesterov", action="store_true")
parser.add_argument("--noval", action="store_true", help="only validate the final epoch")
parser.add_argument("--nthread", type=int, default=3)
parser.add_argument("--seed", type=int, default=3)
options = parser.parse_args()
pathlib.Path("ran").write_text("the training began")
momentum = options.momentum if options.opt == "sgd" else 0
loss = (options.lr - 0.2) ** 2 + 1 / options.width + momentum / 10 + options.nesterov / 10 + options.seed / 1000
print(f"Epoch 1: Train Loss: 0.0 Val Loss: {loss:.6f}")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(SCRIPT)
    return tmp_path


def loss_of(folder: Path, facts: dict[str, Any], trial: int) -> float:
    return float(
        json.loads((Path(facts["folder"]) / "trials" / f"{trial:04}" / "metrics.json").read_text())["Val_Loss"]
    )


def test_a_study_of_the_users_own_command(project: Path, tunesmith: Tunesmith) -> None:
    words = ["python", "train.py", "here", "--lr=0.4", "--opt", "sgd", "--momentum", "0.3", "--seed", "5"]
    done = tunesmith("init", "--yes", "--", *words)
    assert "running your script up to the point where it has read its arguments: python train.py here" in done.stderr
    assert not (project / "ran").exists()
    tables = tomllib.loads((project / "study.toml").read_text())
    assert tables["task"]["command"] == ("python train.py here --lr={lr} --opt {opt} {momentum} --seed {seed} {args}")
    assert list(tables["space"]) == ["lr", "width", "opt", "momentum", "nesterov"]
    assert (tables["study"]["objective"], tables["study"]["seed"]) == ("minimize Val_Loss", 5)
    facts = json.loads(tunesmith("run", "--trials", "6", "--json").stdout)
    assert facts["counts"] == {"complete": 6}
    assert loss_of(project, facts, 0) == pytest.approx(0.04 + 1 / 8 + 0.03 + 0.005)
    assert (project / "train.py").read_text() == SCRIPT


def test_static_runs_nothing(project: Path, tunesmith: Tunesmith) -> None:
    (project / "train.py").write_text("raise SystemExit('it was run')\n" + SCRIPT)
    done = tunesmith("init", "--static", "--yes", "--json", "--", "python", "train.py", "here")
    facts = json.loads(done.stdout)
    assert facts["space"] == ["lr", "width", "opt", "momentum", "nesterov"]
    assert facts["not_tuned"]["nthread"] == "depends on the machine"
    assert "running your script" not in done.stderr


def test_a_try_finds_the_metric_that_no_source_tells(project: Path, tunesmith: Tunesmith) -> None:
    (project / "train.py").write_text(SCRIPT.replace("Val Loss:", "{'_'.join(['val', 'rmse'])}:"))
    facts = json.loads(tunesmith("init", "--try", "--yes", "--json", "--", "python", "train.py", "here").stdout)
    assert facts["objective"] == "minimize val_rmse"
    assert facts["tryout"]["ending"] == "finished"
    assert facts["tryout"]["metrics"][0]["name"] == "val_rmse"
    assert (project / "ran").exists()


def test_a_try_is_offered_in_a_terminal_and_summed_up(project: Path) -> None:
    answers = "y\n" + "\n" * 4
    declined, _ = on_a_terminal(project, "n\n" + "\n" * 4, "init", "--force", "--", "python", "train.py", "here")
    assert "A test run of your script with your own values, of at most 2 min" not in declined
    assert not (project / "ran").exists()
    words = ["init", "--force", "--try-minutes", "2", "--", "python", "train.py", "here"]
    screen, status = on_a_terminal(project, answers, *words)
    assert status == 0, screen
    assert "A test run of your script with your own values, of at most 2 min" in screen
    assert "test run: finished after" in screen
    assert (project / "ran").exists()


def on_a_terminal(folder: Path, answers: str, *words: str) -> tuple[str, int]:
    """Return the output and the exit status of a command on a terminal of its own, at which answers were typed."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        arguments = command(*words)
        os.execve(arguments[0], arguments, {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"})
    os.write(terminal, answers.encode())
    screen = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # It has ended.
            break
        if not piece:
            break
        screen += piece
    os.close(terminal)
    return screen.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_nothing_to_tune_is_exit_status_2(project: Path, tunesmith: Tunesmith) -> None:
    (project / "train.py").write_text("import json\nprint('val_loss=0.5')\n")
    done = tunesmith("init", "train.py", "--yes", status=2)
    assert "TO DO: write the parameters into [space], since none were found in train.py" in done.stdout
    assert "nothing is tuned yet: complete [space]" in done.stdout
    assert "next:" not in done.stdout


def test_a_script_that_asks_is_to_take_arguments(project: Path, tunesmith: Tunesmith) -> None:
    (project / "train.py").write_text("input('How many? ')\n")
    done = tunesmith("init", "--try", "--yes", "--", "python", "train.py", status=2)
    assert "Let it take the answers as arguments" in done.stdout
    assert "nothing is tuned yet: do what is marked TO DO, then give the same command again" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train.py", "--", "python", "train.py"], "expected a PATH or a command after --"),
        (["--"], "expected a command after --, got none"),
        (["train.py", "--static", "--try"], "--static runs nothing, and --try runs your script"),
        (["--", "python", "trian.py"], "there is no trian.py"),
        (["--", "python", "train.py", "--token", "hf_abcdefghij"], "a secret must not be written"),
    ],
)
def test_commands_that_are_refused(project: Path, tunesmith: Tunesmith, words: list[str], message: str) -> None:
    assert message in tunesmith("init", "--yes", *words, status=2).stderr
    assert not (project / "study.toml").exists()
