"""The contenders. Each one is a function that runs in a process of its own and returns its figures.

Run as `python -m benchmarks.engine.contenders NAME '{"trials": 100}'`; prints one JSON object. Each contender
imports its own library, so that the others need not be installed.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from . import problem, resume

Figures = dict[str, float]

CONTENDERS: dict[str, Callable[..., Figures]] = {}


def contender(function: Callable[..., Figures]) -> Callable[..., Figures]:
    CONTENDERS[function.__name__] = function
    return function


# -- the loop ----------------------------------------------------------------------------------------------------------


@contender
def disk(folder: Path, trials: int, files: int = 0) -> Figures:
    """Append 1,000 bytes and flush them to the disk once per trial, as a lower bound; `files` go into a folder."""
    file = os.open(folder / "file", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    moments, before = [], _cpu_seconds()
    for number in range(trials):
        if files:
            (folder / str(number)).mkdir()
        for place in range(files):
            (folder / str(number) / str(place)).write_bytes(b"x" * 200)
        os.write(file, b"x" * 1000)
        getattr(os, "fdatasync", os.fsync)(file)
        moments.append(time.time())
    os.close(file)
    return _loop_figures(moments, _cpu_seconds() - before)


@contender
def tunesmith_tune(
    folder: Path, trials: int, proposer: str, executor: str = "inline", tracker: str | None = None
) -> Figures:
    """Run `ts.tune`: durable, with a folder and a log for every trial."""
    import tunesmith as ts

    from .trackers import tracker as tracker_of

    def tune(name: str, count: int, *trackers: Any) -> ts.Study:
        return ts.tune(
            problem.nothing,
            space=problem.tunesmith_space(),
            objective="minimize loss",
            budget=ts.Budget(trials=count),
            folder=folder / name,
            executor=executor,
            proposer=proposer,
            judge={"name": "rules", "repeats": 0},
            trackers=trackers,
        )

    tune("warm", 2)
    before = _cpu_seconds()
    study = tune("measured", trials, *([tracker_of(tracker)] if tracker else []))
    ended, cpu = time.time(), _cpu_seconds() - before
    moments = sorted(trial.ended or 0.0 for trial in study.trials)
    return _loop_figures(moments, cpu) | {"end_seconds": ended - moments[-1]}


@contender
def tunesmith_ask_tell(folder: Path, trials: int, proposer: str, durable: bool) -> Figures:
    """Ask and tell, without the graph."""
    import tunesmith as ts

    study = ts.Study(
        space=problem.tunesmith_space(),
        objective="minimize loss",
        folder=folder / "study" if durable else None,
        proposer=proposer,
        judge={"name": "rules", "repeats": 0},
    )
    moments, before = [], _cpu_seconds()
    for _ in range(trials):
        trial = study.ask()
        study.tell(trial.number, problem.nothing(trial.parameters))
        moments.append(time.time())
    return _loop_figures(moments, _cpu_seconds() - before)


@contender
def optuna_optimize(folder: Path, trials: int, sampler: str, storage: str) -> Figures:
    """Run Optuna's `study.optimize`, one trial at a time."""
    study = problem.optuna_study(folder, sampler, storage)
    before = _cpu_seconds()
    study.optimize(lambda trial: problem.nothing(problem.optuna_parameters(trial)), n_trials=trials)
    return _loop_figures(problem.MOMENTS, _cpu_seconds() - before)


