"""One small layer for each place in a season (Lin et al. 2024)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ..core.parameters import Choice, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._net import EXTRA, MODULES, NetForecaster
from ._net_windows import Shape
from .base import ForecastProfile

if TYPE_CHECKING:
    from torch import nn


class SparseTsfForecaster(NetForecaster):
    """One small layer for each place in a season (Lin et al. 2024)."""

    name: ClassVar = "sparse_tsf"
    profile: ClassVar = ForecastProfile(
        title="SparseTSF",
        purpose="fewer than a thousand weights for series with one strong season",
        least_length=20,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    own_space: ClassVar[Mapping[str, Parameter]] = {"hidden": Choice([0, 32, 128], ordered=True)}

    def build(self, shape: Shape, parameters: Mapping[str, Value]) -> nn.Module:
        """Return an untrained network."""
        from ..networks.sparse_tsf import SparseTSF

        return SparseTSF(
            lookback=shape.lookback,
            horizon=shape.horizon,
            channels=shape.channels,
            season=max(2, shape.season),
            hidden=int(parameters["hidden"]),
        )

    def usual(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters of the network that are worth trying first, the best first."""
        return [{"hidden": 0}] if panel.season > 1 else []
