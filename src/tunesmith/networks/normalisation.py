"""Normalisation of each window by itself, undone in the forecast."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

Centre = Literal["mean", "last", "none"]
_LEAST_VARIANCE = 1e-5
_LEAST_FACTOR = 1e-10


class WindowNorm(nn.Module):
    """Takes the middle off each channel of a window and divides by its spread (RevIN, Kim et al. 2022).

    Args:
        channels: The number of channels.
        centre: What is taken off: the `mean`, the `last` value, or nothing.
        scaled: Whether a window is divided by its standard deviation.
        affine: Whether a learned factor and offset of each channel follow.
    """

    def __init__(self, channels: int, *, centre: Centre = "mean", scaled: bool = True, affine: bool = False) -> None:
        super().__init__()
        self.centre, self.scaled = centre, scaled
        self.factor = nn.Parameter(torch.ones(channels)) if affine else None
        self.offset = nn.Parameter(torch.zeros(channels)) if affine else None

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return normalised windows, and the middle and the spread of each, shape `(batch, 1, channels)`."""
        middle = torch.zeros_like(windows[:, :1])
        if self.centre == "mean":
            middle = windows.mean(dim=1, keepdim=True).detach()
        elif self.centre == "last":
            middle = windows[:, -1:].detach()
        spread = torch.ones_like(middle)
        if self.scaled:
            spread = torch.sqrt(windows.var(dim=1, keepdim=True, unbiased=False) + _LEAST_VARIANCE).detach()
        normalised = (windows - middle) / spread
        if self.factor is not None and self.offset is not None:
            normalised = normalised * self.factor + self.offset
        return normalised, middle, spread

    def undo(self, outputs: Tensor, middle: Tensor, spread: Tensor) -> Tensor:
        """Return outputs on the scale of the windows."""
        if self.factor is not None and self.offset is not None:
            outputs = (outputs - self.offset) / (self.factor + _LEAST_FACTOR)
        return outputs * spread + middle
