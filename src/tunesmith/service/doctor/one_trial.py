"""Checks of a run of the study's command: whether it works, shows the objective, and leaves room for others."""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout

import psutil

from ...core.trial import Failure, TrialFailed, TrialRequest, Value
from ...init.observed import whole_seconds
from ...init.outputs import shared_places
from ...init.tryout import Tryout
from ...study.study import Study
from ...tasks.command import CommandTask
from ...tasks.command.trial import CommandTrial
from ...text.wording import count, duration, estimate, size
from ...trial_folder.names import LOG_FILE
from .finding import Finding

_MOST_NAMED = 5


def check_trial(study: Study, task: CommandTask, parameters: Mapping[str, Value], tryout: Tryout) -> Iterator[Finding]:
    """Yield findings on a run of trial 0.

    Args:
        study: The study.
        task: Its task.
        parameters: The parameters of the run.
        tryout: The run.
    """
    log = f"see {tryout.folder / LOG_FILE}"
    if not tryout.counts:
        remedy = tryout.trouble[:1].upper() + tryout.trouble[1:] if tryout.trouble else f"Fix it; {log}."
        yield Finding("run", "error", f"your own configuration failed: {tryout.reason}", remedy)
        return
    if tryout.ending == "finished":
        yield Finding("run", "ok", f"your own configuration finished after {duration(tryout.seconds)}")
    else:
        yield Finding("run", "hint", tryout.reason, "Give it more time with --try-minutes to see its end.")
    yield from _metrics(study, task, parameters, tryout)
    yield from _time(study, tryout)
    yield from _memory(study, tryout)
    yield from _output(study, tryout)


def _metrics(study: Study, task: CommandTask, parameters: Mapping[str, Value], tryout: Tryout) -> Iterator[Finding]:
    metrics, counts, failure = _measured(task, parameters, tryout)
    if failure is not None and tryout.ending == "finished":
        names = list(dict.fromkeys(metric.name for metric in tryout.metrics))[:_MOST_NAMED]
        shown = f"The run showed {', '.join(names)}. " if names else ""
        remedy = f"{shown}Fix [task] or the script; see {tryout.folder / LOG_FILE}."
        yield Finding(failure.kind, "error", failure.reason.rstrip("."), remedy)
        return
    for name in task.wanted:
        if not math.isfinite(metrics.get(name, math.nan)):
            yield Finding("metric", "warning", f"'{name}' was not shown yet", "Give it more time with --try-minutes.")
            continue
        reports = f", after {count(counts[name], 'report')}" if counts[name] else ""
        yield Finding("metric", "ok", f"'{name}' was {metrics[name]:.6g}{reports}")
        has_pruner = study.spec.pruner not in (None, "none")
        if has_pruner and name == task.metric and counts[name] < 2 and tryout.ending == "finished":
            times = "once" if counts[name] else "only at the end"
            yield Finding(
                "pruner",
                "warning",
                f"'{name}' was shown {times}: a pruner needs values before the end of the trial",
                "Let the script show it in every epoch, or remove the pruner.",
            )


def _measured(
    task: CommandTask, parameters: Mapping[str, Value], tryout: Tryout
) -> tuple[dict[str, float], Counter[str], Failure | None]:
    """Read a run as a trial is read.

    Returns:
        The metrics, those of the last report if it did not finish; how often each was reported; and why the trial
        would fail.
    """
    metrics: dict[str, float] = {}
    counts: Counter[str] = Counter()

    def report(step: int, values: Mapping[str, float]) -> None:
        metrics.update(values)
        counts.update(values.keys())

    trial = CommandTrial(task, TrialRequest(number=0, attempt=1, parameters=parameters, seed=0, folder=tryout.folder))
    reading = trial.reading(report)
    log = tryout.folder / LOG_FILE
    reading.feed(log.read_bytes() if log.exists() else b"")
    try:
        with redirect_stdout(io.StringIO()):  # Notes for the log of a trial.
            metrics.update(trial.measurement(reading).metrics)
    except TrialFailed as error:
        return metrics, counts, error.failure
    return metrics, counts, None


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
        length = f"{count(budget.trials, 'trial')} take about {estimate(study_seconds)}"
        if budget.minutes is not None and study_seconds > 60 * budget.minutes:
            yield Finding(
                "time", "hint", f"{length}, longer than its {budget.minutes:g} minutes", "Raise minutes if you can."
            )
        else:
            yield Finding("time", "ok", length)


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
