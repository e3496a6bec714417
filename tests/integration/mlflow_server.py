"""A real MLflow server on this machine: its REST API and its SQL store, without its pages."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SERVER = """
import os, sys
os.environ["_MLFLOW_SERVER_FILE_STORE"] = f"sqlite:///{sys.argv[1]}/mlflow.db"
os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = f"{sys.argv[1]}/artifacts"
from mlflow.server import app
from mlflow.server.handlers import _get_tracking_store
from werkzeug.serving import make_server
_get_tracking_store()  # creates the tables
server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Run a server that keeps its runs in a folder; yields its address."""
    words = [sys.executable, "-c", _SERVER, str(folder)]
    with (folder / "log.txt").open("w") as log, subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log) as server:
        assert server.stdout is not None
        try:
            port = server.stdout.readline().decode().strip()
            assert port, (folder / "log.txt").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def hanging_server() -> Iterator[tuple[str, threading.Event]]:
    """Run a server that accepts connections and never answers; yields its address, and whether one came."""
    asked = threading.Event()
    connections = []

    def accept() -> None:
        while True:
            try:
                connections.append(listener.accept()[0])
            except OSError:
                return
            asked.set()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)
    for connection in connections:
        connection.close()
