"""Train a network of torch: epochs of batches, the best epoch kept, an end in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ..core.schema import expect_range
from ..errors import InputError, nearest
from .schedules import schedule_named

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How a network is trained.

    Args:
        epochs: The largest number of passes over the samples.
        batch_size: The number of samples of a step; what is left of an epoch is skipped.
        learning_rate: The largest one.
        optimizer: The name of a class in `torch.optim`.
        optimizer_options: Its options, but for the learning rate.
        schedule: The name of a schedule of the learning rate.
        decay_schedule: The name of a schedule of the weight decay.
        loss: The name of a class in `torch.nn`, which takes outputs and targets.
        loss_options: Its options.
        patience: Stop after so many epochs without improvement; None to never stop early.
        patience_growth: Added to the patience for each epoch up to the best one.
        precision: `bfloat16` for mixed precision.
        device: Such as `cpu` or `cuda:1`; `auto` takes a GPU if there is one.
        seed: The seed of the order of samples and of whatever is random in the network.
        deadline: When it must have ended, by `time.monotonic()`; None for no limit. If not all epochs can be done
            until then, fewer are planned, so that the schedules still come to their end.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    optimizer: str = "AdamW"
    optimizer_options: Mapping[str, Any] = field(default_factory=dict)
    schedule: str = "constant"
    decay_schedule: str = "constant"
    loss: str = "MSELoss"
    loss_options: Mapping[str, Any] = field(default_factory=dict)
    patience: int | None = None
    patience_growth: float = 0.0
    precision: Precision = "float32"
    device: str = "auto"
    seed: int = 0
    deadline: float | None = None

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of range, or no such class or schedule exists.
        """
        expect_range(self, "epochs", 1)
        expect_range(self, "batch_size", 1)
        expect_range(self, "patience", 1)
        class_named(torch.optim, self.optimizer, torch.optim.Optimizer)
        class_named(nn, self.loss, nn.Module)
        schedule_named(self.schedule)
        schedule_named(self.decay_schedule)

    def longest_wait(self, best: int) -> float:
        """Return after how many epochs without improvement the training stops.

        Args:
            best: The number of the best epoch so far.
        """
        return float("inf") if self.patience is None else self.patience + self.patience_growth * best

    @property
    def torch_device(self) -> torch.device:
        """The device to train on."""
        automatic = "cuda" if torch.cuda.is_available() else "cpu"
        return torch.device(automatic if self.device == "auto" else self.device)


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What a network learns from.

    Args:
        inputs: The arguments of the network, each with one row for a sample.
        target: What the loss compares with, shape `(samples, ...)`.
        weight: The weight of each sample, shape `(samples,)`; None if all count alike.
    """

    inputs: Sequence[Tensor]
    target: Tensor
    weight: Tensor | None = None

    def __len__(self) -> int:
        return len(self.target)

    def to(self, device: torch.device) -> Samples:
        """Return them on a device."""
        weight = None if self.weight is None else self.weight.to(device)
        return Samples(inputs=[t.to(device) for t in self.inputs], target=self.target.to(device), weight=weight)

    def rows(self, index: Tensor) -> Samples:
        """Return some of them."""
        weight = None if self.weight is None else self.weight[index]
        return Samples(inputs=[tensor[index] for tensor in self.inputs], target=self.target[index], weight=weight)


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """What one epoch came to.

    Args:
        number: From 1.
        learning_rate: That of its last step.
        training_loss: The mean loss of its steps.
        validation_loss: After the epoch.
        seconds: Since the start of the training.
    """

    number: int
    learning_rate: float
    training_loss: float
    validation_loss: float
    seconds: float


def train(
    network: nn.Module,
    samples: Samples,
    validate: Callable[[nn.Module], float],
    options: TrainingOptions,
    *,
    groups: Sequence[Mapping[str, Any]] | None = None,
    on_step: Callable[[float], None] | None = None,
) -> list[Epoch]:
    """Train a network in place; it ends with the weights of its best epoch, in evaluation mode, on the CPU.

    Args:
        network: Takes the inputs of a batch, and returns outputs for the loss.
        samples: What it learns from.
        validate: Returns the loss on other samples, given the network in evaluation mode on the training's device.
        options: How it is trained.
        groups: Groups of parameters, as for an optimiser; `rate_factor` and `decay_factor` multiply the learning rate
            and the weight decay of a group. By default all parameters are alike.
        on_step: Called before each step with the progress from 0 to 1.

    Returns:
        What each epoch came to; the best is the last of the lowest validation loss.
    """
    torch.manual_seed(options.seed)
    device, started = options.torch_device, time.monotonic()
    network.to(device)
    samples = samples.to(device)
    steps = _Steps(network, options, groups or [{"params": list(network.parameters())}])
    per_epoch = max(1, len(samples) // options.batch_size)
    history: list[Epoch] = []
    planned, best = options.epochs, (float("inf"), 0)
    weights: dict[str, Tensor] = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    while len(history) < planned:
        network.train()
        order, losses = torch.randperm(len(samples), device=device), []
        for step in range(per_epoch):
            progress = (len(history) + step / per_epoch) / planned
            if on_step is not None:
                on_step(progress)
            batch = samples.rows(order[step * options.batch_size : (step + 1) * options.batch_size])
            losses.append(steps.take(batch, progress))
            if options.deadline is not None and time.monotonic() > options.deadline:
                break
        network.eval()
        with torch.no_grad():
            loss = validate(network)
        epoch = Epoch(
            number=len(history) + 1,
            learning_rate=steps.learning_rate,
            training_loss=float(torch.stack(losses).mean()),
            validation_loss=loss,
            seconds=time.monotonic() - started,
        )
        history.append(epoch)
        if loss <= best[0]:
            best = (loss, epoch.number)
            weights = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        elif epoch.number - best[1] > options.longest_wait(best[1]):
            break
        planned = min(options.epochs, _affordable(options.deadline, epoch))
    network.load_state_dict(weights)
    network.eval().to("cpu")
    return history


def _affordable(deadline: float | None, epoch: Epoch) -> int:
    """Return how many epochs can be done until the deadline, at the pace so far."""
    if deadline is None:
        return 10**9
    left = deadline - time.monotonic()
    return epoch.number + int(left / (epoch.seconds / epoch.number))


class _Steps:
    """Takes the steps of an optimiser.

    Args:
        network: The network.
        options: How it is trained.
        groups: Groups of its parameters.
    """

    def __init__(self, network: nn.Module, options: TrainingOptions, groups: Sequence[Mapping[str, Any]]) -> None:
        kind = class_named(torch.optim, options.optimizer, torch.optim.Optimizer)
        self._options = options
        self._network = network
        self._optimizer = kind([dict(group) for group in groups], lr=options.learning_rate, **options.optimizer_options)
        self._loss = class_named(nn, options.loss, nn.Module)(**options.loss_options, reduction="none")
        self._rate, self._decay = schedule_named(options.schedule), schedule_named(options.decay_schedule)
        self._largest_decay = self._optimizer.defaults.get("weight_decay")
        self.learning_rate = 0.0

    def take(self, batch: Samples, progress: float) -> Tensor:
        """Take a step, and return its loss."""
        options = self._options
        self.learning_rate = options.learning_rate * self._rate(progress)
        for group in self._optimizer.param_groups:
            group["lr"] = self.learning_rate * group.get("rate_factor", 1.0)
            if self._largest_decay is not None:
                group["weight_decay"] = self._largest_decay * self._decay(progress) * group.get("decay_factor", 1.0)
        device = options.torch_device.type
        with torch.autocast(device, dtype=torch.bfloat16, enabled=options.precision == "bfloat16"):
            losses = self._loss(self._network(*batch.inputs), batch.target)
        losses = losses.flatten(1).mean(dim=1) if losses.ndim > 1 else losses
        loss: Tensor = (
            losses.mean()
            if batch.weight is None
            else (losses * batch.weight).sum() / batch.weight.sum().clamp(min=1e-12)
        )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return loss.detach()


def class_named(module: Any, name: str, base: type[Any]) -> type[Any]:
    """Return a class of torch by its name.

    Args:
        module: Where it lies, such as `torch.optim`.
        name: The name of the class.
        base: What it derives from.

    Raises:
        InputError: There is no such class.
    """
    kind = getattr(module, name, None)
    if isinstance(kind, type) and issubclass(kind, base) and kind is not base:
        return kind
    known = [key for key in dir(module) if isinstance(getattr(module, key), type)]
    raise InputError(f"{module.__name__} has no class '{name}' that can be used here.{nearest(name, known)}")
