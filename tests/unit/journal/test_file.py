"""The journal on disk: appends, cut-off lines, full disks, and files that vanish or change."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tunesmith.core.trial import Proposal
from tunesmith.errors import JournalError
from tunesmith.journal.events import (
    Event,
    SessionClosed,
    SessionOpened,
    StudyCreated,
    StudyStopped,
    TrialNoted,
    TrialProposed,
    to_line,
)
from tunesmith.journal.file import FileJournal, read_events


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study" / "journal.jsonl"


@contextmanager
def locked(path: Path) -> Iterator[FileJournal]:
    journal = FileJournal(path)
    list(journal.read())
    journal.lock()
    yield journal
    journal.unlock()


def write(path: Path, *events: Event) -> None:
    with locked(path) as journal:
        journal.append([to_line(event) for event in events])


def test_appended_events_are_read_back(path: Path) -> None:
    events = [SessionOpened(pid=1), TrialProposed(trial=0, proposal=Proposal(parameters={"x": 1.5, "ä": [1, None]}))]
    write(path, *events)
    restored = list(read_events(path))
    assert [replace(e, time=0.0) for e in restored] == [replace(e, time=0.0) for e in events]
    assert [e.time for e in restored] == pytest.approx([e.time for e in events], abs=1e-5)
    assert [e.kind for e in read_events(path, kinds=[TrialProposed])] == ["trial_proposed"]


def test_a_journal_reads_on_where_it_stopped(path: Path) -> None:
    reader = FileJournal(path)
    assert list(reader.read()) == []
    write(path, SessionOpened())
    write(path, SessionClosed())
    assert [event.kind for event in reader.read()] == ["session_opened", "session_closed"]
    write(path, TrialNoted(trial=0, text="next"))
    assert [event.kind for event in reader.read()] == ["trial_noted"]
    assert list(reader.read()) == []
    with path.open("ab") as file:
        file.write(b'{"time":1.0,"event":"session_clo')  # Another process is writing.
    assert list(reader.read()) == []


def test_an_event_that_was_not_taken_is_read_again(path: Path) -> None:
    write(path, SessionOpened(), SessionClosed())
    reader = FileJournal(path)
    for event in reader.read():
        if isinstance(event, SessionClosed):
            break
    assert [event.kind for event in reader.read()] == ["session_closed"]


@pytest.mark.parametrize("cut", range(1, 40, 6))
def test_an_incomplete_last_line_is_removed_with_a_warning(
    path: Path, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    write(path, SessionOpened(), SessionClosed())
    write(path, StudyStopped(reason="done"))
    path.write_bytes(path.read_bytes()[:-cut])
    assert len(list(read_events(path))) == 2
    with caplog.at_level(logging.WARNING):
        write(path, TrialNoted(trial=0, text="next"))
    assert "the last line of" in caplog.text
    assert [event.kind for event in read_events(path)] == ["session_opened", "session_closed", "trial_noted"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{rubbish", "b'{rubbish' is no JSON"),
        (b"[1]", "it has no kind of event"),
        (b'{"time":1.0,"event":"trial_noted","text":"x"}', "its 'trial' is missing"),
        (b'{"event":"trial_noted","trial":0,"text":"x"}', "'time' is missing"),
        (b'{"time":1.0,"event":"trial_noted","trial":0,"text":7}', "its 'text' must be text, got 7"),
        (b'{"time":1.0,"event":"dreamt","trial":0}', "'dreamt' is unknown: a later version of tunesmith wrote it"),
    ],
)
def test_a_damaged_line_is_an_error_with_its_file_and_number(path: Path, line: bytes, message: str) -> None:
    write(path, SessionOpened(), SessionClosed())
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + line + b"\n" + second)
    with pytest.raises(JournalError) as caught:
        list(read_events(path))
    assert f"line 2 of {path} is not: " in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ('{"time":1.0,"event":"created","format":1,"version":"0.1.0","study":{}}\n', "an earlier version"),
        ('{"time":1.0,"event":"study_created","format":99,"edition":"9.0","study":7}\n', "a later version"),
    ],
)
def test_a_journal_of_another_format_is_named_as_such(path: Path, line: str, version: str) -> None:
    path.parent.mkdir()
    path.write_text(line)
    for kinds in ((), (SessionOpened,)):
        with pytest.raises(JournalError, match=f"was written by {version} of tunesmith"):
            list(read_events(path, kinds=kinds))


def test_a_full_disk_removes_the_partial_line_only(path: Path) -> None:
    # With RLIMIT_FSIZE the kernel writes what fits and then fails, as on a full disk.
    script = """
