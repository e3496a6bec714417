"""The report of a fit: one self-contained HTML page for a person who did not run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...data.analysis import Analysis
from ...data.findings import Finding, by_severity
from ...data.table import Table
from ...diagnosis.assessment import Assessment
from ...diagnosis.confusion import Confusion
from ...history.history import History
from ...proposers.base import Proposer
from ...text import wording
from ...text.cleaning import plain, short
from ...text.shell import command
from ..about import about
from ..overview import stopped
from ..page import near, rendered, write_page
from ..search import search_values
from .board import board_lines
from .columns import dependence_pictures, importance_picture
from .data import column_lines, kinds, target_picture, validation_words
from .learning import generalisation_picture, learning_picture
from .picture import Picture
from .quality import quality_pictures
from .words import column_sentences, gain_over_prior, interval, metric_words, result_sentences

if TYPE_CHECKING:
    from ..plots.plot import Plot

_MOST_CLASSES = 15
_MOST_SUSPECTS = 50


def write_fit_report(
    assessment: Assessment,
    table: Table,
    history: History,
    target: Path,
    *,
    title: str,
    analysis: Analysis | None = None,
    test: Sequence[TestScore] = (),
    facts: Mapping[str, Any] | None = None,
    proposer: Proposer | None = None,
    thorough: bool = True,
) -> Path:
    """Write the report of a fit as one self-contained HTML file.

    Args:
        assessment: What is known about the model.
        table: What was learned from.
        history: The study's history.
        target: The file; an existing one is replaced.
        title: The study's name.
        analysis: What the analyst noticed about the table.
        test: The metrics of test rows, the chosen one first; none if there are no such rows, or not yet.
        facts: Facts about the study, as for `write_report`; also `request`, what was understood of the user's words,
            and `workflow`, the command that repeats the fit.
        proposer: The study's proposer.
        thorough: Whether to draw the plots of the search, which take a second or more.

    Returns:
        The absolute path of the file.

    Raises:
        OutputError: The file cannot be written.
    """
    facts = dict(facts or {})
    asked = _request(facts.pop("request", None))
    page = rendered(
        "fit.html.jinja",
        has_figures=True,
        webgl=thorough and bool(history.trials),
        **search_values(history, proposer),
        **about(history, facts),
        **_summary(assessment, table, facts),
        **_pictures(assessment, table),
        study=plain(title),
        title=plain(f"A model of {', '.join(problem.target for problem in table.problems)}"),
        assessment=assessment,
        findings=_findings(table, analysis),
        analysed=analysis is not None,
        tested={metric_words(score.metric): score for score in test},
        sentences=[*result_sentences(assessment), *_test_sentence(table, test), *column_sentences(assessment)],
        columns=column_lines(table, analysis),
        kinds=kinds(table),
        validation=validation_words(table),
        rows=len(table.target),
        request=asked,
        stopped=stopped(history),
        thorough=thorough,
        plots=_search_plots(history, proposer) if thorough else [],
    )
    return write_page(target, page)


class TestScore(Protocol):
    """A metric of test rows, with its interval."""

    @property
    def metric(self) -> str:
        """Its name."""

    @property
    def value(self) -> float:
        """The metric."""

    @property
    def low(self) -> float | None:
        """The lower end of its 95 % interval."""

    @property
    def high(self) -> float | None:
        """The upper end."""


def _request(request: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what was understood of the user's words, cleaned for the page; None without words."""
    if request is None:
        return None
    lines = {key: [short(line, 500) for line in request[key]] for key in ("understood", "not_understood", "refused")}
    return {"words": short(request["words"], 4000), **lines}


def _findings(table: Table, analysis: Analysis | None) -> tuple[Finding, ...]:
    """Return what was noticed, in reading the table and by the analyst, the most severe first."""
    noticed = [*table.findings, *(analysis.findings if analysis is not None else ())]
    return by_severity({(finding.kind, finding.text): finding for finding in noticed}.values())


def _test_sentence(table: Table, test: Sequence[TestScore]) -> list[str]:
    if not test or table.test is None:
        return []
    first = test[0]
    spread = "" if first.low is None or first.high is None else f" (95 % interval {near(first.low)}–{near(first.high)})"
    rows = wording.count(len(table.test.target), "test row")
    return [f"On {rows}, by which nothing was chosen, the {metric_words(first.metric)} is {near(first.value)}{spread}."]


