"""Windows of series as samples for the training of networks, cut when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from ..series.panel import Panel
from ..training.trainer import Samples, class_named
from ._net import Shape, calendar_marks
from ._windows import Origins

_AT_ONCE = 1_024


@dataclass(frozen=True, kw_only=True)
class WindowSamples:
    """Windows and what comes after them.

    Args:
        values: The scaled values of one series after the other, each after `lookback` copies of its first; shape
            `(values,)`.
        marks: The calendar of these values, shape `(values, marks)`; None if it is not used.
        firsts: Where each window begins in them, shape `(windows,)`.
        shape: The windows.
    """

    values: Tensor
    marks: Tensor | None
    firsts: Tensor
    shape: Shape

    @classmethod
    def of(cls, panel: Panel, moments: Origins, shape: Shape) -> WindowSamples:
        """Return the windows before some moments.

        A series is scaled by the mean and the standard deviation of its values.
        """
        pieces, marks, begins, total = [], [], np.zeros(len(panel), dtype=np.int64), 0
        for index in range(len(panel)):
            history = np.asarray(panel.history(index), dtype=np.float64)
            deviation = history.std() or max(abs(float(history.mean())), 1.0)
            scaled = (history - history.mean()) / deviation
            pieces.append(np.concatenate([np.full(shape.lookback, scaled[0]), scaled]))
            if shape.marks:
                first = int(panel.starts[index]) - shape.lookback
                marks.append(calendar_marks(panel.frequency, np.arange(first, first + len(pieces[-1]))))
            begins[index], total = total, total + len(pieces[-1])
        return cls(
            values=torch.from_numpy(np.concatenate(pieces).astype(np.float32)),
            marks=torch.from_numpy(np.concatenate(marks)) if marks else None,
            firsts=torch.from_numpy(begins[moments.series] + moments.steps),
            shape=shape,
        )

    def __len__(self) -> int:
        return len(self.firsts)

    def to(self, device: torch.device) -> WindowSamples:
        """Return them on a device."""
        marks = None if self.marks is None else self.marks.to(device)
        return replace(self, values=self.values.to(device), marks=marks, firsts=self.firsts.to(device))

    def rows(self, index: Tensor) -> Samples:
        """Return some of them, cut."""
        lookback, horizon = self.shape.lookback, self.shape.horizon
        steps = self.firsts[index][:, None] + torch.arange(lookback + horizon, device=self.firsts.device)
        both = self.values[steps].unsqueeze(-1)
        inputs = [both[:, :lookback]]
        if self.marks is not None:
            inputs.append(self.marks[steps])
        return Samples(inputs=inputs, target=both[:, lookback:])

    def mean_loss(self, name: str) -> Callable[[nn.Module], float]:
        """Return a function that returns the mean loss of a network on them."""
        loss = class_named(nn, name, nn.Module)()

        def validate(network: nn.Module) -> float:
            device = next(network.parameters()).device
            samples, total = self.to(device), 0.0
            for part in torch.split(torch.arange(len(self), device=device), _AT_ONCE):
                batch = samples.rows(part)
                total += float(loss(network(*batch.inputs), batch.target)) * len(part)
            return total / len(self)

        return validate
