"""Channels attend to each other (Liu et al. 2024)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ..core.parameters import Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._attention_options import ATTENTION_SPACE, attention_options
from ._net import EXTRA, MODULES, NetForecaster
from ._net_windows import Shape
from .base import ForecastProfile

if TYPE_CHECKING:
    from torch import nn


class ItransformerForecaster(NetForecaster):
    """Channels attend to each other (Liu et al. 2024)."""

    name: ClassVar = "itransformer"
    profile: ClassVar = ForecastProfile(
        title="iTransformer",
        purpose="one token for each channel; for channels that explain each other",
        least_length=20,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    mixes: ClassVar = True
    own_space: ClassVar[Mapping[str, Parameter]] = {
        "layers": Int(1, 4),
        **ATTENTION_SPACE,
    }

    def build(self, shape: Shape, parameters: Mapping[str, Value]) -> nn.Module:
        """Return an untrained network."""
        from ..networks.itransformer import ITransformer

        return ITransformer(
            lookback=shape.lookback,
            horizon=shape.horizon,
            channels=shape.channels,
            layers=int(parameters["layers"]),
            **attention_options(parameters),
        )

    def usual(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters of the network that are worth trying first, the best first."""
        return [{"layers": 2, "heads": 4, "head_width": 16, "hidden": 128, "dropout": 0.1, "activation": "gelu"}]
