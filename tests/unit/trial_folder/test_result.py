import json
import math
import random

import pytest

from tunesmith.core.trial import TrialRequest
from tunesmith.execution.evaluation import recover_from_folder
from tunesmith.trial_folder.result import read_result, write_result

COMPLETE = {
    "attempt": 1,
    "state": "complete",
    "metrics": {"loss": 0.5},
    "artifacts": {"model": "artifacts/model"},
    "failure": None,
    "seconds": 1.5,
    "peak_memory_bytes": 1000,
    "reports": 0,
}
FAILED = COMPLETE | {
    "state": "failed",
    "metrics": {},
    "artifacts": {},
    "failure": {"kind": "exit", "reason": "exit status 1", "log_tail": ""},
}


def test_a_result_is_found_by_its_attempt_only(tmp_path):
    assert read_result(tmp_path, 1) is None
    write_result(tmp_path, {"attempt": 2, "state": "complete", "metrics": {"loss": 0.5}})
    assert read_result(tmp_path, 1) is None
    assert read_result(tmp_path, 2) == {"attempt": 2, "state": "complete", "metrics": {"loss": 0.5}}
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.parametrize(
    "result",
    [
        {"attempt": 1},
        COMPLETE | {"state": "finished"},
        COMPLETE | {"state": ["complete"]},
        {key: value for key, value in COMPLETE.items() if key != "metrics"},
        COMPLETE | {"metrics": [0.5]},
        COMPLETE | {"metrics": {"loss": "0.5"}},
        COMPLETE | {"metrics": {"loss": True}},
        COMPLETE | {"metrics": {"loss": math.nan}},
        COMPLETE | {"metrics": {"loss": 10**400}},
        COMPLETE | {"artifacts": {"model": "/etc/passwd"}},
        COMPLETE | {"artifacts": {"model": 3}},
        COMPLETE | {"seconds": "long"},
        COMPLETE | {"seconds": -1},
        COMPLETE | {"seconds": 10**400},
        COMPLETE | {"peak_memory_bytes": {}},
        FAILED | {"failure": None},
        FAILED | {"failure": "it broke"},
        FAILED | {"failure": {"kind": "exit"}},
        FAILED | {"failure": {"kind": "unheard of", "reason": ""}},
        FAILED | {"failure": {"kind": "exit", "reason": 3}},
    ],
)
def test_a_damaged_result_counts_as_none_and_is_logged(tmp_path, caplog, result):
    (tmp_path / "result.json").write_text(json.dumps(result))
    assert read_result(tmp_path, 1) is None
    assert len(caplog.messages) == 1
    assert "result.json cannot be used, and the attempt counts as lost: " in caplog.text


@pytest.mark.parametrize("text", [b'{"attempt": 1', b"[1]", b"\xff", b"[" * 100_000, b"9" * 5000, b""])
def test_a_file_that_is_no_result_counts_as_none(tmp_path, caplog, text):
    (tmp_path / "result.json").write_bytes(text)
    assert read_result(tmp_path, 1) is None
    assert len(caplog.messages) == 1


def test_any_damage_settles_the_attempt_or_loses_it(tmp_path):
    """A fuzzer: bytes of a valid result are changed, removed or repeated."""
    rng = random.Random(14)
    request = TrialRequest(number=0, attempt=1, parameters={}, seed=0, folder=tmp_path)
    settled = 0
    for _ in range(3000):
        data = bytearray(json.dumps(rng.choice((COMPLETE, FAILED))).encode())
        for _ in range(rng.randint(1, 3)):
            index, change = rng.randrange(len(data)), rng.random()
            if change < 0.4:
                data[index] = rng.choice(b'0123456789{}[]",:-.eNaInftrul \xff\x00')
            elif change < 0.7:
                del data[index : index + rng.randint(1, 20)]
            else:
                data[index:index] = data[index : index + rng.randint(1, 20)]
        (tmp_path / "result.json").write_bytes(data)
        future = recover_from_folder(request, lambda *report: None)
        settled += future is not None
        if future is not None:
            assert future.done()
            future.exception()
    assert 100 < settled < 2900
