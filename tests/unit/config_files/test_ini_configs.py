from pathlib import Path

import pytest

from tunesmith.config_files import defined, edit, keys, read
from tunesmith.errors import InputError

TEXT = """\
# Settings (é).
verbose = yes
[model]
width = 64          ; hidden
dropout: 0.1
name="resnet"  # the net
layers = [64, 32]
colour = #ff0000

[optim.sgd]
LR=1e-3
momentum =
nesterov = False
milestones =
    30
    # the second
    60

[train]
    epochs = 10
    path = %(root)s/data ; the data
    nothing
    amp = ON
"""


def edited(folder: Path, changes: dict, text: str = TEXT, **options) -> str:
    source, target = folder / "config.ini", folder / "copy.ini"
    source.write_bytes(text.encode())
    edit(source, target, changes, **options)
    assert source.read_bytes() == text.encode()
    return target.read_bytes().decode()


def test_reading(tmp_path):
    path = tmp_path / "settings.conf"
    path.write_text(TEXT, encoding="utf-8")
    assert read(path) == {
        "verbose": True,
        "model": {"width": 64, "dropout": 0.1, "name": "resnet", "layers": [64, 32], "colour": "#ff0000"},
        "optim.sgd": {"LR": 1e-3, "momentum": "", "nesterov": False, "milestones": "\n30\n60"},
        "train": {"epochs": 10, "path": "%(root)s/data", "amp": True},
    }
    assert "optim.sgd.LR" in keys(read(path))
    assert defined(path, ["LR", "width", "train.nothing", "lr"]) == ["LR", "width", "train.nothing"]


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ({"verbose": False}, "verbose = yes", "verbose = no"),
        ({"width": 128}, "width = 64          ; hidden", "width = 128          ; hidden"),
        ({"model.dropout": 0.25}, "dropout: 0.1", "dropout: 0.25"),
        ({"model.name": "vit b"}, 'name="resnet"  #', 'name="vit b"  #'),
        ({"model.name": "1"}, 'name="resnet"', 'name="1"'),
        ({"layers": [8]}, "layers = [64, 32]", "layers = [8]"),
        ({"layers.0": 8, "model.layers.1": 4}, "layers = [64, 32]", "layers = [8, 4]"),
        ({"colour": "#00ff00"}, "#ff0000", "#00ff00"),
        ({"optim.sgd.LR": 1e-05}, "LR=1e-3", "LR=1e-05"),
        ({"momentum": 0.9}, "momentum =", "momentum = 0.9"),
        ({"nesterov": True}, "nesterov = False", "nesterov = True"),
        ({"milestones": 5}, "milestones =\n    30\n    # the second\n    60", "milestones = 5"),
        ({"amp": False}, "amp = ON", "amp = OFF"),
        ({"path": "other"}, "path = %(root)s/data ;", "path = other ;"),
    ],
)
def test_an_edit_changes_the_value_alone(tmp_path, changes, old, new):
    assert TEXT.count(old) == 1
    assert edited(tmp_path, changes) == TEXT.replace(old, new)


def test_keys_come_and_go(tmp_path):
    copy = edited(tmp_path, {"optim.sgd.decay": 0.1}, insert=["optim.sgd.decay"], remove=["momentum", "milestones"])
    assert copy == TEXT.replace(TEXT[TEXT.index("momentum") : TEXT.index("nesterov")], "").replace(
        TEXT[TEXT.index("milestones") : TEXT.index("\n[train]")], "decay=0.1\n"
    )
    assert edited(tmp_path, {"a.y": 1}, "[a]\nx: 0", insert=["a.y"]) == "[a]\nx: 0\ny: 1\n"
    assert edited(tmp_path, {"y": 1}, "[a]\r\nx = 0\r\n", insert=["y"]) == "y = 1\r\n[a]\r\nx = 0\r\n"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "1"}, "does not look like one of these"),
        ({"colour": "a ; b"}, "has no comment in it"),
        ({"colour": "two\nlines"}, "a line of text"),
        ({"name": 'a"b'}, "got 'a\"b' for 'model.name'"),
        ({"width": None}, "got None for 'model.width'"),
        ({"model": 3}, "only a value after '=' or ':' can be edited"),
        ({"nothing": 3}, "'train.nothing' is none"),
        ({"widht": 3}, "Did you mean 'width'?"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, changes, message):
    with pytest.raises(InputError) as caught:
        edited(tmp_path, changes)
    assert message in caught.value.message
    assert not (tmp_path / "copy.ini").exists()


def test_text_without_any_form_is_no_error(tmp_path):
    path = tmp_path / "any.conf"
    path.write_text(
        "server {\n  listen 80;\n}\n= x\n[]\n[ \n" + "9" * 5000 + " = " + "9" * 5000 + "\nx = " + "[" * 5000
    )
    assert read(path)["x"] == "[" * 5000
