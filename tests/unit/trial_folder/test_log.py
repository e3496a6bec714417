import pytest

from tunesmith.trial_folder.log import BoundedLog, read_tail


def test_what_fits_is_kept_as_it_is(tmp_path):
    log = BoundedLog(tmp_path / "log.txt", 1000)
    log.write(b"one\n")
    log.write(b"\xff\xfe two")
    log.close()
    assert (tmp_path / "log.txt").read_bytes() == b"one\n\xff\xfe two"


def test_nothing_written_leaves_no_file(tmp_path):
    log = BoundedLog(tmp_path / "log.txt", 1000)
    log.write(b"")
    log.close()
    assert not (tmp_path / "log.txt").exists()


@pytest.mark.parametrize("piece", [1, 7, 400, 5000])
def test_of_too_much_the_beginning_and_the_end_are_kept_and_the_rest_is_counted(tmp_path, piece):
    data = b"".join(b"%07d\n" % number for number in range(2000))
    log = BoundedLog(tmp_path / "log.txt", 1000)
    for start in range(0, len(data), piece):
        log.write(data[start : start + piece])
        assert (tmp_path / "log.txt").stat().st_size <= 1000
    log.close()
    kept = (tmp_path / "log.txt").read_bytes()
    head, gap, tail = kept.partition(b"\n[... ")
    number, _, tail = tail.partition(b" bytes left out ...]\n")
    assert gap
    assert head == data[:250]
    assert data.endswith(tail)
    assert len(tail) >= 500
    assert len(head) + int(number) + len(tail) == len(data)


def test_a_log_that_is_opened_again_goes_on_counting(tmp_path):
    data = bytes(range(32, 127)) * 100
    for start in range(0, len(data), 950):
        log = BoundedLog(tmp_path / "log.txt", 1000)
        log.write(data[start : start + 950])
        log.close()
    kept = (tmp_path / "log.txt").read_bytes()
    assert kept.count(b"bytes left out") == 1
    number = int(kept.split(b"[... ")[1].split(b" ")[0])
    assert number + len(kept) - len(b"\n[... %d bytes left out ...]\n" % number) == len(data)


def test_a_log_that_cannot_be_written_is_given_up_quietly(tmp_path):
    log = BoundedLog(tmp_path / "missing" / "log.txt", 1000)
    log.write(b"lost")
    log.write(b"lost")
    log.close()
    assert isinstance(log.error, FileNotFoundError)


def test_the_tail_is_the_last_lines_whatever_the_bytes(tmp_path):
    path = tmp_path / "log.txt"
    assert read_tail(path) == ""
    path.write_bytes(b"".join(b"line %d\n" % number for number in range(100)) + b"\xff!")
    assert read_tail(path).splitlines() == [f"line {number}" for number in range(81, 100)] + ["\ufffd!"]
    path.write_bytes(b"x" * 100_000)
    assert read_tail(path) == "x" * 4000
