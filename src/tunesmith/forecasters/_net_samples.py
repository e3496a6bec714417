"""Windows of series as samples for the training of networks, cut when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from ..core.arrays import Floats, Indices
from ..series.panel import Panel
from ..training.trainer import Samples, class_named
from ._net_windows import Shape, calendar_marks
from ._windows import Origins


@dataclass(frozen=True, kw_only=True)
class WindowSamples:
    """Windows and what comes after them.

    Args:
        values: The scaled values of one series after the other, each after `lookback` copies of its first; or of all
            series side by side if they are channels. Shape `(values, channels)`.
        marks: The calendar of these values, shape `(values, marks)`; None if it is not used.
        begins: Where each series begins in them, shape `(series,)`; all of them at 0 if they are channels.
        firsts: Where each window begins in them, shape `(windows,)`.
        shape: The windows.
    """

    values: Tensor
    marks: Tensor | None
    begins: Indices
    firsts: Tensor
    shape: Shape

    @classmethod
    def of(cls, panel: Panel, moments: Origins, shape: Shape) -> WindowSamples:
        """Return the windows before some moments: of the first series, if all are channels.

        A series is scaled by the mean and the standard deviation of its values.
        """
        pieces = [_scaled(panel.history(index), shape.lookback) for index in range(len(panel))]
        lengths = np.array([len(piece) for piece in pieces])
        together = shape.channels > 1
        begins = np.zeros(len(pieces), dtype=np.intp) if together else np.cumsum(lengths) - lengths
        values = np.column_stack(pieces) if together else np.concatenate(pieces)[:, None]
        marks = [
            calendar_marks(panel.frequency, start - shape.lookback + np.arange(length))
            for start, length in zip(panel.starts, lengths, strict=True)
            if shape.marks
        ][: 1 if together else None]
        return cls(
            values=torch.from_numpy(values.astype(np.float32)),
            marks=torch.from_numpy(np.concatenate(marks)) if marks else None,
            begins=begins,
            firsts=torch.from_numpy(begins[moments.series] + moments.steps),
            shape=shape,
        )

    def before(self, moments: Origins) -> WindowSamples:
        """Return the windows before other moments."""
        return replace(self, firsts=torch.from_numpy(self.begins[moments.series] + moments.steps))

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
        both = self.values[steps]
        inputs = [both[:, :lookback]]
        if self.marks is not None:
            inputs.append(self.marks[steps])
        return Samples(inputs=inputs, target=both[:, lookback:])

    def mean_loss(self, name: str, at_once: int) -> Callable[[nn.Module], float]:
        """Return a function that returns the mean loss of a network on them.

        Args:
            name: The name of a class in `torch.nn`.
            at_once: The number of windows that the network gets at once.
        """
        loss = class_named(nn, name, nn.Module)()

        def validate(network: nn.Module) -> float:
            device = next(network.parameters()).device
            samples, total = self.to(device), 0.0
            for start in range(0, len(self), at_once):
                part = torch.arange(start, min(start + at_once, len(self)), device=device)
                batch = samples.rows(part)
                total += float(loss(network(*batch.inputs), batch.target)) * len(part)
            return total / len(self)

        return validate


def _scaled(history: Floats, lookback: int) -> Floats:
    """Return scaled values after copies of the first."""
    deviation = history.std() or max(abs(float(history.mean())), 1.0)
    scaled = (history - history.mean()) / deviation
    return np.concatenate([np.full(lookback, scaled[0]), scaled])
