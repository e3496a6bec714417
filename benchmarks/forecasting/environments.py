"""The contenders; `python -m benchmarks.forecasting install` creates their environments."""

from __future__ import annotations

from ..contenders import PEERS, ROOT, Contender, Environments

CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender("tunesmith", "tunesmith", "tunesmith_peer.py"),
        Contender("auto-arima", "statsforecast", "statsforecast_peer.py", "arima"),
        Contender("auto-ets", "statsforecast", "statsforecast_peer.py", "ets"),
        Contender("auto-theta", "statsforecast", "statsforecast_peer.py", "theta"),
        Contender("median of the three", "statsforecast", "statsforecast_peer.py", "median"),
        Contender("seasonal naive", "statsforecast", "statsforecast_peer.py", "naive"),
        Contender("autogluon", "autogluon", "autogluon_peer.py"),
    )
}
ENVIRONMENTS = Environments(
    PEERS / "forecasting",
    {
        "tunesmith": (("torch==2.13.0",), ("-e", f"{ROOT}[forecasting,torch]")),
        "statsforecast": (("statsforecast==2.1.1",),),
        "autogluon": (("torch==2.13.0",), ("autogluon.timeseries==1.6.3",)),
    },
)
"""Torch without CUDA, as no contender has a GPU."""
