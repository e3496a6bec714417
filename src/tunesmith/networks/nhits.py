"""N-HiTS: stacks that explain a window at several resolutions (Challu et al. 2023)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from .normalisation import WindowNorm


class _Block(nn.Module):
    """Looks at the window at one resolution, and returns what it explains of the past and of the future."""

    def __init__(self, lookback: int, horizon: int, pooling: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.lookback, self.horizon = lookback, horizon
        self.pool = nn.MaxPool1d(pooling, ceil_mode=True)
        self.knots = max(1, math.ceil(horizon / pooling))
        sizes = [math.ceil(lookback / pooling), *[hidden] * layers]
        parts: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            parts += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*parts)
        self.past = nn.Linear(hidden, lookback)
        self.future = nn.Linear(hidden, self.knots)

    def forward(self, series: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.layers(self.pool(series.unsqueeze(1)).squeeze(1))
        knots = self.future(hidden).unsqueeze(1)
        future = nn.functional.interpolate(knots, size=self.horizon, mode="linear").squeeze(1)
        return self.past(hidden), future


class NHits(nn.Module):
    """Blocks from coarse to fine; each explains a part of what is left of the window, and adds its forecast.

    Args:
        lookback: The number of steps of a window.
        horizon: The number of steps to forecast.
        channels: The number of channels.
        poolings: The resolution of each block, in steps.
        hidden: The units of a layer.
        layers: The layers of a block.
        dropout: The share of units that are left out in training.
    """

    def __init__(
        self,
        *,
        lookback: int,
        horizon: int,
        channels: int,
        poolings: Sequence[int] = (8, 4, 1),
        hidden: int = 256,
        layers: int = 2,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.norm = WindowNorm(channels, centre="last")
        self.blocks = nn.ModuleList(
            _Block(lookback, horizon, max(1, min(pooling, lookback)), hidden, layers, dropout) for pooling in poolings
        )

    def forward(self, windows: Tensor) -> Tensor:
        """Return the values after each window, shape `(batch, horizon, channels)`."""
        normalised, middle, spread = self.norm(windows)
        batch, steps, channels = normalised.shape
        rest = normalised.transpose(1, 2).reshape(batch * channels, steps)
        forecast = torch.zeros(())
        for block in self.blocks:
            past, future = block(rest)
            rest, forecast = rest - past, forecast + future
        return self.norm.undo(forecast.reshape(batch, channels, -1).transpose(1, 2), middle, spread)