@contender
def optuna_processes(folder: Path, trials: int, sampler: str) -> Figures:
    """Run Optuna in two processes that share a journal file, as its manual recommends."""
    import multiprocessing

    problem.optuna_study(folder, sampler, "journal")
    context = multiprocessing.get_context("spawn")
    before = _cpu_seconds()
    barrier = context.Barrier(2)
    processes = [context.Process(target=_optuna_half, args=(folder, trials // 2, sampler, barrier)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    ended = [trial.datetime_complete.timestamp() for trial in problem.optuna_study(folder, sampler, "journal").trials]
    return _loop_figures(sorted(ended), _cpu_seconds() - before)


def _optuna_half(folder: Path, trials: int, sampler: str, barrier: Any) -> None:
    study = problem.optuna_study(folder, sampler, "journal")
    barrier.wait()
    study.optimize(lambda trial: problem.nothing(problem.optuna_parameters(trial)), n_trials=trials)


@contender
def ray_tune(folder: Path, trials: int) -> Figures:
    """Run Ray Tune with its random search, two trials at once."""
    os.environ |= {"RAY_AIR_NEW_OUTPUT": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    import ray
    from ray import tune

    space = {
        "lr": tune.loguniform(1e-5, 1e-1),
        "dropout": tune.uniform(0.0, 0.5),
        "layers": tune.randint(1, 9),
    }

    def train(config: dict[str, Any]) -> dict[str, float]:
        return {"loss": problem.nothing(config), "at": time.time()}

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    tuner = tune.Tuner(
        train,
        param_space=space,
        tune_config=tune.TuneConfig(num_samples=trials, metric="loss", mode="min", max_concurrent_trials=2),
        run_config=tune.RunConfig(storage_path=str(folder), verbose=0),
    )
    before = _cpu_seconds()
    moments = sorted(result.metrics["at"] for result in tuner.fit() if result.metrics)
    return _loop_figures(moments, _cpu_seconds() - before)


# -- reports -----------------------------------------------------------------------------------------------------------


@contender
def tunesmith_reports(folder: Path, trials: int, reports: int, pruner: str | None, durable: bool = False) -> Figures:
    """Report and ask the pruner after each report; every trial is a little better, so that none is pruned."""
    import tunesmith as ts

    study = ts.Study(
        space={"x": ts.Float(0, 1)},
        objective="minimize loss",
        folder=folder / "study" if durable else None,
        proposer="random",
        pruner=pruner,
        judge={"name": "rules", "repeats": 0},
    )
    moments = [_cpu_seconds()]
    for number in range(trials):
        trial = study.ask()
        for step in range(1, reports + 1):
            trial.report(step, loss=1 / step - number)
        study.tell(trial.number, {"loss": -float(number)})
        moments.append(_cpu_seconds())
    figures = _report_figures(moments, reports)
    if durable:
        before = _cpu_seconds()
        study.close()
        ts.load(folder / "study")
        figures["seconds"] = _cpu_seconds() - before
    return figures


@contender
def optuna_reports(folder: Path, trials: int, reports: int, pruner: str | None) -> Figures:
    """The same with Optuna, in memory."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruners = {None: optuna.pruners.NopPruner, "median": optuna.pruners.MedianPruner}
    pruners["asha"] = optuna.pruners.SuccessiveHalvingPruner
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(), pruner=pruners[pruner]())
    moments = [_cpu_seconds()]
    for number in range(trials):
        trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        for step in range(1, reports + 1):
            trial.report(1 / step - number, step)
            trial.should_prune()
        study.tell(trial, -float(number))
        moments.append(_cpu_seconds())
    return _report_figures(moments, reports)


# -- ask ---------------------------------------------------------------------------------------------------------------


@contender
def tunesmith_ask(folder: Path, trials: int, proposer: str, asks: int = 15) -> Figures:
    """Time `ask` of a study with this many trials."""
    import tunesmith as ts

    def study(proposer: str) -> ts.Study:
        judge = {"name": "rules", "repeats": 0}
        space = problem.tunesmith_space()
        return ts.Study(space=space, objective="minimize loss", folder=folder / "s", proposer=proposer, judge=judge)

    with study("random") as filled:
        for _ in range(trials):
            trial = filled.ask()
            filled.tell(trial.number, problem.nothing(trial.parameters))
    with study(proposer) as asked:
        seconds = []
        for _ in range(asks + 1):
            before = time.perf_counter()
            trial = asked.ask()
            seconds.append(time.perf_counter() - before)
            asked.tell(trial.number, problem.nothing(trial.parameters))
    return {"ask_ms": median(seconds[1:]) * 1000}


@contender
def optuna_ask(folder: Path, trials: int, sampler: str, asks: int = 15) -> Figures:
    """Time Optuna's `ask` with its suggestions, one per parameter, in memory, which is its fastest storage."""
    study = problem.optuna_study(folder, "random", "memory")
    for _ in range(trials):
        trial = study.ask()
        study.tell(trial, problem.nothing(problem.optuna_parameters(trial)))
    study.sampler = problem.optuna_sampler(sampler)
    seconds = []
    for _ in range(asks + 1):
        before = time.perf_counter()
        trial = study.ask()
        parameters = problem.optuna_parameters(trial)
        seconds.append(time.perf_counter() - before)
        study.tell(trial, problem.nothing(parameters))
    return {"ask_ms": median(seconds[1:]) * 1000}


for resumed in (resume.resume_python, resume.resume_command_line, resume.resume_optuna):
    contender(resumed)


# -- inside ------------------------------------------------------------------------------------------------------------


def _cpu_seconds() -> float:
    """Return the processor seconds of this process and its ended children, user and system."""
    return sum(os.times()[:4])


def _loop_figures(moments: Sequence[float], cpu_seconds: float) -> Figures:
    """Return the cost per trial between the first and the last trial, without the start-up."""
    count = len(moments)
    edge = min(1000, count // 3)  # of a short run, the first and the last third
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "trial_ms": (moments[-1] - moments[0]) / (count - 1) * 1000,
        "first_ms": (moments[edge] - moments[0]) / edge * 1000,
        "last_ms": (moments[-1] - moments[-1 - edge]) / edge * 1000,
        "cpu_ms": cpu_seconds / count * 1000,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6,
    }


def _report_figures(moments: Sequence[float], reports: int) -> Figures:
    """Return the processor time per report, over all trials and in the first and the last tenth of them."""
    trials = len(moments) - 1
    edge = max(1, trials // 10)
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "report_us": (moments[-1] - moments[0]) / trials / reports * 1e6,
        "first_us": (moments[edge] - moments[0]) / edge / reports * 1e6,
        "last_us": (moments[-1] - moments[-1 - edge]) / edge / reports * 1e6,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6,
    }


def main() -> None:
    name, folder, options = sys.argv[1:]
    print(json.dumps(CONTENDERS[name](Path(folder), **json.loads(options))))


if __name__ == "__main__":
    main()
