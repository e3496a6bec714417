"""Answers to approval requests, typed on the terminal that a study runs in: `y` or `n`, and Enter."""

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

_POLL_SECONDS = 0.1
_ENTER, _ERASE = "\r\n", "\x7f\b"
_REJECTS = {"y": False, "yes": False, "n": True, "no": True}
"""The accepted words, and whether each rejects the step."""


class Keyboard:
    """Reads answers from the terminal while an approval request is open. A context manager.

    Echo is off meanwhile, because the terminal would echo into the middle of the live view, which shows what is typed
    itself. Ctrl-C and Ctrl-Z keep working. A process in the background does not touch the terminal.

    Args:
        first_open: Returns the request to answer, or None. Called from another thread.
        answer: Takes the request's number and whether it is rejected. Called from another thread.
        terminal: The terminal's file descriptor.
    """

    def __init__(
        self, first_open: Callable[[], ApprovalRequest | None], answer: Callable[[int, bool], Any], terminal: int
    ) -> None:
        self._first_open, self._answer, self._terminal = first_open, answer, terminal
        self._typed = ""
        self._is_reading = False
        self._number: int | None = None
        self._saved: list[Any] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="keyboard", daemon=True)

    @classmethod
    def of(
        cls, first_open: Callable[[], ApprovalRequest | None], answer: Callable[[int, bool], Any]
    ) -> Keyboard | None:
        """Return a keyboard if both standard input and output are a terminal, else None."""
        try:
            return cls(first_open, answer, sys.stdin.fileno()) if sys.stdin.isatty() and sys.stdout.isatty() else None
        except (AttributeError, ValueError, OSError):  # Standard input is missing or closed.
            return None

    @property
    def typed(self) -> str | None:
        """What has been typed so far, or None while nothing is read, as in the background."""
        return self._typed if self._is_reading else None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop reading and restore the terminal."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            while not self._stop.wait(_POLL_SECONDS):
                self._poll()
        except (OSError, termios.error):
            pass  # The terminal is gone; `tunesmith approve` still works.
        finally:
            self._is_reading = False
            self._restore()

    def _poll(self) -> None:
        request = self._first_open()
        number = None if request is None else request.number
        if number != self._number:
            self._number, self._typed = number, ""
            self._restore()
        self._is_reading = number is not None and self._in_foreground()
        if number is None:
            self._restore()  # Again, because it does nothing in the background.
        if number is None or not self._is_reading:
            return
        self._turn_echo_off()
        for character in self._read():
            self._take(character, number)

    def _in_foreground(self) -> bool:
        """Return whether this process is in the foreground; reading would stop a process in the background."""
        try:
            return os.tcgetpgrp(self._terminal) == os.getpgrp()
        except OSError:  # Not a controlling terminal, so there is no background either.
            return True

    def _read(self) -> str:
        if not select.select([self._terminal], [], [], 0)[0]:
            return ""
        return os.read(self._terminal, 1000).decode(errors="ignore")

    def _take(self, character: str, number: int) -> None:
        if character in _ENTER:
            word, self._typed = self._typed.strip().lower(), ""
            if word in _REJECTS:
                with suppress(InputError):  # Answered elsewhere meanwhile, as the view shows.
                    self._answer(number, _REJECTS[word])
        elif character in _ERASE:
            self._typed = self._typed[:-1]
        elif character.isprintable() and len(self._typed) < 20:
            self._typed += character

    def _turn_echo_off(self) -> None:
        """Turn off echo and line mode, and discard what was typed before; the shell turns them on after Ctrl-Z."""
        settings = termios.tcgetattr(self._terminal)
        if not settings[3] & (termios.ECHO | termios.ICANON):
            return
        if self._saved is None:
            self._saved = [*settings]
        settings[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(self._terminal, termios.TCSAFLUSH, settings)

    def _restore(self) -> None:
        """Restore the terminal's settings, unless in the background, where the shell manages them."""
        if self._saved is not None and self._in_foreground():
            with suppress(OSError, termios.error):
                termios.tcsetattr(self._terminal, termios.TCSAFLUSH, self._saved)
            self._saved = None
