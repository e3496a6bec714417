"""One trial in a worker of a Globus Compute endpoint: what travels there and back, as text."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import sys
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle

from ...core.trial import TrialRequest, check_relative
from ...execution.portable import PortableTask
from ...trial_folder.result import Result
from ..process import ProcessExecutor
from ..process.alone import run_isolated

MOST_BYTES = 9_500_000
"""Somewhat less than the 10 MiB that Globus Compute lets a task take or return."""

Code = Mapping[str, tuple[int, bytes]]
"""The files in the task's folder: mode and content by path."""


@dataclass(frozen=True)
class Parcel:
    """A trial on its way to an endpoint.

    Args:
        task: The task.
        request: The trial.
        code: The files of the task's folder, or None if the task has none or the worker sees it.
        files: The files of the trial to start from, or None if the worker sees the trial's folder.
        process: Its options hold for the trial.
        leave: Files of the trial that are not brought back, with `*` and `?`.
    """

    task: PortableTask
    request: TrialRequest
    code: Code | None
    files: Mapping[str, bytes] | None
    process: ProcessExecutor
    leave: tuple[str, ...] = ()

    def pack(self) -> str:
        """Return it as text.

        Raises:
            InputError: The task cannot be pickled.
        """
        return _text(cloudpickle.dumps(self))


def run_trial(payload: str, versions: str) -> str:
    """Run a trial of tunesmith in a worker.

    The source of this function is sent to the endpoint: it needs nothing but what it imports there, and reads the
    payload only if the versions there are those of the study.
    """
    import json
    import platform

    python = platform.python_version().rpartition(".")[0]
    try:
        import tunesmith
        from tunesmith.executors._remote import endpoint
    except ImportError as error:
        return json.dumps({"refused": f"its workers, which run Python {python}, have no tunesmith of the same version "
                           f"as this study ({error}); there should be {versions}"})  # fmt: skip
    there = f"tunesmith {tunesmith.__version__} with Python {python}"
    if there != versions:
        return json.dumps({"refused": f"its workers have {there}, and this study has {versions}"})
    return endpoint.run_packed(payload)


def run_packed(payload: str) -> str:
    """Run a packed trial to its end in a process of its own; return its packed outcome."""
    parcel: Parcel = pickle.loads(_bytes(payload))
    with tempfile.TemporaryDirectory(prefix="tunesmith-code-", ignore_cleanup_errors=True) as place:
        task = parcel.task
        if parcel.code is not None:
            task = _at_home(task, parcel.code, Path(place))
        try:
            result, files = run_isolated(task, parcel.request, parcel.files, parcel.process, study_pid=0)
        finally:
            if place in sys.path:
                sys.path.remove(place)
    return pack_outcome(result, files, parcel.leave)


def _at_home(task: PortableTask, code: Code, folder: Path) -> PortableTask:
    """Unpack the files of a task's folder, and return the task at home there."""
    for name, (mode, content) in code.items():
        path = folder / check_relative(name, "the path of a file")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode | 0o600)
    sys.path.insert(0, str(folder))
    there = copy.copy(task.load())
    object.__setattr__(there, "folder", folder)
    return PortableTask(there)


def pack_outcome(result: Result, files: Mapping[str, bytes], leave: tuple[str, ...] = ()) -> str:
    """Return the outcome of a trial as JSON; of files that are too large together, the largest are left out."""
    wanted = {name: content for name, content in files.items() if not any(Path(name).match(each) for each in leave)}
    texts = {name: _text(content) for name, content in wanted.items()}
    left: list[str] = []
    while sum(map(len, texts.values())) > MOST_BYTES - 200_000:
        left.append(max(texts, key=lambda name: len(texts[name])))
        del texts[left[-1]]
    return json.dumps({"result": result, "files": texts, "left": left})


def unpack_outcome(text: str) -> tuple[Result, dict[str, bytes], list[str]]:
    """Return the result of a trial, its files, and the names of files that were too large.

    Raises:
        ValueError: The text is not that of `pack_outcome`.
        Refused: The workers cannot run trials of this study.
    """
    fields: dict[str, Any] = json.loads(text)
    if "refused" in fields:
        raise Refused(str(fields["refused"]))
    return fields["result"], {name: _bytes(each) for name, each in fields["files"].items()}, list(fields["left"])


class Refused(Exception):
    """The workers of an endpoint cannot run trials of this study."""


def _text(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


def _bytes(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))
