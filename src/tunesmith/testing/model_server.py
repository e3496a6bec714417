"""A language model that says what a test wants, behind the providers' real protocols, on this host.

>>> with ModelServer([Text("hello"), Status(429, {"Retry-After": "1"})]) as server:
...     address = server.url
>>> address.startswith("http://127.0.0.1:")
True

Any client of OpenAI, Anthropic or Google is pointed at it by its base URL: `server.url + "/v1"` for OpenAI's clients,
and for those of providers that speak the same protocol, `server.url` for the others.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from urllib.parse import unquote, urlsplit

from ..errors import InputError
from ._anthropic_wire import MESSAGES
from ._google_wire import CONTENT
from ._model_http import Listener, Sent
from ._model_replies import Cut as Cut
from ._model_replies import Dripping as Dripping
from ._model_replies import Dropped as Dropped
from ._model_replies import Empty as Empty
from ._model_replies import Finish as Finish
from ._model_replies import Hang as Hang
from ._model_replies import Refusal as Refusal
from ._model_replies import Reply as Reply
from ._model_replies import Slow as Slow
from ._model_replies import Status as Status
from ._model_replies import Structured as Structured
from ._model_replies import Text as Text
from ._model_replies import ToolCall as ToolCall
from ._model_replies import Usage as Usage
from ._model_wire import Asked as Asked
from ._model_wire import Json, Request, Wire, answer_to, compact
from ._openai_wire import CHAT
from ._responses_wire import RESPONSES

Script = Callable[[Asked], Reply] | Sequence[Reply]
"""What decides on the replies; a sequence is used up one by one, and its last reply comes again and again."""

_WIRES = {"/v1/chat/completions": CHAT, "/v1/responses": RESPONSES, "/v1/messages": MESSAGES}
_GOOGLE = re.compile(r"/v1(?:alpha|beta)?/models/(?P<model>.+):(?P<verb>generateContent|streamGenerateContent)")
_MODELS = "/v1/models"


class ModelServer:
    """Serves a script as a language model, inside a `with` block.

    It speaks OpenAI's chat completions and responses, Anthropic's messages and Google's generateContent, each with and
    without streaming, and lists its models as OpenAI does. Many requests may come at once.

    Args:
        script: Called with what was asked, from the thread of that request; or the replies, one after the other.
        models: The names that the list of models gives; requests may name any other.

    Raises:
        InputError: The script is a sequence without a reply.
    """

    def __init__(self, script: Script, *, models: Sequence[str] = ("scripted",)) -> None:
        self._script = script if callable(script) else _one_by_one(tuple(script))
        self._models = tuple(models)
        self._asked: list[Asked] = []
        self._faults: list[BaseException] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """Where it listens, as `http://127.0.0.1:PORT`.

        Raises:
            InputError: It was never opened.
        """
        if self._listener is None:
            raise InputError("a model server has an address once its `with` block has begun.")
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    @property
    def asked(self) -> tuple[Asked, ...]:
        """All requests so far, in order of arrival; those that a client repeats by itself are among them."""
        with self._lock:
            return tuple(self._asked)

    def __enter__(self) -> ModelServer:
        """Listen.

        Raises:
            InputError: It was opened before.
        """
        if self._listener is not None:
            raise InputError("a model server can be opened only once; make another one.")
        self._listener = Listener(self._respond, self._failed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection, wait until a script that still thinks is done, and raise what it raised first."""
        assert self._listener is not None
        self._closing.set()
        self._listener.close()
        # A test that ends by an error of the client most likely does so because of the script's.
        if self._faults and (error is None or isinstance(error, Exception)):
            raise self._faults[0]

    def _respond(self, method: str, target: str, headers: Mapping[str, str], posted: bytes) -> Sent | None:
        path = unquote(urlsplit(target).path)
        if method == "GET" and path == _MODELS:
            return _json(200, _list(self._models))
        google = _GOOGLE.fullmatch(path)
        wire = CONTENT if google else _WIRES.get(path)
        if method != "POST" or wire is None:
            return _json(404, {"error": {"message": _unknown(method, path)}})
        try:
            body = json.loads(posted)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return _error(wire, Status(400, message="the body must be a JSON object."))
        model, verb = google.group("model", "verb") if google else ("", "")
        try:
            with self._lock:
                number = len(self._asked)
                streams = verb.startswith("stream")
                asked = wire.read(Request(body=body, headers=headers, model=model, stream=streams, number=number))
                self._asked.append(asked)
            return self._sent(wire, asked, body, self._script(asked))
        except BaseException as error:
            self._failed(error)
            # The clients of OpenAI and Anthropic would ask again otherwise.
            return _error(wire, Status(500, {"x-should-retry": "false"}, f"the script raised {error!r}."))

    def _failed(self, error: BaseException) -> None:
        with self._lock:
            self._faults.append(error)

    def _sent(self, wire: Wire, asked: Asked, body: Json, reply: Reply) -> Sent | None:
        match reply:
            case Hang(seconds):
                self._closing.wait(seconds)
                return None
            case Slow(late, seconds):
                return None if self._closing.wait(seconds) else self._sent(wire, asked, body, late)
            case Dripping(late, seconds):
                if not asked.stream:
                    return self._sent(wire, asked, body, Slow(late, seconds))
                sent = self._sent(wire, asked, body, late)
                return sent and replace(sent, seconds=seconds)
            case Dropped(broken, share):
                sent = self._sent(wire, asked, body, broken)
                return sent and replace(sent, share=share)
            case Status():
                return _error(wire, reply)
            case Structured() | Text() | ToolCall() | Cut() | Empty() | Refusal():
                answer = answer_to(asked, reply)
                if not asked.stream:
                    return _json(200, wire.whole(asked, answer))
                events = [event.encode() for event in wire.events(asked, answer, body)]
                return Sent(code=200, body=events, stream=True)
        raise TypeError(f"a script must return a reply, as Text or Structured, but it returned {reply!r}.")


def _one_by_one(replies: Sequence[Reply]) -> Callable[[Asked], Reply]:
    if not replies:
        raise InputError("a script needs at least one reply.")
    return lambda asked: replies[min(asked.number, len(replies) - 1)]


def _json(code: int, body: Json, headers: Mapping[str, str] | None = None) -> Sent:
    return Sent(code=code, headers=headers or {}, body=[compact(body).encode()])


def _error(wire: Wire, status: Status) -> Sent:
    return _json(status.code, wire.error(status), status.headers)


def _list(models: Sequence[str]) -> Json:
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "tunesmith"} for name in models]
    return {"object": "list", "data": data}


def _unknown(method: str, path: str) -> str:
    paths = ", ".join(
        [*_WIRES, "/v1beta/models/{model}:generateContent", "/v1beta/models/{model}:streamGenerateContent"]
    )
    return f"{method} {path} is not known here; POST to {paths}, or GET {_MODELS}."
