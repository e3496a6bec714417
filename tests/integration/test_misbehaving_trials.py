"""Trials that do everything wrong, in real processes: the study learns why, the others go on, and nothing is left."""

import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from tests.waiting import wait_until
from tunesmith.core.trial import TrialFailed, TrialRequest
from tunesmith.errors import InputError, TrialPruned
from tunesmith.execution.leftovers import sweep
from tunesmith.executors.process import ProcessExecutor
from tunesmith.tasks.command import CommandTask
from tunesmith.tasks.function import FunctionTask
from tunesmith.trial_folder.result import read_result

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


class Bench:
    """An executor, and trials to run on it."""

    def __init__(self, folder, executor):
        self.folder = folder
        self.executor = executor
        self.reports = []
        executor.open(lambda *said: self.reports.append(said))

    def start(self, task, number=0, **changes):
        if not isinstance(task, CommandTask | FunctionTask):
            task = FunctionTask(function=task, metric="y")
        folder = self.folder / "trials" / f"{number:04d}"
        given = {"number": number, "attempt": 1, "parameters": {"x": 2.0}, "seed": number, "folder": folder}
        return self.executor.submit(task, TrialRequest(**given | changes))

    def run(self, task, number=0, **changes):
        return self.start(task, number, **changes).result(60)

    def loss(self, future):
        """Return the reason why a trial was lost."""
        error = future.exception(30)
        assert isinstance(error, TrialFailed)
        assert error.failure.kind == "lost"
        return error.failure.reason

    def failure(self, task, number=0, **changes):
        with pytest.raises(TrialFailed) as caught:
            self.run(task, number, **changes)
        return caught.value.failure

    def command(self, code, **changes):
        """Return a task whose script is some Python."""
        (self.folder / "script.py").write_text(textwrap.dedent(code))
        given = {"command": [sys.executable, "script.py", "{trial_dir}"], "metric": "y", "folder": self.folder}
        return CommandTask(**given | changes)

    def log(self, number=0):
        return (self.folder / "trials" / f"{number:04d}" / "log.txt").read_bytes()


@pytest.fixture
def bench(tmp_path):
    with ProcessExecutor(grace_seconds=0.5, gpus=[]) as executor:
        bench = Bench(tmp_path, executor)
        yield bench
        # Whatever a trial has done: the next one runs, and of none a process is left.
        assert bench.run(fine, 999).metrics == {"y": 4.0}
    assert not marked(tmp_path)


def fine(parameters):
    return {"y": parameters["x"] ** 2}


def marked(folder):
    """Return the processes that carry a study's mark, or have been forked by one that did."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("TUNESMITH_TRIAL", "").startswith(
                str(folder)
            ):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def number_in(path):
    """Return the process id in a file, once one stands there."""
    return wait_until(lambda: path.exists() and path.read_text().strip() and int(path.read_text()))


# -- the usual ---------------------------------------------------------------------------------------------------------


def test_a_good_trial_is_measured_and_its_result_is_found_on_disk(bench):
    measured = bench.run(fine)
    assert measured.metrics == {"y": 4.0}
    assert measured.seconds > 0
    assert measured.peak_memory_bytes > 1_000_000
    folder = bench.folder / "trials" / "0000"
    result = read_result(folder, 1)
    assert (result["state"], result["metrics"], result["failure"]) == ("complete", {"y": 4.0}, None)
    assert read_result(folder, 2) is None
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["variables"]["CUDA_VISIBLE_DEVICES"] == ""
    assert environment["pid"] != os.getpid()


def test_every_report_is_heard_in_order_before_the_end(bench):
    def train(parameters, trial):
        for step in range(300):
            trial.report(step, y=float(step), odd=float("nan"))
        return 1.0

    future = bench.start(train)
    heard_at_the_end = []
    future.add_done_callback(lambda _: heard_at_the_end.extend(bench.reports))
    future.result(60)
    assert [said[:3] for said in heard_at_the_end] == [(0, 1, step) for step in range(300)]
    assert bench.reports[7][3]["y"] == 7.0
    assert bench.reports[7][3]["odd"] != bench.reports[7][3]["odd"]
    assert read_result(bench.folder / "trials" / "0000", 1)["reports"] == 300


def test_a_scripts_reports_are_heard_and_garbage_is_passed_over(bench):
    task = bench.command("""
        import json, sys
        with open(sys.argv[1] + "/reports.jsonl", "a") as file:
            for step in range(3):
                file.write(json.dumps({"step": step, "y": step / 2, "text": "no"}) + "\\n")
            file.write("garbage\\n{\\"y\\": 1}\\n[1]\\n")
            file.write(json.dumps({"step": 3, "y": 1.5}) + "\\n" + '{"step": 4, "y"')
        print("y=0.25")
    """)
    assert bench.run(task).metrics == {"y": 0.25}
    assert [said[2:] for said in bench.reports] == [(step, {"y": step / 2}) for step in range(4)]
    assert b"garbage" in bench.log()


@pytest.fixture
def user_code(tmp_path, monkeypatch):
    """A user's module that notes where it is imported, and draws random numbers."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "user_training_code.py").write_text(
        "import os, random, numpy\n"
        f"with open({str(tmp_path / 'imports')!r}, 'a') as file: print(os.getpid(), file=file)\n"
        "print('imported')\n"
        "def train(parameters):\n"
        "    return {'y': numpy.random.rand(), 'z': random.random(), 'parent': os.getppid(), 'pid': os.getpid()}\n"
    )
    yield FunctionTask(function="user_training_code:train", metric="y", folder=tmp_path)
    del sys.modules["user_training_code"]


