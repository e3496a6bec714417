"""Scripts in processes of their own, whose files are sent to the trial's place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tunesmith.in_script import variables


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project" / "out").mkdir(parents=True)
    (tmp_path / "project" / "out" / "old.txt").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "project")
    return tmp_path / "project"


def run(project: Path, code: str) -> str:
    work = project.parent / "work"
    settings = {"own": {"project": str(project), "work": str(work), "files": ["out/new.txt", "out/old.txt"]}}
    return subprocess.run(
        [sys.executable, "-c", code, str(project)],
        cwd=project.parent, env={**os.environ, **variables(settings, os.environ)}, capture_output=True, text=True,
        check=True, timeout=60,
    ).stdout  # fmt: skip


START = "import os, sys; from pathlib import Path; project = Path(sys.argv[1]); "


@pytest.mark.parametrize(
    "write",
    [
        "open(project / 'out/new.txt', 'w').write('a')",
        "open(b'%s' % os.fsencode(project / 'out/new.txt'), 'a').write('a')",
        "(project / 'out' / 'new.txt').write_text('a')",
        "open('link/out/new.txt', 'x').write('a')",
        "os.chdir(project / 'out'); open('new.txt', 'w').write('a')",
        "file = os.open(project / 'out/new.txt', os.O_WRONLY | os.O_CREAT); os.write(file, b'a')",
    ],
)
def test_what_is_written_is_the_trials_by_whatever_path(project: Path, write: str) -> None:
    run(project, START + write)
    assert (project.parent / "work" / "out" / "new.txt").read_text() == "a"
    assert not (project / "out" / "new.txt").exists()


def test_what_was_written_is_read_back_and_before_that_the_original(project: Path) -> None:
    place = "place = project / 'out/old.txt'; "
    assert run(
        project, f"{START}{place}print(place.read_text()); place.write_text('mine'); print(place.read_text())"
    ) == ("old\nmine\n")
    assert (project / "out" / "old.txt").read_text() == "old"


def test_other_files_of_these_names_stay_where_they_are(project: Path) -> None:
    run(project, START + "open('new.txt', 'w').write('a'); os.close(os.open('new.txt', os.O_RDONLY)); open(1, 'w')")
    assert (project.parent / "new.txt").read_text() == "a"
    assert not (project.parent / "work").exists()
