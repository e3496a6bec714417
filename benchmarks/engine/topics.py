"""The topics: which contenders are compared, and the goals."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .measure import Entry

COLUMNS = {
    "trial_ms": "ms a trial",
    "per_second": "trials/s",
    "first_ms": "ms, first thousand",
    "last_ms": "ms, last thousand",
    "cpu_ms": "CPU ms a trial",
    "peak_mb": "peak MB",
    "ask_ms": "ms an `ask`",
    "report_us": "CPU µs a report",
    "first_us": "µs, first tenth",
    "last_us": "µs, last tenth",
    "seconds": "seconds",
    "end_seconds": "seconds, last trial to end",
}


_MOST_FOR_PEERS = 1_000  # Trials; with more, GPSampler takes minutes for one proposal.


@dataclass(frozen=True)
class Topic:
    """One table.

    Args:
        title: The heading.
        goal: The goal, in words.
        columns: The figures to show; ratios refer to the first.
        entries: The rows.
        trials: The number of trials.
        repetitions: Fewer than usual, if a contender computes medians itself.
    """

    title: str
    goal: str
    columns: Sequence[str]
    entries: Sequence[Entry]
    trials: int
    repetitions: int | None = None


def topics(*, only: str | None, trials: int | None, ray: str) -> list[Topic]:
    """Return the topics to measure.

    Args:
        only: The name of one topic; None for all.
        trials: The number of trials, instead of the usual ones.
        ray: A Python interpreter with Ray Tune.
    """
    named = {
        "loop": [_loop(1_000), _loop(10_000)],
        "tpe": [_tpe(1_000)],
        "trackers": [_trackers(1_000)],
        "processes": [_processes(1_000, ray), _processes(10_000, None)],
        "ask": [_ask(100), _ask(1_000), _ask(10_000)],
        "models": [_models(20), _models(100), _models(1_000), _models(10_000)],
        "reports": [_reports(100, 1_000), _reports(10, 10_000), _reports(1_000, 1_000)],
        "resume": [_resume(10_000)],
    }
    chosen = [topic for name, found in named.items() if only in (None, name) for topic in found]
    if not chosen:
        sys.exit(f"there is no topic '{only}'; there are {', '.join(named)}.")
    if trials is None:
        return chosen
    builders = {
        "loop": _loop,
        "tpe": _tpe,
        "trackers": _trackers,
        "ask": _ask,
        "models": _models,
        "reports": partial(_reports, reports=1_000),
        "resume": _resume,
    }
    names = [only] if only else list(named)
    return [_processes(trials, ray) if name == "processes" else builders[name](trials) for name in names]


def _tune(label: str, proposer: str, executor: str = "inline", *, base: bool = False) -> Entry:
    return Entry(label, "tunesmith_tune", {"proposer": proposer, "executor": executor}, base=base)


def _optuna(label: str, sampler: str, storage: str, trials: int | None = None) -> Entry:
    return Entry(label, "optuna_optimize", {"sampler": sampler, "storage": storage}, trials=trials)


def _loop(trials: int) -> Topic:
    in_memory = [
        replace(_tune("**tunesmith `tune`**, random, its folder in memory", "random"), place=place)
        for place in ("/dev/shm",)
        if Path(place).is_dir()
    ]
    slow = [
        _tune("**tunesmith `tune`**, quasirandom, durable", "quasirandom"),
        Entry("**tunesmith** ask and tell, random, durable", "tunesmith_ask_tell", _ask_tell(durable=True)),
        _optuna("Optuna, random, journal file", "random", "journal"),
        _optuna("Optuna, random, SQLite", "random", "sqlite", trials=min(trials, 100)),
    ]
    return Topic(
        title=f"The loop: {trials:,} trials of a function that does nothing, one at a time",
        goal="durable at 300 trials/s or more; at most 3 ms per trial, with the last thousand as fast as the "
        "first; under 300 MB",
        columns=("trial_ms", "per_second", "first_ms", "last_ms", "cpu_ms", "peak_mb"),
        entries=[
            Entry("the disk alone: a write and `fdatasync` a trial", "disk"),
            Entry("the disk alone: the same, and a folder with five files", "disk", {"files": 5}),
            _tune("**tunesmith `tune`**, random, durable", "random", base=True),
            *in_memory,
            Entry("**tunesmith** ask and tell, random, in memory", "tunesmith_ask_tell", _ask_tell(durable=False)),
            _optuna("Optuna, random, in memory", "random", "memory"),
            *(slow if trials <= 1_000 else []),
        ],
        trials=trials,
    )


def _ask_tell(*, durable: bool) -> dict[str, object]:
    return {"proposer": "random", "durable": durable}


def _tpe(trials: int) -> Topic:
    return Topic(
        title=f"The loop with TPE: {trials:,} trials of a function that does nothing",
        goal="no slower than Optuna",
        columns=("trial_ms", "per_second", "first_ms", "last_ms", "cpu_ms", "peak_mb"),
        entries=[
            _tune("**tunesmith `tune`**, tpe, durable", "tpe", base=True),
            _optuna("Optuna, TPESampler, in memory", "tpe", "memory"),
            _optuna("Optuna, TPESampler, journal file", "tpe", "journal", trials=min(trials, 300)),
        ],
        trials=trials,
    )


def _trackers(trials: int) -> Topic:
    kinds = ("nothing", "slow", "failing", "hanging", "mlflow, no server")
    return Topic(
        title=f"Trackers: {trials:,} trials of a function that does nothing, one at a time",
        goal="as fast as without a tracker, and an end within 10 s",
        columns=("trial_ms", "per_second", "cpu_ms", "peak_mb", "end_seconds"),
        entries=[
            _tune("**tunesmith `tune`**, random, durable, no tracker", "random", base=True),
            *(Entry(f"a tracker: {kind}", "tunesmith_tune", {"proposer": "random", "tracker": kind}) for kind in kinds),
        ],
        trials=trials,
    )


def _processes(trials: int, ray: str | None) -> Topic:
    rays = [Entry("Ray Tune, random, 20 trials", "ray_tune", python=ray, trials=min(trials, 20))] if ray else []
    return Topic(
        title=f"Two processes: {trials:,} trials of a function that does nothing",
        goal="none; the other libraries do not start a process per trial or keep its log, while tunesmith "
        "survives any failure of a trial",
        columns=("trial_ms", "per_second", "first_ms", "last_ms", "cpu_ms"),
        repetitions=None if trials <= 1_000 else 1,
        entries=[
            _tune("**tunesmith `tune`**, random, `process:2`, a process a trial", "random", "process:2", base=True),
            Entry(
                "Optuna, random, journal file, two processes",
                "optuna_processes",
                {"sampler": "random"},
                trials=min(trials, 1_000),
            ),
            *rays,
        ],
        trials=trials,
    )


def _ask(trials: int) -> Topic:
    return Topic(
        title=f"`ask` after {trials:,} trials: TPE, eight mixed and conditional parameters",
        goal="at most 10 ms after 10,000 trials",
        columns=("ask_ms",),
        entries=[
            Entry("**tunesmith**, tpe, durable", "tunesmith_ask", {"proposer": "tpe"}, base=True),
            Entry("Optuna, TPESampler, in memory", "optuna_ask", {"sampler": "tpe"}),
            Entry("Optuna, TPESampler(multivariate, group), in memory", "optuna_ask", {"sampler": "tpe, multivariate"}),
        ],
        trials=trials,
    )


def _models(trials: int) -> Topic:
    own = ("portfolio", "gp", "region", "tpe", "evolution")
    peers = [
        Entry("Optuna, GPSampler, in memory", "optuna_ask", {"sampler": "gp", "asks": 5}),
        Entry("Optuna, TPESampler, in memory", "optuna_ask", {"sampler": "tpe"}),
    ]
    return Topic(
        title=f"`ask` after {trials:,} trials: models, eight mixed and conditional parameters",
        goal="less than Optuna's GPSampler at every size, and 50 ms after 1,000 trials",
        columns=("ask_ms",),
        entries=[
            *(
                Entry(f"**tunesmith**, {name}, durable", "tunesmith_ask", {"proposer": name}, base=name == own[0])
                for name in own
            ),
            *(peers if trials <= _MOST_FOR_PEERS else []),
        ],
        trials=trials,
    )


def _reports(trials: int, reports: int) -> Topic:
    """Optuna copies all reports of a trial with each one, and reads all trials in its median pruner."""
    own = {pruner: {"reports": reports, "pruner": pruner} for pruner in (None, "median", "asha", "hyperband", "curve")}
    peers = [pruner for pruner in (None, "median", "asha") if pruner is None or trials * reports <= 100_000]
    return Topic(
        title=f"Reports: {trials:,} trials of {reports:,} reports, one at a time",
        goal="the last report as fast as the first, whatever the pruner",
        columns=("report_us", "first_us", "last_us", "peak_mb", "seconds"),
        repetitions=1 if trials * reports > 100_000 else None,
        entries=[
            Entry("**tunesmith**, no pruner, in memory", "tunesmith_reports", own[None], base=True),
            Entry("**tunesmith**, no pruner, durable", "tunesmith_reports", own[None] | {"durable": True}),
            *(Entry(f"**tunesmith**, {name}, in memory", "tunesmith_reports", own[name]) for name in own if name),
            *(Entry(f"Optuna, {name or 'no'} pruner, in memory", "optuna_reports", own[name]) for name in peers),
        ],
        trials=trials,
    )


def _resume(trials: int) -> Topic:
    return Topic(
        title=f"Resuming after `kill -9` with {trials:,} trials: from the start of the new process to its first trial",
        goal="at most 2 s",
        columns=("seconds",),
        entries=[
            Entry("**tunesmith**, a Python study, tpe", "resume_python", base=True),
            Entry("**tunesmith run**, a command-line study, tpe", "resume_command_line"),
            Entry("Optuna, TPESampler, journal file", "resume_optuna"),
        ],
        trials=trials,
        repetitions=1,
    )
