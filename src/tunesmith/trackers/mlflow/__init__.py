"""MLflow: the study becomes a run, and each of its trials a run nested in it."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass, field

from ...core.schema import check_types
from ...errors import InputError, MissingExtra
from ...history.history import History
from ...journal.events import Event
from .mirror import Mirror
from .requests import bounded


@dataclass(kw_only=True)
class MlflowTracker:
    """Mirrors a study in MLflow.

    Runs are found again by their tags, `tunesmith.study` and `tunesmith.trial`: a study that was killed and resumed
    continues with the same runs. A run that is deleted in MLflow is not created again.

    Args:
        uri: The tracking server; that of `MLFLOW_TRACKING_URI` by default. User name, password and token may come from
            MLflow's own environment variables.
        experiment: The experiment's name; by default that of `MLFLOW_EXPERIMENT_NAME`, or the study's name.

    Raises:
        MissingExtra: MLflow's client is not installed.
        InputError: There is no tracking server to use.
    """

    uri: str | None = field(default=None, repr=False)
    experiment: str | None = None
    _mirror: Mirror | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        check_types(self)
        if importlib.util.find_spec("mlflow") is None:
            raise MissingExtra("the tracker mlflow needs an extra. Install it with: pip install 'tunesmith[mlflow]'")
        is_local = not (self.uri or os.environ.get("MLFLOW_TRACKING_URI"))
        if is_local and importlib.util.find_spec("sqlalchemy") is None:
            raise InputError(
                "the tracker mlflow needs a tracking server. Set MLFLOW_TRACKING_URI, or write "
                'mlflow = { uri = "http://..." }; to keep runs in a local file, install the package mlflow.',
                keys=("uri",),
            )

    def open(self, history: History) -> None:
        """Find what is in MLflow already, and note which trials differ."""
        with bounded(self.uri):
            self._mirror = Mirror(history, self.uri, self.experiment)

    def record(self, event: Event) -> None:
        """Note that a trial or the study has changed."""
        if self._mirror is not None:
            self._mirror.note(event)

    def flush(self) -> bool:
        """Send what has changed of one trial, or of the study once no trial is left."""
        with bounded(self.uri):
            return self._mirror is not None and self._mirror.send_next()

    def close(self) -> None:
        """End the study's run, where no session does so."""
        mirror, self._mirror = self._mirror, None
        if mirror is not None:
            with bounded(self.uri):
                mirror.close()
