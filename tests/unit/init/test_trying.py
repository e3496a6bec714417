import os
import sys
from pathlib import Path

import psutil
import pytest
from tests.waiting import wait_until

from tunesmith.core.parameters import Float
from tunesmith.errors import InputError
from tunesmith.init import Draft
from tunesmith.init.command_line import CommandLine
from tunesmith.init.observed import with_tryout
from tunesmith.init.trying import try_script
from tunesmith.init.tryout import Limits
from tunesmith.init.tryout_words import summary

EPOCHS = """
import csv, json, os, pathlib, sys, time
print("Namespace(lr=0.1, epochs=3)")
pathlib.Path("best.pt").write_text("weights")
rows = csv.writer(open("history.csv", "w"))
rows.writerow(["epoch", "train_loss", "val_loss"])
lines = open("history.jsonl", "w")
for epoch in range(3):
    time.sleep(0.02)
    rows.writerow([epoch, 0.5, 0.4 / (epoch + 1)])
    lines.write(json.dumps({"step": epoch, "val_acc": 0.5 + 0.1 * epoch}) + "\\n")
    print(f"Epoch {epoch + 1}/3 train_loss=0.5 val_loss={0.4 / (epoch + 1):.3f}", flush=True)
with open(os.environ["TUNESMITH_TRIAL_DIR"] + "/reports.jsonl", "a") as reports:
    reports.write(json.dumps({"step": 1, "val_f1": 0.7}) + "\\n")
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def tried(project, code, *arguments, on_progress=None, **limits):
    (project / "train.py").write_text(code)
    words = (sys.executable, "-S", "train.py", *arguments)
    command = CommandLine(words=words, folder=project, program=words[:2], script=Path("train.py"), arguments=arguments)
    return try_script(command, project / "studies" / "x" / "tryout", Limits(**limits), on_progress)


def test_what_a_script_prints_reports_and_writes_is_seen(project):
    (project / "history.csv").write_text("of an earlier run")
    (project / "data.csv").write_text("epoch,val_loss\n1,0.1\n")
    tryout = tried(project, EPOCHS)
    assert (tryout.ending, tryout.status, tryout.reason, tryout.trouble) == ("finished", 0, "", "")
    seen = {(metric.source, metric.name): metric for metric in tryout.metrics}
    printed = seen["printed", "val_loss"]
    assert (round(printed.value, 3), printed.count, printed.counted_by) == (0.133, 3, "epoch")
    assert printed.sample == "Epoch 3/3 train_loss=0.5 val_loss=0.133"
    written = seen["written", "val_loss"]
    assert (round(written.value, 3), written.count, written.file) == (0.133, 3, project / "history.csv")
    assert seen["written", "val_acc"].value == 0.7
    assert seen["reported", "val_f1"].value == 0.7
    files = {change.path.name: change.is_new for change in tryout.files}
    assert files == {"best.pt": True, "history.csv": False, "history.jsonl": True}
    assert (tryout.folder / "log.txt").read_text().startswith("Namespace(lr=0.1, epochs=3)")


TEXTS = """
import os, pathlib, sys
pathlib.Path("results").mkdir()
for epoch in (1, 2):
    line = f"epoch: {epoch}, lr: 1e-4 - train loss: 0.9 - valid loss: 0.{7 - epoch}"
    print(line if "--print" in sys.argv else "working")
    with open("results/train_log.txt", "a") as log:
        log.write(line + "\\n")
