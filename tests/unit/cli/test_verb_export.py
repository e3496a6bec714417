"""`tunesmith export` of forecasting models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fitted_series import fitted_series, monthly_sales

from tunesmith import InputError
from tunesmith.cli import tunesmith


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted_series(tmp_path_factory.mktemp("study"), monthly_sales(), ["naive"]).folder


@pytest.mark.parametrize(("form", "file"), [("card", "model.md"), ("script", "model.py"), ("onnx", "model.onnx")])
def test_a_forecast_is_exported_in_each_form(
    folder: Path, form: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tunesmith.main(["export", str(folder), "--to", form, "--json"], standalone_mode=False)
    written = json.loads(capsys.readouterr().out)
    assert written["path"] == str(folder / file)
    assert (folder / file).stat().st_size > 1_000


def test_an_unknown_form_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=r"Did you mean 'onnx'"):
        tunesmith.main(["export", str(folder), "--to", "onx"], standalone_mode=False)
