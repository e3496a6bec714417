from pathlib import Path

import numpy as np
import pytest

from tunesmith.config_files import defined, edit, find, keys, read
from tunesmith.errors import InputError

STRANGER = '''\
# -*- coding: utf-8 -*-
"""Settings of the experiment (é)."""
import os
from dataclasses import dataclass, field

BASE = 1e-3
lr: float = BASE * 2  # é: twice the base
hidden = 4 * 64
negative = -0.5
a, b = 1, 2
device = os.environ["DEVICE"]
decay = 0.1
decay = 0.2  # this one counts
gamma = 0.5
gamma *= 2
CONFIG = {
    "model": {"width": (64), 'act': 'relu', "betas": (0.9, 0.999)},  # the model
    # about training
    "training": dict(lr=1e-4, layers=[1, 2, 3],
                     momentum=0.9),  # the training
    "schedule": {
        "gamma": 0.5,  # g
        "step": 10  # s
    },
}


class Model:
    """Sizes."""

    d_ff = 128

    class Inner:
        x = 1


@dataclass
class Options:
    weight_decay: float = field(default=0.01, metadata={"unit": None})
    sizes: list = field(default_factory=lambda: [1, 2])
    needed: int


cfg = Config(depth=3)
cfg.train.epochs = 7
cfg["name"] = "x"
if os.environ.get("SMALL"):
    batch = 3
'''


def edited(folder: Path, text: str, changes: dict, **options) -> str:
    source, target = folder / "config.py", folder / "copy.py"
    source.write_bytes(text.encode())
    edit(source, target, changes, **options)
    assert source.read_bytes() == text.encode()
    return target.read_bytes().decode()


def test_reading_without_running_the_file(tmp_path):
    path = tmp_path / "config.py"
    path.write_text(STRANGER + "\nraise SystemExit('this file was run')\n", encoding="utf-8")
    values = read(path)
    assert values["hidden"] == 256
    assert values["negative"] == -0.5
    assert (values["a"], values["b"]) == (1, 2)
    assert values["decay"] == 0.2
    assert values["CONFIG"]["model"] == {"width": 64, "act": "relu", "betas": [0.9, 0.999]}
    assert values["CONFIG"]["training"] == {"lr": 1e-4, "layers": [1, 2, 3], "momentum": 0.9}
    assert values["Model"] == {"d_ff": 128, "Inner": {"x": 1}}
    assert values["Options"] == {"weight_decay": 0.01, "sizes": [1, 2]}
    assert values["cfg"] == {"depth": 3, "train": {"epochs": 7}, "name": "x"}
    for name in ("lr", "device", "gamma", "batch"):
        assert name not in values


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("lr", 0.5, "lr: float = BASE * 2  #", "lr: float = 0.5  #"),
        ("hidden", 300, "hidden = 4 * 64", "hidden = 300"),
        ("negative", -1e-9, "negative = -0.5", "negative = -1e-09"),
        ("b", 7, "a, b = 1, 2", "a, b = 1, 7"),
        ("device", "cpu", 'device = os.environ["DEVICE"]', 'device = "cpu"'),
        ("decay", 0.3, "decay = 0.2 ", "decay = 0.3 "),
        ("gamma", 0.9, "gamma *= 2", "gamma = 0.9"),
        ("model.width", 128, '"width": (64)', '"width": (128)'),
        ("CONFIG.model.act", "gelu", "'act': 'relu'", "'act': 'gelu'"),
        ("model.betas", [0.8, 0.99], "(0.9, 0.999)", "(0.8, 0.99)"),
        ("model.betas.1", 0.99, "(0.9, 0.999)", "(0.9, 0.99)"),
        ("training.lr", 2e-5, "lr=1e-4", "lr=2e-05"),
        ("training.layers.1", 9, "[1, 2, 3]", "[1, 9, 3]"),
        ("Model.Inner.x", None, "x = 1", "x = None"),
        ("weight_decay", 0.2, "default=0.01", "default=0.2"),
        ("Options.sizes", [3], "lambda: [1, 2]", "lambda: [3]"),
        ("cfg.depth", 5, "depth=3", "depth=5"),
        ("train.epochs", 9, "cfg.train.epochs = 7", "cfg.train.epochs = 9"),
        ("lr", np.float64(0.1), "BASE * 2", "0.1"),
        ("lr", np.int64(3), "BASE * 2", "3"),
        ("lr", np.bool_(True), "BASE * 2", "True"),
    ],
)
def test_an_edit_changes_the_value_and_not_one_byte_more(tmp_path, key, value, old, new):
    assert STRANGER.count(old) == 1
    assert edited(tmp_path, STRANGER, {key: value}) == STRANGER.replace(old, new)
    assert find(read(tmp_path / "copy.py"), key) == value


