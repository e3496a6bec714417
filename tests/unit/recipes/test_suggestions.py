"""Recipes by rules."""

from __future__ import annotations

import pandas as pd

from tunesmith import plugins
from tunesmith.data.findings import Finding
from tunesmith.data.schema import Schema
from tunesmith.recipes.suggestions import draft, suggest


def _names(recipe_of: object) -> list[str]:
    return [plugins.name_of(step) for step in recipe_of.steps]  # type: ignore[attr-defined]


def test_a_table_of_loans() -> None:
    frame = pd.DataFrame({"loan_amount": [1.5, 2.5], "creditHistory": ["good", "bad"], "age": [31, 40]})
    suggestions = suggest(Schema.infer(frame), rows=5000)
    assert [suggestion.name for suggestion in suggestions] == ["plain", "engineered", "finance"]
    assert suggestions[1].reasons == ("2 numbers and 1 column of categories, for boosted trees",)
    assert "amount, credit, loan" in suggestions[2].reasons[0]


def test_few_rows_get_the_plain_recipe_alone() -> None:
    schema = Schema.infer(pd.DataFrame({"loan_amount": [1.5, 2.5], "credit": [1.0, 2.0]}))
    assert [suggestion.name for suggestion in suggest(schema, rows=100)] == ["plain"]


def test_a_request_becomes_steps_in_an_order_that_works() -> None:
    suggestion = draft("Scale the columns, encode rare towns, mark missing values, and try ratios")
    assert _names(suggestion.recipe) == ["missing", "dates", "text", "rare_levels", "arithmetic", "library"]
    assert "StandardScaler: the request says 'Scal'" in suggestion.reasons


def test_a_request_names_a_field() -> None:
    suggestion = draft("predict churn of customers")
    assert "target_means" in _names(suggestion.recipe)
    assert suggestion.reasons[0].startswith("customers: ")


def test_findings_become_steps_for_their_columns() -> None:
    findings = [
        Finding(kind="identifier", severity="warning", columns=("id",), text="Every value differs."),
        Finding(kind="row_number", severity="warning", columns=("index",), text="It counts the rows."),
        Finding(kind="constant", severity="info", columns=("country",), text="Only one value: DE."),
        Finding(kind="imbalance", severity="info", text="2 % are positive."),
    ]
    suggestion = draft(findings=findings)
    steps = suggestion.recipe.to_table()["steps"]
    assert [step for step in steps if step["step"] == "drop"] == [
        {"step": "drop", "columns": ["id", "index"], "named": True},
        {"step": "drop"},
    ]
    assert len(suggestion.reasons) == 3


def test_nothing_said_is_the_plain_recipe() -> None:
    assert _names(draft().recipe) == ["dates", "text"]
