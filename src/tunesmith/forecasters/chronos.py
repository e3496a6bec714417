"""Chronos-2, a pretrained network that knows covariates (Ansari et al. 2025, arXiv 2510.15821).

The weights are the user's: a local folder, which TUNESMITH_CHRONOS_CHECKPOINT names. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..core.arrays import Floats, Singles
from ..core.parameters import Choice, Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._pretrained import PretrainedForecaster, PretrainedModel, device
from .base import ForecastProfile

_VARIABLE = "TUNESMITH_CHRONOS_CHECKPOINT"
_PATCH = 16
_AT_ONCE = 64  # Series; the authors advise about 100 where series learn from each other.


class ChronosModel(PretrainedModel):
    """Chronos-2 with the user's weights."""

    variable: ClassVar[str] = _VARIABLE
    file_name: ClassVar[str] = "model.safetensors"

    @classmethod
    def read(cls, weights: Path) -> Any:
        """Return the pipeline of the library; its weights are read as tensors alone."""
        from chronos import Chronos2Pipeline

        return Chronos2Pipeline.from_pretrained(
            str(weights.parent),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            device_map=device(),
        )

    def quantiles(
        self, network: Any, panel: Panel, histories: list[Singles], horizon: int
    ) -> tuple[Sequence[float], Floats]:
        """Return levels from 0 to 1, and the quantiles at them, shape `(series, horizon, levels)`."""
        with_covariates = self.parameters["covariates"] and panel.covariates
        inputs = _with_covariates(panel, histories, horizon) if with_covariates else histories
        forecasts = network.predict(
            inputs,
            prediction_length=horizon,
            batch_size=_AT_ONCE,
            cross_learning=bool(self.parameters["cross_learning"]),
        )
        return network.quantiles, np.stack([forecast[0].numpy().T for forecast in forecasts])


class ChronosForecaster(PretrainedForecaster):
    """Chronos-2 with the user's weights."""

    profile: ClassVar = ForecastProfile(
        title="Chronos-2 (pretrained)",
        purpose="pretrained on many series, knows covariates: strong without training where series are short or few",
        is_local=True,
        uses_covariates=True,
        predict_cost="high",
        size="high",
        modules=("torch", "chronos"),
        extra="chronos",
        checkpoint=_VARIABLE,
    )
    model: ClassVar = ChronosModel
    libraries: ClassVar[Sequence[str]] = ("tunesmith.forecasters._without_hub", "chronos")
    space: ClassVar[Mapping[str, Parameter]] = {
        "lookback": Int(64, 8_192, log=True),
        "covariates": Choice([True, False]),
        "cross_learning": Choice([False, True]),
    }
    usual_lookback: ClassVar = 2_048
    seconds_per_token: ClassVar = 3e-3
    seconds_to_load: ClassVar = 3.0

    def configurations(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return each series for itself, with covariates and without, and series that learn from each other."""
        choices: list[tuple[bool, bool]] = [(bool(panel.covariates), False)]
        choices += [(False, False)] if panel.covariates else []
        choices += [(bool(panel.covariates), True)] if len(panel) > 1 else []
        return [
            {**usual, "covariates": covariates, "cross_learning": cross}
            for usual in super().configurations(panel, horizon)
            for covariates, cross in choices
        ]

    def seconds(self, panel: Panel, horizon: int, parameters: Mapping[str, Value]) -> float:
        """Return an estimate of the processor seconds of one forecast of all series and their covariates."""
        series = 1 + (len(panel.covariates) if parameters["covariates"] else 0)
        return series * super().seconds(panel, horizon, parameters)

    def tokens(self, lengths: Floats, horizon: int, parameters: Mapping[str, Value]) -> Floats:
        """Return the number of pieces of a series that the network reads for one forecast, shape `(series,)`."""
        return np.asarray(np.ceil(lengths / _PATCH) + np.ceil(horizon / _PATCH) + 1)


def _with_covariates(panel: Panel, histories: list[Singles], horizon: int) -> list[dict[str, Any]]:
    """Return the histories beside covariates: their past, and of those that are known ahead also their future."""
    past_names = [name for name in panel.covariates if name not in panel.known]
    inputs = []
    for index, history in enumerate(histories):
        last = int(panel.lengths[index])
        steps = np.arange(last - len(history), last + horizon)
        series = np.full(len(steps), index)
        ahead = panel.known_ahead(series, steps)
        past = panel.past_covariates(series[:-horizon], steps[:-horizon])
        known = dict(zip(panel.known, ahead.T, strict=True))
        inputs.append(
            {
                "target": history,
                "past_covariates": dict(zip(past_names, past.T, strict=True))
                | {name: values[:-horizon] for name, values in known.items()},
                "future_covariates": {name: values[-horizon:] for name, values in known.items()},
            }
        )
    return inputs
