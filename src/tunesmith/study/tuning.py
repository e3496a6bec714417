"""Put studies together: from a Python function, from a study.toml, or from the folder of an earlier one."""

from __future__ import annotations

import dataclasses
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .. import plugins
from ..config.settings import Settings, read_settings
from ..core.budget import Budget
from ..core.objective import Metric, Objective
from ..core.parameters import Parameter
from ..core.schema import build, expect_keys, expect_whole
from ..core.space import SearchSpace
from ..errors import InputError, nearest
from ..executors.base import Executor
from ..journal.events import SessionOpened, StudyCreated
from ..journal.file import JOURNAL_NAME, read_events
from ..judges.base import Judge
from ..llm.options import ModelOptions
from ..proposers.base import Proposer
from ..pruners.base import Pruner
from ..tasks.base import Task
from ..tasks.function import FunctionTask
from ..trackers.base import Tracker
from .study import Plugin, Study

log = logging.getLogger(__name__)

Trained = Mapping[str, float] | float


def tune(
    function: Callable[..., Trained],
    *,
    space: SearchSpace | Mapping[str, Parameter],
    objective: Objective | Metric | str,
    budget: Budget | None = None,
    folder: Path | str | None = None,
    executor: Plugin | Executor = "inline",
    proposer: Plugin | Proposer = "portfolio",
    pruner: Plugin | Pruner | None = None,
    judge: Plugin | Judge = "rules",
    test: Callable[..., Trained] | None = None,
    model: Plugin | None = None,
    seed: int = 0,
    trackers: Iterable[Plugin | Tracker] = (),
) -> Study:
    """Tune a Python function, and go on where an earlier call with the same folder stopped.

    Args:
        function: `train(parameters, trial)` or `train(parameters)`; returns metrics by name, or the one metric.
        space: What may vary.
        objective: As `"minimize val_loss"`.
        budget: What may be spent; 100 trials by default.
        folder: Where the study is kept; a new folder for temporary files by default.
        executor: `"inline"` runs one trial after the other in this process; `"process:4"` runs four at once, each in
            a process of its own, with limits on time and memory.
        proposer: Which trial next.
        pruner: When to stop a trial that reports on its way; None never does.
        judge: What to make of a finished trial.
        test: Like `function`, but measures on held-out data; called once at the end, for the defaults and the best.
        model: A language model that advises the search, as `"openrouter:anthropic/claude-sonnet-4.5"`, or a table as
            the `[agents]` one of a study.toml.
        seed: For all randomness. The same seed gives the same study, where trials run one after the other.
        trackers: Where to mirror the study, as `["mlflow"]`: names, tables `{"name": ..., option: ...}` or objects.

    Returns:
        The finished study.

    Raises:
        InputError: An argument is wrong.
        StudyFailed: Nothing worked; the message shows why.
        KeyboardInterrupt: It was interrupted; the same call goes on.
    """
    parsed = Objective.parse(objective)
    study = Study(
        space=space,
        objective=parsed,
        folder=folder if folder is not None else tempfile.mkdtemp(prefix="tunesmith-"),
        budget=budget or Budget(trials=100),
        proposer=proposer,
        pruner=pruner,
        judge=judge,
        model=model,
        task=FunctionTask(function=function, test=test, metric=parsed.primary.name),
        executor=executor,
        seed=seed,
        trackers=trackers,
    )
    study.run()
    return study


