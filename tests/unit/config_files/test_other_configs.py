import json
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tunesmith.config_files import contains, edit, find, read
from tunesmith.errors import InputError

YAML_TEXT = """\
# top
lr: 1e-4   # rate
model:
  width: 64
  act: 'relu'
  dropout: null
  layers: [1, 2, 3]
  stages:
  - a
  - name: "x"
text: |
  hello
  world

base: &base
  lr: 0.1
  decay: 0
train:
  <<: *base
  decay: 1
alias: *base
flow: {a: 1, b: yes}
made: !python/tuple [1]
tail: end
"""

ODD_YAML = """\
# first
---
lr:    1e-4   # rate
model:
    width:   64      # hidden
    dropout:
    layers: [ 1,
      2 ]
    stages:
      # about a
      - a
      -   name: "x"
    flow: {a: , b, "c": yes}
    kind: !!str 3
    path: C:\\data
    when: 2024-01-01
    time: 12:30
    plain: two
      lines
"""

JSON_TEXT = """{
\t"a": 1, "é": {"x": [1, {"y": 2.5e3}]},
\t"b": {
\t\t"c": null,
\t\t"d": "q"
\t},
\t"e": {}
}
"""

TOML_TEXT = """\
# top
lr = 1e-3   # rate

[model]   # the model
width = 64
"a.b" = 2
shape = { z = 1 }   # inline
name = 'single'

[[layers]]
n = 1
[[layers]]
n = 2
"""


def edited(folder: Path, name: str, text: str, changes: dict, **options) -> str:
    source, target = folder / name, folder / f"copy{Path(name).suffix}"
    source.write_bytes(text.encode())
    edit(source, target, changes, **options)
    assert source.read_bytes() == text.encode()
    return target.read_bytes().decode()


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("lr", 3e-5, "lr: 1e-4   # rate", "lr: 3.0e-05 # rate"),
        ("model.width", 128, "width: 64", "width: 128"),
        ("model.act", "yes", "'relu'", "'yes'"),
        ("model.dropout", 0.5, "dropout: null", "dropout: 0.5"),
        ("layers.1", 5, "[1, 2, 3]", "[1, 5, 3]"),
        ("model.stages.0", "b c", "- a\n", '- "b c"\n'),
        ("model.stages.1.name", "ü", '"x"', '"ü"'),
        ("text", "x", "|\n  hello\n  world\n\n", "x\n"),
        ("base.lr", 0.7, "lr: 0.1", "lr: 0.7"),
        ("train.lr", 0.7, "  decay: 1\n", "  decay: 1\n  lr: 0.7\n"),
        ("alias", 3, "alias: *base", "alias: 3"),
        ("flow.b", False, "b: yes", "b: false"),
        ("tail", "off", "tail: end", 'tail: "off"'),
        ("made", [2, 3], "!python/tuple [1]", "[2, 3]"),
    ],
)
def test_yaml_keeps_everything_else(tmp_path, key, value, old, new):
    assert YAML_TEXT.count(old) == 1
    text = edited(tmp_path, "c.yaml", YAML_TEXT, {key: value})
    assert text == YAML_TEXT.replace(old, new)
    assert find(read(tmp_path / "copy.yaml"), key) == value


def test_yaml_in_any_layout_keeps_its_comments_and_all_other_values(tmp_path):
    wanted = {
        "lr": 1e-4,
        "model": {
            "width": 32,
            "dropout": None,
            "layers": [1, 2],
            "stages": ["a", {"name": "x"}],
            "flow": {"a": None, "b": None, "c": True},
            "kind": "3",
            "path": "C:\\data",
            "when": "2024-01-01",
            "time": "12:30",
            "plain": "two lines",
        },
    }
    text = edited(tmp_path, "c.yaml", ODD_YAML, {"model.width": 32})
    assert read(tmp_path / "copy.yaml") == wanted
    assert list(read(tmp_path / "copy.yaml")["model"]) == list(wanted["model"])
    for comment in ("# rate", "# hidden", "# about a"):
        assert comment in text


