"""`tunesmith fit` and `predict` as a user types them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.integration.conftest import Tunesmith, command, processes_of
from tests.waiting import wait_until
from tunesmith.journal.events import TrialFinished
from tunesmith.journal.file import read_events
from tunesmith.study.tuning import load

FIT = ("fit", "people.csv", "--target", "pays", "--folder", "f", "--families", "linear,decision_tree")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A folder with a table, and new rows in which one column is missing and one town is new."""
    draw = random.Random(0)
    rows = []
    for number in range(240):
        age, town = draw.randint(18, 80), draw.choice(["Ulm", "Bonn", "Kiel"])
        pays = age + 20 * (town == "Kiel") + draw.gauss(0, 8) > 55
        rows.append(
            f"P{number},{age if draw.random() < 0.9 else ''},{town},{draw.random():.3f},{'yes' if pays else 'no'}"
        )
    (tmp_path / "people.csv").write_text("\n".join(["id,age,town,luck,pays", *rows, ""]))
    (tmp_path / "new.csv").write_text("id,age,town\nN1,20,Ulm\nN2,79,Kiel\nN3,79,Rome\n")
    return tmp_path


def settled_once(folder: Path) -> list[int]:
    """The trials that a study has settled, after a look that none was settled twice."""
    finished = [e.trial for e in read_events(folder / "journal.jsonl") if isinstance(e, TrialFinished)]
    assert len(finished) == len(set(finished))
    return [number for number in finished if number is not None]


def begun(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A fit in a process group of its own that has trained two models, and is far from done."""
    running = subprocess.Popen(
        command(*FIT, "--minutes", "50", *words),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    journal = folder / "f" / "journal.jsonl"
    wait_until(lambda: running.poll() is not None or (journal.exists() and len(settled_once(folder / "f")) >= 2))
    assert running.poll() is None
    return running


def test_from_a_table_to_predictions(people: Path, tunesmith: Tunesmith) -> None:
    facts = json.loads(tunesmith(*FIT, "--trials", "3", "--json").stdout)
    assert [row["family"] for row in facts["leaderboard"]].count("prior") == 1
    assert len(facts["leaderboard"]) == 3
    assert sum(model["weight"] for model in facts["models"]) == pytest.approx(1)
    printed = tunesmith(*FIT, "--trials", "4")  # goes on
    assert "resumed with 3 settled trials" in printed.stdout
    assert "tunesmith predict f NEW.csv" in printed.stdout
    assert sorted(settled_once(people / "f")) == [0, 1, 2, 3]

    predicted = tunesmith("predict", "f", "new.csv", "--id", "id", "--proba")
    lines = [line.split(",") for line in predicted.stdout.splitlines()]
    assert lines[0] == ["id", "pays", "probability_no", "probability_yes"]
    assert [line[:2] for line in lines[1:3]] == [["N1", "no"], ["N2", "yes"]]
    assert "luck" in predicted.stderr
    assert "Rome" in predicted.stderr
    written = json.loads(tunesmith("predict", "f", "new.csv", "--to", "p.csv", "--trial", "best", "--json").stdout)
    assert (written["predictions"], written["rows"]) == ("p.csv", 3)
    assert (people / "p.csv").read_text().splitlines()[0] == "pays"


def test_the_verbs_of_a_study_work_on_a_fit_and_it_says_how_to_go_on(people: Path, tunesmith: Tunesmith) -> None:
    tunesmith(*FIT, "--trials", "2", "--quiet")
    assert "families" in tunesmith("status", "f").stdout
    again = json.loads(tunesmith("reproduce", "f", "best", "--json").stdout)
    assert again["now"]["log_loss"] == again["then"]["log_loss"]
    assert "ignores every column" in tunesmith("show", "f", "0").stdout
    said = tunesmith(*FIT, "--trials", "2").stderr
    assert "nothing was trained" in said
    assert said.splitlines()[-1].endswith("--families linear,decision_tree --folder f --minutes 10 --trials 4")


def test_ctrl_c_keeps_the_best_model_and_the_same_command_goes_on(people: Path, tunesmith: Tunesmith) -> None:
    running = begun(people)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Continue with: tunesmith fit people.csv --target pays --minutes 50" in errors
    assert errors.count("\n") == 1
    assert processes_of(people) == []
    assert (people / "f" / "model").is_dir()
    assert tunesmith("predict", "f", "new.csv").stdout.startswith("pays\n")
    before = settled_once(people / "f")
    tunesmith(*FIT, "--trials", str(len(load(people / "f").trials) + 1), "--quiet")
    assert settled_once(people / "f")[: len(before)] == before
    assert len(settled_once(people / "f")) > len(before)


def test_kill_9_loses_only_what_was_running_and_a_second_fit_is_refused_before(
    people: Path, tunesmith: Tunesmith
) -> None:
    running = begun(people)
    refused = tunesmith(*FIT, "--minutes", "50", status=2).stderr
    assert f"is run by pid {running.pid} on " in refused
    assert refused.count("\n") == 1
    children = psutil.Process(running.pid).children(recursive=True)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    psutil.wait_procs(children, 30)
    kept = settled_once(people / "f")
    assert tunesmith("predict", "f", "new.csv").stdout.startswith("pays\n")
    tunesmith(*FIT, "--trials", str(len(load(people / "f").trials) + 1), "--quiet")
    assert settled_once(people / "f")[: len(kept)] == kept


def test_bad_input_is_one_message(people: Path, tunesmith: Tunesmith) -> None:
    refused = tunesmith("fit", "people.csv", "--target", "pay", status=2).stderr
    assert refused.startswith("tunesmith: ")
    assert "Did you mean 'pays'?" in refused
    assert refused.count("\n") == 1
    assert "there is no model" not in refused
    assert tunesmith("predict", "nowhere", "new.csv", status=2).stderr.count("\n") == 1
