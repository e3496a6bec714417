"""TimesFM 2.5, a pretrained decoder (Das et al. 2024, arXiv 2310.10688).

The weights are the user's: a local file, which TUNESMITH_TIMESFM_CHECKPOINT names. Nothing is downloaded. Weights up to
version 2.5 are free for commercial use; those of version 3, which are not, are not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..core.arrays import Floats, Singles
from ..core.parameters import Int, Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._pretrained import PretrainedForecaster, PretrainedModel
from .base import ForecastProfile

_VARIABLE = "TUNESMITH_TIMESFM_CHECKPOINT"
_PATCH, _STEPS = 32, 128
_LEVELS = tuple(tenth / 10 for tenth in range(1, 10))
_MOST_CONTINUOUS = 1_024  # Steps of the horizon for which it has a head for quantiles of its own.
_AT_ONCE = 16


class TimesfmModel(PretrainedModel):
    """TimesFM 2.5 with the user's weights."""

    variable: ClassVar[str] = _VARIABLE
    file_name: ClassVar[str] = "model.safetensors"

    @classmethod
    def read(cls, weights: Path) -> Any:
        """Return the network of the library; its weights are read as tensors alone."""
        from timesfm import TimesFM_2p5_200M_torch

        network = TimesFM_2p5_200M_torch(torch_compile=False)
        network.load_checkpoint(str(weights))
        return network

    def quantiles(
        self, network: Any, panel: Panel, histories: list[Singles], horizon: int
    ) -> tuple[Sequence[float], Floats]:
        """Return levels from 0 to 1, and the quantiles at them, shape `(series, horizon, levels)`."""
        from timesfm import ForecastConfig

        network.compile(
            ForecastConfig(
                max_context=max(map(len, histories)),
                max_horizon=horizon,
                normalize_inputs=True,
                per_core_batch_size=min(_AT_ONCE, len(histories)),
                use_continuous_quantile_head=horizon <= _MOST_CONTINUOUS,
                infer_is_positive=False,  # Values are scaled, and forecasts are bounded later.
                fix_quantile_crossing=True,
            )
        )
        _, quantiles = network.forecast(horizon, list(histories))
        return _LEVELS, quantiles[..., 1:]  # The first is the mean.


class TimesfmForecaster(PretrainedForecaster):
    """TimesFM 2.5 with the user's weights."""

    profile: ClassVar = ForecastProfile(
        title="TimesFM 2.5 (pretrained)",
        purpose="pretrained on many series: strong without training where series are short or few",
        is_local=True,
        predict_cost="high",
        size="high",
        modules=("torch", "timesfm"),
        extra="timesfm",
        checkpoint=_VARIABLE,
    )
    model: ClassVar = TimesfmModel
    libraries: ClassVar[Sequence[str]] = ("tunesmith.forecasters._without_hub", "timesfm")
    space: ClassVar[Mapping[str, Parameter]] = {"lookback": Int(64, 4_096, log=True)}
    usual_lookback: ClassVar = 2_048
    seconds_per_token: ClassVar = 6e-3
    seconds_to_load: ClassVar = 2.0

    def tokens(self, lengths: Floats, horizon: int, parameters: Mapping[str, Value]) -> Floats:
        """Return the number of pieces of a series that the network reads for one forecast, shape `(series,)`.

        It fills up all series to the longest, and forecasts them a second time upside down.
        """
        later = (horizon - 1) // _STEPS * (_STEPS // _PATCH)
        return np.full(len(lengths), 2 * (np.ceil(lengths.max() / _PATCH) + later))
