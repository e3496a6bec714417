"""Checks of a study.toml: its settings, its command, its language model, and whether its trials fit the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil

from ...config.settings import Settings, read_settings
from ...core.catboost_log import BEST_VALUE
from ...core.cores import count_cores
from ...core.metric_words import is_of_test_data, is_of_training_data
from ...errors import InputError, MissingApiKey, MissingExtra
from ...llm.endpoints import endpoint_from
from ...llm.environment import load_environment
from ...llm.options import ModelOptions
from ...study.study import Study
from ...study.tuning import study_from_settings
from ...tasks.command import CommandTask
from ...text.wording import count, size
from .finding import Finding


def opened(path: Path, executor: str | None = None) -> tuple[list[Finding], Study | None, Settings | None]:
    """Return findings on a study.toml, the study that it describes, and its settings; None where it has errors.

    Args:
        path: The study.toml.
        executor: In place of the one that it names.
    """
    try:
        settings = read_settings(path, {"executor": executor})
        study = study_from_settings(settings, tracked=False)
        if study.task is not None:
            study.task.check(study.space)
    except MissingExtra as error:
        return [Finding("extras", "error", error.message, "Install it, or choose another setting.")], None, None
    except InputError as error:
        return [Finding("study.toml", "error", error.message, "Correct the file.")], None, None
    return list(_about(study, settings)), study, settings


def _about(study: Study, settings: Settings) -> Iterator[Finding]:
    yield Finding("study.toml", "ok", f"{settings.source.name} is valid")
    if study.task is None:
        yield Finding(
            "task", "hint", "the study has no task: other programs run its trials", "Add [task] to run them here."
        )
    elif isinstance(study.task, CommandTask):
        yield Finding("command", "ok", "its program and its files exist")
        reach = f"{'it reaches' if len(study.space.names) == 1 else 'all reach'} the script"
        yield Finding("parameters", "ok", f"{count(len(study.space.names), 'parameter')}: {reach}")
    for metric in study.objective.metrics:
        if metric.name == BEST_VALUE:  # CatBoost calls the data that it validates on so.
            continue
        if is_of_test_data(metric.name) or is_of_training_data(metric.name):
            kind = "test" if is_of_test_data(metric.name) else "training"
            message = f"the objective '{metric.name}' is measured on {kind} data: what is chosen by it looks too good"
            yield Finding("objective", "warning", message, "Let the script measure on validation data.")


def check_model(settings: Settings) -> Iterator[Finding]:
    """Yield a finding on the language model, if one is configured: whether its key is there. Nothing is asked of it."""
    table = settings.tables["agents"]
    if not table.get("model"):
        return
    options = ModelOptions.parse(table)
    if options.replay:
        yield Finding("model", "ok", f"{options.name} is replayed from {options.replay}")
        return
    environment = load_environment(settings.source.parent)
    for setting in (options.model, *options.fallbacks, *options.roles.values()):
        name = setting if isinstance(setting, str) else str(setting["name"])
        try:
            endpoint_from(setting, environment)
        except MissingApiKey as error:
            yield Finding("model", "warning", error.message, "Without a key, the study runs by rules alone.")
        except InputError as error:
            yield Finding("model", "error", error.message, "Correct [agents].")
        else:
            yield Finding("model", "ok", f"{name} has what it needs; nothing was asked of it")


def check_capacity(study: Study) -> Iterator[Finding]:
    """Yield findings on whether the trials that run at once fit the cores and the memory."""
    if not study.executor.capabilities.on_this_machine:
        return
    slots, cores = study.executor.capabilities.slots, count_cores()
    if slots > cores:
        yield Finding(
            "parallel",
            "warning",
            f"{slots} trials at once share {count(cores, 'core')}, so that each takes longer",
            f"Set parallel to at most {cores}, unless trials mostly wait for a GPU.",
        )
    limit = study.budget.memory_bytes
    total = psutil.virtual_memory().total
    if limit is not None and limit * slots > total:
        yield Finding(
            "memory",
            "warning",
            f"{count(slots, 'trial')} at once may use {size(limit * slots)}, but the machine has {size(total)}",
            "Lower memory_gb in [budget] or parallel in [search].",
        )
