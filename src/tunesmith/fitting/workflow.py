"""A fit as a short Python program that repeats its decisions, each with the reason why."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .. import __version__
from ..core.machine_faults import writing
from ..core.objective import Constraint
from ..data.analysis import Analysis
from ..data.scores import score_named
from ..data.table import Table
from ..ensembles.ensemble import Ensemble
from ..families.base import BASELINE
from ..study.study import Study
from ..tasks.table import TableTask
from ..text.cleaning import short
from ..text.wording import number, share
from .decisions import Decision, decide
from .files import KeptOptions
from .options import DEFAULT_MINUTES
from .request import FitRequest

WORKFLOW_FILE = "workflow.py"
_WIDTH = 100
_LONGEST_REASON = 300
_MOST_UNUSED = 8
_ASKED, _USUAL = "as asked for", "the default for such a target"
_PROGRAM = '''\
"""{title}

Made by tunesmith {version} from a fit. Every option below is a decision of that fit, with its reason.
Run it: python {file} {table}[NEW_ROWS]
"""

import sys
from pathlib import Path

import tunesmith as ts

FOLDER = Path(__file__).with_name("workflow_fit")  # Of the study that this program makes.
{data}
NEW_ROWS = {new}  # The rows to predict; without any, those of the table.

result = ts.fit(
    DATA,
{options}
    folder=FOLDER,
)
print(result)
print(result.leaderboard().to_string())

# What the fit found: {score}
{members}

result.predict(NEW_ROWS).to_csv(FOLDER / "predictions.csv", index=False)
result.export(FOLDER / "model.md")  # The model card.
{onnx}
'''


def write_workflow(study: Study, ensemble: Ensemble, path: Path | str | None = None) -> Path:
    """Write a fit as a Python program, `workflow.py` in the study's folder by default; return its path.

    Args:
        study: The study of the fit.
        ensemble: Its model.
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
    ensemble: Ensemble
    folder: Path

    @cached_property
    def kept(self) -> KeptOptions:
        return KeptOptions.load(self.folder) or KeptOptions()

    @cached_property
    def request(self) -> FitRequest | None:
        return FitRequest.from_table(self.kept.request) if self.kept.request else None

    @cached_property
    def table(self) -> Table:
        assert isinstance(self.study.task, TableTask)
        return self.study.task.loaded

    @cached_property
    def asked(self) -> Mapping[str, Any]:
        """What the user said about the table."""
        return self.table.source

    @cached_property
    def decision(self) -> Decision | None:
        """What was decided because of the analysis; None if nothing."""
        analysis = Analysis.load(self.folder / "table")
        if analysis is None or self.asked.get("as_given"):
            return None
        may_split = self.asked.get("group") is None and self.asked.get("time") is None
        decision = decide(analysis, may_split=may_split)
        return decision if decision.analysis.findings == analysis.findings else None  # It was not carried out.

    def text(self, file: str) -> str:
        """Return the program."""
        targets = ", ".join(problem.target for problem in self.ensemble.problems)
        data = short_path(self.kept.data)
        title = f"A model of {short(targets, 100)}{f' in {data}' if data else ''}".replace("\\", "/").replace('"', "'")
        ensemble = self.ensemble
        return _PROGRAM.format(
            title=f"{title}.",
            version=__version__,
            file=file,
            table="[TABLE] " if self.kept.data else "TABLE ",
            data=self._data(),
            new="sys.argv[2] if len(sys.argv) > 2 else DATA",
            options="\n".join(self._options()),
            score=f"{ensemble.metric} {number(ensemble.score)} on rows that were not trained on, by",
            members="\n".join(self._members()),
            onnx=onnx_line(),
        )

    def _data(self) -> str:
        if self.kept.data:
            return f"DATA = sys.argv[1] if len(sys.argv) > 1 else {self.kept.data!r}"
        return "DATA = sys.argv[1]  # The table was given as a frame: save it as CSV or Parquet, and name the file."

    def _options(self) -> Iterator[str]:
        """Yield the lines of the options, each after its reason."""
        if self.request is not None:
            yield from commented(f"The user said: {self.request.words}")
        for name, value, reason in self._decisions():
            yield from commented(reason)
            yield f"    {name}={value},"

    def _decisions(self) -> Iterator[tuple[str, str, str]]:
        """Yield the options: name, value as Python, and why."""
        asked, table, ids = self.asked, self.table, list(self.kept.ids)
        targets = list(asked.get("target", [problem.target for problem in table.problems]))
        yield "target", repr(targets[0] if len(targets) == 1 else targets), self._why("target")
        kinds = {problem.kind for problem in table.problems}
        if asked.get("task"):
            yield "task", repr(asked["task"]), self._why("task")
        elif len(table.problems) == 1:
            yield "task", repr(kinds.pop()), self._kind()
        usual = score_named(None, table.problems).name == self.ensemble.metric
        yield "metric", repr(self.ensemble.metric), self._why("metric", _USUAL if usual else _ASKED)
        if asked.get("positive"):
            yield "positive", repr(asked["positive"]), self._why("positive")
        if ids:
            yield "id", repr(ids), self._why("id")
        yield from self._split()
        decided = () if self.decision is None else self.decision.exclude
        mine = [name for name in asked.get("exclude", ()) if name not in ids]
        if mine or decided:
            found = self._finding(("identifier", "row_number"), decided)
            reason = "; ".join(filter(None, [self._why("exclude") if mine else "", found]))
            yield "exclude", repr([*mine, *(name for name in decided if name not in mine)]), reason
        yield "as_given", "True", "what was decided because of the table's analysis is said in these options"
        if asked.get("weight"):
            yield "weight", repr(asked["weight"]), self._why("weight")
        yield from self._models()
        yield "budget", self._budget(), self._why("minutes", "the limits of the fit")
        yield "seed", repr(self.study.seed), "the same randomness"

    def _split(self) -> Iterator[tuple[str, str, str]]:
        decision = self.decision
        for option in ("group", "time"):
            chosen = getattr(decision, option) if decision is not None else None
            if self.asked.get(option):
                yield option, repr(self.asked[option]), self._why(option)
            elif chosen is not None:
                yield option, repr(chosen), self._finding((option,), (chosen,))

    def _models(self) -> Iterator[tuple[str, str, str]]:
        """Yield the families, the recipe, the limits and the test table."""
        weights: dict[str, float] = {}
        for member in self.ensemble.members:
            weights[member.family] = weights.get(member.family, 0.0) + member.weight
        ranked = sorted((name for name in weights if name != BASELINE), key=lambda name: -weights[name]) or [BASELINE]
        used = ", ".join(f"{name} {share(weights[name])}" for name in ranked)
        tried = {str(trial.parameters["family"]) for trial in self.study.trials if trial.metrics}
        unused = sorted(tried - {*weights, BASELINE})[:_MOST_UNUSED]
        without = f"; tried, and without weight in the end: {', '.join(unused)}" if unused else ""
        yield "families", repr(ranked), f"the families of the model, by weight: {used}{without}"
        recipes = sorted({str(member.parameters.get("recipe", "plain")) for member in self.ensemble.members})
        own = [name for name in recipes if (self.folder / "recipes" / f"{name}.toml").exists()]
        if own:
            yield "recipe", repr(str(self.folder / "recipes" / f"{own[0]}.toml")), "the recipe that was given"
        if limits := [text for limit in self.study.objective.constraints for text in limit_texts(limit)]:
            yield "limits", repr(limits), self._why("limits")
        if self.kept.interpretable:
            yield "interpretable", "True", self._why("interpretable")
        if self.kept.test:
            yield "test", repr(self.kept.test), "rows that are kept for one last test, by which nothing is chosen"

    def _budget(self) -> str:
        trials = self.study.budget.trials
        limit = "" if trials is None else f", trials={trials}"
        return f"ts.Budget(minutes={self.kept.minutes or DEFAULT_MINUTES:g}{limit})"

    def _why(self, option: str, default: str = _ASKED) -> str:
        return reason_of(self.request, option, default)

    def _kind(self) -> str:
        problem = self.table.problems[0]
        return f"its values are {len(problem.classes)} classes" if problem.classes else "its values are amounts"

    def _finding(self, kinds: Sequence[str], columns: Sequence[str]) -> str:
        """Return what the analyst found about columns, and what was done about it."""
        if self.decision is None:
            return ""
        found = [
            finding for finding in self.decision.analysis.findings
            if finding.kind in kinds and {*finding.columns} & {*columns}
        ]  # fmt: skip
        return " ".join(finding.text for finding in found)

    def _members(self) -> Iterator[str]:
        """Yield the members of the model as comments, the heaviest first."""
        for member in sorted(self.ensemble.members, key=lambda member: -member.weight):
            trial = self.study.trials[member.trial]
            score = number(trial.metrics.get(self.ensemble.metric))
            told = (
                f"- trial {trial.number}, {share(member.weight)}: {member.family} with the recipe "
                f"{trial.parameters.get('recipe', 'plain')}, {self.ensemble.metric} {score} alone; proposed by "
                f"{trial.proposal.proposer}: {trial.proposal.reason}"
            )
            yield from commented(told, indent="")


