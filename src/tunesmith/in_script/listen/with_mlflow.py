"""MLflow: `mlflow.log_metric`, `mlflow.log_metrics`, and the same of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import note_calls

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .heard import Heard


def attach(module: ModuleType, heard: Heard) -> None:
    """Hear the functions of `mlflow.tracking.fluent`, and the client of `mlflow.tracking.client`."""

    def note_metric(key: str, value: Any, step: Any = None, *_: Any, **__: Any) -> None:
        heard.record("mlflow", {key: value}, step=step)

    def note_metrics(metrics: Any, step: Any = None, *_: Any, **__: Any) -> None:
        heard.record("mlflow", metrics, step=step)

    def note_metric_of_client(
        client: Any, run_id: str, key: str, value: Any, timestamp: Any = None, step: Any = None, *_: Any, **__: Any
    ) -> None:
        heard.record("mlflow", {key: value}, step=step)

    def note_batch(client: Any, run_id: str, metrics: Any = (), *_: Any, **__: Any) -> None:
        steps = {metric.step for metric in metrics}
        for step in sorted(steps):
            heard.record("mlflow", {metric.key: metric.value for metric in metrics if metric.step == step}, step=step)

    if module.__name__.endswith("fluent"):
        note_calls(module, "log_metric", note_metric)
        note_calls(module, "log_metrics", note_metrics)
    else:
        note_calls(module.MlflowClient, "log_metric", note_metric_of_client)
        note_calls(module.MlflowClient, "log_batch", note_batch)
