"""The user's own OpenSSH: one login for all connections, also with several factors."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from ..errors import InputError

_CONNECT_SECONDS = 30
_MASTER_HOURS = 12
_SOCKET = "~/.ssh/tunesmith-%C"


@dataclass(frozen=True)
class Ssh:
    """Commands on another machine, over one connection that stays open (ControlMaster).

    A login that asks for a password or a code is answered by the user, once, before anything else runs. `~/.ssh/config`
    holds as usual: names of hosts, ProxyJump, keys, a ControlPath of the user's own.

    Args:
        host: As for `ssh`.
        command: `ssh`, and options for it.
    """

    host: str
    command: Sequence[str] = ("ssh",)

    def words(self, remote: str, *, asks: bool = False) -> list[str]:
        """Return the local command that runs a shell command on the host.

        Args:
            remote: The shell command.
            asks: Whether `ssh` may ask the user for a password or a code.
        """
        options = [
            "-o",
            f"ConnectTimeout={_CONNECT_SECONDS}",
            "-o",
            "ServerAliveInterval=15",
            "-o",
            "ServerAliveCountMax=4",
        ]
        if not asks:
            options += ["-o", "BatchMode=yes"]
        return [*self.command, *options, *self._master, "-T", self.host, remote]

    def log_in(self) -> None:
        """Open the connection; asks the user if that is needed and somebody is there.

        Raises:
            InputError: The host cannot be reached, or refuses the login.
        """
        asks = sys.stdin is not None and sys.stdin.isatty()
        with contextlib.suppress(OSError):
            (Path.home() / ".ssh").mkdir(mode=0o700, exist_ok=True)
        try:
            # The connection that stays open must not hold this one's pipes, or waiting for their end takes hours.
            ended = subprocess.run(
                self.words("true", asks=asks),
                stdin=None if asks else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if asks else subprocess.PIPE,
                text=True,
                errors="replace",
                timeout=None if asks else 4 * _CONNECT_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise InputError(f"{self.command[0]} is not installed; executor 'ssh' needs OpenSSH.") from None
        except subprocess.TimeoutExpired:
            raise InputError(f"{self.host} does not answer.", keys=("host",)) from None
        if ended.returncode:
            said = (ended.stderr or "").strip().splitlines()
            reason = f": {said[-1]}" if said else "."
            raise InputError(
                f"no login to {self.host}{reason} If it asks for a password or a code, log in once with "
                f"`{self.login_command}`, and run this again.",
                keys=("host",),
            )

    def run(
        self, remote: str, data: bytes = b"", *, output: IO[bytes] | None = None, timeout_seconds: float = 3600.0
    ) -> bytes:
        """Run a shell command on the host.

        Args:
            remote: The command.
            data: Its input.
            output: A file for its output.
            timeout_seconds: How long it may take.

        Returns:
            Its output, empty if it goes to a file.

        Raises:
            OSError: It failed, or the connection did.
        """
        try:
            ended = subprocess.run(
                self.words(remote),
                input=data,
                stdout=output or subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=timeout_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise OSError(f"{self.host} does not answer") from None
        if ended.returncode:
            raise OSError(last_words(ended.stderr) or f"a command on {self.host} ended with status {ended.returncode}")
        return ended.stdout or b""

    def ask(self, remote: str, *, timeout_seconds: float = 120.0) -> tuple[int, str, str]:
        """Run a shell command on the host that may fail.

        Args:
            remote: The command.
            timeout_seconds: How long it may take.

        Returns:
            Its exit status, output and errors.

        Raises:
            OSError: The host does not answer.
        """
        try:
            ended = subprocess.run(
                self.words(remote),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise OSError(f"{self.host} does not answer") from None
        return ended.returncode, ended.stdout, ended.stderr

    @property
    def login_command(self) -> str:
        """The command with which a user logs in for all connections."""
        return shlex.join([*self.command, *self._master, "-fN", self.host])

    @property
    def _master(self) -> list[str]:
        if _has_master(tuple(self.command), self.host):
            return []
        return ["-o", "ControlMaster=auto", "-o", f"ControlPath={_SOCKET}", "-o", f"ControlPersist={_MASTER_HOURS}h"]


@lru_cache
def _has_master(command: tuple[str, ...], host: str) -> bool:
    """Return whether the user's own configuration keeps a connection to a host open."""
    try:
        said = subprocess.run([*command, "-G", host], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    settings = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
    return settings.get("controlpath", "none") != "none" and settings.get("controlmaster", "false") != "false"


def last_words(output: bytes) -> str:
    """Return the last line that a command printed."""
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:400] if lines else ""
