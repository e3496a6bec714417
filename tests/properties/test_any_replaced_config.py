"""Whatever a config holds, a script that reads it sees exactly the edits of its copy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tunesmith.config_files import edit
from tunesmith.config_files.names import joined, leaves, value_at
from tunesmith.in_script import variables

keys = st.from_regex(r"k_[a-z0-9_]{1,6}", fullmatch=True)
scalars = (
    st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
values = st.recursive(
    scalars, lambda inner: st.dictionaries(keys, inner, max_size=4) | st.lists(inner, max_size=3), max_leaves=12
)
SCRIPT = """
import importlib, json, sys
for name in sys.argv[1:]:
    if name.endswith(".json"):
        read = json.load(open(name, encoding="utf-8"))
    else:
        read = {key: value for key, value in vars(importlib.import_module(name)).items() if key.startswith("k_")}
    print(json.dumps(read))
"""


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, dict[str, Any], tuple[Any, ...], Any]:
    config = draw(st.dictionaries(keys, values, min_size=1, max_size=5))
    route = draw(st.sampled_from([route for route, _ in leaves(config)]))
    return draw(st.sampled_from([".py", ".json"])), config, route, draw(scalars)


@settings(max_examples=8)
@given(st.lists(edits(), min_size=1, max_size=12))
def test_it_is_what_the_script_sees(cases: list[tuple[str, dict[str, Any], tuple[Any, ...], Any]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        (folder / "copies").mkdir()
        (folder / "train.py").write_text(SCRIPT)
        files = {}
        for number, (suffix, config, route, value) in enumerate(cases):
            original, copy = (where / f"config{number}{suffix}" for where in (folder, folder / "copies"))
            python = "".join(f"{key} = {value!r}\n" for key, value in config.items())
            original.write_text(python if suffix == ".py" else json.dumps(config), encoding="utf-8")
            edit(original, copy, {joined(route): value})
            files[str(original)] = str(copy)
            value_at(config, route[:-1])[route[-1]] = value
        names = [Path(original).name.removesuffix(".py") for original in files]
        done = subprocess.run(
            [sys.executable, "train.py", *names],
            cwd=folder,
            env=os.environ | variables({"replace": {"files": files}}, os.environ),
            capture_output=True,
            text=True,
            timeout=120,
        )
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert list(map(repr, seen)) == [repr(config) for _, config, _, _ in cases], done.stderr
