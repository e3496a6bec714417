"""The specification of a study, from Python, a study.toml or a journal."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self, TypedDict, Unpack

from .. import plugins
from ..core.budget import Budget
from ..core.objective import Metric, Objective
from ..core.parameters import Parameter
from ..core.schema import build, expect_whole
from ..core.space import SearchSpace
from ..core.values import shown
from ..engine.configurations import baseline
from ..errors import InputError, nearest
from ..executors.base import Executor
from ..journal.events import Event, SessionOpened, StudyCreated
from ..journal.file import JOURNAL_NAME, damaged, numbered_events
from ..journal.records import from_table
from ..judges.base import Judge
from ..llm.options import ModelOptions
from ..proposers.base import Proposer
from ..pruners.base import Pruner
from ..tasks.base import Task, TaskContext, task_from_table
from ..tasks.function import Function, FunctionTask
from ..trackers.base import Tracker

log = logging.getLogger(__name__)

Plugin = str | Mapping[str, Any]

_LIMITS = [limit.name for limit in fields(Budget)]


class StudyOptions(TypedDict, total=False):
    """The options of a study, as a user writes them; see `StudySpec`."""

    space: SearchSpace | Mapping[str, Parameter]
    objective: Objective | Metric | str | Mapping[str, Any]
    folder: Path | str | None
    name: str | None
    budget: Budget | None
    proposer: Plugin | Proposer
    pruner: Plugin | Pruner | None
    judge: Plugin | Judge
    model: ModelOptions | Plugin | None
    executor: Plugin | Executor
    retries: int
    seed: int
    trackers: Iterable[Plugin | Tracker]


@dataclass(frozen=True, kw_only=True)
class StudySpec:
    """Everything that defines a study.

    Args:
        space: The search space.
        objective: The metrics to improve, and constraints.
        folder: The study's folder, absolute; None keeps everything in memory.
        name: Its name in reports.
        budget: The limits.
        proposer: Decides which trial is next: a name, a table `{"name": ..., option: ...}` or an object.
        pruner: Stops poor trials early, like `proposer`; None stops none.
        judge: Judges complete trials, like `proposer`.
        model: The language models that advise the search, or None.
        task: What a trial runs: an object, or a `[task]` table, built on first use. None for ask and tell.
        executor: Where trials run, like `proposer`.
        retries: The number of new attempts for a trial whose process vanished.
        seed: The seed of all randomness.
        trackers: Where to mirror the study, each like `proposer`.
        source: The study.toml that it comes from.
    """

    space: SearchSpace
    objective: Objective
    folder: Path | None = None
    name: str = "study"
    budget: Budget = field(default_factory=Budget)
    proposer: Plugin | Proposer = "portfolio"
    pruner: Plugin | Pruner | None = None
    judge: Plugin | Judge = "rules"
    model: ModelOptions | None = None
    task: Task | Mapping[str, Any] | None = None
    executor: Plugin | Executor = "inline"
    retries: int = 2
    seed: int = 0
    trackers: tuple[Plugin | Tracker, ...] = ()
    source: Path | None = None

    @classmethod
    def from_options(
        cls,
        task: Task | Function | Mapping[str, Any] | None = None,
        source: Path | None = None,
        **options: Unpack[StudyOptions],
    ) -> Self:
        """Return the specification that a user's options describe.

        Args:
            task: What a trial runs; a function is called as by `tune`.
            source: The study.toml that the options come from.
            options: By name; see `StudySpec`.

        Raises:
            InputError: An option is wrong.
        """
        check_options(options)
        objective = Objective.parse(options["objective"])
        if callable(task) and not hasattr(task, "evaluate"):
            task = FunctionTask(function=task, metric=objective.primary.name)
        values: dict[str, Any] = {**options, "objective": objective, "task": task, "source": source}
        space, folder, budget = options["space"], options.get("folder"), options.get("budget")
        values["space"] = space if isinstance(space, SearchSpace) else SearchSpace(space)
        if task is not None and not isinstance(task, Mapping):
            _check_task(task, values["space"])
        values["folder"] = None if folder is None else _path(folder).expanduser().absolute()
        values["name"] = options.get("name") or (values["folder"].name if folder is not None else "study")
        if not isinstance(values["name"], str):
            raise InputError(f"name must be a string, got {shown(values['name'])}.", keys=("name",))
        values["budget"] = Budget() if budget is None else budget
        if not isinstance(values["budget"], Budget):
            raise InputError(f"budget must be a Budget, as Budget(trials=60), got {shown(budget)}.", keys=("budget",))
        if (model := options.get("model")) is not None:
            values["model"] = ModelOptions.parse(model)
        values["trackers"] = _listed(options.get("trackers", ()))
        for key in ("retries", "seed"):
            if key in values:
                values[key] = expect_whole(values[key], 0, key)
        return cls(**values)

    @classmethod
    def from_journal(
        cls, folder: Path, *, function: Function | None = None, trackers: Iterable[Plugin | Tracker] = ()
    ) -> Self:
        """Return the specification of the study in a folder, as of its last session.

        Args:
            folder: The study's folder.
            function: The function to run, if the journal's task cannot be built.
            trackers: As in `StudySpec`; a journal does not keep them.

        Raises:
            InputError: The folder holds no study.
            JournalError: The journal cannot be read.
        """
        first, last = _specifications(folder)
        table = last.table
        trackers = [plugins.resolve("trackers", tracker) for tracker in _listed(trackers)]
        with located(folder):
            return cls.from_options(
                space=SearchSpace.from_tables(table.space, table.forbidden),
                objective=Objective.parse(table.objective),
                folder=folder,
                name=first.table.name,
                budget=build(Budget, {key: value for key, value in table.budget.items() if key in _LIMITS}, "budget"),
                proposer=_plugin(table.proposer, "proposer", "portfolio"),
                pruner=_plugin(table.pruner, "pruner", None),
                judge=_plugin(table.judge, "judge", "rules"),
                executor=_plugin(table.executor, "executor", "inline"),
                model=table.model,
                # A study can be viewed without its script or function; only running it needs the task.
                task=table.task if function is None else function,
                retries=table.retries,
                seed=table.seed,
                trackers=trackers,
                source=None if table.source is None else Path(table.source),
            )

    @property
    def identity(self) -> dict[str, Any]:
        """The part of the table that no later session may change: space, objective and seed."""
        space, forbidden = self.space.to_tables()
        return {"space": space, "forbidden": forbidden, "objective": self.objective.to_table(), "seed": self.seed}

    def to_table(self) -> dict[str, Any]:
        """Return the specification as plain JSON, for the journal; `from_journal` reads it."""
        task = self.task
        return {
            "name": self.name,
            **self.identity,
            "budget": self.budget.to_table(),
            "proposer": _named(self.proposer),
            "pruner": _named(self.pruner),
            "judge": _named(self.judge),
            "executor": _named(self.executor),
            "model": None if self.model is None else self.model.to_table(),
            "retries": self.retries,
            "task": task if task is None or isinstance(task, Mapping) else task.to_table(),
            "source": None if self.source is None else str(self.source),
        }

    def build_task(self) -> Task | None:
        """Return the task, built from its table if need be.

        Raises:
            InputError: The table is wrong, or the task cannot run with this space.
        """
        if not isinstance(self.task, Mapping):
            return self.task
        folder = Path(self.task.get("folder", "."))
        task = task_from_table(
            {key: value for key, value in self.task.items() if key != "folder"},
            TaskContext(folder=folder, space=self.space, objective=self.objective),
        )
        _check_task(task, self.space)
        return task


def _check_task(task: Any, space: SearchSpace) -> None:
    """Raise `InputError` unless a task can run with a space, from trial 0 on."""
    plugins.check_kind("task", task)
    if hasattr(task, "check"):
        task.check(space)
    if hasattr(task, "defaults"):
        baseline(space, task.defaults())


def _path(folder: object) -> Path:
    if not isinstance(folder, str | os.PathLike) or "\0" in str(folder):
        raise InputError(f"folder must be a path, got {shown(folder)}.", keys=("folder",))
    return Path(folder)


def check_options(options: Mapping[str, Any]) -> None:
    """Raise `TypeError` if an option is unknown, or the space or the objective is missing."""
    known = StudyOptions.__annotations__
    for key in options:
        if key not in known:
            raise TypeError(f"a study has no option '{key}'.{nearest(key, known)} Known: {', '.join(known)}.")
    if missing := [key for key in ("space", "objective") if key not in options]:
        raise TypeError(f"a study needs {' and '.join(missing)}: space={{...}}, objective='minimize loss'.")


def source_of(folder: Path) -> Path:
    """Return the study.toml of the study in a folder.

    Raises:
        InputError: The folder holds no study, or its study.toml no longer exists.
    """
    source = _specifications(folder)[0].table.source
    if source is None or not Path(source).exists():
        raise InputError(
            f"the study in {folder} must come from an existing study.toml, but it came from {source or 'Python'}. "
            "Give a study.toml, with --folder for this folder."
        )
    return Path(source)


@contextmanager
def located(folder: Path) -> Iterator[None]:
    """Turn errors about a specification from a folder's journal into a `JournalError`, which names its line."""
    try:
        yield
    except InputError as error:
        if type(error) is not InputError:  # As a missing extra: the journal is in order.
            raise
        line = _specifications(folder)[-1].line
        raise damaged(folder / JOURNAL_NAME, line, f"it describes no study: {error.message}") from None