pathlib.Path("results/summary").write_text("model\\n      AUC  TSS\\nfit   0.99  0.9\\nspatial CV  0.7  0.4\\n")
pathlib.Path("model.txt").write_text("tree\\nversion=v4\\n[multi_error_top_k: 1]\\n")
pathlib.Path("settings.yaml").write_text("eval_loss: 0.5\\n")
pathlib.Path("weights.dat").write_bytes(b"dev_loss=0.5\\n\\0")
pathlib.Path("large.out").write_text("dev_error=0.5\\n" + "x" * (4 << 20))
pathlib.Path(os.environ["TUNESMITH_TRIAL_DIR"], "final.out").write_text("dev wer: 12.5\\nrows: 3\\n")
"""


def test_metrics_are_seen_in_text_files(project):
    seen = {metric.name: metric for metric in tried(project, TEXTS).metrics}
    names = {"train loss", "valid loss", "fit AUC", "fit TSS", "spatial CV AUC", "spatial CV TSS", "dev wer"}
    assert seen.keys() == names
    log, line = seen["valid loss"], "epoch: 2, lr: 1e-4 - train loss: 0.9 - valid loss: 0.5"
    assert (log.source, log.file, log.value) == ("written", project / "results" / "train_log.txt", 0.5)
    assert (log.count, log.counted_by, log.sample) == (2, "epoch", line)
    assert seen["spatial CV AUC"].file == project / "results" / "summary"
    assert seen["dev wer"].file.name == "final.out"


def test_a_log_file_that_repeats_the_output_adds_nothing(project):
    seen = [metric for metric in tried(project, TEXTS, "--print").metrics if metric.name.endswith("loss")]
    assert [(metric.name, metric.source) for metric in seen] == [("train loss", "printed"), ("valid loss", "printed")]


BOOSTER = """
import lightgbm, numpy
rows = numpy.arange(80.0).reshape(40, 2)
data = lightgbm.Dataset(rows, rows[:, 0])
options = {"metric": "l2", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 2}
lightgbm.train(options, data, 3, valid_sets=[data.create_valid(rows, rows[:, 0])], valid_names=["dev"])
"""


@pytest.mark.slow
def test_what_a_library_is_told_is_heard(project):
    (project / "train.py").write_text(BOOSTER)
    command = CommandLine(words=(sys.executable, "train.py"), folder=project)
    metrics = try_script(command, project / "studies" / "x" / "tryout").metrics
    heard = next(metric for metric in metrics if metric.source == "reported" and "l2" in metric.name)
    assert "dev" in heard.name
    assert heard.count == 3


def test_the_time_of_an_epoch_and_the_memory_are_measured(project):
    tryout = tried(project, "ballast = bytearray(40_000_000)\n" + EPOCHS.replace("0.02", "0.5"))
    assert tryout.pace.unit == "epoch"
    assert (tryout.pace.last, tryout.pace.total) == (3, 3)
    assert 0.1 < tryout.pace.seconds < tryout.seconds
    assert tryout.peak_memory_bytes > 40_000_000


def test_a_limit_of_time_ends_it_and_what_was_seen_counts(project):
    code = (
        "import time\nfor epoch in range(1, 1000):\n    print(f'epoch {epoch}/1000 val_loss={1/epoch}', flush=True)\n"
    )
    tryout = tried(project, code + "    time.sleep(0.1 if epoch > 3 else 0.01)\n", seconds=0.5)
    assert tryout.ending == "time limit"
    assert "after 0.5 s" in tryout.reason
    assert tryout.counts
    assert tryout.metrics[0].name == "val_loss"
    assert tryout.whole_seconds() > 900 * 0.005


def test_a_limit_of_memory_ends_it(project):
    code = "import time\nkept = []\nwhile True:\n    kept.append(bytearray(1_000_000))\n    time.sleep(0.001)\n"
    tryout = tried(project, code, memory_bytes=60_000_000)
    assert tryout.ending == "memory limit"
    assert not tryout.counts
    assert "its limit was 60 MB" in tryout.reason


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ("input('which device? ')", "as arguments, which can then be tuned"),
        ("import getpass; getpass.getpass()", "asks for a password"),
        ("open('data/train.csv')", "looks for data/train.csv"),
        ("import no_such_package", "the package no_such_package is not installed"),
        ("raise RuntimeError('Found no NVIDIA driver on your system.')", "needs a GPU"),
        ("raise SystemExit('this script needs a CUDA device; none was found')", "needs a GPU"),
        ("import argparse; p = argparse.ArgumentParser(); p.add_argument('--data', required=True); p.parse_args()",
         "required: --data"),
        ("raise ConnectionError('Max retries exceeded with url: /mnist')", "needs the network"),
        ("raise ValueError('bad shape')", ""),
    ],
)  # fmt: skip
def test_what_a_script_lacks_is_told(project, code, trouble):
    tryout = tried(project, code)
    assert tryout.ending == "failed"
    assert not tryout.counts
    assert trouble in tryout.trouble
    assert bool(tryout.trouble) == bool(trouble)
    assert tryout.log_tail


def test_what_an_endless_script_waits_for_is_told(project):
    tryout = tried(project, "import time\nprint('no free GPU, waiting', flush=True)\ntime.sleep(60)\n", seconds=1)
    assert tryout.ending == "time limit"
    assert "needs a GPU" in tryout.trouble
    assert "    no free GPU, waiting" in [*summary(tryout)]
    draft = Draft(name="x", folder=project, objective="minimize loss", command="python train.py")
    assert "It seems that it needs a GPU" in with_tryout(draft, tryout).notes[0]


def test_output_without_end_is_kept_in_part(project):
    code = "import sys\nfor _ in range(9):\n    sys.stdout.write('x' * 1_000_000 + '\\n')\nprint('val_loss=0.5')\n"
    tryout = tried(project, code)
    assert (tryout.folder / "log.txt").stat().st_size <= 8_000_000
    assert [(metric.name, metric.value) for metric in tryout.metrics] == [("val_loss", 0.5)]


def test_an_interrupted_run_leaves_nothing_behind(project):
    code = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"], start_new_session=True)
pathlib.Path("pids").write_text(f"{os.getpid()} {child.pid}")
print("started", flush=True)
time.sleep(600)
"""

    def interrupt(seconds, line):
        if line == "started":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tried(project, code, on_progress=interrupt)
    pids = [int(pid) for pid in (project / "pids").read_text().split()]
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    assert not (project / "studies").exists()


