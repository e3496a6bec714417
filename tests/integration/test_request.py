"""`tunesmith init --request`, with and without a language model behind a real endpoint."""

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Tunesmith, command
from tunesmith.testing.model_server import ModelServer, Status, Structured

SECRET = "sk-very-secret"
REQUEST = "make the loss small, at most 2 hours and 3 trials, tune only the place, place between 0.1 and 0.8. Sing!"


def settings(folder: Path, server: ModelServer) -> dict[str, Any]:
    """The environment of a user whose own settings name a model."""
    home = folder / "home"
    (home / "tunesmith").mkdir(parents=True)
    model = f'{{ name = "compatible:scripted", base_url = "{server.url}/v1", price = {{ input = 1.0, output = 5.0 }} }}'
    (home / "tunesmith" / "config.toml").write_text(f"[agents]\nmodel = {model}\ntimeout_seconds = 5\n")
    variables = {"XDG_CONFIG_HOME": str(home), "XDG_STATE_HOME": str(home), "OPENAI_API_KEY": SECRET}
    return {"env": {**os.environ, **variables}}


def test_words_become_a_study_that_runs(study: Path, tunesmith: Tunesmith) -> None:
    done = tunesmith("init", "train.py", "--request", REQUEST, "--yes", "--force")
    for line in (
        '"at most 2 hours": minutes = 120',
        '"3 trials": trials = 3',
        '"Sing": not understood.',
        "[budget]",
    ):
        assert line in done.stdout
    assert not (study / "studies").exists()
    tables = tomllib.loads((study / "study.toml").read_text())
    assert tables["budget"] == {"trials": 3, "minutes": 120}
    assert tables["space"] == {"place": {"type": "float", "low": 0.1, "high": 0.8, "default": 0.9}}
    assert "is valid; nothing was run" in tunesmith("run", "--dry-run").stdout
    assert json.loads(tunesmith("run", "--json").stdout)["counts"] == {"complete": 3}


def test_a_model_reads_the_rest_of_the_request(study: Path, tunesmith: Tunesmith) -> None:
    words = "keep it cheerful, and 7 trials"
    answer = {
        "ranges": [{"parameter": "place", "low": 0.2, "high": 0.95, "words": "cheerful"}],
        "limits": [{"name": "trials", "value": 5000, "words": "7 trials"}],
    }
    with ModelServer([Structured(answer)]) as server:
        options = settings(study, server)
        done = tunesmith("init", ".", "--request", words, "--yes", "--force", "--json", "--usd", "0.1", **options)
        facts = json.loads(done.stdout)
        assert "for at most $0.1" in done.stderr
        assert "1 call, $0.0" in done.stderr
        assert '"cheerful": place from 0.2 to 0.95 (as the language model reads it)' in facts["understood"]
        assert facts["budget"] == {"trials": 7}
        assert "is valid; nothing was run" in tunesmith("run", "--dry-run", "--no-agents").stdout
        tunesmith("init", ".", "--request", words, "--yes", "--force", "--no-agents", **options)
        assert len(server.requests) == 1
    assert SECRET not in (study / "study.toml").read_text()


def test_a_model_that_is_down_costs_one_warning(study: Path, tunesmith: Tunesmith) -> None:
    with ModelServer([Status(500)]) as server:
        options = settings(study, server)
        done = tunesmith("init", ".", "--request", "7 trials", "--yes", "--force", **options)
    assert done.stderr.count("the draft is by rules alone") == 1
    assert tomllib.loads((study / "study.toml").read_text())["budget"] == {"trials": 7}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--request", " "], "a request must say something"),
        (["--request", "7 trials", "--model", "opnai:gpt"], "Did you mean 'openai'"),
        (["--request", "7 trials", "--usd", "-1"], "--usd"),
    ],
)
def test_errors_write_nothing(study: Path, tunesmith: Tunesmith, words: list[str], message: str) -> None:
    before = (study / "study.toml").read_text()
    assert message in tunesmith("init", ".", "--yes", "--force", *words, status=2).stderr
    assert (study / "study.toml").read_text() == before


def test_the_questions_have_the_request_as_defaults(study: Path) -> None:
    terminal, stdin = os.openpty()
    os.write(terminal, b"n\nmine\n\n\n\n")  # Run it once? No.
    words = command("init", ".", "--force", "--request", "minimize the loss, 7 trials")
    done = subprocess.run(words, cwd=study, stdin=stdin, capture_output=True, text=True, check=True)
    os.close(terminal)
    os.close(stdin)
    assert "[minimize loss]" in done.stdout
    assert done.stdout.index('"7 trials": trials = 7') < done.stdout.index("Name of the study")
    tables = tomllib.loads((study / "study.toml").read_text())
    assert (tables["study"]["name"], tables["budget"]) == ("mine", {"trials": 7})
