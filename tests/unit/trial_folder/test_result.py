from tunesmith.trial_folder.result import read_result, write_result


def test_a_result_is_found_by_its_attempt_only(tmp_path):
    assert read_result(tmp_path, 1) is None
    write_result(tmp_path, {"attempt": 2, "state": "complete", "metrics": {"loss": 0.5}})
    assert read_result(tmp_path, 1) is None
    assert read_result(tmp_path, 2) == {"attempt": 2, "state": "complete", "metrics": {"loss": 0.5}}
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_a_broken_result_is_none(tmp_path):
    for text in (b'{"attempt": 1', b"[1]", b"\xff"):
        (tmp_path / "result.json").write_bytes(text)
        assert read_result(tmp_path, 1) is None
