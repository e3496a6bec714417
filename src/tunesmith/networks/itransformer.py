"""iTransformer: channels attend to each other (Liu et al. 2024)."""

from __future__ import annotations

from torch import Tensor, nn

from .encoder import EncoderLayer
from .normalisation import WindowNorm


class ITransformer(nn.Module):
    """Represents the whole window of each channel as one token; the tokens attend to each other.

    Args:
        lookback: The number of steps of a window.
        horizon: The number of steps to forecast.
        channels: The number of channels.
        width: The size of a token, a multiple of `heads`.
        heads: The number of attention heads.
        layers: The number of encoder layers.
        hidden: The units of the feed-forward layers.
        dropout: The share of units that are left out in training.
        activation: `relu` or `gelu`.
    """

    def __init__(
        self,
        *,
        lookback: int,
        horizon: int,
        channels: int,
        width: int = 128,
        heads: int = 4,
        layers: int = 2,
        hidden: int = 128,
        dropout: float = 0.1,
        activation: str = "gelu",
    ) -> None:
        super().__init__()
        self.norm = WindowNorm(channels)
        self.embed = nn.Linear(lookback, width)
        self.dropout = nn.Dropout(dropout)
        self.encoder = nn.Sequential(
            *(
                EncoderLayer(width=width, heads=heads, hidden=hidden, dropout=dropout, activation=activation)
                for _ in range(layers)
            ),
            nn.LayerNorm(width),
        )
        self.head = nn.Linear(width, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """Return the values after each window, shape `(batch, horizon, channels)`."""
        normalised, middle, spread = self.norm(windows)
        encoded = self.encoder(self.dropout(self.embed(normalised.transpose(1, 2))))
        return self.norm.undo(self.head(encoded).transpose(1, 2), middle, spread)
