"""Where the token of a provider comes from: a variable, a file, a command or a function, and again when it expired."""

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
    """A secret that is fetched when it is first needed, kept, and fetched anew where a provider no longer takes it.

    Args:
        fetch: Returns it.
        variable: The variable that it is in; None where it is elsewhere.
        kept: What was fetched last; never shown.

    >>> numbers = iter(range(9))
    >>> token = Token(lambda: f"secret-{next(numbers)}")
    >>> token.value, token.value, token.renewed()
    ('secret-0', 'secret-0', 'secret-1')
    >>> token
    Token()
    """

    fetch: Callable[[], str] = field(repr=False)
    variable: str | None = field(default=None, repr=False)
    kept: str | None = field(default=None, repr=False)

    @property
    def value(self) -> str:
        """The secret.

        Raises:
            InputError: There is none.
        """
        return self.renewed() if self.kept is None else self.kept

    def renewed(self) -> str:
        """Fetch it anew."""
        self.kept = self.fetch().strip()
        if not self.kept or not self.kept.isprintable():
            raise InputError("a provider's token must be one line of text, but there was none.", keys=("token",))
        return self.kept

    def hidden_in(self, text: str) -> str:
        """Return text with the secret taken out, as a provider's message may hold it."""
        return text if self.kept is None else text.replace(self.kept, "[token]")


def token_from(given: Any, environment: Mapping[str, str]) -> Token:
    """Return a token from what a user wrote.

    Args:
        given: `{"env": NAME}`, `{"file": PATH}`, `{"command": "as typed"}` (run without a shell), or a function that
            returns it. The secret itself is refused, as it would be kept with the study.
        environment: Variables by name, those of `.env` among them.

    Raises:
        InputError: It is none of these.
    """
    if callable(given):
        return Token(given)
    if not isinstance(given, Mapping) or len(given) != 1:
        raise InputError(
            'token must say where the secret is: { env = "NAME" }, { file = "PATH" } or { command = "..." }.',
            keys=("token",),
        )
    expect_keys(given, ("env", "file", "command"), "token")
    ((kind, place),) = given.items()
    if not isinstance(place, str) or not place:
        raise InputError(f"{kind} must be text, but {place!r} was given.", keys=("token", kind))
    if kind == "env":
        return Token(lambda: _variable(place, environment), variable=place)
    return Token(lambda: _file(place) if kind == "file" else _printed(place))


def _variable(name: str, environment: Mapping[str, str]) -> str:
    if not environment.get(name):
        raise MissingApiKey(
            f"the variable {name} must hold a provider's token, but it is not set.", keys=("token", "env")
        )
    return environment[name]


def _file(place: str) -> str:
    try:
        return Path(place).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the file {place} must hold a provider's token, but it cannot be read: {_why(error)}.",
            keys=("token", "file"),
        ) from None


def _printed(command: str) -> str:
    try:
        done = subprocess.run(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        # What it printed is not shown: it may hold the secret.
        raise InputError(
            f"the command {command!r} must print a provider's token, but it failed: {_why(error)}.",
            keys=("token", "command"),
        ) from None
    return done.stdout


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"exit status {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took longer than {_COMMAND_SECONDS:.0f} seconds"
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__
