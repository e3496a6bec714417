import pytest

from tunesmith.errors import InputError
from tunesmith.execution.portable import pack, unpack


def test_files_arrive_as_they_were_and_logs_are_appended(tmp_path):
    sent, received = tmp_path / "sent", tmp_path / "received"
    files = {"log.txt": b"second\n", "result.json": b"{}", "artifacts/model.txt": b"0.5"}
    unpack({"log.txt": b"first\n"}, received)
    unpack(files, received)
    unpack(files, sent)
    assert pack(sent) == files
    assert pack(received) == {**files, "log.txt": b"first\nsecond\n"}
    assert pack(received, "artifacts") == {"artifacts/model.txt": b"0.5"}


def test_a_folder_has_a_result_only_if_all_other_files_have_arrived(tmp_path):
    (tmp_path / "artifacts").write_text("a file where a folder must be")
    with pytest.raises(OSError, match="artifacts"):
        unpack({"result.json": b"{}", "artifacts/model.txt": b"0.5"}, tmp_path)
    assert not (tmp_path / "result.json").exists()


def test_a_path_that_leaves_the_folder_is_refused(tmp_path):
    with pytest.raises(InputError):
        unpack({"../model.txt": b""}, tmp_path / "trial")
