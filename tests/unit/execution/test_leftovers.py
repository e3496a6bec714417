import os
import subprocess
import sys

from tunesmith.execution.leftovers import KEPT, sweep, sweep_worker


def asleep(**variables):
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={**os.environ, **variables})


def test_a_sweep_kills_what_belongs_to_the_study_and_nothing_else(tmp_path):
    study = tmp_path / "studies" / "mine"
    ours = asleep(TUNESMITH_TRIAL=str(study / "trials" / "0003"))
    neighbour = asleep(TUNESMITH_TRIAL=str(tmp_path / "studies" / "mine-too" / "trials" / "0003"))
    unmarked = asleep()
    try:
        assert sweep(study) == 1
        assert ours.wait(5) == -9
        assert neighbour.poll() is None
        assert unmarked.poll() is None
        assert sweep(study) == 0
    finally:
        for process in (ours, neighbour, unmarked):
            process.kill()
            process.wait()


def test_a_sweep_sees_through_links(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    ours = asleep(TUNESMITH_TRIAL=str(tmp_path / "link" / "trials" / "0001"))
    try:
        assert sweep(tmp_path / "real") == 1
    finally:
        ours.kill()
        ours.wait()


def test_a_sweep_spares_who_calls_it(tmp_path):
    code = (
        "import sys; from pathlib import Path; from tunesmith.execution.leftovers import sweep;"
        "print(sweep(Path(sys.argv[1])))"
    )
    environment = {**os.environ, "TUNESMITH_TRIAL": str(tmp_path / "trials" / "0001")}
    done = subprocess.run([sys.executable, "-c", code, tmp_path], env=environment, capture_output=True, text=True)
    assert done.stdout == "0\n"


def test_a_sweep_finds_a_process_that_has_changed_its_title(tmp_path):
    code = "import setproctitle, time; setproctitle.setproctitle('training ' * 50); print(flush=True); time.sleep(60)"
    environment = {**os.environ, "TUNESMITH_TRIAL": str(tmp_path / "trials" / "0001"), **KEPT}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        try:
            assert sweep(tmp_path) == 1
        finally:
            process.kill()


def test_a_worker_is_swept_by_its_mark():
    ours = asleep(TUNESMITH_WORKER="mark-of-this-test")
    try:
        assert sweep_worker("mark-of-this-test") == 1
        assert ours.wait(5) == -9
    finally:
        ours.kill()
        ours.wait()
