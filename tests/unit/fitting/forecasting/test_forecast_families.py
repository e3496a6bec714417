"""The families that suit some series."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.contracts.test_forecasters import panel_of, seasonal

from tunesmith.fitting.forecasting.families import first_forecasts, forecasters
from tunesmith.fitting.forecasting.options import SeriesOptions
from tunesmith.fitting.forecasting.prepare import series_of


def test_single_values_among_the_series_keep_no_family_away() -> None:
    dates = pd.date_range("2015-01-01", periods=60, freq="MS")
    long = [pd.DataFrame({"month": dates, "id": f"long{i}", "y": seasonal(60, seed=i)}) for i in range(3)]
    single = [pd.DataFrame({"month": dates[-1:], "id": f"single{i}", "y": [5.0]}) for i in range(20)]
    options = SeriesOptions(targets=("y",), ids=("id",))
    alone, both = (forecasters(series_of(pd.concat(parts), options), 6) for parts in (long, long + single))
    assert {"ets", "theta"} <= set(alone)
    assert {"ets", "theta"} <= set(both)


@pytest.mark.parametrize(("seasons", "earlier", "later"), [((12,), "ces", "mstl"), ((4, 12), "mstl", "ces")])
def test_models_for_as_many_seasons_as_there_are_come_first(seasons: tuple[int, ...], earlier: str, later: str) -> None:
    panel = panel_of([seasonal(120, seed=seed) for seed in range(300)], seasons=seasons)
    kinds = forecasters(panel, 12, (earlier, later))
    assert [trial.parameters["family"] for trial in first_forecasts(kinds, panel, 12, 1)][:2] == [earlier, later]
