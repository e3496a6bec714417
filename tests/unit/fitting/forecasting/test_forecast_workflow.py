"""The program that repeats a fit of time series: it says why, and text of the data cannot become code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.fitted_series import fitted_series, monthly_sales
from tests.unit.fitting.test_workflow import options

from tunesmith.fitting.forecasting.result import ForecastResult

HOSTILE = 'x"""\nimport os; os.system("touch /tmp/pwned") #\u202e'


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> ForecastResult:
    frame = monthly_sales().rename(columns={"sales": HOSTILE})
    return fitted_series(
        tmp_path_factory.mktemp("study"), frame, ["naive", "lagged_ridge"], targets=(HOSTILE,), horizon=6
    )


def test_it_repeats_the_decisions(fitted: ForecastResult, tmp_path: Path) -> None:
    program = fitted.workflow(tmp_path / "workflow.py").read_text()
    (target,) = fitted.ensemble.columns.targets
    expected = {"target": target, "task": "forecasting", "time": "month", "id": ["shop"], "horizon": 6, "windows": 2}
    found = options(program)
    assert {name: found[name] for name in expected} == expected
    assert found["metric"] == "mase"
    assert found["families"][0] == "lagged_ridge"  # type: ignore[index]
    assert "they are monthly" in program


def test_text_of_the_data_is_no_code(fitted: ForecastResult, tmp_path: Path) -> None:
    program = fitted.workflow(tmp_path / "workflow.py").read_text()
    tree = ast.parse(program)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"sys", "tunesmith"}
    assert "\u202e" not in program
