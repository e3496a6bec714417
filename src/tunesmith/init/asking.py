"""Ask a script for its options: run the user's command up to the point where it has read its arguments."""

from __future__ import annotations

import functools
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..in_script import variables
from ..text.cleaning import clean_lines, short, without_secrets
from .answers import read_answer
from .asked import Asked
from .command_line import CommandLine
from .shebang import language_of
from .shell_script import inner_command, is_shell_script
from .why_not_asked import why_it_ended, why_read_instead, why_refused

__all__ = ["ask"]

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


def ask(
    command: CommandLine, *, seconds: float = 30, on_start: Callable[[CommandLine], object] = lambda command: None
) -> Asked:
    """Ask a script for its options, its defaults, and its values under the user's own command.

    The command runs as the user types it, in the user's environment, up to the point where the script has read its
    arguments; a hook in its Python process (`in_script.ask`) stops it there. In place of a shell script, the Python
    command to which it passes its arguments is started. It gets no input, its output is dropped, what it writes through
    Python goes to a temporary folder, and the network is out of reach where the system lets us deny it. Its whole
    process group is killed at the end.

    Args:
        command: The user's command.
        seconds: The time limit.
        on_start: Called with the command that is started, before it is.

    Returns:
        The options; or `failure`, the reason why they are not known, and what to do.
    """
    if is_shell_script(command):
        command = inner_command(command) or command
    reason = why_read_instead(command) or why_refused(command) or _why_it_cannot_start(command, seconds)
    if reason is not None:
        return Asked(failure=reason)
    on_start(command)
    with tempfile.TemporaryDirectory(prefix="tunesmith-ask-", ignore_cleanup_errors=True) as folder:
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
        [*_without_network(), *command.own_words],
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


def _why_it_cannot_start(command: CommandLine, seconds: float) -> str | None:
    words = command.own_words
    path = _variables(command).get("PATH")
    program = shutil.which(words[0], path=path) or shutil.which(command.folder / words[0])
    if program is None:
        return f"There is no program {short(words[0], 100)} to start. Correct the command."
    if command.script is not None or command.module:
        return None
    if len(command.program) > 1:
        program = _found_through(command, seconds)
    if program is None or language_of(Path(program)) != "python":
        return f"{short(command.program[-1], 100)} is not a Python program, and only those can be asked."
    return None


def _found_through(command: CommandLine, seconds: float) -> str | None:
    """Return the path of a program as what starts it finds it, in an environment that only a runner may know."""
    words = [*_without_network(), *command.program[:-1], "which", command.program[-1]]
    try:
        result = subprocess.run(
            words,
            cwd=command.folder,
            env=_variables(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            start_new_session=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = result.stdout.split("\n") if result.returncode == 0 else []
    return next((line for line in lines if line.startswith("/")), None)


def _variables(command: CommandLine) -> dict[str, str]:
    return {**os.environ, **_QUIET, **command.variables}


def _environment(command: CommandLine, answer: Path) -> dict[str, str]:
    scratch = answer.parent / "written"
    scratch.mkdir()
    script = "" if command.path is None else str(command.path.resolve())
    settings = {
        "ask": {
            "answer": str(answer),
            "script": script,
            "module": command.module,
            "program": "" if command.path is not None or command.module else Path(command.program[-1]).name,
            "scratch": str(scratch),
        }
    }
    environment = _variables(command)
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
