import json
import os
import sys

import pytest
from click.testing import CliRunner

from tunesmith.cli.verb_doctor import doctor
from tunesmith.init.trying import try_task
from tunesmith.init.tryout import Limits
from tunesmith.service.doctor import examine

SCRIPT = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--save", default="model.txt")
args = parser.parse_args()
for epoch in (1, 2):
    print(f"Epoch {epoch}/2 val_loss={args.lr / epoch}")
open(args.save, "w").write(str(args.lr))
"""
STUDY = """
[study]
name = "small"
objective = "minimize val_loss"
[task]
command = "PYTHON -S train.py --lr {lr}"
[space]
lr = { type = "float", low = 0.01, high = 1.0, log = true, default = 0.25 }
[budget]
trials = 4
""".replace("PYTHON", sys.executable)


@pytest.fixture
def study(tmp_path):
    """Write a study.toml with some changes, and its script."""

    def write(*changes, script=SCRIPT, more=""):
        text = STUDY + more
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        (tmp_path / "train.py").write_text(script)
        (tmp_path / "study.toml").write_text(text)
        return tmp_path / "study.toml"

    return write


def tried(limits=None):
    return lambda study: lambda task, parameters, folder: try_task(task, parameters, folder / "tryout", limits)


def found(path, run=lambda study: None):
    """The findings that are no hints about this machine, by check and severity."""
    return {(finding.check, finding.severity): finding for finding in examine(path, run)}


def messages(path, run=lambda study: None):
    return " ".join(f"{finding.message} {finding.remedy}" for finding in examine(path, run))


def test_a_study_that_is_fine_has_no_errors_and_nothing_is_run_unasked(study, tmp_path):
    findings = found(study())
    assert not [severity for _, severity in findings if severity == "error"]
    assert findings["parameters", "ok"].message == "1 parameter: it reaches the script"
    assert ("run", "ok") not in findings
    assert findings["run", "hint"].remedy == "Run it once with --run."
    assert not (tmp_path / "model.txt").exists()
    assert not (tmp_path / "studies").exists()


def test_a_run_shows_the_metric_the_time_and_what_every_trial_would_overwrite(study):
    findings = found(study(), tried())
    assert findings["run", "ok"].message.startswith("your own configuration finished after")
    assert findings["metric", "ok"].message == "'val_loss' was 0.125, after 2 reports"
    assert "4 trials take about" in findings["time", "ok"].message
    assert findings["output", "hint"].message == "every trial writes model.txt"


def test_trials_that_run_at_once_and_overwrite_each_other_are_warned_about(study):
    path = study(more="[search]\nparallel = 2\n")
    assert "also those that run at once" in found(path, tried())["output", "warning"].message
    own = study(("[space]", 'own_files = ["model.txt"]\n[space]'), more="[search]\nparallel = 2\n")
    assert ("output", "ok") in found(own, tried())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("--lr {lr}", "--rate 0.1"), "every parameter must reach the script"),
        (("train.py", "missing.py"), "there is no missing.py"),
        ((sys.executable, "no-such-program"), "there is no program 'no-such-program'"),
        (("low = 0.01", "low = 2"), "study.toml:8"),
        (("trials = 4", "trails = 4"), "Did you mean 'trials'?"),
    ],
)
def test_what_a_study_cannot_run_with_is_an_error_with_a_remedy(study, change, message):
    path = study(change)
    assert found(path)["study.toml", "error"].remedy == "Correct the file."
    assert message in messages(path)


def test_a_script_that_fails_is_an_error_with_what_it_lacks(study):
    findings = found(study(script=SCRIPT + "open('data/test.csv')"), tried())
    assert "exit status 1" in findings["run", "error"].message
    assert "It looks for data/test.csv" in findings["run", "error"].remedy


def test_a_metric_that_is_never_shown_is_an_error(study):
    findings = found(study(("minimize val_loss", "maximize f1")), tried())
    assert "'f1' is missing: its output has only val_loss" in findings["metric", "error"].message
    in_file = study(("[space]", 'metrics = "metrics.json"\n[space]'))
    finding = found(in_file, tried())["metric", "error"]
    assert "the script must write metrics.json" in finding.message
    assert finding.remedy.startswith("The run showed val_loss.")
    diverged = study(script=SCRIPT.replace("args.lr / epoch", "float('nan')"))
    assert "must be a finite number" in found(diverged, tried())["metric", "error"].message


@pytest.mark.parametrize(
    ("setting", "ending"),
    [
        (
            "metrics = 'logged'",
            "print('{\"step\": 1, \"throughput\": 812}', file=open(at + '/reports.jsonl', 'a'))",
        ),
        ("metric_pattern = 'runs at (\\S+)/s'", "print('it runs at 812/s')"),
        ("metrics = 'metrics.json'", "print('{\"throughput\": 812}', file=open(at + '/metrics.json', 'w'))"),
        ("metrics = 'log.csv'", "print('step,throughput\\n1,812', file=open(at + '/log.csv', 'w'))"),
    ],
)
def test_metrics_are_read_as_a_trial_reads_them(study, setting, ending):
    script = f"{SCRIPT}\nimport os\nat = os.environ['TUNESMITH_TRIAL_DIR']\n{ending}\n"
    path = study(("minimize val_loss", "maximize throughput"), ("[space]", f"{setting}\n[space]"), script=script)
    findings = found(path, tried())
    assert findings["metric", "ok"].message.startswith("'throughput' was 812")
    assert ("metric", "error") not in findings


def test_a_config_that_the_script_never_reads_is_an_error(study):
    path = study(("--lr {lr}", ""), ("[space]", "config = 'train.yaml'\n[space]"))
    path.with_name("train.yaml").write_text("lr: 0.25\n")
    path.with_name("train.py").write_text("print('val_loss=0.5')")
    findings = found(path, tried())
    assert any(severity == "error" and "train.yaml" in finding.message for (_, severity), finding in findings.items())


def test_a_metric_that_comes_after_the_limit_is_a_warning(study):
    epochs = "print('Epoch 1/60', flush=True)\ntime.sleep(0.3)\nprint('Epoch 2/60', flush=True)\ntime.sleep(600)"
    findings = found(study(script=f"import time\n{epochs}\n{SCRIPT}"), tried(Limits(seconds=1.0)))
    assert "was not shown yet" in findings["metric", "warning"].message
    assert ("run", "hint") in findings


def test_limits_that_a_trial_exceeds_are_errors(study):
    path = study(("trials = 4", "trials = 4\nseconds_per_trial = 0.001\nmemory_gb = 0.001"))
    # Memory is measured while it runs.
    path.with_name("train.py").write_text(f"import time\n{SCRIPT}time.sleep(0.5)\n")
    findings = found(path, tried())
    assert "may take 0.001 s" in findings["time", "error"].message
    assert "may hold 1 MB" in findings["memory", "error"].message


def test_a_pruner_without_reports_is_warned_about(study):
    once = SCRIPT.replace("for epoch in (1, 2)", "for epoch in (1,)")
    assert ("pruner", "warning") in found(study(script=once, more='[search]\npruner = "asha"\n'), tried())
    assert ("pruner", "warning") not in found(study(more='[search]\npruner = "asha"\n'), tried())


def test_an_objective_of_test_data_is_warned_about(study):
    assert ("objective", "warning") in found(study(("minimize val_loss", "minimize test_loss")))
    assert ("objective", "warning") not in found(study())
    assert ("objective", "warning") not in found(study(("minimize val_loss", "minimize bestTest")))  # CatBoost's own.


def test_a_missing_key_of_a_language_model_is_a_warning(study, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    path = study(more='[agents]\nmodel = "anthropic:claude-sonnet-4-5"\n')
    assert "ANTHROPIC_API_KEY is not set" in found(path)["model", "warning"].message
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a key")
    assert ("model", "ok") in found(path)
    assert "a key" not in messages(path).replace("Without a key", "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_an_error(study, tmp_path):
    path = study()
    tmp_path.chmod(0o555)
    try:
        assert ("folder", "error") in found(path)
    finally:
        tmp_path.chmod(0o755)


def test_too_much_at_once_is_warned_about(study):
    more = "[search]\nparallel = 3000\n"
    findings = found(study(("trials = 4", "trials = 4\nmemory_gb = 100"), more=more))
    assert ("parallel", "warning") in findings
    assert ("memory", "warning") in findings


def test_without_a_study_the_installation_and_the_machine_are_checked():
    findings = found(None)
    assert ("python", "ok") in findings
    assert ("machine", "ok") in findings
    assert ("extras", "hint") not in findings, "nothing here needs the extras that are missing"
    assert not [severity for _, severity in findings if severity == "error"]


# -- the verb ------------------------------------------------------------------------------------------------------


def test_the_verb_prints_findings_or_json_and_exits_with_1_for_an_error(study):
    path = study()
    result = CliRunner().invoke(doctor, [str(path), "--run", "--json"])
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["errors"] == 0
    assert {"check", "severity", "message", "remedy"} == set(facts["findings"][0])
    assert "run" in [finding["check"] for finding in facts["findings"]]
    printed = CliRunner().invoke(doctor, [str(path)])  # Not a terminal: nothing is asked, and nothing is run.
    assert printed.exit_code == 0
    assert f"next: tunesmith run {path}" in printed.output
    broken = CliRunner().invoke(doctor, [str(study(("train.py", "missing.py")))])
    assert broken.exit_code == 1
    assert "error   study.toml" in broken.output
    assert "1 error, 0 warnings" in broken.output
