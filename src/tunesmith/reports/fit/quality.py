"""Pictures of how good predictions are: calibration and thresholds of classes, scatter and errors of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...core.arrays import Floats
from ...diagnosis.assessment import ProblemAssessment
from ...diagnosis.calibration import Calibration, bins_as_rows
from ...diagnosis.evidence import Evidence
from ...text import wording
from .picture import Picture, figure, label

_MOST_POINTS = 700
_THRESHOLDS = np.linspace(0.02, 0.98, 49)


def quality_pictures(assessed: ProblemAssessment) -> list[Picture]:
    """Return the pictures of one problem."""
    evidence = assessed.evidence
    if not assessed.problem.is_classification:
        return [_scatter(evidence), _errors(evidence)]
    pictures = []
    if assessed.calibration is not None:
        pictures.append(_reliability(evidence, assessed.calibration))
    if assessed.problem.kind == "binary":
        pictures.append(_thresholds(evidence))
    return pictures


def _reliability(evidence: Evidence, result: Calibration) -> Picture:
    binary = evidence.problem.kind == "binary"
    shown = evidence.probabilities[:, 1] if binary else evidence.probabilities.max(axis=1)
    what = f"probability of {label(evidence.problem.classes[1])}" if binary else "probability of the likeliest class"
    counts, edges = np.histogram(shown, bins=25, range=(0, 1))
    predicted, observed = [one.predicted for one in result.bins], [one.observed for one in result.bins]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": [0, 1],
            "y": [0, 1],
            "mode": "lines",
            "line": {"color": "var(--faint)", "width": 1.5, "dash": "dot"},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "x": predicted,
            "y": observed,
            "mode": "lines+markers",
            "line": {"color": "var(--accent)", "width": 2},
            "marker": {"size": 8, "color": "var(--accent)"},
            "error_y": {
                "type": "data",
                "symmetric": False,
                "array": [one.high - one.observed for one in result.bins],
                "arrayminus": [one.observed - one.low for one in result.bins],
                "color": "var(--accent)",
                "thickness": 1.2,
                "width": 3,
            },
            "hovertemplate": "predicted %{x:.1%}<br>came true %{y:.1%}<extra></extra>",
        },
        {
            "type": "bar",
            "x": ((edges[:-1] + edges[1:]) / 2).tolist(),
            "y": counts.tolist(),
            "yaxis": "y2",
            "width": 0.036,
            "marker": {"color": "var(--middling)"},
            "hovertemplate": "%{y} rows<extra></extra>",
        },
    ]
    error = wording.share(result.error)
    drawn = figure(
        traces,
        x=what,
        y="share that came true",
        height=380,
        xaxis={"range": [-0.02, 1.02], "tickformat": ".0%", "anchor": "y2"},
        yaxis={"range": [-0.03, 1.03], "tickformat": ".0%", "domain": [0.24, 1]},
        yaxis2={"domain": [0, 0.17], "showgrid": False, "showticklabels": False},
    )
    return Picture(
        heading="Do probabilities come true?",
        figure=drawn,
        caption=f"On the dotted line they do. They are off by {error} on average ({wording.share(result.error_low)} to"
        f" {wording.share(result.error_high)}; {wording.share(result.chance_error)} would be chance). Below: how often"
        " each probability is given.",
        description=f"Predicted against observed shares in {len(result.bins)} bins; calibration error {error}.",
        values=bins_as_rows(result.bins),
    )


def threshold_shares(probability: Floats, positive: Floats) -> tuple[Floats, Floats, Floats]:
    """Return for each threshold the share found, the share of hits, and the share predicted; `(thresholds,)` each."""
    order = np.sort(probability)
    hits = np.sort(probability[positive > 0])
    predicted = len(order) - np.searchsorted(order, _THRESHOLDS, side="left")
    found = len(hits) - np.searchsorted(hits, _THRESHOLDS, side="left")
    with np.errstate(invalid="ignore", divide="ignore"):
        return found / max(len(hits), 1), np.where(predicted > 0, found / predicted, np.nan), predicted / len(order)


def _thresholds(evidence: Evidence) -> Picture:
    name = label(evidence.problem.classes[1])
    found, right, predicted = threshold_shares(evidence.probabilities[:, 1], evidence.target)
    traces = []
    for words, values, colour, dash in (
        (f"{name} found", found, "var(--series-1)", "solid"),
        (f"right when {name} is said", right, "var(--series-2)", "solid"),
        (f"rows said to be {name}", predicted, "var(--faint)", "dot"),
    ):
        traces.append(
            {
                "type": "scatter",
                "x": _THRESHOLDS.tolist(),
                "y": [None if np.isnan(value) else float(value) for value in values],
                "mode": "lines",
                "name": words,
                "line": {"color": colour, "width": 2.5 if dash == "solid" else 2, "dash": dash},
                "hovertemplate": f"from %{{x:.0%}} on: %{{y:.1%}} {words}<extra></extra>",
            }
        )
    lines = [("say it from", "found", "right", "rows")]
    for threshold in (0.1, 0.2, 0.3, 0.5, 0.7, 0.9):
        index = int(np.argmin(np.abs(_THRESHOLDS - threshold)))
        cells = (found[index], right[index], predicted[index])
        texts = ["–" if np.isnan(value) else wording.share(float(value)) for value in cells]
        lines.append((wording.share(threshold), texts[0], texts[1], texts[2]))
    drawn = figure(
        traces,
        x=f"say {name} from this probability on",
        height=380,
        legend=True,
        xaxis={"range": [0, 1], "tickformat": ".0%"},
        yaxis={"range": [-0.02, 1.02], "tickformat": ".0%"},
        hovermode="x",
    )
    return Picture(
        heading="Where to draw the line",
        figure=drawn,
        caption=f"A low threshold finds more of {name}, and is wrong more often. Choose by what each mistake costs.",
        description=f"Shares found and right by threshold, for the class {name}.",
        values=lines,
    )


def _scatter(evidence: Evidence) -> Picture:
    part = evidence.sample(_MOST_POINTS)
    predicted, truth = part.predictions[:, 0], part.target
    both = np.concatenate([predicted, truth])
    low, high = float(both.min()), float(both.max())
    log = low > 0 and high / low > 300
    ends = [low, high]
    kind = {"type": "log"} if log else {}
    traces = [
        {
            "type": "scatter",
            "x": predicted.tolist(),
            "y": truth.tolist(),
            "mode": "markers",
            "marker": {"size": 6, "color": "var(--series-1)", "opacity": 0.45},
            "hovertemplate": "predicted %{x:.5g}<br>true %{y:.5g}<extra></extra>",
        },
        {
            "type": "scatter",
            "x": ends,
            "y": ends,
            "mode": "lines",
            "line": {"color": "var(--text)", "width": 1.5, "dash": "dot"},
            "hoverinfo": "skip",
        },
    ]
    return Picture(
        heading="Predicted and true",
        figure=figure(
            traces, x="predicted", y=f"true {label(evidence.problem.target)}", height=380, xaxis=kind, yaxis=kind
        ),
        caption=f"{len(part):,} rows, each predicted by models that were not trained on it. On the dotted line the"
        " prediction is right.",
        description="True values against predictions.",
    )


def _errors(evidence: Evidence) -> Picture:
    residuals = evidence.residuals[:, 0]
    sizes = np.abs(residuals)
    half, most = float(np.median(sizes)), float(np.quantile(sizes, 0.9))
    low, high = np.quantile(residuals, [0.005, 0.995])
    counts, edges = np.histogram(residuals, bins=41, range=(float(low), float(high) if high > low else float(low) + 1))
    traces = [
        {
            "type": "bar",
            "x": ((edges[:-1] + edges[1:]) / 2).tolist(),
            "y": (counts / len(residuals)).tolist(),
            "width": float(edges[1] - edges[0]) * 0.92,
            "marker": {"color": "var(--series-1)"},
            "hovertemplate": "about %{x:.4g}: %{y:.1%} of the rows<extra></extra>",
        }
    ]
    zero = {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper"}
    drawn = figure(
        traces,
        x="true less predicted",
        y="share of the rows",
        height=380,
        yaxis={"tickformat": ".0%"},
        shapes=[{**zero, "line": {"color": "var(--text)", "width": 1.5, "dash": "dot"}}],
    )
    return Picture(
        heading="How large errors are",
        figure=drawn,
        caption=f"Half of the rows are off by at most {wording.rounded(half)}, nine in ten by at most"
        f" {wording.rounded(most)}. The outermost 1 % are not drawn.",
        description=f"Histogram of errors; median {wording.rounded(half)}.",
    )
