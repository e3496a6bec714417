"""The ONNX exporter: the graph of an ensemble, written and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import orjson

from ...data.problem import Problem
from ...ensembles.calibration import LEAST_PROBABILITY
from ...ensembles.ensemble import Ensemble, Member
from ...errors import MissingExtra
from .._selection import exportable_ensemble
from ..base import Export, ExportSource, ForecastSource, write_file
from .columns import GraphColumn, NotExportable, raw_columns
from .graph import Graph
from .models import predictions
from .parity import check_parity
from .steps import prepared_columns


@dataclass(frozen=True, kw_only=True)
class OnnxExporter:
    """Writes one graph from raw rows to predictions, and checks that it agrees with Python.

    The graph has an input for each column, of shape `(rows, 1)`: numbers as doubles, with NaN where a value is missing,
    dates as doubles in seconds since 1970 (UTC), categories and texts as strings, `""` where missing. It returns
    `label` and `probabilities`, or `prediction` for numbers; with several targets, a name ends in `_` and the target.
    """

    file: ClassVar[str] = "model.onnx"

    def export(self, source: ExportSource, path: Path) -> Export:
        """Write the graph of the ensemble, or of the best ensemble of the members that ONNX can express.

        Raises:
            InputError: No member can be exported, or the graph disagrees with Python.
            MissingExtra: onnx or onnxruntime is not installed.
        """
        _check_installed()
        graph = _empty_graph(source.ensemble)
        columns = raw_columns(graph, source.ensemble.schema)
        outputs: dict[int, list[str]] = {}

        def refusal(member: Member) -> str | None:
            try:
                outputs[member.trial] = _member_outputs(graph, columns, member)
            except NotExportable as error:
                return str(error)
            return None

        ensemble, notes = exportable_ensemble(source, refusal, form="ONNX")
        _add_outputs(graph, ensemble, outputs)
        described = f"Predicts {', '.join(problem.name for problem in ensemble.problems)}."
        content = graph.serialized("ensemble", _metadata(ensemble), described)
        parity = check_parity(content, ensemble, source.table)
        write_file(path, content)
        return Export(
            path=path,
            notes=[*notes, parity.sentence],
            facts={"bytes": len(content), "members": [m.trial for m in ensemble.members], **parity.facts},
        )

    def export_forecasts(self, source: ForecastSource, path: Path) -> Export:
        """Write one graph from the histories of series to quantiles; see `forecasts.exporter`.

        Raises:
            InputError: No member can be exported, or the graph disagrees with Python.
            MissingExtra: onnx or onnxruntime is not installed.
        """
        from .forecasts.exporter import export_forecasts

        _check_installed()
        return export_forecasts(source, path)


def _empty_graph(ensemble: Ensemble) -> Graph:
    outputs = {name for problem in ensemble.problems for name in _output_names(ensemble, problem)}
    return Graph({column.name for column in ensemble.schema.columns} | outputs)


def _add_outputs(graph: Graph, ensemble: Ensemble, members: Mapping[int, list[str]]) -> None:
    """Add the calibrated mean of the members, and the labels."""
    combination = ensemble.combination
    for index, problem in enumerate(ensemble.problems):
        weighted = []
        for trial, weight in combination.weights.items():
            sharp = _sharpened(graph, members[trial][index], combination.sharpness[trial][index])
            weighted.append(graph.add("Mul", sharp, graph.constant(weight)))
        mean = _sharpened(graph, graph.sum(weighted), combination.final[index])
        names = _output_names(ensemble, problem)
        if problem.is_classification:
            factors = graph.constant([combination.factors[index]])
            graph.output(names[0], _label(graph, graph.add("Mul", mean, factors), problem), "STRING", None)
        graph.output(names[-1], mean, "DOUBLE", problem.outputs)


def _sharpened(graph: Graph, shares: str, exponent: float) -> str:
    """Return probabilities to the power of an exponent, normalised, as `calibration.sharpen` does."""
    if exponent == 1.0:
        return shares
    bounds = (graph.constant(LEAST_PROBABILITY), graph.constant(1.0))
    logs = graph.add("Log", graph.add("Clip", graph.shares(shares), *bounds))
    return graph.shares(graph.add("Exp", graph.add("Mul", logs, graph.constant(exponent))))


def _output_names(ensemble: Ensemble, problem: Problem) -> list[str]:
    kinds = ["label", "probabilities"] if problem.is_classification else ["prediction"]
    return kinds if len(ensemble.problems) == 1 else [f"{kind}_{problem.name}" for kind in kinds]


def _member_outputs(graph: Graph, columns: Mapping[str, GraphColumn], member: Member) -> list[str]:
    """Return the mean over the folds, for each problem."""
    folds = []
    for pipeline in member.pipelines:
        prepared = prepared_columns(graph, columns, pipeline.recipe)
        folds.append([predictions(graph, prepared, model) for model in pipeline.models])
    return [graph.mean(values) for values in zip(*folds, strict=True)]


def _label(graph: Graph, scores: str, problem: Problem) -> str:
    best = graph.add("ArgMax", scores, axis=1, keepdims=0)
    return graph.add("Gather", graph.constant(problem.classes, object), best, axis=0)


def _metadata(ensemble: Ensemble) -> dict[str, str]:
    """Return what a person who finds the file wants to know, as JSON where it is not a word."""
    facts: dict[str, Any] = {
        "metric": ensemble.metric,
        "score": ensemble.score,
        "targets": [problem.to_table() for problem in ensemble.problems],
        "columns": {column.name: column.kind for column in ensemble.schema.columns},
        "units": {
            "number": "as in the training table",
            "date": "seconds since 1970-01-01 UTC",
            "category": "text without space around it",
            "text": "text without space around it",
        },
        "missing": {"number": "NaN", "date": "NaN", "category": "", "text": ""},
        "members": {str(m.trial): {"family": m.family, "weight": m.weight} for m in ensemble.members},
    }
    return {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in facts.items()}


def _check_installed() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            f"an ONNX export needs {error.name}. Install it with: pip install 'tunesmith[onnx]'"
        ) from None