@pytest.mark.parametrize(("preload", "imports"), [(True, 2), (False, 4)])
def test_the_users_code_is_loaded_once_by_the_first_trial_and_once_for_all_others(
    tmp_path, user_code, preload, imports
):
    (tmp_path / "imports").unlink()
    with ProcessExecutor(preload=preload) as executor:
        bench = Bench(tmp_path, executor)
        measured = [bench.run(user_code, number).metrics for number in range(4)]
        assert len({metrics["parent"] for metrics in measured}) == 1
        pids = list(map(int, (tmp_path / "imports").read_text().split()))
        assert len(pids) == imports
        assert pids[0] == measured[0]["pid"]
        assert (pids[1] == measured[0]["parent"]) is preload
        assert bench.log(0) == bench.log(1) == b"imported\n"


def test_global_random_numbers_follow_the_trials_seed_and_not_the_workers(tmp_path, user_code):
    with ProcessExecutor() as executor:
        bench = Bench(tmp_path, executor)
        draws = [bench.run(user_code, number, seed=number % 3).metrics for number in range(6)]
    for name in ("y", "z"):
        assert len({metrics[name] for metrics in draws}) == 3
        assert [metrics[name] for metrics in draws[:3]] == [metrics[name] for metrics in draws[3:]]


# -- a bad end ---------------------------------------------------------------------------------------------------------


def test_an_exit_status_is_a_failure_with_the_end_of_the_log(bench):
    task = bench.command("import sys; print('the reason'); sys.exit(3)")
    failure = bench.failure(task)
    assert (failure.kind, failure.reason) == ("exit", "exit status 3")
    assert failure.log_tail == "the reason"
    assert failure.seconds > 0


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("pass", "no metric was found"),
        ("write('{\"y\": NaN}')", "got nan"),
        ("write('{\"y\": -Infinity}')", "got -inf"),
        ('write(\'{"y": "0.5"}\')', "must be a number, got '0.5'"),
        ("write('{\"y\": null}')", "must be a number, got None"),
        ("write('{\"y\": 0.')", "cannot be read"),
        ("write('')", "cannot be read"),
        ("write('[0.5]')", "JSON object"),
        ("write('{\"yy\": 0.5}')", "'y' is missing: metrics.json has only yy. Did you mean 'yy'?"),
        ("print('loss=0.5')", "'y' is missing: its output has only loss."),
        ("print('y=nan')", "got nan"),
    ],
)
def test_without_a_usable_metric_a_trial_has_failed(tmp_path, inline_command, code, reason):
    with pytest.raises(TrialFailed) as caught:
        inline_command("import sys\ndef write(text): open(sys.argv[1] + '/metrics.json', 'w').write(text)\n" + code)
    assert caught.value.failure.kind == "metric"
    assert reason in caught.value.failure.reason


