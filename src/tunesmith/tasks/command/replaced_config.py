"""An edited config that a Python script gets in place of the original, without its path in the command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from ...core.trial import Failure
from ...errors import InputError

READ_FILE = "config_read"
"""The file in the trial's folder that appears once the script reads its config; removed at the end."""
_PYTHON = re.compile(r"(python|pypy)[0-9.]*t?")
_OTHERS = {
    "Rscript": "R", "R": "R", "julia": "Julia", "node": "JavaScript", "perl": "Perl", "ruby": "Ruby", "java": "Java",
    "octave": "Octave", "matlab": "MATLAB", ".r": "R", ".jl": "Julia", ".js": "JavaScript", ".pl": "Perl",
    ".rb": "Ruby", ".m": "MATLAB",
}  # fmt: skip
"""What runs or is a script in another language."""
_WITH_A_VALUE = ("-W", "-X", "--check-hash-based-pycs")


def check_replaceable(words: Sequence[str], config: str, *, shell: bool) -> None:
    """Check that a command may start Python with what replaces the config in it.

    Raises:
        InputError: It starts another language, or Python with options that leave out what replaces the config.
    """
    words = _shell_words(words[0]) if shell else words
    for word in words[:2]:
        path = PurePath(word)
        language = _OTHERS.get(path.name) or _OTHERS.get(path.suffix.lower())
        if language is not None:
            raise InputError(
                f"the script would never see its edited config {config}: only Python scripts get it in place of the "
                f"original, but {word} is {language}. Let the script take the path of its config, and write for "
                "example --config {config} in the command."
            )
    for option in _isolating(words):
        raise InputError(
            f"the script would never see its edited config {config}, since Python's option {option} ignores PYTHONPATH "
            "or sitecustomize. Leave it out, or write for example --config {config} in the command."
        )


def never_read(config: str) -> Failure:
    """Return the failure of a trial whose script ended without having read its config."""
    return Failure(
        kind="setup",
        reason=f"the script never read {config}, so that its parameters had no effect. Set config to the file that it "
        "reads, or let it take the path: --config {config} in the command.",
        systematic=True,
    )


def _shell_words(command: str) -> list[str]:
    try:
        return shlex.split(command, comments=True)
    except ValueError:
        return []


def _isolating(words: Sequence[str]) -> Iterator[str]:
    """Yield the options of Python with which it does not look for what starts along."""
    starts = [index for index, word in enumerate(words) if _PYTHON.fullmatch(PurePath(word).name)]
    options = iter(words[starts[0] + 1 :] if starts else [])
    for option in options:
        if not option.startswith("-") or option == "-":
            return
        if option in _WITH_A_VALUE:
            next(options, None)
        elif not option.startswith(("--", *_WITH_A_VALUE)):
            letters = re.split("[mc]", option)[0]
            if set(letters) & set("IES"):
                yield option
            if letters != option:
                return
