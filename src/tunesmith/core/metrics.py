"""Metrics as trials give them: one rule, wherever they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import InputError, nearest
from ..text.cleaning import valid
from .schema import expect_table
from .values import finite, number, step


def metric_value(name: str, value: object) -> float:
    """Return a metric as a finite float, or raise `InputError`; text and booleans are no numbers."""
    return finite(value, f"metric '{name}'")


def usable_metrics(values: object, required: Sequence[str], source: str) -> tuple[dict[str, float], list[str]]:
    """Return the finite numbers among a trial's values, and why the others are none.

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
            has = f"has only {', '.join(names[:20])}.{nearest(name, names)}" if names else "has no metric at all."
            raise InputError(f"the metric '{name}' is missing: {source} {has}")
    metrics: dict[str, float] = {}
    faults: list[str] = []
    for name, value in table.items():
        try:
            metrics[name] = metric_value(name, value)
        except InputError as error:
            if name in required:
                raise
            faults.append(error.message)
    return metrics, faults


def report_values(number_of_step: object, values: Mapping[str, object]) -> tuple[int, dict[str, float]]:
    """Return the step and the metrics of a report, which may be infinite or NaN, or raise `InputError`."""
    return step(number_of_step), {name: number(value, f"metric '{name}'") for name, value in values.items()}
