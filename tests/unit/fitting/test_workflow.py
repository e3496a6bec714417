"""The program that repeats a fit: it runs, says why, and text of the data cannot become code."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tunesmith as ts
from tunesmith.fitting.result import FitResult

HOSTILE = 'x"""\nimport os; os.system("touch /tmp/pwned") #\u202e'


def frame(rows: int = 300) -> pd.DataFrame:
    """Rows of one customer are alike; `row` counts the rows."""
    random = np.random.default_rng(0)
    owner = random.permutation(np.repeat(np.arange(rows // 5), 5))
    level, trait = random.normal(size=(2, rows // 5))
    y = level[owner] + 0.3 * random.normal(size=rows)
    columns = {"row": np.arange(rows) + 9000, "customer": owner, "trait": trait[owner]}
    return pd.DataFrame(columns | {"size": y / 2 + random.normal(size=rows), "bought": np.where(y > 0, "yes", "no")})


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> FitResult:
    place = tmp_path_factory.mktemp("fit")
    frame().to_csv(place / "customers.csv", index=False)
    words = "predict bought, model under 10 MB, 2 trials"
    return ts.fit(
        place / "customers.csv", request=words, minutes=2, families=["linear"], folder=place / "f", parallel=1,
        progress=False,
    )  # fmt: skip


def options(program: str) -> dict[str, object]:
    """The literal options of the call of `ts.fit`."""
    calls = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Call)]
    (call,) = [call for call in calls if ast.unparse(call.func) == "ts.fit"]
    literals = {}
    for keyword in call.keywords:
        try:
            literals[str(keyword.arg)] = ast.literal_eval(keyword.value)
        except ValueError:
            literals[str(keyword.arg)] = ast.unparse(keyword.value)
    return literals


def test_it_repeats_the_decisions_and_says_why(fitted: FitResult) -> None:
    program = (fitted.folder / "workflow.py").read_text()
    assert options(program) == {
        "target": "bought",
        "task": "binary",
        "metric": "log_loss",
        "group": "customer",
        "exclude": ["row"],
        "as_given": True,
        "families": ["linear"],
        "limits": ["model_mb <= 10"],
        "budget": "ts.Budget(minutes=2, trials=2)",
        "seed": 0,
        "folder": "FOLDER",
    }
    words = " ".join(program.replace("#  ", "").split())
    for reason in ("says 'predict bought'", "rows of unseen values", "'row' counts the rows", "trial 1, 100 %"):
        assert reason in words


def test_it_runs(fitted: FitResult, tmp_path: Path) -> None:
    program = fitted.workflow(tmp_path / "again.py")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 0, done.stderr
    made = tmp_path / "workflow_fit"
    assert len(pd.read_csv(made / "predictions.csv")) == 300
    assert (made / "model.md").exists()
    again = FitResult.load(made)
    assert again.ensemble.score == pytest.approx(fitted.ensemble.score, rel=1e-6)


def test_names_of_columns_are_never_code(tmp_path: Path) -> None:
    table = frame().drop(columns=["row", "customer"]).rename(columns={"bought": HOSTILE})
    (name,) = [column for column in table.columns if "pwned" in column]
    result = ts.fit(
        table, target=name, budget=ts.Budget(trials=1, minutes=2), families=["linear"], folder=tmp_path / "f",
        parallel=1, progress=False,
    )  # fmt: skip
    program = result.workflow().read_text()
    imported = {node.names[0].name for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Import)}
    assert imported == {"sys", "tunesmith"}
    assert options(program)["target"] == result.ensemble.problems[0].target
    assert "\u202e" not in program
    assert "DATA = sys.argv[1]  # The table was given as a frame" in program
