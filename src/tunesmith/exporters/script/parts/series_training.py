"""Training a network of torch."""

import math
from dataclasses import dataclass, field

import torch
from torch import nn

RATES = {
    "constant": lambda progress: 1.0,
    "linear": lambda progress: 1.0 - progress,
    "cosine": lambda progress: 0.5 * (1 + math.cos(math.pi * progress)),
}
"""What the learning rate is multiplied by, for a progress from 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How a network is trained."""

    epochs: int
    batch_size: int
    learning_rate: float
    schedule: str
    loss: str
    patience: int
    seed: int
    optimizer_options: dict = field(default_factory=dict)
    deadline: float | None = None


@dataclass(frozen=True, kw_only=True)
class Samples:
    """The arguments of the network, and what its outputs are compared with."""

    inputs: list
    target: torch.Tensor


def class_named(module, name, base):
    """Return a class by its name."""
    return getattr(module, name)


def train(network, samples, validate, options, *, on_epoch=None, checkpoint=None):
    """Train until the loss on other samples has not improved for some epochs; the best weights are kept."""
    torch.manual_seed(options.seed)
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.learning_rate, **options.optimizer_options)
    loss_of, rate = getattr(nn, options.loss)(), RATES[options.schedule]
    steps, size = max(1, len(samples) // options.batch_size), options.batch_size
    lowest, best, weights = math.inf, 0, {}
    for epoch in range(options.epochs):
        network.train()
        order = torch.randperm(len(samples))
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = options.learning_rate * rate((epoch + step / steps) / options.epochs)
            batch = samples.rows(order[step * size : (step + 1) * size])
            optimizer.zero_grad()
            loss_of(network(*batch.inputs), batch.target).backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            loss = validate(network)
        if loss <= lowest:
            lowest, best = loss, epoch
            weights = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        elif epoch - best > options.patience:
            break
    network.load_state_dict(weights)
