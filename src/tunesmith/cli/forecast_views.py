"""What `tunesmith fit` prints for time series: what it understood, and what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ..fitting.forecasting.result import ForecastResult
from ..progress.chart import series_chart
from ..progress.layout import GOOD, SOFT, Flow, Rows, Title, indented
from ..progress.terminal import Printable, near, shortened
from ..series.levels import LEVELS
from ..series.panel import Panel
from ..service.forecast_facts import shown_stamp
from ..text.cleaning import clean
from ..text.shell import command
from ..text.wording import count, duration, limit, number, share
from .fit_views import findings_of, request_lines

_MOST_ROWS = 12
_MOST_FINDINGS = 4
_MOST_LOOKED_AT = 1_000
_MOST_STEPS = 400  # Of a history in a chart.


def understood_forecast(facts: Mapping[str, Any]) -> Printable:
    """Return what a fit would do with time series.

    Args:
        facts: As `understood_series` returns them.
    """
    grid = Table.grid(Column(style=SOFT, no_wrap=True), Column(overflow="fold"), padding=(0, 2, 0, 0))
    for name, words in (
        ("data", facts["data"]),
        *(("" if index else "request", line) for index, line in enumerate(request_lines(facts.get("request")))),
        *_series_lines(facts),
        ("horizon", count(facts["horizon"], "step")),
        ("metric", f"minimize {facts['metric']}"),
        *(("limit", limit(entry["metric"], entry["low"], entry["high"])) for entry in facts["limits"]),
        ("backtest", f"the last {count(facts['windows'], 'window')} of each series"),
        ("families", ", ".join(facts["families"].values())),
        *(("", sentence) for sentence in facts["absent"]),
        ("order", ", ".join(facts["first"])),
        ("time", duration(facts["minutes"] * 60)),
        ("folder", facts["folder"]),
    ):
        grid.add_row(f"   {name}", Text(clean(words)))
    return Printable(Group(Title("understood, nothing was trained"), grid, *findings_of(facts["findings"])))


def _series_lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    longest, several = f"{facts['longest']:,}", facts["series"] > 1
    lengths = f"{facts['shortest']:,} to {longest}" if several else longest
    many = f"{facts['series']:,}" if several else "one"
    yield "target", f"{facts['target']}, {many} series of {lengths} values"
    time = facts["time"] or "the order of the rows"
    yield "time", f"{time}, {facts['frequency']}, {facts['begins']} to {facts['ends']}"
    if facts["covariates"]:
        ahead = f", known ahead: {', '.join(facts['known_ahead'])}" if facts["known_ahead"] else ""
        yield "beside", f"{', '.join(facts['covariates'])}{ahead}"
    if facts["ids"]:
        yield "series", f"named by {', '.join(facts['ids'])}"
    yield "seasons", ", ".join(f"{length} steps" for length in facts["seasons"]) or "none"


def forecast_summary(result: ForecastResult, facts: Mapping[str, Any]) -> Printable:
    """Return the result of a fit: the score, the trained models, the forecast, weak points, and the next commands.

    Args:
        result: The fitted models.
        facts: As `forecast_facts` returns them.
    """
    ensemble, history = result.ensemble, result.study.history
    first = history.trials[0].metrics.get(ensemble.metric)
    pieces = [
        Text.assemble(clean(ensemble.metric), (f" {number(ensemble.score)}", "bold")),
        Text(count(len(ensemble.members), "model")),
        Text("" if first is None else f"last season repeated: {number(first)}", style=SOFT),
    ]
    title = Title(f"{clean(facts['target'])}  {clean(result.study.objective)}")
    grid = Table.grid(Column(style=SOFT, no_wrap=True), Column(overflow="fold"), padding=(0, 2, 0, 0))
    for name, words in (*_series_lines(facts), ("horizon", count(ensemble.horizon, "step")), *_quality_lines(facts)):
        grid.add_row(f"   {name}", Text(clean(words)))
    parts: list[RenderableType] = [title, Flow([piece for piece in pieces if piece], 2, mark="★"), "", grid, ""]
    parts += [_models(result), "", *_chart(result), ""]
    for block in (findings_of(facts["findings"], most=_MOST_FINDINGS), _weak_points(facts)):
        if lines := list(block):
            parts += [*lines, ""]
    why = "" if history.last_stop is None else f"; {clean(history.last_stop.reason.rstrip('.'))}"
    parts += [Text(f"   {count(len(history.trials), 'trial')} in {duration(history.seconds_spent())}{why}"), ""]
    return Printable(Group(*parts, *_next(result.folder)))


def _quality_lines(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield how the forecasts were tested, and the scores on the test part."""
    quality, test, metric = facts["quality"], facts["test"], facts["metric"]
    if quality is not None:
        held = "" if quality["coverage"] is None else f"; the interval of 80 % held {share(quality['coverage'])}"
        held = held.replace(" %", "\u00a0%")
        windows = count(quality["windows"], "window")
        yield "backtest", f"the last {windows} of {count(quality['steps'], 'step')} of each series{held}"
    if test is not None:
        score, baseline = test["metrics"][metric], test["baseline"].get(metric)
        beside = "" if baseline is None else f", last season repeated: {number(baseline)}"
        steps = f"{count(test['steps'], 'step')} of {test['series']:,} series"
        yield "test", f"{steps}: {metric} {'unknown' if score is None else number(score)}{beside}"
        if test["models"] > 1:
            yield "", f"{test['models']} models have been scored on them: do not choose by these figures"


