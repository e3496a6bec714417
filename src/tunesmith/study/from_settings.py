"""The specification of a study from the merged tables of a study.toml, flags and variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import plugins
from ..config.settings import Settings
from ..core.budget import Budget
from ..core.objective import Objective
from ..core.schema import build, expect_whole
from ..core.space import SearchSpace
from ..core.values import shown
from ..errors import InputError
from ..llm.options import ModelOptions
from ..tasks.base import TaskContext, task_from_table
from ..trackers.base import Tracker
from .spec import StudySpec


def spec_from_settings(settings: Settings, *, tracked: bool = True) -> StudySpec:
    """Return the specification of the study that a study.toml describes.

    Args:
        settings: The merged tables.
        tracked: Whether to include the trackers.

    Raises:
        InputError: A setting is wrong; the message starts with its location in the file.
    """
    try:
        return _spec(settings, tracked)
    except InputError as error:
        raise settings.located(error) from None


def _spec(settings: Settings, tracked: bool) -> StudySpec:
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
    context = TaskContext(folder=settings.source.parent, space=space, objective=objective)
    task = task_from_table(tables["task"], context) if tables["task"] else None
    trackers = _trackers(tables["trackers"])  # Validated even if they are not used.
    search, execution = tables["search"], tables["execution"]
    return StudySpec.from_options(
        space=space,
        objective=objective,
        folder=settings.folder,
        name=settings.name,
        budget=budget,
        proposer=_validated_plugin("proposers", search["proposer"]),
        pruner=_validated_plugin("pruners", search["pruner"]),
        judge=_validated_plugin("judges", search["judge"]),
        executor=_executor(execution, search["parallel"]),
        model=_model(tables["agents"]),
        task=task,
        retries=expect_whole(execution["retries"], 0, "execution", "retries"),
        seed=expect_whole(tables["study"]["seed"], 0, "study", "seed"),
        trackers=trackers if tracked else (),
        source=settings.source,
    )


def _model(table: Mapping[str, Any]) -> ModelOptions | None:
    """Return the options of language models; None for limits without a model."""
    return build(ModelOptions, table, "agents") if table.get("model") else None


def _validated_plugin(kind: str, plugin: Any) -> Any:
    """Return a plugin whose name and options are valid. Checked here, where the location of an error is known."""
    try:
        if (kind, plugin) != ("pruners", "none"):
            plugins.resolve(kind, plugin)
        return plugin
    except InputError as error:
        raise error.inside("search") from None


def _executor(table: Mapping[str, Any], parallel: Any) -> dict[str, Any]:
    options = {key: value for key, value in table.items() if key not in ("executor", "retries")}
    name, colon, slots = str(table["executor"]).partition(":")
    if not isinstance(table["executor"], str) or (colon and not slots.isdecimal()):
        raise InputError(
            f"executor must be a name, as 'process' or 'process:4', got {shown(table['executor'])}. "
            "Its options are keys of [execution].",
            keys=("execution", "executor"),
        )
    if "slots" in options:
        raise InputError("the number of slots must be given as parallel in [search].", keys=("execution", "slots"))
    parallel = int(slots) if slots else expect_whole(parallel, 1, "search", "parallel")
    if name == "inline" and parallel > 1:
        raise InputError(
            f"the inline executor runs one trial at a time, but parallel is {parallel}. "
            "Choose executor = 'process', or parallel = 1.",
            keys=("search", "parallel"),
        )
    executor = {"name": name, **options} | ({} if name == "inline" else {"slots": parallel})
    try:
        plugins.resolve("executors", executor)
    except InputError as error:
        raise InputError(error.message, keys=("execution", *error.keys[-1:])) from None
    return executor


def _trackers(table: Mapping[str, Any]) -> list[Tracker]:
    """Return the trackers of a `[trackers]` table, which holds true, false or a table of options by name."""
    trackers = []
    for name, options in table.items():
        if not isinstance(options, bool | Mapping):
            raise InputError(
                f"expected true, false or a table of options, got {shown(options)}.", keys=("trackers", name)
            )
        if options is False:
            continue
        try:
            trackers.append(plugins.create("trackers", name, {} if options is True else options))
        except InputError as error:
            raise type(error)(error.message, keys=("trackers", name, *error.keys[1:])) from None
    return trackers