def load(
    folder: Path | str,
    function: Callable[..., Trained] | None = None,
    *,
    trackers: Iterable[Plugin | Tracker] = (),
) -> Study:
    """Return a study that was run before, as it stands; another process may be running it right now.

    Args:
        folder: The study's folder.
        function: The function that it tunes, where that cannot be imported by its name; only `resume` needs it.
        trackers: As for `tune`; the folder does not keep them.

    Returns:
        The study; `resume()` goes on with it.

    Raises:
        InputError: The folder holds no study.

    >>> load("/nowhere")
    Traceback (most recent call last):
    tunesmith.errors.InputError: a study's folder must hold a journal.jsonl, but /nowhere has none.
    """
    folder = Path(folder)
    tables = [event.study for event in _starts(folder)]
    if not tables:
        raise InputError(f"a study's folder must hold a {JOURNAL_NAME}, but {folder} has none.")
    table = tables[-1]
    settings = table["settings"]
    space = SearchSpace.from_tables(table["space"], table["forbidden"])
    objective = Objective.parse(table["objective"])

    def task() -> Task | None:
        if function is not None:
            return FunctionTask(function=function, metric=objective.primary.name)
        told = table["task"] or {}
        place = Path(told.get("folder", "."))
        follows = _what_follows(place, space, objective)
        return _task({key: told[key] for key in told if key not in follows}, place, space, objective)

    return Study(
        space=space,
        objective=objective,
        folder=folder,
        name=tables[0]["name"],
        budget=Budget(**settings["budget"]),
        proposer=_known(settings, "proposer", "portfolio"),
        pruner=_known(settings, "pruner", None),
        judge=_known(settings, "judge", "rules"),
        executor=_known(settings, "executor", "inline"),
        model=settings.get("model"),
        # A study can be looked at where its script or function is not there; whoever runs it needs them.
        task=task if function is not None or table["task"] else None,
        retries=settings["retries"],
        seed=table["seed"],
        trackers=trackers,
        source=None if table["source"] is None else Path(table["source"]),
    )


def _starts(folder: Path) -> Iterator[StudyCreated | SessionOpened]:
    """Yield the events that hold the study's specification: its creation and the start of each session."""
    for event in read_events(folder / JOURNAL_NAME, kinds=(StudyCreated, SessionOpened)):
        if isinstance(event, StudyCreated | SessionOpened):
            yield event


def _known(settings: Mapping[str, Any], kind: str, default: str | None) -> Any:
    """Return a plugin's settings; the default where it was an object, which no journal can bring back."""
    given = settings[kind]
    if not isinstance(given, Mapping) or "class" not in given:
        return given
    log.warning("the study's %s was an object of %s; here %s takes its place", kind, given["class"], default or "none")
    return default


def study_from_settings(settings: Settings, *, tracked: bool = True) -> Study:
    """Put together the study that a study.toml asks for.

    Args:
        settings: As read.
        tracked: Whether the study gets its trackers. A process that takes a single step leaves them to the next run,
            which sends everything.

    Returns:
        The study, ready to run; it goes on with what its folder holds.

    Raises:
        InputError: A setting is wrong; the message starts with its place in the file.
    """
    try:
        return _assemble(settings, tracked)
    except InputError as error:
        raise settings.located(error) from None


def open_study(path: Path) -> Study:
    """Return the study in a folder, or the one that a study.toml describes, for a single step."""
    if path.is_dir():
        return load(path)
    return study_from_settings(read_settings(path), tracked=False)


def source_of(folder: Path) -> Path:
    """Return the study.toml that the study in a folder was made from.

    Raises:
        InputError: The folder holds no study, or one that was not made from a file that is still there.
    """
    source = next((event.study["source"] for event in _starts(folder)), "")
    if source == "":
        raise InputError(f"a study's folder must hold a {JOURNAL_NAME}, but {folder} has none. Give a study.toml.")
    if source is None or not Path(source).exists():
        raise InputError(
            f"{folder} must come from a study.toml that is still there, but it came from {source or 'Python'}. "
            "Give a study.toml, with --folder for this folder."
        )
    return Path(source)


def _assemble(settings: Settings, tracked: bool) -> Study:
    tables = settings.tables
    try:
        space = SearchSpace.from_tables(tables["space"], settings.forbidden)
    except InputError as error:
        raise error if error.keys[:1] == ("forbidden",) else error.inside("space") from None
    try:
        objective = Objective.parse(tables["study"].get("objective", ""))
    except InputError as error:
        raise error.inside("study", "objective") from None
    budget = build(Budget, tables["budget"], "budget")
    trackers = _trackers(tables["trackers"])
    task = _task(tables["task"], settings.source.parent, space, objective)
    return Study(
        space=space,
        objective=objective,
        folder=settings.folder,
        name=settings.name,
        budget=budget,
        **{kind: _placed(f"{kind}s", tables["search"][kind], "search") for kind in ("proposer", "pruner", "judge")},
        executor=_executor(tables["execution"], tables["search"]["parallel"]),
        model=_model(tables["agents"]),
        task=task,
        trackers=trackers if tracked else (),
        retries=expect_whole(tables["execution"]["retries"], 0, "execution", "retries"),
        seed=expect_whole(tables["study"]["seed"], 0, "study", "seed"),
        source=settings.source,
    )


