"""The sections of a model card of forecasting models."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ... import plugins
from ...core.trial import State
from ...data.findings import by_severity
from ...families.base import own_parameters
from ...forecasters.base import baseline_trial
from ...series.analysis import analyse_series
from ...series.held_out import HeldOutScores
from ...series.levels import MEDIAN
from ...text import wording
from ...text.shell import command
from ..base import ForecastSource
from .forecast_intervals import coverages, forecast_intervals, resamples_series
from .markdown import bullets, inline, table
from .sections import described_finding, reproduction

_MOST_FINDINGS = 20


def forecast_sections(source: ForecastSource) -> Iterator[tuple[str, str]]:
    """Return the sections of the card: a title, which the first has none of, and its Markdown.

    Raises:
        InputError: The forecasts of a member are gone.
    """
    yield "", _head(source)
    yield "How good it is", _scores(source)
    yield "Data", _data(source)
    yield "Limits", _limits(source)
    yield "What it consists of", _members(source)
    yield "How to forecast", _usage(source)
    yield "How to reproduce it", _reproduction(source)


def _head(source: ForecastSource) -> str:
    ensemble = source.ensemble
    many = wording.count(len(ensemble.members), "model")
    (first, *others) = ensemble.members.values()
    described = f"A combination of {many}" if others else f"A {_title(first.family)} model"
    steps = wording.count(ensemble.horizon, "step")
    return (
        f"# Model card: forecast of {_targets(source)}\n\n"
        f"{described} that forecasts **{_targets(source)}** for {steps} ({ensemble.frequency.words}) after the end of "
        "a series: the median, and quantiles from 5 % to 95 %. Made by tunesmith."
    )


def _title(family: str) -> str:
    return inline(plugins.load("forecasters", family).profile.title)


def _scores(source: ForecastSource) -> str:
    ensemble, backtest = source.ensemble, source.backtest
    combined = ensemble.backtested.astype(np.float64)
    baseline = _baseline(source)
    found = forecast_intervals(backtest, combined, ensemble.metric)
    beside = {} if baseline is None else {one.metric: one for one in forecast_intervals(backtest, baseline, "mase")}
    rows = []
    for interval in found:
        name = f"**{interval.metric}**" if interval.metric == ensemble.metric else interval.metric
        values = [wording.number(value, 4) for value in (interval.value, interval.low, interval.high)]
        other = beside.get(interval.metric)
        rows.append([name, *values, "" if other is None else wording.number(other.value, 4)])
    windows, scored = wording.count(len(backtest.series), "window"), len(np.unique(backtest.series))
    unit = "series" if resamples_series(backtest) else "windows"
    complete = sum(trial.state is State.COMPLETE for trial in source.history.trials)
    held = "; ".join(
        f"the interval of {share} held {wording.share(value)}" for share, value in coverages(backtest, combined)
    )
    lines = [
        f"On {windows} of {wording.count(backtest.steps, 'step')} at the ends of {_series(scored)}, each forecast from "
        f"what was known before it (rolling origin), with 95 % intervals from bootstrap samples of the {unit}; smaller "
        "is better. The baseline repeats the last season:",
        table(["metric", "value", "from", "to", "baseline"], rows),
        f"Of what was observed, {held}.",
        _by_step(source, combined, baseline),
        f"The models were chosen among {wording.count(complete, 'trained model')}, and combined, by these windows, so "
        "that the figures are better than they will be on later values: the fewer windows, the more.",
    ]
    if len(backtest.series) < 10:
        lines.append("So few windows say little: the true error may lie far outside these intervals.")
    if (test := source.score_test()) is not None:
        lines.append(_test(test))
    return "\n\n".join(filter(None, lines))


def _test(test: HeldOutScores) -> str:
    """Return the scores on the part that nothing was chosen by."""
    rows = [
        [name, wording.number(value, 4), wording.number(test.baseline.get(name), 4)]
        for name, value in test.metrics.items()
        if value is not None
    ]
    times = (
        "It was scored once."
        if test.models == 1
        else f"{test.models} models have been scored on it, so that a choice by these figures is no longer fair."
    )
    steps = wording.count(test.steps, "step")
    return (
        f"On the test part, {steps} after the ends of {_series(test.series)}, by which nothing was chosen:\n\n"
        f"{table(['metric', 'value', 'baseline'], rows)}\n\n"
        f"The interval of 80 % held {wording.share(test.coverage)} of what was observed. {times}"
    )


def _baseline(source: ForecastSource) -> np.ndarray | None:
    """Return the forecasts of repeating the last season."""
    first = baseline_trial(source.history.trials)
    return source.backtested(first.number) if first is not None and first.number in source.backtest_files else None


def _by_step(source: ForecastSource, combined: np.ndarray, baseline: np.ndarray | None) -> str:
    """Return the scaled error of the first step, the middle and the last."""
    backtest = source.backtest
    steps = backtest.steps
    if steps < 3:
        return ""
    rows = []
    for step in (1, (steps + 1) // 2, steps):
        cells = [str(step)]
        for forecast in (combined, baseline):
            if forecast is None:
                cells.append("")
                continue
            errors = np.abs(backtest.actual[:, step - 1] - forecast[:, step - 1, MEDIAN]) / backtest.scales[:, 0]
            known = errors[np.isfinite(errors)]
            cells.append(wording.number(float(known.mean()) if len(known) else None, 4))
        rows.append(cells)
    return "The scaled absolute error by step:\n\n" + table(["step", "value", "baseline"], rows)


def _targets(source: ForecastSource) -> str:
    return " and ".join(inline(target, 80) for target in source.ensemble.columns.targets)


def _series(number: int) -> str:
    return "one series" if number == 1 else f"{number:,} series"


def _data(source: ForecastSource) -> str:
    panel = source.panel
    shortest, middle, longest = (int(np.quantile(panel.lengths, share)) for share in (0, 0.5, 1))
    lengths = f"{longest:,} values" if shortest == longest else f"{shortest:,} to {longest:,} values, median {middle:,}"
    first = panel.frequency.stamps(np.array([panel.starts.min()]))[0]
    last = panel.frequency.stamps(np.array([(panel.starts + panel.lengths).max() - 1]))[0]
    ends = [str(stamp).removesuffix("T00:00:00") for stamp in (first, last)]
    low, median, high = (wording.number(float(value)) for value in np.quantile(panel.values, [0, 0.5, 1]))
    items = [
        f"{_series(len(panel))}, {panel.frequency.words}, of {lengths}, from {ends[0]} to {ends[1]}.",
        f"{_targets(source)}: from {low} to {high}, median {median}.",
    ]
    if panel.observed is not None:
        missing = wording.share(1 - float(np.mean(panel.observed)))
        items.append(
            f"{missing} of the values between the first and the last are missing: interpolated, and not scored."
        )
    seasons = ", ".join(f"{season:,}" for season in panel.seasons)
    items.append(f"Seasons, in steps: {seasons}." if seasons else "No season was found.")
    if panel.columns.country is not None:
        items.append(f"Holidays: {inline(panel.columns.country)}.")
    text = bullets(items)
    if panel.covariates:
        rows = [[inline(name, 80), "yes" if name in panel.known else "no"] for name in panel.covariates]
        text += "\n\n" + table(["column beside the target", "known ahead"], rows)
    return text


def _limits(source: ForecastSource) -> str:
    ensemble, panel = source.ensemble, source.panel
    items = [
        "It continues what the series have shown. A change that they have not shown, as of prices, habits or the way "
        "of measuring, cannot be anticipated, and the intervals do not account for it.",
        f"It forecasts at most {wording.count(ensemble.horizon, 'step')}; a longer horizon needs another fit.",
        "Each quantile is of one step by itself: the sum over several steps has other quantiles than the sum of them.",
        "A forecast is never below 0 for a series that never was.",
    ]
    if panel.columns.covariates is None:
        items.append("It looks at the values and the calendar alone, and knows nothing of causes.")
    elif panel.known:
        items.append(f"It needs {', '.join(inline(name, 80) for name in panel.known)} for the steps that it forecasts.")
    local = [m for m in ensemble.members.values() if plugins.load("forecasters", m.family).profile.is_local]
    if local:
        items.append("Models that are fitted to each series anew take their time for each forecast.")
    findings = by_severity(analyse_series(panel, ensemble.horizon).findings)
    return bullets([*items, *(described_finding(finding) for finding in findings[:_MOST_FINDINGS])])


def _members(source: ForecastSource) -> str:
    ensemble, metric = source.ensemble, source.ensemble.metric
    weights = ensemble.combination.weights
    rows = []
    for trial in sorted(weights, key=lambda trial: -weights[trial]):
        member = ensemble.members[trial]
        options = own_parameters(member.parameters, member.family)
        told = ", ".join(f"{name} {wording.value(value)}" for name, value in options.items())
        alone = wording.number(source.history.trials[trial].metrics.get(metric), 4)
        rows.append([str(trial), _title(member.family), wording.share(weights[trial]), alone, inline(told)])
    members = table(["trial", "family", "weight", f"{metric} alone", "hyperparameters"], rows)
    notes = [members]
    if ensemble.combination.by_series is not None:
        notes.append("Series have weights of their own, by how well each model forecast them; these are the means.")
    if (share := ensemble.combination.median_share) > 0:
        notes.append(
            f"The forecast is {wording.share(share)} the weighted median of the members and for the rest their "
            "weighted mean, as the backtest has few windows."
        )
    if (width := ensemble.combination.width) != 1.0:
        notes.append(f"The distances of the quantiles from the median are multiplied by {wording.number(width, 3)}.")
    return "\n\n".join(notes)


def _usage(source: ForecastSource) -> str:
    folder = command(source.folder)
    return (
        f"```sh\ntunesmith predict {folder}              # after the series it was trained on\n"
        f"tunesmith predict {folder} longer.csv   # after later values\n```\n\n"
        f"```python\nimport tunesmith as ts\n\nresult = ts.ForecastResult.load({str(source.folder)!r})\n"
        "result.predict()\n```\n\n"
        f"Without tunesmith: `tunesmith export {folder} --to onnx` writes one file that takes the values of series."
    )


def _reproduction(source: ForecastSource) -> str:
    return reproduction(source.folder, source.history, source.panel.source)
