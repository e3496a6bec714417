"""Forecasting with networks of torch: windows, training, and the saved form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import orjson

from .. import plugins
from ..core.arrays import Floats, Indices
from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import Value
from ..series.frequency import Frequency
from ..series.panel import Panel
from ._windows import Origins, after, before, ends, keep_constant, origins, residual_quantiles, spread
from .base import ForecastPart, ForecastProfile

if TYPE_CHECKING:
    from torch import nn

MODULES = ("torch", "safetensors")
EXTRA = "torch"
TRAINING_SPACE: dict[str, Parameter] = {
    "lookback": Int(8, 1_024, log=True),
    "learning_rate": Float(1e-4, 3e-2, log=True),
    "batch_size": Choice([16, 32, 64, 128, 256], ordered=True),
    "epochs": Int(3, 60, log=True),
    "weight_decay": Float(1e-6, 1e-1, log=True),
    "loss": Choice(["MSELoss", "L1Loss", "SmoothL1Loss"]),
}
"""The hyperparameters of training, which all networks have."""
USUAL: dict[str, Value] = {
    "learning_rate": 1e-3,
    "batch_size": 64,
    "epochs": 20,
    "weight_decay": 1e-4,
    "loss": "L1Loss",
}
_PATIENCE = 4
_MOST_WINDOWS = 200_000
_MOST_VALIDATED = 4_000
_WINDOWS_AT_ONCE = 512
_MARKS = 4


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a network must know of its windows.

    Args:
        lookback: The number of steps of a window.
        horizon: The number of steps to forecast.
        channels: The number of channels.
        marks: The number of calendar marks; 0 for none.
        season: The length of the most important season, 1 if there is none.
    """

    lookback: int
    horizon: int
    channels: int = 1
    marks: int = 0
    season: int = 1


@dataclass(frozen=True, kw_only=True)
class NetModel:
    """A trained network.

    Args:
        family: The name of its family, which builds it.
        shape: Its windows.
        parameters: Its hyperparameters.
        network: The network, in evaluation mode.
        quantiles: Those of the scaled errors, shape `(horizon, levels)`.
    """

    family: str
    shape: Shape
    parameters: Mapping[str, Value]
    network: nn.Module
    quantiles: Floats

    def forecast(self, panel: Panel, horizon: int) -> Floats:
        """Return quantiles of the steps after the end of each series, shape `(series, horizon, levels)`."""
        moments = ends(panel)
        points = self.points(panel, moments)[:, :horizon]
        wide = spread(before(panel, moments, self.shape.lookback))
        return keep_constant(panel, points[:, :, None] + wide[:, :, None] * self.quantiles[None, :horizon])

    def points(self, panel: Panel, moments: Origins) -> Floats:
        """Return forecasts from some origins, shape `(origins, horizon)`."""
        import torch

        parts = [np.empty((0, self.shape.horizon))]
        for start in range(0, len(moments), _WINDOWS_AT_ONCE):
            part = slice(start, start + _WINDOWS_AT_ONCE)
            some = Origins(series=moments.series[part], steps=moments.steps[part])
            means, deviations = scales(panel, some)
            windows = (before(panel, some, self.shape.lookback) - means) / deviations
            inputs = [torch.from_numpy(windows.astype(np.float32)).unsqueeze(-1)]
            if self.shape.marks:
                inputs.append(torch.from_numpy(marks_of(panel, some, self.shape)))
            with torch.no_grad():
                outputs = self.network(*inputs).squeeze(-1).numpy().astype(np.float64)
            parts.append(means + deviations * outputs)
        return np.concatenate(parts)

    def save(self, folder: Path) -> None:
        """Write it to a folder: the weights as safetensors, an array, and the rest as JSON."""
        from safetensors.torch import save_file

        save_file(
            {name: tensor.contiguous() for name, tensor in self.network.state_dict().items()},
            folder / "net.safetensors",
        )
        np.save(folder / "quantiles.npy", self.quantiles)
        table = {"family": self.family, "shape": vars(self.shape), "parameters": dict(self.parameters)}
        (folder / "net.json").write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        from safetensors.torch import load_file

        table = orjson.loads((folder / "net.json").read_bytes())
        shape = Shape(**table["shape"])
        network = plugins.load("forecasters", table["family"])().build(shape, table["parameters"])
        network.load_state_dict(load_file(folder / "net.safetensors"))
        return cls(
            family=table["family"],
            shape=shape,
            parameters=table["parameters"],
            network=network.eval(),
            quantiles=np.load(folder / "quantiles.npy", allow_pickle=False),
        )


