"""Warnings about a study, in everything that shows it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.conftest import Tunesmith

SAME = "all 3 complete trials have exactly the same result (loss 0.5)"


def write(folder: Path, script: str, **search: str) -> None:
    (folder / "train.py").write_text(script)
    options = "\n".join(f"{key} = {value}" for key, value in search.items())
    (folder / "study.toml").write_text(
        f"""
        [study]
        objective = "minimize loss"
        [task]
        command = "python3 train.py --lr {{lr}}"
        [space]
        lr = {{ type = "float", low = 0.001, high = 1.0 }}
        [budget]
        trials = 3
        [search]
        {options}
        """
    )


def test_parameters_without_effect_are_reported_everywhere(tmp_path: Path, tunesmith: Tunesmith) -> None:
    write(tmp_path, "print('loss=0.5')")
    printed = tunesmith("run", "--folder", "s").stdout
    assert f"warning   {SAME}" in printed
    assert printed.count("do not reach the training") == 2  # When it is seen, and in the summary.
    assert SAME in tunesmith("run", "--folder", "t", "--quiet").stderr
    assert SAME in " ".join(tunesmith("status", "s").stdout.split())
    assert SAME.capitalize() in " ".join(tunesmith("explain", "s").stdout.split())
    assert SAME in (tmp_path / "s" / "report.html").read_text()
    facts = json.loads(tunesmith("status", "s", "--json").stdout)
    assert [warning["kind"] for warning in facts["warnings"]] == ["no_effect"]


def test_a_pruner_without_reports_is_reported(tmp_path: Path, tunesmith: Tunesmith) -> None:
    write(tmp_path, "import sys; print(f'loss={sys.argv[2]}')", pruner='"hyperband"')
    assert "the pruner stops nothing" in tunesmith("run", "--folder", "s").stdout


SHARED = """
import pathlib, sys
path = pathlib.Path({path})
path.write_text(sys.argv[2])
print(f"loss={{path.read_text()}}")
"""


def test_files_that_parallel_trials_share_are_reported(tmp_path: Path, tunesmith: Tunesmith) -> None:
    write(tmp_path, SHARED.format(path="'model.txt'"), parallel="2")
    printed = tunesmith("run", "--folder", "s", "--trials", "6").stdout
    assert f"wrote to the same files in {tmp_path}: model.txt." in printed
    warnings = json.loads(tunesmith("status", "s", "--json").stdout)["warnings"]
    assert [warning["kind"] for warning in warnings] == ["shared_files"]
    write(tmp_path, "import os\n" + SHARED.format(path="os.environ['TUNESMITH_TRIAL_DIR'], 'model.txt'"), parallel="2")
    assert "warning" not in tunesmith("run", "--folder", "t", "--trials", "6").stdout
