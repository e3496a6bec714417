"""Forecasting models in an ONNX graph of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from tunesmith.exporters.onnx.forecasts.histories import read_histories
from tunesmith.exporters.onnx.forecasts.models import longest_window, quantiles
from tunesmith.exporters.onnx.forecasts.parity import forecast_in_onnx
from tunesmith.exporters.onnx.graph import Graph
from tunesmith.series.levels import LEVELS
from tunesmith.series.panel import Panel


def in_onnx(model: Any, panel: Panel, horizon: int) -> np.ndarray:
    """Return the forecasts of a model, computed by onnxruntime; shape `(series, horizon, levels)`."""
    graph = Graph(["values", "time", "known", "past", "quantiles"])
    histories = read_histories(graph, longest_window(model), horizon, panel)
    graph.output("quantiles", quantiles(histories, model), "DOUBLE", horizon, len(LEVELS), rows="series")
    return forecast_in_onnx(graph.serialized("model", {}, ""), panel)