def reason_of(request: FitRequest | None, option: str, default: str = _ASKED) -> str:
    """Return the phrase of the user's words that asks for an option, or another reason."""
    reasons = []
    for setting in () if request is None else request.settings:
        if setting.name == option:
            by = "" if setting.by == "rules" else f", as the {setting.by} reads it"
            reasons.append(f"the user says '{setting.words}'{by}")
    return "; ".join(reasons) or default


def commented(text: str, indent: str = "    ") -> list[str]:
    """Return text as the lines of a comment."""
    return textwrap.wrap(
        short(text, _LONGEST_REASON), _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}#   "
    )


def limit_texts(limit: Constraint) -> Iterator[str]:
    """Yield a limit as `fit` takes it."""
    if limit.low is not None:
        yield f"{limit.metric} >= {limit.low:g}"
    if limit.high is not None:
        yield f"{limit.metric} <= {limit.high:g}"


def short_path(path: str) -> str:
    """Return the name of a file for a comment; empty without one."""
    return short(Path(path).name, 60) if path else ""


def onnx_line() -> str:
    """Return the line that exports ONNX, as a comment where its packages are missing."""
    line = 'result.export(FOLDER / "model.onnx")  # Runs without tunesmith.'
    return line if find_spec("onnx") is not None else f"# {line} Needs: pip install 'tunesmith[onnx]'"
