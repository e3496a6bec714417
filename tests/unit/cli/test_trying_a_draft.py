from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tunesmith.cli.options import Output
from tunesmith.cli.trying import with_test_run
from tunesmith.errors import InputError
from tunesmith.init import CommandLine, draft_study, find_sources, sources_of


def test_the_run_has_the_secrets_of_the_users_command_and_shows_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    (tmp_path / "train.py").write_text("import os\nprint(os.environ['HF_TOKEN'][::-1], 'val_loss=0.5')\n")
    own = CommandLine.parse(["HF_TOKEN=swordfish", sys.executable, "-S", "train.py"], tmp_path)
    draft, tryout = with_test_run(draft_study(own), sources_of(own), Output(), minutes=1, wanted=True)
    assert tryout is not None
    assert tryout.log_tail == "hsifdrows val_loss=0.5"
    shown = capsys.readouterr().out
    assert "train.py" in shown
    assert "swordfish" not in shown + draft.command + repr(draft.environment)


def test_a_run_that_is_wanted_needs_a_command(tmp_path: Path) -> None:
    (tmp_path / "only.yaml").write_text("lr: 0.1\n")
    with pytest.raises(InputError, match="--try runs your command, but none was found"):
        with_test_run(
            draft_study(tmp_path / "only.yaml"), find_sources(tmp_path / "only.yaml"), Output(), minutes=1, wanted=True
        )


@pytest.mark.parametrize(
    ("config", "reads", "tuned"),
    [
        # Nothing in the command, the script or the names of files tells which one is read.
        ("parts/b/seven.yaml", "yaml.safe_load(open('parts/' + chr(98) + '/' + 'seven' + '.yaml'))", ["lr", "width"]),
        ("parts/b/seven.json", "json.load(open('parts/b/' + 'seven' + '.json'))", ["lr", "width"]),
        ("lab/b.py", "vars(importlib.import_module('lab.' + chr(98)))", ["lr", "width"]),
    ],
)
def test_the_config_that_the_run_reads_is_tuned(config: str, reads: str, tuned: list[str], tmp_path: Path) -> None:
    values = {"yaml": "lr: 0.1\nwidth: 16\n", "json": '{"lr": 0.1, "width": 16}', "py": "lr = 0.1\nwidth = 16\n"}
    for path in (config, config.replace("b", "c", 1) if "lab" not in config else "lab/c.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(values[path.rpartition(".")[2]])
    (tmp_path / "train.py").write_text(
        "import importlib, json, yaml\n"
        f"values = {reads}\n"
        "print('val_loss =', (values['lr'] - 0.03) ** 2 + values['width'] / 100)\n"
    )
    own = CommandLine.parse([sys.executable, "train.py"], tmp_path)
    sources = sources_of(own)
    first = draft_study(sources)
    assert not first.space
    draft, _ = with_test_run(first, sources, Output(quiet=True), minutes=1, wanted=True)
    assert (draft.config, sorted(draft.space)) == (config, tuned)
    assert f"The test run showed that the script reads {config}." in draft.notes
    assert "Moved to other values, all of 2 parameters change what the script shows." in draft.notes
