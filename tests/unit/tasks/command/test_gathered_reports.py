import json

import pytest

from tunesmith.core.trial import TrialFailed, TrialRequest
from tunesmith.errors import InputError, TrialPruned
from tunesmith.tasks.command import CommandTask
from tunesmith.tasks.command.metrics_table import MetricsTable
from tunesmith.tasks.command.metrics_text import MetricsText
from tunesmith.tasks.command.printed_metrics import PrintedMetrics
from tunesmith.tasks.command.trial_reports import TrialReports


@pytest.fixture
def trial(tmp_path):
    """A trial's folder, what its script prints, and the reports that were forwarded."""

    class Trial:
        def __init__(self):
            self.folder, self.forwarded = tmp_path, []
            self.printed = PrintedMetrics(wanted=["y", "z"])
            table = MetricsTable(tmp_path / "log.csv", ["y"])
            self.reports = TrialReports(tmp_path, "y", printed=self.printed, file=table, report=self.forward)

        def forward(self, step, metrics):
            if "y" in metrics:
                self.forwarded.append((step, metrics["y"]))

        def print(self, text):
            self.printed.feed(f"{text}\n".encode())

        def append(self, name, **line):
            with (tmp_path / name).open("a") as file:
                file.write(json.dumps(line) + "\n")

        def polled(self, times=2):
            for _ in range(times):
                self.reports.poll()
            return self.forwarded

    return Trial()


def test_printed_values_are_forwarded_and_kept_in_the_folder(trial):
    trial.print("Epoch 1 y=0.5")
    trial.print("Epoch 2 y=nan")
    assert str(trial.polled()) == "[(1, 0.5), (2, nan)]"
    assert len(trial.polled()) == 2
    assert (trial.folder / "reports.jsonl").read_text() == '{"step": 1, "y": 0.5}\n{"step": 2, "y": NaN}\n'


@pytest.mark.parametrize("name", ["reports.jsonl", "heard.jsonl"])
def test_what_the_script_says_by_other_means_is_not_repeated_from_its_output(trial, name):
    trial.print("step 100: y=0.5")
    trial.append(name, step=1, y=0.5)
    assert trial.polled() == [(1, 0.5)]
    trial.print("step 200: y=0.4")
    trial.append(name, step=2, y=0.4)
    assert trial.polled() == [(1, 0.5), (2, 0.4)]
    assert trial.reports.logged == {"y": 0.4}


def test_the_scripts_own_reports_come_before_what_it_logs(trial):
    trial.append("heard.jsonl", step=1, y=0.5)
    trial.polled()
    trial.append("reports.jsonl", step=2, y=0.4)
    trial.append("heard.jsonl", step=2, y=0.4)
    assert trial.polled() == [(1, 0.5), (2, 0.4)]


def test_own_reports_without_the_metric_leave_the_others(trial):
    forwarded = []
    trial.reports._report = lambda step, metrics: forwarded.append((step, dict(metrics)))
    trial.append("reports.jsonl", step=1, other=3)
    trial.print("y=0.5")
    trial.polled()
    assert forwarded == [(1, {"other": 3.0}), (1, {"y": 0.5})]


def test_several_values_of_a_step_are_one_report_and_the_last_one_is_the_value(trial):
    for value in (0.5, 0.4, 0.3):
        trial.append("heard.jsonl", step=1, y=value)
    assert trial.polled() == [(1, 0.5)]
    assert trial.reports.logged == {"y": 0.3}


def test_metrics_that_are_logged_one_by_one_are_all_reports(trial):
    for step in (1, 2):
        trial.append("heard.jsonl", step=step, z=0.9)
        trial.append("heard.jsonl", step=step, y=0.5 / step)
        trial.append("heard.jsonl", step=step, y=7)
    assert trial.polled() == [(1, 0.5), (2, 0.25)]
    assert trial.reports.logged == {"y": 7.0, "z": 0.9}


def test_a_constraint_that_is_logged_leaves_an_objective_that_is_printed(trial):
    trial.append("heard.jsonl", step=100, z=0.9)
    trial.print("Epoch 1 y=0.5")
    assert trial.polled() == [(1, 0.5)]


def test_rows_of_a_table_come_before_what_is_printed(trial):
    trial.print("step 100: y=0.5")
    (trial.folder / "log.csv").write_text("epoch,y\n1,0.5\n")
    assert trial.polled() == [(1, 0.5)]
    with (trial.folder / "log.csv").open("a") as file:
        file.write("2,0.")
    assert len(trial.polled()) == 1
    with (trial.folder / "log.csv").open("a") as file:
        file.write("25")
    trial.reports.end()
    assert trial.forwarded == [(1, 0.5), (2, 0.25)]


def test_it_is_too_late_to_be_pruned_at_the_end(trial):
    def prune(step, metrics):
        raise TrialPruned("enough")

    trial.reports._report = prune
    trial.print("y=1")
    trial.reports.end()
    trial.print("y=2")
    with pytest.raises(TrialPruned):
        trial.polled()


