"""Texts as numbers: TF-IDF reduced by a truncated singular value decomposition, and simple statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..core.schema import expect_range
from ._columns import choose
from .base import Step, Transformer, one_of

if TYPE_CHECKING:
    import pandas as pd


def text_statistics(name: str, texts: pd.Series) -> dict[str, np.ndarray]:
    """Return the length, words and shares of characters of texts; zeros where a text is missing."""
    filled = texts.fillna("").astype(str)
    length = filled.str.len().to_numpy(dtype="float64")
    shares = {"digits": "0-9", "capitals": "A-Z", "punctuation": r"!-/:-@\[-`{-~"}
    counted = {
        share: filled.str.count(f"[{characters}]").to_numpy(dtype="float64") / np.maximum(length, 1)
        for share, characters in shares.items()
    }
    return {
        f"{name} (characters)": length,
        f"{name} (words)": filled.str.count(r"\S+").to_numpy(dtype="float64"),
        **{f"{name} (share of {share})": values for share, values in counted.items()},
    }


class Text(Transformer):
    """Replaces each text by numbers."""

    def __init__(
        self,
        *,
        columns: Sequence[str] = ("text",),
        components: int = 30,
        terms: int = 10_000,
        unit: str = "auto",
        rows: int = 20_000,
        seed: int = 0,
    ) -> None:
        self.columns = list(columns)
        self.components = components
        self.terms = terms
        self.unit = unit
        self.rows = rows
        self.seed = seed
        self.fitted: dict[str, dict[str, Any]] = {}

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Find terms and components, and return the rows with numbers instead of texts."""
        chosen = choose(features, self.columns)
        sample = features
        if len(features) > self.rows:
            sample = features.iloc[np.random.default_rng(self.seed).permutation(len(features))[: self.rows]]
        for name in chosen:
            self.fitted[name] = self._fit(sample[name].fillna("").astype(str))
        return self.transform(features)

    def _fit(self, texts: pd.Series) -> dict[str, Any]:
        """Return the terms of a column, their weights, and the components, shape `(components, terms)`."""
        from sklearn.decomposition import TruncatedSVD

        unit = self.unit
        if unit == "auto":  # Short texts, and scripts without spaces, give too few words.
            unit = "words" if texts.str.count(r"\S+").mean() >= 5 else "characters"
        vectorizer = self._vectorizer(unit)
        try:
            weighted = vectorizer.fit_transform(texts)
        except ValueError:  # No term remains: all texts are empty.
            return {"unit": unit, "terms": [], "weights": np.zeros(0), "components": np.zeros((0, 0))}
        if weighted.shape[1] > max(self.components, 1):
            reduction = TruncatedSVD(self.components, n_iter=3, random_state=self.seed).fit(weighted)
            components = reduction.components_
        else:
            components = np.eye(weighted.shape[1])
        return {
            "unit": unit,
            "terms": list(vectorizer.get_feature_names_out()),
            "weights": vectorizer.idf_,
            "components": components.astype("float32"),
        }

    def _vectorizer(self, unit: str, terms: Sequence[str] | None = None) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        options: dict[str, Any] = {"analyzer": "word", "token_pattern": r"(?u)\b\w+\b"}
        if unit == "characters":
            options = {"analyzer": "char_wb", "ngram_range": (2, 4)}
        return TfidfVectorizer(
            **options, max_features=self.terms, sublinear_tf=True, vocabulary=terms, dtype=np.float32
        )

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with numbers instead of texts."""
        import pandas as pd

        if not self.fitted:
            return features
        made: dict[str, np.ndarray] = {}
        for name, fitted in self.fitted.items():
            made |= text_statistics(name, features[name])
            if fitted["terms"]:
                vectorizer = self._vectorizer(fitted["unit"], fitted["terms"])
                vectorizer.idf_ = fitted["weights"]
                weighted = vectorizer.transform(features[name].fillna("").astype(str))
                vectors = (weighted @ fitted["components"].T).astype("float64")
                made |= {f"{name} (component {i + 1})": vectors[:, i] for i in range(vectors.shape[1])}
        rest = features.drop(columns=list(self.fitted))
        return pd.concat([rest, pd.DataFrame(made, index=features.index)], axis=1)


@dataclass(frozen=True, kw_only=True)
class TextStep(Step):
    """Replaces texts by the components of their terms, weighted by TF-IDF (latent semantic analysis), and statistics.

    Args:
        columns: Which.
        components: The number of components.
        terms: The largest number of terms, which are words or parts of words.
        unit: `words`, `characters` (parts of words of 2 to 4 characters), or `auto`: words for longer texts.
        rows: The largest number of rows to find terms and components in.
        seed: The seed of the decomposition.
    """

    transformer: ClassVar = Text
    functions: ClassVar = (choose, text_statistics)
    onnx_obstacle: ClassVar = "texts are taken apart by rules that ONNX does not have"

    columns: tuple[str, ...] = ("text",)
    components: int = 30
    terms: int = 10_000
    unit: str = "auto"
    rows: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One is out of its range.
        """
        super().__post_init__()
        for name in ("components", "terms", "rows"):
            expect_range(self, name, 1)
        one_of(self, "unit", ("auto", "words", "characters"))
