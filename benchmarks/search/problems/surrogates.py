"""Surrogates of real trainings from YAHPO Gym (Pfisterer et al. 2022): `lcbench` with its epochs, and `glmnet`."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunesmith.core.parameters import Float, Int, Parameter
from tunesmith.core.space import SearchSpace

from .problem import BenchProblem, Parameters

Floats = NDArray[np.float32]

EPOCHS = 52
FOLDER = "hpo_yahpo"


def lcbench(data: Path) -> list[BenchProblem]:
    """Return the 34 tasks: seven parameters of a neural network, validation accuracy (in percent) after 52 epochs."""
    return [_problem(data, "lcbench", "lcbench", row) for row in _references(data) if row["scenario"] == "lcbench"]


def glmnet(data: Path) -> list[BenchProblem]:
    """Return the 4 tasks: two parameters of an elastic net, misclassification error on the whole training part."""
    return [_problem(data, "iaml_glmnet", "glmnet", row) for row in _references(data) if row["scenario"] != "lcbench"]


@cache
def _references(data: Path) -> list[dict[str, str]]:
    with (data / FOLDER / "random_search_reference.csv").open() as file:
        return list(csv.DictReader(file))


def _problem(data: Path, scenario: str, group: str, row: Mapping[str, str]) -> BenchProblem:
    maximised = row["maximize"] == "True"
    sign = -1.0 if maximised else 1.0
    known = row["yahpo_max"] if maximised else row["yahpo_min"]
    model = _Surrogate(data / FOLDER / scenario, row["instance"], sign)
    return BenchProblem(
        name=f"{group}_{row['instance']}",
        group=group,
        space=model.space,
        default=model.default,
        evaluate=lambda p: model.outcome(p)[0],
        seconds=lambda p: model.outcome(p)[1],
        best=min(sign * float(row["best"]), sign * float(known)),
        median=sign * float(row["median"]),
        steps=model.steps,
        curve=model.curve if model.steps else None,
    )


class _Surrogate:
    """One task of a scenario; the network is loaded at the first prediction."""

    def __init__(self, folder: Path, task: str, sign: float) -> None:
        described = _described(folder)
        self.inputs = described["io"]
        self.sign = sign
        self.folder = folder
        self.steps = EPOCHS if "epoch" in self.inputs["cont_names_in_order"] else 0
        fixed = {self.inputs["instance_param"], *self.inputs["full_fidelity"]}
        entries = [entry for entry in described["config_space"]["hyperparameters"] if entry["name"] not in fixed]
        self.space = SearchSpace({entry["name"]: _parameter(entry) for entry in entries})
        self.default = self.space.complete({entry["name"]: entry["default"] for entry in entries})
        self.code = described["encoding"][self.inputs["instance_param"]][task]
        self._remembered = lru_cache(4096)(self._outcome)

    def outcome(self, parameters: Parameters) -> tuple[float, float]:
        """Return the loss of the whole training and its seconds."""
        return self._remembered(tuple(parameters.items()))

    def curve(self, parameters: Parameters) -> Sequence[float]:
        """Return the loss after each epoch."""
        early = self._predict(parameters, range(1, self.steps))[0]
        return [*map(float, early), self.outcome(parameters)[0]]

    def _outcome(self, items: tuple[tuple[str, Any], ...]) -> tuple[float, float]:
        losses, seconds = self._predict(dict(items), range(self.steps or 1, (self.steps or 1) + 1))
        return float(losses[0]), max(1e-3, float(seconds[0]))

    def _predict(self, parameters: Parameters, epochs: range) -> tuple[Floats, Floats]:
        """Return losses and seconds, each of shape `(epochs,)`; without a curve, the epochs are ignored."""
        columns, outputs = self.inputs["cont_names_in_order"], self.inputs["output_names_in_order"]
        values = {**self.inputs["full_fidelity"], **parameters}
        rows = np.array([[values[name] for name in columns]] * len(epochs), dtype=np.float32)
        if self.steps:
            rows[:, columns.index("epoch")] = epochs
        codes = np.full((len(rows), 1), self.code, dtype=np.int32)
        predicted = _session(self.folder).run(None, {"x_cat": codes, "x_cont": rows})[0]
        duration = outputs.index("time" if "time" in outputs else "timetrain")
        return self.sign * predicted[:, outputs.index(self.inputs["target"])], predicted[:, duration]


@cache
def _described(folder: Path) -> dict[str, Any]:
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in ("io", "config_space", "encoding")}


@cache
def _session(folder: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])


def _parameter(entry: Mapping[str, Any]) -> Parameter:
    kind = Int if entry["type"] == "uniform_int" else Float
    return kind(entry["lower"], entry["upper"], log=entry["log"])
