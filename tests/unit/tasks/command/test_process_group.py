import os
import sys

import psutil
import pytest
from tests.waiting import wait_until

from tunesmith.errors import TrialPruned
from tunesmith.tasks.command.process_group import Invocation, run_group

SAVES = """
import os, pathlib, signal, time
shell = os.getppid()
def leave(*_):
    while os.getppid() == shell:  # until it has ended
        time.sleep(0.01)
    print("." * (1 << 17), flush=True)  # More than a pipe holds.
    time.sleep(0.1)
    pathlib.Path("saved").touch()
    os._exit(0)
signal.signal(signal.SIGTERM, leave)
pathlib.Path("here").write_text(str(os.getpid()))
while True:
    time.sleep(0.01)
"""
STAYS = SAVES.replace("leave(*_):", "leave(*_):\n    return")


def invocation(folder, command, **changes):
    return Invocation(**{"words": (command,), "folder": folder, "environment": os.environ, "shell": True} | changes)


def interrupted(folder, script, **changes):
    """Run a script below a shell, and stop it once it is ready."""
    (folder / "train.py").write_text(script)

    def poll():
        if (folder / "here").exists() and (folder / "here").read_text():
            raise TrialPruned("enough")

    command = f"{sys.executable} -S train.py; echo done"
    with pytest.raises(TrialPruned):
        run_group(invocation(folder, command, **changes), on_output=lambda data: None, poll=poll, echo=False)
    pid = int((folder / "here").read_text())
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_a_script_below_a_shell_may_save_its_state_in_the_grace(tmp_path):
    interrupted(tmp_path, SAVES, grace_seconds=60)
    assert (tmp_path / "saved").exists()


def test_what_does_not_end_in_the_grace_is_killed(tmp_path):
    interrupted(tmp_path, STAYS, grace_seconds=0.1)
    assert not (tmp_path / "saved").exists()


def test_a_process_in_the_background_that_prints_endlessly_is_not_waited_for(tmp_path):
    # Its next write fails once the pipe is closed, which ends it.
    run = invocation(tmp_path, "yes & echo done")
    assert run_group(run, on_output=lambda data: None, poll=lambda: None, echo=False) == 0
