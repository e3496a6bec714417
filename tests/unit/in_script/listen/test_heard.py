import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest

from tunesmith.in_script.listen.calls import note_calls
from tunesmith.in_script.listen.heard import Heard
from tunesmith.in_script.listen.ranks import is_first_process, launch_variables


@pytest.fixture
def hear(tmp_path, monkeypatch):
    """Record calls, and return the lines that were written."""
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "heard.jsonl"

    class Hear(Heard):
        def lines(self):
            self._end()
            return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    return lambda metrics=("val_loss",), inherited={}: Hear(str(path), metrics, inherited)


def test_calls_with_a_needed_metric_are_written_under_its_name(hear):
    heard = hear()
    heard.record("wandb", {"train/loss": 0.9})
    heard.record("wandb", {"val/loss": 0.5, "acc": 0.7, "epoch": 3, "image": object(), "note": "x"})
    heard.record("wandb", {"val": {"loss": math.nan}}, step=9)
    assert str(heard.lines()) == "[{'step': 3, 'acc': 0.7, 'val_loss': 0.5}, {'step': 9, 'val_loss': nan}]"


def test_values_of_several_elements_do_not_keep_a_metric_from_being_written(hear):
    heard = hear(None)
    heard.record("wandb", {"confusion": np.zeros((2, 2)), "acc": np.float32(0.5), "loss": np.array([0.25])})
    assert heard.lines() == [{"step": 1, "acc": 0.5, "loss": 0.25}]


def test_a_tracker_that_gets_a_trainers_metric_in_another_spelling_is_not_written(hear):
    heard = hear(None)
    heard.record("transformers", {"eval_loss": 0.5}, epoch=1)
    heard.record("wandb", {"eval/loss": 0.5, "train/global_step": 7})
    assert heard.lines() == [{"step": 1, "eval_loss": 0.5}]


def test_all_metrics_are_written_where_none_is_named(hear):
    heard = hear(None)
    heard.record("wandb", {"a": 1, "b": True, "epoch": 1})
    heard.record("wandb", {"c": 2}, step=7)
    assert heard.lines() == [{"step": 1, "a": 1.0}, {"step": 7, "c": 2.0}]


def test_a_later_value_of_the_same_step_is_written_as_the_last_one(hear):
    heard = hear()
    for value in (0.5, 0.4):
        heard.record("lightning", {"val_loss": value}, epoch=2)
    assert heard.lines() == [{"step": 2, "val_loss": 0.5}, {"step": 2, "val_loss": 0.4}]


def test_the_first_library_counts_but_a_trainer_before_its_trackers(hear):
    heard = hear()
    heard.record("keras", {"val_loss": 0.5}, epoch=1)
    heard.record("tensorboard", {"val_loss": 0.5}, step=100)
    assert heard.lines() == [{"step": 1, "val_loss": 0.5}]


def test_a_trainer_counts_before_its_trackers(hear):
    heard = hear()
    heard.trainer = "lightning"
    for epoch in (1, 2):
        heard.record("tensorboard", {"val_loss": 0.5}, step=100 * epoch)
        heard.record("lightning", {"val_loss": 0.5}, epoch=epoch)
    assert [line["step"] for line in heard.lines()] == [1, 2]


def test_a_tracker_counts_where_the_trainer_does_not_log_the_metric(hear):
    heard = hear()
    heard.trainer = "lightning"
    for step in (1, 2, 3):
        heard.record("tensorboard", {"val_loss": 0.5 / step}, step=step)
    assert [line["val_loss"] for line in heard.lines()] == [0.5, 0.25, 0.5 / 3]


def test_a_tracker_that_logs_once_beside_a_trainer_is_written_at_the_end(hear):
    heard = hear()
    heard.trainer = "lightning"
    heard.record("wandb", {"val_loss": 0.5})
    assert heard.lines() == [{"step": 1, "val_loss": 0.5}]


def test_many_values_are_thinned_and_the_last_one_is_kept(hear):
    heard = hear(["loss"])
    for step in range(5000):
        heard.record("wandb", {"loss": step}, step=step)
    lines = heard.lines()
    assert len(lines) < 3500
    assert lines[-1] == {"step": 4999, "loss": 4999.0}


def test_only_the_first_of_several_processes_is_heard(hear, monkeypatch):
    heard = hear()
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("RANK", "4")
    assert not is_first_process({})
    heard.record("wandb", {"val_loss": 0.5})
    assert heard.lines() == []
    monkeypatch.setenv("RANK", "0")
    assert is_first_process({})


def test_the_rank_of_a_worker_is_not_that_of_the_training_that_it_starts(hear, monkeypatch):
    monkeypatch.setenv("SLURM_PROCID", "2")
    monkeypatch.setenv("SLURM_STEP_ID", "0")
    heard = hear(inherited=launch_variables(os.environ))
    heard.record("wandb", {"val_loss": 0.5})
    monkeypatch.setenv("SLURM_STEP_ID", "1")
    heard.record("wandb", {"val_loss": 0.4})
    monkeypatch.setenv("SLURM_PROCID", "0")
    heard.record("wandb", {"val_loss": 0.3})
    monkeypatch.setenv("RANK", "1")
    heard.record("wandb", {"val_loss": 0.2})
    assert [line["val_loss"] for line in heard.lines()] == [0.5, 0.3]


def test_what_a_note_raises_is_dropped_and_the_call_passed_on():
    class Writer:
        def write(self, value, *, key=None):
            """Write."""
            return value, key

    noted = []
    note_calls(Writer, "write", lambda writer, value, **_: noted.append(value) or 1 / 0)
    assert Writer().write(3, key="a") == (3, "a")
    assert noted == [3]
    assert Writer.write.__doc__ == "Write."
    with pytest.raises(TypeError):
        Writer().write()


def test_calls_within_a_call_are_noted_if_they_are_another_librarys():
    class Trainer:
        def log(self, writer):
            self.inner()
            writer.add_scalar("val_f1", 0.5)
            self.inner()

        def inner(self):
            pass

    class Writer:
        def add_scalar(self, tag, value):
            pass

    Writer.add_scalar.__module__ = "tensorboardX.writer"
    noted = []
    note_calls(Trainer, "log", lambda *_: noted.append("log"))
    note_calls(Trainer, "inner", lambda *_: noted.append("inner"))
    note_calls(Writer, "add_scalar", lambda *_: noted.append("add_scalar"))
    Trainer().log(Writer())
    Trainer().inner()
    assert noted == ["log", "add_scalar", "inner"]


def test_listening_needs_nothing_but_the_standard_library(tmp_path):
    code = (
        "import sys; before = set(sys.modules)\nfrom tunesmith.in_script import listen\n"
        f"listen.start({str(tmp_path / 'heard.jsonl')!r}, ['y'])\n"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout.strip() == "['tunesmith']", done.stderr
