"""What is known about the transformers of libraries that a recipe may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_Part = tuple[str, str, Mapping[str, Any]]
_FILL: _Part = ("sklearn.impute", "SimpleImputer", {"strategy": "median", "keep_empty_features": True})
_SCALE: _Part = ("sklearn.preprocessing", "StandardScaler", {})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A transformer of a library.

    Args:
        module: Where its class is imported from.
        columns: The columns that it usually gets.
        options: Options that differ from the library's defaults, for frames without surprises.
        before: What must be done to its columns first, as module, class and options.
        keep: Whether its columns usually stay beside its results.
        each: Whether it takes one column at a time.
        onnx: Whether skl2onnx converts it, with what is done before.
    """

    module: str
    columns: tuple[str, ...] = ("number",)
    options: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[_Part, ...] = ()
    keep: bool = False
    each: bool = False
    onnx: bool = False


def _sklearn(module: str, **facts: Any) -> Entry:
    return Entry(module=f"sklearn.{module}", **facts)


def _feature_engine(module: str, **facts: Any) -> Entry:
    return Entry(module=f"feature_engine.{module}", **facts)


_PAST_MISSING = {"missing_values": "ignore"}
_CATEGORY = ("category",)

LIBRARY: Mapping[str, Entry] = {
    # Scales and shapes of numbers.
    "StandardScaler": _sklearn("preprocessing", onnx=True),
    "RobustScaler": _sklearn("preprocessing", onnx=True),
    "MinMaxScaler": _sklearn("preprocessing", onnx=True),
    "MaxAbsScaler": _sklearn("preprocessing", onnx=True),
    "MeanNormalizationScaler": _feature_engine("scaling", before=(_FILL,)),
    "SquashingScaler": Entry(module="skrub", each=True),
    "QuantileTransformer": _sklearn("preprocessing", options={"n_quantiles": 200, "output_distribution": "normal"}),
    "PowerTransformer": _sklearn("preprocessing"),
    "YeoJohnsonTransformer": _feature_engine("transformation", before=(_FILL,)),
    "ArcSinhTransformer": _feature_engine("transformation", before=(_FILL,)),
    "LogCpTransformer": _feature_engine("transformation", before=(_FILL,)),
    "Normalizer": _sklearn("preprocessing", before=(_FILL,), onnx=True),
    "Winsorizer": _feature_engine("outliers", options={"tail": "both", **_PAST_MISSING}),
    "ArbitraryOutlierCapper": _feature_engine("outliers", options=_PAST_MISSING),
    # Bins.
    "Binarizer": _sklearn("preprocessing", before=(_FILL,), onnx=True),
    "KBinsDiscretizer": _sklearn(
        "preprocessing",
        options={"encode": "ordinal", "quantile_method": "averaged_inverted_cdf"},
        before=(_FILL,),
        onnx=True,
    ),
    "EqualFrequencyDiscretiser": _feature_engine("discretisation", before=(_FILL,)),
    "EqualWidthDiscretiser": _feature_engine("discretisation", before=(_FILL,)),
    "GeometricWidthDiscretiser": _feature_engine("discretisation", before=(_FILL,)),
    # Missing values.
    "SimpleImputer": _sklearn("impute", options=_FILL[2], onnx=True),
    "KNNImputer": _sklearn("impute", options={"keep_empty_features": True}, onnx=True),
    "MissingIndicator": _sklearn("impute", options={"error_on_new": False}, keep=True),
    "MeanMedianImputer": _feature_engine("imputation"),
    "ArbitraryNumberImputer": _feature_engine("imputation"),
    "EndTailImputer": _feature_engine("imputation"),
    "AddMissingIndicator": _feature_engine("imputation"),
    # Numbers out of numbers.
    "PolynomialFeatures": _sklearn("preprocessing", options={"include_bias": False}, before=(_FILL,), onnx=True),
    "PCA": _sklearn("decomposition", before=(_FILL, _SCALE), keep=True, onnx=True),
    "FastICA": _sklearn("decomposition", before=(_FILL, _SCALE), options={"whiten": "unit-variance"}, keep=True),
    "FactorAnalysis": _sklearn("decomposition", before=(_FILL, _SCALE), options={"n_components": 2}, keep=True),
    "TruncatedSVD": _sklearn("decomposition", before=(_FILL, _SCALE), keep=True, onnx=True),
    "KMeans": _sklearn("cluster", before=(_FILL, _SCALE), keep=True),
    "MiniBatchKMeans": _sklearn("cluster", before=(_FILL, _SCALE), options={"n_init": 3}, keep=True),
    "Nystroem": _sklearn("kernel_approximation", before=(_FILL, _SCALE), keep=True),
    "RBFSampler": _sklearn("kernel_approximation", before=(_FILL, _SCALE), keep=True),
    "GaussianRandomProjection": _sklearn("random_projection", before=(_FILL, _SCALE), options={"n_components": 10}),
    "RandomTreesEmbedding": _sklearn(
        "ensemble", before=(_FILL,), options={"n_estimators": 10, "sparse_output": False}, keep=True
    ),
    "CyclicalFeatures": _feature_engine("creation", before=(_FILL,)),
    "MathFeatures": _feature_engine("creation", options=_PAST_MISSING),
    "RelativeFeatures": _feature_engine("creation", options={**_PAST_MISSING, "fill_value": 0}),
    "GeoDistanceFeatures": _feature_engine("creation", before=(_FILL,)),
    # Categories.
    "OneHotEncoder": _sklearn(
        "preprocessing",
        columns=_CATEGORY,
        options={"handle_unknown": "infrequent_if_exist", "min_frequency": 5, "sparse_output": False},
        onnx=True,
    ),
    "OrdinalEncoder": _sklearn(
        "preprocessing",
        columns=_CATEGORY,
        options={"handle_unknown": "use_encoded_value", "unknown_value": -1},
        onnx=True,
    ),
    "RareLabelEncoder": _feature_engine("encoding", columns=_CATEGORY, options={"n_categories": 1}),
    "CountFrequencyEncoder": _feature_engine(
        "encoding", columns=_CATEGORY, options={"encoding_method": "frequency", "unseen": "encode"}
    ),
    "StringSimilarityEncoder": _feature_engine("encoding", columns=_CATEGORY, options={"top_categories": 10}),
    "SimilarityEncoder": Entry(module="skrub", columns=_CATEGORY),
    # Texts, and categories with telling names.
    "StringEncoder": Entry(module="skrub", columns=("text",), each=True),
    "MinHashEncoder": Entry(module="skrub", columns=("text",), each=True),
    "GapEncoder": Entry(module="skrub", columns=("text",), each=True),
    "TextFeatures": _feature_engine("text", columns=("text",)),
    # Dates.
    "DatetimeEncoder": Entry(module="skrub", columns=("date",), each=True),
    "DatetimeFeatures": _feature_engine("datetime", columns=("date",), options=_PAST_MISSING),
    "DatetimeOrdinal": _feature_engine("datetime", columns=("date",), options=_PAST_MISSING),
    "DatetimeSubtraction": _feature_engine("datetime", columns=("date",), options=_PAST_MISSING, keep=True),
    # Fewer columns.
    "VarianceThreshold": _sklearn("feature_selection", before=(_FILL,)),
    "DropConstantFeatures": _feature_engine("selection", options=_PAST_MISSING),
    "DropDuplicateFeatures": _feature_engine("selection", options=_PAST_MISSING),
    "DropCorrelatedFeatures": _feature_engine("selection", options=_PAST_MISSING),
    "SmartCorrelatedSelection": _feature_engine("selection", options=_PAST_MISSING),
}
"""By the name of the class. Left out: encoders that give a training row its own target (feature-engine's mean, weight
of evidence and tree encoders; `target_means` is out of fold), and what drops rows."""

