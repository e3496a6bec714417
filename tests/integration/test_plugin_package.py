"""A proposer in a package of its own, installed as its users would: pip, its own tests, a study with it by name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"


@pytest.mark.slow
def test_the_example_of_a_plugin_is_installed_tested_and_used(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="without the network, pip builds only with the backend that is there")
    source, target = tmp_path / "source", tmp_path / "installed"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.egg-info"))
    environment = {**os.environ, "PYTHONPATH": str(target), "XDG_CONFIG_HOME": str(tmp_path / "nothing")}

    def python(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    python("-m", "pip", "install", "-q", *offline, "--target", str(target), str(source))
    assert (target / "tunesmith_neighbour.py").exists()
    tested = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(source), str(source))
    assert "2 passed" in tested
    (tmp_path / "study.toml").write_text(
        "[study]\nobjective = 'minimize y'\n[task]\ncommand = 'echo y={x}'\n"
        "[space]\nx = { type = 'float', low = -1, high = 1 }\n"
        "[search]\nproposer = { name = 'neighbour', explore = 0.1 }\n[budget]\ntrials = 4\n"
    )
    assert '"proposer": "neighbour"' in python("-m", "tunesmith", "run", "study.toml", "--json")
