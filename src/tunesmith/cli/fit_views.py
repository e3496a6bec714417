"""What `tunesmith fit` prints: what it understood of a table, and what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ..ensembles.ensemble import TRAINED_ON_ALL_ROWS
from ..fitting.result import FitResult
from ..progress.layout import BAD, GOOD, SOFT, Flow, Rows, Title, indented
from ..progress.terminal import Printable, near, shortened
from ..text.cleaning import clean
from ..text.shell import command
from ..text.wording import count, duration, limit, number, share

_MOST_ROWS = 12
_MOST_COLUMN_LINES = 30
_MOST_FINDINGS = 10
_MOST_FINDINGS_AFTER = 4


def understood(facts: Mapping[str, Any]) -> Printable:
    """Return what a fit would do with a table.

    Args:
        facts: As `understood_facts` returns them.
    """
    validation = facts["validation"]
    folds = count(validation["folds"], "fold") if validation["folds"] > 1 else "one part"
    grid = Table.grid(Column(style=SOFT, no_wrap=True), Column(overflow="fold"), padding=(0, 2, 0, 0))
    for name, words in (
        ("table", f"{facts['data']}, {count(facts['rows'], 'row')}"),
        *(("" if index else "request", line) for index, line in enumerate(request_lines(facts.get("request")))),
        *(("target", _target(target)) for target in facts["targets"]),
        ("metric", f"{facts['direction']} {facts['metric']}"),
        *(("limit", limit(entry["metric"], entry["low"], entry["high"])) for entry in facts["limits"]),
        ("validation", f"{folds} of about {count(validation['rows_held_out'], 'row')}"),
        ("families", ", ".join(facts["families"].values())),
        *(("", sentence) for sentence in facts["absent"]),
        ("order", ", ".join(facts["first"])),
        ("time", duration(facts["minutes"] * 60)),
        ("folder", facts["folder"]),
    ):
        grid.add_row(f"   {name}", Text(clean(words)))
    kinds = Counter(facts["columns"].values())
    aside = Text(", ".join(f"{many} {kind}" for kind, many in kinds.most_common()), style=SOFT)
    columns = [Text.assemble(clean(name), (f" {kind}", SOFT)) for name, kind in facts["columns"].items()]
    parts: list[RenderableType] = [Title("understood, nothing was trained"), grid]
    parts += [Title("columns", aside), Flow(columns, _MOST_COLUMN_LINES), *findings_of(facts["findings"])]
    return Printable(Group(*parts))


def request_lines(request: Mapping[str, Any] | None) -> list[str]:
    """Return what each phrase of a user's words became, and which had no effect; nothing without words."""
    if request is None:
        return []
    missed = (f"not understood: {words}" for words in request["not_understood"])
    return [*request["understood"], *missed, *request["refused"]]


def findings_of(findings: Sequence[Mapping[str, Any]], most: int = _MOST_FINDINGS) -> Iterator[RenderableType]:
    """Yield the warnings and errors about a table, the most severe first, and how many milder findings there are."""
    severe = [finding for finding in findings if finding["severity"] != "info"]
    hidden = len(findings) - min(len(severe), most)
    if not severe:
        return
    yield Title("noticed in the table", Text(f"{hidden} more in the report" if hidden else "", style=SOFT))
    for finding in severe[:most]:
        text = Text.assemble(clean(finding["text"]), (f" {clean(finding['remedy'])}", SOFT))
        yield indented(text, "✗" if finding["severity"] == "error" else "!")


def _target(facts: Mapping[str, Any]) -> str:
    if facts["kind"] == "regression":
        return f"{facts['name']}, a number from {number(facts['low'])} to {number(facts['high'])}"
    total = sum(facts["classes"].values())
    frequent = sorted(facts["classes"].items(), key=lambda entry: -entry[1])
    listed = ", ".join(f"{name} {share(many / total)}" for name, many in frequent[:8])
    more = f", {len(frequent) - 8} more" if len(frequent) > 8 else ""
    return f"{facts['name']}, {len(frequent)} classes: {listed}{more}"


def fit_summary(result: FitResult) -> Printable:
    """Return the result of a fit: the score, the trained models, and the next commands."""
    ensemble, history = result.ensemble, result.study.history
    targets = ", ".join(problem.target for problem in ensemble.problems)
    first = history.trials[0].metrics.get(ensemble.metric)
    pieces = [
        Text.assemble(clean(ensemble.metric), (f" {number(ensemble.score)}", "bold")),
        Text(count(len(ensemble.members), "model")),
        Text("" if first is None else f"without any column: {number(first)}", style=SOFT),
    ]
    parts: list[RenderableType] = [Title(f"{clean(targets)}  {clean(result.study.objective)}")]
    parts += [Flow([piece for piece in pieces if piece], 2, mark="★"), "", _models(result), ""]
    parts += [indented(Text(TRAINED_ON_ALL_ROWS)), ""] if ensemble.whole else []
    parts += [*_test(result)]
    why = "" if history.last_stop is None else f"; {clean(history.last_stop.reason.rstrip('.'))}"
    analysis = result.analysis
    noticed = [] if analysis is None else [finding.to_table() for finding in analysis.findings]
    if shown := list(findings_of(noticed, most=_MOST_FINDINGS_AFTER)):
        parts += [*shown, ""]
    parts += [Text(f"   {count(len(history.trials), 'trial')} in {duration(history.seconds_spent())}{why}"), ""]
    return Printable(Group(*parts, *_next(result.folder)))


def _test(result: FitResult) -> Iterator[RenderableType]:
    """Yield the scores on the test rows, if `fit` was given any."""
    scores, models = result.test_scores()
    for score in scores:
        if score.metric == result.ensemble.metric:
            yield Text(
                f"   on the test rows: {clean(score.metric)} {number(score.value)}"
                f" (95 % interval {number(score.low)} to {number(score.high)})"
            )
    if models > 1:
        yield Text(f"   {models} models have been scored on them: do not choose by these figures", style=SOFT)
    if scores:
        yield ""


def _models(result: FitResult) -> RenderableType:
    """Return the best trained models, those of the ensemble first by weight among equals of the table."""
    board, metric = result.leaderboard(), result.ensemble.metric
    cells = [[Text(head, style=SOFT) for head in ("", "trial", "family", metric, "time", "weight", "")]]
    for row in board.head(_MOST_ROWS).to_dict("records"):
        weight = float(row["weight"])
        cells.append(
            [
                Text(" ★" if weight else "", style=GOOD),
                Text(str(row["trial"])),
                Text(clean(row["family"])),
                Text(number(row[metric])),
                Text(duration(row["seconds"])),
                Text(share(weight) if weight else ""),
                Text("" if row["feasible"] else "breaks a limit", style=BAD),
            ]
        )
    hidden = len(board) - _MOST_ROWS
    rest = [Text(f"   … {hidden} more", style=SOFT)] if hidden > 0 else []
    return Group(Rows(cells, right=(1, 3, 4, 5)), *rest)


def _next(folder: Path) -> Iterator[Text]:
    """Yield where the result is, and the commands to type next."""
    short = shortened(folder)
    lines = [("folder", near(folder))]
    lines += [("next", command("tunesmith", "predict", short, "NEW.csv"))]
    lines += [("", command("tunesmith", "report", short, "--open")), ("", command("tunesmith", "status", short))]
    for name, words in lines:
        yield Text.assemble((f"   {name:<8}", SOFT), words, no_wrap=True, overflow="ignore")
