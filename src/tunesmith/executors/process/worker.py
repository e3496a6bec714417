"""A worker: a process that runs trials one after another, each in a fork of its own.

The study talks to it by lines of JSON. To the worker: `{"task": base64}`, `{"run": request}`, `{"stop": "kindly"}`
(the trial is not worth finishing), `{"stop": "now"}` (the study ends). From it: `{"loaded": true}`, `{"step": ..,
"metrics": ..}` and `{"done": result}`. The end of its input means that the study has gone: it kills what it runs.

It imports as little as it can, since every slot waits for that.
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
from typing import Any

from ...core.trial import TrialRequest
from ...tasks.base import Task
from .child import adopt_orphans
from .messages import LineReader, parsed, send
from .trial_process import Terms, TrialProcess

logger = logging.getLogger(__name__)

_IDLE_LOOK_SECONDS = 5.0
_PRELOAD_SECONDS = 60.0


class LoadedTask:
    """A task as it came, and as an object once it is safe to keep it in the worker.

    Its first trial loads it in a process of its own, under that trial's limits: user code may crash, hang or eat
    memory while it is imported. Once it has been seen to load, the worker loads it too, and later trials start as
    forks that have everything in memory.

    Args:
        pickled: The task, by cloudpickle.
        preload: Whether the worker is to load it at all.
    """

    def __init__(self, pickled: bytes, preload: bool) -> None:
        self._pickled = pickled
        self._preload = preload
        self._task: Task | None = None
        self._seconds: float | None = None

    def load(self) -> Task:
        """Return the task; imports the user's code where that has not been done."""
        if self._task is None:
            task: Task = pickle.loads(self._pickled)
            return task
        return self._task

    def seen_to_load(self, seconds: float) -> None:
        """Note that a trial has loaded the task, in so many seconds."""
        self._seconds = seconds

    def preload(self) -> bytes:
        """Load the task into this process if that is wanted and safe; return what was printed on the way."""
        if not self._preload or self._task is not None or self._seconds is None:
            return b""
        self._preload = False  # once, whatever comes of it
        # Should it hang this time, the kernel ends this worker, and the study sees a lost trial and tries again.
        signal.setitimer(signal.ITIMER_REAL, _PRELOAD_SECONDS + 10 * self._seconds)
        try:
            with _captured() as printed:
                self._task = self.load()
        except Exception as error:
            logger.info("the task cannot be kept in the worker: %s", error)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        gc.freeze()  # else every fork's garbage collection would copy all that is loaded
        return printed[0]


@contextmanager
def _captured() -> Iterator[list[bytes]]:
    """Catch what is printed, by C code as well, and give it as the one item of a list afterwards."""
    printed = [b""]
    kept = [os.dup(1), os.dup(2)]
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield printed
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, target in zip(kept, (1, 2), strict=True):
                os.dup2(descriptor, target)
                os.close(descriptor)
            file.seek(0)
            printed[0] = file.read()


class Worker:
    """Serves one study over two pipes.

    Args:
        control: Messages from the study.
        answers: Messages to it.
        terms: What holds for every trial.
        preload: Whether to keep the task in this process.
    """

    def __init__(self, control: int, answers: int, terms: Terms, *, preload: bool) -> None:
        self._control = LineReader(control)
        self._answers = answers
        self._terms = terms
        self._preload = preload
        self._task = LoadedTask(b"", False)
        self._study = os.getppid()

    def serve(self) -> None:
        """Run trials until the study closes the pipe or dies."""
        while not self._control.ended and os.getppid() == self._study:
            ready, _, _ = select.select([self._control.descriptor], [], [], _IDLE_LOOK_SECONDS)
            messages = [parsed(line) for line in self._control.read()] if ready else []
            for place, message in enumerate(messages):
                if "task" in message:
                    self._task = LoadedTask(base64.b64decode(message["task"]), self._preload)
                elif "run" in message:
                    self._run(message["run"], early=messages[place + 1 :])

    def _run(self, told: Mapping[str, Any], early: list[dict[str, Any]]) -> None:
        inherits = None if told["inherits"] is None else Path(told["inherits"])
        request = TrialRequest(**{**told, "folder": Path(told["folder"]), "inherits": inherits})
        trial = TrialProcess(request, self._terms, self._pass_on, self._task.seen_to_load)
        printed = self._task.preload()
        descriptors = (self._control.descriptor, self._answers)
        result = trial.run(self._task.load, self._control, early=early, printed=printed, close=descriptors)
        send(self._answers, {"done": result})

    def _pass_on(self, step: int, metrics: Mapping[str, float]) -> None:
        try:
            send(self._answers, {"step": step, "metrics": metrics})
        except BrokenPipeError:
            raise EOFError("the study has gone") from None


def main() -> None:
    """Be a worker: messages on stdin and stdout, settings as JSON in the first argument."""
    settings = json.loads(sys.argv[1])
    sys.argv = ["tunesmith-trial"]
    control, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)  # stderr stays: the study reads it where the worker dies
    os.close(null)
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload = settings.pop("preload")
    terms = Terms(adopts=adopt_orphans(), **settings)
    try:
        Worker(control, answers, terms, preload=preload).serve()
    except (EOFError, BrokenPipeError):
        return  # the study has gone, and so has the trial


if __name__ == "__main__":
    main()