@dataclass(frozen=True, kw_only=True)
class _Table:
    """What `StudySpec.to_table` returns, as read from a journal."""

    name: str
    space: Mapping[str, Any]
    forbidden: tuple[Mapping[str, Any], ...] = ()
    objective: Mapping[str, Any]
    seed: int = 0
    budget: Mapping[str, Any] = field(default_factory=dict)
    proposer: Any = "portfolio"
    pruner: Any = None
    judge: Any = "rules"
    executor: Any = "inline"
    model: Mapping[str, Any] | None = None
    retries: int = 2
    task: Mapping[str, Any] | None = None
    source: str | None = None


@dataclass(frozen=True)
class _Specification:
    """A specification in a journal, and its line."""

    line: int
    table: _Table


def _specifications(folder: Path) -> tuple[_Specification, _Specification]:
    """Return the first and the last specification in a folder's journal."""
    path = folder / JOURNAL_NAME
    events = list(numbered_events(path, kinds=(StudyCreated, SessionOpened)))
    if not events:
        kind = "is a file" if folder.is_file() else "has an empty one" if path.exists() else "has none"
        raise InputError(f"a study's folder must hold a {JOURNAL_NAME}, but {folder} {kind}.")
    first, last = (_specification(path, *numbered) for numbered in (events[0], events[-1]))
    return first, last


