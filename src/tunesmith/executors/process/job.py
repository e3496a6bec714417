"""What a batch job runs: one trial, supervised, with a heartbeat.

The study leaves `job/request.json` in the trial's folder, and the job leaves its result there as on any machine. The
study and the job never talk otherwise: either may be gone while the other goes on.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...core.trial import TrialRequest
from ...execution.evaluation import failed, finish
from ...execution.portable import PortableTask
from . import ProcessExecutor
from .alone import run_until

JOB_FOLDER = "job"
"""The folder in a trial's folder for its job: request, id, heartbeat, the batch system's script and output."""
REQUEST_FILE = "request.json"
HEARTBEAT_FILE = "heartbeat"
HEARTBEAT_SECONDS = 10.0
"""How often a job touches its heartbeat file. A study of 2,000 jobs then costs a shared disk 200 writes a second."""


def main() -> None:
    """Run the trial of a job folder.

    `sys.argv` holds the job folder and the token of the attempt that submitted this job. Another token in the folder
    means that the study has given the trial to another job; this one then ends without a trace.
    """
    job, token = Path(sys.argv[1]), sys.argv[2]
    fields = _read(job)
    if fields.get("token") != token:
        sys.exit("another job runs this trial now.")
    request = read_request(fields["request"])
    pickled = Path(fields["task"]).read_bytes()
    if hashlib.sha256(pickled).hexdigest() != fields["sha256"]:
        reason = f"{fields['task']} is not what the study wrote there"
        finish(request, failed("setup", reason), seconds=0.0, peak_memory_bytes=None, reports=0)
        sys.exit(reason)
    heartbeat = _Heartbeat(job, token)
    task, executor = PortableTask.from_pickled(pickled), ProcessExecutor(**fields["options"])
    result = run_until(fields["walltime_seconds"], task, request, executor, proceeds=heartbeat.beat)
    print(json.dumps(result))  # If the trial's folder has no result, as on a full disk, the job's output tells why.


def write_request(
    job: Path,
    request: TrialRequest,
    *,
    token: str,
    task: Path,
    sha256: str,
    walltime_seconds: float,
    options: Mapping[str, Any],
    path: Sequence[str],
) -> None:
    """Write what a job needs into its folder.

    Args:
        job: The job folder.
        request: The trial.
        token: Known to the study and to this job alone.
        task: The pickled task.
        sha256: The hash of that file; the job unpickles nothing else.
        walltime_seconds: The time from the job's start to its end.
        options: For the `ProcessExecutor` in the job.
        path: Where the job looks for modules first.
    """
    fields = {
        "token": token,
        "request": {name: str(value) if isinstance(value, Path) else value for name, value in asdict(request).items()},
        "task": str(task),
        "sha256": sha256,
        "walltime_seconds": walltime_seconds,
        "options": dict(options),
        "path": list(path),
    }
    (job / REQUEST_FILE).write_text(json.dumps(fields))


def read_request(fields: Mapping[str, Any]) -> TrialRequest:
    """Return a request that `write_request` wrote."""
    inherits = None if fields["inherits"] is None else Path(fields["inherits"])
    return TrialRequest(**{**fields, "folder": Path(fields["folder"]), "inherits": inherits})


class _Heartbeat:
    """Shows that the job is alive, and notices when another job has taken its place."""

    def __init__(self, job: Path, token: str) -> None:
        self._job = job
        self._token = token
        self._due = 0.0

    def beat(self) -> bool:
        """Return whether the trial is still this job's."""
        if time.monotonic() < self._due:
            return True
        self._due = time.monotonic() + HEARTBEAT_SECONDS
        try:
            (self._job / HEARTBEAT_FILE).touch()
            return bool(_read(self._job).get("token") == self._token)
        except (OSError, ValueError):
            return True  # A shared disk may be gone for a while. The study has its own patience.


def _read(job: Path) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((job / REQUEST_FILE).read_bytes())
    return fields
