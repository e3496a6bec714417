"""Studies from a Python function, a folder or a study.toml."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Unpack

from ..config.profiles import executor_of
from ..config.settings import Settings, read_settings
from ..core.budget import Budget
from ..core.objective import Objective
from ..errors import InputError
from ..tasks.function import FunctionTask
from ..trackers.base import Tracker
from .from_settings import spec_from_settings
from .spec import Plugin, StudyOptions, StudySpec, check_options, located
from .study import Study

Trained = Mapping[str, float] | float


def tune(
    function: Callable[..., Trained],
    *,
    test: Callable[..., Trained] | None = None,
    progress: bool = True,
    **options: Unpack[StudyOptions],
) -> Study:
    """Tune a Python function, or continue an earlier call with the same folder.

    Args:
        function: `train(parameters, trial)` or `train(parameters)`; returns metrics by name, or the one metric.
        test: Like `function`, on held-out data; called once at the end, for the defaults and the best configuration.
        progress: Whether to draw the progress, on a terminal or in a notebook. Elsewhere nothing is drawn.
        options: `space` and `objective` (as `"minimize val_loss"`), and any of

            - `budget`: the limits; 100 trials by default.
            - `folder`: the study's folder; a new temporary folder by default.
            - `executor`: `"inline"` runs one trial after another in this process; `"process:4"` runs four at once, each
              in its own process, with limits on time and memory. Any other executor, or a profile of `tunesmith setup`.
            - `proposer`, `pruner`, `judge`: plugins, by name, table or object; no pruner by default.
            - `model`: a language model that advises the search, as `"openrouter:anthropic/claude-sonnet-4.5"`, or a
              table like `[agents]` of a study.toml.
            - `seed`: the seed of all randomness. The same seed gives the same study if trials run one by one.
            - `trackers`: where to mirror the study, as `["mlflow"]`.
            - `name`, `retries`: as in `Study`.

    Returns:
        The finished study.

    Raises:
        InputError: An option is wrong.
        StudyFailed: Nothing worked; the message shows why.
        KeyboardInterrupt: It was interrupted; the same call continues.
    """
    check_options(options)
    options["objective"] = objective = Objective.parse(options["objective"])
    options["budget"] = options.get("budget") or Budget(trials=100)
    if "executor" in options:
        options["executor"] = executor_of(options["executor"])
    if options.get("folder") is None:
        options["folder"] = tempfile.mkdtemp(prefix="tunesmith-")
    task = FunctionTask(function=function, test=test, metric=objective.primary.name)
    study = Study(task=task, **options)
    study.run(progress=progress)
    return study


def load(
    folder: Path | str,
    function: Callable[..., Trained] | None = None,
    *,
    trackers: Iterable[Plugin | Tracker] = (),
) -> Study:
    """Return the study in a folder, in its present state; another process may be running it.

    Args:
        folder: The study's folder.
        function: The tuned function, if it cannot be imported by its name; only `resume` needs it.
        trackers: As for `tune`; the folder does not keep them.

    Returns:
        The study; `resume()` continues it.

    Raises:
        InputError: The folder holds no study.
        JournalError: Its journal cannot be read.

    >>> load("/nowhere")
    Traceback (most recent call last):
    tunesmith.errors.InputError: a study's folder must hold a journal.jsonl, but /nowhere has none.
    """
    spec = StudySpec.from_journal(Path(folder), function=function, trackers=trackers)
    with located(Path(folder)):
        return Study(spec)


def study_from_settings(settings: Settings, *, tracked: bool = True) -> Study:
    """Return the study that a study.toml describes, continued if its folder holds one.

    Args:
        settings: The merged tables.
        tracked: Whether to open its trackers. A process that takes a single step leaves them to the next run.

    Raises:
        InputError: A setting is wrong; the message starts with its location in the file.
    """
    spec = spec_from_settings(settings, tracked=tracked)
    try:
        return Study(spec)
    except InputError as error:
        raise settings.located(error) from None


def open_study(path: Path) -> Study:
    """Return the study in a folder, or the one that a study.toml describes."""
    return load(path) if path.is_dir() else study_from_settings(read_settings(path), tracked=False)
