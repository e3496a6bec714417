"""The metrics of a trial of a command: from a file, its output, or what it logs with a library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...trial_folder.metrics import bad_metrics, finite_metrics, read_metrics, write_metrics
from ...trial_folder.names import METRICS_FILE
from .metrics_file import LOGGED, NO_FILES, MetricsFile
from .nested_values import wanted_values
from .printed_metrics import PrintedMetrics
from .printed_names import is_printable


def final_metrics(
    folder: Path,
    source: str | None,
    required: Sequence[str],
    *,
    printed: PrintedMetrics,
    file: MetricsFile | None,
    logged: Mapping[str, float],
) -> dict[str, float]:
    """Return the metrics of a trial whose command has ended; metrics.json keeps those that were in no file.

    Args:
        folder: The trial's folder.
        source: Where they are, as `metrics` of `CommandOptions`.
        required: The metrics that must be there.
        printed: What the output shows.
        file: The table or text that they are read from, if they are.
        logged: The last values that the script logged with a library.

    Raises:
        TrialFailed: One is missing or no finite number.
    """
    if source not in NO_FILES:
        name = source or METRICS_FILE
        try:
            values = wanted_values(read_metrics(folder / name), required) if file is None else file.values()
            return finite_metrics(values, required, name)
        except FileNotFoundError:
            if source is not None:
                raise bad_metrics(f"the script must write {name} into {{trial_dir}}, but it has not.") from None
    if source == LOGGED:
        metrics = finite_metrics(dict(logged), required, "what it logs")
    else:
        values = printed.values()
        if source is None:
            values |= _more_exact(values, {name: logged[name] for name in required if name in logged})
        _check_printed(printed, values, required, or_file=source is None)
        metrics = finite_metrics(values, required, "its output")
    write_metrics(folder, metrics)
    return metrics


def _more_exact(printed: Mapping[str, float], logged: Mapping[str, float]) -> dict[str, float]:
    """Return the logged values that were not printed, or with fewer digits, as libraries do."""
    return {
        name: value
        for name, value in logged.items()
        if name not in printed or math.isclose(printed[name], value, rel_tol=1e-3)
    }


def _check_printed(
    printed: PrintedMetrics, values: Mapping[str, float], required: Sequence[str], *, or_file: bool
) -> None:
    """Raise `TrialFailed` for a metric that is missing because of how it is printed."""
    unread = printed.unread()
    for name in required:
        if name not in values and (rivals := printed.rivals(name)):
            raise bad_metrics(
                f"the metric '{name}' must be printed under one name, got {', '.join(map(repr, rivals))}. Write one of "
                "them in the objective."
            )
        if name not in values and name in unread:
            raise bad_metrics(
                f"the metric '{name}' must be printed as one plain number outside the script's settings, as "
                f"{name}=0.31, got {unread[name]!r}."
            )
    if not values and or_file:
        printing = f", or print {required[0]}=value" if is_printable(required[0]) else ""
        raise bad_metrics(f"no metric was found: the script must write {METRICS_FILE} into {{trial_dir}}{printing}.")
