"""Pictures of what limits a model: the score by rows, and training beside validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...diagnosis.generalisation import Generalisation
from ...diagnosis.leaderboard import family_title
from ...diagnosis.limits import LearningCurve
from ...text import wording
from .picture import Picture, figure, label


def learning_picture(curve: LearningCurve, metric: str) -> Picture:
    """Return the score by the number of training rows, and what twice as many promise."""
    rows, scores = [point.rows for point in curve.points], [point.score for point in curve.points]
    halves = [0.0 if s.high is None or s.low is None else (s.high - s.low) / 2 for s in scores]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": rows,
            "y": [score.value for score in scores],
            "mode": "lines+markers",
            "line": {"color": "var(--accent)", "width": 2.5},
            "marker": {"size": 8, "color": "var(--accent)"},
            "error_y": {"type": "data", "array": halves, "color": "var(--accent)", "thickness": 1.2, "width": 3},
            "hovertemplate": "%{x:,} rows: %{y:.4g}<extra></extra>",
        }
    ]
    if curve.doubled is not None:
        traces.append(
            {
                "type": "scatter",
                "x": [rows[-1], 2 * rows[-1]],
                "y": [scores[-1].value, curve.doubled],
                "mode": "lines+markers",
                "line": {"color": "var(--faint)", "width": 2, "dash": "dot"},
                "marker": {"size": [0, 9], "color": "var(--faint)", "symbol": "circle-open"},
                "hovertemplate": "%{x:,} rows: about %{y:.4g}<extra></extra>",
            }
        )
    marks = [*rows, *([2 * rows[-1]] if curve.doubled is not None else [])]
    promise = "" if curve.doubled is None else f" The ring is what twice as many rows promise: {_near(curve.doubled)}."
    return Picture(
        heading="Would more rows help?",
        figure=figure(
            traces,
            x="rows trained on",
            y=label(metric),
            xaxis={"type": "log", "tickvals": marks, "ticktext": [f"{mark:,}" for mark in marks]},
        ),
        caption=f"{family_title(curve.family)} (trial {curve.trial}) trained on parts of one fold, with 95 % intervals."
        f"{promise}",
        description=f"{metric} by rows.",
        values=[("rows", metric), *((f"{row:,}", _near(score.value)) for row, score in zip(rows, scores, strict=True))],
    )


def generalisation_picture(found: Sequence[Generalisation], metric: str) -> Picture:
    """Return the score of each member on rows that it was trained on, beside that on others."""
    shown = list(reversed(found[:10]))
    names = [f"{family_title(one.family)}, trial {one.trial}" for one in shown]
    training = [float(np.mean(one.training)) for one in shown]
    validation = [float(np.mean(one.validation)) for one in shown]
    joined: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": [low, high],
            "y": [name, name],
            "mode": "lines",
            "line": {"color": "var(--line)", "width": 5},
            "hoverinfo": "skip",
            "showlegend": False,
        }
        for name, low, high in zip(names, training, validation, strict=True)
    ]
    dots = [
        {
            "type": "scatter",
            "x": values,
            "y": names,
            "mode": "markers",
            "name": words,
            "marker": {"size": 11, "color": colour, "symbol": symbol},
            "hovertemplate": f"%{{y}}, {words}: %{{x:.4g}}<extra></extra>",
        }
        for words, values, colour, symbol in (
            ("rows it was trained on", training, "var(--series-2)", "circle-open"),
            ("other rows", validation, "var(--accent)", "circle"),
        )
    ]
    return Picture(
        heading="What holds on other rows",
        figure=figure(
            [*joined, *dots],
            x=label(metric),
            height=max(200, 110 + 32 * len(shown)),
            legend=True,
            margin={"l": 8, "r": 14, "t": 14, "b": 44},
            yaxis={"showgrid": False, "type": "category", "tickfont": {"size": 13, "color": "var(--text)"}},
        ),
        caption="Forests and boosters fit the rows that they were trained on closely; what counts is the filled dot.",
        description="Training beside validation scores.",
        values=[
            ("member", "trained on", "other rows"),
            *(
                (name, _near(one), _near(other))
                for name, one, other in zip(reversed(names), reversed(training), reversed(validation), strict=True)
            ),
        ],
    )


def _near(value: float) -> str:
    return wording.rounded(value, 4)
