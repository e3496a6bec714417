"""Just enough of an HTTP server: on this host only, silent, and gone without a trace once it is closed."""

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
class Sent:
    """An HTTP answer.

    Args:
        code: The status.
        headers: Beyond those that say how long the body is.
        body: Its pieces; one, unless it is a stream.
        stream: Whether the pieces are sent one by one, as server-sent events.
        share: How much of the body is sent before the connection is closed; None for all of it, and it stays open.
        seconds: How long it takes to send it.
    """

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Iterable[bytes]
    stream: bool = False
    share: float | None = None
    seconds: float = 0.0


Respond = Callable[[str, str, Mapping[str, str], bytes], Sent | None]
"""Called with method, path, headers by lower-cased name, and body; None closes the connection without an answer."""


class Listener(ThreadingTCPServer):
    """Takes requests on a free port of this host from when it is made, and answers them, each in its own thread.

    Args:
        respond: Answers a request; called from many threads.
        failed: Called with what goes wrong beyond connections that the other side closes.
    """

    # Threads that are daemons are not waited for when the server is closed.
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, respond: Respond, failed: Callable[[BaseException], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.respond = respond
        self._failed = failed
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._loop = threading.Thread(target=self.serve_forever, args=(_POLL_SECONDS,), name="model server")
        self._loop.start()

    def close(self) -> None:
        """Stop, close every connection and wait for the threads."""
        self.shutdown()
        self._loop.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that an idle one can be closed."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of what went wrong, instead of printing it."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self._failed(error)


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Keep standard error clean."""

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length)
        # What is cut short was sent by a client that has gone, or the server is being closed.
        sent = self.server.respond(self.command, self.path, headers, body) if len(body) == length else None
        if sent is None:
            self.close_connection = True
            return
        pieces = list(sent.body)
        size = sum(map(len, pieces))
        self.send_response_only(sent.code)
        self.send_header("Content-Type", "text/event-stream" if sent.stream else "application/json")
        self.send_header(*(("Transfer-Encoding", "chunked") if sent.stream else ("Content-Length", str(size))))
        for name, value in sent.headers.items():
            self.send_header(name, value)
        self.end_headers()
        left = size if sent.share is None else min(int(size * sent.share), size - 1)
        for piece in pieces:
            time.sleep(sent.seconds / len(pieces))
            part = piece[:left]
            left -= len(part)
            if part:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if sent.stream else part)
        if sent.share is not None:
            self.close_connection = True
        elif sent.stream:
            self.wfile.write(b"0\r\n\r\n")
