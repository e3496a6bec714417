"""Blocks that explain a window from coarse to fine (Challu et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._net import EXTRA, MODULES, NetForecaster
from ._net_windows import Shape
from .base import ForecastProfile

if TYPE_CHECKING:
    from torch import nn


_POOLINGS = {"usual": (8, 4, 1), "fine": (2, 2, 1), "coarse": (24, 12, 1)}


class NhitsForecaster(NetForecaster):
    """Blocks that explain a window from coarse to fine (Challu et al. 2023)."""

    name: ClassVar = "nhits"
    profile: ClassVar = ForecastProfile(
        title="N-HiTS",
        purpose="blocks from coarse to fine; strong on many series with long horizons",
        least_length=20,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    own_space: ClassVar[Mapping[str, Parameter]] = {
        "poolings": Choice(list(_POOLINGS)),
        "hidden": Int(32, 512, log=True),
        "layers": Int(1, 3),
        "dropout": Float(0.0, 0.5),
    }

    def build(self, shape: Shape, parameters: Mapping[str, Value]) -> nn.Module:
        """Return an untrained network."""
        from ..networks.nhits import NHits

        return NHits(
            lookback=shape.lookback,
            horizon=shape.horizon,
            channels=shape.channels,
            poolings=_POOLINGS[str(parameters["poolings"])],
            hidden=int(parameters["hidden"]),
            layers=int(parameters["layers"]),
            dropout=float(parameters["dropout"]),
        )

    def usual(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters of the network that are worth trying first, the best first."""
        return [{"poolings": "usual", "hidden": 128, "layers": 2, "dropout": 0.0}]
