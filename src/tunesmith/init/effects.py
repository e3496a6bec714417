"""Short runs that move one parameter each, to see that it changes what the script shows."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..core.objective import Objective
from ..core.parameters import Choice, Float, Int, Parameter
from ..core.space import SearchSpace
from ..core.trial import TrialFailed, TrialRequest, Value
from ..core.values import exact
from ..errors import TrialPruned
from ..executors.process import ProcessExecutor
from ..text.cleaning import short
from ..text.wording import count, number, value
from .choosing import with_spare
from .draft import Draft
from .observed import parallel_that_fits, shown_value
from .trying import task_and_baseline
from .tryout import Tryout

MOST_SECONDS = 180.0
"""The time of all these runs together."""
_MOST_SECONDS_EACH = 30.0
"""Of a script that takes longer, too few parameters could be moved."""
_LEAST_TIMEOUT = 30.0
_STEP = 0.35
"""How far a parameter is moved at first, as a share of its range."""
_MOST_MOVES = 3
"""A parameter that changes nothing is moved so often before it is left out."""
_SAME = 1e-6
"""Two values of a metric are the same if they differ by less than this share."""
_FEWEST_DIGITS = 3
"""A value that is rounded to fewer is compared as if it had so many."""
_UNITS = ("s", "sec", "secs", "second", "seconds", "time", "elapsed", "speed")


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What moving one parameter showed.

    Args:
        changes: Whether something changed.
        same: The values with which nothing changed.
        failed: The values with which the script failed.
    """

    changes: bool = False
    same: tuple[Value, ...] = ()
    failed: tuple[Value, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What the runs showed.

    Args:
        own: The metrics of each run of trial 0 that had an end.
        failure: Why trial 0 failed; empty if it did not.
        moved: What moving each parameter showed, as far as there was time.
    """

    own: tuple[Mapping[str, float], ...] = ()
    failure: str = ""
    moved: Mapping[str, Moved] = field(default_factory=dict)

    @property
    def idle(self) -> dict[str, str]:
        """Why parameters need not be tuned, by name."""
        return {
            name: f"the script fails with {_listed(moved.failed)}"
            if moved.failed and not moved.same
            else f"it changes nothing: tried with {_listed(moved.same)}"
            for name, moved in self.moved.items()
            if not moved.changes
        }


def can_be_moved(draft: Draft, tryout: Tryout) -> bool:
    """Tell whether the parameters of a draft can be moved in a short time."""
    is_ready = bool(draft.space) and not any(note.startswith("TO DO") for note in draft.notes)
    return is_ready and tryout.ending == "finished" and tryout.seconds <= _MOST_SECONDS_EACH


def measure_effects(draft: Draft, tryout: Tryout, folder: Path) -> Effects:
    """Run trial 0 of a draft twice, and then, as far as time allows, once or more for each parameter.

    The runs are those of a study: with a folder of their own, with limits, and without the user's secrets.

    Args:
        draft: The draft, which `can_be_moved`.
        tryout: The run of the user's own command.
        folder: The folder of the runs, which is removed in the end.

    Returns:
        What they showed.
    """
    slots = parallel_that_fits(tryout)
    try:
        # The threads end after the executor has killed their trials.
        with ThreadPoolExecutor(slots) as threads, ProcessExecutor(slots=slots, grace_seconds=1.0) as executor:
            executor.open(lambda number, attempt, step, metrics: None)
            runs = _Runs(draft, tryout, folder, executor)
            try:
                return runs.all(threads)
            finally:
                runs.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def with_effects(draft: Draft, effects: Effects, tryout: Tryout) -> Draft:
    """Return a draft without the parameters that change nothing, and with notes on trial 0."""
    idle = effects.idle
    notes = [*draft.notes, *_about_trial_0(draft, effects, tryout)]
    if idle and len(idle) == len(draft.space):
        notes.append(
            "TO DO: check that the command hands the parameters on, since none of them changes what the script shows."
        )
        return replace(draft, notes=tuple(notes))
    if effects.moved:
        many = count(len(effects.moved), "parameter")
        they = f"all but {', '.join(idle)}" if idle else "all"
        notes.append(f"Moved to other values, {they} of {many} change what the script shows.")
    remarks = {
        name: "; ".join(filter(None, (draft.remarks.get(name), f"the script fails with {_listed(moved.failed)}")))
        for name, moved in effects.moved.items()
        if moved.failed and moved.changes
    }
    space = {
        name: _narrowed(parameter, _own(draft, name), effects.moved[name].failed) if name in remarks else parameter
        for name, parameter in draft.space.items()
    }
    return with_spare(replace(draft, space=space, notes=tuple(notes), remarks={**draft.remarks, **remarks}), idle)


def _own(draft: Draft, name: str) -> Any:
    return draft.values.get(name, draft.space[name].default)


def _narrowed(parameter: Parameter, own: Any, failed: Sequence[Value]) -> Parameter:
    """Return a range that ends between the user's own value and those with which the script failed.

    >>> _narrowed(Int(1, 16, log=True), 4, [1]).low, _narrowed(Float(0.0, 1.0), 0.25, [0.75]).high
    (2, 0.5)
    """
    if not isinstance(parameter, Int | Float) or not isinstance(own, int | float):
        return parameter
    units = {parameter.to_unit(each): (parameter.to_unit(each) + parameter.to_unit(own)) / 2 for each in failed}
    low = max((between for unit, between in units.items() if unit < between), default=0.0)
    high = min((between for unit, between in units.items() if unit > between), default=1.0)
    if isinstance(parameter, Int):
        return replace(parameter, low=parameter.from_unit(low), high=parameter.from_unit(high))
    low, high = (float(f"{parameter.from_unit(unit):.3g}") for unit in (low, high))
    return replace(parameter, low=low, high=high)


def _about_trial_0(draft: Draft, effects: Effects, tryout: Tryout) -> Iterator[str]:
    if effects.failure:
        why = short(effects.failure, 200)
        yield f"TO DO: correct the command or its metrics, since trial 0 of this study fails: {why}"
    metric = Objective.parse(draft.objective).primary.name
    own = sorted({metrics[metric] for metrics in effects.own if metric in metrics})
    yours = shown_value(draft, tryout)
    if len(own) > 1:
        yield (
            f"Two runs with your own values give {metric} = {number(own[0])} and {number(own[-1])}: the script does "
            "not repeat its result with the same seed, so that small differences mean nothing."
        )
    elif own and yours is not None and not _agree(own[0], yours):
        yield f"Warning: trial 0 gives {metric} = {number(own[0])}, but your own command gave {number(yours)}."
    elif own:
        yield f"Trial 0 gives the same {metric} as your own command."


def _agree(first: float, second: float) -> bool:
    """Tell whether two values are the same, of which one may be rounded: a script logs 0.167567 and prints 0.16757."""
    digits = [
        len(repr(each).partition("e")[0].replace("-", "").replace(".", "").lstrip("0")) for each in (first, second)
    ]
    shown = max(_FEWEST_DIGITS, min(digits))
    return abs(first - second) <= max(_SAME, 0.51 * 10.0 ** (1 - shown)) * max(abs(first), abs(second))


def _listed(values: Iterable[Value]) -> str:
    return ", ".join(map(value, values))


class _Runs:
    """The runs for one draft."""

    def __init__(self, draft: Draft, tryout: Tryout, folder: Path, executor: ProcessExecutor) -> None:
        self._ended = False
        self._task, self._own = task_and_baseline(draft)
        self._space = SearchSpace(draft.space)
        self._seed = draft.seed
        self._objective = Objective.parse(draft.objective).primary.name
        self._folder = folder
        self._executor = executor
        self._deadline = time.monotonic() + MOST_SECONDS
        self._timeout = max(_LEAST_TIMEOUT, 4 * tryout.seconds)
        self._lock = threading.Lock()
        self._count = 0

    def all(self, threads: ThreadPoolExecutor) -> Effects:
        """Run trial 0 and move each parameter."""
        own: list[Mapping[str, float]] = []
        failure = ""
        for outcome in list(threads.map(self._run, [self._own, self._own])):
            if isinstance(outcome, str):
                failure = outcome
            elif outcome is not None:
                own.append(outcome)
        if not own:
            return Effects(failure=failure)
        same = {name: v for name, v in own[0].items() if all(other.get(name) == v for other in own) and _counts(name)}
        if len(own) < 2 or self._objective not in same:
            return Effects(own=tuple(own))
        names = [name for name in self._space.names if name in self._own]
        moved = list(threads.map(lambda name: self._move(name, same), names))
        return Effects(
            own=tuple(own),
            moved={name: each for name, each in zip(names, moved, strict=True) if each is not None},
        )

    def end(self) -> None:
        """Start no more runs."""
        with self._lock:
            self._ended = True

    def _move(self, name: str, own: Mapping[str, float]) -> Moved | None:
        """Move a parameter until something changes; return None if there is no time for it."""
        same: list[Value] = []
        failed: list[Value] = []
        for moved in moves(self._space.parameters[name], self._own[name]):
            outcome = self._run(self._space.complete({**self._own, name: moved}))
            if outcome is None:
                return None
            if isinstance(outcome, str):
                failed.append(moved)
            elif any(outcome.get(metric, v) != v for metric, v in own.items()):
                return Moved(changes=True, same=tuple(same), failed=tuple(failed))
            else:
                same.append(moved)
        return Moved(same=tuple(same), failed=tuple(failed)) if same or failed else None

    def _run(self, parameters: Mapping[str, Value]) -> Mapping[str, float] | str | None:
        """Run a configuration; return its metrics, why it failed, or None if there is no time for it."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            return None
        with self._lock:  # An executor takes one trial at a time.
            if self._ended:
                return None
            self._count += 1
            number, folder = self._count, self._folder / f"{self._count:03d}"
            request = TrialRequest(
                number=number,
                attempt=1,
                parameters=parameters,
                seed=self._seed,
                folder=folder,
                timeout_seconds=min(self._timeout, left),
            )
            future = self._executor.submit(self._task, request)
        try:
            return dict(future.result().metrics)
        except TrialFailed as error:
            return None if error.failure.kind == "timeout" else error.failure.reason
        except TrialPruned:  # The user does not wait any longer.
            return None
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def moves(parameter: Parameter, own: Value) -> list[Value]:
    """Return other values of a parameter: those nearby first, then the ends of its range.

    >>> from tunesmith import Choice, Float
    >>> moves(Float(0.0, 1.0), 0.5), moves(Choice(["a", "b", "c"]), "b")
    ([0.15, 0.85, 0.0], ['a', 'c'])
    """
    if isinstance(parameter, Choice):
        others = [option for option in parameter.options if exact(option) != exact(own)]
    else:
        unit = min(1.0, max(0.0, parameter.to_unit(own)))
        units = [place for place in (unit - _STEP, unit + _STEP, 0.0, 1.0) if 0 <= place <= 1]
        others = [other for other in dict.fromkeys(map(parameter.from_unit, units)) if other != own]
    return others[:_MOST_MOVES]


def _counts(name: str) -> bool:
    """Tell whether a metric tells of the training, and not of the time that it took."""
    return name.lower() not in _UNITS
