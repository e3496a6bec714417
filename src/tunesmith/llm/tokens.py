"""API keys and tokens from a variable, a file, a command or a function, fetched again when they expire."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.schema import expect_keys
from ..errors import InputError, MissingApiKey

_COMMAND_SECONDS = 60.0


@dataclass
class Token:
    """A secret that is fetched on first use, cached, and fetched again when the provider rejects it.

    Args:
        fetch: Returns the secret.
        variable: The environment variable that holds it; None for another source.
        cached: The secret last fetched; never shown.

    >>> numbers = iter(range(9))
    >>> token = Token(lambda: f"secret-{next(numbers)}")
    >>> token.value, token.value, token.refresh()
    ('secret-0', 'secret-0', 'secret-1')
    >>> token
    Token()
    """

    fetch: Callable[[], str] = field(repr=False)
    variable: str | None = field(default=None, repr=False)
    cached: str | None = field(default=None, repr=False)

    @property
    def value(self) -> str:
        """The secret.

        Raises:
            InputError: It cannot be fetched.
        """
        return self.refresh() if self.cached is None else self.cached

    def refresh(self) -> str:
        """Fetch the secret again."""
        self.cached = self.fetch().strip()
        if not self.cached or not self.cached.isprintable():
            raise InputError(
                "a provider's token must be exactly one line of text, but it is empty or has several lines.",
                keys=("token",),
            )
        return self.cached

    def redact(self, text: str) -> str:
        """Return text without the secret; a provider's message may contain it."""
        return text if self.cached is None else text.replace(self.cached, "[token]")


def token_from(source: Any, environment: Mapping[str, str]) -> Token:
    """Return a token from a setting.

    Args:
        source: `{"env": NAME}`, `{"file": PATH}`, `{"command": "..."}` (run without a shell), or a function that
            returns the secret. The secret itself is rejected, as it would be stored with the study.
        environment: Variables by name, including those of `.env`.

    Raises:
        InputError: The setting is none of these.
    """
    if callable(source):
        return Token(source)
    if not isinstance(source, Mapping) or len(source) != 1:
        raise InputError(
            'token must say where the secret is: { env = "NAME" }, { file = "PATH" } or { command = "..." }.',
            keys=("token",),
        )
    expect_keys(source, ("env", "file", "command"), "token")
    ((kind, value),) = source.items()
    if not isinstance(value, str) or not value:
        raise InputError(f"{kind} must be text, got {value!r}.", keys=("token", kind))
    return Token(lambda: _fetch(kind, value, environment), variable=value if kind == "env" else None)


def _fetch(kind: str, value: str, environment: Mapping[str, str]) -> str:
    if kind == "env" and not environment.get(value):
        raise MissingApiKey(
            f"the variable {value} must hold a provider's token, but it is not set.", keys=("token", "env")
        )
    try:
        match kind:
            case "env":
                return environment[value]
            case "file":
                return Path(value).expanduser().read_text(encoding="utf-8")
        words, quiet = shlex.split(value), subprocess.DEVNULL
        return subprocess.check_output(words, stdin=quiet, stderr=quiet, text=True, timeout=_COMMAND_SECONDS)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # The message leaves out the command's output, which may contain the secret.
        verb, fault = ("hold", "cannot be read") if kind == "file" else ("print", "failed")
        raise InputError(
            f"the {kind} {value!r} must {verb} a provider's token, but it {fault}: {_reason(error)}.",
            keys=("token", kind),
        ) from None


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"exit status {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took longer than {_COMMAND_SECONDS:.0f} seconds"
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__
