"""Checks of everything that a study needs, before anything is spent.

Each module has one kind of checks, as generators of findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from ... import plugins
from ...config.profiles import executor_of
from ...core.trial import Value
from ...executors.base import Executor
from ...init.tryout import Tryout
from ...study.study import Study
from ...tasks.command import CommandTask
from .cluster import check_cluster, check_folder
from .finding import Finding as Finding
from .finding import Severity as Severity
from .finding import doctor_facts as doctor_facts
from .installation import check_installation
from .machine import check_machine, check_room
from .one_trial import check_trial
from .probe import check_probe
from .study_file import check_capacity, check_model, opened

Run = Callable[[CommandTask, Mapping[str, Value], Path], Tryout]
"""Runs a command once with some parameters, in a study's folder."""


def examine(
    path: Path | None,
    run: Callable[[Study], Run | None] = lambda study: None,
    *,
    executor: str | None = None,
    probe_minutes: float = 0.0,
) -> Iterator[Finding]:
    """Check the installation, the machine and a study.

    Args:
        path: A study.toml; None checks the installation and the machine alone.
        run: Called for a study in which nothing stands in the way: returns what runs its command once, or None.
        executor: In place of the one in the study.toml; also checked without one.
        probe_minutes: How long to wait for a trial that only looks around where trials run; 0 runs none.

    Yields:
        What was found, in the order of the checks.
    """
    yield from check_installation()
    yield from check_machine()
    if path is None:
        yield from check_room(Path.cwd())
        if executor is not None:
            named = plugins.resolve("executors", executor_of(executor))
            yield from _check_executor(named, Path.cwd() / "study", probe_minutes)
        return
    findings, study, settings = opened(path, executor)
    yield from findings
    if study is None or settings is None:
        return
    has_failed = False
    for finding in chain(check_room(settings.folder), check_model(settings), check_capacity(study)):
        has_failed = has_failed or finding.severity == "error"
        yield finding
    for finding in _check_executor(study.executor, settings.folder, 0.0 if has_failed else probe_minutes):
        has_failed = has_failed or finding.severity == "error"
        yield finding
    if has_failed or not isinstance(study.task, CommandTask):
        return
    if (runner := run(study)) is not None:
        parameters = study.engine.baseline().parameters
        yield from check_trial(study, study.task, parameters, runner(study.task, parameters, settings.folder))
    else:
        unknown = "the script was not run: whether it works, shows its metric and overwrites files is not known"
        yield Finding("run", "hint", unknown, "Run it once with --run.")


def _check_executor(executor: Executor, folder: Path, probe_minutes: float) -> Iterator[Finding]:
    """Yield findings on where trials run; a trial that looks around there needs to find no error first."""
    has_failed = False
    for finding in check_cluster(executor):
        has_failed = has_failed or finding.severity == "error"
        yield finding
    is_probed = probe_minutes > 0 and not has_failed
    for finding in check_probe(executor, folder, minutes=probe_minutes) if is_probed else ():
        has_failed = has_failed or finding.severity == "error"
        yield finding
    if has_failed or not is_probed:
        yield from check_folder(executor, folder)
