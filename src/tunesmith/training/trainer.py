"""Train a network of torch: epochs of batches, the best epoch kept, an end in time."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler

from ..core.schema import expect_range
from ..errors import InputError, nearest
from .checkpoint import Checkpoint
from .schedules import schedule_named

logger = logging.getLogger(__name__)

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
        scheduler: Instead: the name of a class in `torch.optim.lr_scheduler`, whose steps are epochs.
        scheduler_options: Its options.
        decay_schedule: The name of a schedule of the weight decay.
        loss: The name of a class in `torch.nn`, which takes outputs and targets.
        loss_options: Its options.
        clip_norm: The largest norm of all gradients together, above 0; None for no limit.
        patience: Stop after so many epochs without improvement; None to never stop early.
        patience_growth: Added to the patience for each epoch up to the best one.
        precision: `bfloat16` for mixed precision.
        device: Such as `cpu` or `cuda:1`; `auto` takes a GPU of NVIDIA or Intel if there is one.
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
    scheduler: str | None = None
    scheduler_options: Mapping[str, Any] = field(default_factory=dict)
    decay_schedule: str = "constant"
    loss: str = "MSELoss"
    loss_options: Mapping[str, Any] = field(default_factory=dict)
    clip_norm: float | None = None
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
        expect_range(self, "clip_norm", 0, above=True)
        class_named(torch.optim, self.optimizer, torch.optim.Optimizer)
        class_named(nn, self.loss, nn.Module)
        if self.scheduler is not None:
            class_named(lr_scheduler, self.scheduler, lr_scheduler.LRScheduler)
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
        automatic = "cuda" if torch.cuda.is_available() else "xpu" if _has_xpu() else "cpu"
        return torch.device(automatic if self.device == "auto" else self.device)


def _has_xpu() -> bool:
    return bool(hasattr(torch, "xpu") and torch.xpu.is_available())


class TrainingSamples(Protocol):
    """What a network learns from: `Samples`, or what makes them when they are needed."""

    def __len__(self) -> int: ...

    def to(self, device: torch.device) -> Self:
        """Return them on a device."""
        ...

    def rows(self, index: Tensor) -> Samples:
        """Return some of them."""
        ...


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

    def to(self, device: torch.device) -> Self:
        """Return them on a device."""
        weight = None if self.weight is None else self.weight.to(device)
        inputs = [tensor.to(device) for tensor in self.inputs]
        return replace(self, inputs=inputs, target=self.target.to(device), weight=weight)

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
    samples: TrainingSamples,
    validate: Callable[[nn.Module], float],
    options: TrainingOptions,
    *,
    groups: Sequence[Mapping[str, Any]] | None = None,
    on_step: Callable[[float], None] | None = None,
    on_epoch: Callable[[Sequence[Epoch]], None] | None = None,
    checkpoint: Path | None = None,
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
        on_epoch: Called with all epochs so far after each, which is in the checkpoint by then, and once if the
            checkpoint is of a training that was over. What it raises ends the training.
        checkpoint: A folder where the state is kept after each epoch. If it holds one, the training goes on from it, so
            that a killed one loses at most an epoch; it takes the same steps as one that was not interrupted. One of
            another network or optimiser is left alone, with a warning.

    Returns:
        What each epoch came to, also those before an interruption; the best is the last of the lowest validation loss.
        Where the loss is no longer a number, the training ends.
    """
    training = _Training(network, samples, options, groups)
    kept = None if checkpoint is None else Checkpoint.load(checkpoint)
    if kept is not None and not training.resume(kept):
        logger.warning(
            "the checkpoint in %s is of another network or optimiser, so the training starts anew", checkpoint
        )
    if training.is_over and on_epoch is not None:
        on_epoch(training.history)
    while not training.is_over:
        training.run_epoch(validate, on_step)
        if checkpoint is not None:
            training.checkpoint().save(checkpoint)
        if on_epoch is not None:
            on_epoch(training.history)
    network.load_state_dict(training.best_weights)
    network.eval().to("cpu")
    return training.history


