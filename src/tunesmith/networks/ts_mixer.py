"""TSMixer: layers over time and over channels in turn (Chen et al. 2023)."""

from __future__ import annotations

from torch import Tensor, nn

from .normalisation import WindowNorm


class _Mixing(nn.Module):
    """A layer over time, then two over channels, each added to what went in."""

    def __init__(self, lookback: int, channels: int, hidden: int, dropout: float) -> None:
        super().__init__()
        # Over steps and channels together: of a single channel, nothing would be left by a norm over channels.
        self.time_norm, self.channel_norm = nn.LayerNorm((lookback, channels)), nn.LayerNorm((lookback, channels))
        self.over_time = nn.Sequential(nn.Linear(lookback, lookback), nn.ReLU(), nn.Dropout(dropout))
        self.over_channels = nn.Sequential(
            nn.Linear(channels, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, channels),
            nn.Dropout(dropout),
        )

    def forward(self, windows: Tensor) -> Tensor:
        mixed: Tensor = windows + self.over_time(self.time_norm(windows).transpose(1, 2)).transpose(1, 2)
        together: Tensor = mixed + self.over_channels(self.channel_norm(mixed))
        return together


class TsMixer(nn.Module):
    """Layers over time and over channels in turn, then one to the horizon.

    Args:
        lookback: The number of steps of a window.
        horizon: The number of steps to forecast.
        channels: The number of channels.
        blocks: The number of pairs of layers.
        hidden: The units of the layers over channels.
        dropout: The share of units that are left out in training.
    """

    def __init__(
        self, *, lookback: int, horizon: int, channels: int, blocks: int = 2, hidden: int = 64, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.norm = WindowNorm(channels, affine=True)
        self.blocks = nn.Sequential(*(_Mixing(lookback, channels, hidden, dropout) for _ in range(blocks)))
        self.head = nn.Linear(lookback, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """Return the values after each window, shape `(batch, horizon, channels)`."""
        normalised, middle, spread = self.norm(windows)
        outputs = self.head(self.blocks(normalised).transpose(1, 2)).transpose(1, 2)
        return self.norm.undo(outputs, middle, spread)
