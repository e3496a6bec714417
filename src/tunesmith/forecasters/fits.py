"""Interpolation of the low frequencies of a window (Xu, Zeng and Xu 2024)."""

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


class FitsForecaster(NetForecaster):
    """Interpolation of the low frequencies of a window (Xu, Zeng and Xu 2024)."""

    name: ClassVar = "fits"
    profile: ClassVar = ForecastProfile(
        title="FITS",
        purpose="continues the low frequencies of a window; small, for series with seasons",
        least_length=20,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    own_space: ClassVar[Mapping[str, Parameter]] = {"share": Float(0.05, 1.0)}

    def build(self, shape: Shape, parameters: Mapping[str, Value]) -> nn.Module:
        """Return an untrained network."""
        from ..networks.fits import Fits

        return Fits(
            lookback=shape.lookback,
            horizon=shape.horizon,
            channels=shape.channels,
            frequencies=max(2, round(float(parameters["share"]) * (shape.lookback // 2 + 1))),
        )

    def usual(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters of the network that are worth trying first, the best first."""
        return [{"share": 0.5}] if panel.season > 1 else []