@pytest.fixture
def inline_command(tmp_path):
    """Run a script as a trial without an executor."""

    def run(code):
        (tmp_path / "script.py").write_text(code)
        folder = tmp_path / "0000"
        request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=folder)
        command = [sys.executable, "-S", "script.py", "{trial_dir}"]
        task = CommandTask(command=command, metric="y", folder=tmp_path)
        return task.evaluate(request, lambda *said: None)

    return run


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("os._exit(7)", "exit", "exit status 7"),
        ("sys.exit(2)", "exit", "sys.exit(2)"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "exit", "crashed with SIGSEGV"),
        ("os.abort()", "exit", "crashed with SIGABRT"),
        ("raise KeyboardInterrupt", "exception", "KeyboardInterrupt"),
        ("raise ValueError('odd')", "exception", "ValueError: odd"),
        ("raise MemoryError", "memory", "MemoryError"),
    ],
)
def test_a_function_that_ends_badly_has_failed(shared, code, kind, reason):
    failure = shared.failure(ends_with(code), next(NUMBERS))
    assert failure.kind == kind
    assert reason in failure.reason


NUMBERS = itertools.count()


def ends_with(code):
    def train(parameters):
        exec(code, {"os": os, "sys": sys, "signal": signal})

    return train


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """An executor for quick failures, one after another in the same worker."""
    folder = tmp_path_factory.mktemp("shared")
    with ProcessExecutor(grace_seconds=0.5) as executor:
        yield Bench(folder, executor)
    assert not marked(folder)


def test_a_task_that_does_not_load_is_a_failure_of_setup(bench):
    class Stubborn:
        def __reduce__(self):
            return exec, ("raise ImportError('no module named torchh')",)

    stubborn = Stubborn()
    failure = bench.failure(lambda parameters: stubborn and 1.0)
    assert failure.kind == "setup"
    assert "no module named torchh" in failure.reason


def test_a_task_that_does_not_pickle_is_told_before_anything_starts(tmp_path):
    lock = __import__("threading").Lock()
    with ProcessExecutor() as executor:
        bench = Bench(tmp_path, executor)
        with pytest.raises(InputError, match="pickle"):
            bench.start(lambda parameters: lock and 1.0)
        assert not marked(tmp_path)


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_trial_that_hangs_is_ended_at_its_limit(bench):
    def hang(parameters):
        print("begun", flush=True)
        while True:
            time.sleep(0.1)

    failure = bench.failure(hang, timeout_seconds=0.5)
    assert failure.kind == "timeout"
    assert "0.5 seconds" in failure.reason
    assert failure.log_tail == "begun"


def test_a_trial_that_hangs_and_will_not_listen_is_killed(bench):
    task = bench.command("""
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("deaf", flush=True)
        time.sleep(600)
    """)
    assert bench.failure(task, timeout_seconds=1.0).kind == "timeout"


def test_a_trial_may_put_things_in_order_when_its_time_is_up(bench):
    def train(parameters, trial):
        try:
            time.sleep(60)
        finally:
            (trial.folder / "tidy").touch()

    assert bench.failure(train, timeout_seconds=0.5).kind == "timeout"
    assert (bench.folder / "trials" / "0000" / "tidy").exists()


def test_a_trial_that_holds_too_much_memory_is_ended(bench):
    def grow(parameters):
        held = []
        while True:
            held.append(bytearray(20_000_000))
            time.sleep(0.01)

    failure = bench.failure(grow, memory_bytes=300_000_000)
    assert failure.kind == "memory"
    assert "300 MB" in failure.reason
    assert failure.peak_memory_bytes > 300_000_000


def test_memory_of_a_trials_own_processes_counts(bench):
    def grow(parameters):
        children = [
            subprocess.Popen([sys.executable, "-S", "-c", "x = bytearray(100_000_000); import time; time.sleep(60)"])
            for _ in range(3)
        ]
        return sum(child.wait() for child in children)

    assert bench.failure(grow, memory_bytes=250_000_000).kind == "memory"


def test_memory_that_processes_share_counts_once(bench):
    def fork(parameters):
        held = bytearray(b"x") * 100_000_000
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                time.sleep(0.8)
                os._exit(held[0] - 120)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
        return 1.0

    assert bench.run(fork, memory_bytes=300_000_000).metrics == {"y": 1.0}


# -- what is left ------------------------------------------------------------------------------------------------------


