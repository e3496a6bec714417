"""Linear networks: one layer from the window to the horizon, shared by all channels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .normalisation import WindowNorm


class NLinear(nn.Module):
    """A linear layer on windows whose last value is taken off (Zeng et al. 2023)."""

    def __init__(self, *, lookback: int, horizon: int, channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = WindowNorm(channels, centre="last", scaled=False)
        self.dropout = nn.Dropout(dropout)
        self.layer = nn.Linear(lookback, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """Return the values after each window, shape `(batch, horizon, channels)`."""
        normalised, middle, spread = self.norm(windows)
        outputs = self.layer(self.dropout(normalised.transpose(1, 2))).transpose(1, 2)
        return self.norm.undo(outputs, middle, spread)


class RLinear(nn.Module):
    """A linear layer on normalised windows, with a learned scale of each channel (Li et al. 2023)."""

    def __init__(self, *, lookback: int, horizon: int, channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = WindowNorm(channels, affine=True)
        self.dropout = nn.Dropout(dropout)
        self.layer = nn.Linear(lookback, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """Return the values after each window, shape `(batch, horizon, channels)`."""
        normalised, middle, spread = self.norm(windows)
        outputs = self.layer(self.dropout(normalised.transpose(1, 2))).transpose(1, 2)
        return self.norm.undo(outputs, middle, spread)


class DLinear(nn.Module):
    """Two linear layers: one for the moving average, one for what is left of it (Zeng et al. 2023)."""

    def __init__(self, *, lookback: int, horizon: int, channels: int, kernel: int = 25) -> None:
        super().__init__()
        self.kernel = max(1, min(kernel, lookback) // 2 * 2 + 1)
        self.trend = nn.Linear(lookback, horizon)
        self.rest = nn.Linear(lookback, horizon)
        for layer in (self.trend, self.rest):
            nn.init.constant_(layer.weight, 1 / lookback)

    def forward(self, windows: Tensor) -> Tensor:
        """Return the values after each window, shape `(batch, horizon, channels)`."""
        series = windows.transpose(1, 2)
        half = self.kernel // 2
        padded = torch.cat([series[..., :1].repeat(1, 1, half), series, series[..., -1:].repeat(1, 1, half)], dim=-1)
        trend = nn.functional.avg_pool1d(padded, self.kernel, stride=1)
        outputs: Tensor = self.trend(trend) + self.rest(series - trend)
        return outputs.transpose(1, 2)
