"""What the words of a request about time series can name."""

from __future__ import annotations

from ...forecasters.base import BASELINE
from ...series.scores import ALIASES, SCORES
from ..vocabulary import Vocabulary
from .options import COSTS
from .request_grammar import phrases

SERIES = Vocabulary(
    data="time series",
    options=(
        *("target", "task", "metric", "limits", "interpretable", "families", "avoid", "prefer", "wishes", "exclude"),
        *("id", "time", "horizon", "frequency", "known", "country", "windows"),
        *("minutes", "trials", "parallel", "memory_gb"),
    ),
    tasks=("forecasting",),
    maximize=dict.fromkeys(SCORES, False),
    aliases=ALIASES,
    costs=COSTS,
    families="forecasters",
    baseline=BASELINE,
    phrases=phrases,
)