def test_an_alias_follows_its_anchor_and_is_edited_alone(tmp_path):
    text = "base: &lr 1.0\nhead: *lr\ntables: [[*lr], {a: 1, b: *lr}]\n"
    assert edited(tmp_path, "c.yaml", text, {"base": 2}) == text.replace("1.0", "2")
    assert read(tmp_path / "copy.yaml") == {"base": 2, "head": 2, "tables": [[2], {"a": 1, "b": 2}]}
    assert edited(tmp_path, "c.yaml", text, {"head": 2}) == text.replace("head: *lr", "head: 2")
    edited(tmp_path, "c.yaml", text, {"base": [1]})
    assert read(tmp_path / "copy.yaml") == {"base": [1], "head": [1], "tables": [[[1]], {"a": 1, "b": [1]}]}


def test_yaml_keeps_directives_marks_and_windows_line_ends(tmp_path):
    source, target = tmp_path / "c.yaml", tmp_path / "d.yaml"
    source.write_bytes(b"\xef\xbb\xbf%YAML 1.1\r\n---\r\na: 1\r\n# note\r\nb: |\r\n  x\r\n  y\r\n")
    edit(source, target, {"a": 2})
    assert target.read_bytes() == source.read_bytes().replace(b"a: 1", b"a: 2")
    assert read(target) == {"a": 2, "b": "x\ny\n"}


def test_yaml_values_are_those_of_an_independent_reader(tmp_path):
    text = "a: 0x1f\nb: [1_0, 0o17, .5, 1., 1e3, -2E-3]\nc: {d: ~, e: 'no', f: null}\ng:\n  - - 1\n    - x: 1\n"
    (tmp_path / "c.yml").write_text(text)
    assert read(tmp_path / "c.yml") == YAML(typ="safe", pure=True).load(text)


def test_small_floats_are_floats_for_readers_of_yaml_1_1(tmp_path):
    text = edited(tmp_path, "c.yaml", "a: 1\nb: 2\n", {"a": 1e-05, "b": 1e22})
    old = YAML(typ="safe", pure=True)
    old.version = (1, 1)
    assert old.load(text) == {"a": 1e-05, "b": 1e22}
    assert all(isinstance(value, float) for value in old.load(text).values())


@pytest.mark.parametrize("word", ["no", "On", "null", "~", "1e5", "0x1f", "12:30", "a: b", "#x", "- x", "", "y", "é\n"])
def test_yaml_strings_stay_strings_in_both_versions(tmp_path, word):
    text = edited(tmp_path, "c.yaml", "a: b\n", {"a": word})
    for version in ((1, 1), (1, 2)):
        yaml = YAML(typ="safe", pure=True)
        yaml.version = version
        assert yaml.load(text) == {"a": word}


def test_yaml_inserts_and_removes(tmp_path):
    names = {"flow.c": 3, "model.new": 1.5, "top": None}
    gone = ["model.width", "flow.a", "text", "base.decay", "tail", "model.stages", "absent"]
    text = edited(tmp_path, "c.yaml", YAML_TEXT, names, insert=set(names), remove=gone)
    assert (
        text
        == """\
# top
lr: 1e-4   # rate
model:
  act: 'relu'
  dropout: null
  layers: [1, 2, 3]
  new: 1.5
base: &base
  lr: 0.1
train:
  <<: *base
  decay: 1
alias: *base
flow: {b: yes, c: 3}
made: !python/tuple [1]
top: null
"""
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", r'c\.yaml:2.*duplicate key "a"'),
        ("a: 1\n---\nb: 2\n", "several documents"),
        ("a: [1\nb: 2\n", r"c\.yaml:2"),
        ("- 1\n", "a table at its top"),
    ],
)
def test_yaml_that_cannot_be_used(tmp_path, text, message):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "c.yaml")


def test_parts_behind_an_anchor_are_not_edited_through_the_alias(tmp_path):
    with pytest.raises(InputError, match=r"'alias\.lr'.*anchor"):
        edited(tmp_path, "c.yaml", YAML_TEXT, {"alias.lr": 3})


def test_json_keeps_indent_order_and_characters(tmp_path):
    text = edited(tmp_path, "c.json", JSON_TEXT, {"a": 2, "é.x.1.y": 1e-9, "b.d": "ö\n"})
    wanted = {"a": 2, "é": {"x": [1, {"y": 1e-9}]}, "b": {"c": None, "d": "ö\n"}, "e": {}}
    assert text == json.dumps(wanted, indent="\t", ensure_ascii=False) + "\n"
    for written in ('{"a":1,"b":[1,2]}', '{"a": 1, "b": [1, 2]}\n', '{\n  "a": 1\n}', '{\n"a": 1, "b": "\\u00fc"\n}'):
        assert edited(tmp_path, "c.json", written, {"a": 1}).split() == written.split()


