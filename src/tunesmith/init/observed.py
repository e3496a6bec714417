"""A draft changed by what a run of the script showed: its metric, its output, and a budget that fits."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from ..core.cores import count_cores
from ..core.objective import Objective
from ..errors import InputError
from ..in_script.metric_names import WantedNames, metric_words
from ..text.cleaning import short
from ..text.wording import count, duration, estimate
from ..trial_folder.names import ARTIFACTS_FOLDER
from .choosing import MOST_TUNED, OF_LOSS, measures_loss
from .draft import Draft
from .metrics import spelled
from .name_words import option_words
from .outputs import with_outputs
from .score_functions import is_only_score, measured_by_scores
from .script_option import ScriptOption
from .space_edits import with_selection
from .suitability import Suitability, is_larger_better, is_of_catboost, ranked, suitability
from .tryout import SHORTEST_SECONDS, SeenMetric, Tryout

_SUPERSEDED = (
    *("The script prints '", "The script writes '", "The script logs '"),
    *("TO DO: report '", "TO DO: print a metric"),
)
_ERRORS = re.compile(r"(?<![A-Za-z])(?:(?:s?mape|wm?ape)(?![A-Za-z])|(?<!\.)errors?(?![A-Za-z(]))", re.IGNORECASE)
"""Words for percentages that are errors, but no exceptions."""
_EPOCHS = {"epochs", "epoch"}
_NOT_A_TOTAL = {"warmup", "patience", "start", "every", "interval", "decay", "freq", "save", "log", "eval"}
_LONG_SECONDS = 12 * 3600.0
_FEWEST_TRIALS = 20
_MOST_NAMED = 6


def with_tryout(draft: Draft, tryout: Tryout, options: Sequence[ScriptOption] = ()) -> Draft:
    """Return a draft changed by what a run of the script showed.

    Args:
        draft: The draft. What the user has said stays.
        tryout: The run.
        options: The script's options, as far as they are known.
    """
    draft = replace(draft, sample_output=tryout.log_tail)
    tryout = replace(tryout, metrics=_with_scores(tryout.metrics, draft))
    if not tryout.counts:
        note = f"TO DO: fix the script or its command. The test run failed: {tryout.reason}.{_remedy(tryout)}"
        first = next((n for n, other in enumerate(draft.notes) if other.startswith("TO DO")), len(draft.notes))
        return replace(draft, notes=(*draft.notes[:first], note, *draft.notes[first:]))
    values = {**draft.values, **{option.name: option.value for option in options}}
    tryout = replace(tryout, metrics=tuple(each for each in tryout.metrics if not _is_setting(each, values)))
    draft = with_outputs(_with_metric(draft, tryout), tryout, options)
    return _with_written(_with_time(draft, tryout, values), tryout, options)


def _remedy(tryout: Tryout) -> str:
    return f" It seems that {tryout.trouble}" if tryout.trouble else ""


def _with_scores(metrics: Sequence[SeenMetric], draft: Draft) -> tuple[SeenMetric, ...]:
    """Note on what is only called a score what the script's function of this name computes."""
    text = draft.script.read_text(encoding="utf-8", errors="replace") if draft.script is not None else ""
    measures = measured_by_scores(text) if any(is_only_score(metric.name) for metric in metrics) else ""
    return tuple(replace(each, measures=measures) if is_only_score(each.name) else each for each in metrics)


def _is_setting(metric: SeenMetric, values: Mapping[str, Any]) -> bool:
    """Tell whether a metric is a setting that the script prints or writes down, as `holdout = 8`."""
    words = metric_words(metric.name)
    return metric.count == 1 and any(
        metric.value == value and not isinstance(value, bool) and words == metric_words(name.rpartition(".")[2])
        for name, value in values.items()
    )


def shown_value(draft: Draft, tryout: Tryout) -> float | None:
    """Return the value of a draft's objective that a run showed, or None."""
    metric = _named(draft, tryout.metrics)
    return None if metric is None else metric.value


def whole_seconds(tryout: Tryout, values: Mapping[str, Any]) -> float | None:
    """Return the time of a whole run; see `Tryout.whole_seconds`.

    Args:
        tryout: A run.
        values: The values of the script's options, among which is the number of its epochs.
    """
    return tryout.whole_seconds(_epochs(values)[1])


