"""The sections of a model card."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from ... import plugins
from ...core.trial import State
from ...data.findings import SEVERITIES, Finding
from ...data.problem import Problem
from ...ensembles.ensemble import TRAINED_ON_ALL_ROWS
from ...history.history import History
from ...text import wording
from ...text.shell import command
from ..base import ExportSource
from .held_back import scores_on_test_rows
from .intervals import Interval, Rows, intervals
from .markdown import bullets, inline, table

_PACKAGES = (
    "tunesmith",
    "scikit-learn",
    "lightgbm",
    "xgboost",
    "catboost",
    "statsforecast",
    "torch",
    "pandas",
    "numpy",
)
_MOST_FINDINGS = 20
_MOST_COLUMNS = 100


def sections(source: ExportSource) -> Iterator[tuple[str, str]]:
    """Return the sections of the card: a title, which the first has none of, and its Markdown."""
    yield "", _head(source)
    yield "How good it is", _scores(source)
    yield "Data", _data(source)
    yield "Limits", _limits(source)
    yield "What it consists of", _members(source)
    yield "How to predict", _usage(source)
    yield "How to reproduce it", _reproduction(source)


def _head(source: ExportSource) -> str:
    ensemble = source.ensemble
    targets = " and ".join(f"**{inline(problem.name)}**" for problem in ensemble.problems)
    kinds = sorted({problem.kind for problem in ensemble.problems})
    many = wording.count(len(ensemble.members), "model")
    described = f"A combination of {many}" if len(ensemble.members) > 1 else f"A {ensemble.members[0].family} model"
    columns = wording.count(len(ensemble.schema.columns), "column")
    return (
        f"# Model card: {', '.join(inline(problem.name) for problem in ensemble.problems)}\n\n"
        f"{described} that predicts {targets} ({', '.join(kinds)}) from {columns}. Made by tunesmith."
    )


def _scores(source: ExportSource) -> str:
    ensemble, data = source.ensemble, source.table
    target = data.held_out_target
    predictions = {member.trial: source.out_of_fold(member.trial) for member in ensemble.members}
    combined = ensemble.combination.apply(ensemble.problems, predictions)
    known = Rows(
        target=target,
        outputs=combined,
        chances=ensemble.combination.decide(ensemble.problems, combined),
        weight=data.held_out_weight,
    )
    found = intervals(ensemble.problems, known, ensemble.metric)
    rows = wording.count(len(target), "row")
    lines = [
        f"On {rows} of the training table, each predicted by models that were not trained on it "
        f"({_validation(source)}), with 95 % intervals from bootstrap samples of the rows:",
        _interval_table(found, ensemble.metric),
        f"The model was chosen among {wording.count(_complete(source), 'trained model')} by these rows, so that the "
        "figures are slightly better than they will be on new rows.",
    ]
    test, times = scores_on_test_rows(source.folder, data.test, ensemble)
    if data.test is not None:
        lines += [
            f"On {wording.count(len(data.test.target), 'test row')}, by which nothing was chosen:",
            _interval_table(test, ensemble.metric),
            "They were scored once."
            if times == 1
            else f"{times} models have been scored on them, so that a choice by these figures is no longer fair.",
        ]
    return "\n\n".join(lines)


def _validation(source: ExportSource) -> str:
    data = source.table
    folds = int(data.folds[0].max()) + 1
    kind = "in the order of time" if data.ordered else "groups kept together" if data.grouped else ""
    if not data.held_out.all() and folds == 1:
        text = "one part held out"
    else:
        text = wording.count(folds, "fold") + (f", {len(data.folds)} repeats" if len(data.folds) > 1 else "")
    return f"{text}, {kind}" if kind else text


def _interval_table(found: Sequence[Interval], chosen: str) -> str:
    rows = []
    for interval in found:
        name = f"**{interval.metric}**" if interval.metric == chosen else interval.metric
        ends = [interval.low, interval.high]
        rows.append([name, *(wording.number(value, 4) for value in (interval.value, *ends))])
    return table(["metric", "value", "from", "to"], rows)


def _complete(source: ExportSource) -> int:
    return sum(trial.state is State.COMPLETE for trial in source.history.trials)


def _data(source: ExportSource) -> str:
    data = source.table
    numbers = [f"{wording.count(len(data.target), 'row')} to learn from."]
    numbers += [_target(problem, data.target[:, index]) for index, problem in enumerate(data.problems)]
    columns = data.schema.columns
    missing = data.features.isna().mean() if len(columns) else {}
    rows = []
    for column in columns[:_MOST_COLUMNS]:
        levels = wording.count(len(column.categories), "level") if column.kind == "category" else ""
        rows.append([inline(column.name, 80), column.kind, levels, wording.share(float(missing[column.name]))])
    text = bullets(numbers) + "\n\n" + table(["column", "read as", "", "missing"], rows)
    if len(columns) > _MOST_COLUMNS:
        text += f"\n\nand {len(columns) - _MOST_COLUMNS} more columns."
    return text


def _target(problem: Problem, target: np.ndarray) -> str:
    name = inline(problem.name, 80)
    if not problem.is_classification:
        low, middle, high = (wording.number(float(value)) for value in np.percentile(target, [0, 50, 100]))
        return f"{name}: numbers from {low} to {high}, median {middle}."
    shares = np.bincount(target.astype(int), minlength=problem.outputs) / len(target)
    told = [
        f"{inline(label, 40)} ({wording.share(float(s))})" for label, s in zip(problem.classes, shares, strict=True)
    ]
    rest = f" and {len(told) - 20} more" if len(told) > 20 else ""
    return f"{name}: {', '.join(told[:20])}{rest}."


def _limits(source: ExportSource) -> str:
    data = source.table
    items = [
        "It knows what the training table shows. Rows of another population, time or way of measuring may be predicted "
        "worse than the figures above say, and nothing in a prediction tells.",
        "A category that the training table lacks, and a column that is not given, count as missing.",
        "Which columns it uses says nothing about causes.",
    ]
    if not data.ordered:
        items.append("It was validated on rows of the same time as those it was trained on, not on later ones.")
    smallest = [
        int(np.bincount(data.target[:, index].astype(int)).min())
        for index, problem in enumerate(data.problems)
        if problem.is_classification
    ]
    if smallest and min(smallest) < 50:
        rows = wording.count(min(smallest), "row")
        items.append(f"Its rarest class has {rows}: what it says about that class is uncertain.")
    findings = [*data.findings, *(data.test.findings if data.test is not None else ())]
    ranked = sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity))
    items += [described_finding(finding) for finding in ranked[:_MOST_FINDINGS]]
    return bullets(items)


def described_finding(finding: Finding) -> str:
    """Return a finding and its remedy as Markdown."""
    severity = "" if finding.severity == "info" else f"**{finding.severity}**: "
    return f"{severity}{inline(finding.text, 500)} {inline(finding.remedy, 300)}".rstrip()


def _members(source: ExportSource) -> str:
    rows = []
    for member in sorted(source.ensemble.members, key=lambda member: -member.weight):
        family = plugins.load("families", member.family)
        prefix = f"{member.family}."
        settings = [
            f"{name.removeprefix(prefix)} {wording.value(value)}"
            for name, value in member.parameters.items()
            if name.startswith(prefix)
        ]
        rows.append(
            [
                str(member.trial),
                inline(family.profile.title),
                wording.share(member.weight),
                str(len(member.pipelines)),
                inline(", ".join(settings)),
            ]
        )
    members = table(["trial", "family", "weight", "models", "hyperparameters"], rows)
    return f"{members}\n\n{TRAINED_ON_ALL_ROWS}" if source.ensemble.whole else members


def _usage(source: ExportSource) -> str:
    folder = command(source.folder)
    return (
        f"```sh\ntunesmith predict {folder} new_rows.csv\n```\n\n"
        f"```python\nimport tunesmith as ts\n\nresult = ts.FitResult.load({str(source.folder)!r})\n"
        'result.predict("new_rows.csv")\n```\n\n'
        f"Without tunesmith: `tunesmith export {folder} --to onnx` writes one ONNX file that takes raw rows."
    )


def _reproduction(source: ExportSource) -> str:
    return reproduction(source.folder, source.history, source.table.source)


def reproduction(folder: Path, history: History, origin: Mapping[str, Any]) -> str:
    """Return what a fit was made with, and how to train its models again.

    Args:
        folder: The study's folder.
        history: Its trials.
        origin: What the prepared data were made from.
    """
    trained = sum(trial.seconds or 0.0 for trial in history.trials)
    facts = [f"{wording.count(len(history.trials), 'trial')}, {wording.duration(trained)} of training in all"]
    if "data" in origin:
        facts.append(f"data with the fingerprint `{inline(origin['data'])}`")
    if "seed" in origin:
        facts.append(f"seed {inline(origin['seed'])}")
    facts.append(f"Python {platform.python_version()}, {', '.join(_versions())}")
    script = f"`tunesmith export {command(folder)} --to script` writes a script that trains the model again."
    return bullets(facts) + "\n\n" + script


def _versions() -> Iterator[str]:
    for package in _PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
