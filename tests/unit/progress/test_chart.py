"""The chart of a series and its forecast."""

from __future__ import annotations

from tunesmith.progress.chart import series_chart


def lines(history: list[float], forecast: list[float], ends: tuple[str, str, str] = ("", "", "")) -> list[str]:
    chart = series_chart(history, forecast, forecast, forecast, ends=ends, width=20, height=4)
    return chart.plain.rstrip("\n").split("\n")


def test_a_rising_series_rises_and_its_ends_are_told() -> None:
    drawn = lines([1.0, 2.0, 3.0, 4.0], [5.0, 6.0])
    assert len(drawn) == 4
    assert drawn[0].split()[0] == "6"
    assert drawn[-1].split()[0] == "1"
    blank = chr(0x2800)
    assert drawn[0].rstrip(blank) == drawn[0]  # It ends at the top right.
    assert drawn[-1].endswith(blank)


def test_a_constant_series_is_a_line() -> None:
    assert len(lines([3.0, 3.0, 3.0], [3.0])) == 4


def test_one_value_is_drawn() -> None:
    assert len(lines([3.0], [4.0, 5.0])) == 4


def test_the_times_stand_below_where_there_is_room() -> None:
    assert lines([1.0] * 10, [1.0] * 10, ("1990", "2000", "2010"))[-1].split() == ["1990", "2000", "2010"]
    crowded = lines([1.0] * 19, [1.0], ("1990-01-01", "2008-01-01", "2009-01-01"))[-1]
    assert crowded.split() == ["1990-01-012009-01-01"]
