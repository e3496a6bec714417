"""Statistics of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def text_statistics(name: str, texts: pd.Series) -> dict[str, np.ndarray]:
    """Return the length, the words and the shares of kinds of characters of texts."""
    texts = texts.astype(object)  # So that Python's idea of a space counts, and not that of Arrow.
    length = texts.str.len().to_numpy(dtype="float64")
    shares = {"digits": "0-9", "capitals": "A-Z", "punctuation": r"!-/:-@\[-`{-~"}
    counted = {
        share: texts.str.count(f"[{characters}]").to_numpy(dtype="float64") / np.maximum(length, 1)
        for share, characters in shares.items()
    }
    return {
        f"{name} (characters)": length,
        f"{name} (words)": texts.str.count(r"\S+").to_numpy(dtype="float64"),
        **{f"{name} (share of {share})": values for share, values in counted.items()},
    }
