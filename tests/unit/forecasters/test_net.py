"""What all families of networks have in common."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import psutil
import pytest
from tests.contracts.test_forecasters import panel_of, seasonal

pytest.importorskip("torch")

from tunesmith import plugins
from tunesmith.core.trial import TrialFailed
from tunesmith.forecasters._net_model import NetModel
from tunesmith.forecasters._net_windows import calendar_marks, joint_windows, share_stamps, split_origins
from tunesmith.forecasters.base import ForecastPart
from tunesmith.series.frequency import Frequency
from tunesmith.series.levels import MEDIAN
from tunesmith.series.panel import Panel

HORIZON = 4
TRAINING: dict[str, Any] = {
    "lookback": 12,
    "learning_rate": 0.01,
    "batch_size": 32,
    "epochs": 12,
    "weight_decay": 1e-4,
    "loss": "MSELoss",
}
MIXER = {**TRAINING, "blocks": 1, "hidden": 16, "dropout": 0.0}


def echo() -> Panel:
    """Noise, and the same noise four steps later: only who sees the first can forecast the second."""
    noise = np.random.default_rng(0).normal(size=404)
    return panel_of([noise[4:], noise[:-4]], seasons=())


def fitted(name: str, panel: Panel, parameters: dict[str, Any], **more: Any) -> NetModel:
    part = ForecastPart(panel=panel, horizon=HORIZON, seed=0, **more)
    return plugins.load("forecasters", name)().fit(part, parameters)  # type: ignore[no-any-return]


def history_of(panel: Panel) -> Panel:
    return panel.select(np.arange(len(panel)), panel.lengths - HORIZON)


@pytest.fixture(scope="module")
def joint() -> NetModel:
    return fitted("ts_mixer", history_of(echo()), {**MIXER, "joint": True})


def test_series_of_the_same_stamps_are_the_channels_of_one_window(joint: NetModel) -> None:
    assert joint.shape.channels == 2
    assert joint.names == ("s0", "s1")
    panel = echo()
    forecast = joint.forecast(history_of(panel), HORIZON)[:, :, MEDIAN]
    assert np.abs(forecast[1] - panel.history(1)[-HORIZON:]).mean() < 0.4, "noise has 0.8"


def test_channels_are_found_by_name_whatever_the_order(joint: NetModel) -> None:
    panel = history_of(echo())
    turned = panel.select(np.array([1, 0]))
    np.testing.assert_allclose(joint.forecast(turned, HORIZON)[::-1], joint.forecast(panel, HORIZON), rtol=1e-5)


def test_a_channel_that_goes_on_does_not_tell_its_future(joint: NetModel) -> None:
    panel = echo()
    longer = panel.select(np.arange(2), panel.lengths - [0, HORIZON])
    np.testing.assert_allclose(
        joint.forecast(longer, HORIZON)[1], joint.forecast(history_of(panel), HORIZON)[1], rtol=1e-3, atol=1e-5
    )


def test_a_series_that_is_no_channel_is_forecast_too(joint: NetModel) -> None:
    panel = dataclasses.replace(history_of(echo()), names=("new", "s1"))
    forecast = joint.forecast(panel, HORIZON)
    assert np.isfinite(forecast).all()
    assert np.abs(forecast[0]).max() < 10
    alone = joint.forecast(panel.select(np.array([0])), HORIZON)
    np.testing.assert_allclose(alone[0], forecast[0], rtol=1e-5)


def test_series_of_other_stamps_have_windows_of_their_own() -> None:
    panel = panel_of([seasonal(300), seasonal(290)])
    assert not share_stamps(panel)
    model = fitted("itransformer", panel, {**configuration("itransformer", panel), "joint": True, "epochs": 1})
    assert model.shape.channels == 1
    assert model.names == ()


def configuration(name: str, panel: Panel) -> dict[str, Any]:
    return dict(plugins.load("forecasters", name)().configurations(panel, HORIZON)[0])


def test_what_a_joint_window_lacks_is_its_mean() -> None:
    panel = panel_of([np.arange(1.0, 21.0), np.arange(101.0, 111.0)])
    windows = joint_windows(panel, ("s0", "s1", "gone"), np.array([360 + 15]), 4)
    scaled = windows.values * windows.deviations + windows.means
    np.testing.assert_allclose(scaled[0, :, 0], [12, 13, 14, 15])
    np.testing.assert_allclose(scaled[0, :, 1], [110, 110, 110, 110], err_msg="it ended five months before")
    np.testing.assert_allclose(windows.values[0, :, 2], 0)


def test_what_is_validated_is_not_trained_on() -> None:
    panel = panel_of([np.zeros(200), np.zeros(30)])
    training, validation = split_origins(panel, HORIZON, least=5, seed=0)
    for series, first in ((0, 180), (1, 26)):
        held_out = validation.steps[validation.series == series]
        assert held_out.min() == first
        assert held_out.max() == panel.lengths[series] - HORIZON
        assert training.steps[training.series == series].max() + HORIZON == first


def test_the_calendar_is_that_of_the_authors() -> None:
    stamp = np.datetime64("2016-07-01T23:00", "s")
    hourly = Frequency(unit="second", count=3_600)
    marks = calendar_marks(hourly, hourly.positions(np.array([stamp])))
    np.testing.assert_allclose(marks[0], [0.5, 4 / 6 - 0.5, -0.5, 182 / 365 - 0.5], rtol=1e-6)


def test_a_network_that_does_not_fit_in_memory_is_not_trained() -> None:
    panel = panel_of([seasonal(300), seasonal(300, seed=1)])
    large = configuration("patch_tst", panel) | {"lookback": 240, "patch": 4, "heads": 8, "head_width": 32}
    epochs: list[Any] = []
    with pytest.raises(TrialFailed, match="not started") as caught:
        fitted("patch_tst", panel, large, memory_bytes=1, on_epoch=lambda *told: epochs.append(told))
    assert caught.value.failure.kind == "memory"
    assert "the limit is 1 B" in caught.value.failure.reason
    assert "A smaller lookback, batch_size or network fits" in caught.value.failure.reason
    assert epochs == []


def test_a_batch_that_does_not_fit_in_memory_is_told_of() -> None:
    panel = panel_of([seasonal(600), seasonal(600, seed=1)])
    large = configuration("patch_tst", panel) | {"lookback": 240, "patch": 4, "hidden": 512, "batch_size": 256}
    held = psutil.Process().memory_info().rss
    with pytest.raises(TrialFailed, match=r"of it for a batch of 256; the limit is"):
        fitted("patch_tst", panel, large, memory_bytes=held + 50_000_000)


def test_a_joint_window_within_a_gap_does_not_know_its_other_side() -> None:
    observed = np.ones(40, dtype=bool)
    observed[17:23] = False
    windows = []
    for after in (0.0, 1000.0):
        values = np.concatenate([np.arange(17.0), np.linspace(16.0, after, 8)[1:-1], np.full(17, after)])
        panel = dataclasses.replace(panel_of([values, np.arange(40.0)]), observed=np.concatenate([observed, observed]))
        windows.append(joint_windows(panel, ("s0", "s1"), panel.starts[:1] + 20, 6))
    np.testing.assert_array_equal(windows[0].values, windows[1].values)
    np.testing.assert_array_equal(windows[0].means, windows[1].means)
    np.testing.assert_array_equal(windows[0].deviations, windows[1].deviations)
