"""The contenders, by name: `random`, `tunesmith`, `tunesmith:gp`, `tunesmith:tpe+asha`, `optuna:tpe`, `smac`.

A name is a library, then a method after a colon, then a pruner after a plus; options of a tunesmith proposer follow the
method as JSON: `tunesmith:quasirandom{"option": 1}`.
"""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import time
from collections.abc import Mapping
from functools import cache
from typing import IO, Any

import numpy as np

from tunesmith import Budget, Study
from tunesmith.core.parameters import Condition
from tunesmith.core.space import SearchSpace
from tunesmith.core.trial import Measurement, Trial
from tunesmith.errors import TrialPruned
from tunesmith.testing.model_server import ModelServer
from tunesmith.testing.oracles import oracle

from .environments import PEERS, python
from .problems import BenchProblem
from .simulation import Contender

_NAME = re.compile(r"(?P<library>\w+)(:(?P<method>[\w-]+)(?P<options>\{.*\})?)?(\+(?P<pruner>\w+)(?P<rungs>\{.*\})?)?")


def contender(name: str, problem: BenchProblem, *, seed: int, trials: int) -> Contender:
    """Start a new study.

    Args:
        name: The contender, as above.
        problem: The problem. The contender gets its space, its default and the steps of its curve.
        seed: The seed.
        trials: The number of trials; some libraries plan ahead.

    Raises:
        ValueError: The name is unknown.
    """
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise ValueError(f"expected a name such as 'tunesmith:gp' or 'optuna:tpe+median', got {name!r}.")
    library, method, pruner = parts["library"], parts["method"], parts["pruner"]
    if library == "random":
        return Random(problem, seed)
    if library == "tunesmith":
        proposer = None if method is None else {"name": method, **json.loads(parts["options"] or "{}")}
        stopping = None if pruner is None else {"name": pruner, **json.loads(parts["rungs"] or "{}")}
        return Tunesmith(problem, seed, proposer=proposer, pruner=stopping)
    if library == "advised":
        if method == "model":
            return AdvisedByModel(problem, seed, **json.loads(parts["options"] or "{}"))
        return Advised(problem, seed, oracle_name=method or "informed")
    if library not in PEERS:
        raise ValueError(
            f"a contender must be random, tunesmith, advised, or one of {', '.join(PEERS)}, but it is {library!r}."
        )
    options = {} if pruner is None else {"pruner": pruner, "steps": problem.steps}
    return Peer(library, problem, seed, trials=trials, method=method or PEERS[library].methods[0], options=options)


class Random:
    """Draws at random, after the default."""

    def __init__(self, problem: BenchProblem, seed: int) -> None:
        self.problem, self.rng, self.asked, self.seconds = problem, np.random.default_rng(seed), 0, 0.0

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        self.asked += 1
        first = self.asked == 1
        return self.asked - 1, self.problem.default if first else self.problem.space.sample(self.rng)

    def tell(self, number: int, loss: float, seconds: float) -> None:
        return

    def report(self, number: int, step: int, loss: float) -> bool:
        return False

    def close(self) -> None:
        return