def test_processes_that_a_trial_leaves_behind_are_gone_when_it_ends(bench):
    def scatter(parameters, trial):
        child = os.fork()
        if child == 0:  # ignores the request to end
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            (trial.folder / "child").write_text(str(os.getpid()))
            time.sleep(600)
        if os.fork() == 0:  # a daemon: a session of its own, its parent dead, its environment empty
            os.setsid()
            if os.fork():
                os._exit(0)
            (trial.folder / "daemon").write_text(str(os.getpid()))
            os.execve("/bin/sleep", ["sleep", "600"], {})
        os.wait()
        files = [trial.folder / name for name in ("child", "daemon")]
        while not all(file.exists() and file.read_text() for file in files):  # It is there before it is written.
            time.sleep(0.01)
        return 1.0

    bench.run(scatter)
    folder = bench.folder / "trials" / "0000"
    for name in ("child", "daemon"):
        assert not psutil.pid_exists(int((folder / name).read_text()))


def test_a_background_process_that_holds_the_output_open_is_not_waited_for(bench):
    task = bench.command("""
        import subprocess, sys
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        print("y=1.5")
    """)
    assert bench.run(task).metrics == {"y": 1.5}


# -- output ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_flood_of_output_is_cut_and_the_trial_goes_on(bench):
    task = bench.command("""
        import os
        os.write(1, b"first\\n")
        for _ in range(300):
            os.write(1, b"x" * 1_000_000)
        os.write(1, b"\\nlast\\ny=2.5\\n")
    """)
    assert bench.run(task).metrics == {"y": 2.5}
    log = bench.log()
    assert len(log) <= 8_000_000
    assert log.startswith(b"first\n")
    assert log.endswith(b"\nlast\ny=2.5\n")
    assert b"bytes left out" in log


def test_output_that_is_no_text_is_kept_as_it_is(bench):
    task = bench.command("import os, sys; os.write(1, b'\\xff\\x00\\xfe\\n'); print('y=1'); sys.exit(1)")
    failure = bench.failure(task)
    assert bench.log() == b"\xff\x00\xfe\ny=1\n"
    assert failure.log_tail.splitlines() == ["\ufffd\x00\ufffd", "y=1"]


def test_a_folder_that_cannot_be_made_fails_the_trial_and_no_other(bench):
    (bench.folder / "trials").mkdir()
    (bench.folder / "trials" / "0000").touch()
    failure = bench.failure(fine)
    assert failure.kind == "setup"
    assert "0000" in failure.reason


def test_a_folder_that_vanishes_takes_only_its_trial(bench):
    def train(parameters, trial):
        import shutil

        shutil.rmtree(trial.folder)
        trial.report(0, y=1.0)

    assert bench.failure(train).kind == "setup"


def test_a_full_disk_costs_the_log_and_not_the_trial(bench):
    folder = bench.folder / "trials" / "0000"
    folder.mkdir(parents=True)
    (folder / "log.txt").symlink_to("/dev/full")
    assert bench.run(lambda parameters: print("x" * 100_000) or 1.0).metrics == {"y": 1.0}


@pytest.mark.parametrize("name", ["reports.jsonl", "metrics.json"])
def test_a_full_disk_is_told_as_what_it_is(bench, name):
    def train(parameters, trial):
        (trial.folder / name).symlink_to("/dev/full")
        trial.report(0, y=1.0)
        return 1.0

    failure = bench.failure(train)
    assert failure.kind == "setup"
    assert "No space left" in failure.reason


def test_a_result_that_cannot_be_written_still_arrives(bench):
    def train(parameters, trial):
        (trial.folder / "result.json").mkdir()
        return 1.0

    assert bench.run(train).metrics == {"y": 1.0}
    assert read_result(bench.folder / "trials" / "0000", 1) is None


# -- death from outside ------------------------------------------------------------------------------------------------


def sleeper(parameters, trial):
    if os.fork() == 0:
        (trial.folder / "grandchild").write_text(str(os.getpid()))
        time.sleep(600)
    (trial.folder / "pid").write_text(str(os.getpid()))
    time.sleep(600)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_trial_that_is_killed_from_outside_is_lost(bench, number):
    future = bench.start(sleeper)
    os.kill(number_in(bench.folder / "trials" / "0000" / "pid"), number)
    assert number.name in bench.loss(future)
    assert read_result(bench.folder / "trials" / "0000", 1)["failure"]["kind"] == "lost"


