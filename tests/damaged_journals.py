"""A journal with every kind of event, and ways to damage it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson

import tunesmith as ts
from tunesmith.core.approval_request import ApprovalRequest
from tunesmith.core.spending import Call
from tunesmith.journal import events

SPACE: dict[str, Any] = {
    "lr": ts.Float(1e-5, 1e-1, log=True, default=1e-3),
    "layers": ts.Int(1, 6),
    "optimizer": ts.Choice(["adam", "sgd"]),
    "momentum": ts.Float(0.0, 0.99, when={"optimizer": "sgd"}),
}

VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    2,
    10**6,
    2**64 - 1,
    1.5,
    -1e308,
    1e308,
    "",
    "complete",
    "waiting",
    "\x1b[2J\u202e",
    [],
    [1, [2]],
    {},
    {"a": {"b": None}},
]
"""What a damaged value may be."""


def write_study(folder: Path) -> None:
    """Write a study with reports, pruned and failed trials, repeats, notes, approvals and calls of language models."""
    study = ts.Study(
        space=SPACE,
        objective="minimize loss",
        folder=folder,
        budget=ts.Budget(trials=30, usd=1.0),
        proposer="random",
        pruner={"name": "median", "startup_trials": 2},
    )
    study.recorder.open_session()
    emit = study.recorder.emit
    for number in range(12):
        trial = study.ask()
        value = (trial.parameters["lr"] * 10 + trial.parameters["layers"]) / (1 + number)
        try:
            for step in range(3):
                trial.report(step, loss=value + 1 / (1 + step))
        except ts.TrialPruned:
            continue
        if number % 5 == 3:
            study.tell(trial.number, ts.Failure(kind="exit", reason="exit status 1", log_tail="no such file"))
        else:
            study.tell(trial.number, ts.Measurement(metrics={"loss": value, "mb": 7.0}, seconds=2.0))
        emit(events.ModelCalled(call=Call(role="planner", model="openai:gpt-5", input_tokens=900, usd=0.01)))
    parameters = {"lr": 0.01, "layers": 5, "optimizer": "adam"}
    request = ApprovalRequest(
        number=1,
        step="radical",
        parameters=parameters,
        changes={"layers": {"from": 3, "to": 5}},
        parent=0,
        deadline=1e9,
        default="reject",
    )
    study.add(parameters, {"loss": 0.4})
    study.note(1, "looks odd")
    study.note(2, "not this one", reject=True)
    emit(events.ApprovalRequested(reason="a radical step", by="planner", request=request))
    emit(events.ApprovalAnswered(reason="it was rejected", number=1, answer="reject", changes={"layers": 5}))
    emit(events.TrialTested(trial=0, metrics={"loss": 0.5}))
    emit(events.SearchFocused(reason="it matters", prioritise=("lr",), freeze=("layers",)))
    emit(events.AdviceRefused(reason="no such parameter", by="planner", step="small", changes={"z": 1}, advice="try"))
    emit(events.ModelPaused(reason="it is down", until=17, failures=1))
    emit(events.StopRefused(reason="too early"))
    running, interrupted = study.ask(), study.ask()
    running.report(1, loss=0.7)
    emit(events.TrialInterrupted(trial=interrupted.number, reason="it was lost", lost=True))
    emit(events.StudyStopped(reason="enough"))
    study.recorder.close_session("enough")
    study.close()


def nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container within a JSON value, with each of its keys or indices."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from nodes(inner)


def damage(lines: list[bytes], random: Random) -> tuple[str, list[bytes]]:
    """Return a description of some damage, and the damaged lines of a journal."""
    lines = copy.copy(lines)
    index = random.randrange(len(lines)) if random.random() < 0.7 else random.randrange(2)  # Often the specification.
    way = random.choice(["remove", "change", "change", "change", "add", "repeat", "swap", "drop", "cut"])
    if way == "repeat":
        lines.insert(random.randrange(len(lines)), lines[index])
    elif way == "swap":
        other = random.randrange(len(lines))
        lines[index], lines[other] = lines[other], lines[index]
    elif way == "drop":
        del lines[index]
    elif way == "cut":
        cut = random.randrange(len(lines[index]))
        lines[index] = lines[index][:cut]
        return f"line {index + 1} cut to {cut} bytes", lines if random.random() < 0.5 else lines[: index + 1]
    else:
        record = orjson.loads(lines[index])
        container, key = random.choice(list(nodes(record)))
        if way == "remove":
            del container[key]
        elif way == "change":
            container[key] = random.choice(VALUES)
        elif isinstance(container, dict):
            container["of_a_later_version"] = random.choice(VALUES)
        lines[index] = orjson.dumps(record) + b"\n"
        return f"line {index + 1}: {way} {key!r}: {lines[index].decode()}", lines
    return f"line {index + 1}: {way}", lines
