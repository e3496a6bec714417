"""RealMLP, a strong multilayer perceptron for tables (Holzmueller et al. 2024, arXiv 2407.04491).

It is trained with torch, and predicts with NumPy alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import orjson

from ..core.arrays import Floats, Singles
from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import Value
from ..data.problem import Problem
from ._net_columns import NetColumns, NetInputs
from .base import Profile, TrainingPart

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

_BATCH = 256
_MOST_ONE_HOT = 8
_PATIENCE = 40
_PATIENCE_GROWTH = 2.0
_ROWS_AT_ONCE = 4096
_NEWTON_STEPS = 8
_LEAST_SHARPNESS = 0.1
_LARGEST_SHARPNESS = 10.0


@dataclass(frozen=True, kw_only=True)
class RealmlpModel:
    """The weights of a network, and the preparation of its columns.

    Args:
        columns: Prepares the columns.
        activation: `selu` or `mish`.
        weights: The parameters of the network by name.
        numbers: The mean, the standard deviation, the least and the greatest value of a target of numbers; empty for
            classes.
    """

    columns: NetColumns
    activation: str
    weights: Mapping[str, Singles]
    numbers: tuple[float, ...] = ()

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return probabilities of the classes, or numbers; shape `(rows, outputs)`."""
        from scipy.special import softmax

        inputs = self.columns.transform(features)
        starts = range(0, max(len(features), 1), _ROWS_AT_ONCE)
        parts = [
            self._forward(NetInputs(*(part[start : start + _ROWS_AT_ONCE] for part in inputs))) for start in starts
        ]
        outputs = np.concatenate(parts).astype(np.float64)
        if not self.numbers:
            return np.asarray(softmax(outputs, axis=1))
        center, scale, low, high = self.numbers
        return np.clip(center + scale * outputs, low, high)

    def save(self, folder: Path) -> None:
        """Write it to a folder: the weights as safetensors, and the rest as JSON."""
        from safetensors.numpy import save_file

        save_file(
            {name: np.ascontiguousarray(array) for name, array in self.weights.items()}, folder / "net.safetensors"
        )
        table = {"columns": self.columns.to_table(), "activation": self.activation, "numbers": list(self.numbers)}
        (folder / "net.json").write_bytes(orjson.dumps(table))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model that `save` wrote."""
        from safetensors.numpy import load_file

        table = orjson.loads((folder / "net.json").read_bytes())
        return cls(
            columns=NetColumns.from_table(table["columns"]),
            activation=table["activation"],
            weights=load_file(folder / "net.safetensors"),
            numbers=tuple(table["numbers"]),
        )

    def _forward(self, inputs: NetInputs) -> Singles:
        """Return the outputs of the network, as `RealMlpNet.forward` does; shape `(rows, outputs)`."""
        weights = self.weights
        waves = 2 * math.pi * inputs.numbers.T[:, :, None] @ weights["frequency_1"] + weights["frequency_bias_1"]
        embedded = np.cos(waves) @ weights["frequency_2"] + weights["frequency_bias_2"]
        rows = len(inputs.numbers)
        parts = [embedded.transpose(1, 0, 2).reshape(rows, -1), inputs.numbers, inputs.indicators]
        parts += [weights[f"embeddings.{index}"][codes] for index, codes in enumerate(inputs.codes.T)]
        hidden = np.hstack(parts) * weights["scale"]
        layers = sum(name.startswith("weights.") for name in weights)
        for index in range(layers):
            weight = weights[f"weights.{index}"]
            hidden = hidden @ (weight / np.sqrt(np.float32(len(weight)))) + weights[f"bias.{index}"]
            if index < layers - 1:
                hidden += (_ACTIVATIONS[self.activation](hidden) - hidden) * weights[f"slope.{index}"]
        return hidden


class RealmlpFamily:
    """Three hidden layers with good defaults; the best epoch on the validation rows is kept."""

    profile: ClassVar = Profile(
        title="RealMLP",
        purpose="smooth dependence on numbers; errs elsewhere than trees; minutes where they take seconds",
        most_rows=100_000,
        most_columns=500,
        modules=("torch", "safetensors"),
        extra="torch",
        needs_validation=True,
    )
    model: ClassVar = RealmlpModel
    takes_text: ClassVar = False
    libraries: ClassVar[Sequence[str]] = ()  # torch takes seconds to import, and most trials do not need it
    space: ClassVar[Mapping[str, Parameter]] = {
        "epochs": Int(32, 256, log=True),
        "learning_rate": Float(0.01, 0.3, log=True),
        "width": Int(64, 512, log=True),
        "layers": Int(1, 4),
        "activation": Choice(["selu", "mish"]),
        "dropout": Float(0.0, 0.5),
        "weight_decay": Float(1e-3, 0.1, log=True),
        "label_smoothing": Float(0.0, 0.2),
        "frequency": Float(0.01, 10.0, log=True),
    }

    def configurations(self, problem: Problem) -> Sequence[Mapping[str, Value]]:
        """Return the tuned defaults of the paper, RealMLP-TD."""
        shared: dict[str, Value] = {
            "epochs": 256,
            "width": 256,
            "layers": 3,
            "dropout": 0.15,
            "weight_decay": 0.02,
            "frequency": 0.1,
        }
        if problem.is_classification:
            return [shared | {"learning_rate": 0.04, "activation": "selu", "label_smoothing": 0.1}]
        return [shared | {"learning_rate": 0.2, "activation": "mish", "label_smoothing": 0.0}]

    def seconds(self, rows: int, columns: int, problem: Problem, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one fit, a fifth of the import of torch included."""
        width, layers = int(parameters["width"]), int(parameters["layers"])
        weights = width * (8 * columns + width * (layers - 1) + problem.outputs)
        steps = int(parameters["epochs"]) * max(1, rows // _batch_size(rows))
        return 0.4 + steps * (1e-3 + 3e-8 * weights + 2e-6 * width * layers)

    def fit(self, part: TrainingPart, parameters: Mapping[str, Value]) -> RealmlpModel:
        """Train until the validation rows no longer improve, the time is over, or all epochs are done."""
        import torch

        from ..training.schedules import schedule_named
        from ..training.trainer import Samples, TrainingOptions, train
        from ._realmlp_net import RealMlpNet

        torch.set_num_threads(part.threads)
        torch.manual_seed(part.seed)
        columns = NetColumns.of(part.features, most_one_hot=_MOST_ONE_HOT)
        numbers = () if part.problem.is_classification else _moments(part.target)
        inputs = [torch.from_numpy(array) for array in columns.transform(part.features)]
        network = RealMlpNet(
            numbers=inputs[0].shape[1],
            indicators=inputs[1].shape[1],
            sizes=columns.sizes,
            outputs=part.problem.outputs,
            width=int(parameters["width"]),
            layers=int(parameters["layers"]),
            activation=str(parameters["activation"]),
            spread=float(parameters["frequency"]),
        )
        batch = _batch_size(len(part.target))
        first = torch.randperm(len(part.target))[:batch]
        network.initialize(*(tensor[first] for tensor in inputs))
        classes = part.problem.is_classification
        options = TrainingOptions(
            epochs=int(parameters["epochs"]),
            batch_size=batch,
            learning_rate=float(parameters["learning_rate"]),
            optimizer="AdamW",
            optimizer_options={"betas": (0.9, 0.95), "weight_decay": float(parameters["weight_decay"]), "fused": True},
            schedule="coslog4",
            decay_schedule="flat_cosine",
            loss="CrossEntropyLoss" if classes else "MSELoss",
            loss_options={"label_smoothing": float(parameters["label_smoothing"])} if classes else {},
            patience=_PATIENCE,
            patience_growth=_PATIENCE_GROWTH,
            seed=part.seed,
            deadline=part.deadline,
        )
        dropout = schedule_named("flat_cosine")

        def set_dropout(progress: float) -> None:
            network.dropout = float(parameters["dropout"]) * dropout(progress)

        weight = None if part.weight is None else torch.from_numpy(part.weight.astype(np.float32))
        samples = Samples(inputs=inputs, target=_target(part.target, numbers), weight=weight)
        held_out = [torch.from_numpy(array) for array in columns.transform(part.validation[0])]
        validation = Samples(inputs=held_out, target=_target(part.validation[1], numbers)).to(options.torch_device)
        train(
            network,
            samples,
            lambda network: _loss(network(*validation.inputs), validation.target),
            options,
            groups=network.groups(),
            on_step=set_dropout,
        )
        weights = {name: parameter.detach().numpy() for name, parameter in network.named_parameters()}
        if classes:
            with torch.no_grad():
                sharpness = _sharpness(network(*held_out), torch.from_numpy(part.validation[1].astype(np.int64)))
            for name in (f"weights.{parameters['layers']}", f"bias.{parameters['layers']}"):
                weights[name] = weights[name] * np.float32(sharpness)
        return RealmlpModel(columns=columns, activation=str(parameters["activation"]), weights=weights, numbers=numbers)


def _batch_size(rows: int) -> int:
    """Return the number of rows of a step: the paper's 256, or less so that an epoch has four steps."""
    return min(_BATCH, max(32, rows // 4), rows)


def _moments(target: Floats) -> tuple[float, ...]:
    """Return the mean, the standard deviation, the least and the greatest value of a target."""
    return float(target.mean()), float(target.std()) or 1.0, float(target.min()), float(target.max())


def _target(target: Floats, numbers: tuple[float, ...]) -> Any:
    """Return a target as the loss wants it: indices of classes, or scaled numbers; shapes `(rows,)`, `(rows, 1)`."""
    import torch

    if not numbers:
        return torch.from_numpy(target.astype(np.int64))
    return torch.from_numpy(((target - numbers[0]) / numbers[1]).astype(np.float32)[:, None])


def _loss(outputs: Tensor, target: Tensor) -> float:
    """Return the log loss at the best temperature, or the mean squared error.

    To stop at the best epoch after calibration is better than before (Berta et al. 2025, arXiv 2501.19195).
    """
    import torch

    if target.dtype != torch.int64:
        return torch.nn.functional.mse_loss(outputs, target).item()
    return torch.nn.functional.cross_entropy(_sharpness(outputs, target) * outputs, target).item()


def _sharpness(outputs: Tensor, target: Tensor) -> float:
    """Return the factor of the outputs that gives the lowest log loss, the reciprocal of a temperature.

    The log loss is convex in it, so that a few steps of Newton's method find it (Guo et al. 2017). Labels are smoothed
    by one row's worth (Platt 1999), as otherwise rows that are all right ask for an infinite factor.
    """
    import torch

    outputs, sharpness = outputs.double(), 1.0
    smoothing = 1 / (len(outputs) + 2)
    wanted = (1 - smoothing) * outputs.gather(1, target[:, None])[:, 0] + smoothing * outputs.mean(dim=1)
    for _ in range(_NEWTON_STEPS):
        shares = torch.softmax(sharpness * outputs, dim=1)
        means = (shares * outputs).sum(dim=1)
        slope = (means - wanted).mean().item()
        curvature = ((shares * outputs**2).sum(dim=1) - means**2).mean().item()
        if curvature < 1e-12:
            break
        step = slope / curvature
        sharpness = min(max(sharpness - step, sharpness / 2, _LEAST_SHARPNESS), sharpness * 2, _LARGEST_SHARPNESS)
    return sharpness


def _selu(units: Singles) -> Singles:
    positive = np.where(units > 0, units, np.float32(1.6732632423543772) * np.expm1(np.minimum(units, 0)))
    return np.asarray(np.float32(1.0507009873554805) * positive)


def _mish(units: Singles) -> Singles:
    return np.asarray(units * np.tanh(np.logaddexp(np.float32(0), units)))


_ACTIVATIONS = {"selu": _selu, "mish": _mish}