# -- tables ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "epoch,Val Loss,time\n0,0.5,0:01\n1,0.4,0:02\n"),
        ("a.csv", '"epoch";"val_loss"\n0;"0.5"\n1;0.4\n'),
        ("a.tsv", "val/loss\tstep\n0.5\t0\n0.4\t1\n"),
        ("a.csv", "step,train_loss,val_loss\n0,0.9,\n0,,0.5\n1,0.8,\n1,,0.4"),
        ("a.csv", f"epoch,val_loss,note\n0,0.5,a\n0,0.7,a\rb\n0,0.7,{'x' * 200_000}\n1,0.4,a\n"),
        ("a.jsonl", '{"step": 0, "val": {"loss": 0.5}}\nno json\n{"val_loss": 0.4, "step": 1, "x": "y"}\n'),
    ],
)
def test_the_last_number_of_a_column_counts_and_each_row_is_a_report(tmp_path, name, text):
    table = MetricsTable(tmp_path / name, ["val_loss"])
    assert table.new() == []
    (tmp_path / name).write_text(text)
    reports = [*table.new(), *table.end()]
    assert [(report.step, report.metrics["val_loss"]) for report in reports] == [(0, 0.5), (1, 0.4)]
    assert table.values()["val_loss"] == 0.4


def test_a_table_that_is_written_anew_with_every_row_is_reported_once(tmp_path):
    table, steps = MetricsTable(tmp_path / "a.csv", ["y"]), []
    for rows in range(1, 4):
        (tmp_path / "a.csv").write_text("")
        steps += [report.step for report in table.new()]
        (tmp_path / "a.csv").write_text("epoch,y\n" + "".join(f"{row},0.5\n" for row in range(rows)))
        steps += [report.step for report in table.new()]
    assert steps == [0, 1, 2]


# -- texts -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def text(tmp_path):
    """A text file, and what reads it."""

    class Text:
        path = tmp_path / "train.log"
        reading = MetricsText(path, lambda: PrintedMetrics(wanted=["val_loss"]))

        def new(self):
            return [(report.step, report.metrics["val_loss"]) for report in self.reading.new()]

        def append(self, text):
            with self.path.open("a") as file:
                file.write(text)

    return Text()


def test_a_log_file_that_grows_is_read_as_output_is(text):
    assert text.new() == []
    with pytest.raises(FileNotFoundError):
        text.reading.values()
    text.append("epoch: 1, lr: 1e-3 - train loss: 0.9 - val loss: 0.5\nepoch: 2 - train loss: 0.8 - val ")
    assert text.new() == [(1, 0.5)]
    text.append("loss: 0.4\nepoch: 3, val loss: 0.3")
    assert text.new() == [(2, 0.4)]
    assert [report.step for report in text.reading.end()] == [3]
    assert text.reading.values() == {"epoch": 3.0, "lr": 1e-3, "train loss": 0.8, "val_loss": 0.3}


@pytest.mark.parametrize("grows", [True, False])
def test_a_text_that_is_written_anew_is_read_from_its_beginning(text, grows):
    """It may be as long as before, or hold what it held before."""
    reports = []
    for epoch in (1, 2, 3):
        lines = [f"Epoch {number} val_loss=0.{number}\n" for number in range(1, epoch + 1)]
        text.path.write_text("".join(lines if grows else lines[-1:]) + f"best={epoch}\n")
        reports += text.new()
    assert reports == [(1, 0.1), (2, 0.2), (3, 0.3)]
    text.path.write_text("stopped early\n")
    assert text.reading.values() == {}


# -- the task ----------------------------------------------------------------------------------------------------------


def run(folder, code, heard=(), **changes):
    (folder / "train.sh").write_text(code)
    task = CommandTask(**{"command": "sh train.sh {trial_dir}", "metric": "val_loss", "folder": folder} | changes)
    request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=folder / "0000")
    reports = []
    metrics = task.evaluate(request, lambda step, metrics: reports.append((step, dict(metrics)))).metrics
    return metrics, reports


LOG = 'echo \'{"step": 1, "val_loss": 0.5, "x": 1}\' >> $1/heard.jsonl\n'


def test_what_is_printed_on_the_way_are_reports(tmp_path):
    metrics, reports = run(tmp_path, "echo 'Epoch 1 | Val Loss 0.5'; echo 'Epoch 2 | Val Loss 0.4'")
    assert metrics == {"val_loss": 0.4}
    assert reports == [(1, {"val_loss": 0.5}), (2, {"val_loss": 0.4})]


def test_what_is_logged_is_the_measurement_where_nothing_else_is(tmp_path):
    assert run(tmp_path, LOG)[0] == {"val_loss": 0.5}
    assert run(tmp_path, LOG + "echo val_loss=0.25")[0] == {"val_loss": 0.25}
    assert run(tmp_path, LOG + "echo val_loss=0.50002")[0] == {"val_loss": 0.5}
    assert run(tmp_path, LOG + "echo val_loss=0.25", metrics="logged")[0] == {"val_loss": 0.5, "x": 1.0}


