"""A scripted language model behind the providers' real protocols, on this host.

>>> with ModelServer([Text("hello"), Status(429, {"Retry-After": "1"})]) as server:
...     address = server.url
>>> address.startswith("http://127.0.0.1:")
True

Point any client of OpenAI, Anthropic or Google at it by its base URL: `server.url + "/v1"` for OpenAI and the providers
that speak its protocol, `server.url` for the others.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import InputError
from ._anthropic_protocol import MESSAGES
from ._google_protocol import CONTENT
from ._http_server import HttpResponse, HttpServer
from ._openai_protocols import CHAT, RESPONSES
from ._protocol import Json, Protocol, answer_to, to_json
from ._protocol import ModelRequest as ModelRequest
from ._replies import Altered as Altered
from ._replies import Delayed as Delayed
from ._replies import Dropped as Dropped
from ._replies import Empty as Empty
from ._replies import Finish as Finish
from ._replies import Hang as Hang
from ._replies import Raw as Raw
from ._replies import Refusal as Refusal
from ._replies import Reply as Reply
from ._replies import SlowStream as SlowStream
from ._replies import Status as Status
from ._replies import Structured as Structured
from ._replies import Text as Text
from ._replies import ToolCall as ToolCall
from ._replies import Truncated as Truncated
from ._replies import Usage as Usage

Script = Callable[[ModelRequest], Reply] | Sequence[Reply]
"""The replies: computed from each request, or a sequence used in order, whose last reply is repeated."""

_PROTOCOLS = {"/v1/chat/completions": CHAT, "/v1/responses": RESPONSES, "/v1/messages": MESSAGES}
_GOOGLE = re.compile(r"/v1(?:alpha|beta)?/models/(?P<model>.+):(?P<verb>generateContent|streamGenerateContent)")
_MODELS = "/v1/models"


class ModelServer:
    """Serves a script as a language model, inside a `with` block.

    It speaks OpenAI's chat completions and responses, Anthropic's messages and Google's generateContent, each with and
    without streaming, and lists its models as OpenAI does. It answers requests concurrently.

    Args:
        script: Called with each request, in the thread of that request; or the replies in order.
        models: The listed model names; requests may name any other.

    Raises:
        InputError: The script is an empty sequence.
    """

    def __init__(self, script: Script, *, models: Sequence[str] = ("scripted",)) -> None:
        self._script = script if callable(script) else _in_order(tuple(script))
        self._models = tuple(models)
        self._requests: list[ModelRequest] = []
        self._errors: list[BaseException] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server: HttpServer | None = None

    @property
    def url(self) -> str:
        """The address, `http://127.0.0.1:PORT`.

        Raises:
            InputError: The server was never opened.
        """
        if self._server is None:
            raise InputError("a model server has an address once its `with` block has begun.")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> tuple[ModelRequest, ...]:
        """All requests so far, in order of arrival, including those that a client retried."""
        with self._lock:
            return tuple(self._requests)

    def __enter__(self) -> ModelServer:
        """Listen.

        Raises:
            InputError: The server was opened before.
        """
        if self._server is not None:
            raise InputError("a model server can be opened only once. Construct another one.")
        self._server = HttpServer(self._respond, self._on_error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection, wait for a script that still runs, and raise its first error."""
        assert self._server is not None
        self._closing.set()
        self._server.close()
        # An error of the client is most likely a consequence of the script's.
        if self._errors and (error is None or isinstance(error, Exception)):
            raise self._errors[0]

    def _respond(self, method: str, target: str, headers: Mapping[str, str], posted: bytes) -> HttpResponse | None:
        path = unquote(urlsplit(target).path)
        if method == "GET" and path == _MODELS:
            return _json(200, _model_list(self._models))
        google = _GOOGLE.fullmatch(path)
        protocol = CONTENT if google else _PROTOCOLS.get(path)
        if method != "POST" or protocol is None:
            return _json(404, {"error": {"message": _unknown_path(method, path)}})
        try:
            body = json.loads(posted)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return _error(protocol, Status(400, message="the body must be a JSON object."))
        in_path: dict[str, Any] = {}
        if google:
            in_path = {"model": google["model"], "stream": google["verb"].startswith("stream")}
        try:
            with self._lock:
                request = protocol.read(body, headers=headers, number=len(self._requests), **in_path)
                self._requests.append(request)
            return self._response(protocol, request, body, self._script(request))
        except BaseException as error:
            self._on_error(error)
            # The header keeps the clients of OpenAI and Anthropic from retrying.
            return _error(protocol, Status(500, {"x-should-retry": "false"}, f"the script raised {error!r}."))

    def _on_error(self, error: BaseException) -> None:
        with self._lock:
            self._errors.append(error)

    def _response(self, protocol: Protocol, request: ModelRequest, body: Json, reply: Reply) -> HttpResponse | None:
        match reply:
            case Hang(seconds):
                self._closing.wait(seconds)
                return None
            case Delayed(inner, seconds):
                return None if self._closing.wait(seconds) else self._response(protocol, request, body, inner)
            case SlowStream(inner, seconds):
                if not request.stream:
                    return self._response(protocol, request, body, Delayed(inner, seconds))
                response = self._response(protocol, request, body, inner)
                return response and replace(response, seconds=seconds)
            case Dropped(inner, share):
                response = self._response(protocol, request, body, inner)
                return response and replace(response, share=share)
            case Altered(inner, alter, headers):
                response = self._response(protocol, request, body, inner)
                return response and replace(response, chunks=map(alter, response.chunks), headers=headers)
            case Raw(chunks):
                return HttpResponse(code=0, chunks=chunks, is_raw=True)
            case Status():
                return _error(protocol, reply)
            case Structured() | Text() | ToolCall() | Truncated() | Empty() | Refusal():
                answer = answer_to(request, reply)
                if not request.stream:
                    return _json(200, protocol.whole(request, answer))
                events = [event.encode(errors="surrogatepass") for event in protocol.events(request, answer, body)]
                return HttpResponse(code=200, chunks=events, stream=True)
        raise TypeError(f"expected a reply such as Text or Structured from the script, got {reply!r}.")


def _in_order(replies: Sequence[Reply]) -> Callable[[ModelRequest], Reply]:
    if not replies:
        raise InputError("a script needs at least one reply.")
    return lambda request: replies[min(request.number, len(replies) - 1)]


def _json(code: int, body: Json, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(code=code, headers=headers or {}, chunks=[to_json(body).encode(errors="surrogatepass")])


def _error(protocol: Protocol, status: Status) -> HttpResponse:
    return _json(status.code, protocol.error(status), status.headers)


def _model_list(models: Sequence[str]) -> Json:
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "tunesmith"} for name in models]
    return {"object": "list", "data": data}


def _unknown_path(method: str, path: str) -> str:
    google = "/v1beta/models/{model}"
    paths = ", ".join([*_PROTOCOLS, f"{google}:generateContent", f"{google}:streamGenerateContent"])
    return f"{method} {path} is not known here; POST to {paths}, or GET {_MODELS}."
