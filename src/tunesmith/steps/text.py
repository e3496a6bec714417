"""Texts as numbers: TF-IDF reduced by a truncated singular value decomposition, and simple statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..core.schema import expect_range
from ._columns import choose, extended
from ._texts import text_statistics
from .base import Step, Transformer, one_of

if TYPE_CHECKING:
    import pandas as pd


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
        rows = np.arange(len(features))
        if len(rows) > self.rows:
            rows = np.random.default_rng(self.seed).permutation(rows)[: self.rows]
        made: dict[str, np.ndarray] = {}
        for name in choose(features, self.columns):
            texts = features[name].fillna("").astype(str)
            self.fitted[name], weighted = self._fit(texts.iloc[rows])
            if len(rows) < len(texts):
                weighted = self._weighted(self.fitted[name], texts)
            made |= self._made(name, texts, weighted)
        return extended(features, made, list(self.fitted))

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with numbers instead of texts."""
        made: dict[str, np.ndarray] = {}
        for name, fitted in self.fitted.items():
            texts = features[name].fillna("").astype(str)
            made |= self._made(name, texts, self._weighted(fitted, texts))
        return extended(features, made, list(self.fitted))

    def _fit(self, texts: pd.Series) -> tuple[dict[str, Any], Any]:
        """Return the terms of a column with their weights and components, and the weighted terms of its rows."""
        from sklearn.decomposition import TruncatedSVD

        unit = self.unit
        if unit == "auto":  # Short texts, and scripts without spaces, give too few words.
            unit = "words" if texts.str.count(r"\S+").mean() >= 5 else "characters"
        vectorizer = self._vectorizer(unit)
        try:
            weighted = vectorizer.fit_transform(texts)
        except ValueError:  # No term: all texts are empty.
            return {"unit": unit, "terms": [], "weights": np.zeros(0), "components": np.zeros((0, 0), "float32")}, None
        if weighted.shape[1] > self.components:
            reduction = TruncatedSVD(self.components, n_iter=3, random_state=self.seed)
            components = reduction.fit(weighted.astype(np.float32)).components_
        else:
            components = np.eye(weighted.shape[1])
        terms = list(vectorizer.get_feature_names_out())
        fitted = {"unit": unit, "terms": terms, "weights": vectorizer.idf_, "components": components.astype("float32")}
        return fitted, weighted

    def _vectorizer(self, unit: str, terms: Sequence[str] | None = None) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        options: dict[str, Any] = {"analyzer": "word", "token_pattern": r"(?u)\b\w+\b"}
        if unit == "characters":
            options = {"analyzer": "char_wb", "ngram_range": (2, 4)}
        return TfidfVectorizer(**options, max_features=self.terms, sublinear_tf=True, vocabulary=terms)

    def _weighted(self, fitted: dict[str, Any], texts: pd.Series) -> Any:
        """Return the weighted terms of rows, sparse, shape `(rows, terms)`; None without terms."""
        if not fitted["terms"]:
            return None
        if texts.empty:
            return np.zeros((0, len(fitted["terms"])))
        vectorizer = self._vectorizer(fitted["unit"], fitted["terms"])
        vectorizer.idf_ = fitted["weights"]
        return vectorizer.transform(texts)

    def _made(self, name: str, texts: pd.Series, weighted: Any) -> dict[str, np.ndarray]:
        """Return the columns that replace a text."""
        made = text_statistics(name, texts)
        if weighted is not None:
            vectors = weighted @ self.fitted[name]["components"].T.astype("float64")
            made |= {f"{name} (component {number + 1})": vector for number, vector in enumerate(vectors.T)}
        return made


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
    functions: ClassVar = (choose, extended, text_statistics)
    onnx_obstacle: ClassVar = ""

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
        one_of(self.unit, "unit", ("auto", "words", "characters"))
