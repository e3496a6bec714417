"""What reaches a standard stream."""

from __future__ import annotations

import io
import logging
import os
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from tunesmith.progress.live import LiveView
from tunesmith.progress.streams import CleanStream, Stream, clean_streams
from tunesmith.progress.terminal import CleanConsole, Printable

HOSTILE = "\x1b[31m[red]\x1b]52;c;cm0=\x07text[/red] \x9b2J\u202eflip\udce9"
SAFE = "[red]text[/red] flip?"
REST = "[31m[red]]52;c;cm0=text[/red] 2Jflip?"
"""What a console shows, which has no whole escapes to remove: it splits text into pieces first."""


def _file(encoding: str = "utf-8") -> tuple[io.BytesIO, io.TextIOWrapper]:
    data = io.BytesIO()
    return data, io.TextIOWrapper(data, encoding=encoding, newline="\n")


def test_whatever_is_printed_is_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    data, file = _file()
    monkeypatch.setattr(sys, "stdout", file)
    with clean_streams():
        print(HOSTILE, end="|")
        sys.stdout.writelines([HOSTILE, "\n"])
        sys.stdout.buffer.write(b"\x1b[31mbytes\n")
        CleanConsole().print(HOSTILE, Text(HOSTILE, style="bold"))
    assert sys.stdout is file
    lines = data.getvalue().decode().split("\n")
    assert lines == [f"{SAFE}|{SAFE}", "bytes", REST, REST, ""]


def test_only_the_consoles_own_colours_reach_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    data, file = _file()
    monkeypatch.setattr(sys, "stdout", file)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with clean_streams():
        CleanConsole().print(Text(HOSTILE, style="green"))
    assert data.getvalue().decode() == f"\x1b[32m{REST}\x1b[0m\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_others_print_above_a_live_view_is_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    file = Terminal()
    monkeypatch.setattr(sys, "stdout", file)
    monkeypatch.setattr(sys, "stderr", file)
    console = Console(file=file, force_terminal=True, width=80)
    handler = logging.StreamHandler(sys.stderr)
    logging.getLogger().addHandler(handler)
    try:
        with LiveView(Text("view"), console):
            print("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ \x1b[31mred")
            print("\x1b[31merror", file=sys.stderr)
            logging.getLogger("x").warning("\x1b[31mlogged")
    finally:
        logging.getLogger().removeHandler(handler)
    shown = file.getvalue()
    assert "link red" in shown
    assert "error" in shown
    assert "logged" in shown
    assert "\x1b[31m" not in shown
    assert "evil" not in shown
    assert not isinstance(sys.stdout, CleanStream)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("ascii", "=-- ** ~ ?"), ("latin-1", "=-- ** ± ?"), ("utf-8", "━── ★▆ ± 学")],
)
def test_a_stream_shows_what_its_encoding_has(encoding: str, expected: str) -> None:
    data, file = _file(encoding)
    Stream(file).write("━── ★▆ ± 学\n")
    file.flush()
    assert data.getvalue().decode(encoding) == f"{expected}\n"
    console_data, console_file = _file(encoding)
    Console(file=console_file).print(Printable("━── ★▆ ± 学"))
    console_file.flush()
    assert console_data.getvalue() == data.getvalue()


def test_a_full_disk_is_noted_and_then_ignored() -> None:
    with Path("/dev/full").open("w") as full:
        stream = CleanStream(output := Stream(full))
        for _ in range(3):
            stream.write("text\n" * 10_000)
            stream.flush()
        assert output.error is not None
        assert output.error.strerror == "No space left on device"
        full.write("still open")  # and closing it does not fail


def test_a_reader_that_has_gone_is_noted() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        stream = Stream(pipe)
        stream.write("text")
        stream.flush()
        assert isinstance(stream.error, BrokenPipeError)
