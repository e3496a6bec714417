"""Any leaf of any config can be edited, and nothing but that leaf changes."""

import configparser
import json
import re
import tempfile
from math import isfinite
from pathlib import Path

import tomlkit
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tunesmith.config_files import edit, read
from tunesmith.config_files.names import joined, leaves, value_at
from tunesmith.errors import InputError

keys = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).map(lambda key: f"k_{key}")
scalars = (
    st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.text("0189.-e", max_size=4)
)
values = st.recursive(
    scalars, lambda inner: st.dictionaries(keys, inner, max_size=4) | st.lists(inner, max_size=3), max_leaves=12
)
configs = st.dictionaries(keys, values, min_size=1, max_size=5)
notes = st.lists(st.sampled_from(["# note", "#", "#: é", "# { [ ( , '"]), min_size=1, max_size=4)


def as_python(config, notes):
    def write(value, indent):
        if isinstance(value, dict) and value:
            lines = [
                f"{indent}    {key!r}: {write(inner, indent + '    ')},  {notes[place % len(notes)]}\n"
                for place, (key, inner) in enumerate(value.items())
            ]
            return "{\n" + "".join(lines) + indent + "}"
        if isinstance(value, list):
            return "[" + ", ".join(write(inner, indent) for inner in value) + "]"
        return repr(value)

    return "".join(f"{notes[0]}\n{key} = {write(value, '')}  {notes[-1]}\n" for key, value in config.items())


def scalar_as_yaml(value):
    if isinstance(value, str):
        return '"' + "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08x}" for c in value) + '"'
    return json.dumps(value)


def as_yaml(config, notes):
    def flow(value):
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
        return f"[{', '.join(map(flow, value))}]" if isinstance(value, list) else scalar_as_yaml(value)

    def write(value, indent):
        if isinstance(value, dict) and value:
            lines = [f"{indent}{key}:{write(inner, indent + '  ')}" for key, inner in value.items()]
            return f"  {notes[0]}\n" + "".join(lines)
        if isinstance(value, list) and value:
            return "\n" + "".join(f"{indent}- {flow(inner)}   {notes[-1]}\n" for inner in value)
        return f"   {flow(value)} {notes[-1]}\n"

    return f"{notes[0]}\n" + "".join(f"{key}:{write(value, '  ')}" for key, value in config.items())


def is_number(text):
    """Tell whether a value is a number that was written as a text."""
    try:
        return isinstance(text, str) and isfinite(float(text))
    except ValueError:
        return False


def check_edit(suffix, text, before, route, value):
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, f"a{suffix}"), Path(folder, f"b{suffix}")
        source.write_bytes(text.encode())
        assert read(source) == before
        edit(source, target, {joined(route): value})
        assert source.read_bytes() == text.encode()
        copy = target.read_bytes().decode()
        after = read(target)
    if isinstance(value, float | int) and not isinstance(value, bool) and is_number(value_at(before, route)):
        value = repr(value)  # A number that was written as a text stays one.
    assert value_at(after, route) == value
    assert type(value_at(after, route)) is type(value)
    holder = value_at(before, route[:-1])
    holder[route[-1]] = value
    assert after == before
    return copy


def only_one_place_differs(text, copy, old, new):
    """Cut the common start and end away: what is left must be no longer than the two values."""
    start = next((i for i, (a, b) in enumerate(zip(text, copy, strict=False)) if a != b), min(len(text), len(copy)))
    longest = min(len(text), len(copy)) - start
    end = next((i for i in range(longest) if text[-1 - i] != copy[-1 - i]), longest)
    assert len(text) - start - end <= old
    assert len(copy) - start - end <= new


def comments(text):
    return re.findall("#.*", re.sub(r'"(\\.|[^"\\])*"', "", text))


def number_in_text():
    """An edit of a number that was written as a text; a new one each time, as the tests change it."""
    return {"k_a": {"k_b": "0"}}, ("k_a", "k_b"), 0.5, ["# note"]


@st.composite
def edits(draw):
    config = draw(configs)
    routes = [route for route, _ in leaves(config)]
    return config, draw(st.sampled_from(routes)), draw(scalars), draw(notes)


@settings(max_examples=100)
@given(edits())
@example(number_in_text())
def test_python(case):
    config, route, value, notes = case
    text = as_python(config, notes)
    old = value_at(config, route)
    copy = check_edit(".py", text, config, route, value)
    only_one_place_differs(text, copy, len(repr(old)) + 2, len(ascii(value)) + 2)


