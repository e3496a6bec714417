"""Scripts in processes of their own, whose files are noted as they are read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tunesmith.in_script import variables

SCRIPT = """
import json, os, pathlib, subprocess, sys
import module, package.inner, json.tool
sys.dont_write_bytecode = True
open("a.yaml").read()
pathlib.Path("b.json").read_text()
os.close(os.open("c.ini", os.O_RDONLY))
os.chdir("package")
open("../d.toml").read()
open("d.yaml", "w").write("lr: 1")
open("data.csv").read()
try:
    open("missing.yaml")
except FileNotFoundError:
    pass
subprocess.run([sys.executable, "-c", "open('../e.yaml')"], check=True)
"""


def test_what_is_read_is_noted(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    for name in ("a.yaml", "b.json", "c.ini", "d.toml", "e.yaml", "package/data.csv", "module.py", "package/inner.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "train.py").write_text(SCRIPT)
    notes = tmp_path / "notes"
    suffixes = [".py", ".yaml", ".json", ".ini", ".toml"]
    settings = {"opened": {"path": str(notes), "suffixes": suffixes}}
    environment = {**os.environ, **variables(settings, os.environ)}
    for _ in range(2):  # The second time, Python reads compiled modules.
        notes.unlink(missing_ok=True)
        subprocess.run([sys.executable, "train.py"], cwd=tmp_path, env=environment, check=True)
        noted = {Path(line).relative_to(tmp_path).as_posix() for line in notes.read_text().splitlines()}
        read = {"a.yaml", "b.json", "c.ini", "d.toml", "e.yaml", "module.py", "package/inner.py"}
        assert noted - {"train.py", "package/missing.yaml"} == read


def test_a_script_goes_on_where_nothing_can_be_noted(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("lr: 1")
    settings = {"opened": {"path": str(tmp_path / "no" / "notes"), "suffixes": [".yaml"]}}
    done = subprocess.run(
        [sys.executable, "-c", "print(open('a.yaml').read())"],
        cwd=tmp_path, env={**os.environ, **variables(settings, os.environ)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("lr: 1\n", "")
