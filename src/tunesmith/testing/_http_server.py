"""A minimal HTTP server on this host: silent, and without leftover threads or connections once closed."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

_POLL_SECONDS = 0.005


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """An HTTP response.

    Args:
        code: The status.
        headers: Extra headers.
        chunks: The body; more than one chunk only where it is streamed.
        stream: Whether the chunks are sent one by one, as server-sent events.
        share: Fraction of the body sent before the connection is closed; None sends all and keeps it open.
        seconds: Duration over which the chunks are spread.
        is_raw: Whether the chunks are sent in place of a response, after which the connection is closed.
    """

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: Iterable[bytes]
    stream: bool = False
    share: float | None = None
    seconds: float = 0.0
    is_raw: bool = False


Respond = Callable[[str, str, Mapping[str, str], bytes], HttpResponse | None]
"""Called with method, path, headers by lower-case name, and body; None closes the connection without a response."""


class HttpServer(ThreadingTCPServer):
    """Listens on a free port of this host once constructed, with a thread for each connection.

    Args:
        respond: Returns the response to a request; called from many threads.
        on_error: Called with errors other than connections closed by the client.
    """

    daemon_threads = False  # `server_close` does not wait for daemon threads.
    request_queue_size = 128

    def __init__(self, respond: Respond, on_error: Callable[[BaseException], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self._on_error = on_error
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL_SECONDS,), name="model server")
        self._thread.start()

    def close(self) -> None:
        """Stop, close every connection and wait for the threads."""
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that `close` can end an idle one."""
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass the error on instead of printing it."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self._on_error(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HttpServer

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def log_message(self, format: str, *args: object) -> None:
        """Keep standard error clean."""

    def _respond(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length)
        # A short body means that the client is gone or the server is closing.
        response = self.server.respond(self.command, self.path, headers, body) if len(body) == length else None
        if response is None:
            self.close_connection = True
            return
        if response.is_raw:
            self.close_connection = True
            self.wfile.writelines(response.chunks)
            return
        chunks = list(response.chunks)
        size = sum(map(len, chunks))
        self.send_response_only(response.code)
        self.send_header("Content-Type", "text/event-stream" if response.stream else "application/json")
        self.send_header(*(("Transfer-Encoding", "chunked") if response.stream else ("Content-Length", str(size))))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        left = size if response.share is None else min(int(size * response.share), size - 1)
        for chunk in chunks:
            time.sleep(response.seconds / len(chunks))
            part = chunk[:left]
            left -= len(part)
            if part:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if response.stream else part)
        if response.share is not None:
            self.close_connection = True
        elif response.stream:
            self.wfile.write(b"0\r\n\r\n")
