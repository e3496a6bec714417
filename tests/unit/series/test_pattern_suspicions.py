"""What somebody suspects of time series is measured."""

from __future__ import annotations

import numpy as np
import pytest
from tests.contracts.test_forecasters import panel_of

from tunesmith.series.panel import Panel
from tunesmith.series.suspicions import PatternKind, SeriesSuspicion, examine_series, suspicion_fault


def panel(seasons: tuple[int, ...] = ()) -> Panel:
    """Three series of 120 months from 2000 on with a season of 12, of which the level jumps in 2005."""
    steps = np.arange(120)
    noise = np.random.default_rng(0).normal(size=(3, 120))
    wave = 10 * np.sin(2 * np.pi * steps / 12)
    return panel_of([100 + wave + noise[index] + 60 * (steps >= 60) for index in range(3)], seasons)


def suspected(kind: PatternKind, **more: str | int) -> SeriesSuspicion:
    return SeriesSuspicion(kind=kind, reason="it is usual.", by="the language model", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("steps", "severity"), [(12, "warning"), (7, "info")])
def test_a_season_is_measured(steps: int, severity: str) -> None:
    (finding,) = examine_series(panel(), [suspected("season", steps=steps)])
    assert (finding.kind, finding.severity) == ("suspected_season", severity)
    assert "The language model suspects (it is usual)" in finding.text
    assert "Nothing was done because of it" in finding.remedy


@pytest.mark.parametrize(("time", "severity"), [("2005-01-01", "warning"), ("2003-01-01", "info")])
def test_a_change_of_the_level_is_measured(time: str, severity: str) -> None:
    (finding,) = examine_series(panel((12,)), [suspected("change", time=time)])
    assert (finding.severity, finding.values["series"]) == (severity, 3)


@pytest.mark.parametrize(
    ("suspicion", "why"),
    [
        (suspected("season", steps=12), "the rules have found the season of 12 steps"),
        (suspected("season", steps=100), "no series has two seasons of 100 steps"),
        (suspected("season"), "no series has two seasons"),
        (suspected("change", time="1950-01-01"), "no series has values around"),
        (suspected("change", time="rm -rf /"), "is no date"),
        (suspected("known_ahead", column="price"), "there is no column 'price'"),
    ],
)
def test_what_cannot_be_measured_is_refused(suspicion: SeriesSuspicion, why: str) -> None:
    assert why in suspicion_fault(panel((12,)), suspicion)
    assert examine_series(panel((12,)), [suspicion]) == []
