"""The example of population-based training, as its study.toml has it, but in this process."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tunesmith.config.settings import read_settings
from tunesmith.study.study import Study
from tunesmith.study.tuning import study_from_settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "population"


def run(place: Path, name: str, **flags: str) -> Study:
    given = {"executor": "inline", "parallel": 1, "trials": 56, "folder": str(place / name), **flags}
    study = study_from_settings(read_settings(place / "study.toml", given))
    study.run()
    return study


@pytest.mark.slow
def test_a_population_beats_as_many_slices_that_start_from_nothing(tmp_path: Path) -> None:
    for name in ("study.toml", "train.py"):
        shutil.copy(EXAMPLE / name, tmp_path)
    study = run(tmp_path, "population")
    fresh = run(tmp_path, "fresh", proposer="quasirandom")
    assert study.best is not None
    assert fresh.best is not None
    assert study.best.metrics["error"] < 0.9 * fresh.best.metrics["error"]
    heirs = [trial for trial in study.trials if trial.proposal.inherits is not None]
    assert len(heirs) >= 40
    for trial in heirs:
        assert trial.folder is not None
        origin = study.trials[trial.proposal.inherits or 0]
        log = (trial.folder / "log.txt").read_text()
        assert log.startswith(f"[tunesmith: starts from the checkpoint of trial {origin.number:04d}]")
        if trial.reports and origin.reports:
            assert trial.reports[0].step == origin.reports[-1].step + 1, "its curve goes on where the other's ends"
