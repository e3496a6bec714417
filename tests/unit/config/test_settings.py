"""Settings: which source wins, and the location of an error."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from tunesmith.config.settings import read_settings
from tunesmith.errors import InputError, MissingExtra
from tunesmith.study.tuning import study_from_settings

STUDY = """
[study]
name = "mine"                # a comment
objective = "minimize loss"

[space]
"model.lr" = { type = "float", low = 0.001, high = 0.1, log = true }
model.layers = { type = "int", low = 1, high = 4 }

[space.optimizer.name]
type = "choice"
options = [
    "sgd",
    "adam",
]

[space.momentum]
type = "float"
low = 0.0
high = 0.99
when = { optimizer.name = "sgd" }

[[forbidden]]
"model.layers" = { low = 3 }
optimizer.name = ["sgd"]

[budget]
trials = 20
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def test_dotted_keys_may_be_quoted_or_not(study: Path) -> None:
    space = study_from_settings(read_settings(study)).space
    assert space.names == ("model.lr", "model.layers", "optimizer.name", "momentum")
    assert space.parameters["momentum"].when == {"optimizer.name": "sgd"}
    assert space.is_forbidden({"model.layers": 3, "optimizer.name": "sgd"})
    assert not space.is_forbidden({"model.layers": 2, "optimizer.name": "sgd"})


def test_each_source_overrides_the_one_before(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = Path(os.environ["XDG_CONFIG_HOME"]) / "tunesmith" / "config.toml"
    user.parent.mkdir()
    user.write_text("[search]\nparallel = 3\nproposer = 'random'\n[budget]\nminutes = 9\n")
    (study.parent / ".env").write_text("TUNESMITH_PROPOSER=quasirandom\nTUNESMITH_SEED=5\nOTHER=secret\n")
    monkeypatch.setenv("TUNESMITH_SEED", "6")
    settings = read_settings(study, {"minutes": 1.5, "trials": None})
    assert settings.tables["search"]["parallel"] == 3
    assert settings.tables["search"]["proposer"] == "quasirandom"
    assert settings.tables["study"]["seed"] == 6
    assert settings.tables["budget"] == {"trials": 20, "minutes": 1.5}
    origins = settings.origins
    assert origins[("search", "parallel")] == str(user)
    assert origins[("search", "proposer")] == "TUNESMITH_PROPOSER"
    assert origins[("budget", "minutes")] == "--minutes"
    assert origins[("budget", "trials")] == "study.toml"
    assert origins[("search", "pruner")] == "default"
    assert "secret" not in str(settings.tables)


def test_the_folder_is_beside_the_file_by_default(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings(study).folder == study.parent / "studies" / "mine"
    elsewhere = study.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert read_settings(study, {"folder": "here"}).folder == elsewhere / "here"
    study.write_text(STUDY.replace('name = "mine"', 'name = "mine"\nfolder = "there"'))
    assert read_settings(study).folder == study.parent / "there"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("trials = 20", "trails = 20", r"study.toml:28: budget.trails: unknown key 'trails'. Did you mean 'trials'\?"),
        ("[budget]", "[budgets]", r"study.toml:27: budgets: unknown key 'budgets'. Did you mean 'budget'\?"),
        ("trials = 20", "trials = 0", "study.toml:28: budget.trials: trials must be above 0, got 0"),
        ("trials = 20", 'trials = "20"', "study.toml:28: budget.trials: trials must be a whole number, got '20'"),
        (
            "low = 0.001",
            "low = 1",
            'study.toml:7: space."model.lr".low: low must be at most high, got low=1.0 and high=0.1',
        ),
        ("low = 0.001", "low = 0", 'study.toml:7: space."model.lr".low: low must be above 0 on a logarithmic scale'),
        ("low = 0.001", "lower = 1", r'study.toml:7: space."model.lr".lower: unknown key .* Did you mean \'low\'\?'),
        ('"float", low = 0.001', '"flaot", low = 0.001', r"type must be 'float', 'int' or 'choice', got 'flaot'"),
        (
            'optimizer.name = "sgd" }',
            'optimiser.name = "sgd" }',
            "study.toml:21: .*got 'optimiser.name'. Did you mean",
        ),
        (
            'optimizer.name = "sgd" }',
            'optimizer.name = "SGD" }',
            "study.toml:21: .*must be one of 'sgd', 'adam', got 'SGD'",
        ),
        ("minimize loss", "loss", "study.toml:4: study.objective: an objective must be a direction and a metric"),
        (
            "[budget]",
            "[search]\nproposer = 'tpee'\n[budget]",
            r"study.toml:28: search.proposer: unknown proposer 'tpee'",
        ),
        (
            "[budget]",
            "[search]\nparallel = 0\n[budget]",
            "study.toml:28: search.parallel: parallel must be a whole number",
        ),
        (
            "[budget]",
            "[execution]\nexecutor = 'slrm'\n[budget]",
            "study.toml:28: execution.executor: unknown executor",
        ),
        (
            "[budget]",
            "[execution]\nexecutor = 'process:x'\n[budget]",
            "study.toml:28: .*'process:4', got 'process:x'",
        ),
        (
            "[budget]",
            "[execution]\nexecutor = { name = 'process' }\n[budget]",
            r"study.toml:28: execution.executor: executor must be a name, .* options are keys of \[execution\]",
        ),
        ("[budget]", "[execution]\nslots = 4\n[budget]", r"study.toml:28: .* must be given as parallel in \[search\]"),
        ("[budget]", "[search]\nproposer = 3\n[budget]", "study.toml:28: search.proposer: a proposer must be a name"),
        ("[budget]", "[search]\njudge = 'none'\n[budget]", "study.toml:28: search.judge: unknown judge 'none'"),
        ('name = "mine"', "name = '../mine'", "study.toml:3: study.name: name must be text without '/'"),
        ('name = "mine"', "name = ' '", "study.toml:3: study.name: name must be text without '/'"),
        ('name = "mine"', "name = 3", "study.toml:3: study.name: name must be text without '/'"),
        ("[budget]", "[agents]\nmodel = 'x:y'\n[budget]", "study.toml:28: agents.model: a model must be named"),
        ("trials = 20", "trials = ", "study.toml must be valid TOML: .*line 28"),
        ("[[forbidden]]", "[forbidden]", "study.toml:23: forbidden: forbidden must be a list of tables"),
    ],
)
def test_one_message_with_location_rule_and_value(study: Path, before: str, after: str, message: str) -> None:
    assert STUDY.count(before) == 1
    study.write_text(STUDY.replace(before, after))
    with pytest.raises(InputError, match=message):
        study_from_settings(read_settings(study))


