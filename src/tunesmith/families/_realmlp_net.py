"""The network of RealMLP in torch, for its training; imported lazily, as torch is an extra."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

_HIDDEN_FREQUENCIES = 16
_EMBEDDED_NUMBER = 4
_EMBEDDED_CATEGORY = 8
_ACTIVATIONS = {"selu": nn.functional.selu, "mish": nn.functional.mish}
# How much faster or slower than the others some parameters learn and decay, from RealMLP-TD.
_RATES = {"scale": (6.0, 6.0), "bias": (0.1, 0.0), "slope": (0.1, 0.1), "frequency": (0.1, 0.1)}


class RealMlpNet(nn.Module):
    """A multilayer perceptron with periodic embeddings of numbers, a scaling layer and parametric activations.

    Holzmueller, Grinsztajn and Steinwart 2024, "Better by Default" (arXiv 2407.04491): RealMLP-TD. Weights follow the
    neural tangent parametrisation: they are of order 1, and divided by the root of the number of inputs.

    Args:
        numbers: The number of columns of numbers.
        indicators: The number of columns that are used as they are.
        sizes: The number of codes of each column with an embedding.
        outputs: The number of outputs.
        width: The number of units of each hidden layer.
        layers: The number of hidden layers.
        activation: `selu` or `mish`.
        spread: The standard deviation of the frequencies at the start.
    """

    def __init__(
        self,
        *,
        numbers: int,
        indicators: int,
        sizes: Sequence[int],
        outputs: int,
        width: int,
        layers: int,
        activation: str,
        spread: float,
    ) -> None:
        super().__init__()
        hidden, inner = _HIDDEN_FREQUENCIES, _EMBEDDED_NUMBER - 1
        self.frequency_1 = nn.Parameter(spread * torch.randn(numbers, 1, hidden))
        self.frequency_bias_1 = nn.Parameter(math.pi * (2 * torch.rand(numbers, 1, hidden) - 1))
        self.frequency_2 = nn.Parameter((2 * torch.rand(numbers, hidden, inner) - 1) / math.sqrt(hidden))
        self.frequency_bias_2 = nn.Parameter((2 * torch.rand(numbers, 1, inner) - 1) / math.sqrt(hidden))
        self.embeddings = nn.ParameterList(torch.randn(size, _EMBEDDED_CATEGORY) for size in sizes)
        inputs = numbers * _EMBEDDED_NUMBER + indicators + len(sizes) * _EMBEDDED_CATEGORY
        ends = [inputs, *[width] * layers, outputs]
        self.scale = nn.Parameter(torch.ones(inputs))
        self.weights = nn.ParameterList(torch.randn(a, b) for a, b in itertools.pairwise(ends))
        self.bias = nn.ParameterList(torch.zeros(end) for end in ends[1:])
        self.slope = nn.ParameterList(torch.ones(width) for _ in range(layers))
        self.activation = _ACTIVATIONS[activation]
        self.dropout = 0.0

    def forward(self, numbers: Tensor, indicators: Tensor, codes: Tensor) -> Tensor:
        """Return the outputs, shape `(rows, outputs)`."""
        hidden = self._embed(numbers, indicators, codes)
        for index in range(len(self.weights)):
            hidden = self._layer(index, hidden)
        return hidden

    @torch.no_grad()
    def initialize(self, numbers: Tensor, indicators: Tensor, codes: Tensor) -> None:
        """Scale the weights so that every unit varies by 1 over some rows, and center it on a mixture of five of them.

        Args:
            numbers: Shape `(rows, numbers)`.
            indicators: Shape `(rows, indicators)`.
            codes: Shape `(rows, embedded)`.
        """
        hidden = self._embed(numbers, indicators, codes)
        for index, weight in enumerate(self.weights):
            spread = self._linear(index, hidden).std(dim=0, correction=0)
            weight /= torch.where(spread > 1e-6, spread, 1.0)
            units = self._linear(index, hidden)
            shares = torch.empty(5, weight.shape[1]).exponential_()
            chosen = units.gather(0, torch.randint(len(units), shares.shape))
            self.bias[index] -= (chosen * shares).sum(dim=0) / shares.sum(dim=0)
            hidden = self._layer(index, hidden)

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of parameters that learn at different rates."""
        members: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.named_parameters():
            if parameter.numel():
                members.setdefault(_RATES.get(re.split(r"[_.]", name)[0], (1.0, 1.0)), []).append(parameter)
        return [
            {"params": parameters, "rate_factor": rate, "decay_factor": decay}
            for (rate, decay), parameters in members.items()
        ]

    def _embed(self, numbers: Tensor, indicators: Tensor, codes: Tensor) -> Tensor:
        """Return the inputs of the first layer, shape `(rows, inputs)`."""
        waves = 2 * math.pi * numbers.T[:, :, None] @ self.frequency_1 + self.frequency_bias_1
        embedded = torch.cos(waves) @ self.frequency_2 + self.frequency_bias_2
        categories = [table[codes[:, index]] for index, table in enumerate(self.embeddings)]
        parts = [embedded.transpose(0, 1).flatten(1), numbers, indicators, *categories]
        return torch.cat(parts, dim=1) * self.scale

    def _linear(self, index: int, hidden: Tensor) -> Tensor:
        weight = self.weights[index]
        units: Tensor = hidden @ (weight / math.sqrt(weight.shape[0])) + self.bias[index]
        return units

    def _layer(self, index: int, hidden: Tensor) -> Tensor:
        hidden = self._linear(index, hidden)
        if index == len(self.slope):
            return hidden
        hidden = hidden + (self.activation(hidden) - hidden) * self.slope[index]
        kept: Tensor = nn.functional.dropout(hidden, self.dropout, self.training)
        return kept