def test_metrics_come_from_a_table(tmp_path):
    code = "printf 'epoch,val_loss\\n1,0.5\\n2,0.4' > $1/log.csv"
    metrics, reports = run(tmp_path, code, metrics="log.csv")
    assert (metrics, [step for step, _ in reports]) == ({"val_loss": 0.4}, [1, 2])


def test_metrics_come_from_a_text(tmp_path):
    code = "printf 'Epoch 1: val loss 0.5\\nEpoch 2: val loss 0.4' > $1/train.log; echo val_loss=7"
    metrics, reports = run(tmp_path, code, metrics="train.log")
    assert (metrics, reports) == ({"val_loss": 0.4}, [(1, {"val_loss": 0.5}), (2, {"val_loss": 0.4})])


def test_a_text_that_grows_stops_a_trial_on_the_way(tmp_path):
    (tmp_path / "train.sh").write_text("echo 'Epoch 1: val loss 0.5' > $1/train.log; exec sleep 30")
    task = CommandTask(command="sh train.sh {trial_dir}", metric="val_loss", folder=tmp_path, metrics="train.log")

    def prune(step, metrics):
        raise TrialPruned(f"enough at step {step}")

    with pytest.raises(TrialPruned, match="enough at step 1"):
        task.evaluate(TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=tmp_path / "0000"), prune)


def test_a_text_of_the_trials_own_folder_is_read(tmp_path):
    code = "mkdir -p out; echo 'val_loss: 0.5' > out/summary"
    assert run(tmp_path, code, metrics="work/out/summary", own_files=["out"])[0] == {"val_loss": 0.5}


def test_a_text_without_the_metric_fails_the_trial_as_other_files_do(tmp_path):
    with pytest.raises(TrialFailed, match=r"the script must write a\.log into"):
        run(tmp_path, "", metrics="a.log")
    with pytest.raises(TrialFailed, match=r"'val_loss' is missing: a\.log has only train_loss"):
        run(tmp_path, "echo 'train_loss=0.5' > $1/a.log; echo val_loss=0.5", metrics="a.log")


def test_settings_in_a_text_are_no_metrics(tmp_path):
    log = "Namespace(val_loss=9)\nlr: 0.25\nval_loss: 9\nval_loss: 0.5\n"
    code = f"open(sys.argv[-1] + '/a.log', 'w').write({log!r})"
    (tmp_path / "train.py").write_text(f"import sys\n'--val_loss'\n{code}\n")
    task = CommandTask(command="python -S train.py {trial_dir}", metric="val_loss", folder=tmp_path, metrics="a.log")
    request = TrialRequest(number=0, attempt=1, parameters={"lr": 0.25}, seed=0, folder=tmp_path / "0000")
    reports = []
    assert task.evaluate(request, lambda step, metrics: reports.append(metrics)).metrics["val_loss"] == 0.5
    assert [report["val_loss"] for report in reports] == [0.5]


def test_the_log_of_the_trial_is_no_file_of_the_script(tmp_path):
    with pytest.raises(InputError, match=r"tunesmith writes log\.txt itself"):
        run(tmp_path, "", metrics="log.txt")
    assert run(tmp_path, "mkdir $1/out; echo val_loss=0.5 > $1/out/log.txt", metrics="out/log.txt")[0]


def test_the_file_of_metrics_may_stand_beside_printed_reports(tmp_path):
    code = "echo 'Epoch 1 val_loss=0.5'; echo '{\"val_loss\": 0.25}' > $1/metrics.json"
    assert run(tmp_path, code) == ({"val_loss": 0.25}, [(1, {"val_loss": 0.5})])


def test_a_pattern_is_read(tmp_path):
    metrics, reports = run(tmp_path, "echo 'fold 3 gives 0.5 eV'", metric_pattern=r"fold (?P<step>\d+) gives (\S+)")
    assert (metrics, reports) == ({"val_loss": 0.5}, [(3, {"val_loss": 0.5})])
    code = "echo 'fold 4 gives 0.25 eV' > $1/a.log; echo fold 9 gives 0.75"
    (tmp_path / "b").mkdir()
    metrics, reports = run(tmp_path / "b", code, metric_pattern=r"fold (?P<step>\d+) gives (\S+)", metrics="a.log")
    assert (metrics, reports) == ({"val_loss": 0.25}, [(4, {"val_loss": 0.25})])
    with pytest.raises(InputError, match="metric_pattern reads the output"):
        run(tmp_path, "", metric_pattern="(x)", metrics="logged")


def test_settings_of_reading_are_kept_in_the_table(tmp_path):
    task = CommandTask(command="ls", metric="y", folder=tmp_path, capture=False, metric_pattern="y is (.*)")
    assert {"capture": False, "metric_pattern": "y is (.*)"}.items() <= task.to_table().items()
    assert "capture" not in CommandTask(command="ls", metric="y", folder=tmp_path).to_table()
