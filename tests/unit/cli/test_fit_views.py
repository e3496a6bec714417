from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from benchmarks.analyst.tables import patients
from rich.console import Console

from tunesmith.cli.fit_views import understood
from tunesmith.fitting.data_options import DataOptions
from tunesmith.fitting.options import FitOptions
from tunesmith.service.fit_facts import understood_facts


def test_what_was_noticed_about_a_table_is_said_before_anything_is_trained(tmp_path: Path) -> None:
    frame = patients(np.random.default_rng(0), "patient_id")
    facts = understood_facts(frame, FitOptions(data=DataOptions(target="y")), tmp_path / "study")
    assert facts["findings"][0]["kind"] == "group"
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(understood(facts))
    assert " ! 'patient_id' has 174 values" in console.export_text()
