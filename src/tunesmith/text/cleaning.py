"""Cleaning of untrusted text: output of trials, users' notes, answers of language models.

`valid` makes text safe to store, as it comes in. `clean`, `visible` and the others make it safe to show.
"""

from __future__ import annotations

import re
import unicodedata

# ECMA-48: CSI sequences; OSC, DCS, PM, APC and SOS strings up to their end, or the end of the line, so that an
# unfinished one hides no more; any other two-character escape.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\n]*?(?:\x07|\x1b\\|\x9c|$)"
    r"|\x1b[ -/]*[0-~]?",
    re.MULTILINE,
)

# One list of what names a secret and of what a secret looks like.
_NAME = r"(?:api[_-]?key|secret|passw(?:or)?d|passphrase|credential|token(?!i[sz]))"
_KEY = r"(?:sk-|hf_|gh[opsu]_|github_pat_|glpat-|xox[bp]-|AKIA)[\w-]{8}"
_LOGIN = r"://[^/\s:@]*:[^/\s@]+@"
_SECRET_NAME = re.compile(_NAME, re.I)
_SECRET_VALUE = re.compile(f"^{_KEY}|{_LOGIN}")
_SECRET = re.compile(rf"^.*(?:{_NAME}[\w-]*[\"']?\s*[=:]|\b{_KEY}).*$", re.I | re.M)

_PASSWORD = re.compile(r"(?<=://)[^/\s]+(?=@)")


def valid(text: str) -> str:
    r"""Return text that UTF-8 can hold: each lone surrogate, as in a file name of another encoding, is spelled out.

    >>> valid("caf\udce9.csv")
    'caf\\udce9.csv'
    """
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def visible(text: str) -> str:
    r"""Return text without terminal escapes and control characters, but with its line ends and tabs.

    >>> visible("\x1b[31mred\x1b[0m\n")
    'red\n'
    """
    return text if text.isprintable() else printable(_ESCAPES.sub("", text))


def printable(text: str) -> str:
    r"""Return text without control characters, but with its line ends and tabs; the rest of an escape stays.

    >>> printable("\x1b[31mred\n")
    '[31mred\n'
    """
    if text.isprintable():
        return text
    return "".join(character if character in "\n\t" else _shown(character) for character in text)


def clean(text: object) -> str:
    """Return text without terminal escapes and control characters, on one line.

    Untrusted text must not colour, move or reorder what a terminal or a page shows.
    """
    return _visible(_ESCAPES.sub("", str(text))).strip()


def _visible(text: str) -> str:
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\n\r\t\v\f" or category in ("Zl", "Zp"):
        return " "
    if category == "Cs":
        return "?"
    return "" if category in ("Cc", "Cf") else character


def clean_lines(text: str) -> list[str]:
    """Return the cleaned lines of a log; of a line that carriage returns overwrite, the last state."""
    bare = _ESCAPES.sub("", text).expandtabs(4)
    return [_visible(line.rstrip("\r").rpartition("\r")[2]).rstrip() for line in bare.split("\n")]


def short(text: object, most: int = 300) -> str:
    """Return cleaned text of at most `most` characters.

    >>> short("a very long reason", 10)
    'a very lo…'
    """
    bare = clean(text)
    return bare if len(bare) <= most else bare[: most - 1].rstrip() + "…"


def plain(text: str, most: int = 20_000) -> str:
    """Return text with cleaned lines, and at most its last `most` characters."""
    bare = "\n".join(clean_lines(text))
    return bare if len(bare) <= most else "…" + bare[-most:]


def names_secret(name: str) -> bool:
    """Tell whether a variable or an option has the name of a secret.

    >>> names_secret("WANDB_API_KEY"), names_secret("TOKENIZERS_PARALLELISM")
    (True, False)
    """
    return _SECRET_NAME.search(name) is not None


def holds_secret(value: str) -> bool:
    """Tell whether a value begins like a key of a known service, or is a URL with a password.

    >>> holds_secret("sk-proj-0123456789"), holds_secret("mysql://me:secret@host/db"), holds_secret("resnet50")
    (True, True, False)
    """
    return _SECRET_VALUE.search(value) is not None


def without_secrets(text: str) -> str:
    r"""Return text without the lines that may hold a secret; rather too many are left out than too few.

    >>> without_secrets("lr = 0.1\napi_key = 'x'")
    'lr = 0.1\n(a line is left out here)'
    """
    return _SECRET.sub("(a line is left out here)", text)


def without_passwords(text: str) -> str:
    """Return text in which no URL holds a user name or password.

    >>> without_passwords("GET http://me:secret@host/api failed")
    'GET http://***@host/api failed'
    """
    return _PASSWORD.sub("***", text)
