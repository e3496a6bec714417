"""Reports of any order, number and content."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tunesmith.core.reports import Report, ReportLog

values = st.floats(allow_nan=False) | st.just(math.nan)
reports = st.builds(
    Report, st.integers(0, 2**63 - 1), st.dictionaries(st.sampled_from(["loss", "accuracy", "ä"]), values)
)


@given(st.lists(reports, max_size=12), st.data())
def test_reports_are_the_sequence_that_was_appended(appended: list[Report], data: st.DataObject) -> None:
    log = ReportLog()
    earlier = []
    for report in appended:
        earlier.append(log.reports)
        log.append(report)
    for length, shorter in enumerate([*earlier, log.reports]):
        assert len(shorter) == length
        assert list(shorter) == appended[:length]
        assert [shorter[index] for index in range(-length, length)] == 2 * appended[:length]
    part = data.draw(st.slices(len(appended)))
    assert log.reports[part] == tuple(appended[part])
    assert log.reports == ReportLog(appended).reports
    assert log.reports.steps == [report.step for report in appended]
    assert set(log.reports.names) == {name for report in appended for name in report.metrics}
    for name in ("loss", "none"):
        curve = [(report.step, report.metrics[name]) for report in appended if name in report.metrics]
        assert [repr(point) for point in log.reports.curve(name)] == [repr(point) for point in curve]


@given(st.integers(1, 60), st.integers(1, 20))
def test_a_sampled_curve_keeps_both_ends(length: int, most: int) -> None:
    reports = ReportLog(Report(step, {"loss": 1.0 / (1 + step)}) for step in range(length)).reports
    sampled = reports.curve("loss", most)
    assert [report.step for report in reports.sample(most)] == [step for step, _ in sampled]
    assert len(sampled) <= most + 1
    assert sampled[0] == (0, 1.0)
    assert sampled[-1] == (length - 1, 1.0 / length)
    assert sampled == sorted(set(sampled))
