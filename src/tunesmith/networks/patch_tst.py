"""PatchTST: a transformer over patches of each channel (Nie et al. 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .encoder import EncoderLayer, NormKind
from .normalisation import WindowNorm


class PatchTST(nn.Module):
    """Cuts each channel into patches, which attend to each other, and reads the horizon off all of them.

    Args:
        lookback: The number of steps of a window.
        horizon: The number of steps to forecast.
        channels: The number of channels.
        patch: The number of steps of a patch.
        stride: The distance of neighbouring patches.
        width: The size of a patch's representation, a multiple of `heads`.
        heads: The number of attention heads.
        layers: The number of encoder layers.
        hidden: The units of the feed-forward layers.
        dropout: The share of units that are left out in training.
        activation: `relu` or `gelu`.
        centre: What is taken off a window: its `mean` or its `last` value.
        norm: How patches are normalised; the authors' `batch`, or `layer`.
    """

    def __init__(
        self,
        *,
        lookback: int,
        horizon: int,
        channels: int,
        patch: int = 16,
        stride: int = 8,
        width: int = 16,
        heads: int = 4,
        layers: int = 3,
        hidden: int = 128,
        dropout: float = 0.3,
        activation: str = "gelu",
        centre: str = "mean",
        norm: NormKind = "batch",
    ) -> None:
        super().__init__()
        self.patch, self.stride = min(patch, lookback), min(stride, lookback)
        patches = (lookback - self.patch) // self.stride + 2
        self.norm = WindowNorm(channels, centre="last" if centre == "last" else "mean")
        self.embed = nn.Linear(self.patch, width)
        self.position = nn.Parameter(torch.randn(patches, width) * 0.02)
        self.dropout = nn.Dropout(dropout)
        self.encoder = nn.Sequential(
            *(
                EncoderLayer(width=width, heads=heads, hidden=hidden, dropout=dropout, activation=activation, norm=norm)
                for _ in range(layers)
            )
        )
        self.head = nn.Linear(patches * width, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """Return the values after each window, shape `(batch, horizon, channels)`."""
        normalised, middle, spread = self.norm(windows)
        batch, _, channels = normalised.shape
        series = normalised.transpose(1, 2)
        padded = torch.cat([series, series[..., -1:].repeat(1, 1, self.stride)], dim=-1)
        patches = padded.unfold(2, self.patch, self.stride).reshape(batch * channels, -1, self.patch)
        encoded = self.encoder(self.dropout(self.embed(patches) + self.position[: patches.shape[1]]))
        outputs = self.head(encoded.flatten(1)).reshape(batch, channels, -1)
        return self.norm.undo(outputs.transpose(1, 2), middle, spread)
