"""Checks a draft as a study is checked, and stops tuning parameters that would not reach the script."""

from __future__ import annotations

from ..core.objective import Objective
from ..core.space import SearchSpace
from ..core.values import exact
from ..engine.configurations import baseline
from ..errors import InputError
from ..tasks.command import CommandTask
from .choosing import with_spare
from .draft import Draft


def checked(draft: Draft) -> Draft:
    """Return a draft whose parameters all reach the script, and whose trial 0 is the user's own configuration."""
    while draft.space:
        fault = _fault(draft)
        if fault is None:
            return draft
        name, reason = fault
        draft = with_spare(draft, {name: reason})
    return draft


def task_of(draft: Draft) -> CommandTask:
    """Return the task that runs a draft's trials.

    Raises:
        InputError: The draft is none that could run.
    """
    return CommandTask(
        command=draft.command,
        metric=Objective.parse(draft.objective).primary.name,
        folder=draft.folder,
        config=draft.config,
        metrics=draft.metrics,
        environment=dict(draft.environment),
        flags={name: words for name, words in draft.flags.items() if name in draft.space},
        spelling=draft.spelling,
        names=tuple(draft.space),
        remove=[name for name, parameter in draft.space.items() if parameter.inactive == "remove"],
    )


def _fault(draft: Draft) -> tuple[str, str] | None:
    """Return a parameter that cannot be tuned as it is, and the reason; None if all can."""
    space = SearchSpace(draft.space)
    try:
        task = task_of(draft)
        task.check(space)
    except InputError as error:
        if error.keys[:1] == ("space",) and error.keys[1:2] and error.keys[1] in draft.space:
            return error.keys[1], error.message
        return None
    first = baseline(space, task.defaults()).parameters
    for name, value in first.items():
        if name in draft.values and not _is_same(value, draft.values[name]):
            return name, "its present value cannot be written as a parameter"
    return None


def _is_same(value: object, present: object) -> bool:
    """Tell whether two values are the same to a script, which may read a boolean as text."""
    if exact(value) == exact(present) or str(value).lower() == str(present).lower():
        return True
    numbers = (int, float)
    return isinstance(value, numbers) and isinstance(present, numbers) and float(value) == float(present)
