"""A worker: a process that runs trials one after another, each in a fork of its own.

It exchanges lines of JSON with the study. To the worker: `{"task": base64}`, `{"run": request}`, `{"stop": "pruned"}`
and `{"stop": "study ended"}`. From the worker: `{"step": .., "metrics": ..}` and `{"done": result}`. The end of its
input means that the study is gone, and the worker kills its trial.

It imports as little as possible, because every slot waits for that.
"""

from __future__ import annotations

import base64
import gc
import json
import logging
import os
import pickle
import select
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from ...core.trial import TrialRequest
from ...errors import message_of
from ...tasks.base import Task
from .child import adopt_orphans
from .messages import LineReader, parse, send
from .trial_process import TrialProcess, WorkerOptions

logger = logging.getLogger(__name__)

Preload = bool | Literal["first"]

_POLL_SECONDS = 5.0
_PRELOAD_SECONDS = 60.0


class LoadedTask:
    """A pickled task, unpickled in the worker once that is known to be safe.

    The first trial unpickles it in a process of its own and under that trial's limits, because user code may crash,
    hang or use up memory while it is imported. After that the worker unpickles it too, and later trials start as forks
    with everything in memory.

    Args:
        pickled: The task, by cloudpickle.
        preload: Whether the worker may unpickle it at all; `"first"` if also before the first trial.
    """

    def __init__(self, pickled: bytes, preload: Preload) -> None:
        self._pickled = pickled
        self._preload = preload
        self._task: Task | None = None
        self._load_seconds: float | None = 0.0 if preload == "first" else None

    def load(self) -> Task:
        """Return the task; imports the user's code unless the worker has done so."""
        if self._task is None:
            task: Task = pickle.loads(self._pickled)
            return task
        return self._task

    def on_load(self, seconds: float) -> None:
        """Note that a trial has unpickled the task, and how long that took."""
        self._load_seconds = seconds

    def preload(self) -> bytes:
        """Unpickle the task in this process if allowed and safe; return what was printed meanwhile."""
        if not self._preload or self._task is not None or self._load_seconds is None:
            return b""
        self._preload = False  # try only once
        # If it hangs this time, the kernel ends this worker, and the study sees a lost trial and tries again.
        signal.setitimer(signal.ITIMER_REAL, _PRELOAD_SECONDS + 10 * self._load_seconds)
        try:
            with _captured_output() as printed:
                self._task = self.load()
        except Exception as error:
            logger.info("the task cannot be kept in the worker: %s", message_of(error))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        gc.freeze()  # otherwise the garbage collection of every fork would copy all loaded pages
        return printed[0]


@contextmanager
def _captured_output() -> Iterator[list[bytes]]:
    """Capture output, of C code too; it is the only item of the yielded list after the block."""
    printed = [b""]
    originals = [os.dup(1), os.dup(2)]
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield printed
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, target in zip(originals, (1, 2), strict=True):
                os.dup2(descriptor, target)
                os.close(descriptor)
            file.seek(0)
            printed[0] = file.read()


class Worker:
    """Serves one study over two pipes.

    Args:
        control: A descriptor for messages from the study.
        answers: A descriptor for messages to the study.
        options: The same for all trials.
        preload: Whether to keep the task in this process.
    """

    def __init__(self, control: int, answers: int, options: WorkerOptions, *, preload: Preload) -> None:
        self._control = LineReader(control)
        self._answers = answers
        self._options = options
        self._preload = preload
        self._task = LoadedTask(b"", False)
        self._study_pid = os.getppid()

    def serve(self) -> None:
        """Run trials until the study closes the pipe or ends."""
        while not self._control.ended and os.getppid() == self._study_pid:
            ready, _, _ = select.select([self._control.descriptor], [], [], _POLL_SECONDS)
            messages = [parse(line) for line in self._control.read()] if ready else []
            for index, message in enumerate(messages):
                if "task" in message:
                    self._task = LoadedTask(base64.b64decode(message["task"]), self._preload)
                elif "run" in message:
                    self._run(message["run"], early=messages[index + 1 :])

    def _run(self, fields: Mapping[str, Any], early: list[dict[str, Any]]) -> None:
        inherits = None if fields["inherits"] is None else Path(fields["inherits"])
        request = TrialRequest(**{**fields, "folder": Path(fields["folder"]), "inherits": inherits})
        trial = TrialProcess(request, self._options, self._send_report, self._task.on_load)
        printed = self._task.preload()
        descriptors = (self._control.descriptor, self._answers)
        result = trial.run(self._task.load, self._control, early=early, printed=printed, close=descriptors)
        send(self._answers, {"done": result})

    def _send_report(self, step: int, metrics: Mapping[str, float]) -> None:
        try:
            send(self._answers, {"step": step, "metrics": metrics})
        except BrokenPipeError:
            raise EOFError("the study is gone") from None


def main() -> None:
    """Run a worker: messages on stdin and stdout, options as JSON in the first argument."""
    options = json.loads(sys.argv[1])
    sys.argv = ["tunesmith-trial"]
    control, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)  # stderr is kept: the study reads it if the worker dies
    os.close(null)
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload = options.pop("preload")
    try:
        Worker(control, answers, WorkerOptions(adopts=adopt_orphans(), **options), preload=preload).serve()
    except (EOFError, BrokenPipeError):
        return  # the study is gone, and so is the trial


if __name__ == "__main__":
    main()
