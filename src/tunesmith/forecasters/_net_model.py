"""A trained network: its forecasts and its saved form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import orjson

from .. import plugins
from ..core.arrays import Floats, Indices
from ..core.trial import Value
from ..series.panel import Panel
from ._net_windows import ScaledWindows, Shape, joint_windows, marks_of, single_windows
from ._windows import Origins, before, ends, keep_constant, spread

if TYPE_CHECKING:
    from torch import nn

_WINDOWS_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class NetModel:
    """A trained network.

    Args:
        family: The name of its family, which builds it.
        shape: Its windows.
        parameters: Its hyperparameters.
        network: The network, in evaluation mode.
        quantiles: Those of the scaled errors, shape `(horizon, levels)`.
        names: The series that are its channels; empty if each series has a window of its own.
    """

    family: str
    shape: Shape
    parameters: Mapping[str, Value]
    network: nn.Module
    quantiles: Floats
    names: tuple[str, ...] = ()

    def forecast(self, panel: Panel, horizon: int) -> Floats:
        """Return quantiles of the steps after the end of each series, shape `(series, horizon, levels)`."""
        moments = ends(panel)
        points = self.points(panel, moments)[:, :horizon]
        wide = spread(before(panel, moments, self.shape.lookback))
        return keep_constant(panel, points[:, :, None] + wide[:, :, None] * self.quantiles[None, :horizon])

    def points(self, panel: Panel, moments: Origins) -> Floats:
        """Return forecasts from some origins, shape `(origins, horizon)`.

        A series that is no channel of a network with several takes the place of all of them, and gets their mean.
        """
        stops = panel.starts[moments.series] + moments.steps
        by_name = {name: channel for channel, name in enumerate(self.names)}
        channels = np.array([by_name.get(panel.names[index], -1) for index in moments.series], dtype=np.intp)
        alone = np.flatnonzero(channels < 0)
        result = np.empty((len(moments), self.shape.horizon))
        for part in _parts(alone):
            some = Origins(series=moments.series[part], steps=moments.steps[part])
            windows = single_windows(panel, some, self.shape.lookback)
            result[part] = self._outputs(panel, windows, stops[part]).mean(axis=2)
        together = np.flatnonzero(channels >= 0)
        times, places = np.unique(stops[together], return_inverse=True)
        for part in _parts(np.arange(len(times))):
            windows = joint_windows(panel, self.names, times[part], self.shape.lookback)
            outputs = self._outputs(panel, windows, times[part])
            rows = np.flatnonzero((places >= part[0]) & (places <= part[-1]))
            result[together[rows]] = outputs[places[rows] - part[0], :, channels[together[rows]]]
        return result

    def _outputs(self, panel: Panel, windows: ScaledWindows, stops: Indices) -> Floats:
        """Return what the network forecasts after some windows, shape `(windows, horizon, channels)`."""
        import torch

        values = np.broadcast_to(windows.values, (*windows.values.shape[:2], self.shape.channels))
        inputs = [torch.from_numpy(values.astype(np.float32))]
        if self.shape.marks:
            inputs.append(torch.from_numpy(marks_of(panel.frequency, stops, self.shape)))
        with torch.no_grad():
            outputs = self.network(*inputs).numpy().astype(np.float64)
        return np.asarray(windows.means + windows.deviations * outputs)

    def save(self, folder: Path) -> None:
        """Write it to a folder: the weights as safetensors, an array, and the rest as JSON."""
        from safetensors.torch import save_file

        save_file(
            {name: tensor.contiguous() for name, tensor in self.network.state_dict().items()},
            folder / "net.safetensors",
        )
        np.save(folder / "quantiles.npy", self.quantiles)
        table = {
            "family": self.family,
            "shape": vars(self.shape),
            "parameters": dict(self.parameters),
            "names": list(self.names),
        }
        (folder / "net.json").write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        import torch
        from safetensors.torch import load_file

        table = orjson.loads((folder / "net.json").read_bytes())
        shape = Shape(**table["shape"])
        with torch.device("meta"):  # No memory for more weights than there are in the file.
            network = plugins.load("forecasters", table["family"])().build(shape, table["parameters"])
        network.load_state_dict(load_file(folder / "net.safetensors"), assign=True)
        return cls(
            family=table["family"],
            shape=shape,
            parameters=table["parameters"],
            network=network.eval(),
            quantiles=np.load(folder / "quantiles.npy", allow_pickle=False),
            names=tuple(table["names"]),
        )


def _parts(index: Indices) -> list[Indices]:
    """Return an index in parts of a few windows; none if it is empty."""
    return [index[start : start + _WINDOWS_AT_ONCE] for start in range(0, len(index), _WINDOWS_AT_ONCE)]
