"""Two linear layers, one for the moving average (Zeng et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ..core.parameters import Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._net import EXTRA, MODULES, NetForecaster
from ._net_windows import Shape
from .base import ForecastProfile

if TYPE_CHECKING:
    from torch import nn


class DlinearForecaster(NetForecaster):
    """Two linear layers, one for the moving average (Zeng et al. 2023)."""

    name: ClassVar = "dlinear"
    profile: ClassVar = ForecastProfile(
        title="DLinear",
        purpose="two linear layers, one for the moving average; small and fast",
        least_length=20,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    own_space: ClassVar[Mapping[str, Parameter]] = {"kernel": Int(3, 99, log=True)}

    def build(self, shape: Shape, parameters: Mapping[str, Value]) -> nn.Module:
        """Return an untrained network."""
        from ..networks.linear import DLinear

        return DLinear(
            lookback=shape.lookback, horizon=shape.horizon, channels=shape.channels, kernel=int(parameters["kernel"])
        )

    def usual(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters of the network that are worth trying first, the best first."""
        return [{"kernel": 25}]
