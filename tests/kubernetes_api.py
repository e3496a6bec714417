"""The part of the API of Kubernetes that starts, tells of and deletes pods; each is a process of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml


@dataclass
class Cluster:
    """What a test sees of it.

    Attributes:
        config: The file for KUBECONFIG.
        pods: The process of each pod that was not deleted.
        asked: The descriptions of all pods that were asked for.
        refuses: The status with which it refuses new pods, or 0.
        no_image: Whether pods wait for an image that does not exist.
    """

    config: Path
    pods: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    refuses: int = 0
    no_image: bool = False

    def delete(self, name: str) -> bool:
        """Delete a pod; return whether it existed."""
        process = self.pods.pop(name, None)
        if process is None:
            return False
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


@contextmanager
def kubernetes(folder: Path) -> Iterator[Cluster]:
    """Start it; its pods are deleted afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder / "config")

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: Any) -> None:
            pass

        def do_POST(self) -> None:
            pod = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if cluster.refuses:
                self._answer(cluster.refuses, {"kind": "Status", "message": "pods is forbidden: no right"})
                return
            cluster.asked.append(pod)
            (container,) = pod["spec"]["containers"]
            words = ["sleep", "600"] if cluster.no_image else [*container["command"], *container["args"]]
            name = pod["metadata"]["name"]
            with (folder / f"{name}.log").open("wb") as log:
                cluster.pods[name] = subprocess.Popen(
                    words, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            self._answer(201, pod)

        def do_GET(self) -> None:
            process = cluster.pods.get(name := self.path.rpartition("/")[2])
            if process is None:
                self._answer(404, {"kind": "Status", "message": f"pods {name} not found"})
                return
            status: dict[str, Any] = {"phase": {None: "Running", 0: "Succeeded"}.get(process.poll(), "Failed")}
            if cluster.no_image:
                waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
                rest = {"name": "c", "image": "i", "imageID": "", "ready": False, "restartCount": 0}
                status = {"phase": "Pending", "containerStatuses": [{**rest, "state": waiting}]}
            self._answer(200, {"kind": "Pod", "metadata": {"name": name}, "status": status})

        def do_DELETE(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer(200 if cluster.delete(self.path.rpartition("/")[2]) else 404, {"kind": "Status"})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = {"cluster": "here", "user": "me"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "here", "context": context}],
    }
    cluster.config.write_text(yaml.safe_dump(config))
    try:
        yield cluster
    finally:
        server.shutdown()
        server.server_close()
        for name in list(cluster.pods):
            cluster.delete(name)
