"""Answers that are typed on the terminal that a study runs in: `y` or `n`, and Enter."""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from ..core.approval_request import ApprovalRequest
from ..errors import InputError

_LOOK_SECONDS = 0.1
_ENTER, _ERASE = "\r\n", "\x7f\b"
_WORDS = {"y": False, "yes": False, "n": True, "no": True}
"""What counts as an answer: to whether it is rejected."""


class Keyboard:
    """Reads answers while a question is open, and nothing at any other time. A context manager.

    While it reads, the terminal does not echo: what is typed would land in the middle of the live view, which shows it
    itself. Ctrl-C and Ctrl-Z work as ever. A process in the background leaves the terminal alone.

    Args:
        first_open: Gives the question to answer, or None; called from another thread.
        answer: Takes its number, and whether it is rejected; called from another thread.
        terminal: The terminal's file descriptor.
    """

    def __init__(
        self, first_open: Callable[[], ApprovalRequest | None], answer: Callable[[int, bool], Any], terminal: int
    ) -> None:
        self._first_open, self._answer, self._terminal = first_open, answer, terminal
        self._typed = ""
        self._reads = False
        self._asked: int | None = None
        self._usual: list[Any] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="keyboard", daemon=True)

    @classmethod
    def of(
        cls, first_open: Callable[[], ApprovalRequest | None], answer: Callable[[int, bool], Any]
    ) -> Keyboard | None:
        """Return a keyboard, where both standard input and output are a terminal; else None."""
        try:
            return cls(first_open, answer, sys.stdin.fileno()) if sys.stdin.isatty() and sys.stdout.isatty() else None
        except (AttributeError, ValueError, OSError):  # No standard input at all, or a closed one.
            return None

    @property
    def typed(self) -> str | None:
        """What has been typed so far; None where nothing is read, as in the background."""
        return self._typed if self._reads else None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop reading, and leave the terminal as it was."""
        self._ending.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            while not self._ending.wait(_LOOK_SECONDS):
                self._look()
        except (OSError, termios.error):
            pass  # The terminal has gone; the command from elsewhere still answers.
        finally:
            self._reads = False
            self._restore()

    def _look(self) -> None:
        question = self._first_open()
        number = None if question is None else question.number
        if number != self._asked:
            self._asked, self._typed = number, ""
            self._restore()
        self._reads = number is not None and self._is_ours()
        if number is None:
            self._restore()  # Where it could not be done in the background.
        if number is None or not self._reads:
            return
        self._silence()
        for character in self._read():
            self._take(character, number)

    def _is_ours(self) -> bool:
        """Tell whether this process is in the foreground; the terminal would stop one in the background."""
        try:
            return os.tcgetpgrp(self._terminal) == os.getpgrp()
        except OSError:  # It controls no processes, so there is no background either.
            return True

    def _read(self) -> str:
        if not select.select([self._terminal], [], [], 0)[0]:
            return ""
        return os.read(self._terminal, 1000).decode(errors="ignore")

    def _take(self, character: str, number: int) -> None:
        if character in _ENTER:
            word, self._typed = self._typed.strip().lower(), ""
            if word in _WORDS:
                with suppress(InputError):  # It was closed just now; the view shows how.
                    self._answer(number, _WORDS[word])
        elif character in _ERASE:
            self._typed = self._typed[:-1]
        elif character.isprintable() and len(self._typed) < 20:
            self._typed += character

    def _silence(self) -> None:
        """Turn off the terminal's echo and its lines, where they are on; what was typed before is no answer."""
        now = termios.tcgetattr(self._terminal)
        if not now[3] & (termios.ECHO | termios.ICANON):
            return
        if self._usual is None:
            self._usual = [*now]
        now[3] &= ~(termios.ECHO | termios.ICANON)
        # Also after a Ctrl-Z, as the shell sets the terminal to its own liking meanwhile.
        termios.tcsetattr(self._terminal, termios.TCSAFLUSH, now)

    def _restore(self) -> None:
        """Leave the terminal as it was; in the background it is the shell's, which sets it to its own liking."""
        if self._usual is not None and self._is_ours():
            with suppress(OSError, termios.error):
                termios.tcsetattr(self._terminal, termios.TCSAFLUSH, self._usual)
            self._usual = None
