"""Requests to MLflow, within its limits and in a bounded time."""

from __future__ import annotations

import hashlib
import importlib
import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core.trial import Value
from ...errors import InputError, TunesmithError
from ...text.cleaning import without_passwords

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

REQUEST_SECONDS = 15

_MOST_KEY = 250  # Characters of the name of a parameter or metric.
_MOST_PARAMETER = 500  # Characters of a value: the limit of older servers; newer ones take 6000.
_MOST_TAG = 5000
_MOST_PARAMETERS = 80  # Per request, which may hold 100 of them.
_MOST_METRICS = 800  # Per request, which may hold 1000 items in all.
_PAGE = 500  # Runs per request of a search.

_SETTINGS: dict[str, dict[str, object]] = {
    # A request is not retried: one that was carried out without an answer would create a second run. The tracker is
    # opened again instead, and looks for what is there.
    "mlflow.utils.rest_utils": {
        "MLFLOW_HTTP_REQUEST_TIMEOUT": REQUEST_SECONDS,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": 0,
    },
    "mlflow.tracking._tracking_service.client": {"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": True},
}
"""Our defaults for settings of MLflow's client, by the module that reads them."""

_is_tracking: ContextVar[bool] = ContextVar("is_tracking", default=False)


class Point(NamedTuple):
    """A value of a metric; two points are the same whatever their time."""

    key: str
    step: int
    value: float


class _OwnDefault:
    """A setting of MLflow's client with another default for trackers.

    An environment variable would do the same to the trials, which may use MLflow themselves.
    """

    def __init__(self, setting: Any, default: object) -> None:
        self._setting = setting
        self._default = default

    def get(self) -> object:
        return self._default if _is_tracking.get() and not self._setting.is_set() else self._setting.get()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._setting, name)

    def __str__(self) -> str:
        return str(self._setting)


def connect(uri: str | None) -> MlflowClient:
    """Return a client for a tracking server, or for the one that MLflow's environment variables name."""
    from mlflow.tracking import MlflowClient

    for name, defaults in _SETTINGS.items():
        module = importlib.import_module(name)
        for setting, default in defaults.items():
            current = getattr(module, setting, None)
            if current is not None and not isinstance(current, _OwnDefault):
                setattr(module, setting, _OwnDefault(current, default))
    return MlflowClient(tracking_uri=uri)


@contextmanager
def bounded(uri: str | None) -> Iterator[None]:
    """Bound the requests made in this context, and turn their errors into one readable line.

    Args:
        uri: The tracking server, for the message.

    Raises:
        TunesmithError: MLflow cannot be reached, or refused a request.
    """
    token = _is_tracking.set(True)
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith("mlflow."):
            raise
        cause: BaseException = error
        while (inner := cause.__cause__ or cause.__context__) is not None:
            cause = inner  # The innermost error says "connection refused"; the others wrap it in the whole request.
        server = without_passwords(uri or os.environ.get("MLFLOW_TRACKING_URI") or "its default store")
        raise TunesmithError(f"MLflow at {server}: {without_passwords(str(cause))}") from None
    finally:
        _is_tracking.reset(token)


def find_experiment(client: MlflowClient, name: str) -> str:
    """Return the id of the experiment of this name; create it if there is none.

    Raises:
        InputError: The experiment was deleted.
    """
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        return str(client.create_experiment(name))
    if experiment.lifecycle_stage == "deleted":
        raise InputError(
            f"MLflow's experiment '{name}' was deleted. Restore it, or choose another: "
            'mlflow = { experiment = "..." } in [trackers].'
        )
    return str(experiment.experiment_id)


def search(client: MlflowClient, experiment: str, tag: str, value: str, *, deleted: bool = False) -> Iterator[Run]:
    """Yield the runs of an experiment in which a tag has a value, the oldest first."""
    token: str | None = None
    while True:
        page = client.search_runs(
            [experiment],
            f"tags.`{tag}` = '{value}'",
            run_view_type=3 if deleted else 1,  # ViewType.ALL and ViewType.ACTIVE_ONLY
            max_results=_PAGE,
            order_by=["attributes.start_time ASC"],
            page_token=token,
        )
        yield from page
        token = page.token
        if not token:
            return


def send(
    client: MlflowClient,
    run: str,
    *,
    points: Mapping[Point, float] = {},
    parameters: Mapping[str, Value] = {},
    tags: Mapping[str, str] = {},
) -> None:
    """Log to a run. Tags are sent last, so a run that has them is complete.

    Args:
        client: The client.
        run: The run's id.
        points: Metrics, with their times in seconds since 1970.
        parameters: Values by name, of the same run always the same.
        tags: Values by name.
    """
    from mlflow.entities import Metric, Param, RunTag

    metrics = [Metric(point.key, point.value, round(1000 * at), point.step) for point, at in points.items()]
    params = [Param(key(name), _cut(str(value), _MOST_PARAMETER)) for name, value in parameters.items()]
    if len(params) > _MOST_PARAMETERS:
        client.log_batch(run, params=params)
        params = []
    while len(metrics) > _MOST_METRICS:
        client.log_batch(run, metrics=metrics[:_MOST_METRICS])
        metrics = metrics[_MOST_METRICS:]
    client.log_batch(run, metrics, params, [RunTag(name, tag(value)) for name, value in tags.items()])


def points_of(client: MlflowClient, run: str) -> set[Point]:
    """Return all metrics that a run has logged."""
    names = client.get_run(run).data.metrics
    return {Point(name, old.step, old.value) for name in names for old in client.get_metric_history(run, name)}


def tag(value: object) -> str:
    """Return a tag's value within the limit of its length."""
    return _cut(str(value), _MOST_TAG)


def key(name: str) -> str:
    """Return the name under which MLflow takes a parameter or metric; two names never get the same.

    >>> key("model.lr"), key("loss@1"), key("../x")
    ('model.lr', 'loss_1-8cf9', '__x-d6b9')
    """
    allowed = re.sub(r"[^/\w.\-: ]", "_", name) or "_"
    if posixpath.normpath(allowed) != allowed or allowed.startswith(("/", "..")):
        allowed = allowed.replace("/", "_").replace("..", "_")
    if allowed == name and len(name) <= _MOST_KEY:
        return name
    return f"{allowed[: _MOST_KEY - 5]}-{hashlib.sha256(name.encode()).hexdigest()[:4]}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
