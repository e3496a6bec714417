"""An executor like a batch system: jobs outlive the study, cannot be stopped, and are found by their folder."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from tunesmith.core.trial import Measurement, OnReport, TrialRequest
from tunesmith.execution.evaluation import failed, recover_from_folder, settle
from tunesmith.execution.portable import PortableTask
from tunesmith.executors.base import Capabilities
from tunesmith.tasks.base import Task
from tunesmith.trial_folder.prepare import clear_attempt
from tunesmith.trial_folder.reports import ReportsTail
from tunesmith.trial_folder.result import read_result

JOB = """
import pickle, sys
from tunesmith.execution.remote import run_remotely
sys.path[:] = pickle.loads(open(sys.argv[1] + '/path', 'rb').read())
run_remotely(*pickle.loads(open(sys.argv[1] + '/job', 'rb').read()), None, 0)
"""


@dataclass(frozen=True, kw_only=True)
class DetachedExecutor:
    """Starts each trial as a process that goes on without the study."""

    slots: int = 2
    _listeners: list[OnReport] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(slots=self.slots)

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        self._listeners[:] = [on_report]

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        request.folder.mkdir(parents=True, exist_ok=True)
        clear_attempt(request.folder)
        (request.folder / "path").write_bytes(pickle.dumps(sys.path))
        (request.folder / "job").write_bytes(pickle.dumps((PortableTask(task), request)))
        with (request.folder / "job.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", JOB, str(request.folder)], stdout=log, stderr=log, start_new_session=True
            )
        (request.folder / "job.pid").write_text(str(process.pid))
        return self._watch(psutil.Process(process.pid), request, process)

    def recover(self, request: TrialRequest) -> Future[Measurement] | None:
        try:
            process = psutil.Process(int((request.folder / "job.pid").read_text()))
            if request.attempt == 1 and str(request.folder) in process.cmdline():
                return self._watch(process, request, None)
        except (OSError, psutil.NoSuchProcess):
            pass
        return recover_from_folder(request, self._listeners[0])

    def stop(self, number: int) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listeners.clear()

    def _watch(
        self, job: psutil.Process, request: TrialRequest, process: subprocess.Popen[bytes] | None
    ) -> Future[Measurement]:
        future: Future[Measurement] = Future()
        future.set_running_or_notify_cancel()
        on_report = self._listeners[0]

        def follow() -> None:
            tail, ended = ReportsTail(request.folder), False
            while not ended:
                ended = not job.is_running() or job.status() == psutil.STATUS_ZOMBIE
                for report in tail.new():
                    on_report(request.number, request.attempt, report.step, report.metrics)
                time.sleep(0.01)
            if process is not None:
                process.wait()
            settle(future, read_result(request.folder, request.attempt) or failed("lost", "its job is gone"))

        threading.Thread(target=follow, daemon=True).start()
        return future