def _with_metric(draft: Draft, tryout: Tryout) -> Draft:
    metrics = ranked(tryout.metrics, (Objective.parse(draft.objective).primary.name, *draft.metric_names))
    said = "study.objective" in draft.quotes
    metrics = metrics or (list(tryout.metrics) if said else [])
    notes = draft.notes if said else tuple(note for note in draft.notes if not _is_superseded(note))
    if not metrics:
        missing = (
            'TO DO: print a metric at the end of the script, as print(f"val_loss={loss}"), and correct the objective: '
            f"the run showed none, so that nothing tells which parameters are better.{_remedy(tryout)}"
        )
        return replace(draft, notes=(*notes, missing))
    best = _named(draft, metrics) if said else metrics[0]
    if best is None:
        wanted = Objective.parse(draft.objective).primary.name
        missing = f"TO DO: let the script print {wanted}, or correct the objective: the run showed {_names(metrics)}."
        return replace(draft, notes=(*notes, missing), metric_names=tuple(map(_spelled, _unique(metrics))))
    if best.is_of_column and not said and not best.measures and not _tells_errors(best, draft):
        unclear = (
            f"TO DO: correct the objective: the run showed {_names(metrics)} ({short(best.sample, 80)}), and nothing "
            "tells whether larger is better."
        )
        return replace(draft, notes=(*notes, unclear), metric_names=tuple(map(_spelled, _unique(metrics))))
    changed = replace(
        draft,
        objective=draft.objective if said else _objective(best, metrics),
        metrics=_where(best, tryout),
        notes=(*notes, *_about(best, metrics)),
        metric_names=tuple(map(_spelled, _unique(metrics))),
        reports=draft.reports or best.count > 1,
    )
    return _with_weights_of_loss(changed)


def _tells_errors(metric: SeenMetric, draft: Draft) -> bool:
    """Tell whether the heading of a table or the script's text says that its numbers are errors."""
    text = draft.script.read_text(encoding="utf-8", errors="replace") if draft.script is not None else ""
    return _ERRORS.search(f"{metric.heading}\n{text}") is not None


def _with_weights_of_loss(draft: Draft) -> Draft:
    """Tune what was left alone because it changes the loss, if the objective turns out to be none."""
    names = [
        name
        for name, reason in draft.skipped.items()
        if reason == OF_LOSS and name in draft.spare and name not in draft.metric_names
    ]
    is_passed = draft.config is not None or "{args}" in draft.command
    is_free = "space" not in draft.quotes and len(draft.space) + len(names) <= MOST_TUNED
    if not names or not draft.space or not is_passed or not is_free or measures_loss(draft.objective):
        return draft
    return with_selection(draft, names, "also")[0]


def _is_superseded(note: str) -> bool:
    """Tell whether a note is about metrics that were only guessed from the script's text."""
    return note.startswith(_SUPERSEDED) or (note.startswith("TO DO") and "into the trial's folder:" in note)


def _named(draft: Draft, metrics: Sequence[SeenMetric]) -> SeenMetric | None:
    wanted = WantedNames((Objective.parse(draft.objective).primary.name,))
    return next((metric for metric in metrics if wanted.find(metric.name)), None)


def _objective(metric: SeenMetric, metrics: Sequence[SeenMetric]) -> str:
    return f"{'maximize' if is_larger_better(metric, metrics) else 'minimize'} {_spelled(metric.name)}"


def _spelled(name: str) -> str:
    """Return a metric's name as it can stand in an objective: as it was printed, or else in one word."""
    with suppress(InputError):
        if Objective.parse(f"minimize {name}").primary.name == name:
            return name
    return spelled(name)


def _about(best: SeenMetric, metrics: Sequence[SeenMetric]) -> list[str]:
    """Return the notes on the metric that was chosen."""
    how = {"printed": "prints", "reported": "reports"}.get(best.source) or f"writes to {best.file and best.file.name}"
    times = f" {count(best.count, 'time')}" if best.count > 1 else ""
    times += f", by {best.counted_by}" if times and best.counted_by != "count" else ""
    notes = [f"The script {how} '{best.name}'{times}: {short(best.sample, 100)}"]
    others = [metric for metric in metrics if metric.name != best.name]
    if others:
        notes.append(f"It also shows {_names(others)}.")
    data = suitability(best, metrics)
    if is_of_catboost(best):
        notes.append(f"'{best.name}' is CatBoost's own value, of the data that it is given as eval_set.")
    elif data == Suitability.TEST:
        notes.append(
            f"Warning: '{best.name}' is measured on test data. What is chosen by it looks better than it is: let the "
            "script measure on validation data, or keep other data for the end."
        )
    elif data == Suitability.TRAINING:
        notes.append(
            f"Warning: '{best.name}' is measured on the training data, which rewards over-fitting. Let the script "
            "measure on validation data."
        )
    return notes


def _where(metric: SeenMetric, tryout: Tryout) -> str | None:
    """Return where a trial's metrics are read from: None for what is logged with a library."""
    if metric.source == "printed":
        is_logged = any(other.source == "reported" and other.name == metric.name for other in tryout.metrics)
        return None if is_logged else "stdout"
    if metric.file is not None and metric.file.is_relative_to(tryout.folder):
        return metric.file.relative_to(tryout.folder).as_posix()
    return None


