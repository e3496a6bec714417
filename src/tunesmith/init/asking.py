"""Ask a script for its options: run the user's command up to the point where it has read its arguments."""

from __future__ import annotations

import functools
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..in_script import variables
from ..text.cleaning import clean_lines, short, without_secrets
from .answers import read_answer
from .asked import Asked
from .command_line import CommandLine
from .why_not_asked import why_it_ended, why_not

__all__ = ["ask"]

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_TAIL_BYTES = 1 << 16
_MOST_BYTES = 64 << 20
_POLL_SECONDS = 0.02
_QUIET = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "MPLBACKEND": "Agg",
    "WANDB_MODE": "disabled",
    "HF_HUB_OFFLINE": "1",
}
"""Variables under which a script leaves fewer traces."""


def ask(command: CommandLine, *, seconds: float = 30) -> Asked:
    """Ask a script for its options, its defaults, and its values under the user's own command.

    The command runs as the user types it, in the user's environment, up to the point where the script has read its
    arguments; a hook in its Python process (`in_script.ask`) stops it there. It gets no input, its output is dropped,
    what it writes through Python goes to a temporary folder, and the network is out of reach where the system lets us
    deny it. Its whole process group is killed at the end.

    Args:
        command: The user's command.
        seconds: The time limit.

    Returns:
        The options; or `failure`, the reason why they are not known, and what to do.
    """
    reason = why_not(command) or _why_it_cannot_start(command)
    if reason is not None:
        return Asked(failure=reason)
    with tempfile.TemporaryDirectory(prefix="tunesmith-ask-") as folder:
        answer = Path(folder) / "answer.json"
        try:
            end = _run(command, answer, seconds)
        except OSError as error:
            return Asked(failure=f"The command cannot be started: {error.strerror or error}. Correct it.")
        if answer.is_file():
            return read_answer(answer)
        heard = answer.with_name(f"{answer.name}.started").exists()
        return Asked(failure=why_it_ended(end.status, end.lines, seconds, end.bytes_ >= _MOST_BYTES, heard))


@dataclass(frozen=True)
class _End:
    """How a command ended: its exit status, None if it was killed; its last lines; how much it printed."""

    status: int | None
    lines: Sequence[str]
    bytes_: int


def _run(command: CommandLine, answer: Path, seconds: float) -> _End:
    process = subprocess.Popen(
        [*_without_network(), *_words(command)],
        cwd=command.folder,
        env=_environment(command, answer),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Without a terminal, from which it could ask for a password.
    )
    tail, bytes_ = b"", 0
    try:
        assert process.stdout is not None
        output = process.stdout.fileno()
        os.set_blocking(output, False)
        limit = time.monotonic() + seconds
        open_ = True
        while not answer.exists() and time.monotonic() < limit and bytes_ < _MOST_BYTES:
            if open_ and select.select([output], [], [], _POLL_SECONDS)[0]:
                data = _read(output)
                open_ = data != b""
                tail, bytes_ = (tail + data)[-_TAIL_BYTES:], bytes_ + len(data)
            elif process.poll() is not None:
                break
            elif not open_:
                time.sleep(_POLL_SECONDS)
        status = process.poll()
    finally:
        _kill(process)
    text = tail.decode("utf-8", errors="replace")
    lines = [short(line) for line in clean_lines(without_secrets(text)) if line.strip()]
    return _End(status, lines, bytes_)


def _read(output: int) -> bytes:
    try:
        return os.read(output, _TAIL_BYTES)
    except BlockingIOError:
        return b""


def _words(command: CommandLine) -> list[str]:
    """Return a command's words without the variables before them."""
    words = list(command.words)
    while words and _ASSIGNMENT.match(words[0]):
        words.pop(0)
    return words


def _why_it_cannot_start(command: CommandLine) -> str | None:
    words = _words(command)
    path = {**os.environ, **command.variables}.get("PATH")
    program = (shutil.which(words[0], path=path) or shutil.which(command.folder / words[0])) if words else None
    if program is None:
        return f"There is no program {short(words[0], 100) if words else ''} to start. Correct the command."
    if command.script is None and not command.module and not _is_python(Path(program)):
        return f"{short(words[0], 100)} is not a Python program, and only those can be asked."
    return None


def _is_python(program: Path) -> bool:
    """Tell whether a program is a script for Python, as those that pip installs are."""
    try:
        with program.open("rb") as file:
            start = file.read(300)
    except OSError:
        return False
    # With a long path, pip writes a shell script that starts Python.
    return start.startswith(b"#!") and b"python" in start


def _environment(command: CommandLine, answer: Path) -> dict[str, str]:
    scratch = answer.parent / "written"
    scratch.mkdir()
    script = None if command.script is None else (command.folder / command.script).resolve()
    settings = {
        "ask": {
            "answer": str(answer),
            "script": str(script) if script is not None and script.suffix == ".py" else "",
            "module": command.module,
            "scratch": str(scratch),
        }
    }
    environment = {**os.environ, **_QUIET, **command.variables}
    return {**environment, **variables(settings, environment)}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with its group, and with its descendants in groups of their own."""
    import psutil

    with suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error):
                child.kill()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


@functools.cache
def _without_network() -> tuple[str, ...]:
    """Return the words before a command that deny it the network, where the system has such a thing."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    for mapping in (("--map-current-user", "--keep-caps"), ("--map-root-user",)):
        words = (unshare, *mapping, "--net", "--")
        try:
            tried = subprocess.run([*words, "true"], capture_output=True, timeout=5, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if tried.returncode == 0:
            return words
    return ()