def test_the_copy_means_the_same_when_python_runs_it(tmp_path):
    text = 'x = {"s": "it\'s", "n": -0.1}\ny = 1; z = 2\n'
    changes = {"s": "both \" and ' \n and \\ ö", "n": -1e300, "z": [True, None, {"k": (1,)}]}
    run: dict = {}
    exec(edited(tmp_path, text, changes), run)
    assert run["x"] == {"s": changes["s"], "n": -1e300}
    assert run["z"] == [True, None, {"k": [1]}]
    assert run["y"] == 1


def test_new_keys_go_to_the_end_of_their_table(tmp_path):
    names = {"schedule.new": 4, "training.nesterov": True, "model.z": None, "Model.Inner.y": 1, "top": "t"}
    text = edited(tmp_path, STRANGER, names, insert=set(names))
    assert '        "step": 10,  # s\n        "new": 4\n    },\n' in text
    assert "                     momentum=0.9,\n                     nesterov=True),  # the training\n" in text
    assert '"betas": (0.9, 0.999), "z": None},  # the model\n' in text
    assert "        x = 1\n        y = 1\n" in text
    assert read(tmp_path / "copy.py")["top"] == "t"


def test_keys_are_removed_with_their_line(tmp_path):
    text = edited(
        tmp_path, STRANGER, {}, remove=["schedule.step", "model.betas", "training.lr", "decay", "Inner.x", "none"]
    )
    assert '        "gamma": 0.5  # g\n    },\n' in text
    assert """"width": (64), 'act': 'relu'},  # the model""" in text
    assert "dict(layers=[1, 2, 3]," in text
    assert "decay" not in text.replace("weight_decay", "")
    assert "    class Inner:\n        pass\n" in text


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("trainin.lr", "Did you mean 'training.lr'"),
        ("batch", "assigned inside 'if' in line"),
        ("Model", "it is a class"),
        ("model.lr.x", "there is no 'model.lr.x'"),
    ],
)
def test_values_that_cannot_be_edited(tmp_path, key, message):
    with pytest.raises(InputError, match=message) as caught:
        edited(tmp_path, STRANGER, {key: 1})
    assert "config.py" in caught.value.message
    assert not (tmp_path / "copy.py").exists()


def test_a_name_that_several_tables_have_must_be_written_out(tmp_path):
    text = "A = {'lr': 1}\nB = dict(lr=2)\n"
    with pytest.raises(InputError, match=r"A\.lr or B\.lr"):
        edited(tmp_path, text, {"lr": 3})
    assert edited(tmp_path, text, {"B.lr": 3}) == "A = {'lr': 1}\nB = dict(lr=3)\n"


def test_one_value_with_two_names_is_not_edited(tmp_path):
    with pytest.raises(InputError, match="also change or miss b"):
        edited(tmp_path, "a = b = 1\n", {"a": 2})


def test_line_ends_marks_tabs_and_encodings_stay(tmp_path):
    source, target = tmp_path / "c.py", tmp_path / "d.py"
    source.write_bytes(b"\xef\xbb\xbfclass A:\r\n\tx = 1\t# one\r\n\ty = {\r\n\t\t'k': 1,\r\n\t}\r\n")
    edit(source, target, {"A.x": 2, "A.y.n": 3}, insert=["A.y.n"])
    assert target.read_bytes() == (
        b"\xef\xbb\xbfclass A:\r\n\tx = 2\t# one\r\n\ty = {\r\n\t\t'k': 1,\r\n\t\t'n': 3,\r\n\t}\r\n"
    )
    source.write_bytes("# coding: latin-1\nname = 'é'  # ü\nother = 'é'\n".encode("latin-1"))
    edit(source, target, {"name": "日本"})
    assert target.read_bytes() == "# coding: latin-1\nname = '\\u65e5\\u672c'  # ü\nother = 'é'\n".encode("latin-1")
    assert read(target)["name"] == "日本"


def test_arithmetic_is_folded_only_where_it_is_harmless(tmp_path):
    path = tmp_path / "c.py"
    path.write_text("a = 2 ** 10\nb = 9 ** 9 ** 9\nc = 1 / 0\nd = 1 << 4\ne = 'x' * 10**9\nf = True + 1\ng = not 1\n")
    assert read(path) == {"a": 1024, "d": 16}
    assert defined(path, ["b", "h"]) == ["b"]


def test_a_syntax_error_names_file_and_line(tmp_path):
    path = tmp_path / "c.py"
    path.write_text("a = 1\nb = (\n")
    with pytest.raises(InputError, match=r"c\.py:2"):
        read(path)


def test_list_elements_are_named_by_index():
    assert keys({"a": [1, {"b": 2}], "c": {}, "d": []}) == ["a.0", "a.1.b", "c", "d"]
