"""One option of a script, as its parser or its source describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["int", "float", "bool", "str", "path", "list", "other"]
Form = Literal["--name value", "--name=value", "name=value", "positional"]


@dataclass(frozen=True, kw_only=True)
class ScriptOption:
    """One option of a script.

    Args:
        name: Its name, which becomes the parameter's: the longest spelling without dashes, as `batch-size`, or a
            dotted key, as `optimizer.lr`.
        spellings: Every way to write it, as `("-b", "--batch-size")`, or `("optimizer.lr",)`; empty if positional.
        form: How its value is written.
        kind: The type that the script turns its text into.
        default: Its default; `NOT_PLAIN` if it is none of number, text, boolean, None and list of these.
        choices: All its values, or None if they are not listed.
        required: It must be given.
        help: The script's own text about it.
        switch: Of a boolean, the words for true and for false, as `("--amp", "")`, `("--amp", "--no-amp")` or
            `("--amp=true", "--amp=false")`; an empty text for none.
        subcommand: The words of the subcommand that it belongs to; empty for the script itself.
        value: What it has under the user's own command; equal to `default` if that does not mention it.
        given: The user's own command mentions it.
        bounds: The least and the largest number that the script takes; None where it says nothing.
    """

    name: str
    spellings: tuple[str, ...]
    form: Form = "--name value"
    kind: Kind = "str"
    default: Any = None
    choices: tuple[Any, ...] | None = None
    required: bool = False
    help: str = ""
    switch: tuple[str, str] | None = None
    subcommand: tuple[str, ...] = ()
    value: Any = None
    given: bool = False
    bounds: tuple[float | None, float | None] = (None, None)
