"""A model folder from somebody else: each damage is one message, and nothing in it is executed or written."""

from __future__ import annotations

import io
import os
import pickle
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest

from tests.fitted_tables import first_configuration, fitted, mixed_table
from tunesmith.ensembles.ensemble import Ensemble
from tunesmith.errors import InputError

FAMILIES = ("decision_tree", "lightgbm", "linear", "xgboost", "catboost", "hist_gradient_boosting")
CHANGES = {
    "lightgbm": {"learning_rate": 0.2, "num_leaves": 4},
    "xgboost": {"learning_rate": 0.2, "max_depth": 3},
    "catboost": {"learning_rate": 0.2, "depth": 3},
    "hist_gradient_boosting": {"learning_rate": 0.3, "max_leaf_nodes": 4},
}


class Bomb:
    """Unpickled, it makes a file."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, ("executed",)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model for each family, as a folder with its name."""
    folder, frame = tmp_path_factory.mktemp("fit"), mixed_table("binary", rows=120)
    result = fitted(folder / "study", frame, [first_configuration(n, frame, **CHANGES.get(n, {})) for n in FAMILIES])
    for trial in result.study.trials:
        family = str(trial.parameters["family"])
        manifest = orjson.loads((folder / "study/model/manifest.json").read_bytes())
        row = {"trial": 1, "weight": 1.0, "sharpness": [1.0], "parameters": dict(trial.parameters)}
        assert trial.folder is not None
        shutil.copytree(next(trial.folder.rglob("fold_0")), folder / family / "1/fold_0")
        (folder / family / "manifest.json").write_bytes(orjson.dumps({**manifest, "members": [row]}))
    return folder


def copy(models: Path, family: str, target: Path) -> Path:
    shutil.copytree(models / family, target / family)
    return target / family


def one(folder: Path, pattern: str) -> Path:
    return next(folder.rglob(pattern))


def edit(change: Callable[[dict], None]) -> Callable[[Path], None]:  # type: ignore[type-arg]
    def damage(folder: Path) -> None:
        path = folder / "manifest.json"
        manifest = orjson.loads(path.read_bytes())
        change(manifest)
        path.write_bytes(orjson.dumps(manifest))

    return damage


def nested(folder: Path) -> None:
    (folder / "manifest.json").write_text("[" * 100_000 + "]" * 100_000)


def nested_recipe(folder: Path) -> None:
    deep = '{"step": "dates", "fitted": ' + '{"parts": ' * 900 + "1" + "}" * 901
    one(folder, "recipe.json").write_text(f"[{deep}]")


def replaced_method(folder: Path) -> None:
    one(folder, "recipe.json").write_text('[{"step": "dates", "fitted": {"transform": "os.system"}}]')


def unknown_step(folder: Path) -> None:
    one(folder, "recipe.json").write_text('[{"step": "..os", "fitted": {}}]')


