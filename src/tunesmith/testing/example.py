"""A realistic synthetic history, for testing reports, exporters and dashboards without running trials."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..core.objective import Constraint, Metric, Objective
from ..core.parameters import Choice, Float, Int
from ..core.space import SearchSpace
from ..core.trial import Failure, Proposal, State, Value, Verdict
from ..history.history import History
from ..journal.events import (
    Event,
    SearchFocused,
    SessionOpened,
    StudyStopped,
    TrialFinished,
    TrialJudged,
    TrialNoted,
    TrialProposed,
    TrialReported,
    TrialStarted,
    TrialTested,
)

START = 1_772_355_600.0
EPOCHS = 24
OUT_OF_MEMORY = """Epoch 1/24 [batch 12/390] loss 0.913
Traceback (most recent call last):
  File "train.py", line 88, in <module>
    loss.backward()
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.50 GiB. GPU 0 has a total capacity of 7.79 GiB."""


def example_space() -> SearchSpace:
    """Return nine parameters of every type, two of them conditional."""
    return SearchSpace(
        {
            "training.lr": Float(1e-5, 1e-1, log=True, default=2e-4),
            "training.batch_size": Choice([16, 32, 64, 128], ordered=True, default=32),
            "training.optimizer": Choice(["Adam", "AdamW", "SGD"], default="Adam"),
            "training.momentum": Float(0.0, 0.99, default=0.9, when={"training.optimizer": "SGD"}),
            "training.weight_decay": Float(1e-6, 1e-1, log=True, when={"training.optimizer": ["AdamW", "SGD"]}),
            "model.d_model": Int(32, 512, log=True, default=128),
            "model.layers": Int(1, 6, default=2),
            "model.dropout": Float(0.0, 0.5, default=0.0),
            "data.seq_len": Int(24, 192, step=24, default=96),
        }
    )


def example_history(trials: int = 60, *, seed: int = 7) -> History:
    """Return the history of a synthetic study of a forecasting model.

    It has complete, pruned, failed and two running trials, learning curves, repeats, verdicts, notes, test scores of
    the best and of the user's own trial, and the coordinator's decisions.

    Args:
        trials: The number of trials; at least 1.
        seed: The random seed.

    >>> example_history(12).best is not None
    True
    """
    objective = Objective((Metric("val_mse"),), (Constraint("latency_ms", high=40.0),))
    history = History(example_space(), objective)
    history.apply(SessionOpened(pid=4242, host="node-17", python="3.12.4", version="0.1.0", time=START, elapsed=0.0))
    rng = np.random.default_rng(seed)
    clock = START
    for number in range(trials):
        for event in _trial(history, number, rng, running=trials > 10 and number >= trials - 2):
            clock += 7.0 + 5.0 * (isinstance(event, TrialFinished))
            history.apply(replace(event, time=clock, elapsed=clock - START))
    for event in _ending(history):
        clock += 20.0
        history.apply(replace(event, time=clock, elapsed=clock - START))
    return history


def _trial(history: History, number: int, rng: np.random.Generator, *, running: bool) -> Iterator[Event]:
    proposal = _proposal(history, number, rng)
    parameters = proposal["parameters"]
    yield TrialProposed(trial=number, proposal=Proposal(**proposal), seed=1000 + number)
    yield TrialStarted(trial=number, attempt=1)
    if failure := _failure(parameters, number, rng):
        yield TrialFinished(trial=number, state=State.FAILED, failure=Failure(**failure))
        return
    curve = _curve(parameters, rng)
    last = EPOCHS // 2 if running else _last_epoch(history, curve, number)
    for epoch in range(last):
        yield TrialReported(trial=number, step=epoch + 1, metrics={"val_mse": curve[epoch]})
    if running:
        return
    speed = 2.0 + parameters["model.layers"] * parameters["model.d_model"] / 200.0
    metrics = {
        "val_mse": curve[last - 1],
        "val_mae": math.sqrt(curve[last - 1]) * 0.78,
        "latency_ms": round(4.0 + 4.5 * speed, 2),
    }
    pruned = last < EPOCHS
    yield TrialFinished(
        trial=number,
        state=State.PRUNED if pruned else State.COMPLETE,
        metrics=metrics,
        seconds=3.1 * speed * last,
        peak_memory_bytes=int(4e8 + 6e7 * speed),
    )
    if not pruned:
        yield TrialJudged(trial=number, verdict=Verdict(**_verdict(history, number)))


def _proposal(history: History, number: int, rng: np.random.Generator) -> dict[str, Any]:
    space, best = history.space, history.best
    if number == 0:
        return {"parameters": space.complete({}), "proposer": "user", "reason": "your own settings"}
    if best is not None and number % 13 == 0:
        reason = f"is trial {best.number} as good with another seed?"
        return {"parameters": dict(best.parameters), "proposer": "judge", "reason": reason, "repeat_of": best.number}
    if best is None or number < 14:
        return {"parameters": space.sample(rng), "proposer": "quasirandom", "reason": "fills the widest gap"}
    width = 0.25 if number % 3 else 0.1
    near = np.where(np.isnan(history.points[best.number]), 0.5, history.points[best.number])
    parameters = space.decode(np.clip(near + rng.normal(0.0, width, len(space.names)), 0.0, 1.0))
    name, reason = (
        ("tpe", "the good trials crowd here, the poor ones do not")
        if number % 3
        else ("language_model", "the curve is still falling at epoch 24: a higher learning rate may get there sooner")
    )
    return {"parameters": parameters, "proposer": name, "reason": reason, "parent": best.number}


def _failure(parameters: Mapping[str, Value], number: int, rng: np.random.Generator) -> dict[str, Any] | None:
    if parameters["model.d_model"] * parameters["training.batch_size"] > 25_000:
        reason = f"the script ended with status 1 after {40 + number} s: CUDA out of memory."
        return {"kind": "exit", "reason": reason, "log_tail": OUT_OF_MEMORY, "seconds": 40.0 + number}
    if number > 0 and rng.random() < 0.04:
        reason = "the trial took longer than 600 s and was stopped."
        return {"kind": "timeout", "reason": reason, "log_tail": "Epoch 3/24 …", "seconds": 600.0}
    return None


def _curve(parameters: Mapping[str, Value], rng: np.random.Generator) -> list[float]:
    """Return the validation error by epoch, which falls towards a floor that depends on the parameters."""
    lr = math.log10(parameters["training.lr"])
    floor = 0.36 + 0.09 * (lr + 2.8) ** 2 + 0.5 * (parameters["model.dropout"] - 0.22) ** 2
    floor += 0.03 * abs(math.log2(parameters["model.d_model"] / 160)) + 0.012 * (parameters["model.layers"] - 3) ** 2
    floor += {"Adam": 0.02, "AdamW": 0.0, "SGD": 0.12 * (1.3 - parameters.get("training.momentum", 0.0))}[
        parameters["training.optimizer"]
    ]
    pace = 0.12 + 0.08 * (lr + 5)
    epochs = np.arange(1, EPOCHS + 1)
    values = floor + (1.1 - 0.2 * rng.random()) * np.exp(-pace * epochs) + rng.normal(0.0, 0.004, EPOCHS)
    return [round(float(value), 6) for value in values]


def _last_epoch(history: History, curve: list[float], number: int) -> int:
    """Return the last epoch of a trial; poor trials are pruned at epoch 4 or 12."""
    for epoch in (4, 12):
        others = sorted(history.at_step(epoch).values())
        if number > 5 and curve[epoch - 1] > others[len(others) // 2]:
            return epoch
    return EPOCHS


def _verdict(history: History, number: int) -> dict[str, Any]:
    trial = history.trials[number]
    if violation := history.objective.violation(trial.metrics):
        return {"decision": "reject", "reason": f"violates the constraints by {violation:.4g}", "by": "rules"}
    if trial.proposal.repeat_of is not None:
        return {"decision": "accept", "reason": "it holds with another seed", "by": "replicate"}
    if history.best is not None and history.best.number == number:
        return {"decision": "accept", "reason": f"leads with {trial.metrics['val_mse']:.4g}", "by": "rules"}
    rival = history.rival(trial)
    against = "" if rival is None else f" than trial {rival.number}"
    return {"decision": "reject", "reason": f"no better{against}", "by": "rules"}


def _ending(history: History) -> Iterator[Event]:
    best = history.best
    if len(history.trials) > 4:
        yield TrialNoted(trial=4, text="looked at the forecasts by hand: the night hours are off")
    yield SearchFocused(reason="SGD never came near Adam: fewer proposals go there")
    if best is None:
        return
    for trial in (best, history.trials[0]):
        if "val_mse" in trial.metrics:
            yield TrialTested(trial=trial.number, metrics={"test_mse": round(trial.metrics["val_mse"] * 1.07, 5)})
    yield StudyStopped(reason=f"no new best in {history.since_best} trials")
