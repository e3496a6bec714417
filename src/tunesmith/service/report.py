"""The report of a study, or of the fit that it is."""

from __future__ import annotations

from pathlib import Path

from ..core.trial import State
from ..ensembles.combination import Combination
from ..ensembles.ensemble import load_combination
from ..errors import InputError
from ..fitting.files import MODEL_FOLDER
from ..fitting.forecasting.result import ForecastResult
from ..fitting.report import write_fit
from ..fitting.result import combine
from ..study.study import Study
from ..tasks.forecast import ForecastTask
from ..tasks.table import TableTask


def write_study(study: Study, path: Path | str | None = None) -> Path:
    """Write a study as one self-contained HTML page: what a fit has found and the search, or the search alone.

    Args:
        study: The study.
        path: The file; `report.html` in the study's folder by default.

    Returns:
        The path of the file.

    Raises:
        OutputError: The file cannot be written.
    """
    if isinstance(study.task, ForecastTask) and study.folder is not None and study.history.counts[State.COMPLETE]:
        return ForecastResult.load(study.folder).report(path)
    combination = combination_of(study)
    return study.report(path) if combination is None else write_fit(study, combination, path)


def combination_of(study: Study) -> Combination | None:
    """Return how the models of a fit are combined; None for another study, and before the first model."""
    if not isinstance(study.task, TableTask) or study.folder is None or not study.history.counts[State.COMPLETE]:
        return None
    folder = study.folder / MODEL_FOLDER
    try:
        if not folder.exists():
            combine(study, study.task)
        return load_combination(folder)
    except (InputError, OSError):  # The models or predictions are gone.
        return None