def test_a_cycle_of_conditions(study: Path) -> None:
    text = STUDY.replace("low = 1, high = 4 }", "low = 1, high = 4, when = { momentum = { low = 0.5 } } }")
    study.write_text(text.replace('    "adam",\n]', '    "adam",\n]\nwhen = { "model.layers" = 2 }'))
    with pytest.raises(InputError, match=r"conditions must not form a cycle, got one among"):
        study_from_settings(read_settings(study))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", r"^\S*/tunesmith/config.toml must be valid TOML"),
        (
            "\n[budgets]\ntrials = 3",
            r"^\S*/tunesmith/config.toml:2: budgets: unknown key 'budgets'. Did you mean 'budget'",
        ),
        ("[[forbidden]]\nx = 1", r"^\S*/tunesmith/config.toml:1: forbidden: unknown key"),
        ("[search]\n\npralel = 3", r"^\S*/tunesmith/config.toml:3: search.pralel: unknown key"),
        ("search = 3", r"^\S*/tunesmith/config.toml:1: search: expected a table"),
    ],
)
def test_an_error_in_the_users_own_file_names_that_file(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "tunesmith").mkdir()
    (tmp_path / "tunesmith" / "config.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_settings(study)


def test_an_error_in_a_flag_names_the_flag(study: Path) -> None:
    with pytest.raises(InputError, match=r"--trials: budget.trials: trials must be above 0"):
        study_from_settings(read_settings(study, {"trials": -1}))


def test_an_error_in_a_variable_names_the_variable(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNESMITH_MINUTES", "soon")
    with pytest.raises(InputError, match=r"TUNESMITH_MINUTES: budget.minutes: minutes must be a number, got 'soon'"):
        study_from_settings(read_settings(study))


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "study.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="must exist" if content is None else "must be UTF-8"):
        read_settings(path)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("mlflo = true", r"study.toml:\d+: trackers.mlflo: unknown tracker 'mlflo'. Did you mean 'mlflow'"),
        ("mlflow = 3", r"study.toml:\d+: trackers.mlflow: expected true, false or a table of options, got 3"),
        ("mlflow = { url = 'x' }", r"study.toml:\d+: trackers.mlflow.url: unknown key 'url'. Did you mean 'uri'"),
        ("mlflow = { uri = 5 }", r"study.toml:\d+: trackers.mlflow.uri: uri must be a string"),
        ("mlflow = true", r"study.toml:\d+: trackers.mlflow.*: .*needs a tracking server. Set MLFLOW_TRACKING_URI"),
    ],
)
def test_what_is_wrong_with_a_tracker_is_told_with_its_place(
    study: Path, table: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "sqlalchemy" else found(name))
    study.write_text(f"{STUDY}\n[trackers]\n{table}\n")
    with pytest.raises(InputError, match=told):
        study_from_settings(read_settings(study))


def test_a_tracker_names_the_extra_that_it_needs(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    study.write_text(f"{STUDY}\n[trackers]\nmlflow = true\n")
    with pytest.raises(MissingExtra, match=r"pip install 'tunesmith\[mlflow\]'"):
        study_from_settings(read_settings(study))
    study.write_text(f"{STUDY}\n[trackers]\nmlflow = false\n")
    study_from_settings(read_settings(study))
