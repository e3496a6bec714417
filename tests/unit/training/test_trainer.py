from __future__ import annotations

import time
from typing import Any

import pytest

from tunesmith.errors import InputError

torch = pytest.importorskip("torch")

from tunesmith.training.trainer import Samples, TrainingOptions, train  # noqa: E402


def line(rows: int = 64) -> Samples:
    inputs = torch.linspace(-1, 1, rows)[:, None]
    return Samples(inputs=[inputs], target=3 * inputs - 1)


def options(**changed: Any) -> TrainingOptions:
    return TrainingOptions(**{"epochs": 40, "batch_size": 16, "learning_rate": 0.1, "optimizer": "Adam", **changed})


def network(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return torch.nn.Linear(1, 1)


def error_on(samples: Samples) -> Any:
    return lambda net: torch.nn.functional.mse_loss(net(*samples.inputs), samples.target).item()


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"optimizer": "SGD", "optimizer_options": {"momentum": 0.9}, "schedule": "cosine"},
        {"optimizer": "AdamW", "optimizer_options": {"weight_decay": 1e-3}, "decay_schedule": "flat_cosine"},
        {"loss": "HuberLoss", "loss_options": {"delta": 0.5}, "schedule": "coslog4"},
        {"precision": "bfloat16"},
    ],
)
def test_a_line_is_learned(changed: dict[str, Any]) -> None:
    net = network()
    history = train(net, line(), error_on(line()), options(**changed))
    assert error_on(line())(net) < 0.01
    assert [epoch.number for epoch in history] == list(range(1, 41))
    assert history[-1].training_loss < history[0].training_loss
    assert error_on(line())(net) == pytest.approx(min(epoch.validation_loss for epoch in history))


def test_the_weights_of_the_best_epoch_are_kept_and_patience_ends_the_training() -> None:
    net, losses, weights = network(), iter([5.0, 3.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]), []

    def validate(trained: Any) -> float:
        assert not trained.training
        weights.append(trained.weight.item())
        return next(losses)

    history = train(net, line(), validate, options(patience=2, patience_growth=1.0))
    assert len(history) == 2 + (2 + 1 * 2) + 1
    assert net.weight.item() == weights[1] != weights[2]


def test_the_same_seed_gives_the_same_network() -> None:
    trained = []
    for seed in (1, 1, 2):
        net = network()
        train(net, line(), error_on(line()), options(seed=seed, epochs=2))
        trained.append(net.weight.item())
    assert trained[0] == trained[1] != trained[2]


def test_samples_without_weight_do_not_count() -> None:
    samples, net = line(), network()
    target = samples.target.clone()
    target[::2] = 100.0
    weight = torch.tensor([0.0, 1.0]).repeat(32)
    train(net, Samples(inputs=samples.inputs, target=target, weight=weight), error_on(line()), options())
    assert error_on(line())(net) < 0.01


def test_parameters_learn_at_the_rate_of_their_group() -> None:
    net = network()
    before = net.weight.item()
    groups = [{"params": [net.weight], "rate_factor": 0.0}, {"params": [net.bias], "rate_factor": 1.0}]
    progress: list[float] = []
    train(net, line(), error_on(line()), options(epochs=2), groups=groups, on_step=progress.append)
    assert net.weight.item() == before
    assert progress == [step / 8 for step in range(8)]


def test_after_the_deadline_no_epoch_is_begun() -> None:
    net = network()
    history = train(net, line(), error_on(line()), options(deadline=time.monotonic() - 1))
    assert len(history) == 1


def test_fewer_epochs_are_planned_if_the_time_is_short() -> None:
    progress: list[float] = []
    many = options(epochs=10**7, deadline=time.monotonic() + 0.3)
    history = train(network(), line(), error_on(line()), many, on_step=progress.append)
    assert 1 < len(history) < 10**7
    assert progress[-1] > 0.5  # the schedules come to their end


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"optimizer": "Adm"}, r"torch\.optim has no class 'Adm'"),
        ({"optimizer": "lr_scheduler"}, "no class"),
        ({"loss": "MSELos"}, "Did you mean 'MSELoss'"),
        ({"schedule": "none"}, "a schedule must be one of"),
        ({"epochs": 0}, "epochs must be at least 1"),
    ],
)
def test_wrong_options_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        options(**changed)
