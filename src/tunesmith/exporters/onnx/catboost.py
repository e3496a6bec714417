"""CatBoost's symmetric trees, with its statistics of categories, as nodes of an ONNX graph."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from ...families.catboost import CatboostModel
from .columns import Columns, NotExportable
from .encodings import coded, looked_up, without_gaps
from .graph import Graph
from .hashed_categories import category_hashes, combined
from .trees import EQUAL, Trees

_MOST_CELLS = 2_000_000  # Of the tables of all statistics.
_TREES_AT_ONCE = 50  # Of several classes, so that a large batch of rows needs little memory.


def catboost_sums(graph: Graph, columns: Columns, model: CatboostModel) -> str:
    """Return the sums over the trees, shape `(rows, sums)`."""
    dumped = _dumped(model)
    if "oblivious_trees" not in dumped:
        raise NotExportable("CatBoost's trees that are not symmetric have no equivalent in ONNX")
    fills = np.full(len(model.codes.columns), np.nan)
    fills[model.codes.categorical] = -1.0  # A missing category is one of its own.
    encoded = without_gaps(graph, coded(graph, columns, model.codes), fills)
    booster = _Booster(graph, encoded, model, dumped)
    sums = booster.sums()
    scale, biases = dumped["scale_and_bias"]
    return graph.add("Add", graph.add("Mul", sums, graph.constant(float(scale))), graph.constant([biases]))


def _dumped(model: CatboostModel) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "booster.json")
        model.booster.save_model(str(path), format="json")
        return orjson.loads(path.read_bytes())


class _Booster:
    """The trees of one booster.

    Args:
        graph: The graph.
        encoded: The columns, shape `(rows, columns)`; a missing category is -1.
        model: The model.
        dumped: CatBoost's own description of it.
    """

    def __init__(self, graph: Graph, encoded: str, model: CatboostModel, dumped: Mapping[str, Any]) -> None:
        self._graph, self._encoded, self._dumped = graph, encoded, dumped
        facts = dumped["features_info"]
        self._floats = facts.get("float_features", [])
        self._categories = facts.get("categorical_features", [])
        names = [model.codes.columns[feature["flat_feature_index"]] for feature in self._categories]
        self._hashes = [category_hashes(len(model.codes.categories[name])) for name in names]
        self._statistics = facts.get("ctrs", [])
        self._columns = len(model.codes.columns)
        self._cells = 0

    def sums(self) -> str:
        """Return the sums over the trees, shape `(rows, sums)`."""
        features = self._graph.columns([self._encoded, *map(self._statistic, self._statistics)])
        tests, trees = self._tests(), self._dumped["oblivious_trees"]
        outputs = len(self._dumped["scale_and_bias"][1])
        values = [np.array(tree["leaf_values"]).reshape(-1, outputs) for tree in trees]
        splits = [[tests[split["split_index"]] for split in tree["splits"] or ()] for tree in trees]
        ensemble = Trees()
        if outputs == 1:
            for tests_of_tree, leaves in zip(splits, values, strict=True):
                ensemble.add_root(_add_symmetric(ensemble, tests_of_tree, leaves[:, 0], 0))
            return ensemble.to_graph(self._graph, features, 1)
        known: list[np.ndarray] = []  # A leaf has one value in ONNX, so the trees return leaves, to be looked up.
        for number, (tests_of_tree, leaves) in enumerate(zip(splits, values, strict=True)):
            distinct, place = np.unique(leaves, axis=0, return_inverse=True)
            numbers = place.ravel() + sum(map(len, known))
            ensemble.add_root(_add_symmetric(ensemble, tests_of_tree, numbers.astype(np.float64), number))
            known.append(distinct)
        reached = self._graph.cast(ensemble.to_graph(self._graph, features, len(trees)), "INT64")
        return self._looked_up(reached, np.concatenate(known), len(trees))

    def _looked_up(self, reached: str, leaves: np.ndarray, trees: int) -> str:
        """Return the sums of the leaves that rows have reached, shape `(rows, sums)`."""
        graph, table = self._graph, self._graph.constant(leaves)
        sums = []
        for start in range(0, trees, _TREES_AT_ONCE):
            part = graph.constant(np.arange(start, min(trees, start + _TREES_AT_ONCE)), np.int64)
            found = graph.add("Gather", table, graph.add("Gather", reached, part, axis=1), axis=0)
            sums.append(graph.add("ReduceSum", found, graph.constant([1], np.int64), keepdims=0))
        return graph.sum(sums)

    def _tests(self) -> list[_Test]:
        """Return what a split can ask, in the order by which CatBoost numbers it."""
        tests = []
        for feature in self._floats:
            missing = feature["nan_value_treatment"] == "AsTrue"
            tests += [_Test(feature["flat_feature_index"], _single(b), missing=missing) for b in feature["borders"]]
        for feature, hashes in zip(self._categories, self._hashes, strict=True):
            code = {value: index - 1 for index, value in enumerate(hashes.tolist())}
            for value in feature.get("values", ()):
                tests.append(_Test(feature["flat_feature_index"], float(code.get(value, -2)), equal=True))
        for number, statistic in enumerate(self._statistics):
            tests += [_Test(self._columns + number, _single(border)) for border in statistic["borders"]]
        return tests

    def _statistic(self, statistic: Mapping[str, Any]) -> str:
        """Return a statistic of categories (Prokhorenkova et al. 2018), looked up; shape `(rows, 1)`."""
        index, hashes = "", np.zeros(1, dtype=np.uint64)
        for element in sorted(statistic["elements"], key=lambda element: _ORDER[element["combination_element"]]):
            position, further = self._element(element)
            size = self._cells + len(hashes) * len(further)
            if size > _MOST_CELLS:
                raise NotExportable(f"its combinations of categories have {size:,} or more cells, too many for ONNX")
            hashes = combined(hashes[:, None], further[None, :]).ravel()
            if index:
                scaled = self._graph.add("Mul", index, self._graph.constant(float(len(further))))
                index = self._graph.add("Add", scaled, position)
            else:
                index = position
        self._cells += len(hashes)
        table = _values(statistic, self._dumped["ctr_data"][statistic["identifier"]], hashes)
        return looked_up(self._graph, index, np.append(table, np.nan)[:, None])

    def _element(self, element: Mapping[str, Any]) -> tuple[str, np.ndarray]:
        """Return a part of a combination as positions, shape `(rows, 1)`, and what is hashed at each position."""
        graph, kind = self._graph, element["combination_element"]
        if kind == "float_feature":
            feature = self._floats[element["float_feature_index"]]
            column = self._column(feature["flat_feature_index"])
            above = graph.add("Greater", column, graph.constant(_single(element["border"])))
            if feature["nan_value_treatment"] == "AsTrue":
                above = graph.add("Or", above, graph.add("IsNaN", column))
            return graph.cast(above, "DOUBLE"), np.arange(2, dtype=np.uint64)
        number = element["cat_feature_index"]
        hashes = self._hashes[number]
        codes = graph.add("Add", self._column(self._categories[number]["flat_feature_index"]), graph.constant(1.0))
        if kind == "cat_feature_value":
            return codes, hashes.astype(np.uint64)
        same = np.flatnonzero(hashes == element["value"])
        wanted = graph.constant(float(same[0]) if len(same) else -1.0)
        return graph.cast(graph.add("Equal", codes, wanted), "DOUBLE"), np.arange(2, dtype=np.uint64)

    def _column(self, index: int) -> str:
        return self._graph.add("Gather", self._encoded, self._graph.constant([index], np.int64), axis=1)


_ORDER = {"cat_feature_value": 0, "float_feature": 1, "cat_feature_exact_value": 2}
"""The order in which CatBoost hashes the parts of a combination."""


@dataclass(frozen=True)
class _Test:
    """What a split asks: whether a column is above a border, or equals a code.

    Args:
        column: The index of the column.
        border: The border or code.
        equal: Whether it asks for equality.
        missing: Whether NaN counts as above the border.
    """

    column: int
    border: float
    equal: bool = False
    missing: bool = False

    def add(self, trees: Trees, yes: int, no: int) -> int:
        """Add it as a node with its children, and return its index."""
        if self.equal:
            node = trees.add_node(self.column, self.border, mode=EQUAL)
            trees.true_children[node], trees.false_children[node] = yes, no
        else:
            node = trees.add_node(self.column, self.border, missing_true=not self.missing)
            trees.true_children[node], trees.false_children[node] = no, yes
        return node


def _add_symmetric(trees: Trees, tests: Sequence[_Test], values: np.ndarray, target: int) -> int:
    """Add a tree that asks the same at all nodes of a level, and return its root as a child.

    Args:
        trees: The trees.
        tests: Bit `n` of the index of a leaf is the answer to test `n`.
        values: The values of the leaves, shape `(2 ** tests,)`.
        target: The index of the output.
    """
    if (values == values[0]).all():  # As where no row of the training came.
        return trees.add_leaf(float(values[0]), target)
    half = len(values) // 2
    no = _add_symmetric(trees, tests[:-1], values[:half], target)
    yes = _add_symmetric(trees, tests[:-1], values[half:], target)
    return tests[-1].add(trees, yes, no)


def _values(statistic: Mapping[str, Any], learned: Mapping[str, Any], hashes: np.ndarray) -> np.ndarray:
    """Return a statistic of combinations of categories, shape `(combinations,)`.

    Args:
        statistic: How it is computed from counts.
        learned: The counts of the training rows.
        hashes: Of the combinations.
    """
    stride = learned["hash_stride"]
    entries = learned["hash_map"]
    keys = np.array([int(key) for key in entries[::stride]], dtype=np.uint64)
    counts = np.array([entries[start::stride] for start in range(1, stride)], dtype=np.float32).T
    order = np.argsort(keys)
    nearest = order[np.searchsorted(keys, hashes, sorter=order).clip(max=len(keys) - 1)]
    found = (keys[nearest] == hashes)[:, None]
    own = np.where(found, counts[nearest], np.float32(0))
    good, total = _counted(statistic, own, learned["counter_denominator"])
    numerator, denominator, shift, scale = (
        np.float32(statistic[name]) for name in ("prior_numerator", "prior_denomerator", "shift", "scale")
    )
    values: np.ndarray = ((good + numerator) / (total + denominator) + shift) * scale
    return values.astype(np.float64)


def _counted(statistic: Mapping[str, Any], counts: np.ndarray, denominator: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that count for a statistic and those that it is a share of, for each combination."""
    kind, border = statistic["ctr_type"], statistic["target_border_idx"]
    if kind in ("Counter", "FeatureFreq"):
        return counts[:, 0], np.full(len(counts), np.float32(denominator))
    if kind == "Borders":
        return counts[:, border + 1 :].sum(axis=1), counts.sum(axis=1)
    if kind == "Buckets":
        return counts[:, border], counts.sum(axis=1)
    raise NotExportable(f"CatBoost's statistic {kind} has no equivalent in ONNX")


def _single(value: float) -> float:
    """Return the single-precision number that a text stands for."""
    return float(np.float32(value))
