"""Stop a script where it has read its arguments, and write down its options.

`start` sets hooks on the libraries that read arguments, one module a library. A hook calls `answer` with what the
library knows of the script's options: the answer is written, and the process goes no further. After a parser that may
be followed by a larger one (`parse_known_args`), `answer_later` lets the script go on to that one, though not for long.

Until then the script runs as it would with `--help`, except that what it writes goes to a temporary folder and that
the network is out of reach (see `harmless`).
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..on_import import on_import
from . import harmless, training
from .values import NOT_PLAIN_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType
    from typing import Any

_HOOKS = {
    "argparse": "with_argparse",
    "jsonargparse": "with_jsonargparse",
    "tyro._argparse": "with_argparse",
    "tyro._backends._tyro_backend": "with_tyro",
    "click.core": "with_click",
    "typer._click.core": "with_click",
    "fire.core": "with_fire",
    "absl.flags._flagvalues": "with_absl",
    "hydra._internal.hydra": "with_hydra",
    "omegaconf.omegaconf": "with_omegaconf",
    "docopt": "with_docopt",
    "optparse": "with_optparse",
    "getopt": "with_getopt",
    "yacs.config": "with_yacs",
}
"""The module of a library to the module here with its hook, whose function `hook` is called with it."""
_MOST_SECONDS_LATER = 10.0
"""The time in which a script has to come to its next parser."""


class _State:
    path = ""
    script = ""
    module = ""
    program = ""
    folder = Path()
    argv: Sequence[str] = ()
    words: Sequence[str] = ()
    later: Mapping[str, Any] | None = None
    notes: Sequence[str] = ()
    busy = False


_state = _State()


def start(answer: str, script: str = "", module: str = "", program: str = "", scratch: str = "") -> None:
    """Set the hooks.

    Args:
        answer: The file for the answer, as JSON.
        script: The absolute path of the script; empty if there is a module or a program instead.
        module: The module after `-m`.
        program: The name of a program such as those that pip installs.
        scratch: The folder for what the script writes.
    """
    _state.path, _state.script, _state.module, _state.program = answer, script, module, program
    _state.folder, _state.argv, _state.words = Path.cwd(), sys.argv, sys.argv[1:]
    harmless.start(scratch)
    with harmless.allowed():
        Path(f"{answer}.started").touch()
    if sys.argv[:1] in (["-c"], ["-"]):
        return  # A worker of multiprocessing.
    for name, module_of_hook in _HOOKS.items():
        on_import(name, _hooking(module_of_hook))
    for name, hook in training.hooks(_at_training).items():
        on_import(name, hook)


def is_script() -> bool:
    """Tell whether this process runs the user's script, and not another program that starts it, or is run before."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    name = getattr(spec, "name", "") or ""
    file = _state.folder / (getattr(main, "__file__", None) or "")
    if _state.script:
        return file.resolve() == Path(_state.script).resolve()
    if _state.module:
        return name in (_state.module, f"{_state.module}.__main__")
    return file.name == _state.program


def from_command_line(args: Sequence[str] | None) -> bool:
    """Tell whether a parser is given the words of the command line and not a list of the script's own."""
    words = sys.argv[1:]
    if args is None:
        return True
    texts = [word for word in args if isinstance(word, str)]
    if all(text in words for text in texts) or (words and all(word in texts for word in words)):
        return True
    return len(texts) == len(words)  # Each may be spelled in another way.


class Once:
    """A context in which the parsers that a parser calls are not asked; `first` is false within another."""

    def __enter__(self) -> bool:
        self.first = not _state.busy
        _state.busy = True
        return self.first

    def __exit__(self, *exception: object) -> None:
        if self.first:
            _state.busy = False


def is_asked() -> bool:
    """Tell whether a parser that is called now is the script's own, and not called by another parser."""
    return not _state.busy and is_script()


def calling_package(frame: FrameType) -> str:
    """Return the top package of a frame's module."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def note(text: str) -> None:
    """Add a note to the answer."""
    if text not in _state.notes:
        _state.notes = [*_state.notes, text]


def forget(value: Any) -> None:
    """Leave out a kept option with a value that a config takes for words of its own."""
    if _state.later is not None:
        kept = [option for option in _state.later["options"] if option["value"] != value]
        _state.later = {**_state.later, "options": kept}


def answer_later(framework: str, options: Sequence[Mapping[str, Any]]) -> None:
    """Keep an answer in case that the script comes to no other parser soon."""
    first = _state.later is None
    _state.later = {"framework": framework, "options": _with_those_before(options)}
    if first:
        atexit.register(_answer_what_is_kept)
        timer = threading.Timer(_MOST_SECONDS_LATER, _answer_what_is_kept)
        timer.daemon = True
        timer.start()


def answer(framework: str, options: Sequence[Mapping[str, Any]]) -> None:
    """Write the answer and end the process: nothing of the script's is flushed, no function at exit is called."""
    if _is_argv_replaced():
        note(
            "TO DO: let the script read the words of its command line: it replaces sys.argv, so that options in the "
            "command would have no effect."
        )
    _write({"framework": framework, "options": _with_those_before(options), "notes": list(_state.notes)})


def _with_those_before(options: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    names = {option["name"] for option in options}
    before = _state.later["options"] if _state.later else []
    return [*(option for option in before if option["name"] not in names), *options]


def _is_argv_replaced() -> bool:
    before = _state.words
    return sys.argv is not _state.argv if not before and sys.argv[1:] else not set(before) <= set(sys.argv[1:])


def _answer_what_is_kept() -> None:
    if _state.later is not None:
        _write({**_state.later, "notes": list(_state.notes)})


def _at_training() -> None:
    """Stop the script where it begins to train: what it reads from now on comes too late."""
    if is_script():
        _answer_what_is_kept()
        _write({"framework": "", "options": [], "notes": list(_state.notes)})


def _write(description: Mapping[str, Any]) -> None:
    text = json.dumps(description, default=lambda value: {NOT_PLAIN_KEY: True})
    beside = Path(f"{_state.path}.{os.getpid()}")
    with harmless.allowed():
        beside.write_text(text, encoding="utf-8")
        beside.replace(_state.path)
    # Until whoever asked kills the command, so that a shell script or a launcher does not go on.
    time.sleep(2)
    os._exit(0)


def _hooking(module: str) -> Any:
    def call(library: Any) -> None:
        importlib.import_module(f"{__name__}.{module}").hook(library)

    return call