def test_processes_that_a_script_leaves_behind_are_ended(project):
    code = """
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"], start_new_session=True)
pathlib.Path("pid").write_text(str(child.pid))
"""
    tried(project, code)
    wait_until(lambda: not psutil.pid_exists(int((project / "pid").read_text())))


def test_progress_tells_the_last_line(project):
    lines = []
    tried(project, EPOCHS.replace("0.02", "0.3"), on_progress=lambda seconds, line: lines.append(line))
    assert any(line.startswith("Epoch") for line in lines)


def test_trial_0_of_a_draft_is_run_and_its_variables_are_set(project):
    (project / "train.py").write_text("import os, sys\nprint(sys.argv[1:], os.environ['SOME'])\nprint('val_loss=0.5')")
    draft = Draft(
        name="x",
        folder=project,
        objective="minimize val_loss",
        command=f"{sys.executable} -S train.py --out {{trial_dir}}/model --lr {{lr}}",
        space={"lr": Float(0.01, 1.0, log=True, default=0.25)},
    )
    folder = project / "studies" / "x" / "tryout"
    os.environ["SOME"] = "thing"
    try:
        tryout = try_script(draft, folder)
    finally:
        del os.environ["SOME"]
    assert tryout.log_tail.startswith(f"['--out', '{folder}/model', '--lr', '0.25'] thing")
    again = try_script(CommandLine(words=("A=b", "env"), folder=project, variables={"A": "b"}), folder)
    assert "A=b" in (again.folder / "log.txt").read_text().splitlines()


def test_the_run_has_the_users_seed_and_variables_which_are_not_kept(project):
    code = "import os, sys\nprint(sys.argv[1:], os.environ['HF_TOKEN'][::-1], os.environ['CUDA_VISIBLE_DEVICES'])"
    (project / "train.py").write_text(code)
    command = f"{sys.executable} -S train.py --seed {{seed}}"
    draft = Draft(name="x", folder=project, objective="minimize val_loss", command=command, seed=42)
    variables = {"HF_TOKEN": "swordfish", "CUDA_VISIBLE_DEVICES": "3"}
    tryout = try_script(draft, project / "tryout", variables=variables)
    assert tryout.log_tail == "['--seed', '42'] hsifdrows 3"
    assert all("swordfish" not in path.read_text() for path in tryout.folder.rglob("*") if path.is_file())


def test_a_draft_without_parameters_is_run_as_it_is(project):
    (project / "train.py").write_text("import sys\nprint(sys.argv[1:], 'val_loss=0.5')")
    command = f"{sys.executable} -S train.py --epochs 3"
    draft = Draft(name="x", folder=project, objective="minimize val_loss", command=command)
    assert try_script(draft, project / "tryout").log_tail == "['--epochs', '3'] val_loss=0.5"


def test_a_folder_with_something_else_is_not_touched(project):
    folder = project / "studies" / "x" / "tryout"
    folder.mkdir(parents=True)
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="holds something else"):
        tried(project, EPOCHS)
    assert (folder / "thesis.tex").exists()


def test_braces_in_a_command_are_the_scripts_own(project):
    tryout = tried(project, "import sys\nprint(sys.argv[1:])", "{lr}", "{'a': 1}")
    assert tryout.log_tail == "['{lr}', \"{'a': 1}\"]"


def test_a_command_that_cannot_be_started_has_failed(project):
    tryout = try_script(CommandLine(words=("./no-such-program",), folder=project), project / "tryout")
    assert tryout.ending == "failed"
    assert "could not be started" in tryout.reason


def test_a_hundred_thousand_files_are_not_all_looked_at(project):
    for index in range(40):
        (project / f"{index}.txt").touch()
    assert tried(project, "print('val_loss=0.5')", files=10).files_left_out
    assert not tried(project, "print('val_loss=0.5')").files_left_out
