"""The example of a training script of one's own, as the README tells to run it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.integration.conftest import Tunesmith

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


def test_the_example_tunes_its_script(tmp_path: Path, tunesmith: Tunesmith) -> None:
    shutil.copytree(DIGITS, tmp_path / "digits", ignore=shutil.ignore_patterns("studies", "__pycache__"))
    facts = json.loads(tunesmith("run", "digits/study.toml", "--trials", "2", "--json").stdout)
    assert facts["counts"].keys() <= {"complete", "pruned"}
    assert facts["best"]["test_metrics"]
    assert (tmp_path / "digits" / "studies" / "digits" / "report.html").exists()
