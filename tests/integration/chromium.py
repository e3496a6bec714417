"""A headless Chromium driven over the DevTools protocol, for tests of pages."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

from tests.waiting import wait_until

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "--remote-allow-origins=*",
]  # fmt: skip
SOFTWARE_WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
NO_WEBGL = ["--disable-webgl", "--disable-webgl2", "--disable-3d-apis"]
PATIENCE_SECONDS = 60.0


class Page:
    """One tab: its events and requests, and commands for it."""

    def __init__(self, address: str) -> None:
        self.socket = websocket.create_connection(address, timeout=PATIENCE_SECONDS)
        self.events: list[dict[str, Any]] = []
        self._number = 0
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self.socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page; a promise is awaited."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def open(self, path: Path, *, until: str = "document.readyState === 'complete'") -> None:
        """Open a file and wait until an expression is true."""
        self.send("Page.navigate", url=path.as_uri())
        wait_until(
            lambda: self.run("location.href") == path.as_uri() and self.run(f"Boolean({until})"),
            f"{until} on {path.name}",
            seconds=PATIENCE_SECONDS,
        )

    def size(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name: str) -> None:
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, path: Path) -> None:
        """Save a screenshot of the viewport."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    @property
    def complaints(self) -> list[str]:
        """Exceptions, console errors and violations of the page's content security policy."""
        complaints = []
        for event in self.events:
            parameters = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                complaints.append(json.dumps(parameters["exceptionDetails"])[:2000])
            elif event["method"] == "Log.entryAdded" and parameters["entry"]["level"] == "error":
                complaints.append(parameters["entry"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert"):
                complaints.append(json.dumps(parameters["args"]))
        return complaints

    @property
    def requests(self) -> list[str]:
        """Every URL that the page requested."""
        return [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]


@contextmanager
def browser(*flags: str) -> Iterator[Page]:
    """Start a Chromium with a fresh profile, yield its tab, and stop it on exit."""
    assert PROGRAM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [PROGRAM, *FLAGS, *(flags or SOFTWARE_WEBGL), f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            page = Page(_address(Path(profile), process))
            try:
                yield page
            finally:
                page.socket.close()
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    port_file = profile / "DevToolsActivePort"

    def port_file_lines() -> list[str]:
        assert process.poll() is None, "chromium ended before it opened its port"
        return port_file.read_text().split() if port_file.exists() else []

    port = wait_until(port_file_lines, "the port of chromium", seconds=PATIENCE_SECONDS)[0]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def tabs() -> list[dict[str, Any]]:
        with opener.open(f"http://127.0.0.1:{port}/json", timeout=PATIENCE_SECONDS) as response:
            return [target for target in json.load(response) if target["type"] == "page"]

    return str(wait_until(tabs, "the first tab of chromium", seconds=PATIENCE_SECONDS)[0]["webSocketDebuggerUrl"])
