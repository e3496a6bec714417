"""The calendar of ONNX graphs agrees with that of pandas."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pandas as pd

from tunesmith.exporters.onnx.dates import calendar
from tunesmith.exporters.onnx.graph import Graph


def test_every_part_of_dates_over_eight_centuries() -> None:
    days = pd.date_range("1600-01-01", "2400-12-31", freq="17h", unit="s").to_series().reset_index(drop=True)
    leap = np.array(
        ["1900-02-28", "1900-03-01", "2000-02-29", "2100-12-31T23:59:59", "1969-12-31T23:59:59"], dtype="datetime64[s]"
    )
    dates = pd.concat([days, pd.Series(leap)], ignore_index=True)
    graph = Graph()
    parts = calendar(graph, graph.input("seconds", "DOUBLE"))
    for name, value in parts.items():
        graph.output(name, value, "DOUBLE", 1)
    session = onnxruntime.InferenceSession(graph.serialized("calendar", {}, ""), providers=["CPUExecutionProvider"])

    seconds = dates.to_numpy(dtype="datetime64[s]").astype(np.float64)[:, None]
    results = session.run(list(parts), {"seconds": seconds})

    for name, found in zip(parts, results, strict=True):
        assert np.array_equal(found[:, 0], getattr(dates.dt, name)), name
