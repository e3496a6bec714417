import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tunesmith.errors import InputError, ModelUnavailable
from tunesmith.llm.recording import Recording

REQUEST = {"messages": [{"parts": [{"content": "Which number?"}]}]}


def test_any_answer_can_be_recorded_and_replayed(tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    answers = [{"parts": [10**20, -(2**63), "caf\udce9", None]}, {"parts": ["second"]}]
    request = {**REQUEST, "huge": 10**20, "text": "\ud800"}
    for answer in answers:
        Recording(path).add("planner", request, answer)
    replayed = Recording(path, replay=True)
    assert replayed.answer("planner", request)["parts"][:2] == [10**20, -(2**63)]
    assert replayed.answer("planner", request) == answers[1]
    with pytest.raises(ModelUnavailable, match="has no answer to this request of planner"):
        replayed.answer("planner", request)


@pytest.mark.parametrize(
    "text",
    [
        *(b"no JSON\n", b"[]\n", b"3\n", b"null\n", b'{"request": 1}\n', b'{"request": [], "answer": 1}\n'),
        *(b"\xff\x00\n", b"[" * 100_000 + b"\n", b"{}" * 15_000_000),
    ],
    ids=lambda text: str(text[:20]),
)
def test_a_damaged_recording_is_one_message(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "recording.jsonl"
    Recording(path).add("planner", REQUEST, {"parts": []})
    with path.open("ab") as file:
        file.write(text)
    with pytest.raises(InputError, match=r"is not a recording of `tunesmith run --record`, or line 2 is damaged\.$"):
        Recording(path, replay=True)


def test_a_recording_that_cannot_be_used_is_reported_before_any_call(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written: Is a directory\.$"):
        Recording(tmp_path)
    with pytest.raises(InputError, match=r"cannot be read: No such file or directory\.$"):
        Recording(tmp_path / "nowhere", replay=True)


FULL = """
import resource, signal, sys
from pathlib import Path
from tunesmith.llm.recording import Recording
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # So that a write fails as on a full disk.
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
recording = Recording(Path(sys.argv[1]))
for _ in range(9):
    recording.add("planner", {}, {"parts": ["x" * 60]})
"""


def test_a_full_disk_ends_a_recording_with_one_warning_and_not_the_study(tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    done = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr.count("ends here, as it cannot be written") == 1
    lines = path.read_bytes().splitlines(keepends=True)
    assert 1 <= len(lines) < 9
    assert all(orjson.loads(line) and line.endswith(b"\n") for line in lines)