TRUSTED: frozenset[str] = frozenset(
    {
        "feature_engine.creation.cyclical_features.CyclicalFeatures",
        "feature_engine.creation.geo_features.GeoDistanceFeatures",
        "feature_engine.creation.math_features.MathFeatures",
        "feature_engine.creation.relative_features.RelativeFeatures",
        "feature_engine.datetime.datetime.DatetimeFeatures",
        "feature_engine.datetime.datetime_ordinal.DatetimeOrdinal",
        "feature_engine.datetime.datetime_subtraction.DatetimeSubtraction",
        "feature_engine.discretisation.equal_frequency.EqualFrequencyDiscretiser",
        "feature_engine.discretisation.equal_width.EqualWidthDiscretiser",
        "feature_engine.discretisation.geometric_width.GeometricWidthDiscretiser",
        "feature_engine.encoding.count_frequency.CountFrequencyEncoder",
        "feature_engine.encoding.rare_label.RareLabelEncoder",
        "feature_engine.encoding.similarity_encoder.StringSimilarityEncoder",
        "feature_engine.imputation.arbitrary_number.ArbitraryNumberImputer",
        "feature_engine.imputation.end_tail.EndTailImputer",
        "feature_engine.imputation.mean_median.MeanMedianImputer",
        "feature_engine.imputation.missing_indicator.AddMissingIndicator",
        "feature_engine.outliers.artbitrary.ArbitraryOutlierCapper",
        "feature_engine.outliers.winsorizer.Winsorizer",
        "feature_engine.scaling.mean_normalization.MeanNormalizationScaler",
        "feature_engine.selection.drop_constant_features.DropConstantFeatures",
        "feature_engine.selection.drop_correlated_features.DropCorrelatedFeatures",
        "feature_engine.selection.drop_duplicate_features.DropDuplicateFeatures",
        "feature_engine.selection.smart_correlation_selection.SmartCorrelatedSelection",
        "feature_engine.text.text_features.TextFeatures",
        "feature_engine.transformation.arcsinh.ArcSinhTransformer",
        "feature_engine.transformation.log.LogCpTransformer",
        "feature_engine.transformation.yeojohnson.YeoJohnsonTransformer",
        "numpy.dtype",
        "scipy.sparse._csr.csr_matrix",
        "sklearn.tree._tree.Tree",
        "skrub._apply_to_cols.ApplyToCols",
        "skrub._apply_to_each_col.ApplyToEachCol",
        "skrub._apply_to_sub_frame.ApplyToSubFrame",
        "skrub._datetime_encoder.DatetimeEncoder",
        "skrub._gap_encoder.GapEncoder",
        "skrub._minhash_encoder.MinHashEncoder",
        "skrub._similarity_encoder.SimilarityEncoder",
        "skrub._squashing_scaler.SquashingScaler",
        "skrub._string_encoder.StringEncoder",
        "skrub._to_str.ToStr",
        "skrub._utils.LRUDict",
        "skrub.selectors._base.All",
    }
)
"""The types in files of fitted transformers that skops does not know."""
