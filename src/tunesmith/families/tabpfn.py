"""TabPFN, a pretrained network that learns in context (Hollmann et al. 2025, Nature 637).

The weights are the user's: a local file, which TUNESMITH_TABPFN_CHECKPOINT names. Nothing is downloaded. Weights of
version 2 are free for commercial use; those of later versions are not.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ._in_context import InContextFamily, InContextModel
from .base import Profile

_VARIABLE = "TUNESMITH_TABPFN_CHECKPOINT"


class TabpfnModel(InContextModel):
    """Training rows that TabPFN reads."""

    variable: ClassVar[str] = _VARIABLE

    def build(self, threads: int) -> Any:
        """Return the unfitted estimator."""
        import torch
        from tabpfn import TabPFNClassifier, TabPFNRegressor

        if threads:
            torch.set_num_threads(threads)
        kind = TabPFNClassifier if self.classification else TabPFNRegressor
        return kind(
            n_estimators=self.members,
            categorical_features_indices=self.codes.categorical,
            model_path=self.checkpoint,
            random_state=self.seed,
            ignore_pretraining_limits=True,  # the profile has limits of its own
        )


class TabpfnFamily(InContextFamily):
    """TabPFN with the user's weights."""

    profile: ClassVar = Profile(
        title="TabPFN",
        purpose="pretrained on made-up tables: strong without training where rows are few; slow to predict",
        most_rows=5_000,
        most_columns=500,
        most_classes=10,
        predict_cost="high",
        size="high",
        modules=("torch", "tabpfn"),
        extra="tabpfn",
        checkpoint=_VARIABLE,
    )
    model: ClassVar = TabpfnModel
    seconds_per_cell: ClassVar = 3e-4
