"""Run a command in a process group of its own and forward its output."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

POLL_SECONDS = (0.02, 0.1)
"""The first and the longest interval between polls: a short command too can be stopped before it ends by itself."""
_ENDING_SECONDS = 0.05
_CHUNK_BYTES = 1 << 17
_PIPE_BYTES = 1 << 20  # The most that a pipe holds.


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """A command that is ready to start.

    Args:
        words: Its words; a single one for a shell.
        folder: The working directory.
        environment: Its whole environment.
        shell: Whether it goes through a shell.
        grace_seconds: How long its processes may take to end after SIGTERM.
    """

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    shell: bool = False
    grace_seconds: float = 5.0


def run_group(
    invocation: Invocation,
    *,
    on_output: Callable[[bytes], None],
    poll: Callable[[], None],
    on_start: Callable[[int], None] = lambda pid: None,
    echo: bool = True,
) -> int:
    """Run a command to its end.

    If an exception interrupts the wait (SIGTERM, Ctrl-C, or one raised by `poll`), the command's whole group gets
    SIGTERM; what still runs after the grace gets SIGKILL. Then the exception propagates.

    Args:
        invocation: The command.
        on_output: Called with every piece of output.
        poll: Called 50 times a second at first, 10 times a second later.
        on_start: Called with the command's process id.
        echo: Whether to print its output.

    Returns:
        Its exit status, negative for the signal that killed it. Background processes that keep its output open are
        not waited for.

    Raises:
        OSError: It cannot be started.
    """
    sys.stdout.flush()
    process = subprocess.Popen(
        invocation.words[0] if invocation.shell else invocation.words,
        cwd=invocation.folder,
        env=dict(invocation.environment),
        shell=invocation.shell,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )
    assert process.stdout is not None

    def take(data: bytes) -> None:
        on_output(data)
        if echo:
            _print(data)

    with process.stdout as output:
        os.set_blocking(output.fileno(), False)
        try:
            on_start(process.pid)
            _follow(process, output.fileno(), take, poll)
        except BaseException:
            _end(process, output.fileno(), take, invocation.grace_seconds)
            raise
        finally:
            _drain(output.fileno(), take)
        return process.wait()


def _follow(
    process: subprocess.Popen[bytes], output: int, take: Callable[[bytes], None], poll: Callable[[], None]
) -> None:
    started = time.monotonic()
    poll_at = started + POLL_SECONDS[0]
    open_output = True
    while True:
        pause = max(0.0, poll_at - time.monotonic())
        if open_output:
            ready, _, _ = select.select([output], [], [], pause)
            data = _read(output) if ready else None
            if data:
                take(data)
            open_output = data != b""
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(pause)
        if time.monotonic() >= poll_at:
            poll()
            now = time.monotonic()
            poll_at = now + min(POLL_SECONDS[0] + 0.01 * (now - started), POLL_SECONDS[1])
            if process.poll() is not None:
                return
        elif not open_output and process.poll() is not None:
            return


def _read(output: int) -> bytes | None:
    """Return the available output: None if there is none yet, empty at the end."""
    try:
        return os.read(output, _CHUNK_BYTES)
    except BlockingIOError:
        return None


def _drain(output: int, take: Callable[[bytes], None]) -> None:
    """Take the available output, at most what a pipe holds: a process in the background may print endlessly."""
    left = _PIPE_BYTES
    while left > 0 and (data := _read(output)):
        take(data)
        left -= len(data)


def _print(data: bytes) -> None:
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is not None:
        buffer.write(data)
        buffer.flush()
    else:
        sys.stdout.write(data.decode(errors="replace"))


def _end(process: subprocess.Popen[bytes], output: int, take: Callable[[bytes], None], grace_seconds: float) -> None:
    """End a group. Its leader may be a shell, which ends before the script that it has started."""
    try:
        _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while _is_running(process.pid) and time.monotonic() < deadline:
            time.sleep(_ENDING_SECONDS)
            _drain(output, take)  # Otherwise a full pipe blocks whoever prints while it ends.
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()


def _is_running(group: int) -> bool:
    """Tell whether a process of a group still runs. A zombie has ended, even if nobody reaps it."""
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getpgid(pid) == group and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