class _Training:
    """A training in progress."""

    def __init__(
        self,
        network: nn.Module,
        samples: TrainingSamples,
        options: TrainingOptions,
        groups: Sequence[Mapping[str, Any]] | None,
    ) -> None:
        torch.manual_seed(options.seed)
        self._options, self._started, self._before = options, time.monotonic(), 0.0
        self._network = network.to(options.torch_device)
        self._samples = samples.to(options.torch_device)
        self._steps = _Steps(network, options, groups or [{"params": list(network.parameters())}])
        self._per_epoch = max(1, len(samples) // options.batch_size)
        self._planned = options.epochs
        self.history: list[Epoch] = []
        self.best_weights = _copied(network)

    @property
    def is_over(self) -> bool:
        """Whether all epochs are done, the time is up, or nothing improves any more."""
        if not self.history:
            return False
        last, best = self.history[-1], self._best
        waited = last.number - best.number
        is_done = len(self.history) >= self._planned or waited > self._options.longest_wait(best.number)
        return is_done or math.isnan(last.validation_loss)

    @property
    def _best(self) -> Epoch:
        """The last of the epochs with the lowest loss; one that is not a number counts as infinite."""
        return min(
            reversed(self.history),
            key=lambda epoch: math.inf if math.isnan(epoch.validation_loss) else epoch.validation_loss,
        )

    def run_epoch(self, validate: Callable[[nn.Module], float], on_step: Callable[[float], None] | None) -> None:
        """Take the steps of an epoch, and judge the network."""
        options, device = self._options, self._options.torch_device
        self._network.train()
        order, losses = torch.randperm(len(self._samples)).to(device), []
        for step in range(self._per_epoch):
            progress = (len(self.history) + step / self._per_epoch) / self._planned
            if on_step is not None:
                on_step(progress)
            batch = self._samples.rows(order[step * options.batch_size : (step + 1) * options.batch_size])
            losses.append(self._steps.take(batch, progress))
            if options.deadline is not None and time.monotonic() > options.deadline:
                break
        self._network.eval()
        with torch.no_grad():
            loss = validate(self._network)
        self._steps.end_epoch(loss)
        epoch = Epoch(
            number=len(self.history) + 1,
            learning_rate=self._steps.learning_rate,
            training_loss=float(torch.stack(losses).mean()),
            validation_loss=loss,
            seconds=self._before + time.monotonic() - self._started,
        )
        self.history.append(epoch)
        if self._best is epoch and not math.isnan(loss):
            self.best_weights = _copied(self._network)
        self._planned = min(options.epochs, _affordable(options.deadline, epoch))

    def checkpoint(self) -> Checkpoint:
        """Return the state after the last epoch."""
        return Checkpoint(
            network=self._network.state_dict(),
            best=self.best_weights,
            **self._steps.state,
            random=self._random_states(),
            epochs=[asdict(epoch) for epoch in self.history],
        )

    def resume(self, kept: Checkpoint) -> bool:
        """Go on from a checkpoint; return False if it is of another training, of which nothing is taken over."""
        own = self._network.state_dict()
        shapes = {name: tensor.shape for name, tensor in kept.network.items()}
        if shapes != {name: tensor.shape for name, tensor in own.items()} or not self._steps.fits(kept.optimizer):
            return False
        self._network.load_state_dict(kept.network)
        self.best_weights = dict(kept.best)
        self._steps.load(kept.optimizer, kept.scheduler)
        torch.set_rng_state(kept.random["cpu"])
        device = self._options.torch_device
        if device.type in kept.random and device.type != "cpu":
            torch.get_device_module(device).set_rng_state(kept.random[device.type], device)
        self.history = [Epoch(**epoch) for epoch in kept.epochs]
        self._before = self.history[-1].seconds if self.history else 0.0
        return True

    def _random_states(self) -> dict[str, Tensor]:
        """Return the states of the generators that the training draws from."""
        device = self._options.torch_device
        states = {"cpu": torch.get_rng_state()}
        if device.type != "cpu":
            states[device.type] = torch.get_device_module(device).get_rng_state(device)
        return states


def _copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


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
        rates = [{"lr": options.learning_rate * group.get("rate_factor", 1.0), **group} for group in groups]
        self._optimizer = kind(rates, lr=options.learning_rate, **options.optimizer_options)
        self._loss = class_named(nn, options.loss, nn.Module)(**options.loss_options, reduction="none")
        self._scheduler = None
        if options.scheduler is not None:
            scheduler = class_named(lr_scheduler, options.scheduler, lr_scheduler.LRScheduler)
            self._scheduler = scheduler(self._optimizer, **options.scheduler_options)
        self._rate, self._decay = schedule_named(options.schedule), schedule_named(options.decay_schedule)
        self._largest_decay = self._optimizer.defaults.get("weight_decay")
        self.learning_rate = 0.0

    def take(self, batch: Samples, progress: float) -> Tensor:
        """Take a step, and return its loss."""
        options = self._options
        if self._scheduler is None:
            self.learning_rate = options.learning_rate * self._rate(progress)
        else:
            self.learning_rate = float(self._scheduler.get_last_lr()[0])
        for group in self._optimizer.param_groups:
            if self._scheduler is None:
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
        if options.clip_norm is not None:
            nn.utils.clip_grad_norm_(self._network.parameters(), options.clip_norm)
        self._optimizer.step()
        return loss.detach()

    def end_epoch(self, loss: float) -> None:
        """Let the scheduler take its step.

        Args:
            loss: The validation loss.
        """
        if isinstance(self._scheduler, lr_scheduler.ReduceLROnPlateau):
            self._scheduler.step(loss)
        elif self._scheduler is not None:
            self._scheduler.step()

    @property
    def state(self) -> dict[str, Any]:
        """The state of the optimiser and the scheduler."""
        scheduler = {} if self._scheduler is None else self._scheduler.state_dict()
        return {"optimizer": self._optimizer.state_dict(), "scheduler": scheduler}

    def fits(self, optimizer: Mapping[str, Any]) -> bool:
        """Return whether a state of an optimiser is one of this kind."""
        own = self._optimizer.state_dict()["param_groups"]
        return [group.keys() for group in own] == [group.keys() for group in optimizer["param_groups"]]

    def load(self, optimizer: Mapping[str, Any], scheduler: Mapping[str, Any]) -> None:
        """Take over the state of the optimiser and the scheduler."""
        self._optimizer.load_state_dict(dict(optimizer))
        if self._scheduler is not None and scheduler:
            self._scheduler.load_state_dict(dict(scheduler))


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