class NetForecaster:
    """What families of networks have in common.

    Attributes:
        name: The name of the family.
        own_space: The hyperparameters of the network, besides those of the training.
        uses_calendar: Whether the network takes marks of the calendar.
    """

    name: ClassVar[str]
    profile: ClassVar[ForecastProfile]
    model: ClassVar[type[NetModel]] = NetModel
    own_space: ClassVar[Mapping[str, Parameter]] = {}
    uses_calendar: ClassVar[bool] = False
    libraries: ClassVar[Sequence[str]] = ("torch",)

    @property
    def space(self) -> Mapping[str, Parameter]:
        """The hyperparameters."""
        return {**TRAINING_SPACE, **self.own_space}

    def build(self, shape: Shape, parameters: Mapping[str, Value]) -> nn.Module:
        """Return an untrained network."""
        raise NotImplementedError

    def usual(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters of the network that are worth trying first, the best first."""
        return [{}]

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters that are worth trying first, the best first; none where series are few and short."""
        lookback = usual_lookback(panel, horizon)
        if lookback is None:
            return []
        return [{**USUAL, "lookback": lookback, **choice} for choice in self.usual(panel, horizon)]

    def seconds(self, panel: Panel, horizon: int, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds to train once."""
        windows = min(int(np.maximum(panel.lengths - horizon, 0).sum()), _MOST_WINDOWS)
        return 1.0 + float(parameters["epochs"]) * windows * self.seconds_per_window(horizon, parameters)

    def seconds_per_window(self, horizon: int, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds to learn from one window once."""
        return 2e-5 + 1e-9 * float(parameters["lookback"]) * horizon

    def fit(self, part: ForecastPart, parameters: Mapping[str, Value]) -> NetModel:
        """Train on windows of all series until the last ones are no longer forecast better."""
        import torch

        from ..training.trainer import TrainingOptions, train
        from ._net_samples import WindowSamples

        shape = self._shape(part.panel, part.horizon, int(parameters["lookback"]))
        least = min(shape.lookback, max(2, int(part.panel.lengths.max()) - 2 * part.horizon))
        training, held_out = origins(part.panel, part.horizon, least=least, most=_MOST_WINDOWS, seed=part.seed)
        validation = validation_windows(part.panel, part.horizon, shape.lookback, held_out)
        training = training if len(training) else held_out
        torch.manual_seed(part.seed)
        network = self.build(shape, parameters)
        learned = WindowSamples.of(part.panel, training, shape)
        judged = WindowSamples.of(part.panel, validation, shape)
        loss = str(parameters["loss"])
        options = TrainingOptions(
            epochs=int(parameters["epochs"]),
            batch_size=min(int(parameters["batch_size"]), len(training)),
            learning_rate=float(parameters["learning_rate"]),
            optimizer_options={"weight_decay": float(parameters["weight_decay"])},
            schedule="cosine",
            loss=loss,
            patience=_PATIENCE,
            seed=part.seed,
            deadline=part.deadline,
        )
        train(network, learned, judged.mean_loss(loss), options)
        bare = NetModel(
            family=self.name, shape=shape, parameters=parameters, network=network, quantiles=np.zeros((part.horizon, 1))
        )
        errors = after(part.panel, validation, part.horizon) - bare.points(part.panel, validation)
        wide = spread(before(part.panel, validation, shape.lookback))
        return NetModel(
            family=self.name,
            shape=shape,
            parameters=parameters,
            network=network,
            quantiles=residual_quantiles(errors / wide),
        )

    def _shape(self, panel: Panel, horizon: int, lookback: int) -> Shape:
        marks = _MARKS if self.uses_calendar and panel.frequency.unit != "step" else 0
        return Shape(lookback=lookback, horizon=horizon, marks=marks, season=panel.season)


def usual_lookback(panel: Panel, horizon: int) -> int | None:
    """Return how far networks look back at first; None where there is too little to learn from."""
    room = int(np.quantile(panel.lengths, 0.25)) - 2 * horizon
    if room < 8 or panel.lengths.sum() < 500:
        return None
    wanted = max(2 * max(panel.seasons, default=1), 2 * horizon, 8)
    return min(wanted, room, 336 if max(panel.seasons, default=1) <= 168 else 720)


def validation_windows(panel: Panel, horizon: int, lookback: int, last: Origins) -> Origins:
    """Return the windows to validate on: those that end in the last horizon of each series; evenly fewer if many.

    Their targets overlap the last horizon, which no training window's target does.
    """
    return Origins(
        series=last.series[:: max(1, len(last) // _MOST_VALIDATED)],
        steps=last.steps[:: max(1, len(last) // _MOST_VALIDATED)],
    )


def scales(panel: Panel, moments: Origins) -> tuple[Floats, Floats]:
    """Return the mean and the standard deviation of the values before each moment, shape `(origins, 1)` each."""
    keys, places = np.unique(np.column_stack([moments.series, moments.steps]), axis=0, return_inverse=True)
    found = np.empty((len(keys), 2))
    for row, (series, steps) in enumerate(keys):
        values = panel.values[panel.offsets[series] : panel.offsets[series] + steps]
        found[row] = values.mean(), values.std()
    found[:, 1] = np.where(found[:, 1] > 0, found[:, 1], np.maximum(np.abs(found[:, 0]), 1.0))
    chosen = found[places.reshape(-1)]
    return chosen[:, :1], chosen[:, 1:]


def marks_of(panel: Panel, moments: Origins, shape: Shape) -> np.ndarray:
    """Return the calendar of windows and horizon, shape `(origins, lookback + horizon, marks)`, from -0.5 to 0.5."""
    positions = panel.starts[moments.series] + moments.steps
    steps = positions[:, None] - shape.lookback + np.arange(shape.lookback + shape.horizon)
    return calendar_marks(panel.frequency, steps.reshape(-1)).reshape(*steps.shape, _MARKS)


def calendar_marks(frequency: Frequency, positions: Indices) -> np.ndarray:
    """Return the hour, the day of the week, of the month and of the year, from -0.5 to 0.5; shape `(stamps, 4)`.

    They are those of the authors of Informer.
    """
    stamps = frequency.stamps(positions)
    days = stamps.astype("datetime64[D]")
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    parts = [
        (stamps - days.astype("datetime64[s]")).astype(np.int64) / 3_600 / 23,
        (days.astype(np.int64) + 3) % 7 / 6,
        (days - months.astype("datetime64[D]")).astype(np.int64) / 30,
        (days - years.astype("datetime64[D]")).astype(np.int64) / 365,
    ]
    return np.column_stack(parts).astype(np.float32) - np.float32(0.5)
