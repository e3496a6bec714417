"""Trained models as nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...families._forest import ForestModel
from ...families.base import Model
from ...families.catboost import CatboostModel
from ...families.hist_gradient_boosting import HistGradientBoostingModel
from ...families.lightgbm import LightgbmModel
from ...families.linear import LinearModel
from ...families.prior import PriorModel
from ...families.realmlp import RealmlpModel
from ...families.svm import SvmModel
from ...families.tfidf_linear import TfidfLinearModel
from ...families.xgboost import XgboostModel
from .boosters import all_classes, class_shares, histogram_sums, lightgbm_sums, xgboost_sums
from .catboost import catboost_sums
from .columns import Columns, NotExportable
from .encodings import coded, dense_columns, scaled, without_gaps
from .graph import Graph
from .nets import realmlp_outputs
from .texts import normalized_sums, term_weights
from .trees import Trees


def predictions(graph: Graph, columns: Columns, model: Model) -> str:
    """Return a model's probabilities or numbers, shape `(rows, outputs)`.

    A model of a family from elsewhere may bring the method `to_onnx`, which takes the graph and the columns.

    Raises:
        NotExportable: The model has no equivalent.
    """
    convert: Callable[..., str] | None = getattr(model, "to_onnx", None)
    if convert is not None:
        return convert(graph, columns)
    if type(model) not in _MODELS:
        raise NotExportable(f"{type(model).__name__} has no equivalent in ONNX")
    return _MODELS[type(model)](graph, columns, model)


def _prior(graph: Graph, columns: Columns, model: PriorModel) -> str:
    if not columns:
        raise NotExportable("a model without columns does not know the number of rows")
    first = next(iter(columns.values()))
    test = graph.add("RegexFullMatch", first.value, pattern="") if first.kind == "text" else None
    never = graph.add("IsNaN", first.value) if test is None else test
    nothing = graph.add("Where", never, graph.constant(0.0), graph.constant(0.0))
    return graph.add("Add", nothing, graph.constant(model.outputs[None, :]))


def _linear(graph: Graph, columns: Columns, model: LinearModel) -> str:
    weighted = graph.add("MatMul", scaled(graph, columns, model.columns), graph.constant(model.weights))
    sums = graph.add("Add", weighted, graph.constant(model.offsets[None, :]))
    return class_shares(graph, sums, model.classes, model.outputs) if model.classes else sums


def _support_vectors(graph: Graph, columns: Columns, model: SvmModel) -> str:
    encoded, vectors = scaled(graph, columns, model.columns), model.vectors.astype(np.float64)
    products = graph.add("MatMul", encoded, graph.cast(graph.constant(model.vectors.T, np.float32), "DOUBLE"))
    squares = graph.add("ReduceSumSquare", encoded, graph.constant([1], np.int64), keepdims=1)
    both = graph.add("Add", squares, graph.constant((vectors**2).sum(axis=1)[None, :]))
    distances = graph.add("Sub", both, graph.add("Mul", products, graph.constant(2.0)))
    near = graph.add("Max", distances, graph.constant(0.0))  # Rounding may give less for a row that is a vector.
    similar = graph.add("Exp", graph.add("Mul", near, graph.constant(-model.gamma)))
    weighted = graph.add("MatMul", similar, graph.constant(model.coefficients))
    margins = graph.add("Add", weighted, graph.constant(model.offsets[None, :]))
    sums = graph.add("MatMul", margins, graph.constant(model.slopes))
    shifted = graph.add("Add", sums, graph.constant(model.shifts[None, :]))
    return class_shares(graph, shifted, model.classes, model.outputs) if model.classes else shifted


def _words(graph: Graph, columns: Columns, model: TfidfLinearModel) -> str:
    encoding, start, sums = model.columns, 0, []
    for vocabulary in encoding.vocabularies:
        text, own = columns[vocabulary.column].value, model.weights[:, start : start + len(vocabulary.terms)]
        weighted = term_weights(graph, text, vocabulary.analyzer, vocabulary.terms, vocabulary.idf)
        sums.append(normalized_sums(graph, weighted, own.T))
        start += len(vocabulary.terms)
    dense = dense_columns(graph, columns, encoding)
    if dense:
        sums.append(graph.add("MatMul", dense, graph.constant(model.weights[:, start:].T)))
    total = graph.add("Add", graph.sum(sums), graph.constant(model.bias[None, :]))
    return graph.add("Softmax", total, axis=1) if model.classes else total


def _booster(graph: Graph, sums: str, outputs: int) -> str:
    return sums if outputs == 1 else class_shares(graph, sums, range(outputs), outputs)


def _lightgbm(graph: Graph, columns: Columns, model: LightgbmModel) -> str:
    return _booster(graph, lightgbm_sums(graph, columns, model), model.outputs)


def _xgboost(graph: Graph, columns: Columns, model: XgboostModel) -> str:
    return _booster(graph, xgboost_sums(graph, columns, model), model.outputs)


def _catboost(graph: Graph, columns: Columns, model: CatboostModel) -> str:
    return _booster(graph, catboost_sums(graph, columns, model), model.outputs)


def _histogram(graph: Graph, columns: Columns, model: HistGradientBoostingModel) -> str:
    sums = histogram_sums(graph, columns, model)
    return class_shares(graph, sums, model.classes, model.outputs) if model.classes else sums


def _forest(graph: Graph, columns: Columns, model: ForestModel) -> str:
    filled = without_gaps(graph, coded(graph, columns, model.codes), model.fills)
    nodes, values, trees = model.nodes, model.nodes.values.astype(np.float64), Trees()
    if values.shape[1] <= 2:
        trees.add_nodes(nodes, values[:, -1], [0] * nodes.count)
        mean = graph.add("Div", trees.to_graph(graph, filled, 1), graph.constant(float(nodes.count)))
        shares = graph.columns([graph.add("Sub", graph.constant(1.0), mean), mean]) if values.shape[1] == 2 else mean
    else:  # A leaf has one value in ONNX, so the trees return leaves, and the shares of classes are looked up.
        trees.add_nodes(nodes, np.arange(len(values), dtype=np.float64), range(nodes.count))
        reached = graph.cast(trees.to_graph(graph, filled, nodes.count), "INT64")
        looked_up = graph.add("Gather", graph.constant(values), reached, axis=0)
        shares = graph.shares(graph.add("ReduceMean", looked_up, graph.constant([1], np.int64), keepdims=0))
    return all_classes(graph, shares, model.classes, model.outputs) if model.classes else shares


_MODELS: Mapping[type[Any], Callable[[Graph, Columns, Any], str]] = {
    PriorModel: _prior,
    LinearModel: _linear,
    LightgbmModel: _lightgbm,
    XgboostModel: _xgboost,
    CatboostModel: _catboost,
    TfidfLinearModel: _words,
    SvmModel: _support_vectors,
    RealmlpModel: realmlp_outputs,
    HistGradientBoostingModel: _histogram,
    ForestModel: _forest,
}
