import glob
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from tests.waiting import wait_until

from tunesmith.core.trial import TrialRequest
from tunesmith.trial_folder.checkpoint import inherit_checkpoint
from tunesmith.trial_folder.prepare import prepare

STARTS = b"[tunesmith: starts from the checkpoint of trial 0000]\n"
NOTHING = b"[tunesmith: starts from scratch, because trial 0000 has no checkpoint]\n"


@pytest.fixture
def origin(tmp_path):
    """A trial with a checkpoint of several files, one executable, one behind a link."""
    deep = tmp_path / "0000" / "checkpoint" / "optimizer"
    deep.mkdir(parents=True)
    (deep / "state").write_bytes(bytes(range(256)) * 1000)
    (deep.parent / "weights").write_text("1")
    (deep.parent / "resume.sh").write_text("#!/bin/sh\n")
    (deep.parent / "resume.sh").chmod(0o755)
    (deep.parent / "latest").symlink_to("weights")
    return tmp_path / "0000"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "0001"
    folder.mkdir()
    return folder


def test_the_copy_is_whole_and_its_own(origin, folder):
    assert inherit_checkpoint(folder, origin) == STARTS
    copied = folder / "checkpoint"
    assert (copied / "optimizer" / "state").read_bytes() == bytes(range(256)) * 1000
    assert os.access(copied / "resume.sh", os.X_OK)
    assert (copied / "latest").readlink() == Path("weights")
    (copied / "weights").write_text("2")
    assert (origin / "checkpoint" / "weights").read_text() == "1"
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint"]


def test_an_attempt_goes_on_from_its_own_checkpoint(origin, folder):
    inherit_checkpoint(folder, origin)
    (folder / "checkpoint" / "weights").write_text("2")
    assert inherit_checkpoint(folder, origin) == b""
    assert (folder / "checkpoint" / "weights").read_text() == "2"


def test_what_a_broken_off_copy_left_is_thrown_away(origin, folder):
    (folder / "checkpoint.tmp").mkdir()
    (folder / "checkpoint.tmp" / "half").write_text("?")
    assert inherit_checkpoint(folder, origin) == STARTS
    assert not (folder / "checkpoint" / "half").exists()


@pytest.mark.parametrize("lost", ["trial", "checkpoint", "content"])
def test_without_a_checkpoint_it_starts_from_nothing_and_says_so(lost, origin, folder):
    shutil.rmtree({"trial": origin}.get(lost, origin / "checkpoint"))
    if lost == "content":
        (origin / "checkpoint").mkdir()
    assert inherit_checkpoint(folder, origin) == NOTHING
    assert list(folder.iterdir()) == []


def test_what_cannot_be_copied_is_an_error_and_no_half_of_a_checkpoint(origin, folder):
    os.mkfifo(origin / "checkpoint" / "queue")
    with pytest.raises(OSError, match="queue"):
        inherit_checkpoint(folder, origin)
    assert not (folder / "checkpoint").exists()


def test_the_log_tells_of_attempt_and_checkpoint(origin, tmp_path):
    request = TrialRequest(
        number=1, attempt=2, parameters={}, seed=0, folder=tmp_path / "0001", inherits=tmp_path / "0000"
    )
    assert prepare(request) == b"\n[tunesmith: attempt 2 begins]\n" + STARTS


def has_copied(copying: subprocess.Popen[bytes], folder: Path, count: int) -> bool:
    """Tell whether a process has ended, or has copied so many files."""
    return copying.poll() is not None or len(glob.glob(f"{folder}/*")) >= count  # noqa: PTH207  (the folder may vanish)


@pytest.mark.slow
def test_killed_in_the_middle_of_the_copy_nothing_is_lost(origin, folder):
    """Kill the copying process again and again until one copy has come through."""
    for number in range(300):
        (origin / "checkpoint" / f"shard{number}").write_bytes(os.urandom(30_000))
    code = (
        "import sys; from pathlib import Path; from tunesmith.trial_folder.checkpoint import inherit_checkpoint\n"
        "print('begins', flush=True); inherit_checkpoint(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    copy, half = folder / "checkpoint.tmp", 0
    for shards in [0, 1, 20, 100, 200, None]:  # Kill it once so many files are copied; let the last one finish.
        words = [sys.executable, "-c", code, str(folder), str(origin)]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as copying:
            assert copying.stdout is not None
            copying.stdout.readline()
            if shards is not None:
                wait_until(partial(has_copied, copying, copy, shards), f"{shards} files", poll_seconds=0.0005)
                copying.kill()
        if (folder / "checkpoint").exists():
            break
        half += copy.exists()
    assert half, "none was killed midway"
    names = {path.name for path in (origin / "checkpoint").iterdir()}
    assert {path.name for path in (folder / "checkpoint").iterdir()} == names
    assert (folder / "checkpoint" / "shard299").read_bytes() == (origin / "checkpoint" / "shard299").read_bytes()
