"""The command line as a user types it."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import Tunesmith, command, processes_of
from tests.waiting import wait_until
from tunesmith.study.tuning import load


def change(study: Path, before: str, after: str) -> None:
    text = (study / "study.toml").read_text()
    assert text.count(before) == 1
    (study / "study.toml").write_text(text.replace(before, after))


def test_a_study_from_the_first_command_to_the_last(study: Path, tunesmith: Tunesmith) -> None:
    script = (study / "train.py").read_bytes()
    printed = tunesmith("run", "study.toml", "--trials", "8").stdout
    assert re.search(r"trial +0 .* complete +user", printed)
    assert "all 8 trials are done" in printed
    folder = study / "studies" / "small"
    assert (folder / "study.toml").read_text() == (study / "study.toml").read_text()
    assert (folder / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert sorted(path.name for path in (folder / "trials" / "0000").iterdir()) == [
        "environment.json",
        "log.txt",
        "metrics.json",
        "parameters.json",
        "reports.jsonl",
        "result.json",
    ]
    assert (study / "train.py").read_bytes() == script

    facts = json.loads(tunesmith("run", "--trials", "10", "--json").stdout)  # goes on
    assert facts["trials"] == 10
    status = json.loads(tunesmith("status", folder, "--json").stdout)
    assert status["best"] == facts["best"]
    assert status["counts"] == facts["counts"]
    best = str(status["best"]["number"])
    assert status["best"]["metrics"]["loss"] < 0.6
    assert "loss" in tunesmith("status", folder).stdout

    shown = json.loads(tunesmith("show", folder, best, "--json").stdout)
    assert shown["log_tail"].startswith("done with place=")
    again = json.loads(tunesmith("reproduce", folder, best, "--json").stdout)
    assert again["now"] == again["then"] == status["best"]["metrics"]
    recipe = json.loads((folder / "trials" / f"{int(best):04d}" / "environment.json").read_text())["command"]
    subprocess.run(recipe, shell=True, check=True, capture_output=True)  # the line that the folder itself gives

    explained = json.loads(tunesmith("explain", folder, "--json").stdout)
    assert [part["topic"] for part in explained["parts"]][:2] == ["goal", "best trial"]
    assert f"Trial {best} is the best, with loss" in tunesmith("explain", folder).stdout
    assert f"Trial {best}: complete" in tunesmith("explain", folder, best).stdout
    assert "there is no trial 99" in tunesmith("explain", folder, "99", status=2).stderr

    noted = json.loads(tunesmith("note", folder, best, "not this one", "--reject", "--json").stdout)
    assert noted["verdict"]["by"] == "user"
    assert json.loads(tunesmith("status", folder, "--json").stdout)["best"]["number"] != int(best)
    tunesmith("report", folder, "--to", study / "elsewhere.html")
    assert (study / "elsewhere.html").exists()


def test_a_finished_study_has_nothing_left_to_do(study: Path, tunesmith: Tunesmith) -> None:
    tunesmith("run", "--trials", "2", "--quiet")
    before = [trial.parameters for trial in load(study / "studies" / "small").trials]
    assert "all 2 trials are done" in tunesmith("run", "--trials", "2").stdout
    assert [trial.parameters for trial in load(study / "studies" / "small").trials] == before


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(study: Path, tunesmith: Tunesmith) -> None:
    change(study, "{args}", "{args} --sleep 5")
    running = subprocess.Popen(
        command("run", "--parallel", "2", "--pruner", "none", "--folder", "studies/small"),
        cwd=study,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: len(processes_of(study)) >= 4)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 130
    assert errors == "tunesmith: interrupted; 0 settled trials are kept. " + (
        "Resume with: tunesmith run study.toml --parallel 2 --pruner none --folder studies/small\n"
    )
    assert "Traceback" not in errors
    assert processes_of(study) == []
    folder = study / "studies" / "small"
    assert [str(trial.state) for trial in load(folder).trials] == ["waiting", "waiting"]
    before = [trial.parameters for trial in load(folder).trials]
    change(study, "{args} --sleep 5", "{args}")
    tunesmith("run", "--trials", "3", "--quiet")
    after = load(folder).trials
    assert [trial.parameters for trial in after[:2]] == before
    assert [trial.attempt for trial in after] == [2, 2, 1]


def test_the_second_tunesmith_on_a_folder_is_refused(study: Path, tunesmith: Tunesmith) -> None:
    change(study, "{args}", "{args} --sleep 5")
    with subprocess.Popen(command("run", "--quiet"), cwd=study) as running:
        wait_until(lambda: processes_of(study))
        refused = tunesmith("run", status=2).stderr
        assert f"is run by pid {running.pid} on " in refused
        assert tunesmith("run", "--fresh", status=2).stderr == refused
        tunesmith("status", "studies/small")  # looking is allowed
        running.terminate()
        assert running.wait(30) == 130


def test_a_reader_that_leaves_does_not_end_the_study(study: Path) -> None:
    running = subprocess.Popen(
        command("run", "--trials", "6"), cwd=study, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert running.stdout.readline().startswith("study small")
    running.stdout.close()
    assert running.wait(60) == 0
    assert running.stderr is not None
    assert running.stderr.read() == ""
    running.stderr.close()
    loaded = load(study / "studies" / "small")
    assert len(loaded.trials) == 6
    assert (study / "studies" / "small" / "report.html").exists()


def test_ask_ends_with_the_budget(study: Path, tunesmith: Tunesmith) -> None:
    tunesmith("run", "--trials", "2", "--quiet")
    assert "all 2 trials of the budget have been asked for" in tunesmith("ask", "studies/small", status=2).stderr


def test_fresh_starts_over_and_keeps_the_old_folder(study: Path, tunesmith: Tunesmith) -> None:
    tunesmith("run", "--trials", "3", "--quiet")
    tunesmith("run", "--trials", "1", "--quiet", "--fresh")
    assert len(load(study / "studies" / "small").trials) == 1
    assert len(load(study / "studies" / "small.old-1").trials) == 3


def test_a_dry_run_shows_each_setting_with_its_origin_and_runs_nothing(study: Path, tunesmith: Tunesmith) -> None:
    printed = tunesmith("run", "--dry-run", "--minutes", "3").stdout
    assert re.search(r"budget.minutes +3.0 +--minutes", printed)
    assert re.search(r"search.proposer +portfolio +default", printed)
    assert re.search(r"budget.trials +24 +study.toml", printed)
    assert "trial 0, your own configuration" in printed
    assert not (study / "studies").exists()


def test_a_study_goes_on_from_its_folder(study: Path, tunesmith: Tunesmith) -> None:
    tunesmith("run", "--trials", "2", "--quiet")
    facts = json.loads(tunesmith("run", "studies/small", "--trials", "4", "--json").stdout)
    assert facts["trials"] == 4


def test_the_minutes_count_over_all_sessions(study: Path, tunesmith: Tunesmith) -> None:
    change(study, "{args}", "{args} --sleep 0.2")
    facts = json.loads(tunesmith("run", "--minutes", "0.05", "--json").stdout)
    assert facts["stopped"] == "the 0.05 minutes are up"
    assert 2.5 < facts["seconds"] < 20
    again = json.loads(tunesmith("run", "--minutes", "0.05", "--json").stdout)
    assert again["counts"].get("complete", 0) == facts["counts"].get("complete", 0)


@pytest.mark.slow
def test_the_run_on_the_test_part_keeps_the_limits_too_and_is_tried_again(study: Path, tunesmith: Tunesmith) -> None:
    text = (study / "study.toml").read_text()
    command_line = re.findall(r'^command = "(.*)"$', text, re.MULTILINE)[0]
    slow = f'test_command = "{command_line} --sleep 9"'
    (study / "study.toml").write_text(text.replace("\n[space]", f"{slow}\n[execution]\ngrace_seconds = 0.1\n[space]"))
    said = tunesmith("run", "--trials", "1", "--seconds-per-trial", "5").stdout
    assert "on the test split: failed: it ran longer than the limit of 5 seconds" in said
    change(study, " --sleep 9", "")
    tunesmith("run", "--trials", "1", "--quiet")
    assert load(study / "studies" / "small").trials[0].test_metrics.keys() == {"loss"}


def test_ask_and_tell_without_a_task(study: Path, tunesmith: Tunesmith) -> None:
    text = (study / "study.toml").read_text()
    (study / "study.toml").write_text(re.sub(r"\[task\]\n.*\n", "", text))
    first = json.loads(tunesmith("ask", "study.toml", "--json").stdout)
    assert first["parameters"] == {"place": 0.9, "kind": "plain"}
    folder = study / "studies" / "small"
    assert json.loads(tunesmith("tell", folder, "0", "loss=0.8", "--step", "1", "--json").stdout)["prune"] is False
    told = json.loads(tunesmith("tell", folder, "0", "loss=0.7", "time=3", "--json").stdout)
    assert told["metrics"] == {"loss": 0.7, "time": 3.0}
    assert json.loads(tunesmith("ask", folder, "--json").stdout)["number"] == 1
    assert "metric 'loss' must be a number, got 'low'" in tunesmith("tell", folder, "1", "loss=low", status=2).stderr
    assert "failed" in tunesmith("tell", folder, "1", "--failed", "the queue was full").stdout
    assert "only a running trial can be settled" in tunesmith("tell", folder, "1", "loss=1", status=2).stderr
    assert "must have a task" in tunesmith("run", status=2).stderr

    lost = json.loads(tunesmith("ask", folder, "--json").stdout)
    assert [asked["number"] for asked in json.loads(tunesmith("status", folder, "--json").stdout)["asked"]] == [2]
    shown = " ".join(tunesmith("status", folder).stdout.split())
    assert re.search(r"the one of trial 2 .* ago\. If it has died: tunesmith ask \S+ --again 2", shown)
    assert json.loads(tunesmith("ask", folder, "--again", "2", "--json").stdout)["parameters"] == lost["parameters"]
    assert load(folder).trials[2].attempt == 2
    tunesmith("tell", folder, "2", "loss=0.5")
    assert "trial 2 is complete. Its first result counts." in tunesmith("tell", folder, "2", "loss=9", status=2).stderr
    assert "trial 2 is complete" in tunesmith("ask", folder, "--again", "2", status=2).stderr
    assert "there is no trial 99" in tunesmith("ask", folder, "--again", "99", status=2).stderr
    assert json.loads(tunesmith("status", folder, "--json").stdout)["asked"] == []


def test_known_results_are_added(study: Path, tunesmith: Tunesmith) -> None:
    added = json.loads(tunesmith("add", "study.toml", '{"place": 0.4, "kind": "plain"}', "loss=0.2", "--json").stdout)
    assert (added["number"], added["state"]) == (1, "complete")
    folder = study / "studies" / "small"
    assert "failed" in tunesmith("add", folder, '{"place": 0.5, "kind": "plain"}', "--failed", "too big").stdout
    outside = tunesmith("add", folder, '{"place": 99, "kind": "plain"}', "loss=0.2", status=2).stderr
    assert "a known result must lie in the search space, but 'place' must be" in outside
    assert "must be a JSON object" in tunesmith("add", folder, "place=0.4", "loss=0.2", status=2).stderr
    assert (
        "got neither. Give METRIC=VALUE or --failed REASON."
        in tunesmith("add", folder, '{"place": 0.4, "kind": "plain"}', status=2).stderr
    )
    assert json.loads(tunesmith("ask", folder, "--json").stdout)["number"] == 0


def test_every_command_that_is_told_can_be_pasted(study: Path, tunesmith: Tunesmith) -> None:
    text = (study / "study.toml").read_text()
    (study / "study.toml").write_text(re.sub(r"\[task\]\n.*\n", "", text))
    asked = tunesmith("ask", "study.toml", "--quiet").stdout
    folder = study / "studies" / "two words"
    (study / "studies" / "small").rename(folder)
    assert shlex.split(asked.splitlines()[-1])[1:4] == ["tunesmith", "tell", str(study / "studies" / "small")]
    asked = tunesmith("ask", folder).stdout
    assert shlex.split(asked.splitlines()[-1])[1:5] == ["tunesmith", "tell", str(folder), "1"]
    shown = json.loads(tunesmith("show", folder, "1", "--json").stdout)
    assert shown["reproduce"] == ""  # Nothing runs it but whoever asked.


def test_how_to_run_a_trial_again_can_be_pasted(study: Path, tunesmith: Tunesmith) -> None:
    folder = study / "studies" / "two words"
    tunesmith("run", "--trials", "1", "--quiet", "--folder", folder)
    shown = json.loads(tunesmith("show", folder, "0", "--json").stdout)
    assert shlex.split(shown["reproduce"]) == ["tunesmith", "reproduce", str(folder), "0"]


def test_a_journal_cut_in_the_middle_of_a_line(study: Path, tunesmith: Tunesmith) -> None:
    tunesmith("run", "--trials", "5", "--quiet")
    journal = study / "studies" / "small" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines) if b'"trial_finished"' in line)
    journal.write_bytes(b"".join(lines[:last]) + lines[last][:40])
    done = tunesmith("run", "--trials", "5")
    assert "is incomplete" in done.stderr
    trials = load(study / "studies" / "small").trials
    assert len(trials) == 5
    assert trials[4].attempt == 1  # its end was found in its folder, and told once


def test_a_study_of_two_trials_that_both_failed_is_tried_again_too(study: Path, tunesmith: Tunesmith) -> None:
    script = study / "train.py"
    works = script.read_text()
    script.write_text("raise SystemExit('no data')")
    assert "all 2 trials are done" in tunesmith("run", "--trials", "2", status=1).stderr
    script.write_text(works)
    tunesmith("run", "--trials", "2", "--quiet")
    assert [str(trial.state) for trial in load(study / "studies" / "small").trials] == ["complete", "complete"]


def test_a_command_that_cannot_work_ends_the_study_after_trial_0(study: Path, tunesmith: Tunesmith) -> None:
    change(study, "{args}", "{args} --no-such-flag")
    failed = tunesmith("run", status=2)
    folder = study / "studies" / "small"
    assert "trial 0 failed, and other trials would fail in the same way" in failed.stderr
    assert "unrecognized arguments: --no-such-flag" in failed.stderr
    assert f"tunesmith reproduce {folder} 0" in failed.stderr
    assert len(load(folder).trials) == 1
    assert (folder / "report.html").exists()
    change(study, "{args} --no-such-flag", "{args}")
    tunesmith("run", "--trials", "6", "--quiet")
    assert {str(trial.state) for trial in load(study / "studies" / "small").trials} <= {"complete", "pruned"}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("trials = 24", "trails = 24", "study.toml:15: budget.trails: unknown key 'trails'. Did you mean 'trials'?"),
        ("low = 0.0, high = 1.0", "low = 2.0, high = 1.0", "study.toml:10: space.place.low: low must be at most high"),
        ("low = 0.1", "low = 0.0", "study.toml:12: space.sharp.low: low must be above 0 on a logarithmic scale"),
        ('when = { kind = "f', 'when = { kin = "f', "study.toml:12: space.sharp.when.kin: a condition must name"),
        ("train.py", "trian.py", "study.toml:7: task.command: missing script: there is no trian.py"),
        ("{args}", "{arg}", "study.toml:7: task.command: "),
        ('"asha"', '"ascha"', "study.toml:18: search.pruner: unknown pruner 'ascha'. Did you mean 'asha'?"),
    ],
)
def test_bad_input_gets_one_message_and_status_2(
    study: Path, tunesmith: Tunesmith, before: str, after: str, message: str
) -> None:
    change(study, before, after)
    done = tunesmith("run", status=2)
    assert done.stderr.startswith(f"tunesmith: {message}")
    assert done.stderr.count("\n") == 1
    assert not (study / "studies").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["runn"], "there is no verb 'runn'. Did you mean 'run'?"),
        (["run", "--trails", "3"], "No such option"),
        (["run", "nowhere.toml"], "a study file must exist, but"),
        (["status", "nowhere"], "must hold a journal.jsonl"),
        (["show", ".", "0"], "must hold a journal.jsonl"),
        (["note", ".", "0"], "a note needs a text"),
        (["init", "nowhere.py", "--yes"], "nowhere.py"),
    ],
)
def test_bad_words(tunesmith: Tunesmith, words: list[str], message: str) -> None:
    assert message in tunesmith(*words, status=2).stderr


def test_a_folder_of_another_study(study: Path, tunesmith: Tunesmith) -> None:
    tunesmith("run", "--trials", "1", "--quiet")
    change(study, "high = 1.0", "high = 3.0")
    assert "holds 'small' with another space. Choose another folder" in tunesmith("run", status=2).stderr
    tunesmith("run", "--trials", "1", "--quiet", "--fresh")


def test_a_study_is_drafted_from_a_script_and_runs(study: Path, tunesmith: Tunesmith) -> None:
    script = (study / "train.py").read_bytes()
    assert "exists already. Add --force" in tunesmith("init", "train.py", "--yes", status=2).stderr
    printed = tunesmith("init", "train.py", "--yes", "--force").stdout
    assert "study.toml" in printed
    drafted = (study / "study.toml").read_text()
    assert "{args}" in drafted
    assert 'objective = "minimize loss"' in drafted
    facts = json.loads(tunesmith("run", "--trials", "3", "--json").stdout)
    assert facts["counts"] == {"complete": 3}
    assert (study / "train.py").read_bytes() == script


def test_a_study_is_drafted_from_a_config_file_and_runs(study: Path, tunesmith: Tunesmith) -> None:
    (study / "config.toml").write_text("# mine\n[model]\nlr = 0.1\nlayers = 2\n")
    (study / "train.py").write_text(
        "import argparse, json, tomllib\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--config', default='config.toml')\n"
        "parser.add_argument('--out', default='.')\n"
        "given = parser.parse_args()\n"
        "model = tomllib.load(open(given.config, 'rb'))['model']\n"
        "json.dump({'val_loss': model['lr'] * model['layers']}, open(given.out + '/metrics.json', 'w'))\n"
    )
    tunesmith("init", ".", "--yes", "--force")
    facts = json.loads(tunesmith("run", "--trials", "3", "--json").stdout)
    assert facts["counts"] == {"complete": 3}
    first = json.loads(tunesmith("show", facts["folder"], "0", "--json").stdout)
    assert first["parameters"] == {"model.lr": 0.1, "model.layers": 2}  # the file's own values
    assert (study / "config.toml").read_text().startswith("# mine")
    edited = (Path(first["folder"]).parent / "0001" / "config.toml").read_text()
    assert edited.startswith("# mine")
    assert edited != (study / "config.toml").read_text()


def test_the_best_trial_needs_no_number(study: Path, tunesmith: Tunesmith) -> None:
    folder = "studies/small"
    tunesmith("run", "--trials", "2", "--quiet")
    best = load(study / folder).best
    assert best is not None
    for verb in ("show", "explain"):
        assert tunesmith(verb, folder, "best").stdout == tunesmith(verb, folder, str(best.number)).stdout
    assert f"the best is trial {best.number}" in tunesmith("note", folder, "best", "--accept").stdout
    assert "expected the number of a trial" in tunesmith("show", folder, "first", status=2).stderr


def test_without_a_best_trial_there_is_none_to_show(study: Path, tunesmith: Tunesmith) -> None:
    tunesmith("ask", "study.toml")
    assert "there is no best trial, as none is complete" in tunesmith("show", "studies/small", "best", status=2).stderr
