"""A study as a pandas table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..core.trial import Value
from ..errors import MissingExtra
from ..history.history import History

if TYPE_CHECKING:
    import pandas as pd

_NULLABLE = {int: "Int64", float: "Float64", bool: "boolean"}
"""The pandas types of columns that have numbers, and nothing where the parameter is inactive."""


def frame_of(history: History) -> pd.DataFrame:
    """Return the trials as a table: one row each, parameters and metrics as columns.

    Args:
        history: The study's trials.

    Raises:
        MissingExtra: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtra("a frame needs pandas. Install it with: pip install 'tunesmith[notebook]'") from None
    trials = history.trials
    rows = [
        {
            "number": trial.number,
            "state": str(trial.state),
            "proposer": trial.proposal.proposer,
            **{f"parameters.{name}": value for name, value in trial.parameters.items()},
            **{f"metrics.{name}": value for name, value in trial.metrics.items()},
            "seconds": trial.seconds,
            "verdict": trial.verdict.decision if trial.verdict else None,
            "failure": trial.failure.reason if trial.failure else None,
        }
        for trial in trials
    ]
    frame = pd.DataFrame(rows)
    for name, parameter in history.space.parameters.items():
        active = [parameter.convert(trial.parameters[name]) for trial in trials if name in trial.parameters]
        values = iter(active)
        column = [next(values) if name in trial.parameters else pd.NA for trial in trials]
        frame[f"parameters.{name}"] = pd.Series(column, dtype=_type_of(active, whole=len(active) == len(trials)))
    return frame


def _type_of(active: Sequence[Value], *, whole: bool) -> Any:
    """Return the pandas type of a parameter's column, in which None and values of several types stay what they are.

    Args:
        active: The values where the parameter is active.
        whole: Whether it is active everywhere.
    """
    kinds = {type(value) for value in active}
    kind = kinds.pop() if len(kinds) == 1 else object
    return (kind if whole else _NULLABLE.get(kind)) if kind in _NULLABLE else object