def _weak_points(facts: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield where the forecasts are weak, the severe points alone."""
    found = [] if facts["quality"] is None else facts["quality"]["weaknesses"]
    severe = [finding for finding in found if finding["severity"] != "info"]
    if not severe:
        return
    hidden = len(found) - len(severe[:_MOST_FINDINGS])
    yield Title("weak points", Text(f"{hidden} more in the report" if hidden else "", style=SOFT))
    for finding in severe[:_MOST_FINDINGS]:
        yield indented(Text.assemble(clean(finding["text"]), (f" {clean(finding['remedy'])}", SOFT)), "!")


def _models(result: ForecastResult) -> RenderableType:
    """Return the best model of each family, and the weight of all its models in the forecast."""
    board, metric = result.leaderboard(), result.ensemble.metric
    cells = [[Text(head, style=SOFT) for head in ("", "family", "trials", "best", metric, "time", "weight")]]
    families = [rows for _, rows in board.groupby("family", sort=False)]
    for rows in families[:_MOST_ROWS]:
        best, weight = rows.iloc[0], float(rows["weight"].sum())
        cells.append(
            [
                Text(" ★" if weight else "", style=GOOD),
                Text(f"{clean(best['family'])}{' (pretrained)' if best['pretrained'] else ''}"),
                Text(str(len(rows))),
                Text(f"trial {best['trial']}", style=SOFT),
                Text(number(best[metric])),
                Text(duration(best["seconds"])),
                Text(share(weight) if weight else ""),
            ]
        )
    hidden = len(families) - _MOST_ROWS
    rest = [Text(f"   … {hidden} more", style=SOFT)] if hidden > 0 else []
    return Group(Rows(cells, right=(2, 4, 5, 6)), *rest)


def _chart(result: ForecastResult) -> Iterator[RenderableType]:
    """Yield the chart of one series, its end and its forecast."""
    panel, ensemble = result.panel, result.ensemble
    index = _drawn(panel)
    shown = max(3 * ensemble.horizon, 2 * panel.season, 24)
    history = panel.history(index)[-min(shown, _MOST_STEPS) :]
    low, middle, high = (ensemble.trained[index, :, LEVELS.index(level)] for level in (0.1, 0.5, 0.9))
    name = f" of {clean(panel.names[index])}" if panel.names[index] else ""
    length = int(panel.lengths[index])
    steps = np.array([length - len(history), length - 1, length + ensemble.horizon - 1])
    first, origin, last = map(shown_stamp, panel.frequency.stamps(panel.starts[index] + steps))
    yield Text(f"   the forecast{name}, and the interval of 80 %", style=SOFT)
    yield series_chart(history.tolist(), low.tolist(), middle.tolist(), high.tolist(), ends=(first, origin, last))


def _drawn(panel: Panel) -> int:
    """Return the first of the longest series that changes; the first one if none does."""
    longest = np.flatnonzero(panel.lengths == panel.lengths.max())[:_MOST_LOOKED_AT]
    return next((int(index) for index in longest if np.ptp(panel.history(int(index)))), int(longest[0]))


def _next(folder: Path) -> Iterator[Text]:
    """Yield where the result is, and the commands to type next."""
    lines = [("folder", near(folder)), ("next", command("tunesmith", "predict", shortened(folder)))]
    lines += [("", command("tunesmith", "report", shortened(folder), "--open"))]
    lines += [("", command("tunesmith", "status", shortened(folder)))]
    for name, words in lines:
        yield Text.assemble((f"   {name:<8}", SOFT), words, no_wrap=True, overflow="ignore")
