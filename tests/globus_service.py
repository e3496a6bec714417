"""The web service of Globus Compute for want of the real one: real clients speak to it over HTTP, and it hands tasks
to the real engine of an endpoint."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ENDPOINT = "4b116d3c-1703-4f8f-9f6f-39921e5864df"


@dataclass
class Service:
    """What the service knows. Tests change `status`, `refuses` and `is_down`, and read `requests`.

    Args:
        engine: The engine of the endpoint.
        status: Of the endpoint.
        refuses: The HTTP status of the answer to every batch, or 0.
        is_down: Whether the service answers with 503.
    """

    engine: Any
    status: str = "online"
    refuses: int = 0
    is_down: bool = False
    functions: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, int]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return the HTTP status and the answer to a request."""
        if path == "/v2/oauth2/token":
            return 200, _TOKEN
        if self.is_down:
            return 503, {"code": "SERVICE_UNAVAILABLE", "reason": "try later"}
        if path.endswith("/status") and method == "GET":
            return 200, {"status": self.status}
        if path == "/v3/functions":
            name = str(uuid.uuid4())
            self.functions[name] = body["function_code"]
            return 200, {"function_uuid": name}
        if path.endswith("/submit"):
            return self._submit(path.split("/")[3], body)
        if path == "/v2/batch_status":
            return 200, {"results": {each: self.tasks[each] for each in body["task_ids"] if each in self.tasks}}
        return 404, {"code": "RESOURCE_NOT_FOUND", "reason": path}

    def _submit(self, endpoint: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.refuses:
            return self.refuses, {"code": "REFUSED", "reason": "this is a test"}
        ids: dict[str, list[str]] = {}
        for function, payloads in body["tasks"].items():
            ids[function] = [self._run(function, payload, body["result_serializers"]) for payload in payloads]
        self.batches.append(sum(map(len, ids.values())))
        group = str(uuid.uuid4())
        return 200, {"tasks": ids, "task_group_id": group, "request_id": group, "endpoint_id": endpoint}

    def _run(self, function: str, payload: str, serializers: list[str]) -> str:
        """Hand a task to the engine, as an endpoint does."""
        from globus_compute_common import messagepack
        from globus_compute_common.messagepack.message_types import Result, Task
        from globus_compute_endpoint.engines.base import GCFuture

        name = uuid.uuid4()
        self.tasks[str(name)] = {"task_id": str(name), "status": "running"}
        future = GCFuture(gc_task_id=name)

        def settle(done: Any) -> None:
            answer = messagepack.unpack(done.result())
            assert isinstance(answer, Result)
            said = {"exception": answer.data} if answer.error_details is not None else {"result": answer.data}
            status = "failed" if answer.error_details is not None else "success"
            self.tasks[str(name)] = {"task_id": str(name), "status": status, "completion_t": str(time.time()), **said}

        future.add_done_callback(settle)
        task = messagepack.pack(Task(task_id=name, task_buffer=self.functions[function] + payload))
        self.engine.submit(future, task, {}, serializers)
        return str(name)


_TOKEN = {
    "access_token": "a-token",
    "token_type": "Bearer",
    "expires_in": 172800,
    "scope": "https://auth.globus.org/scopes/facd7ccc-c5f4-42aa-916b-a0e270e2c2a9/all",
    "resource_server": "funcx_service",
    "other_tokens": [],
}


@contextmanager
def globus_compute(folder: Path, monkeypatch: pytest.MonkeyPatch, provider: Any = None) -> Iterator[Service]:
    """Run an endpoint's engine and a web service in front of it; the SDK of this process finds and trusts it.

    Args:
        folder: For the files of the engine.
        monkeypatch: Sets the environment variables of the SDK.
        provider: Of Parsl, for the workers; a local one by default.
    """
    from globus_compute_endpoint.engines import GlobusComputeEngine
    from parsl.providers import LocalProvider

    # It starts its helpers by the name of their command.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    engine = GlobusComputeEngine(
        provider=provider or LocalProvider(init_blocks=1, max_blocks=1),
        address="127.0.0.1",
        max_workers_per_node=2,
        cores_per_worker=1e-6,
        encrypted=False,
        heartbeat_period=1,
        heartbeat_threshold=3,
    )
    engine.start(endpoint_id=uuid.UUID(ENDPOINT), run_dir=str(folder))
    service = Service(engine)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond("GET", b"{}")

        def do_POST(self) -> None:
            self._respond("POST", self.rfile.read(int(self.headers["Content-Length"])))

        def _respond(self, method: str, body: bytes) -> None:
            path = self.path.partition("?")[0]
            fields = {} if path.startswith("/v2/oauth2") else json.loads(body)
            service.requests.append((path, len(body)))
            status, answer = service.answer(method, path, fields)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    for variable, value in {
        "GLOBUS_SDK_SERVICE_URL_COMPUTE": url,
        "GLOBUS_SDK_SERVICE_URL_AUTH": url,
        "GLOBUS_COMPUTE_USER_DIR": str(folder / "login"),
        "GLOBUS_COMPUTE_CLIENT_ID": str(uuid.uuid4()),
        "GLOBUS_COMPUTE_CLIENT_SECRET": "a-secret",
    }.items():
        monkeypatch.setenv(variable, value)
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        engine.shutdown()
