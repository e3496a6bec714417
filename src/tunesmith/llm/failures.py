"""Why a model gave no answer, in one line."""

from __future__ import annotations

from ..text.cleaning import short
from .endpoints import Endpoint

_LENGTH = 300
_READ_LENGTH = 10_000  # A message may quote a whole response.


def failure_text(error: BaseException, endpoint: Endpoint) -> str:
    """Return an error's message and that of its first cause, without the token.

    Clients report "Connection error." for any fault of the network; only the cause says which. An error that has a
    status quotes the response itself.
    """
    cause = error
    while cause.__cause__ is not None and not hasattr(error, "status_code"):
        cause = cause.__cause__
    texts = dict.fromkeys(endpoint.redact(_message(each)) for each in (error, cause))
    return short(" ".join(texts), _LENGTH)


def _message(error: BaseException) -> str:
    text = str(error)[:_READ_LENGTH].strip()
    if isinstance(error, TimeoutError) and not text:
        return "the request timed out."
    is_builtin = type(error).__module__ == "builtins"  # Such as KeyError, whose text is only the key.
    return f"{type(error).__name__}: {text}".rstrip(": ") if is_builtin or not text else text
