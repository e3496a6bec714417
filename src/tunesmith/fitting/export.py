"""Write a fitted model in the forms that other programs and people use."""

from __future__ import annotations

from pathlib import Path

from .. import plugins
from ..core.trial import State
from ..ensembles.ensemble import Ensemble
from ..ensembles.forecast_ensemble import ForecastEnsemble
from ..errors import InputError, OutputError
from ..exporters.base import Export, Exporter, ExportSource, ForecastExporter, ForecastSource
from ..study.tuning import load
from ..tasks import forecast
from ..tasks.table import PREDICTIONS_FILE
from ..trial_folder.names import ARTIFACTS_FOLDER
from .forecasting.test_part import score_test_part
from .prepare import TABLE_FOLDER
from .rules import ADDED_UP_OF_FORECASTS, EnsembleRules


def export_model(
    folder: Path, ensemble: Ensemble | ForecastEnsemble, path: Path | str | None = None, to: str | None = None
) -> Export:
    """Write a fitted model.

    Args:
        folder: The study's folder.
        ensemble: The model, or forecasting models.
        path: The file; by default `model.onnx`, `model.py` or `model.md` in the study's folder.
        to: The name of an exporter; by default that of the path's suffix.

    Returns:
        What was written.

    Raises:
        InputError: The exporter is not known, or cannot express the model.
        OutputError: The file cannot be written.
    """
    name = to or _name_for(path)
    exporter: Exporter = plugins.create("exporters", name)
    target = folder / exporter.file if path is None else Path(path).expanduser()
    if target.is_dir():
        raise InputError(f"an export must be written to a file, but {target} is a folder.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(ensemble, Ensemble):
            return exporter.export(export_source(folder, ensemble), target)
        if not isinstance(exporter, ForecastExporter):
            raise InputError(f"the exporter {name} cannot write forecasting models.", keys=("to",))
        return exporter.export_forecasts(forecast_source(folder, ensemble), target)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}.") from None


def export_source(folder: Path, ensemble: Ensemble) -> ExportSource:
    """Return a fitted model and where it comes from, for an exporter.

    Args:
        folder: The study's folder.
        ensemble: The model.
    """
    study = load(folder)
    history = study.history
    files = {
        trial.number: trial.folder / ARTIFACTS_FOLDER / PREDICTIONS_FILE
        for trial in history.trials
        if trial.state is State.COMPLETE and trial.folder is not None
    }
    return ExportSource(
        folder=folder,
        history=history,
        ensemble=ensemble,
        table_folder=folder / TABLE_FOLDER,
        prediction_files=files,
        allows=EnsembleRules.of(study).allow_in_export,
    )


def forecast_source(folder: Path, ensemble: ForecastEnsemble) -> ForecastSource:
    """Return forecasting models and where they come from, for an exporter.

    Args:
        folder: The study's folder.
        ensemble: The models.
    """
    study = load(folder)
    assert isinstance(study.task, forecast.ForecastTask)
    backtest = study.task.backtest
    artifacts = {
        trial.number: trial.folder / ARTIFACTS_FOLDER
        for trial in study.history.trials
        if trial.state is State.COMPLETE and trial.folder is not None
    }
    return ForecastSource(
        folder=folder,
        history=study.history,
        ensemble=ensemble,
        backtest=backtest,
        backtest_files={number: place / forecast.BACKTEST_FILE for number, place in artifacts.items()},
        score_test=lambda: score_test_part(folder, backtest.panel, study, ensemble),
        allows=EnsembleRules.of(study, added_up=ADDED_UP_OF_FORECASTS).allow_in_export,
        model_folders={number: place / forecast.MODEL_FOLDER for number, place in artifacts.items()},
    )


def _name_for(path: Path | str | None) -> str:
    """Return the exporter whose files have a suffix."""
    suffixes = {Path(plugins.load("exporters", name).file).suffix: name for name in plugins.names("exporters")}
    suffix = "" if path is None else Path(path).suffix.lower()
    if suffix not in suffixes:
        raise InputError(
            f"the file of an export must end in {', '.join(sorted(suffixes))}, got {str(path)!r}. "
            f"Or name the form: {', '.join(sorted(suffixes.values()))}.",
            keys=("to",),
        )
    return suffixes[suffix]
