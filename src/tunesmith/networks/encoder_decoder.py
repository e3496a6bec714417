"""Encoder and decoder: Informer (Zhou et al. 2021), and with full attention and no distilling the plain Transformer."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .attention import AttentionKind, AttentionLayer
from .encoder import EncoderLayer, FeedForward
from .normalisation import WindowNorm


class Embedding(nn.Module):
    """Tokens of the values, their place and the calendar.

    Args:
        channels: The number of channels.
        marks: The number of calendar marks; 0 for none.
        width: The size of a token, even.
        dropout: The share of units that are left out in training.
    """

    def __init__(self, channels: int, marks: int, width: int, dropout: float) -> None:
        super().__init__()
        self.values = nn.Conv1d(channels, width, 3, padding=1, padding_mode="circular", bias=False)
        nn.init.kaiming_normal_(self.values.weight, mode="fan_in", nonlinearity="leaky_relu")
        self.calendar = nn.Linear(marks, width, bias=False) if marks else None
        self.width = width
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor, marks: Tensor | None) -> Tensor:
        """Return tokens, shape `(batch, steps, width)`."""
        tokens: Tensor = self.values(values.transpose(1, 2)).transpose(1, 2)
        tokens = tokens + _places(tokens.shape[1], self.width).to(tokens)
        if self.calendar is not None and marks is not None:
            tokens = tokens + self.calendar(marks)
        dropped: Tensor = self.dropout(tokens)
        return dropped


def _places(steps: int, width: int) -> Tensor:
    """Return sines and cosines of the places, shape `(steps, width)` (Vaswani et al. 2017)."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.outer(torch.arange(steps).to(rates), rates)
    return torch.stack([torch.sin(angles), torch.cos(angles)], dim=-1).flatten(1)[:, :width]


class _Distilling(nn.Module):
    """Halves the number of tokens between two encoder layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(width, width, 3, padding=1, padding_mode="circular")
        self.norm, self.activation = nn.BatchNorm1d(width), nn.ELU()
        self.pool = nn.MaxPool1d(3, stride=2, padding=1)

    def forward(self, tokens: Tensor) -> Tensor:
        halved: Tensor = self.pool(self.activation(self.norm(self.convolution(tokens.transpose(1, 2)))))
        return halved.transpose(1, 2)


class _DecoderLayer(nn.Module):
    def __init__(
        self,
        attention: AttentionLayer,
        cross: AttentionLayer,
        width: int,
        hidden: int,
        dropout: float,
        activation: str,
    ) -> None:
        super().__init__()
        self.attention, self.cross = attention, cross
        self.feed_forward = FeedForward(width, hidden, dropout, activation)
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(3)])
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, memory: Tensor) -> Tensor:
        tokens = self.norms[0](tokens + self.dropout(self.attention(tokens)))
        tokens = self.norms[1](tokens + self.dropout(self.cross(tokens, memory)))
        result: Tensor = self.norms[2](tokens + self.feed_forward(tokens))
        return result


class EncoderDecoder(nn.Module):
    """Reads a window, and writes the horizon at once, after the last part of the window as start token.

    Args:
        lookback: The number of steps of a window.
        horizon: The number of steps to forecast.
        channels: The number of channels.
        marks: The number of calendar marks; 0 for none.
        attention: `full`, or `prob_sparse` as in Informer.
        factor: Of ProbSparse attention.
        distilling: Whether the number of tokens is halved between encoder layers.
        start: The number of steps at the end of the window that the decoder starts from.
        width: The size of a token, an even multiple of `heads`.
        heads: The number of attention heads.
        encoder_layers: At least one.
        decoder_layers: At least one.
        hidden: The units of the feed-forward layers.
        dropout: The share of units that are left out in training.
        activation: `relu` or `gelu`.
        normalised: Whether each window is normalised by itself, which the authors' code does not do.
    """

    uses_calendar = True

    def __init__(
        self,
        *,
        lookback: int,
        horizon: int,
        channels: int,
        marks: int = 0,
        attention: AttentionKind = "full",
        factor: int = 5,
        distilling: bool = False,
        start: int = 48,
        width: int = 64,
        heads: int = 4,
        encoder_layers: int = 2,
        decoder_layers: int = 1,
        hidden: int = 128,
        dropout: float = 0.05,
        activation: str = "gelu",
        normalised: bool = False,
    ) -> None:
        super().__init__()
        self.lookback, self.horizon, self.start = lookback, horizon, min(start, lookback)
        self.norm = WindowNorm(channels) if normalised else None
        self.encoder_embedding = Embedding(channels, marks, width, dropout)
        self.decoder_embedding = Embedding(channels, marks, width, dropout)

        def layer(kind: AttentionKind, *, causal: bool = False) -> AttentionLayer:
            return AttentionLayer(width=width, heads=heads, kind=kind, factor=factor, causal=causal, dropout=dropout)

        self.encoder = nn.ModuleList(
            EncoderLayer(
                width=width,
                heads=heads,
                hidden=hidden,
                dropout=dropout,
                activation=activation,
                attention=attention,
                factor=factor,
            )
            for _ in range(encoder_layers)
        )
        self.distilling = nn.ModuleList(_Distilling(width) for _ in range(encoder_layers - 1) if distilling)
        self.encoder_norm = nn.LayerNorm(width)
        self.decoder = nn.ModuleList(
            _DecoderLayer(layer(attention, causal=True), layer("full"), width, hidden, dropout, activation)
            for _ in range(decoder_layers)
        )
        self.decoder_norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, channels)

    def forward(self, windows: Tensor, marks: Tensor | None = None) -> Tensor:
        """Return the values after each window, shape `(batch, horizon, channels)`.

        Args:
            windows: Shape `(batch, lookback, channels)`.
            marks: The calendar of windows and horizon, shape `(batch, lookback + horizon, marks)`.
        """
        middle = spread = None
        if self.norm is not None:
            windows, middle, spread = self.norm(windows)
        past = None if marks is None else marks[:, : self.lookback]
        memory = self.encoder_embedding(windows, past)
        for number, layer in enumerate(self.encoder):
            memory = layer(memory)
            if number < len(self.distilling):
                memory = self.distilling[number](memory)
        memory = self.encoder_norm(memory)
        unknown = torch.zeros_like(windows[:, :1]).repeat(1, self.horizon, 1)
        tokens = torch.cat([windows[:, self.lookback - self.start :], unknown], dim=1)
        ahead = None if marks is None else marks[:, self.lookback - self.start :]
        tokens = self.decoder_embedding(tokens, ahead)
        for layer in self.decoder:
            tokens = layer(tokens, memory)
        outputs: Tensor = self.head(self.decoder_norm(tokens))[:, -self.horizon :]
        if self.norm is not None and middle is not None and spread is not None:
            outputs = self.norm.undo(outputs, middle, spread)
        return outputs
