"""A fit of time series as a short Python program that repeats its decisions, each with the reason why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ... import __version__
from ...core.machine_faults import writing
from ...ensembles.forecast_ensemble import ForecastEnsemble
from ...forecasters.base import BASELINE
from ...series.panel import Panel
from ...series.scores import DEFAULT
from ...study.study import Study
from ...tasks.forecast import ForecastTask
from ...text.cleaning import short
from ...text.wording import count, number, share
from ..files import KeptOptions
from ..options import DEFAULT_MINUTES
from ..request import FitRequest
from ..workflow import WORKFLOW_FILE, commented, limit_texts, onnx_line, reason_of, short_path

_MOST_UNUSED = 8
_ASKED = "as asked for"
_PROGRAM = '''\
"""{title}

Made by tunesmith {version} from a fit. Every option below is a decision of that fit, with its reason.
Run it: python {file} {data_file}
"""

import sys
from pathlib import Path

import tunesmith as ts

FOLDER = Path(__file__).with_name("workflow_fit")  # Of the study that this program makes.
{data}

result = ts.fit(
    DATA,
{options}
    folder=FOLDER,
)
print(result)
print(result.leaderboard().to_string())

# What the fit found: {score}
{members}

result.predict().to_csv(FOLDER / "forecast.csv", index=False)
result.export(FOLDER / "model.md")  # The model card.
result.export(FOLDER / "model.py")  # Trains the models without tunesmith.
{onnx}
'''


def write_forecast_workflow(study: Study, ensemble: ForecastEnsemble, path: Path | str | None = None) -> Path:
    """Write a fit as a Python program, `workflow.py` in the study's folder by default; return its path.

    Args:
        study: The study of the fit.
        ensemble: Its models.
        path: The file.

    Raises:
        OutputError: The file cannot be written.
    """
    assert study.folder is not None
    target = study.folder / WORKFLOW_FILE if path is None else Path(path)
    text = _Workflow(study=study, ensemble=ensemble, folder=study.folder).text(target.name)
    with writing(target):
        target.write_text(text, encoding="utf-8")
    return target


@dataclass(frozen=True, kw_only=True)
class _Workflow:
    """What a program needs to know of a fit."""

    study: Study
    ensemble: ForecastEnsemble
    folder: Path

    @cached_property
    def kept(self) -> KeptOptions:
        return KeptOptions.load(self.folder) or KeptOptions()

    @cached_property
    def request(self) -> FitRequest | None:
        return FitRequest.from_table(self.kept.request) if self.kept.request else None

    @property
    def task(self) -> ForecastTask:
        assert isinstance(self.study.task, ForecastTask)
        return self.study.task

    @property
    def panel(self) -> Panel:
        return self.task.loaded

    @property
    def asked(self) -> Mapping[str, Any]:
        """What the user said about the series."""
        return self.panel.source

    def text(self, file: str) -> str:
        """Return the program."""
        targets = short(", ".join(self.ensemble.columns.targets), 100)
        data = short_path(self.kept.data)
        title = f"A forecast of {targets}{f' in {data}' if data else ''}".replace("\\", "/").replace('"', "'")
        return _PROGRAM.format(
            title=f"{title}.",
            version=__version__,
            file=file,
            data_file="[DATA]" if self.kept.data else "DATA",
            data=self._data(),
            options="\n".join(self._options()),
            score=f"{self.ensemble.metric} {number(self.ensemble.score)} in the backtest, by",
            members="\n".join(self._members()),
            onnx=onnx_line(),
        )

    def _data(self) -> str:
        if self.kept.data:
            return f"DATA = sys.argv[1] if len(sys.argv) > 1 else {self.kept.data!r}"
        return "DATA = sys.argv[1]  # The series were given as a frame: save it as CSV or Parquet, and name the file."

    def _options(self) -> Iterator[str]:
        """Yield the lines of the options, each after its reason."""
        if self.request is not None:
            yield from commented(f"The user said: {self.request.words}")
        for name, value, reason in (*self._series(), *self._backtest(), *self._models()):
            yield from commented(reason)
            yield f"    {name}={value!r}," if name != "budget" else f"    {name}={value},"

    def _series(self) -> Iterator[tuple[str, Any, str]]:
        """Yield the options of the series: name, value and why."""
        columns, asked = self.ensemble.columns, self.asked
        targets = list(columns.targets)
        why = self._why("target") if asked.get("targets") else "all columns of numbers that have no other role"
        yield "target", targets[0] if len(targets) == 1 else targets, why
        yield "task", "forecasting", "its values are to be continued"
        if columns.time is not None:
            found = f"the column of times; they are {self.panel.frequency.words}"
            yield "time", columns.time, self._why("time") if asked.get("time") else found
        if columns.ids:
            found = f"times occur once in each of its {count(len(self.panel), 'value')}"
            yield "id", list(columns.ids), self._why("id") if asked.get("ids") else found
        if self.panel.known:
            found = "they have values after the last ones of the series, or never change within one"
            yield "known", list(self.panel.known), self._why("known") if asked.get("known") else found
        for name in ("exclude", "country"):
            if asked.get(name):
                yield name, asked[name], self._why(name)
        if asked.get("seasons") is not None:
            yield "season", asked["seasons"] or 1, self._why("season")
        if self.kept.test:
            yield "test", self.kept.test, "values that are kept for one last test, by which nothing is chosen"

    def _backtest(self) -> Iterator[tuple[str, Any, str]]:
        task, asked = self.task, self.asked
        seasons = ", ".join(map(str, self.panel.seasons))
        usual = f"usual for data that are {self.panel.frequency.words}" + (
            f"; seasons of {seasons} steps" * bool(seasons)
        )
        yield "horizon", task.horizon, self._why("horizon") if asked.get("horizon") else usual
        found = "so many windows at the ends of the series tell models apart"
        yield "windows", task.windows, self._why("windows") if asked.get("windows") else found
        if task.stride is not None:
            yield "stride", task.stride, self._why("stride")
        default = "the default for time series" if task.metric == DEFAULT else _ASKED
        yield "metric", task.metric, self._why("metric", default)

    def _models(self) -> Iterator[tuple[str, Any, str]]:
        """Yield the families, the limits, the time and the seed."""
        weights: dict[str, float] = {}
        for trial, member in self.ensemble.members.items():
            weights[member.family] = weights.get(member.family, 0.0) + self.ensemble.combination.weights[trial]
        ranked = sorted((name for name in weights if name != BASELINE), key=lambda name: -weights[name]) or [BASELINE]
        used = ", ".join(f"{name} {share(weights[name])}" for name in ranked)
        tried = {str(trial.parameters["family"]) for trial in self.study.trials if trial.metrics}
        unused = sorted(tried - {*weights, BASELINE})[:_MOST_UNUSED]
        without = f"; tried, and without weight in the end: {', '.join(unused)}" if unused else ""
        yield "families", ranked, f"the families of the forecast, by weight: {used}{without}"
        if self.kept.interpretable:
            yield "interpretable", True, self._why("interpretable")
        if limits := [text for limit in self.study.objective.constraints for text in limit_texts(limit)]:
            yield "limits", limits, self._why("limits")
        trials = self.study.budget.trials
        most = "" if trials is None else f", trials={trials}"
        budget = f"ts.Budget(minutes={self.kept.minutes or DEFAULT_MINUTES:g}{most})"
        yield "budget", budget, self._why("minutes", "the limits of the fit")
        yield "seed", self.study.seed, "the same randomness"

    def _why(self, option: str, default: str = _ASKED) -> str:
        return reason_of(self.request, option, default)

    def _members(self) -> Iterator[str]:
        """Yield the members as comments, the heaviest first."""
        weights = self.ensemble.combination.weights
        for number_of_trial in sorted(weights, key=lambda trial: -weights[trial]):
            trial, member = self.study.trials[number_of_trial], self.ensemble.members[number_of_trial]
            score = number(trial.metrics.get(self.ensemble.metric))
            told = (
                f"- trial {trial.number}, {share(weights[trial.number])}: {member.family}, {self.ensemble.metric} "
                f"{score} alone; proposed by {trial.proposal.proposer}: {trial.proposal.reason}"
            )
            yield from commented(told, indent="")
