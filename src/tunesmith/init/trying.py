"""The test run of a script: its own configuration, run once to see what it prints, writes and needs."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..core.objective import Objective
from ..core.space import SearchSpace
from ..core.trial import TrialRequest, Value
from ..engine.configurations import baseline
from ..errors import InputError
from ..tasks.base import TaskContext
from ..tasks.command import CommandTask
from ..trial_folder.names import LOG_FILE
from ..trial_folder.prepare import prepare
from .command_line import CommandLine
from .draft import Draft
from .study_toml import to_toml
from .tryout import Limits, Tryout
from .watched_run import OnProgress as OnProgress
from .watched_run import WatchedRun


def try_script(
    subject: Draft | CommandLine,
    folder: Path,
    limits: Limits | None = None,
    on_progress: OnProgress | None = None,
    *,
    variables: Mapping[str, str] | None = None,
) -> Tryout:
    """Run the user's own configuration once.

    The script runs in its own folder, as the user runs it, and what it writes lands where it always does. Its processes
    end with the run, also if that is interrupted.

    Args:
        subject: The user's command, or a draft, of which trial 0 is run.
        folder: The folder of the run; one that exists is replaced if it is of an earlier run.
        limits: The limits of the run.
        on_progress: Called about twice a second.
        variables: Variables to set for the run alone, as those with secrets; they are not written anywhere.

    Returns:
        What the run showed. A script that fails is no error.

    Raises:
        InputError: The draft cannot run, or `folder` holds something else.
        KeyboardInterrupt: The user interrupted it; the folder is removed.
    """
    task, parameters = task_and_baseline(subject) if isinstance(subject, Draft) else (_of_command(subject), {})
    seed = subject.seed if isinstance(subject, Draft) else 0
    return try_task(task, parameters, folder, limits, on_progress, seed=seed, variables=variables)


def try_task(
    task: CommandTask,
    parameters: Mapping[str, Value],
    folder: Path,
    limits: Limits | None = None,
    on_progress: OnProgress | None = None,
    *,
    seed: int = 0,
    variables: Mapping[str, str] | None = None,
) -> Tryout:
    """Run a task's command once with some parameters and the study's seed; see `try_script`."""
    limits = limits or Limits()
    folder = folder.absolute()
    _make_room(folder)
    missing = [parent for parent in folder.parents if not parent.exists()]
    request = TrialRequest(number=0, attempt=1, parameters=parameters, seed=seed, folder=folder)
    try:
        prepare(request)
        run = WatchedRun(task, request, limits, on_progress or (lambda seconds, line: None), variables or {})
        return run.tryout()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # One may hold something else by now.
            for parent in missing:
                parent.rmdir()
        raise


def task_and_baseline(draft: Draft) -> tuple[CommandTask, Mapping[str, Value]]:
    """Return a draft's task and the parameters of trial 0.

    Raises:
        InputError: The draft cannot run.
    """
    table = tomllib.loads(to_toml(draft))["task"]
    table.pop("kind", None)
    objective = Objective.parse(draft.objective)
    if not draft.space:
        return CommandTask(**table, folder=draft.folder, metric=objective.primary.name), {}
    space = SearchSpace(draft.space)
    context = TaskContext(folder=draft.folder, space=space, objective=objective)
    task = CommandTask.from_table(table, context)
    task.check(space)
    return task, baseline(space, task.defaults()).parameters


def _of_command(command: CommandLine) -> CommandTask:
    words = list(command.words)
    while words and command.variables and re.match(r"[A-Za-z_]\w*=", words[0]):
        words.pop(0)
    literal = [word.replace("{", "{{").replace("}", "}}") for word in words]
    return CommandTask(command=literal, metric="metric", folder=command.folder, environment=dict(command.variables))


def _make_room(folder: Path) -> None:
    """Remove an earlier run."""
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / LOG_FILE).exists()):
        raise InputError(f"a run of a script needs a folder of its own, but {folder} holds something else. Move it.")
    shutil.rmtree(folder)
