"""A linear layer on normalised windows (Li et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ..core.parameters import Float, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._net import EXTRA, MODULES, NetForecaster
from ._net_windows import Shape
from .base import ForecastProfile

if TYPE_CHECKING:
    from torch import nn


class RlinearForecaster(NetForecaster):
    """A linear layer on normalised windows (Li et al. 2023)."""

    name: ClassVar = "rlinear"
    profile: ClassVar = ForecastProfile(
        title="RLinear",
        purpose="a linear layer on normalised windows; small, fast, hard to beat on long horizons",
        least_length=20,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    own_space: ClassVar[Mapping[str, Parameter]] = {"dropout": Float(0.0, 0.5)}

    def build(self, shape: Shape, parameters: Mapping[str, Value]) -> nn.Module:
        """Return an untrained network."""
        from ..networks.linear import RLinear

        return RLinear(
            lookback=shape.lookback,
            horizon=shape.horizon,
            channels=shape.channels,
            dropout=float(parameters["dropout"]),
        )

    def usual(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters of the network that are worth trying first, the best first."""
        return [{"dropout": 0.0}]
