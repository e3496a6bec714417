"""A config without `{config}` in the command: the script gets the trial's copy in place of the original."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tunesmith.core.parameters import Float
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import TrialFailed, TrialRequest
from tunesmith.errors import InputError
from tunesmith.tasks.command import CommandTask
from tunesmith.tasks.command.replaced_config import READ_FILE

SPACE = SearchSpace({"lr": Float(0.0, 1.0)})


def task_in(folder: Path, script: str, config: str, **changes: Any) -> CommandTask:
    (folder / "train.py").write_text(script)
    return CommandTask(**{
        "command": [sys.executable, "train.py"],
        "config": config,
        "folder": folder,
        "metric": "y",
        "names": ["lr"],
    } | changes)  # fmt: skip


def request_in(folder: Path, lr: float = 0.5, **changes: Any) -> TrialRequest:
    trial = folder / "trials" / "0003"
    return TrialRequest(**{"number": 3, "attempt": 1, "parameters": {"lr": lr}, "seed": 7, "folder": trial} | changes)


def run(task: CommandTask, request: TrialRequest) -> float:
    return task.evaluate(request, lambda step, metrics: None).metrics["y"]


@pytest.mark.parametrize(
    ("config", "text", "script"),
    [
        ("config.py", "lr = 0.1\n", "from config import lr\nprint('y =', lr)"),
        ("config.py", "CONFIG = {'lr': 0.1}\n", "import config as cfg\nprint('y =', cfg.CONFIG['lr'])"),
        ("settings/base.json", '{"lr": 0.1}', "import json\nprint('y =', json.load(open('settings/base.json'))['lr'])"),
        ("train.py", None, "lr = 0.1  # the rate\nif __name__ == '__main__':\n    print('y =', lr)"),
    ],
)
def test_the_script_gets_the_copy(tmp_path: Path, config: str, text: str | None, script: str) -> None:
    task = task_in(tmp_path, script, config)
    if text is not None:
        (tmp_path / config).parent.mkdir(exist_ok=True)
        (tmp_path / config).write_text(text)
    original = (tmp_path / config).read_bytes()
    task.check(SPACE)
    assert task.defaults() == {"lr": 0.1}
    request = request_in(tmp_path)
    assert run(task, request) == 0.5
    assert (tmp_path / config).read_bytes() == original
    assert not (request.folder / READ_FILE).exists()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    again = subprocess.run(
        task.reproduce(request), shell=True, cwd="/", env=environment, capture_output=True, text=True
    )
    assert again.stdout == "y = 0.5\n", again.stderr


def test_each_command_is_seen_for_itself(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"lr": 0.1}')
    script = "import json, sys\nprint('y =', json.load(open(sys.argv[1]))['lr'], sys.argv[1].count('trials'))"
    task = task_in(
        tmp_path,
        script,
        "config.json",
        command=[sys.executable, "train.py", "{config}"],
        test_command=[sys.executable, "train.py", "config.json"],
    )
    task.check(SPACE)
    assert run(task, request_in(tmp_path)) == 0.5
    assert run(task, request_in(tmp_path, purpose="test")) == 0.5


def test_the_users_own_path_of_modules_stays(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "config.py").write_text("lr = 0.1\n")
    script = (
        "import config, json, sys\nprint('y =', config.lr)\nprint(json.dumps([p for p in sys.path if 'startup' in p]))"
    )
    task = task_in(tmp_path, script, "library/config.py", environment={"PYTHONPATH": "library"})
    assert run(task, request_in(tmp_path)) == 0.5


def test_it_works_beside_files_of_the_trials_own(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"lr": 0.1}')
    script = "import json\nopen('out.txt', 'w').write('x')\nprint('y =', json.load(open('config.json'))['lr'])\n"
    task = task_in(tmp_path, script, "config.json", own_files=["out.txt"])
    assert run(task, request_in(tmp_path)) == 0.5
    assert not (tmp_path / "out.txt").exists()


def test_a_shell_passes_it_on(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"lr": 0.1}')
    script = "import json\nprint('y =', json.load(open('config.json'))['lr'])"
    task = task_in(tmp_path, script, "config.json", command=f"{sys.executable} train.py | cat", shell=True)
    task.check(SPACE)
    assert run(task, request_in(tmp_path)) == 0.5


def test_a_config_that_is_never_read_fails_the_trial_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"lr": 0.1}')
    task = task_in(tmp_path, "print('y = 1')", "config.json")
    task.check(SPACE)
    with pytest.raises(TrialFailed, match=r"the script never read config\.json, so that its parameters") as caught:
        run(task, request_in(tmp_path))
    assert caught.value.failure.kind == "setup"
    # Without a parameter in it, it does not matter.
    task = task_in(tmp_path, "print('y = 1')", "config.json", command=[sys.executable, "train.py", "{args}"], names=[])
    assert run(task, request_in(tmp_path, parameters={"other": 1})) == 1.0


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("Rscript train.R", "only Python scripts get it in place of the original, but Rscript is R"),
        ("./train.jl --fast", "but ./train.jl is Julia"),
        ("python3 -I train.py", "option -I ignores"),
        ("env A=b python -uE train.py", "option -uE ignores"),
        ("python -X dev -S -m train", "option -S ignores"),
        ("torchrun train.py -S", None),
        ("python3.11 -u -m train -I", None),
        ("python -mtrain -S", None),
        ("python -W ignore train.py --mode E", None),
    ],
)
@pytest.mark.parametrize("shell", [False, True])
def test_a_command_that_cannot_start_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, message: str | None, shell: bool
) -> None:
    (tmp_path / "config.json").write_text('{"lr": 0.1}')
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("Rscript", "torchrun", "python", "python3", "python3.11", "env"):
        (programs / name).symlink_to("/bin/true")
    (tmp_path / "train.jl").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(programs))
    task = task_in(tmp_path, "", "config.json", command=command, shell=shell)
    if message is None:
        task.check(SPACE)
        return
    with pytest.raises(InputError) as caught:
        task.check(SPACE)
    assert message in caught.value.message
    assert caught.value.keys == ("task", "command")


def test_it_passes_through_the_table(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"lr": 0.1}')
    table = task_in(tmp_path, "", "config.json").to_table()
    assert table["config"] == "config.json"
    assert json.loads(json.dumps(table)) == table
