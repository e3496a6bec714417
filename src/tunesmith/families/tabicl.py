"""TabICL, a pretrained network that learns in context (Qu et al. 2025, arXiv 2502.05564).

The weights are the user's: a local file, which TUNESMITH_TABICL_CHECKPOINT names. Nothing is downloaded.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ._in_context import InContextFamily, InContextModel
from .base import Profile

_VARIABLE = "TUNESMITH_TABICL_CHECKPOINT"


class TabiclModel(InContextModel):
    """Training rows that TabICL reads."""

    variable: ClassVar[str] = _VARIABLE

    def build(self, threads: int) -> Any:
        """Return the unfitted estimator; its weights are read as tensors alone."""
        from tabicl import TabICLClassifier, TabICLRegressor

        kind = TabICLClassifier if self.classification else TabICLRegressor
        return kind(
            n_estimators=self.members,
            model_path=self.checkpoint,
            allow_auto_download=False,
            random_state=self.seed,
            n_jobs=threads or None,
        )


class TabiclFamily(InContextFamily):
    """TabICL with the user's weights."""

    profile: ClassVar = Profile(
        title="TabICL",
        purpose="pretrained on made-up tables: strong without training where rows are few; slow to predict",
        most_rows=20_000,
        most_columns=500,
        predict_cost="high",
        size="high",
        modules=("torch", "tabicl"),
        extra="tabicl",
        checkpoint=_VARIABLE,
    )
    model: ClassVar = TabiclModel
    seconds_per_cell: ClassVar = 1.3e-4
