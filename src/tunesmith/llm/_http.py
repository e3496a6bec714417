"""The HTTP client of all endpoints. It limits what a response may hold, and so the work of parsing it."""

from __future__ import annotations

import asyncio
import codecs
import io
import zlib
from collections.abc import AsyncIterator, Iterator

import httpx2
from pydantic_ai.models import create_async_httpx2_client

MAX_RESPONSE_BYTES = 4_000_000
"""Limit of a body, decompressed. An answer of 4000 tokens takes about 20 kB, or 1 MB where it is streamed."""

MAX_VALUES = 20_000
"""Limit of the values in one JSON document. Clients need up to 0.1 ms for each, and cannot be interrupted."""

_CONNECT_SECONDS = 5.0
_PART_BYTES = 4096
_VALUE_STARTS = "{[,"  # Counting them within texts, too, gives an upper bound.
_EVENT_FIELDS = ("data:", "event:", "id:", "retry:", ":")
_FIELD_LENGTH = max(map(len, _EVENT_FIELDS))


class ResponseRejected(httpx2.ReadError):
    """A response that is too large or wrongly encoded. Clients treat it as a broken connection."""


def bounded_client(timeout_seconds: float) -> httpx2.AsyncClient:
    """Return a client whose every response is bounded, also a stream and the body of an error.

    Args:
        timeout_seconds: Time limit of a whole answer. Connecting may take up to half of it.
    """
    connect = min(_CONNECT_SECONDS, timeout_seconds / 2)
    client = create_async_httpx2_client(timeout=httpx2.Timeout(timeout_seconds, connect=connect))
    client.headers["Accept-Encoding"] = "gzip"
    client.event_hooks = {**client.event_hooks, "response": [_bound]}
    return client


async def _bound(response: httpx2.Response) -> None:
    encoding = response.headers.pop("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise ResponseRejected(f"expected a response as it is or in gzip, got the encoding {encoding[:40]!r}.")
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _BoundedStream(response.stream, is_gzip=encoding == "gzip")


class _BoundedStream(httpx2.AsyncByteStream):
    """Decompresses a body, checks its size, and passes it on in small parts.

    Between two parts the event loop runs, so that the time limit of an answer also ends a body that never makes its
    reader wait.
    """

    def __init__(self, stream: httpx2.AsyncByteStream, *, is_gzip: bool) -> None:
        self._stream = stream
        self._decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS) if is_gzip else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = passed_on = 0
        values = _ValueCounter()
        async for chunk in self._stream:
            received += len(chunk)
            for part in self._parts(chunk):
                passed_on += len(part)
                if max(received, passed_on) > MAX_RESPONSE_BYTES:
                    raise ResponseRejected(f"expected a response of at most {MAX_RESPONSE_BYTES:,} bytes, got more.")
                values.check(part)
                yield part
                await asyncio.sleep(0)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def _parts(self, chunk: bytes) -> Iterator[bytes]:
        if self._decompressor is None:
            yield from (chunk[start : start + _PART_BYTES] for start in range(0, len(chunk), _PART_BYTES))
            return
        while chunk:
            try:
                part = self._decompressor.decompress(chunk, _PART_BYTES)
            except zlib.error as error:
                raise ResponseRejected(f"expected a response in gzip, got bytes that are not: {error}.") from None
            yield part
            chunk = self._decompressor.unconsumed_tail


class _ValueCounter:
    """Counts the values of a JSON document: of a whole body, or of each server-sent event.

    An empty line ends an event. Where any line is not an event's, clients may join lines, and the whole body counts.
    """

    def __init__(self) -> None:
        self._count = 0
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        self._line = ""  # The beginning of the current line.
        self._has_only_events = True

    def check(self, part: bytes) -> None:
        """Count the values of the next part of a body.

        Raises:
            ResponseRejected: There are too many.
        """
        for piece in self._decoder.decode(part).splitlines(keepends=True):
            self._count += sum(map(piece.count, _VALUE_STARTS))
            if self._count > MAX_VALUES:
                raise ResponseRejected(f"expected a response of at most {MAX_VALUES:,} values, got more.")
            self._line = (self._line + piece)[:_FIELD_LENGTH]
            if piece.splitlines()[0] != piece:
                self._end_line()

    def _end_line(self) -> None:
        line, self._line = self._line, ""
        if line.strip():
            self._has_only_events = self._has_only_events and line.startswith(_EVENT_FIELDS)
        elif self._has_only_events:
            self._count = 0
