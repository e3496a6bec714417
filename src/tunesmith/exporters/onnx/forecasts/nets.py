"""Networks of torch as parts of an ONNX graph, by torch's own exporter."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ....forecasters._net_model import NetModel
from ..columns import NotExportable
from ..graph import OPERATORS
from .calendar import step_times
from .histories import Histories

_BATCH = 2  # One would be taken for a constant.


def net_points(histories: Histories, model: NetModel) -> str:
    """Return the forecasts of a network, shape `(series, horizon)`.

    The network computes in single precision, as in Python; scaling is in double.

    Raises:
        NotExportable: torch cannot express the network.
    """
    graph, shape = histories.graph, model.shape
    if shape.channels != 1:
        raise NotExportable("its network takes several series at once")
    mean, deviation = histories.mean, _above_zero(histories)
    scaled = graph.add("Div", graph.add("Sub", histories.window(shape.lookback), mean), deviation)
    axis = graph.constant([2], np.int64)
    inputs = {"windows": graph.add("Unsqueeze", graph.cast(scaled, "FLOAT"), axis)}
    if shape.marks:
        inputs["marks"] = _marks(histories, shape.lookback, shape.horizon)
    outputs = graph.embed(_traced(model), inputs)
    outputs = graph.cast(graph.add("Squeeze", outputs, axis), "DOUBLE")
    return graph.add("Add", mean, graph.add("Mul", deviation, outputs))


def _above_zero(histories: Histories) -> str:
    """Return the standard deviation of all values, or the size of constant ones."""
    graph = histories.graph
    size = graph.add("Max", graph.add("Abs", histories.mean), graph.constant(1.0))
    varies = graph.add("Greater", histories.deviation, graph.constant(0.0))
    return graph.add("Where", varies, histories.deviation, size)


def _marks(histories: Histories, lookback: int, horizon: int) -> str:
    """Return the calendar of window and horizon as `forecasters._net_windows.calendar_marks` does."""
    graph = histories.graph
    times = step_times(histories, range(1 - lookback, horizon + 1))
    parts = []
    for name, first, most in (
        ("hour", 0.0, 23.0),
        ("day_of_week", 0.0, 6.0),
        ("day", 1.0, 30.0),
        ("day_of_year", 1.0, 365.0),
    ):
        value = times.hours if name == "hour" else times.parts[name]
        parts.append(graph.add("Div", graph.add("Sub", value, graph.constant(first)), graph.constant(most)))
    axis = graph.constant([2], np.int64)
    together = graph.add("Concat", *(graph.add("Unsqueeze", part, axis) for part in parts), axis=2)
    return graph.add("Sub", graph.cast(together, "FLOAT"), graph.constant(0.5, np.float32))


def _traced(model: NetModel) -> bytes:
    """Return a network as an ONNX model of its own, with the inputs `windows` and `marks`."""
    import torch

    shape, network = model.shape, model.network.eval()
    examples = [torch.linspace(-1, 1, _BATCH * shape.lookback).reshape(_BATCH, shape.lookback, 1)]
    names = ["windows"]
    if shape.marks:
        examples.append(torch.zeros(_BATCH, shape.lookback + shape.horizon, shape.marks))
        names.append("marks")
    file = io.BytesIO()
    with _quiet():
        network(*examples)  # What is drawn once is not traced.
        try:
            torch.onnx.export(
                network,
                tuple(examples),
                file,  # type: ignore[arg-type]
                input_names=names,
                output_names=["outputs"],
                opset_version=OPERATORS,
                dynamic_axes={name: {0: "batch"} for name in (*names, "outputs")},
                dynamo=False,
            )
        except Exception as error:  # Whatever torch's exporter may raise on a network.
            raise NotExportable(f"torch cannot express its network in ONNX ({type(error).__name__})") from None
    return file.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """Trace without remarks, and with the steps of attention as they are."""
    import torch

    fast, level = torch.backends.mha.get_fastpath_enabled(), logging.getLogger("torch.onnx").level
    torch.backends.mha.set_fastpath_enabled(False)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        logging.getLogger("torch.onnx").setLevel(level)
