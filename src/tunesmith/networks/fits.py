"""FITS: interpolation of the low frequencies of a window (Xu, Zeng and Xu 2024), in real numbers."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from .normalisation import WindowNorm


class Fits(nn.Module):
    """Maps the lowest frequencies of a window to those of the window and the horizon by a complex layer.

    The Fourier transforms are products with fixed matrices, so that the network can be exported.

    Args:
        lookback: The number of steps of a window.
        horizon: The number of steps to forecast.
        channels: The number of channels.
        frequencies: How many of the lowest frequencies are kept, the mean among them.
    """

    def __init__(self, *, lookback: int, horizon: int, channels: int, frequencies: int) -> None:
        super().__init__()
        self.lookback, self.horizon = lookback, horizon
        total = lookback + horizon
        kept = max(2, min(frequencies, lookback // 2 + 1))
        wider = max(kept, min(round(kept * total / lookback), total // 2 + 1))
        self.norm = WindowNorm(channels)
        self.real = nn.Linear(kept, wider)
        self.imaginary = nn.Linear(kept, wider)
        # In double precision, as angles become large; by NumPy, as torch is slow to make them without memory.
        angles = 2 * np.pi * np.outer(np.arange(lookback), np.arange(kept)) / lookback
        self.register_buffer("cosines", _single(np.cos(angles)))
        self.register_buffer("sines", _single(-np.sin(angles)))
        back = 2 * np.pi * np.outer(np.arange(wider), np.arange(total)) / total
        weights = np.full((wider, 1), 2.0)
        weights[0] = 1.0
        if total % 2 == 0 and wider == total // 2 + 1:
            weights[-1] = 1.0
        scale = weights / lookback  # 1 / total by the transform, total / lookback by the longer series.
        self.register_buffer("back_cosines", _single(scale * np.cos(back)))
        self.register_buffer("back_sines", _single(-scale * np.sin(back)))

    def forward(self, windows: Tensor) -> Tensor:
        """Return the values after each window, shape `(batch, horizon, channels)`."""
        normalised, middle, spread = self.norm(windows)
        series = normalised.transpose(1, 2)
        real, imaginary = series @ self.cosines, series @ self.sines
        # Of a product of complex numbers, with a complex offset.
        out_real = self.real(real) - self.imaginary(imaginary)
        out_imaginary = self.real(imaginary) + self.imaginary(real)
        longer = out_real @ self.back_cosines + out_imaginary @ self.back_sines
        return self.norm.undo(longer[..., self.lookback :].transpose(1, 2), middle, spread)


def _single(numbers: np.ndarray) -> Tensor:
    return torch.from_numpy(numbers.astype(np.float32))
