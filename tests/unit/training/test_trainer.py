from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tunesmith.errors import InputError

torch = pytest.importorskip("torch")

from tunesmith.training.trainer import Epoch, Samples, TrainingOptions, train  # noqa: E402


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


class Killed(Exception):
    pass


@pytest.mark.parametrize(
    "changed",
    [{}, {"scheduler": "StepLR", "scheduler_options": {"step_size": 2, "gamma": 0.7}}, {"optimizer": "AdamW"}],
)
def test_a_killed_training_goes_on_as_if_it_had_not_been_interrupted(tmp_path: Path, changed: dict[str, Any]) -> None:
    def stop(epochs: Sequence[Epoch]) -> None:
        if len(epochs) == 3:
            raise Killed

    whole, killed, resumed = network(), network(), network(seed=5)
    settings = options(epochs=8, **changed)
    expected = train(whole, line(), error_on(line()), settings)
    with pytest.raises(Killed):
        train(killed, line(), error_on(line()), settings, on_epoch=stop, checkpoint=tmp_path)
    told: list[int] = []
    history = train(
        resumed, line(), error_on(line()), settings, on_epoch=lambda e: told.append(e[-1].number), checkpoint=tmp_path
    )
    assert told == [4, 5, 6, 7, 8]
    assert [epoch.validation_loss for epoch in history] == [epoch.validation_loss for epoch in expected]
    assert resumed.weight.item() == whole.weight.item()


def test_more_epochs_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    net = network()
    train(net, line(), error_on(line()), options(epochs=3), checkpoint=tmp_path)
    history = train(network(), line(), error_on(line()), options(epochs=5), checkpoint=tmp_path)
    assert [epoch.number for epoch in history] == [1, 2, 3, 4, 5]
    assert history[-1].seconds > history[2].seconds


def test_a_training_that_was_over_is_told_of_once_more(tmp_path: Path) -> None:
    train(network(), line(), error_on(line()), options(epochs=3), checkpoint=tmp_path)
    told: list[list[int]] = []
    again = network(seed=5)
    train(
        again,
        line(),
        error_on(line()),
        options(epochs=3),
        on_epoch=lambda epochs: told.append([epoch.number for epoch in epochs]),
        checkpoint=tmp_path,
    )
    assert told == [[1, 2, 3]]


def test_a_kill_in_mid_epoch_loses_no_more_than_that_epoch(tmp_path: Path) -> None:
    settings = options(epochs=5)
    if (child := os.fork()) == 0:
        steps = iter(range(100))
        train(
            network(),
            line(),
            error_on(line()),
            settings,
            on_step=lambda progress: os.kill(os.getpid(), signal.SIGKILL) if next(steps) == 2 * 4 + 2 else None,
            checkpoint=tmp_path,
        )
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    told: list[int] = []
    resumed, whole = network(), network()
    train(
        resumed, line(), error_on(line()), settings, on_epoch=lambda e: told.append(e[-1].number), checkpoint=tmp_path
    )
    train(whole, line(), error_on(line()), settings)
    assert told == [3, 4, 5], "it was killed in the third"
    assert resumed.weight.item() == whole.weight.item()


def test_a_checkpoint_of_another_network_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    train(torch.nn.Linear(1, 1, bias=False), line(), error_on(line()), options(epochs=3), checkpoint=tmp_path)
    history = train(network(), line(), error_on(line()), options(epochs=2), checkpoint=tmp_path)
    assert [epoch.number for epoch in history] == [1, 2]
    assert "of another network" in caplog.text


def test_a_checkpoint_that_cannot_be_read_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    train(network(), line(), error_on(line()), options(epochs=3), checkpoint=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    history = train(network(), line(), error_on(line()), options(epochs=2), checkpoint=tmp_path)
    assert [epoch.number for epoch in history] == [1, 2]
    assert "cannot be read" in caplog.text


def test_a_loss_that_is_no_number_ends_the_training(tmp_path: Path) -> None:
    net, losses, weights = network(), iter([2.0, 1.0, float("nan"), 0.5]), []

    def validate(trained: Any) -> float:
        weights.append(trained.weight.item())
        return next(losses)

    history = train(net, line(), validate, options())
    assert len(history) == 3
    assert net.weight.item() == weights[1] != weights[2], "the best epoch before it is kept"


def test_gradients_are_clipped() -> None:
    moved = []
    for norm in (None, 1e-3):
        net = network()
        before = net.weight.item()
        train(net, line(), error_on(line()), options(epochs=1, optimizer="SGD", clip_norm=norm))
        moved.append(abs(net.weight.item() - before))
    assert moved[0] > 100 * moved[1] > 0


def test_a_scheduler_of_torch_sets_the_learning_rate() -> None:
    scheduler = {"scheduler": "ExponentialLR", "scheduler_options": {"gamma": 0.5}}
    history = train(network(), line(), error_on(line()), options(epochs=3, **scheduler))
    assert [epoch.learning_rate for epoch in history] == pytest.approx([0.1, 0.05, 0.025])
    plateau = {"scheduler": "ReduceLROnPlateau", "scheduler_options": {"patience": 0, "factor": 0.1}}
    history = train(network(), line(), lambda net: 1.0, options(epochs=4, **plateau))
    assert history[-1].learning_rate < 0.1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"clip_norm": 0}, "clip_norm must be above 0"),
        ({"scheduler": "StepRL"}, "Did you mean 'StepLR'"),
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
