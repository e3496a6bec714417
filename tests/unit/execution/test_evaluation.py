"""What a failure says, from where it happens to the trial's result."""

import errno
import os
from pathlib import Path

import pytest

from tunesmith.core.trial import TrialRequest
from tunesmith.execution.evaluation import finish, not_started
from tunesmith.trial_folder.disk import disk_fault
from tunesmith.trial_folder.result import Result


def _finish(folder: Path, kind: str, reason: str) -> Result:
    request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=folder)
    result: Result = {"state": "failed", "failure": {"kind": kind, "reason": reason}}
    return finish(request, result, seconds=1.0, peak_memory_bytes=None, reports=0)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, "machine") for code in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.EIO)),
        *((code, "setup") for code in (errno.EACCES, errno.ENOENT, errno.E2BIG)),
    ],
)
def test_a_trial_that_could_not_start_is_to_blame_only_for_its_own_setup(code: int, kind: str) -> None:
    failure = not_started(OSError(code, os.strerror(code)), "no process could be started")["failure"]
    assert failure is not None
    assert failure["kind"] == kind
    assert failure["reason"].startswith("no process could be started: ")
    assert os.strerror(code) in failure["reason"]


@pytest.mark.parametrize("kind", ["exit", "exception", "metric", "setup"])
def test_a_failure_on_a_disk_with_room_stays_the_trials_own_whatever_it_says(tmp_path: Path, kind: str) -> None:
    failure = _finish(tmp_path, kind, "OSError: [Errno 28] No space left on device")["failure"]
    assert failure is not None
    assert failure["kind"] == kind


@pytest.mark.skipif(not Path("/dev/full").exists() or not Path("/proc").is_dir(), reason="needs Linux's /proc")
def test_a_folder_that_cannot_hold_a_file_is_not_mistaken_for_a_full_disk() -> None:
    assert disk_fault(Path("/proc"), "ValueError: no such key") is None


def test_a_folder_that_is_gone_is_not_a_full_disk(tmp_path: Path) -> None:
    assert disk_fault(tmp_path / "gone", "No space left on device") is None
