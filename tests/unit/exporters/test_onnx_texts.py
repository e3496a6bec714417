"""Terms and statistics of texts in ONNX graphs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.fitted_tables import first_configuration, fitted
from tests.unit.exporters.onnx_graphs import in_onnx

from tunesmith.data.problem import Problem
from tunesmith.data.schema import Schema
from tunesmith.families.base import TrainingPart
from tunesmith.families.tfidf_linear import TfidfLinearFamily
from tunesmith.fitting.result import FitResult

ROWS = 120
WORDS = ["the", "The", "BAD", "good", "Größe", "ÉTÉ", "été", "naïve", "日本語", "x", "12", "don't", "e-mail", "a_b"]
WORDS += ["½", "Привет", "привет", "ok", "OK", "ﬁn", "\u00a0sky"]
GAPS = [" ", "  ", ", ", "\n", "\t\u2003", "!!! ", "-", "\u00a0"]
HARD = ["", "a", "ß", "ẞ ß", "\x1c\x1f\x85", "  The   BAD\n\n", "日本", "don't don't don't", "\u200b", "👍🏽 the"]


def texts(seed: int, rows: int) -> list[str]:
    """Sentences of words in several scripts and cases, with all kinds of gaps."""
    rng = np.random.default_rng(seed)
    return [
        "".join(rng.choice(WORDS) + rng.choice(GAPS) for _ in range(rng.integers(4, 15))).strip() for _ in range(rows)
    ]


def table() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "review": texts(0, ROWS),
            "title": texts(9, ROWS),
            "size": rng.normal(size=ROWS),
            "town": rng.choice(["Ulm", "Bonn", "Rom"], ROWS),
        }
    )
    loud = frame["review"].str.count("(?i)good") - frame["review"].str.count("(?i)bad") + frame["size"]
    return frame.mask(rng.random(frame.shape) < 0.05), loud.to_numpy()


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        pytest.param("binary", {"words": 2, "characters": True}, id="words, pairs and characters"),
        pytest.param("multiclass", {"words": 3, "method": "svm"}, id="three words, calibrated"),
        pytest.param("regression", {"words": 1, "characters": True}, id="numbers"),
    ],
)
def test_words_agree_with_python(kind: str, changes: dict[str, object]) -> None:
    frame, loud = table()
    classes = {"binary": ("0", "1"), "multiclass": ("0", "1", "2"), "regression": ()}[kind]
    target = loud if kind == "regression" else pd.qcut(loud, len(classes), labels=False).astype(float)
    schema = Schema.infer(frame)
    assert [column.kind for column in schema.columns] == ["text", "text", "number", "category"]
    features = schema.read(frame)
    part = TrainingPart(
        features=features[:80],
        target=target[:80],
        validation=(features[80:], target[80:]),
        problem=Problem(target="y", kind=kind, classes=classes),  # type: ignore[arg-type]
        seed=0,
        threads=1,
    )
    model = TfidfLinearFamily().fit(part, {**TfidfLinearFamily().configurations(part.problem)[0], **changes})
    rows = pd.concat([features, features[: len(HARD)].assign(review=HARD)])
    np.testing.assert_allclose(in_onnx(model, rows, schema), model.predict(rows), atol=1e-9)


def test_an_ensemble_of_words_and_of_trees_on_their_components_agrees_with_python(tmp_path: Path) -> None:
    frame, loud = table()
    frame["target"] = np.where(loud > 0, "yes", "no")
    changes = {"learning_rate": 0.3, "num_leaves": 4}
    configurations = [first_configuration("tfidf_linear", frame), first_configuration("lightgbm", frame, **changes)]
    result = fitted(tmp_path / "study", frame, configurations)
    for trial in (1, 2):
        written = FitResult.load(result.folder, trial=trial).export(tmp_path / "model.onnx")
        assert written.facts["members"] == [trial]
        assert written.facts["largest_difference"] < 1e-6