def _with_written(draft: Draft, tryout: Tryout, options: Sequence[ScriptOption]) -> Draft:
    """Let the metrics be read from where a trial writes its own version of a file."""
    best = _named(draft, ranked(tryout.metrics, (Objective.parse(draft.objective).primary.name,)))
    if best is None or best.source != "written" or draft.metrics is not None or best.file is None:
        return draft
    project = tryout.project.resolve()
    path = best.file.relative_to(project) if best.file.is_relative_to(project) else None
    if path is not None and any(Path(own) in (path, *path.parents) for own in draft.own_files):
        return replace(draft, metrics=f"work/{path.as_posix()}")
    if "{trial_dir}" in draft.command and path is not None and not _is_left(path, draft):
        for place in (path.name, f"{ARTIFACTS_FOLDER}/{path.name}"):
            if f"{{trial_dir}}/{place}" in draft.command:
                return replace(draft, metrics=place)
        own = Path(ARTIFACTS_FOLDER if f"{{trial_dir}}/{ARTIFACTS_FOLDER}" in draft.command else "")
        return replace(draft, metrics=(own / _inside(path, options)).as_posix())
    note = f"TO DO: let the script write {best.file.name} to {{trial_dir}}, or print {best.name}."
    return replace(draft, notes=(*draft.notes, note))


def _is_left(path: Path, draft: Draft) -> bool:
    """Tell whether the draft says that the user must give the script another place for a file."""
    lines = [note for note in draft.notes if note.startswith("TO DO: let the script write")]
    return any(re.search(rf"(?<![\w./]){re.escape(path.parts[0])}(?![\w.])", note) for note in lines)


def _inside(path: Path, options: Sequence[ScriptOption]) -> Path:
    """Return a written file relative to the folder that an option names, which is the trial's own now."""
    folders = [Path(option.value) for option in options if isinstance(option.value, str) and option.value]
    holding = [folder for folder in folders if folder.parts and folder != path and path.is_relative_to(folder)]
    if holding:
        return path.relative_to(max(holding, key=lambda folder: len(folder.parts)))
    return Path(*path.parts[1:]) if len(path.parts) > 1 else path


def _with_time(draft: Draft, tryout: Tryout, values: Mapping[str, Any]) -> Draft:
    """Return a draft with a number of trials that fits, and with notes on time and memory."""
    name, total = _epochs(values)
    whole = tryout.whole_seconds(total)
    notes = list(draft.notes)
    if whole is None:
        notes.append(f"A trial takes longer than {duration(tryout.seconds)}; nothing tells how much longer.")
        return replace(draft, notes=tuple(notes))
    trials, budget = draft.budget.get("trials"), dict(draft.budget)
    is_free = not any(key.startswith("budget.") for key in draft.quotes)
    if trials is not None and is_free and trials * whole > _LONG_SECONDS:
        trials = budget["trials"] = max(_FEWEST_TRIALS, math.floor(_LONG_SECONDS / whole))
    parts = [f"A trial takes about {_about_time(whole)}"]
    if tryout.pace is not None and tryout.pace.unit == "epoch" and tryout.pace.seconds >= SHORTEST_SECONDS:
        epochs = f", {duration(tryout.pace.seconds)} an epoch"
        parts.append(epochs + (f" ({name} = {total})" if name else ""))
    if trials is not None:
        parts.append(f"; {count(int(trials), 'trial')} take about {_about_time(trials * whole)} one after another")
    notes.append("".join(parts) + ".")
    if (most := parallel_that_fits(tryout)) > 1:
        notes.append(f"{most} trials at once would fit into memory and cores; see parallel in [search].")
    return replace(draft, budget=budget, notes=tuple(notes))


def _about_time(seconds: float) -> str:
    return estimate(seconds) if seconds >= 60 else duration(float(f"{seconds:.2g}"))


def parallel_that_fits(tryout: Tryout) -> int:
    """Return how many trials at once the memory and the cores of this machine allow; 1 with a GPU."""
    if tryout.gpu_memory_bytes or not tryout.peak_memory_bytes:
        return 1
    memory = int(psutil.virtual_memory().available * 0.8 / tryout.peak_memory_bytes)
    return max(1, min(count_cores(), memory))


def _epochs(values: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return the option that sets the number of epochs, and its value."""
    for name, value in values.items():
        parts = set(option_words(name))
        if parts & _EPOCHS and not parts & _NOT_A_TOTAL and isinstance(value, int) and value > 0:
            return name, value
    return "", None


def _unique(metrics: Sequence[SeenMetric]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(metric.name for metric in metrics))


def _names(metrics: Sequence[SeenMetric]) -> str:
    names = _unique(metrics)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(short(name, 60) for name in names[:_MOST_NAMED]) + more