def test_json_inserts_and_removes(tmp_path):
    names = {"b.k": 2, "e.f": 1, "é.w": [1]}
    text = edited(tmp_path, "c.json", JSON_TEXT, names, insert=set(names), remove=["b.c", "b.d", "a"])
    wanted = {"é": {"x": [1, {"y": 2.5e3}], "w": [1]}, "b": {"k": 2}, "e": {"f": 1}}
    assert text == json.dumps(wanted, indent="\t", ensure_ascii=False) + "\n"


def test_json_with_odd_content(tmp_path):
    source, target = tmp_path / "c.json", tmp_path / "d.json"
    source.write_bytes(b'\xef\xbb\xbf{\r\n    "a": 1,\r\n    "b": NaN,\r\n    "a": "\\ud83d"\r\n}\r\n')
    edit(source, target, {"b": 2})
    assert target.read_bytes() == b'\xef\xbb\xbf{\r\n    "a": "\\ud83d",\r\n    "b": 2\r\n}\r\n'


def test_toml_keeps_everything_else(tmp_path):
    changes = {"lr": 1e-5, "model.a.b": 5, "layers.1.n": 7, "model.shape.z": 2, "model.new": True}
    text = edited(tmp_path, "c.toml", TOML_TEXT, changes, insert=["model.new"], remove=["model.width"])
    assert (
        text
        == """\
# top
lr = 1e-05   # rate

[model]   # the model
"a.b" = 5
shape = { z = 2 }   # inline
name = 'single'
new = true

[[layers]]
n = 1
[[layers]]
n = 7
"""
    )


def test_toml_with_windows_line_ends(tmp_path):
    text = edited(tmp_path, "c.toml", TOML_TEXT.replace("\n", "\r\n"), {"model.new": 1}, insert=["model.new"])
    assert text.count("\n") == text.count("\r\n")
    assert tomllib.loads(text)["model"]["new"] == 1


def test_toml_has_no_none(tmp_path):
    with pytest.raises(InputError, match="must not be None"):
        edited(tmp_path, "c.toml", TOML_TEXT, {"lr": None})


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_the_source_is_never_the_target(tmp_path, link):
    source = tmp_path / "c.json"
    source.write_text('{"a": 1}')
    getattr(tmp_path / "link.json", link)(source)
    for target in (source, tmp_path / "link.json", tmp_path / ".." / tmp_path.name / "c.json"):
        with pytest.raises(InputError, match="must be another file"):
            edit(source, target, {"a": 2})
    assert source.read_text() == '{"a": 1}'


def test_a_link_at_the_target_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "c.json").write_text('{"a": 1}')
    (tmp_path / "precious.json").write_text("{}")
    (tmp_path / "copy.json").symlink_to(tmp_path / "precious.json")
    edit(tmp_path / "c.json", tmp_path / "copy.json", {"a": 2})
    assert (tmp_path / "precious.json").read_text() == "{}"
    assert (tmp_path / "copy.json").read_text() == '{"a": 2}'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.json", "copy.json", "precious.json"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"x", {1, 2}])
def test_values_that_no_config_can_hold(tmp_path, value):
    with pytest.raises(InputError, match="for 'a'"):
        edited(tmp_path, "c.json", '{"a": 1}', {"a": value})


def test_edits_inside_one_another(tmp_path):
    with pytest.raises(InputError, match="inside one another"):
        edited(tmp_path, "c.json", '{"a": {"b": 1}}', {"a": 1, "a.b": 2})
    with pytest.raises(InputError, match="edited once"):
        edited(tmp_path, "c.json", '{"t": {"b": 1}}', {"b": 1, "t.b": 2})


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"\.py, \.toml, .*\.json, \.ini"):
        read(tmp_path / "c.xml")
    with pytest.raises(InputError, match="No such file"):
        read(tmp_path / "c.json")
    (tmp_path / "c.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(InputError, match="UTF-8"):
        read(tmp_path / "c.json")


def test_contains_and_find():
    values = {"a.b": 1, "a": {"b": {"c": 2}}}
    assert find(values, "a.b") == 1
    assert find(values, "a.b.c") == 2
    assert contains(values, "b.c")
    assert not contains(values, "d")
    with pytest.raises(KeyError):
        find(values, "d")
