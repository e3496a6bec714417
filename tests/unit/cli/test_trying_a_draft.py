from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tunesmith.cli.options import Output
from tunesmith.cli.trying import with_test_run
from tunesmith.errors import InputError
from tunesmith.init import CommandLine, draft_study


def test_the_run_has_the_secrets_of_the_users_command_and_shows_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    (tmp_path / "train.py").write_text("import os\nprint(os.environ['HF_TOKEN'][::-1], 'val_loss=0.5')\n")
    own = CommandLine.parse(["HF_TOKEN=swordfish", sys.executable, "-S", "train.py"], tmp_path)
    draft, tryout = with_test_run(draft_study(own), own, Output(), minutes=1, wanted=True)
    assert tryout is not None
    assert tryout.log_tail == "hsifdrows val_loss=0.5"
    shown = capsys.readouterr().out
    assert "train.py" in shown
    assert "swordfish" not in shown + draft.command + repr(draft.environment)


def test_a_run_that_is_wanted_needs_a_command(tmp_path: Path) -> None:
    (tmp_path / "only.yaml").write_text("lr: 0.1\n")
    with pytest.raises(InputError, match="--try runs your command, but none was found"):
        with_test_run(draft_study(tmp_path / "only.yaml"), None, Output(), minutes=1, wanted=True)