def _search_plots(history: History, proposer: Proposer | None) -> Sequence[Plot]:
    """Return the plots of the search; plotly's own classes take a second to import."""
    from .. import plots
    from ..importance import importance

    return plots.draw(history, importance(history), proposer)


def _summary(assessment: Assessment, table: Table, facts: Mapping[str, Any]) -> dict[str, Any]:
    whole, prior, gain = assessment.ensemble, assessment.prior, gain_over_prior(assessment)
    folder = str(facts.get("folder") or "FOLDER")
    severe = [one for one in assessment.diagnoses if one.severity != "info"]
    return {
        "metric_name": metric_words(assessment.metric),
        "metrics": [(metric_words(row.name), row) for row in assessment.metrics],
        "score_interval": interval(whole.score),
        "prior_gain": gain if gain is not None and gain > 0 else None,
        "prior_score": None if prior is None else prior.score.value,
        "second": _second(assessment),
        "severe": len(severe),
        "board": board_lines(assessment.leaderboard),
        "left_out": max(0, len(assessment.leaderboard) - len(board_lines(assessment.leaderboard))),
        "members": [row for row in assessment.leaderboard if row.trial is not None and row.weight > 0],
        "heats": {one.problem.target: one.confusion and _heat(one.confusion) for one in assessment.problems},
        "suspects": [suspect for one in assessment.problems if one.label_noise for suspect in one.label_noise.suspects][
            :_MOST_SUSPECTS
        ],
        "commands": [
            ("Predict new rows", command("tunesmith", "predict", folder, "NEW.csv")),
            ("Take the model elsewhere", command("tunesmith", "export", folder, "--to", "onnx")),
            ("Read it as one Python script", command("tunesmith", "export", folder, "--to", "script")),
            ("Train its best part again", str(facts["reproduce"]) if facts.get("reproduce") else ""),
            ("Repeat the fit, with the reason of each decision", str(facts.get("workflow") or "")),
        ],
        "python": f"import tunesmith as ts\n\nmodel = ts.FitResult.load({folder!r})\nmodel.predict(new_rows)",
    }


def _second(assessment: Assessment) -> tuple[str, str, str] | None:
    """Return a metric that more people know than the one that was improved: its name, value and that of the prior."""
    for name in ("auc", "accuracy", "balanced_accuracy", "r2", "mae"):
        row = next((row for row in assessment.metrics if row.name == name and name != assessment.metric), None)
        if row is not None and row.ensemble is not None:
            as_text = wording.share if name in ("accuracy", "balanced_accuracy") else near
            prior = "" if row.prior is None else f"without any column {as_text(round(row.prior, 3))}"
            return metric_words(name), as_text(row.ensemble), prior
    return None


def _heat(matrix: Confusion) -> dict[str, Any]:
    """Return a confusion matrix of the largest classes, with the share of each true class for its colour."""
    order = sorted(range(len(matrix.classes)), key=lambda index: -sum(matrix.counts[index]))
    kept = sorted(order[:_MOST_CLASSES])
    lines = []
    for truth in kept:
        total = max(sum(matrix.counts[truth]), 1)
        cells = [(matrix.counts[truth][other], matrix.counts[truth][other] / total, truth == other) for other in kept]
        lines.append((matrix.classes[truth], cells, matrix.recall(truth), total))
    return {
        "classes": [matrix.classes[index] for index in kept],
        "lines": lines,
        "precision": [matrix.precision(index) for index in kept],
        "left_out": len(matrix.classes) - len(kept),
    }


def _pictures(assessment: Assessment, table: Table) -> dict[str, Any]:
    name = metric_words(assessment.metric)
    limits: list[Picture] = []
    if assessment.learning_curve is not None:
        limits.append(learning_picture(assessment.learning_curve, name))
    if assessment.generalisations:
        limits.append(generalisation_picture(assessment.generalisations, name))
    found = assessment.importances
    return {
        "targets": [target_picture(table, index) for index in range(len(table.problems))],
        "quality": [(one.problem.target, quality_pictures(one)) for one in assessment.problems],
        "importance": None if found is None or not found.columns else importance_picture(found, name),
        "dependences": dependence_pictures(assessment.dependences),
        "limit_pictures": limits,
    }