import pathlib, resource, signal, sys
from tunesmith.errors import JournalError
from tunesmith.journal.events import TrialNoted, to_line
from tunesmith.journal.file import FileJournal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = FileJournal(pathlib.Path(sys.argv[1]))
journal.lock()
journal.append([to_line(TrialNoted(trial=0, text="fits"))])
resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
for attempt in range(2):
    try:
        journal.append([to_line(TrialNoted(trial=1, text="x" * 500))])
    except JournalError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append([to_line(TrialNoted(trial=2, text="fits again"))])
journal.sync()
"""
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.count("Free some space; then run the same command again. No settled trial is lost.") == 2
    assert [event.trial for event in read_events(path) if isinstance(event, TrialNoted)] == [0, 2]


def replace_by_a_copy(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".copy"))
    path.with_suffix(".copy").replace(path)


def replace_folder_by_a_file(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_text("")


CHANGES: dict[str, Callable[[Path], object]] = {
    "was removed": lambda path: path.unlink(),
    "journal.jsonl was removed": lambda path: shutil.rmtree(path.parent),
    "jsonl was removed": lambda path: path.parent.rename(path.parent.with_name("elsewhere")),
    "l was removed": replace_folder_by_a_file,
    "was replaced by another file": replace_by_a_copy,
    "was truncated": lambda path: os.truncate(path, 10),
    "is no file": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize(("fault", "change"), CHANGES.items(), ids=range(len(CHANGES)))
def test_a_journal_that_vanishes_or_changes_is_noticed_by_each_step(
    path: Path, fault: str, change: Callable[[Path], object]
) -> None:
    line = to_line(TrialNoted(trial=0, text="lost"))
    write(path, SessionOpened())
    reader = FileJournal(path)
    list(reader.read())
    steps: list[Callable[[FileJournal], object]] = [lambda journal: journal.append([line]), FileJournal.sync]
    with locked(path) as writer:
        writer.append([line])
        change(path)
        for step in steps:
            with pytest.raises(JournalError, match=f"{fault}. Restore the study's folder"):
                step(writer)
    for reading in (lambda: list(reader.read()), reader.lock):
        with pytest.raises(JournalError, match=f"{fault}. Restore the study's folder"):
            reading()
    assert path.is_file() == (fault in ("was replaced by another file", "was truncated"))  # None is created anew.


def test_a_line_of_another_program_is_noticed(path: Path) -> None:
    with locked(path) as journal:
        with path.open("ab") as file:
            file.write(to_line(SessionClosed()))
        with pytest.raises(JournalError, match="was changed by another program"):
            journal.append([to_line(SessionOpened())])


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    journal = FileJournal(tmp_path / "file" / "journal.jsonl")
    assert list(journal.read()) == []
    with pytest.raises(JournalError, match=r"a study needs a folder, but .*/file is a file, or lies within one"):
        journal.lock()


def test_a_folder_that_is_not_writable_is_an_error(tmp_path: Path) -> None:
    journal = FileJournal(Path("/proc/no such folder/journal.jsonl"))
    with pytest.raises(JournalError, match=r"able to write its journal, but .* failed: .*another folder"):
        journal.lock()


def test_a_journal_that_is_no_file_is_an_error(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    with pytest.raises(JournalError, match="is no file"):
        list(read_events(path))
    with pytest.raises(JournalError, match="is no file"):
        list(FileJournal(path).read())


def test_a_journal_that_is_not_readable_is_an_error(path: Path) -> None:
    write(path, StudyCreated(format=2, version="0.1.0", study={}))
    path.parent.rename(loop := path.parent.with_name("loop"))
    path.parent.symlink_to(path.parent)
    with pytest.raises(JournalError, match="able to read its journal"):
        list(read_events(path))
    assert (loop / path.name).exists()