def pickled_instead_of(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        one(folder, name).write_bytes(pickle.dumps(Bomb()))

    return damage


def objects(folder: Path) -> None:
    np.savez(one(folder, "trees.npz"), values=np.array([Bomb()], dtype=object))


def large_header(folder: Path) -> None:
    """An array that says that it has a quadrillion values."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    with zipfile.ZipFile(one(folder, "trees.npz"), "w") as archive:
        archive.writestr("values.npy", buffer.getvalue())


def zip_bomb(folder: Path) -> None:
    with zipfile.ZipFile(one(folder, "trees.npz"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("values.npy", bytes(30_000_000))


def circle(folder: Path) -> None:
    path = one(folder, "trees*.npz")
    arrays = dict(np.load(path))
    inner = np.flatnonzero(arrays["left"] >= 0)
    arrays["left"][inner[-1]] = 0
    np.savez(path, **arrays)


def lightgbm(pattern: str, replacement: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = one(folder, "booster.txt")
        text = path.read_text()
        changed = re.sub(pattern, replacement, text, count=1)
        assert changed != text
        path.write_text(changed)

    return damage


def pipe(folder: Path) -> None:
    path = one(folder, "recipe.json")
    path.unlink()
    os.mkfifo(path)


def link(folder: Path) -> None:
    path = one(folder, "recipe.json")
    path.unlink()
    path.symlink_to("/etc/hostname")


def lightgbm_noise(folder: Path) -> None:
    one(folder, "booster.txt").write_bytes(np.random.default_rng(0).bytes(5000))


DAMAGES: list[tuple[str, Callable[[Path], None]]] = [
    ("decision_tree", edit(lambda m: m.update(format=99))),
    ("decision_tree", edit(lambda m: m.pop("columns"))),
    ("decision_tree", edit(lambda m: m.update(members=[]))),
    ("decision_tree", edit(lambda m: m["members"][0].update(trial="../../../etc"))),
    ("decision_tree", edit(lambda m: m["members"][0].update(trial=10**18))),
    ("decision_tree", edit(lambda m: m["members"][0].update(trial=7))),
    ("decision_tree", edit(lambda m: m["members"][0].update(weight=None))),
    ("decision_tree", edit(lambda m: m["members"][0]["parameters"].update(family="../os"))),
    ("decision_tree", edit(lambda m: m["members"][0]["parameters"].update(family="lightgbm"))),
    ("decision_tree", edit(lambda m: m["columns"].pop(0))),
    ("decision_tree", edit(lambda m: m["problems"][0].update(classes=["a", "b", "c"]))),
    ("decision_tree", edit(lambda m: m.update(sharpness=[]))),
    ("decision_tree", nested),
    ("decision_tree", nested_recipe),
    ("decision_tree", replaced_method),
    ("decision_tree", unknown_step),
    ("decision_tree", lambda folder: (folder / "manifest.json").write_text("{")),
    ("decision_tree", lambda folder: shutil.rmtree(folder / "1")),
    ("decision_tree", lambda folder: (folder / "1/fold_0/model.pkl").write_bytes(pickle.dumps(Bomb()))),
    ("decision_tree", pickled_instead_of("trees.npz")),
    ("decision_tree", pickled_instead_of("recipe.json")),
    ("decision_tree", pickled_instead_of("manifest.json")),
    ("decision_tree", objects),
    ("decision_tree", large_header),
    ("decision_tree", zip_bomb),
    ("decision_tree", circle),
    ("decision_tree", pipe),
    ("decision_tree", link),
    ("hist_gradient_boosting", circle),
    ("linear", pickled_instead_of("weights.npz")),
    ("lightgbm", lightgbm_noise),
    ("lightgbm", lightgbm(r"left_child=1", "left_child=0")),
    ("lightgbm", lightgbm(r"left_child=\S+", "left_child=999")),
    ("lightgbm", lightgbm(r"num_leaves=\d+", "num_leaves=2000000000")),
    ("lightgbm", lightgbm(r"split_feature=\d+", "split_feature=70000")),
    ("lightgbm", lightgbm(r"max_feature_idx=\d+", "max_feature_idx=2000000000")),
    ("lightgbm", lightgbm(r"num_class=1", "num_class=1000000000")),
    ("lightgbm", pickled_instead_of("booster.txt")),
    ("xgboost", pickled_instead_of("booster.*")),
    ("catboost", pickled_instead_of("booster.cbm")),
]


@pytest.mark.parametrize("number", range(len(DAMAGES)))
def test_a_damaged_model_is_refused(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    family, damage = DAMAGES[number]
    folder = copy(models, family, tmp_path)
    damage(folder)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(InputError) as refusal:
        Ensemble.load(folder)

    assert len(str(refusal.value)) < 1000
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("family", [*FAMILIES, "prior"])
def test_an_undamaged_model_is_loaded(models: Path, family: str) -> None:
    assert Ensemble.load(models / family).members[0].family == family


@pytest.mark.parametrize("family", ["decision_tree", "lightgbm", "linear", "hist_gradient_boosting"])
def test_a_model_with_any_byte_changed_is_loaded_or_refused(models: Path, tmp_path: Path, family: str) -> None:
    rng = np.random.default_rng(11)
    folder = copy(models, family, tmp_path)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    refused = 0
    for _ in range(40):
        path = paths[rng.integers(len(paths))]
        whole = path.read_bytes()
        content = bytearray(whole)
        for position in rng.integers(0, len(content), rng.integers(1, 4)):
            content[position] = rng.integers(256)
        path.write_bytes(content)
        try:
            Ensemble.load(folder)
        except InputError:
            refused += 1
        path.write_bytes(whole)
    assert refused > 10
