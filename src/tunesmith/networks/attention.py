"""Attention: full, and ProbSparse as in Informer (Zhou et al. 2021)."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor, nn

AttentionKind = Literal["full", "prob_sparse"]


class _KeyDropout(nn.Module):
    """Leaves out keys in training, each for all queries of a head at once.

    To leave out weights one by one, as is usual, needs all weights in memory: a step of an Informer with 120 tokens
    then takes 1.8 times as long on a CPU, for the same error.

    Args:
        share: The share of keys that are left out.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, values: Tensor) -> Tensor:
        """Return values of which some are 0 and the others are greater; the shape is `(batch, heads, keys, size)`."""
        if not self.training or not self.share:
            return values
        return values * nn.functional.dropout(values.new_ones((*values.shape[:3], 1)), self.share)


class FullAttention(nn.Module):
    """Every query attends to every key, or to those before it.

    Args:
        causal: Whether a query sees no later key.
        dropout: The share of keys that are left out in training.
    """

    def __init__(self, *, causal: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.causal = causal
        self.dropout = _KeyDropout(dropout)

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return the attended values, shape `(batch, heads, queries, size)`; all arguments have such a shape."""
        values = self.dropout(values)
        return nn.functional.scaled_dot_product_attention(queries, keys, values, is_causal=self.causal)


class ProbSparseAttention(nn.Module):
    """Only the queries whose weights are far from uniform attend; the others get the mean of the values.

    How far is measured on a sample of keys: the greatest product less the mean (section 3.2). With `causal`, the others
    get the sum of the values up to their place.

    Args:
        factor: Of the logarithm of the length: so many keys are drawn, and so many queries attend.
        causal: Whether a query sees no later key.
        dropout: The share of keys that are left out in training.
    """

    def __init__(self, *, factor: int = 5, causal: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.factor, self.causal = factor, causal
        self.dropout = _KeyDropout(dropout)

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return the attended values, shape `(batch, heads, queries, size)`; all arguments have such a shape."""
        length, size, others = int(queries.shape[2]), int(queries.shape[3]), int(keys.shape[2])
        active = min(length, self.factor * math.ceil(math.log(max(length, 2))))
        with torch.no_grad():
            top = self._sparsity(queries, keys).topk(active, dim=-1, sorted=False).indices
        chosen = queries.gather(2, top.unsqueeze(-1).expand(-1, -1, -1, size))
        scores = chosen @ keys.transpose(-2, -1) / math.sqrt(size)
        if self.causal:
            later = torch.arange(others, device=queries.device) > top.unsqueeze(-1)
            scores = scores.masked_fill(later, -math.inf)
        attended = scores.softmax(dim=-1) @ self.dropout(values)
        rest = values.cumsum(dim=2) if self.causal else values.mean(dim=2, keepdim=True).expand(-1, -1, length, -1)
        return rest.scatter(2, top.unsqueeze(-1).expand(-1, -1, -1, size), attended)

    def _sparsity(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return how far the weights of each query are from uniform, shape `(batch, heads, queries)`.

        The sum of the products is divided by the number of all keys, as in the authors' code.
        """
        length, size, others = int(queries.shape[2]), int(queries.shape[3]), int(keys.shape[2])
        drawn = min(others, self.factor * math.ceil(math.log(max(others, 2))))
        sample = self._sample(length, others, drawn).to(queries.device)
        if others <= drawn * size:  # All products are then less than the numbers of the keys that were drawn.
            rows = torch.arange(length, device=queries.device)[:, None]
            products = (queries @ keys.transpose(-2, -1))[:, :, rows, sample]
        else:
            products = torch.einsum("bhqd,bhqsd->bhqs", queries, keys[:, :, sample])
        return products.max(dim=-1).values - products.sum(dim=-1) / others

    def _sample(self, length: int, others: int, drawn: int) -> Tensor:
        """Return keys for each query; outside training always the same, so that forecasts can be repeated."""
        return torch.randint(others, (length, drawn)) if self.training else _fixed_sample(length, others, drawn)


@lru_cache(maxsize=64)
def _fixed_sample(length: int, others: int, drawn: int) -> Tensor:
    """Return keys for each query, shape `(length, drawn)`; kept, so that an export finds a constant."""
    return torch.randint(others, (length, drawn), generator=torch.Generator().manual_seed(0))


class AttentionLayer(nn.Module):
    """Several heads of attention, between projections.

    Args:
        width: The size of a token, a multiple of `heads`.
        heads: The number of heads.
        kind: `full` or `prob_sparse`.
        factor: Of ProbSparse attention.
        causal: Whether a query sees no later key.
        dropout: The share of keys that are left out in training.
    """

    def __init__(
        self,
        *,
        width: int,
        heads: int,
        kind: AttentionKind = "full",
        factor: int = 5,
        causal: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.attention: nn.Module = (
            FullAttention(causal=causal, dropout=dropout)
            if kind == "full"
            else ProbSparseAttention(factor=factor, causal=causal, dropout=dropout)
        )
        self.output = nn.Linear(width, width)

    def forward(self, tokens: Tensor, memory: Tensor | None = None) -> Tensor:
        """Return what tokens attend to among themselves, or in a memory; shape `(batch, tokens, width)`."""
        source = tokens if memory is None else memory
        queries, keys, values = (
            layer(part).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer, part in ((self.query, tokens), (self.key, source), (self.value, source))
        )
        attended: Tensor = self.attention(queries, keys, values)
        output: Tensor = self.output(attended.transpose(1, 2).flatten(-2))
        return output
