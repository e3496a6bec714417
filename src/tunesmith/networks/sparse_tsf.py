"""SparseTSF: a forecast of each place in a season by the same small layer (Lin et al. 2024)."""

from __future__ import annotations

import math

from torch import Tensor, nn

from .normalisation import WindowNorm


class SparseTSF(nn.Module):
    """Smooths the window, deals it into one short series for each place in the season, and continues each alike.

    Args:
        lookback: The number of steps of a window; a multiple of the season is used.
        horizon: The number of steps to forecast.
        channels: The number of channels.
        season: The length of the season.
        hidden: The units of a hidden layer; 0 for a linear model.
    """

    def __init__(self, *, lookback: int, horizon: int, channels: int, season: int, hidden: int = 0) -> None:
        super().__init__()
        self.season = min(season, lookback)
        self.seasons_seen = lookback // self.season
        self.seasons_ahead = math.ceil(horizon / self.season)
        self.horizon = horizon
        self.norm = WindowNorm(channels, scaled=False)
        half = self.season // 2
        self.smooth = nn.Conv1d(1, 1, kernel_size=1 + 2 * half, padding=half, bias=False)
        self.layer: nn.Module = nn.Linear(self.seasons_seen, self.seasons_ahead, bias=False)
        if hidden:
            self.layer = nn.Sequential(
                nn.Linear(self.seasons_seen, hidden), nn.ReLU(), nn.Linear(hidden, self.seasons_ahead)
            )

    def forward(self, windows: Tensor) -> Tensor:
        """Return the values after each window, shape `(batch, horizon, channels)`."""
        normalised, middle, spread = self.norm(windows[:, -self.season * self.seasons_seen :])
        batch, steps, channels = normalised.shape
        series = normalised.transpose(1, 2).reshape(-1, 1, steps)
        series = series + self.smooth(series)
        places = series.reshape(-1, self.seasons_seen, self.season).transpose(1, 2)
        ahead = self.layer(places).transpose(1, 2).reshape(batch, channels, -1)
        return self.norm.undo(ahead[..., : self.horizon].transpose(1, 2), middle, spread)
