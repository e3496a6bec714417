"""TiRex, a pretrained recurrent network (Auer et al. 2025, arXiv 2505.23719).

The weights are the user's: a local file, which TUNESMITH_TIREX_CHECKPOINT names. Nothing is downloaded. Package and
weights have a licence of their own, under which large companies need an agreement with NXAI.
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
from ._pretrained import PretrainedForecaster, PretrainedModel, device
from .base import ForecastProfile

_VARIABLE = "TUNESMITH_TIREX_CHECKPOINT"
_PATCH, _LOOKBACK = 32, 2_048
_AT_ONCE = 64


class TirexModel(PretrainedModel):
    """TiRex with the user's weights."""

    variable: ClassVar[str] = _VARIABLE
    file_name: ClassVar[str] = "model.ckpt"

    @classmethod
    def read(cls, weights: Path) -> Any:
        """Return the network of the library, which reads tensors alone from the file."""
        from tirex import TiRexZero

        return TiRexZero.from_pretrained(str(weights), backend="torch", device=device()).eval()

    def quantiles(
        self, network: Any, panel: Panel, histories: list[Singles], horizon: int
    ) -> tuple[Sequence[float], Floats]:
        """Return levels from 0 to 1, and the quantiles at them, shape `(series, horizon, levels)`."""
        quantiles, _ = network.forecast(
            context=list(histories), batch_size=_AT_ONCE, output_type="numpy", prediction_length=horizon
        )
        return network.config.quantiles, quantiles


class TirexForecaster(PretrainedForecaster):
    """TiRex with the user's weights."""

    profile: ClassVar = ForecastProfile(
        title="TiRex (pretrained)",
        purpose="pretrained on many series, small: strong without training where series are short or few",
        is_local=True,
        predict_cost="high",
        size="high",
        modules=("torch", "tirex"),
        extra="tirex",
        checkpoint=_VARIABLE,
    )
    model: ClassVar = TirexModel
    libraries: ClassVar[Sequence[str]] = ("tunesmith.forecasters._without_hub", "tirex")
    space: ClassVar[Mapping[str, Parameter]] = {"lookback": Int(64, _LOOKBACK, log=True)}
    usual_lookback: ClassVar = _LOOKBACK
    seconds_per_token: ClassVar = 3e-3
    seconds_to_load: ClassVar = 2.0

    def tokens(self, lengths: Floats, horizon: int, parameters: Mapping[str, Value]) -> Floats:
        """Return the number of pieces of a series that the network reads for one forecast, shape `(series,)`.

        It fills short series up to its whole lookback, and reads all again for each piece of the horizon.
        """
        return np.full(len(lengths), np.ceil(horizon / _PATCH) * _LOOKBACK / _PATCH)
