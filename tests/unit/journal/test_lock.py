"""The locks of a study: steps wait, a run refuses, and no file can be deleted to get around them."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tunesmith.errors import StudyLocked
from tunesmith.journal import lock
from tunesmith.journal.file import FileJournal
from tunesmith.journal.lock import is_running

OWNER = """
import os, pathlib, sys
from tunesmith.journal.events import SessionOpened, to_line
from tunesmith.journal.file import FileJournal
journal = FileJournal(pathlib.Path(sys.argv[1]))
journal.lock()
journal.append([to_line(SessionOpened(pid=os.getpid(), host="node-7"))])
if sys.argv[2] == "run":
    journal.show_as_running()
print(os.getpid(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study" / "journal.jsonl"


@contextmanager
def owner(path: Path, kind: str) -> Iterator[subprocess.Popen[str]]:
    """A process that owns the lock until it is killed, or its standard input is closed."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(path), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
        yield process
        process.kill()


def test_a_process_that_runs_the_study_refuses_others_at_once_by_name(path: Path) -> None:
    with owner(path, "run") as process:
        assert is_running(path.parent)
        with pytest.raises(StudyLocked, match=f"is run by pid {process.pid} on node-7. Wait until it ends, stop it,"):
            FileJournal(path).lock()
    assert not is_running(path.parent)
    FileJournal(path).lock()  # The locks end with their process.


def test_no_file_can_be_deleted_to_get_around_the_lock(path: Path) -> None:
    with owner(path, "run"):
        for file in path.parent.iterdir():
            if file != path:
                file.unlink()
        with pytest.raises(StudyLocked):
            FileJournal(path).lock()


def test_a_copy_in_place_of_the_journal_does_not_let_another_process_in(path: Path) -> None:
    with owner(path, "run") as process:
        path.rename(path.with_name("moved"))
        shutil.copy(path.with_name("moved"), path)
        with pytest.raises(StudyLocked, match=f"is run by pid {process.pid}"):
            FileJournal(path).lock()


def test_a_step_of_another_process_is_waited_for(path: Path) -> None:
    with owner(path, "step") as process:
        assert not is_running(path.parent)
        assert process.stdin is not None
        process.stdin.close()
        journal = FileJournal(path)
        journal.lock()
        assert process.wait() == 0
        journal.unlock()


def test_a_step_that_does_not_end_is_not_waited_for_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(lock, "_NOTICE_SECONDS", 0.0)
    refused = pytest.raises(StudyLocked, match="is in use by another process for more than 0 s")
    with owner(path, "step"), caplog.at_level(logging.WARNING), refused:
        FileJournal(path).lock()
    assert [record.message for record in caplog.records if "waiting for another process" in record.message] != []


def test_an_unlocked_journal_is_free_although_a_child_holds_a_copy_of_the_lock(path: Path) -> None:
    journal = FileJournal(path)
    journal.lock()
    journal.show_as_running()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    os.close(read)
    journal.unlock()
    other = FileJournal(path)
    other.lock()
    assert not is_running(path.parent)
    other.unlock()
    os.close(write)
    os.waitpid(child, 0)
