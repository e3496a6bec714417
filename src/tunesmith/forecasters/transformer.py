"""Encoder and decoder with full attention (Vaswani et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ..core.parameters import Parameter
from ..core.trial import Value
from ..series.panel import Panel
from ._attention_options import ENCODER_DECODER_SPACE, ENCODER_DECODER_USUAL, encoder_decoder_options
from ._net import EXTRA, MODULES, NetForecaster
from ._net_windows import Shape
from .base import ForecastProfile

if TYPE_CHECKING:
    from torch import nn


class TransformerForecaster(NetForecaster):
    """Encoder and decoder with full attention (Vaswani et al. 2017)."""

    name: ClassVar = "transformer"
    profile: ClassVar = ForecastProfile(
        title="Transformer",
        purpose="encoder and decoder with full attention; rarely better than linear models",
        least_length=20,
        train_cost="high",
        modules=MODULES,
        extra=EXTRA,
    )
    uses_calendar: ClassVar = True
    mixes: ClassVar = True
    own_space: ClassVar[Mapping[str, Parameter]] = ENCODER_DECODER_SPACE

    def build(self, shape: Shape, parameters: Mapping[str, Value]) -> nn.Module:
        """Return an untrained network."""
        from ..networks.encoder_decoder import EncoderDecoder

        return EncoderDecoder(**encoder_decoder_options(shape, parameters))

    def usual(self, panel: Panel, horizon: int) -> Sequence[Mapping[str, Value]]:
        """Return hyperparameters of the network that are worth trying first, the best first."""
        return [ENCODER_DECODER_USUAL]
