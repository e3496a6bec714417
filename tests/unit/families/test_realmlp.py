from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")

from tunesmith.data.problem import Problem  # noqa: E402
from tunesmith.data.schema import Schema  # noqa: E402
from tunesmith.families._net_columns import NetColumns  # noqa: E402
from tunesmith.families._realmlp_net import RealMlpNet  # noqa: E402
from tunesmith.families.base import TrainingPart  # noqa: E402
from tunesmith.families.realmlp import RealmlpFamily, RealmlpModel  # noqa: E402


def table(rows: int = 500, seed: int = 0) -> pd.DataFrame:
    """Numbers with gaps, a small category with gaps and one with many levels, all of which matter."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=rows), rng.exponential(size=rows)
    color, town = rng.integers(0, 3, rows), rng.integers(0, 12, rows)
    value = np.sin(3 * first) + second * (color == 1) + 0.3 * (town % 4)
    frame = pd.DataFrame({"first": first, "second": 1000 * second, "constant": 1.0})
    frame["color"] = np.array(["red", "green", "blue"])[color]
    frame["town"] = [f"town {index}" for index in town]
    frame.loc[::17, ["second", "color"]] = None
    classes = np.array(["low", "middle", "high"])[np.digitize(value, [0.3, 1.2])]
    return frame.assign(value=value, level=classes, high=value > 1)


def part_of(frame: pd.DataFrame, target: str, **options: Any) -> TrainingPart:
    problem = Problem.of(frame, target)
    features = Schema.infer(frame, ignore=["value", "level", "high"]).read(frame)
    encoded, half = problem.encode(frame[target]), len(frame) * 4 // 5
    validation = (features.iloc[half:], encoded[half:])
    return TrainingPart(
        features=features[:half], target=encoded[:half], validation=validation, problem=problem, seed=0, **options
    )


def parameters(part: TrainingPart, **changed: Any) -> dict[str, Any]:
    return {**RealmlpFamily().configurations(part.problem)[0], "epochs": 48, "width": 32, **changed}


@pytest.mark.parametrize(("target", "limit"), [("value", 0.75), ("level", 0.85), ("high", 0.55)])
def test_it_learns(target: str, limit: float) -> None:
    part = part_of(table(), target)
    model = RealmlpFamily().fit(part, parameters(part))
    features, expected = part.validation
    predicted = model.predict(features)
    if target == "value":
        assert np.sqrt(np.mean((predicted[:, 0] - expected) ** 2)) < limit * expected.std()
        assert part.target.min() <= predicted.min() <= predicted.max() <= part.target.max()
    else:
        np.testing.assert_allclose(predicted.sum(axis=1), 1.0)
        assert -np.log(predicted[np.arange(len(expected)), expected.astype(int)]).mean() < limit


@pytest.mark.parametrize("target", ["value", "level"])
def test_a_stored_model_predicts_the_same_also_rows_of_unknown_categories(tmp_path: Path, target: str) -> None:
    part = part_of(table(100), target)
    model = RealmlpFamily().fit(part, parameters(part, epochs=2))
    model.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.json", "net.safetensors"]
    features = part.validation[0].copy()
    features["town"] = pd.Categorical(["elsewhere"] * len(features))
    features["first"] = np.nan
    predicted = RealmlpModel.load(tmp_path).predict(features)
    np.testing.assert_array_equal(predicted, model.predict(features))
    assert np.isfinite(predicted).all()


@pytest.mark.parametrize("activation", ["selu", "mish"])
def test_numpy_predicts_what_torch_computes(activation: str) -> None:
    features = part_of(table(100), "level").features
    columns = NetColumns.of(features, most_one_hot=8)
    inputs = columns.transform(features)
    torch.manual_seed(0)
    network = RealMlpNet(
        numbers=inputs.numbers.shape[1],
        indicators=inputs.indicators.shape[1],
        sizes=columns.sizes,
        outputs=3,
        width=16,
        layers=2,
        activation=activation,
        spread=1.0,
    ).eval()
    tensors = [torch.from_numpy(array) for array in inputs]
    network.initialize(*tensors)
    for slope in network.slope:
        torch.nn.init.normal_(slope)
    with torch.no_grad():
        expected = torch.softmax(network(*tensors), dim=1).numpy()
    weights = {name: parameter.detach().numpy() for name, parameter in network.named_parameters()}
    model = RealmlpModel(columns=columns, activation=activation, weights=weights)
    np.testing.assert_allclose(model.predict(features), expected, atol=1e-5)


def test_every_unit_varies_by_1_at_the_start() -> None:
    torch.manual_seed(0)
    network = RealMlpNet(
        numbers=3, indicators=2, sizes=[], outputs=4, width=8, layers=1, activation="selu", spread=0.1
    ).eval()
    tensors = (torch.randn(300, 3), torch.zeros(300, 2), torch.zeros(300, 0, dtype=torch.int64))
    network.initialize(*tensors)
    np.testing.assert_allclose(network(*tensors).detach().std(dim=0, correction=0), 1.0, rtol=1e-4)


def test_the_same_seed_gives_the_same_model() -> None:
    part = part_of(table(100), "level")
    one, two = (RealmlpFamily().fit(part, parameters(part, epochs=3)) for _ in range(2))
    np.testing.assert_array_equal(one.predict(part.features), two.predict(part.features))


def test_numbers_are_clipped_smoothly_and_gaps_marked() -> None:
    frame = pd.DataFrame({"size": [0.0, 1.0, 2.0, 3.0, 4.0, 1e9, np.nan], "none": [np.nan] * 7, "same": [5.0] * 7})
    columns = NetColumns.of(frame, most_one_hot=8)
    numbers, indicators, codes = columns.transform(frame)
    assert columns.gaps == ["size", "none"]
    assert numbers[5, 0] == pytest.approx(3.0)
    assert (np.diff(numbers[:6, 0]) > 0).all()
    assert (numbers[6, 0], indicators[6, 0] > indicators[0, 0]) == (0.0, True)
    assert not numbers[:, 1:].any()
    assert codes.shape == (7, 0)


def test_it_ends_with_its_deadline() -> None:
    part = part_of(table(), "value", deadline=time.monotonic() - 1)
    model = RealmlpFamily().fit(part, parameters(part, epochs=10**9))
    assert np.isfinite(model.predict(part.features)).all()
