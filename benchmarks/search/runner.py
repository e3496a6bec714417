"""Run what is not in the store yet, contender by contender, several at once."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from .contenders import PeerEnded, contender
from .problems import BenchProblem, problems
from .simulation import simulate, simulate_stopping
from .store import STORE, Key, Record, append, read, usual_trials

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def plan(
    names: Sequence[str],
    contenders: Sequence[str],
    slots: Sequence[int],
    seeds: Sequence[int],
    trials: int | None = None,
) -> list[Key]:
    """Return every planned run, with the first seed of all contenders before the second of any.

    A contender with a pruner (`+` in its name) runs serially, and on problems with a curve; the others run on all.
    """
    return [
        Key(problem, who, at_once, seed, trials or usual_trials(at_once))
        for seed in seeds
        for at_once in slots
        for who in contenders
        for problem in names
        if "+" not in who or at_once == 1
    ]


def lacking(wanted: Iterable[Key], done: Container[Key], known: Mapping[str, BenchProblem]) -> list[Key]:
    """Return the missing runs that are possible: a contender with a pruner needs a curve."""
    return [key for key in wanted if key not in done and ("+" not in key.contender or known[key.problem].curve)]


def run(wanted: Iterable[Key], *, data: Path, jobs: int = 1, again: bool = False, store: Path = STORE) -> None:
    """Run what the store lacks, and add each result to it.

    Args:
        wanted: What to run.
        data: The folder of tables.
        jobs: The number of processes.
        again: Whether to repeat finished runs, for example after a change; the later result counts.
        store: The file of the store.
    """
    missing = lacking(wanted, {} if again else read(store), problems(data))
    os.environ.update(dict.fromkeys(THREADS, "1"))  # before NumPy is imported in the new processes
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for count, (key, record) in enumerate(pool.imap_unordered(partial(_one, data), missing), 1):
            if record is not None:
                append(key, record, store)
            print(f"{count}/{len(missing)}{'' if record else ' FAILED'} {key}", file=sys.stderr)


def _one(data: Path, key: Key) -> tuple[Key, Record | None]:
    """Return the result of a run; None if another library crashed, which leaves the run missing in the store."""
    try:
        return key, _record(problems(data)[key.problem], key)
    except PeerEnded as error:
        print(error, file=sys.stderr)
        return key, None


def _record(problem: BenchProblem, key: Key) -> Record:
    with closing(contender(key.contender, problem, seed=key.seed, trials=key.trials)) as searcher:
        if "+" in key.contender:
            return simulate_stopping(problem, searcher, trainings=key.trials)
        return simulate(problem, searcher, slots=key.slots, trials=key.trials)