def _model(table: Mapping[str, Any]) -> ModelOptions | None:
    """Return what was said of language models; limits without a model ask nobody."""
    return build(ModelOptions, table, "agents") if table.get("model") else None


def _trackers(table: Mapping[str, Any]) -> list[Tracker]:
    """Return the trackers of a `[trackers]` table: a name, and true, false or a table of options."""
    trackers = []
    for name, options in table.items():
        if not isinstance(options, bool | Mapping):
            raise InputError(f"expected true, false or a table of options, got {options!r}.", keys=("trackers", name))
        if options is False:
            continue
        try:
            trackers.append(plugins.create("trackers", name, {} if options is True else options))
        except InputError as error:
            raise type(error)(error.message, keys=("trackers", name, *error.keys[1:])) from None
    return trackers


def _placed(kind: str, given: Any, table: str) -> Any:
    """Check a plugin's name and options here, where the place of an error is known."""
    try:
        if (kind, given) != ("pruners", "none"):
            plugins.resolve(kind, given)
        return given
    except InputError as error:
        raise error.inside(table) from None


def _executor(table: Mapping[str, Any], parallel: Any) -> dict[str, Any]:
    options = {key: value for key, value in table.items() if key not in ("executor", "retries")}
    name, colon, slots = str(table["executor"]).partition(":")
    if not isinstance(table["executor"], str) or (colon and not slots.isdecimal()):
        raise InputError(
            f"executor must be a name, as 'process' or 'process:4', but {table['executor']!r} was given. "
            "Its options stand beside it, in [execution].",
            keys=("execution", "executor"),
        )
    if "slots" in options:
        raise InputError("how many trials run at once is said by parallel in [search].", keys=("execution", "slots"))
    parallel = int(slots) if slots else expect_whole(parallel, 1, "search", "parallel")
    if name == "inline" and parallel > 1:
        raise InputError(
            f"the inline executor runs one trial at a time, but parallel is {parallel}. "
            "Choose executor = 'process', or parallel = 1.",
            keys=("search", "parallel"),
        )
    given = {"name": name, **options} | ({} if name == "inline" else {"slots": parallel})
    try:
        plugins.resolve("executors", given)
    except InputError as error:
        raise InputError(error.message, keys=("execution", *error.keys[-1:])) from None
    return given


def _task(table: Mapping[str, Any], folder: Path, space: SearchSpace, objective: Objective) -> Task | None:
    """Return the task of a `[task]` table; None for a study that is only asked and told."""
    if not table:
        return None
    options = {key: value for key, value in table.items() if key != "kind"}
    kind, known = table.get("kind", "command"), plugins.names("tasks")
    if kind not in known:
        raise InputError(
            f"kind must be one of {', '.join(known)}, but {kind!r} was given.{nearest(str(kind), known)}",
            keys=("task", "kind"),
        )
    task_class = plugins.load("tasks", kind)
    follows = _what_follows(folder, space, objective)
    fields = {field.name for field in dataclasses.fields(task_class)}
    expect_keys(options, fields - follows.keys(), "task")
    task: Task = build(task_class, options | {key: follows[key] for key in fields & follows.keys()}, "task")
    task.check(space)
    return task


def _what_follows(folder: Path, space: SearchSpace, objective: Objective) -> dict[str, Any]:
    """Return what a task knows from the other tables: no key of `[task]` itself."""
    return {
        "folder": folder,
        "metric": objective.primary.name,
        "required": [m.name for m in objective.metrics[1:]] + [c.metric for c in objective.constraints],
        "names": space.names,
        "remove": [name for name, parameter in space.parameters.items() if parameter.inactive == "remove"],
    }
