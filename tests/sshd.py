"""A real SSH server on the loopback interface, started by a test, with a key of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]


@dataclass
class Server:
    """A server that runs, and how a client reaches it.

    Args:
        folder: Of its keys and of the other machine's home.
        port: Where it listens.
        process: The server.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def ssh(self) -> list[str]:
        """The client's command, with an open connection of its own."""
        return ["ssh", "-F", str(self.folder / "client")]

    @property
    def home(self) -> Path:
        """The folder that stands for the other machine's disk."""
        return self.folder / "home"

    def options(self) -> dict[str, object]:
        """Options of `SshExecutor`."""
        return {
            "host": "there",
            "ssh": self.ssh,
            "folder": str(self.home),
            "python": sys.executable,
            "setup": f"export PYTHONPATH={ROOT}/src:{ROOT}",
        }

    def cut(self) -> None:
        """Kill all connections, and the master of the client, as a network that is lost does."""
        for process in psutil.process_iter(["cmdline"]):
            words = " ".join(process.info["cmdline"] or [])
            if str(self.folder) in words and "ssh" in words and process.pid != self.process.pid:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if child.name() == "sshd":
                    child.kill()

    def processes(self, module: str) -> list[psutil.Process]:
        """Return the processes on the other machine that run a module for it."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if module in words and any(str(self.home) in word for word in words):
                found.append(process)
        return found


@contextmanager
def sshd(folder: Path, *, banner: str = "") -> Iterator[Server]:
    """Run a server; skips the test where OpenSSH's server is not installed.

    Args:
        folder: An empty folder with a short path, for a socket lies in it.
        banner: What a login shell prints before anything else.
    """
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or os.getuid() != 0:
        pytest.skip("an SSH server needs openssh-server, and root")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / "home").mkdir()
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    (folder / "authorized").chmod(0o600)
    Path("/run/sshd").mkdir(exist_ok=True)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    force = ""
    if banner:
        (folder / "shell").write_text(f'#!/bin/sh\necho "{banner}"\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n')
        (folder / "shell").chmod(0o755)
        force = f"ForceCommand {folder}/shell\n"
    (folder / "server").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        f"PidFile {folder}/pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
        f"MaxStartups 100\n{force}"
    )
    (folder / "client").write_text(
        f"Host there\n  HostName 127.0.0.1\n  Port {port}\n  User root\n  IdentityFile {folder}/user\n"
        f"  IdentitiesOnly yes\n  UserKnownHostsFile {folder}/known\n  StrictHostKeyChecking accept-new\n"
        f"  ControlPath {folder}/master\n  ControlMaster auto\n  ControlPersist 60\n  LogLevel ERROR\n"
    )
    process = subprocess.Popen([program, "-D", "-e", "-f", folder / "server"], stderr=subprocess.DEVNULL)
    server = Server(folder, port, process)
    try:
        wait_until(lambda: _listens(port), "the server")
        yield server
    finally:
        for agent in server.processes("tunesmith.executors._remote.agent"):
            with suppress(psutil.NoSuchProcess):
                agent.kill()
        server.cut()
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
