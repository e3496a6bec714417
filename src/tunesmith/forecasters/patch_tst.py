"""Attention over patches of a window (Nie et al. 2023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ..core.parameters import Choice, Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._attention_options import ATTENTION_SPACE, attention_options
from ._net import EXTRA, MODULES, NetForecaster
from ._net_windows import Shape
from .base import ForecastProfile

if TYPE_CHECKING:
    from torch import nn


class PatchTstForecaster(NetForecaster):
    """Attention over patches of a window (Nie et al. 2023)."""

    name: ClassVar = "patch_tst"
    profile: ClassVar = ForecastProfile(
        title="PatchTST",
        purpose="attention over patches of a window; the best of these nets on many data sets, but slow",
        least_length=20,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    own_space: ClassVar[Mapping[str, Parameter]] = {
        "patch": Int(4, 64, log=True),
        "stride": Choice([0.5, 1.0]),
        "layers": Int(1, 4),
        "centre": Choice(["mean", "last"]),
        "norm": Choice(["batch", "layer"]),
        **ATTENTION_SPACE,
    }

    def build(self, shape: Shape, parameters: Mapping[str, Value]) -> nn.Module:
        """Return an untrained network."""
        from ..networks.patch_tst import PatchTST

        return PatchTST(
            lookback=shape.lookback,
            horizon=shape.horizon,
            channels=shape.channels,
            patch=int(parameters["patch"]),
            stride=max(1, round(float(parameters["stride"]) * int(parameters["patch"]))),
            layers=int(parameters["layers"]),
            centre=str(parameters["centre"]),
            norm="layer" if parameters["norm"] == "layer" else "batch",
            **attention_options(parameters),
        )

    def usual(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters of the network that are worth trying first, the best first."""
        return [
            {
                "patch": 16,
                "stride": 0.5,
                "layers": 2,
                "centre": "mean",
                "norm": "batch",
                "heads": 4,
                "head_width": 4,
                "hidden": 64,
                "dropout": 0.2,
                "activation": "gelu",
            }
        ]
