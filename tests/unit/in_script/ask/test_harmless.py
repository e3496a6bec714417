"""Scripts that are asked for their options, in processes of their own, under each Python that is here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tunesmith.in_script import variables

SCRIPT = """
import os, pickle, shutil
from pathlib import Path

def error(function, *args, **keywords):
    try:
        function(*args, **keywords)
    except Exception as error:
        return type(error).__name__

class Functions:
    remove = os.remove

Path("made").mkdir()
Path("made").mkdir(exist_ok=True)
for _ in range(2):
    os.makedirs("runs/today", exist_ok=True)
Path("runs/log.txt").write_text("logged")
with Path("runs/log.txt").open("a") as file:
    print(" twice", end="", file=file)
os.mkdir(b"bytes")
for _ in range(2):
    Path("touched").touch()
    Path("old.txt").touch()
os.close(os.open("descriptor", os.O_CREAT | os.O_WRONLY))
os.utime("old.txt", (1, 1))
os.chmod("old.txt", 0o777)
os.symlink("old.txt", "link")
os.link("old.txt", "hard")
Path("latest").symlink_to("made")
with open("old.txt", "r+") as file:
    file.write("new")
Functions().remove("gone.txt")
Path("dangling").unlink()
Path("made").rename("moved")
pickle.loads(pickle.dumps(os.mkdir))("pickled")
shutil.rmtree("folder")
print([
    Path("runs/log.txt").read_text(), open("old.txt").read(), open("runs/log.txt").name, os.mkdir.__name__,
    error(open, "kept.txt", "x"), error(os.mkdir, "inner"), error(os.utime, "no"), error(os.remove, "no"),
    error(os.mkdir, "nul\\0"), error(open, None), error(os.mkdir, 3.5), os.unlink in os.supports_dir_fd,
])
"""
PRINTED = [
    *("logged twice", "new text", "runs/log.txt", "mkdir", "FileExistsError", "FileExistsError"),
    *("FileNotFoundError", "FileNotFoundError", "ValueError", "TypeError", "TypeError", True),
]


def python(version: str) -> str:
    """An interpreter of another version: pathlib has held functions of its own until 3.10."""
    program = shutil.which(f"python{version}")
    if program is None or subprocess.run([program, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"Python {version} is not installed")
    return program


def contents(folder: Path) -> dict[str, tuple[float, int, str]]:
    """When each file of a folder was changed, its mode, and what it holds or leads to."""
    held = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        text = str(path.readlink()) if path.is_symlink() else path.read_text() if path.is_file() else ""
        held[str(path)] = (status.st_mtime, status.st_mode, text)
    return held


@pytest.mark.parametrize("version", ["here", "3.8", "3.9", "3.10"])
def test_whatever_a_script_does_to_files_leaves_no_trace(tmp_path: Path, version: str) -> None:
    program = sys.executable if version == "here" else python(version)
    project, scratch = tmp_path / "project", tmp_path / "scratch"
    for folder in (project, project / "inner", project / "folder", scratch):
        folder.mkdir()
    for name in ("old.txt", "gone.txt", "kept.txt", "folder/file.txt"):
        (project / name).write_text("old text")
    (project / "dangling").symlink_to("nowhere")
    (project / "train.py").write_text(SCRIPT)
    before = contents(project)
    hook = variables({"ask": {"answer": str(tmp_path / "answer.json"), "scratch": str(scratch)}}, os.environ)
    environment = {**os.environ, **hook, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([program, "train.py"], cwd=project, env=environment, capture_output=True, text=True)
    assert done.stdout == f"{PRINTED}\n", done.stderr
    assert contents(project) == before
