import json
import tracemalloc

from tunesmith.core.reports import Report
from tunesmith.trial_folder.reports import ReportsTail, append_report


def test_what_is_appended_is_read_once_and_in_order(tmp_path):
    tail = ReportsTail(tmp_path)
    assert list(tail.new()) == []
    append_report(tmp_path, 0, {"y": 1.0})
    append_report(tmp_path, 1, {"y": float("nan")})
    first, second = tail.new()
    assert first == Report(0, {"y": 1.0})
    assert second.metrics["y"] != second.metrics["y"]
    append_report(tmp_path, 2, {"y": 3.0})
    assert list(tail.new()) == [Report(2, {"y": 3.0})]
    assert list(tail.new()) == []


def test_a_line_counts_once_it_has_its_end(tmp_path):
    tail = ReportsTail(tmp_path)
    with (tmp_path / "reports.jsonl").open("ab", buffering=0) as file:
        file.write(b'{"step": 1, ')
        assert list(tail.new()) == []
        file.write(b'"y": 2}\n')
        assert list(tail.new()) == [Report(1, {"y": 2.0})]


def test_garbage_is_passed_over_and_kept_for_a_warning(tmp_path):
    lines = [b"oops", b"[1]", b'{"y": 1}', b'{"step": -1}', b'{"step": 1.5}', b"\xff\x00", b"", b"[" * 100_000]
    (tmp_path / "reports.jsonl").write_bytes(b"\n".join([*lines, b'{"step": 3, "y": 1, "s": "text", "b": true}', b""]))
    tail = ReportsTail(tmp_path)
    assert list(tail.new()) == [Report(3, {"y": 1.0})]
    assert tail.garbage == b"oops\n"


def test_a_line_too_long_is_passed_over_as_a_whole_in_bounded_memory(tmp_path):
    tail = ReportsTail(tmp_path)
    hidden = b'{"step": 7, "loss": 0.7}'
    padding = (1 << 20) - len(hidden) // 2
    with (tmp_path / "reports.jsonl").open("wb") as file:
        file.write(b'{"step": 1, "loss": 0.1}\n' + b"x" * (1 << 20) + hidden + b"x" * padding)
    assert [report.step for report in tail.new()] == [1]
    with (tmp_path / "reports.jsonl").open("ab") as file:
        for _ in range(20):
            file.write(b"x" * (1 << 20))
        file.write(hidden + b'\n{"step": 2, "loss": 0.2}\n')
    tracemalloc.start()
    try:
        assert [report.step for report in tail.new()] == [2]
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert tail.garbage is not None
    assert len(tail.garbage) <= 200


def test_a_report_with_too_many_metrics_or_too_long_a_name_is_left_out(tmp_path):
    tail = ReportsTail(tmp_path)
    lines = [{"step": 1, **{f"m{n}": 1.0 for n in range(1001)}}, {"step": 2, "n" * 5000: 1.0, "loss": 0.2}]
    (tmp_path / "reports.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [(report.step, dict(report.metrics)) for report in tail.new()] == [(2, {"loss": 0.2})]
