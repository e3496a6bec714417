"""The contenders, each in an environment of its own; `python -m benchmarks.tabular install` creates them."""

from __future__ import annotations

from ..contenders import PEERS, ROOT, Contender, Environments

CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender("tunesmith", "tunesmith", "tunesmith_peer.py"),
        Contender("tunesmith[boosters]", "tunesmith-boosters", "tunesmith_peer.py"),
        Contender("tunesmith[boosters,torch]", "tunesmith-torch", "tunesmith_peer.py"),
        Contender("flaml", "flaml", "flaml_peer.py"),
        Contender("autogluon-medium", "autogluon", "autogluon_peer.py", "medium_quality"),
        Contender("autogluon-best", "autogluon", "autogluon_peer.py", "best_quality"),
        Contender("lightgbm", "flaml", "default_peer.py", "lightgbm"),
        Contender("catboost", "flaml", "default_peer.py", "catboost"),
    )
}
ENVIRONMENTS = Environments(
    PEERS / "tabular",
    {
        "tunesmith": (("-e", str(ROOT)),),
        "tunesmith-boosters": (("-e", f"{ROOT}[boosters]"),),
        "tunesmith-torch": (("torch==2.13.0",), ("-e", f"{ROOT}[boosters,torch]")),
        "flaml": (("flaml==2.8.0", "lightgbm", "xgboost-cpu", "catboost==1.2.10", "scikit-learn", "pandas<3"),),
        "autogluon": (
            ("torch==2.13.0",),
            ("autogluon.tabular[lightgbm,catboost,fastai,ray]==1.6.3", "xgboost-cpu"),
        ),
    },
)
"""XGBoost and torch without CUDA, as no contender has a GPU."""
