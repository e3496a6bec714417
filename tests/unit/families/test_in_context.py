"""TabICL and TabPFN with tiny networks of random weights: what is tested is the loading, not how good they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tunesmith.data.problem import Problem
from tunesmith.data.schema import Schema
from tunesmith.errors import InputError
from tunesmith.families._in_context import InContextFamily, InContextModel, checkpoints, digest_of
from tunesmith.families.base import TrainingPart
from tunesmith.families.tabicl import TabiclFamily
from tunesmith.families.tabpfn import TabpfnFamily

torch = pytest.importorskip("torch")


def write_tabicl(path: Path, *, classification: bool) -> None:
    pytest.importorskip("tabicl")
    from tabicl._model.tabicl import TabICL

    config = {
        "max_classes": 10 if classification else 0,
        "num_quantiles": 9,
        "embed_dim": 16,
        "col_num_blocks": 1,
        "col_nhead": 2,
        "col_num_inds": 8,
        "row_num_blocks": 1,
        "row_nhead": 2,
        "row_num_cls": 2,
        "icl_num_blocks": 1,
        "icl_nhead": 2,
    }
    network = random_weights(TabICL(**config))
    torch.save({"config": config, "state_dict": network.state_dict()}, path)


def write_tabpfn(path: Path, *, classification: bool) -> None:
    pytest.importorskip("tabpfn")
    from tabpfn.architectures import ARCHITECTURES

    sizes = {"max_num_classes": 10} if classification else {"max_num_classes": 0, "num_buckets": 20}
    architecture = ARCHITECTURES["tabpfn_v2"]
    config, _ = architecture.parse_config({"emsize": 16, "nlayers": 1, "nhead": 2, **sizes})
    weights = dict(random_weights(architecture.get_architecture(config)).state_dict())
    if not classification:
        weights["criterion.borders"] = torch.linspace(-4, 4, 21)
        weights["criterion.losses_per_bucket"] = torch.zeros(20)
    config_table = dataclasses.asdict(config)
    torch.save({"state_dict": weights, "config": config_table, "architecture_name": "tabpfn_v2"}, path)


def random_weights(network: Any) -> Any:
    torch.manual_seed(0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return network


@pytest.fixture(params=[(TabiclFamily, write_tabicl), (TabpfnFamily, write_tabpfn)], ids=["tabicl", "tabpfn"])
def family(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InContextFamily:
    kind, write = request.param
    folder = tmp_path / "weights"
    folder.mkdir()
    write(folder / "tiny-classifier.ckpt", classification=True)
    write(folder / "tiny-regressor.ckpt", classification=False)
    monkeypatch.setenv(kind.profile.checkpoint, str(folder))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    made: InContextFamily = kind()
    return made


def part_of(target: str) -> TrainingPart:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=40), "color": rng.choice(["red", "blue"], 40)})
    frame["value"] = frame["size"] + rng.normal(size=40)
    frame["level"] = np.array(["high", "low", "middle"])[np.arange(40) % 3]
    frame.loc[::9, ["size", "color"]] = None
    problem = Problem.of(frame, target)
    features, encoded = Schema.infer(frame, ignore=["value", "level"]).read(frame), problem.encode(frame[target])
    return TrainingPart(features=features, target=encoded, validation=(features, encoded), problem=problem, seed=0)


@pytest.mark.parametrize("target", ["level", "value"])
def test_a_stored_model_predicts_the_same(family: InContextFamily, target: str, tmp_path: Path) -> None:
    part = part_of(target)
    assert family.profile.missing() is None
    model = family.fit(part, {"members": 2})
    predicted = model.predict(part.features)
    assert predicted.shape == (40, part.problem.outputs)
    assert np.isfinite(predicted).all()
    if target == "level":
        np.testing.assert_allclose(predicted.sum(axis=1), 1.0, rtol=1e-5)
    folder = tmp_path / "model"
    folder.mkdir()
    model.save(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["context.json", "rows.npz"]
    np.testing.assert_allclose(type(model).load(folder).predict(part.features), predicted, rtol=1e-5)


def test_a_model_refuses_other_weights(family: InContextFamily, tmp_path: Path) -> None:
    model: InContextModel = family.fit(part_of("level"), {"members": 1})
    folder = tmp_path / "model"
    folder.mkdir()
    model.save(folder)
    moved = model.checkpoint.rename(model.checkpoint.with_name("moved-classifier.ckpt"))
    assert type(model).load(folder).checkpoint == moved
    moved.write_bytes(b"other weights")
    with pytest.raises(InputError, match=model.digest):
        type(model).load(folder)


def test_a_file_with_code_is_not_run(family: InContextFamily) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
            return pytest.fail, ("code of a checkpoint was run",)

    place = checkpoints(family.profile.checkpoint, classification=True)[0]
    torch.save({"config": {}, "state_dict": {}, "architecture_name": Harmful()}, place)
    model = family.fit(part_of("level"), {"members": 1})
    with pytest.raises(Exception, match=r"weights_only|Weights only"):
        model.predict(part_of("level").features)


@pytest.mark.parametrize("kind", [TabiclFamily, TabpfnFamily])
def test_without_weights_nothing_is_offered(
    kind: type[InContextFamily], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, variable = part_of("value"), kind.profile.checkpoint
    monkeypatch.delenv(variable, raising=False)
    assert kind.profile.missing() is not None
    assert kind().configurations(part.problem) == []
    only_classes = tmp_path / "a-classifier.ckpt"
    only_classes.write_bytes(b"weights")
    monkeypatch.setenv(variable, str(only_classes))
    assert kind().configurations(part_of("level").problem) == [{"members": 8}]
    assert kind().configurations(part.problem) == []
    with pytest.raises(InputError, match=f"{variable} must name the weights of a regressor"):
        kind().fit(part, {"members": 1})


def test_weights_for_both_kinds_say_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "both.safetensors").write_bytes(b"1")
    (tmp_path / "v2-regressor.ckpt").write_bytes(b"2")
    (tmp_path / "notes.txt").write_text("no weights")
    monkeypatch.setenv("WEIGHTS", str(tmp_path))
    assert [path.name for path in checkpoints("WEIGHTS", classification=True)] == ["both.safetensors"]
    names = [path.name for path in checkpoints("WEIGHTS", classification=False)]
    assert names == ["both.safetensors", "v2-regressor.ckpt"]
    assert len(digest_of(tmp_path / "both.safetensors")) == 64
