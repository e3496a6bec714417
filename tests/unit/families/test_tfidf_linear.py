from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.problem import Problem
from tunesmith.data.schema import Schema
from tunesmith.families.base import TrainingPart
from tunesmith.families.tfidf_linear import TfidfLinearFamily, TfidfLinearModel

GOOD = ["sturdy", "lovely", "quick", "perfect", "pleasant", "reliable"]
BAD = ["broken", "slow", "noisy", "awful", "flimsy", "late"]
COMMON = [
    "the",
    "parcel",
    "with",
    "a",
    "new",
    "lamp",
    "came",
    "to",
    "our",
    "house",
    "and",
    "we",
    "used",
    "it",
    "for",
    "some",
    "days",
]
WORDS = {"method": "regression", "strength": 0.03, "words": 2, "characters": False, "min_rows": 2}


def reviews(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    stars = rng.integers(0, 3, rows)
    texts = []
    for star in stars:
        words = [*rng.choice(COMMON, 8), *rng.choice(GOOD, star), *rng.choice(BAD, 2 - star)]
        texts.append(" ".join(rng.permutation(words)))
    frame = pd.DataFrame({"text": texts, "shop": rng.choice(["north", "south"], rows), "days": rng.normal(size=rows)})
    frame.loc[::29, ["text", "days"]] = None
    names = np.array(["bad", "fair", "good"])
    return frame.assign(
        label=names[stars], happy=np.where(stars == 2, "yes", "no"), stars=stars + rng.normal(0, 0.1, rows)
    )


def part_of(frame: pd.DataFrame, target: str, **options: object) -> TrainingPart:
    problem = Problem.of(frame, target)
    features = Schema.infer(frame, ignore=["label", "happy", "stars"]).read(frame)
    encoded = problem.encode(frame[target])
    return TrainingPart(
        features=features, target=encoded, validation=(features, encoded), problem=problem, seed=0, **options
    )


@pytest.mark.parametrize("method", ["regression", "svm"])
@pytest.mark.parametrize("target", ["label", "happy"])
def test_classes_follow_from_words(target: str, method: str) -> None:
    model = TfidfLinearFamily().fit(part_of(reviews(), target), WORDS | {"method": method})
    part = part_of(reviews(seed=1), target)
    predicted = model.predict(part.features)
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0)
    chosen = predicted[np.arange(len(predicted)), part.target.astype(int)]
    shares = np.bincount(part.target.astype(int)) / len(part.target)
    assert -np.log(chosen).mean() < -0.7 * (shares * np.log(shares)).sum()


@pytest.mark.parametrize("method", ["regression", "svm"])
def test_numbers_follow_from_words(method: str) -> None:
    model = TfidfLinearFamily().fit(part_of(reviews(), "stars"), WORDS | {"method": method, "characters": True})
    part = part_of(reviews(seed=1), "stars")
    error = np.sqrt(np.mean((model.predict(part.features)[:, 0] - part.target) ** 2))
    assert error < 0.5 * part.target.std()


def test_the_weights_of_words_can_be_read() -> None:
    model = TfidfLinearFamily().fit(part_of(reviews(), "stars"), WORDS)
    weights = dict(zip(model.columns.names, model.weights[0], strict=True))
    assert min(weights[f"text: {word}"] for word in GOOD) > max(weights[f"text: {word}"] for word in BAD)
    assert {"text: the parcel", "shop: north", "days", "days is missing"} <= set(weights)


@pytest.mark.parametrize("parameters", [WORDS, WORDS | {"method": "svm", "characters": True, "words": 1}])
def test_a_stored_model_predicts_the_same(tmp_path: Path, parameters: dict[str, object]) -> None:
    model = TfidfLinearFamily().fit(part_of(reviews(), "label"), parameters)
    model.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["columns.json", "weights.npz"]
    features = part_of(reviews(seed=1), "label").features
    np.testing.assert_array_equal(TfidfLinearModel.load(tmp_path).predict(features), model.predict(features))


def test_no_term_is_left_and_a_class_is_absent() -> None:
    frame = reviews(60)
    frame["text"] = ["? " * (4 + row) for row in range(60)]
    part = part_of(frame, "label")
    kept = part.target != 1
    few = TrainingPart(
        features=part.features[kept],
        target=part.target[kept],
        validation=part.validation,
        problem=part.problem,
        seed=0,
    )
    model = TfidfLinearFamily().fit(few, WORDS)
    assert not any(name.startswith("text") for name in model.columns.names)
    predicted = model.predict(part.features)
    assert (predicted[:, 1] == 0).all()
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0)


def test_weights_of_rows_count() -> None:
    frame = reviews(200)
    light = np.where(frame["happy"] == "yes", 1e-3, 1.0)
    usual = TfidfLinearFamily().fit(part_of(frame, "happy"), WORDS).predict(part_of(frame, "happy").features)
    part = part_of(frame, "happy", weight=light)
    assert TfidfLinearFamily().fit(part, WORDS).predict(part.features)[:, 1].mean() < 0.5 * usual[:, 1].mean()
