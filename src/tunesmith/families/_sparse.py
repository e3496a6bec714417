"""Text, numbers and categories as one sparse array: TF-IDF of words and of characters, scaled numbers, one-hot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..core.arrays import Floats

if TYPE_CHECKING:
    import pandas as pd

LARGEST_SCALED = 10.0
_LEAST_FREQUENCY = 5  # A rarer category gets no column of its own.
_ANALYZERS: Mapping[str, Mapping[str, Any]] = {
    "word": {"token_pattern": r"(?u)\b\w+\b"},
    "char_wb": {},
}


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The terms of one column of text.

    Args:
        column: The name of the column.
        analyzer: What a term consists of: `word`, or `char_wb` for characters within words.
        ngrams: The least and the greatest length of a term.
        terms: In the order of the columns.
        idf: The inverse document frequency of each term, shape `(terms,)`.
    """

    column: str
    analyzer: str
    ngrams: tuple[int, int]
    terms: Sequence[str]
    idf: Floats

    @classmethod
    def of(
        cls, texts: pd.Series, analyzer: str, ngrams: tuple[int, int], *, min_rows: int, most_terms: int
    ) -> Self | None:
        """Return the most frequent terms of a column; None if there are none.

        Args:
            texts: The column.
            analyzer: See the class.
            ngrams: See the class.
            min_rows: A term that occurs in fewer rows is left out.
            most_terms: The largest number of terms.
        """
        vectorizer = _vectorizer(analyzer, ngrams, min_df=min_rows, max_features=most_terms)
        try:
            vectorizer.fit(_strings(texts))
        except ValueError:  # scikit-learn's way to say that no term is left
            return None
        terms = [str(term) for term in vectorizer.get_feature_names_out()]
        return cls(column=str(texts.name), analyzer=analyzer, ngrams=ngrams, terms=terms, idf=vectorizer.idf_)

    def transform(self, texts: pd.Series) -> Any:
        """Return the normalised TF-IDF of a column, sparse, shape `(rows, terms)`."""
        return self._fitted.transform(_strings(texts))

    @cached_property
    def _fitted(self) -> Any:
        vectorizer = _vectorizer(self.analyzer, self.ngrams, vocabulary=self.terms)
        vectorizer.idf_ = self.idf
        return vectorizer

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON, without the frequencies."""
        return {
            "column": self.column,
            "analyzer": self.analyzer,
            "ngrams": list(self.ngrams),
            "terms": list(self.terms),
        }


@dataclass(frozen=True, kw_only=True)
class SparseColumns:
    """Turns a frame into a sparse array.

    Args:
        vocabularies: The terms of the columns of text.
        categories: For each column of categories, those that have a column of their own.
        numbers: The names of the columns of numbers.
        centers: The mean of each, shape `(numbers,)`; it also replaces missing values.
        scales: The standard deviation of each, shape `(numbers,)`.
        gaps: For each, whether values were missing in training: then a column says where; shape `(numbers,)`.
    """

    vocabularies: Sequence[Vocabulary]
    categories: Mapping[str, Sequence[str]]
    numbers: Sequence[str]
    centers: Floats
    scales: Floats
    gaps: np.ndarray

    @classmethod
    def of(cls, features: pd.DataFrame, *, words: int, characters: bool, min_rows: int, most_terms: int) -> Self:
        """Return the encoding of the training rows.

        Args:
            features: Numbers, categories and texts.
            words: The largest number of words in a term.
            characters: Whether terms of three to five characters count, too.
            min_rows: A term that occurs in fewer rows is left out.
            most_terms: The largest number of terms for each column of text, of words and of characters.
        """
        import pandas as pd

        vocabularies, categories, numbers = [], {}, []
        kinds = [("word", (1, words))] + [("char_wb", (3, 5))] * characters
        for name in map(str, features.columns):
            column = features[name]
            if isinstance(column.dtype, pd.CategoricalDtype):
                counts = column.value_counts(sort=False)
                categories[name] = [str(value) for value in counts.index[counts >= _LEAST_FREQUENCY]]
            elif column.dtype.kind in "iufb":
                numbers.append(name)
            else:
                limits = {"min_rows": min_rows, "most_terms": most_terms}
                found = [Vocabulary.of(column, analyzer, ngrams, **limits) for analyzer, ngrams in kinds]
                vocabularies += [vocabulary for vocabulary in found if vocabulary is not None]
        values = features[numbers].to_numpy(dtype=np.float64)
        known = np.isfinite(values)
        counts_known = np.maximum(known.sum(axis=0), 1)
        centers = np.where(known, values, 0.0).sum(axis=0) / counts_known
        spread = np.sqrt((np.where(known, values - centers, 0.0) ** 2).sum(axis=0) / counts_known)
        return cls(
            vocabularies=vocabularies,
            categories=categories,
            numbers=numbers,
            centers=centers,
            scales=np.where(spread > 0, spread, 1.0),
            gaps=~known.all(axis=0),
        )

    def transform(self, features: pd.DataFrame) -> Any:
        """Return the rows as a sparse array of `float64`, shape `(rows, columns)`."""
        from scipy import sparse

        parts = [vocabulary.transform(features[vocabulary.column]) for vocabulary in self.vocabularies]
        for name, kept in self.categories.items():
            position = {value: index for index, value in enumerate(kept)}
            of_code = np.array([position.get(value, -1) for value in features[name].cat.categories] + [-1], dtype=int)
            columns = of_code[features[name].cat.codes.to_numpy()]
            rows = np.flatnonzero(columns >= 0)
            shape = (len(features), len(kept))
            parts.append(sparse.csr_array((np.ones(len(rows)), (rows, columns[rows])), shape=shape))
        values = features[list(self.numbers)].to_numpy(dtype=np.float64)
        known = np.isfinite(values)
        scaled = np.where(known, (values - self.centers) / self.scales, 0.0)
        parts.append(sparse.csr_array(np.clip(scaled, -LARGEST_SCALED, LARGEST_SCALED)))
        parts.append(sparse.csr_array(~known[:, self.gaps].astype(bool) * 1.0))
        return sparse.hstack(parts, format="csr")

    @property
    def names(self) -> list[str]:
        """The names of the columns of the array."""
        terms = [f"{vocabulary.column}: {term}" for vocabulary in self.vocabularies for term in vocabulary.terms]
        values = [f"{name}: {value}" for name, kept in self.categories.items() for value in kept]
        missing = [f"{name} is missing" for name, gap in zip(self.numbers, self.gaps, strict=True) if gap]
        return [*terms, *values, *self.numbers, *missing]

    def to_table(self) -> dict[str, Any]:
        """Return its names as plain JSON; the numbers are in `arrays`."""
        return {
            "vocabularies": [vocabulary.to_table() for vocabulary in self.vocabularies],
            "categories": {name: list(kept) for name, kept in self.categories.items()},
            "numbers": list(self.numbers),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Return its numbers by name."""
        idf = [vocabulary.idf for vocabulary in self.vocabularies]
        return {
            "idf": np.concatenate([*idf, np.empty(0)]),
            "centers": self.centers,
            "scales": self.scales,
            "gaps": self.gaps,
        }

    @classmethod
    def from_table(cls, table: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """Return the encoding that `to_table` and `arrays` described."""
        rows = table["vocabularies"]
        ends = np.cumsum([len(row["terms"]) for row in rows], dtype=int)
        parts = np.split(arrays["idf"], ends)[: len(rows)]
        return cls(
            vocabularies=[
                Vocabulary(**{**row, "ngrams": tuple(row["ngrams"]), "idf": idf})
                for row, idf in zip(rows, parts, strict=True)
            ],
            categories=table["categories"],
            numbers=table["numbers"],
            **{name: arrays[name] for name in ("centers", "scales", "gaps")},
        )


def _vectorizer(analyzer: str, ngrams: tuple[int, int], **options: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True, **_ANALYZERS[analyzer], **options)


def _strings(texts: pd.Series) -> list[str]:
    return [text if isinstance(text, str) else "" for text in texts]
