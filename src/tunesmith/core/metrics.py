"""Metrics as trials give them: one rule, wherever they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from ..errors import InputError, nearest
from ..text.cleaning import valid
from .schema import expect_table
from .values import finite, number, step

MAX_METRICS = 1000
"""The most metrics of a trial or a report. More are no summary: every one is journaled, shown and mirrored."""
MAX_NAME = 200
"""The most characters of a metric's name."""


def metric_name(name: str) -> str:
    """Return the name of a metric, or raise `InputError` if it is too long."""
    if len(name) > MAX_NAME:
        start = f"{name[:40]!r}..."
        raise InputError(f"a metric's name must have at most {MAX_NAME} characters, got {len(name):,}: {start}")
    return name


def metric_value(name: str, value: object) -> float:
    """Return a metric as a finite float, or raise `InputError`; text and booleans are no numbers."""
    return finite(value, f"metric '{name}'")


def usable_metrics(values: object, required: Sequence[str], source: str) -> tuple[dict[str, float], list[str]]:
    """Return the finite numbers among a trial's values, and why the others are left out.

    At most `MAX_METRICS` are returned, those that are required before the others.

    Args:
        values: By name.
        required: Names that must be present, with finite numbers.
        source: Where the values come from, in words, for the message.

    Raises:
        InputError: A required metric is missing, or not a finite number.
    """
    table = {valid(str(name)): value for name, value in expect_table(values).items()}
    for name in required:
        if name not in table:
            names = sorted(table)
            has = (
                f"has only {', '.join(n[:60] for n in names[:20])}.{nearest(name, names[:MAX_METRICS])}"
                if names
                else "has no metric at all."
            )
            raise InputError(f"the metric '{name}' is missing: {source} {has}")
    metrics: dict[str, float] = {}
    faults: list[str] = []
    if len(table) > MAX_METRICS:
        faults.append(_too_many(source, len(table)))
        kept = {*required, *islice((name for name in table if name not in required), MAX_METRICS - len(required))}
        table = {name: value for name, value in table.items() if name in kept}
    for name, value in table.items():
        try:
            metrics[name if name in required else metric_name(name)] = metric_value(name, value)
        except InputError as error:
            if name in required:
                raise
            faults.append(error.message)
    return metrics, faults


def report_values(number_of_step: object, values: Mapping[str, object]) -> tuple[int, dict[str, float]]:
    """Return the step and the metrics of a report, which may be infinite or NaN, or raise `InputError`."""
    if len(values) > MAX_METRICS:
        raise InputError(_too_many("a report", len(values)))
    return step(number_of_step), {metric_name(n): number(value, f"metric '{n}'") for n, value in values.items()}


def _too_many(source: str, count: int) -> str:
    return (
        f"{source} must have at most {MAX_METRICS:,} metrics, got {count:,}. Give a summary, "
        "and write the rest to a file in the trial's folder."
    )
