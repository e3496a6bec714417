"""Commands to copy: every word reaches a program exactly as it is, whatever it holds."""

from __future__ import annotations

import os
import shlex
from pathlib import PurePath


def command(*words: object) -> str:
    """Return a line of POSIX shell that runs words as one command.

    Args:
        words: The program and its arguments. A relative `Path` never looks like an option.

    >>> command("tunesmith", "show", PurePath("my studies/-a"), 3)
    "tunesmith show 'my studies/-a' 3"
    """
    return " ".join(quote(_word(word)) for word in words)


def quote(word: str) -> str:
    r"""Return one word of POSIX shell. Unlike that of `shlex.quote`, its control characters survive copying.

    >>> print(quote("$(rm -rf ~)"), quote("a\tb"))
    '$(rm -rf ~)' 'a'"$(printf '\011')"'b'
    """
    quoted = shlex.quote(word)
    for character in {character for character in word if not character.isprintable()} - {"\n"}:
        octal = "".join(f"\\{byte:03o}" for byte in os.fsencode(character))
        quoted = quoted.replace(character, f"'\"$(printf '{octal}')\"'")
    return quoted


def _word(word: object) -> str:
    text = str(word)
    return f"./{text}" if isinstance(word, PurePath) and text.startswith("-") else text