class Tunesmith:
    """A study in memory, without repeats: these losses have no noise."""

    def __init__(
        self,
        problem: BenchProblem,
        seed: int,
        *,
        proposer: Mapping[str, Any] | None,
        pruner: Mapping[str, Any] | None,
        model: Mapping[str, Any] | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.study = Study(
            space=_with_defaults(problem),
            objective="minimize loss",
            judge={"name": "rules", "repeats": 0},
            pruner=pruner,
            model=model,
            budget=budget,
            seed=seed,
            **({} if proposer is None else {"proposer": proposer}),  # type: ignore[arg-type]
        )
        self.seconds = 0.0
        self.running: dict[int, Trial] = {}

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        before = time.process_time()
        trial = self.study.ask()
        self.seconds += time.process_time() - before
        self.running[trial.number] = trial
        return trial.number, trial.parameters

    def tell(self, number: int, loss: float, seconds: float) -> None:
        before = time.process_time()
        self.study.tell(number, Measurement(metrics={"loss": loss}, seconds=seconds))
        self.seconds += time.process_time() - before
        del self.running[number]

    def report(self, number: int, step: int, loss: float) -> bool:
        before = time.process_time()
        try:
            self.running[number].report(step, loss=loss)
        except TrialPruned:
            del self.running[number]
            return True
        finally:
            self.seconds += time.process_time() - before
        return False

    def close(self) -> None:
        self.study.close()


class Advised(Tunesmith):
    """A study that a scripted language model advises over HTTP, with a budget of one dollar."""

    def __init__(self, problem: BenchProblem, seed: int, *, oracle_name: str) -> None:
        self._server = ModelServer(oracle(oracle_name, problem.space, problem.evaluate, seed=seed)).__enter__()
        name = {"name": "compatible:scripted", "base_url": f"{self._server.url}/v1", "token": {"env": "PATH"}}
        model = {"model": {**name, "price": {"input": 3.0, "output": 15.0}}}
        super().__init__(problem, seed, proposer=None, pruner=None, model=model, budget=Budget(usd=1.0))

    def close(self) -> None:
        super().close()
        self._server.__exit__(None, None, None)


class AdvisedByModel(Tunesmith):
    """A study that a real language model advises.

    Args:
        problem: The problem.
        seed: The seed.
        model: A model as in study.toml: a name or a table.
        usd: The budget of the study.
        hidden: Whether the parameters are called p1, p2 and so on, so that the model learns nothing from their names.

    Raises:
        ValueError: The model has no API key.
    """

    def __init__(
        self,
        problem: BenchProblem,
        seed: int,
        *,
        model: str | Mapping[str, Any],
        usd: float = 1.0,
        hidden: bool = False,
    ) -> None:
        self._names = {name: f"p{index}" if hidden else name for index, name in enumerate(problem.space.names, 1)}
        space, default = _renamed(problem.space, self._names), {self._names[n]: v for n, v in problem.default.items()}
        shown = dataclasses.replace(problem, space=space, default=default)
        super().__init__(shown, seed, proposer=None, pruner=None, model={"model": model}, budget=Budget(usd=usd))
        if self.study.gateway is None or self.study.gateway.model is None:
            raise ValueError(
                f"{model} has no API key. Set it as for `tunesmith run`."
            )  # A run by rules would measure nothing.

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        number, parameters = super().ask()
        return number, {name: parameters[shown] for name, shown in self._names.items() if shown in parameters}


def _renamed(space: SearchSpace, names: Mapping[str, str]) -> SearchSpace:
    def renamed(condition: Condition) -> Condition:
        return {names[name]: value for name, value in condition.items()}

    parameters = {
        names[name]: dataclasses.replace(parameter, when=None if parameter.when is None else renamed(parameter.when))
        for name, parameter in space.parameters.items()
    }
    return SearchSpace(parameters, [renamed(clause) for clause in space.forbidden])


def _with_defaults(problem: BenchProblem) -> SearchSpace:
    """Return the space with the problem's default as the default of each parameter."""
    parameters = {
        name: dataclasses.replace(parameter, default=problem.default[name]) if name in problem.default else parameter
        for name, parameter in problem.space.parameters.items()
    }
    return SearchSpace(parameters)


class PeerEnded(RuntimeError):
    """The process of another library ended before it replied."""


class Peer:
    """Another library, in a process of its own environment, which is reused for the next study."""

    def __init__(
        self, library: str, problem: BenchProblem, seed: int, *, trials: int, method: str, options: Mapping[str, Any]
    ) -> None:
        self.process, self.seconds = _process(library), 0.0
        start = {
            "space": problem.space.to_tables()[0],
            "default": dict(problem.default),
            "seed": seed,
            "trials": trials,
            "method": method,
            "options": options,
        }
        self._say({"start": start})
        self.seconds = 0.0

    def ask(self) -> tuple[int, Mapping[str, Any]]:
        answer = self._say({"ask": True})
        return answer["id"], answer["parameters"]

    def tell(self, number: int, loss: float, seconds: float) -> None:
        self._say({"tell": number, "loss": loss, "seconds": seconds})

    def report(self, number: int, step: int, loss: float) -> bool:
        stop: bool = self._say({"report": number, "step": step, "loss": loss})["stop"]
        if stop:
            self._say({"prune": number, "loss": loss})
        return stop

    def close(self) -> None:
        return  # Its process is reused for the next study.

    def _say(self, message: Mapping[str, Any]) -> dict[str, Any]:
        to, back = _pipes(self.process)
        try:
            to.write(json.dumps(message) + "\n")
            to.flush()
            line = back.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            _process.cache_clear()  # the next study starts a new process
            raise PeerEnded(f"{self.process.args!r} ended; what it printed stands above.")
        answer: dict[str, Any] = json.loads(line)
        self.seconds += answer["seconds"]
        return answer


@cache
def _process(library: str) -> subprocess.Popen[str]:
    script = PEERS[library].script
    return subprocess.Popen(
        [python(library), "-W", "ignore", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