def test_a_command_that_is_killed_from_outside_is_lost(bench):
    task = bench.command("""
        import os, sys, time
        open(sys.argv[1] + "/pid", "w").write(str(os.getpid()))
        time.sleep(600)
    """)
    future = bench.start(task)
    os.kill(number_in(bench.folder / "trials" / "0000" / "pid"), signal.SIGKILL)
    assert "SIGKILL" in bench.loss(future)


def test_where_the_worker_is_killed_the_trial_is_lost_and_its_processes_are_gone(bench):
    future = bench.start(sleeper)
    folder = bench.folder / "trials" / "0000"
    pids = [number_in(folder / "pid"), number_in(folder / "grandchild")]
    worker = psutil.Process(pids[0]).ppid()
    os.kill(worker, signal.SIGKILL)
    assert bench.loss(future)
    wait_until(lambda: not any(map(alive, pids)))


def test_a_worker_that_dies_while_idle_is_replaced(bench):
    bench.run(fine)
    (worker,) = marked(bench.folder)
    worker.kill()
    wait_until(lambda: not alive(worker.pid))
    for number in range(1, 4):
        assert bench.run(fine, number).metrics == {"y": 4.0}


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


STUDY = """
import os, signal, sys, time
from pathlib import Path
from tunesmith.executors.process import ProcessExecutor
from tunesmith.tasks.function import FunctionTask
from tunesmith.core.trial import TrialFailed, TrialRequest

def train(parameters, trial):
    if os.fork() == 0:
        (trial.folder / "grandchild").write_text(str(os.getpid()))
        time.sleep(600)
    (trial.folder / "pid").write_text(str(os.getpid()))
    time.sleep(600)

signal.signal(signal.SIGINT, signal.default_int_handler)  # Where the tests run in the background, it is ignored.
root = Path(sys.argv[1])
executor = ProcessExecutor(slots=2, grace_seconds=0.5)
executor.open(lambda *said: None)
with executor:
    for number in range(2):
        request = TrialRequest(number=number, attempt=1, parameters={}, seed=0, folder=root / f"{number:04d}")
        last = executor.submit(FunctionTask(function=train, metric="y"), request)
    last.result()
"""


@pytest.fixture
def study(tmp_path):
    """A study in a process of its own, with two trials running; gives it, and the processes of its trials."""
    (tmp_path / "study.py").write_text(STUDY)
    with subprocess.Popen([sys.executable, "study.py", str(tmp_path / "trials")], cwd=tmp_path) as process:
        try:
            names = ("0000/pid", "0000/grandchild", "0001/pid", "0001/grandchild")
            yield process, [number_in(tmp_path / "trials" / name) for name in names]
        finally:
            process.kill()
            process.wait()
            sweep(tmp_path)


def test_where_the_study_is_killed_no_process_is_left(study, tmp_path):
    process, pids = study
    process.kill()
    process.wait()
    wait_until(lambda: not marked(tmp_path) and not any(map(alive, pids)))
    assert read_result(tmp_path / "trials" / "0000", 1) is None


def test_where_everything_is_killed_at_once_a_sweep_finds_the_rest(study, tmp_path):
    process, pids = study
    workers = {psutil.Process(pid).ppid() for pid in (pids[0], pids[2])}
    process.send_signal(signal.SIGSTOP)
    for pid in (*workers, process.pid):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pids[0]) and not alive(pids[2]))
    assert alive(pids[1])
    assert sweep(tmp_path) == 2
    assert not any(map(alive, pids))


def test_ctrl_c_ends_the_study_and_all_its_trials(study, tmp_path):
    process, pids = study
    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert not any(map(alive, pids))
    assert not marked(tmp_path)
    assert read_result(tmp_path / "trials" / "0000", 1)["failure"]["kind"] == "lost"


# -- being stopped -----------------------------------------------------------------------------------------------------


def test_a_function_is_stopped_at_its_next_report(bench):
    def train(parameters, trial):
        for step in range(10_000):
            trial.report(step, y=1.0)
            time.sleep(0.01)

    future = bench.start(train)
    wait_until(lambda: bench.reports)
    bench.executor.stop(0)
    with pytest.raises(TrialPruned):
        future.result(30)
    assert read_result(bench.folder / "trials" / "0000", 1)["state"] == "pruned"


