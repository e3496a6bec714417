"""The journal on disk: appends, locks, cut-off lines, full disks."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tunesmith.core.trial import Proposal
from tunesmith.errors import JournalError, StudyLocked
from tunesmith.journal.events import SessionClosed, SessionOpened, StudyStopped, TrialNoted, TrialProposed
from tunesmith.journal.file import FileJournal, read_events


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study" / "journal.jsonl"


def test_appended_events_are_read_back(path: Path) -> None:
    events = [SessionOpened(pid=1), TrialProposed(trial=0, proposal=Proposal(parameters={"x": 1.5, "ä": [1, None]}))]
    journal = FileJournal(path)
    journal.append(*events)
    journal.close()
    restored = list(read_events(path))
    assert [replace(e, time=0.0) for e in restored] == [replace(e, time=0.0) for e in events]
    assert [e.time for e in restored] == pytest.approx([e.time for e in events], abs=1e-5)
    assert [e.kind for e in read_events(path, after=1)] == ["trial_proposed"]


def test_a_missing_journal_has_no_events(tmp_path: Path) -> None:
    assert list(read_events(tmp_path / "none.jsonl")) == []


@pytest.mark.parametrize("cut", range(1, 40, 6))
def test_an_incomplete_last_line_is_removed_with_a_warning(
    path: Path, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    journal = FileJournal(path)
    journal.append(SessionOpened(), SessionClosed())
    journal.append(StudyStopped(reason="done"))
    journal.close()
    path.write_bytes(path.read_bytes()[:-cut])
    assert len(list(read_events(path))) == 2
    with caplog.at_level(logging.WARNING):
        journal = FileJournal(path)
    assert "the last line of" in caplog.text
    journal.append(TrialNoted(trial=0, text="next"))
    journal.close()
    assert [event.kind for event in read_events(path)] == ["session_opened", "session_closed", "trial_noted"]


def test_a_damaged_line_is_an_error_with_its_number(path: Path) -> None:
    journal = FileJournal(path)
    journal.append(SessionOpened(), SessionClosed())
    journal.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"{rubbish\n" + lines[1])
    with pytest.raises(JournalError, match="line 2 of"):
        list(read_events(path))


def test_a_second_process_is_refused_with_pid_and_host_of_the_first(path: Path) -> None:
    script = (
        "import sys, pathlib, os; from tunesmith.journal.file import FileJournal\n"
        "journal = FileJournal(pathlib.Path(sys.argv[1])); print(os.getpid(), os.uname().nodename, flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        pid, host = first.stdout.readline().split()
        with pytest.raises(StudyLocked, match=f"in use by pid {pid} on {host}"):
            FileJournal(path)
        first.kill()
    FileJournal(path).close()  # The lock ends with its process.


def test_a_full_disk_removes_the_partial_line_only(path: Path) -> None:
    # With RLIMIT_FSIZE the kernel writes what fits and then fails, as on a full disk.
    script = """
import pathlib, resource, signal, sys
from tunesmith.errors import JournalError
from tunesmith.journal.events import TrialNoted
from tunesmith.journal.file import FileJournal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = FileJournal(pathlib.Path(sys.argv[1]))
journal.append(TrialNoted(trial=0, text="fits"))
resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
for attempt in range(2):
    try:
        journal.append(TrialNoted(trial=1, text="x" * 500))
    except JournalError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append(TrialNoted(trial=2, text="fits again"))
journal.close()
"""
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.count("Free some space") == 2
    assert [event.trial for event in read_events(path) if isinstance(event, TrialNoted)] == [0, 2]


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="must be readable and writable"):
        FileJournal(tmp_path / "file" / "journal.jsonl")


def test_a_journal_of_an_earlier_format_is_named_as_such(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"time":1.0,"event":"created","format":1,"version":"0.1.0","study":{}}\n')
    for kinds in ((), (SessionOpened,)):
        with pytest.raises(JournalError, match="written by an earlier version of tunesmith"):
            list(read_events(path, kinds=kinds))


def test_a_journal_that_cannot_be_opened_leaves_the_folder_free(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(JournalError, match="must be readable"):
        FileJournal(path)
    path.rmdir()
    FileJournal(path).close()


def test_a_closed_journal_is_free_although_a_child_holds_a_copy_of_the_lock(path: Path) -> None:
    journal = FileJournal(path)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    os.close(read)
    journal.close()
    FileJournal(path).close()
    os.close(write)
    os.waitpid(child, 0)
