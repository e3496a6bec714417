"""Layers over time and channels in turn (Chen et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ..core.parameters import Float, Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._net import EXTRA, MODULES, NetForecaster
from ._net_windows import Shape
from .base import ForecastProfile

if TYPE_CHECKING:
    from torch import nn


class TsMixerForecaster(NetForecaster):
    """Layers over time and channels in turn (Chen et al. 2023)."""

    name: ClassVar = "ts_mixer"
    profile: ClassVar = ForecastProfile(
        title="TSMixer",
        purpose="layers over time and channels in turn; cheaper than attention",
        least_length=20,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    mixes: ClassVar = True
    own_space: ClassVar[Mapping[str, Parameter]] = {
        "blocks": Int(1, 6),
        "hidden": Int(8, 256, log=True),
        "dropout": Float(0.0, 0.9),
    }

    def build(self, shape: Shape, parameters: Mapping[str, Value]) -> nn.Module:
        """Return an untrained network."""
        from ..networks.ts_mixer import TsMixer

        return TsMixer(
            lookback=shape.lookback,
            horizon=shape.horizon,
            channels=shape.channels,
            blocks=int(parameters["blocks"]),
            hidden=int(parameters["hidden"]),
            dropout=float(parameters["dropout"]),
        )

    def usual(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters of the network that are worth trying first, the best first."""
        return [{"blocks": 2, "hidden": 32, "dropout": 0.3}]
