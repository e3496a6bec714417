import json

import pytest

from tunesmith.core.trial import TrialRequest
from tunesmith.errors import InputError, TrialPruned
from tunesmith.tasks.command import CommandTask
from tunesmith.tasks.command.metrics_table import MetricsTable
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
            self.reports = TrialReports(tmp_path, "y", printed=self.printed, table=table, report=self.forward)

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


def test_the_file_of_metrics_may_stand_beside_printed_reports(tmp_path):
    code = "echo 'Epoch 1 val_loss=0.5'; echo '{\"val_loss\": 0.25}' > $1/metrics.json"
    assert run(tmp_path, code) == ({"val_loss": 0.25}, [(1, {"val_loss": 0.5})])


def test_a_pattern_is_read(tmp_path):
    metrics, reports = run(tmp_path, "echo 'fold 3 gives 0.5 eV'", metric_pattern=r"fold (?P<step>\d+) gives (\S+)")
    assert (metrics, reports) == ({"val_loss": 0.5}, [(3, {"val_loss": 0.5})])
    with pytest.raises(InputError, match="metric_pattern reads the output"):
        run(tmp_path, "", metric_pattern="(x)", metrics="logged")


def test_settings_of_reading_are_kept_in_the_table(tmp_path):
    task = CommandTask(command="ls", metric="y", folder=tmp_path, capture=False, metric_pattern="y is (.*)")
    assert {"capture": False, "metric_pattern": "y is (.*)"}.items() <= task.to_table().items()
    assert "capture" not in CommandTask(command="ls", metric="y", folder=tmp_path).to_table()