def test_a_function_that_never_reports_is_stopped_by_force(bench):
    future = bench.start(sleeper)
    number_in(bench.folder / "trials" / "0000" / "pid")
    bench.executor.stop(0)
    with pytest.raises(TrialPruned):
        future.result(30)


def test_a_trial_is_stopped_however_early(bench):
    future = bench.start(sleeper)
    bench.executor.stop(0)
    with pytest.raises(TrialPruned):
        future.result(30)


def test_a_command_gets_sigterm_and_may_finish(bench):
    task = bench.command("""
        import signal, sys, time
        def leave(number, frame):
            print("saved", flush=True)
            sys.exit(0)
        signal.signal(signal.SIGTERM, leave)
        open(sys.argv[1] + "/pid", "w").write("1")
        time.sleep(600)
    """)
    future = bench.start(task)
    number_in(bench.folder / "trials" / "0000" / "pid")
    bench.executor.stop(0)
    with pytest.raises(TrialPruned):
        future.result(30)
    assert bench.log() == b"saved\n"


def test_a_command_that_ignores_sigterm_is_killed(bench):
    task = bench.command("""
        import os, signal, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open(sys.argv[1] + "/pid", "w").write(str(os.getpid()))
        time.sleep(600)
    """)
    future = bench.start(task)
    pid = number_in(bench.folder / "trials" / "0000" / "pid")
    bench.executor.stop(0)
    with pytest.raises(TrialPruned):
        future.result(30)
    assert not alive(pid)


def test_a_stop_reaches_its_own_trial_and_no_later_one(bench):
    bench.run(fine, 0)
    future = bench.start(lambda parameters: time.sleep(0.3) or 1.0, 1)
    bench.executor.stop(0)
    assert future.result(30).metrics == {"y": 1.0}


def test_stopping_what_does_not_run_does_nothing(bench):
    bench.run(fine)
    bench.executor.stop(0)
    bench.executor.stop(77)


# -- several at once ---------------------------------------------------------------------------------------------------


def test_two_slots_run_two_trials_at_once_on_gpus_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with ProcessExecutor(slots=2, gpus=[0, 1, 2, 3], gpus_per_trial=2, threads_per_trial=3) as executor:
        bench = Bench(tmp_path, executor)

        def meet(parameters, trial):
            """End only where the other one runs as well."""
            (trial.folder.parent / f"here{trial.number}").touch()
            while not (trial.folder.parent / f"here{1 - trial.number}").exists():
                time.sleep(0.01)
            first, second = os.environ["CUDA_VISIBLE_DEVICES"].split(",")
            return {"y": float(first), "second": float(second), "threads": float(os.environ["OMP_NUM_THREADS"])}

        task = FunctionTask(function=meet, metric="y")
        futures = [bench.start(task, number) for number in range(2)]
        with pytest.raises(RuntimeError, match="busy"):
            bench.start(task, 2)
        measured = [future.result(30).metrics for future in futures]
        assert measured == [{"y": 0.0, "second": 1.0, "threads": 3.0}, {"y": 2.0, "second": 3.0, "threads": 3.0}]


def test_leaving_stops_what_runs_and_leaves_nothing_open(tmp_path):
    before = psutil.Process().num_fds(), psutil.Process().children()
    with ProcessExecutor(slots=2, grace_seconds=0.3) as executor:
        bench = Bench(tmp_path, executor)
        futures = [bench.start(sleeper, number) for number in range(2)]
        for number in range(2):
            number_in(tmp_path / "trials" / f"{number:04d}" / "pid")
    for future in futures:
        assert bench.loss(future)
    assert not marked(tmp_path)
    assert (psutil.Process().num_fds(), psutil.Process().children()) == before


def test_a_fault_of_whoever_listens_comes_out_with_the_trial(tmp_path):
    def hear(*said):
        raise ZeroDivisionError("a bug in the study")

    with ProcessExecutor(grace_seconds=0.3) as executor:
        bench = Bench(tmp_path, executor)
        executor.open(hear)

        def train(parameters, trial):
            trial.report(0, y=1.0)
            time.sleep(60)

        with pytest.raises(ZeroDivisionError):
            bench.run(train)
