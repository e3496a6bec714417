"""Layers of transformers' encoders: attention among tokens, then two layers for each of them."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from .attention import AttentionKind, AttentionLayer

NormKind = Literal["layer", "batch"]


class FeedForward(nn.Sequential):
    """Two layers that are the same for each token.

    Args:
        width: The size of a token.
        hidden: The units of the first layer.
        dropout: The share of units that are left out in training.
        activation: `relu` or `gelu`.
    """

    def __init__(self, width: int, hidden: int, dropout: float, activation: str) -> None:
        act: nn.Module = nn.GELU() if activation == "gelu" else nn.ReLU()
        super().__init__(
            nn.Linear(width, hidden), act, nn.Dropout(dropout), nn.Linear(hidden, width), nn.Dropout(dropout)
        )


class TokenNorm(nn.Module):
    """Normalisation of tokens.

    Args:
        width: The size of a token.
        kind: `layer` normalises each token by itself, `batch` each of its numbers over all tokens of a batch.
    """

    def __init__(self, width: int, kind: NormKind = "layer") -> None:
        super().__init__()
        self.over_batch = kind == "batch"
        self.norm: nn.Module = nn.BatchNorm1d(width) if self.over_batch else nn.LayerNorm(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return normalised tokens, shape `(batch, tokens, width)`."""
        result: Tensor = self.norm(tokens.transpose(1, 2)).transpose(1, 2) if self.over_batch else self.norm(tokens)
        return result


class EncoderLayer(nn.Module):
    """Attention and feed-forward layers, each added to what went in and then normalised (Vaswani et al. 2017).

    Args:
        width: The size of a token, a multiple of `heads`.
        heads: The number of attention heads.
        hidden: The units of the feed-forward layers.
        dropout: The share of units that are left out in training.
        activation: `relu` or `gelu`.
        attention: `full` or `prob_sparse`.
        factor: Of ProbSparse attention.
        norm: How tokens are normalised.
    """

    def __init__(
        self,
        *,
        width: int,
        heads: int,
        hidden: int,
        dropout: float,
        activation: str = "gelu",
        attention: AttentionKind = "full",
        factor: int = 5,
        norm: NormKind = "layer",
    ) -> None:
        super().__init__()
        self.attention = AttentionLayer(width=width, heads=heads, kind=attention, factor=factor, dropout=dropout)
        self.feed_forward = FeedForward(width, hidden, dropout, activation)
        self.norms = nn.ModuleList([TokenNorm(width, norm), TokenNorm(width, norm)])
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return encoded tokens, shape `(batch, tokens, width)`."""
        tokens = self.norms[0](tokens + self.dropout(self.attention(tokens)))
        result: Tensor = self.norms[1](tokens + self.feed_forward(tokens))
        return result
