"""Forecasting with networks of torch: what their families have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import Value
from ..series.levels import LEVELS
from ..series.panel import Panel
from ._net_model import NetModel
from ._net_windows import MARKS, Shape, share_stamps, split_origins
from ._windows import Origins, after, before, residual_quantiles, spread
from .base import ForecastPart, ForecastProfile

if TYPE_CHECKING:
    from torch import nn

    from ..training.trainer import Epoch, TrainingOptions

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
JOINT_SPACE: dict[str, Parameter] = {"joint": Choice([True, False])}
"""Whether series of the same stamps are the channels of one window; of other series, each always has its own."""
_PATIENCE = 4
_MOST_WINDOWS = 200_000


class NetForecaster:
    """What families of networks have in common.

    Attributes:
        name: The name of the family.
        own_space: The hyperparameters of the network, besides those of the training.
        uses_calendar: Whether the network takes marks of the calendar.
        mixes: Whether the network forecasts a channel from all of them; `joint` is then one of its hyperparameters.
    """

    name: ClassVar[str]
    profile: ClassVar[ForecastProfile]
    model: ClassVar[type[NetModel]] = NetModel
    own_space: ClassVar[Mapping[str, Parameter]] = {}
    uses_calendar: ClassVar[bool] = False
    mixes: ClassVar[bool] = False
    libraries: ClassVar[Sequence[str]] = ("torch",)

    @property
    def space(self) -> Mapping[str, Parameter]:
        """The hyperparameters."""
        return {**TRAINING_SPACE, **self.own_space, **(JOINT_SPACE if self.mixes else {})}

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
        joint: dict[str, Value] = {"joint": share_stamps(panel)} if self.mixes else {}
        return [{**USUAL, "lookback": lookback, **joint, **choice} for choice in self.usual(panel, horizon)]

    def seconds(self, panel: Panel, horizon: int, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds to train once."""
        windows = min(int(np.maximum(panel.lengths - horizon, 0).sum()), _MOST_WINDOWS)
        return 1.0 + float(parameters["epochs"]) * windows * self.seconds_per_window(horizon, parameters)

    def seconds_per_window(self, horizon: int, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds to learn from one window once."""
        return 2e-5 + 1e-9 * float(parameters["lookback"]) * horizon

    def fit(self, part: ForecastPart, parameters: Mapping[str, Value]) -> NetModel:
        """Train on windows of all series until the last ones are no longer forecast better.

        Raises:
            TrialFailed: It would need more memory than there is.
        """
        import torch

        from ..training.trainer import train
        from ._net_memory import expect_memory
        from ._net_samples import WindowSamples

        torch.set_num_threads(part.threads)
        shape, names = self._shape(part, parameters)
        panel = part.panel.select(np.arange(1)) if names else part.panel
        least = min(shape.lookback, max(2, int(panel.lengths.max()) - 2 * part.horizon))
        training, validation = split_origins(panel, part.horizon, least=least, seed=part.seed)
        options = self._options(part, parameters, len(training))
        learned = WindowSamples.of(part.panel, training, shape)
        judged = learned.before(validation)
        expect_memory(partial(self.build, shape, parameters), learned, options, part.memory_bytes)
        torch.manual_seed(part.seed)
        network = self.build(shape, parameters)
        bare = NetModel(
            family=self.name,
            shape=shape,
            parameters=parameters,
            network=network,
            quantiles=np.zeros((part.horizon, len(LEVELS))),
            names=names,
        )

        def follow(epochs: Sequence[Epoch]) -> None:
            if part.on_epoch is not None:
                network.eval().to("cpu")
                part.on_epoch([asdict(epoch) for epoch in epochs], bare)
                network.to(options.torch_device)

        train(
            network,
            learned,
            judged.mean_loss(options.loss, options.batch_size),
            options,
            on_epoch=follow,
            checkpoint=part.checkpoint,
        )
        everywhere = Origins(
            series=np.tile(np.arange(len(part.panel)), len(validation)) if names else validation.series,
            steps=np.repeat(validation.steps, len(part.panel)) if names else validation.steps,
        )
        errors = after(part.panel, everywhere, part.horizon) - bare.points(part.panel, everywhere)
        wide = spread(before(part.panel, everywhere, shape.lookback))
        return replace(bare, quantiles=residual_quantiles(errors / wide))

    def _shape(self, part: ForecastPart, parameters: Mapping[str, Value]) -> tuple[Shape, tuple[str, ...]]:
        """Return the windows, and the names of the series that are their channels; none if each has its own."""
        panel = part.panel
        names = panel.names if self.mixes and parameters["joint"] and share_stamps(panel) else ()
        shape = Shape(
            lookback=int(parameters["lookback"]),
            horizon=part.horizon,
            channels=len(names) or 1,
            marks=MARKS if self.uses_calendar and panel.frequency.unit != "step" else 0,
            season=panel.season,
        )
        return shape, names

    def _options(self, part: ForecastPart, parameters: Mapping[str, Value], windows: int) -> TrainingOptions:
        from ..training.trainer import TrainingOptions

        return TrainingOptions(
            epochs=int(parameters["epochs"]),
            batch_size=min(int(parameters["batch_size"]), windows),
            learning_rate=float(parameters["learning_rate"]),
            optimizer_options={"weight_decay": float(parameters["weight_decay"])},
            schedule="cosine",
            loss=str(parameters["loss"]),
            patience=_PATIENCE,
            seed=part.seed,
            deadline=part.deadline,
        )


def usual_lookback(panel: Panel, horizon: int) -> int | None:
    """Return how far networks look back at first; None where there is too little to learn from."""
    room = int(np.quantile(panel.lengths, 0.25)) - 2 * horizon
    if room < 8 or panel.lengths.sum() < 500:
        return None
    wanted = max(2 * max(panel.seasons, default=1), 2 * horizon, 8)
    return min(wanted, room, 336 if max(panel.seasons, default=1) <= 168 else 720)
