"""The hyperparameters of attention, and those that Informer and the Transformer share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.parameters import Choice, Float, Int, Parameter
from ..core.trial import Value
from ._net_windows import Shape

ATTENTION_SPACE: dict[str, Parameter] = {
    "heads": Choice([1, 2, 4, 8], ordered=True),
    "head_width": Choice([4, 8, 16, 32], ordered=True),
    "hidden": Int(16, 512, log=True),
    "dropout": Float(0.0, 0.6),
    "activation": Choice(["gelu", "relu"]),
}
"""`head_width` is the size of a token for each head."""
ENCODER_DECODER_SPACE: dict[str, Parameter] = {
    "start": Float(0.1, 1.0),
    "encoder_layers": Int(1, 4),
    "decoder_layers": Int(1, 2),
    "normalised": Choice([True, False]),
    **ATTENTION_SPACE,
}
"""`start` is the share of the window that the decoder starts from."""
ENCODER_DECODER_USUAL: dict[str, Value] = {
    "start": 0.5,
    "encoder_layers": 2,
    "decoder_layers": 1,
    "normalised": True,
    "heads": 4,
    "head_width": 16,
    "hidden": 128,
    "dropout": 0.05,
    "activation": "gelu",
}


def attention_options(parameters: Mapping[str, Value]) -> dict[str, Any]:
    """Return the options of a network with attention, but for those of its own."""
    heads = int(parameters["heads"])
    return {
        "width": heads * int(parameters["head_width"]),
        "heads": heads,
        **{name: parameters[name] for name in ("hidden", "dropout", "activation")},
    }


def encoder_decoder_options(shape: Shape, parameters: Mapping[str, Value]) -> dict[str, Any]:
    """Return the options of an encoder and decoder, but for those of its kind of attention."""
    return {
        "lookback": shape.lookback,
        "horizon": shape.horizon,
        "channels": shape.channels,
        "marks": shape.marks,
        "start": min(shape.lookback, max(1, round(float(parameters["start"]) * shape.lookback))),
        **{name: parameters[name] for name in ("encoder_layers", "decoder_layers", "normalised")},
        **attention_options(parameters),
    }