def _specification(path: Path, line: int, event: Event) -> _Specification:
    assert isinstance(event, StudyCreated | SessionOpened)
    try:
        return _Specification(line, from_table(_Table, event.study))
    except ValueError as error:
        raise damaged(path, line, f"it describes no study: {error}.") from None


def _named(plugin: object) -> object:
    """Return a plugin as plain JSON: its name or table, or the class of an object."""
    if plugin is None or isinstance(plugin, str | Mapping):
        return plugin
    return {"class": f"{type(plugin).__module__}:{type(plugin).__qualname__}"}


def _listed(trackers: Any) -> tuple[Plugin | Tracker, ...]:
    if isinstance(trackers, str | Mapping) or not isinstance(trackers, Iterable):
        raise InputError(f'expected a list of trackers such as ["mlflow"], got {shown(trackers)}.')
    return tuple(trackers)


def _plugin(plugin: Any, kind: str, default: str | None) -> Any:
    """Return a plugin from a journal, or the default if it was an object, which a journal cannot restore."""
    if not isinstance(plugin, Mapping) or "class" not in plugin:
        return plugin
    log.warning("the study's %s was an object of %s; %s is used instead", kind, plugin["class"], default or "none")
    return default


def resolve_pruner(pruner: Plugin | Pruner | None) -> Pruner | None:
    """Return the pruner; None for `"none"`."""
    resolved: Pruner | None = None if pruner in (None, "none") else plugins.resolve("pruners", pruner)
    return resolved
