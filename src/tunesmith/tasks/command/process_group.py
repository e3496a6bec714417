"""A command in a process group of its own, its output passed on while it runs."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_LOOK_SECONDS = (0.02, 0.1)
"""How often to look: a short command is followed closely, so that it can be stopped before it has ended by itself."""
_KIND_SECONDS = 10.0
_CHUNK_BYTES = 1 << 17


def run_group(
    words: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    shell: bool,
    hear: Callable[[bytes], None],
    look: Callable[[], None],
) -> int:
    """Run a command to its end and print what it prints.

    Where anything interrupts the wait (SIGTERM as an exception, Ctrl-C, what `look` raises), the command's whole group
    gets SIGTERM, and SIGKILL ten seconds later; then the interruption goes on.

    Args:
        words: The command; one word for a shell.
        folder: Where it runs.
        environment: Its whole environment.
        shell: Whether it goes through a shell.
        hear: Called with every piece of output.
        look: Called fifty times a second at first, ten times a second later on.

    Returns:
        Its exit status, negative for the signal that killed it. Background processes that hold its output open are
        not waited for.

    Raises:
        OSError: It cannot be started.
    """
    sys.stdout.flush()
    process = subprocess.Popen(
        words[0] if shell else words,
        cwd=folder,
        env=dict(environment),
        shell=shell,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )
    assert process.stdout is not None
    with process.stdout as output:
        os.set_blocking(output.fileno(), False)
        try:
            _follow(process, output.fileno(), hear, look)
        except BaseException:
            _end(process)
            raise
        finally:
            while data := _read(output.fileno()):
                _pass_on(data, hear)
        return process.wait()


def _follow(
    process: subprocess.Popen[bytes], output: int, hear: Callable[[bytes], None], look: Callable[[], None]
) -> None:
    started = time.monotonic()
    look_at = started + _LOOK_SECONDS[0]
    listening = True
    while True:
        pause = max(0.0, look_at - time.monotonic())
        if listening:
            ready, _, _ = select.select([output], [], [], pause)
            data = _read(output) if ready else None
            if data:
                _pass_on(data, hear)
            listening = data != b""
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(pause)
        if time.monotonic() >= look_at:
            look()
            now = time.monotonic()
            look_at = now + min(_LOOK_SECONDS[0] + 0.01 * (now - started), _LOOK_SECONDS[1])
            if process.poll() is not None:
                return
        elif not listening and process.poll() is not None:
            return


def _read(output: int) -> bytes | None:
    """Return what has been printed: None for nothing yet, empty for the end."""
    try:
        return os.read(output, _CHUNK_BYTES)
    except BlockingIOError:
        return None


def _pass_on(data: bytes, hear: Callable[[bytes], None]) -> None:
    hear(data)
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is not None:
        buffer.write(data)
        buffer.flush()
    else:
        sys.stdout.write(data.decode(errors="replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        _signal(process, signal.SIGTERM)
        process.wait(_KIND_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