@settings(max_examples=60)
@given(edits())
@example(number_in_text())
def test_yaml(case):
    config, route, value, notes = case
    text = as_yaml(config, notes)
    old = value_at(config, route)
    copy = check_edit(".yaml", text, config, route, value)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "a.yaml"), Path(folder, "b.yaml")
        source.write_text(text)
        edit(source, target, {})
        unchanged = target.read_text()
    if old not in ({}, []):  # ruamel.yaml keeps a comment with the table or list before it
        assert comments(text) == comments(copy)
    unchanged, copy = (re.sub(" +#", " #", each) for each in (unchanged, copy))  # a comment stays in its column
    only_one_place_differs(unchanged, copy, len(json.dumps(old)), len(scalar_as_yaml(value)) + 2)


@settings(max_examples=100)
@given(edits(), st.sampled_from([None, 2, "\t"]))
@example(number_in_text(), 2)
def test_json(case, indent):
    config, route, value, _ = case
    text = json.dumps(config, indent=indent, ensure_ascii=False) + "\n"
    copy = check_edit(".json", text, config, route, value)
    assert copy == json.dumps(config, indent=indent, ensure_ascii=text.isascii()) + "\n"


@settings(max_examples=60)
@given(edits())
@example(number_in_text())
def test_toml(case):
    config, route, value, notes = case
    assume(value_at(config, route) != {})  # a whole table is not replaced
    text = "".join(f"{note}\n" for note in notes) + tomlkit.dumps(config)
    copy = check_edit(".toml", text, config, route, value)
    assert copy.startswith("".join(f"{note}\n" for note in notes))


lines = st.text("ab Z=:[]'\"%$#;", max_size=6).map(str.strip)
ini_scalars = st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | lines
sections = st.dictionaries(keys, st.dictionaries(keys, ini_scalars, min_size=1, max_size=4), min_size=1, max_size=3)


def as_ini(config, notes, sign):
    text = f"{notes[0]}\n"
    for name, table in config.items():
        text += f"[{name}]\n\n" + "".join(f"{key}{sign}{value}\n{notes[-1]}\n" for key, value in table.items())
    return text


def parsed_by_python(text):
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return {section: dict(parser[section]) for section in parser.sections()}


@settings(max_examples=100)
@given(sections, ini_scalars, notes, st.sampled_from(["=", " = ", ": "]), st.data())
def test_ini_as_python_itself_reads_it(config, value, notes, sign, data):
    section = data.draw(st.sampled_from([*config]))
    key = data.draw(st.sampled_from([*config[section]]))
    text = as_ini(config, notes, sign)
    before = parsed_by_python(text)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "a.ini"), Path(folder, "b.ini")
        source.write_bytes(text.encode())
        assert {name: list(table) for name, table in read(source).items()} == {n: list(t) for n, t in before.items()}
        old = read(source)[section][key]
        try:
            edit(source, target, {f"{section}.{key}": value})
        except InputError:
            assert isinstance(value, str)  # Some text cannot be told from a number or a comment.
            return
        assert source.read_bytes() == text.encode()
        copy = target.read_bytes().decode()
        assert read(target)[section][key] == value
    only_one_place_differs(text, copy, len(str(old)) + 2, len(str(value)) + 2)
    after = parsed_by_python(copy)
    written = after[section].pop(key)
    was = before[section].pop(key)
    assert after == before
    if " #" not in was and " ;" not in was:  # Comments, for some parsers.
        assert written.strip("'\"") == str(value).strip("'\"") or written.lower() in WORDS[value]


WORDS = {True: ("true", "yes", "on"), False: ("false", "no", "off")}


@settings(max_examples=60)
@given(configs, keys, scalars, notes, st.data())
def test_insert_then_remove_restores_the_values(config, key, value, notes, data):
    tables = [()] + [(key,) for key, table in config.items() if isinstance(table, dict)]
    route = (*data.draw(st.sampled_from(tables)), f"new_{key}")
    for suffix, text in ((".py", as_python(config, notes)), (".json", json.dumps(config, indent=2))):
        if suffix == ".json" and not config:
            continue
        with tempfile.TemporaryDirectory() as folder:
            first, second, third = (Path(folder, f"{name}{suffix}") for name in "abc")
            first.write_bytes(text.encode())
            edit(first, second, {joined(route): value}, insert=[joined(route)])
            assert value_at(read(second), route) == value
            edit(second, third, {}, remove=[joined(route)])
            assert read(third) == config
