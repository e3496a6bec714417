"""One run of a command: its output, files, processes and time are watched."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from ..config_files import SUFFIXES
from ..core.trial import TrialRequest
from ..execution.leftovers import TRIAL_VARIABLE, sweep
from ..executors.process.memory import resident_bytes
from ..in_script.metric_names import metric_words
from ..tasks.command import CommandTask
from ..tasks.command.process_group import Invocation, run_group
from ..tasks.command.replaced_config import READ_FILE
from ..tasks.command.trial import CommandTrial
from ..text.cleaning import clean_lines, plain
from ..text.wording import duration, size
from ..trial_folder.exit_status import exit_failure
from ..trial_folder.log import BoundedLog, read_tail
from ..trial_folder.names import ENVIRONMENT_FILE, HEARD_FILE, LOG_FILE, PARAMETERS_FILE, REPORTS_FILE
from ..trial_folder.reports import ReportsTail
from .file_changes import FileWatch
from .gpu_use import gpu_bytes
from .pace import EpochClock
from .seen_in_output import seen_in_output
from .trouble import trouble_of
from .tryout import Ending, Limits, SeenMetric, Tryout
from .written_metrics import written_metrics
from .written_texts import written_in_texts

_MEMORY_SHARE = 0.8
_LOG_BYTES = 8_000_000
_PROGRESS_SECONDS = 0.5
_GPU_SECONDS = 3.0
_MOST_WRITTEN = 200  # Files that are searched for metrics.
_OPENED_FILE = "files_read"
"""The modules and config files that the script has read, one a line."""
_OURS = (_OPENED_FILE, ENVIRONMENT_FILE, HEARD_FILE, LOG_FILE, PARAMETERS_FILE, READ_FILE, REPORTS_FILE)
_PATH = re.compile(r"""["'](~?/[^"'\s{}*]{2,200})["']""")

OnProgress = Callable[[float, str], None]
"""Called with the seconds so far and the last line of output."""


class _LimitReached(Exception):
    def __init__(self, ending: Ending, reason: str) -> None:
        super().__init__(reason)
        self.ending, self.reason = ending, reason


class WatchedRun:
    """One run of a task's command, watched and limited.

    Args:
        task: The task.
        request: The trial, whose folder is prepared.
        limits: The limits of the run.
        on_progress: Called about twice a second.
        variables: Variables to set besides those of the task.
    """

    def __init__(
        self,
        task: CommandTask,
        request: TrialRequest,
        limits: Limits,
        on_progress: OnProgress,
        variables: Mapping[str, str],
    ) -> None:
        self._request = request
        self._limits = limits
        self._on_progress = on_progress
        self._invocation = _with_variables(
            CommandTrial(task, request).invocation(
                captures_all=True,
                features={"opened": {"path": str(request.folder / _OPENED_FILE), "suffixes": [*SUFFIXES]}},
            ),
            {**variables, TRIAL_VARIABLE: str(request.folder)},
        )
        self._project = Path(task.folder)
        self._config = task.config_path
        self._log = BoundedLog(request.folder / LOG_FILE, _LOG_BYTES)
        self._memory_limit = limits.memory_bytes or int(_MEMORY_SHARE * psutil.virtual_memory().available)
        self._files = FileWatch(
            [self._project, *_named_places(self._invocation, self._project)],
            without=[request.folder, self._project / "studies"],
            most=limits.files,
        )
        self._clock = EpochClock()
        self._reports = [ReportsTail(request.folder, name) for name in (REPORTS_FILE, HEARD_FILE)]
        self._heard: dict[str, SeenMetric] = {}
        self._rest = b""
        self._line = ""
        self._process: psutil.Process | None = None
        self._peak_bytes = 0
        self._gpu_bytes: int | None = None
        self._due = dict.fromkeys(("progress", "processes", "gpu"), 0.0)
        self._started = time.monotonic()

    def tryout(self) -> Tryout:
        """Run the command, and return what was seen."""
        ending: Ending = "finished"
        status: int | None = None
        reason = ""
        try:
            status = run_group(
                self._invocation, on_output=self._on_output, poll=self._poll, on_start=self._on_start, echo=False
            )
            if status != 0:
                ending, reason = "failed", exit_failure(status, "the command", self._tail().encode()).reason
        except _LimitReached as limit:
            ending, reason = limit.ending, limit.reason
        except (OSError, ValueError) as error:
            ending, reason = "failed", f"the command could not be started: {error}"
        finally:
            seconds = time.monotonic() - self._started
            self._log.close()
            sweep(self._request.folder)
        self._read(self._rest)
        self._hear()
        return self._result(ending, status, reason, seconds)

    def _result(self, ending: Ending, status: int | None, reason: str, seconds: float) -> Tryout:
        changes = self._files.changes()
        folder = self._request.folder
        own = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        inside = [path for path in own if path.parent != folder or path.name not in _OURS]
        written = [*(change.path for change in changes), *inside][:_MOST_WRITTEN]
        tail = self._tail()
        return Tryout(
            words=self._invocation.words,
            folder=folder,
            project=self._project,
            ending=ending,
            reason=reason,
            seconds=seconds,
            status=status,
            log_tail=tail,
            metrics=self._metrics(written),
            files=tuple(changes),
            files_left_out=self._files.left_out,
            files_read=self._files_read(),
            pace=self._clock.pace(),
            peak_memory_bytes=self._peak_bytes or None,
            gpu_memory_bytes=self._gpu_bytes,
            trouble="" if ending == "finished" else trouble_of(tail),
            settings=dict(self._request.parameters),
        )

    def _metrics(self, written: Sequence[Path]) -> tuple[SeenMetric, ...]:
        """Return what the run showed. A log file that repeats the output adds nothing."""
        log = self._request.folder / LOG_FILE
        parameters, words = self._request.parameters, self._invocation.words
        shown = [*seen_in_output(log.read_bytes() if log.exists() else b"", parameters, words), *self._heard.values()]
        known = {metric_words(metric.name) for metric in shown}
        tables = [metric for path in written for metric in written_metrics(path)]
        texts = written_in_texts(written, parameters, words)
        return (*shown, *tables, *(metric for metric in texts if metric_words(metric.name) not in known))

    def _files_read(self) -> tuple[Path, ...]:
        """Return the modules and config files that the script's Python processes have read, as far as they told."""
        path = self._request.folder / _OPENED_FILE
        lines = path.read_bytes().splitlines() if path.exists() else []
        read = {Path(os.fsdecode(line)).resolve() for line in lines}
        if self._config is not None and (self._request.folder / READ_FILE).exists():
            read.add(self._config.resolve())
        own = self._request.folder.resolve()
        return tuple(sorted(path for path in read if not path.is_relative_to(own)))

    # -- while it runs ---------------------------------------------------------------------------------------------

    def _on_start(self, pid: int) -> None:
        self._started = time.monotonic()
        self._process = psutil.Process(pid)

    def _on_output(self, data: bytes) -> None:
        self._log.write(data)
        *lines, self._rest = re.split(rb"[\r\n]", self._rest + data)
        self._rest = self._rest[-(1 << 16) :]
        for line in lines:
            self._read(line)

    def _read(self, line: bytes) -> None:
        text = line[: 1 << 12].decode(errors="replace")
        if text.strip():
            self._line = text
            self._clock.read(text, time.monotonic())

    def _poll(self) -> None:
        now = time.monotonic()
        if now - self._started > self._limits.seconds:
            raise _LimitReached("time limit", f"it was stopped after {duration(self._limits.seconds)}, its limit")
        if self._is_due("progress", _PROGRESS_SECONDS):
            self._hear()
            last = clean_lines(self._rest.decode(errors="replace") or self._line)
            self._on_progress(now - self._started, last[-1].strip())
        self._measure()

    def _measure(self) -> None:
        """Measure the processes, and spend at most 5 % of the time on it."""
        now = time.monotonic()
        if self._process is None or now < self._due["processes"]:
            return
        processes = self._processes()
        held = resident_bytes(processes, self._memory_limit)
        self._peak_bytes = max(self._peak_bytes, held)
        if held > self._memory_limit:
            limit = size(self._memory_limit)
            raise _LimitReached("memory limit", f"it held {size(held)} of memory; its limit was {limit}")
        self._files.note_open(processes)
        if self._is_due("gpu", _GPU_SECONDS) and (gpu := gpu_bytes({process.pid for process in processes})) is not None:
            self._gpu_bytes = max(self._gpu_bytes or 0, gpu)
        self._due["processes"] = time.monotonic() + min(max(0.1, 20 * (time.monotonic() - now)), 5.0)

    def _processes(self) -> list[psutil.Process]:
        assert self._process is not None
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.Error:
            return []

    def _hear(self) -> None:
        """Take the reports since the last call."""
        for report in [report for reports in self._reports for report in reports.new()]:
            self._clock.note("step", report.step, time.monotonic())
            for name, value in report.metrics.items():
                count = self._heard[name].count + 1 if name in self._heard else 1
                sample = f"step {report.step}: {name} = {value:.6g}"
                self._heard[name] = SeenMetric(
                    name=name, value=value, sample=sample, count=count, counted_by="step", source="reported"
                )

    def _is_due(self, name: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due[name]:
            return False
        self._due[name] = now + every
        return True

    # -- its output ------------------------------------------------------------------------------------------------

    def _tail(self) -> str:
        return plain(read_tail(self._request.folder / LOG_FILE))


def _with_variables(invocation: Invocation, variables: Mapping[str, str]) -> Invocation:
    """Return an invocation with more variables."""
    return replace(invocation, environment={**invocation.environment, **variables})


def _named_places(invocation: Invocation, project: Path) -> list[Path]:
    """Return the places outside of its folder that a command and its script name, as far as they are no whole trees."""
    texts = list(invocation.words)
    for word in invocation.words:
        path = invocation.folder / word
        if path.suffix in (".py", ".sh", ".R", ".jl") and path.is_file() and path.stat().st_size < 1 << 20:
            texts += _PATH.findall(path.read_text(encoding="utf-8", errors="replace"))
    places = []
    for text in texts:
        place = Path(text.rpartition("=")[2]).expanduser()
        is_outside = place.is_absolute() and not place.resolve().is_relative_to(project.resolve())
        if is_outside and len(place.parts) > 2 and not place.is_relative_to(invocation.words[0]):
            places.append(place)
    return places
