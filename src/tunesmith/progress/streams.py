"""Standard output and error, through which nothing can control a terminal and no text or full disk can stop a study."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from ..text.cleaning import visible

DEGRADE = "tunesmith.degrade"
"""An error handler for codecs: a character that an encoding lacks becomes a similar ASCII character, or `?`."""
_SIMILAR = str.maketrans(dict(zip("▁▂▃▄▅▆▇█━─┈★●◐✗▸○✓↻·→…±’≈−–╸╺", "_.-=+*##=-.*o/x>.v~.>.~'~--=-", strict=True)))
_SIMILAR |= {0x2800 + dots: " .::+++##"[dots.bit_count()] for dots in range(256)}  # Braille, in charts.


def _degrade(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end].translate(_SIMILAR)
    return "".join(character if character.isascii() else "?" for character in lacking), error.end


codecs.register_error(DEGRADE, _degrade)


class Stream:
    """A standard stream that carries on after a failed write, as on a full disk or without a reader.

    Further text is dropped, and what the process still holds for the stream goes nowhere.

    Args:
        file: The stream.

    Attributes:
        error: Why text was dropped, or None.
    """

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.error: OSError | None = None
        if isinstance(file, io.TextIOWrapper):
            file.reconfigure(errors=DEGRADE)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, text: str) -> int:
        """Write text as it is, such as that of a console, which cleans it itself."""
        if self.error is None:
            try:
                self.file.write(text)
            except OSError as error:
                self._drop(error)
        return len(text)

    def flush(self) -> None:
        """Write out what is buffered."""
        if self.error is None:
            try:
                self.file.flush()
            except OSError as error:
                self._drop(error)

    def _drop(self, error: OSError) -> None:
        self.error = error
        with suppress(OSError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), self.file.fileno())


class CleanStream:
    """Writes visible text only; escapes and control characters of what a program prints are removed.

    Args:
        styled: The stream below, for a console that writes its own colours.
    """

    def __init__(self, styled: Stream | TextIO) -> None:
        self.styled = styled

    def __getattr__(self, name: str) -> Any:
        return getattr(self.styled, name)

    @property
    def buffer(self) -> _CleanBytes:
        """The same for bytes."""
        return _CleanBytes(self)

    def write(self, text: str) -> int:
        """Write cleaned text."""
        self.styled.write(visible(text))
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        """Write several pieces of text."""
        for line in lines:
            self.write(line)


class _CleanBytes(io.RawIOBase):
    def __init__(self, stream: CleanStream) -> None:
        self._stream = stream

    def fileno(self) -> int:
        return int(self._stream.fileno())

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._stream.write(bytes(data).decode(errors="replace"))
        return len(data)


@contextmanager
def clean_streams() -> Iterator[Stream]:
    """Clean what this process prints, and yield its standard output below that."""
    originals = sys.stdout, sys.stderr
    output, errors = Stream(sys.stdout), Stream(sys.stderr)
    sys.stdout, sys.stderr = cast(TextIO, CleanStream(output)), cast(TextIO, CleanStream(errors))
    try:
        yield output
    finally:
        output.flush()
        errors.flush()
        sys.stdout, sys.stderr = originals
