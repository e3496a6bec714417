"""Checks of a run of the study's command: whether it works, shows the objective, and leaves room for others."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

from ...in_script.metric_names import WantedNames
from ...init.observed import whole_seconds
from ...init.outputs import shared_places
from ...init.tryout import Tryout
from ...study.study import Study
from ...tasks.command import CommandTask
from ...text.wording import count, duration, estimate, size
from .finding import Finding

_MOST_NAMED = 5


def check_trial(study: Study, task: CommandTask, tryout: Tryout) -> Iterator[Finding]:
    """Yield findings on a run of trial 0.

    Args:
        study: The study.
        task: Its task.
        tryout: The run.
    """
    log = f"see {tryout.folder / 'log.txt'}"
    if not tryout.counts:
        remedy = tryout.trouble[:1].upper() + tryout.trouble[1:] if tryout.trouble else f"Mend it; {log}."
        yield Finding("run", "error", f"your own configuration failed: {tryout.reason}", remedy)
        return
    if tryout.ending == "finished":
        yield Finding("run", "ok", f"your own configuration finished after {duration(tryout.seconds)}")
    else:
        yield Finding("run", "hint", tryout.reason, "Give it more time with --try-minutes to see its end.")
    yield from _metrics(study, task, tryout, log)
    yield from _time(study, tryout)
    yield from _memory(study, tryout)
    yield from _output(study, tryout)


def _metrics(study: Study, task: CommandTask, tryout: Tryout, log: str) -> Iterator[Finding]:
    place = None if task.metrics in (None, "stdout") else tryout.folder / str(task.metrics)
    shown = {metric.name: metric for metric in tryout.metrics if place is None or metric.file == place}
    wanted = (task.metric, *task.required)
    found = {WantedNames(wanted).find(name): metric for name, metric in shown.items()}
    for name in wanted:
        if (metric := found.get(name)) is not None:
            times = f", {count(metric.count, 'value')} by {metric.counted_by}" if metric.count > 1 else ""
            yield Finding("metric", "ok", f"'{name}' was {metric.source}: {metric.value:.6g}{times}")
            if study.spec.pruner not in (None, "none") and name == task.metric and metric.count == 1:
                yield Finding(
                    "pruner",
                    "warning",
                    f"'{name}' was {metric.source} once: a pruner has nothing to go by before the end",
                    "Let the script show it in every epoch, or remove the pruner.",
                )
        elif tryout.ending == "finished":
            names = ", ".join(list(shown)[:_MOST_NAMED]) or "none"
            yield Finding("metric", "error", f"'{name}' was not found; the run showed {names}", f"Correct it; {log}.")
        else:
            yield Finding("metric", "warning", f"'{name}' was not shown yet", "Give it more time with --try-minutes.")


def _time(study: Study, tryout: Tryout) -> Iterator[Finding]:
    whole = whole_seconds(tryout, tryout.settings)
    if whole is None:
        return
    budget, slots = study.budget, study.executor.capabilities.slots
    if budget.seconds_per_trial is not None and whole > budget.seconds_per_trial:
        yield Finding(
            "time",
            "error",
            f"a trial takes about {estimate(whole)}, and may take {duration(budget.seconds_per_trial)}",
            "Raise seconds_per_trial in [budget].",
        )
    if budget.trials is not None:
        study_seconds = budget.trials * whole / slots
        told = f"{count(budget.trials, 'trial')} take about {estimate(study_seconds)}"
        if budget.minutes is not None and study_seconds > 60 * budget.minutes:
            yield Finding(
                "time", "hint", f"{told}, longer than its {budget.minutes:g} minutes", "Raise minutes if you can."
            )
        else:
            yield Finding("time", "ok", told)


def _memory(study: Study, tryout: Tryout) -> Iterator[Finding]:
    peak, slots = tryout.peak_memory_bytes, study.executor.capabilities.slots
    if peak is None:
        return
    limit, available = study.budget.memory_bytes, psutil.virtual_memory().available
    if limit is not None and peak > limit:
        yield Finding(
            "memory", "error", f"a trial held {size(peak)}, and may hold {size(limit)}", "Raise memory_gb in [budget]."
        )
    elif peak * slots > available:
        yield Finding(
            "memory",
            "warning",
            f"{count(slots, 'trial')} at once need about {size(peak * slots)}, and {size(available)} are free",
            "Lower parallel in [search].",
        )
    else:
        yield Finding("memory", "ok", f"a trial held {size(peak)}" + (f", {slots} fit at once" if slots > 1 else ""))


def _output(study: Study, tryout: Tryout) -> Iterator[Finding]:
    shared = shared_places(tryout)
    if not shared:
        yield Finding("output", "ok", "every trial writes to a folder of its own, or nothing")
        return
    names = ", ".join(shared[:_MOST_NAMED]) + (" …" if len(shared) > _MOST_NAMED else "")
    at_once = study.executor.capabilities.slots > 1
    yield Finding(
        "output",
        "warning" if at_once else "hint",
        f"every trial writes {names}" + (", also those that run at once" if at_once else ""),
        "Send it to {trial_dir} by an option of the script, or name it in own_files of [task].",
    )
