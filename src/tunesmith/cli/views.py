"""What `tunesmith run` prints at its end, `tunesmith status` and `tunesmith show`.

Print them with `console.print(view, crop=False)`: commands to copy are one line each, however long.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ..core.budget import Budget
from ..core.objective import Metric
from ..core.trial import State, Trial
from ..history.history import History
from ..progress import panels
from ..progress.layout import BAD, GOOD, NAME, SOFT, Rows, Title, indented, line
from ..progress.live_state import LiveState, Snapshot
from ..progress.panels import MARKS
from ..progress.terminal import Printable, near, shortened, sparkline
from ..proposers.base import Proposer
from ..reports.comparison import held_out_scores
from ..text.cleaning import clean, clean_lines
from ..text.shell import command
from ..text.wording import change, count, duration, number, size
from ..text.wording import value as shown
from ..trial_folder.handed import handed_to
from .request import open_request

LOG_LINES = 20
"""How many lines of a trial's log are shown."""
_MOST_HANDED = 8
"""How many trials are named that go on without the study."""
MAX_FRONT = 30
"""How many lines the Pareto front takes at the end of a run."""


def summary(history: History, name: str, folder: Path | None) -> Printable:
    """Return the result of a study, for the end of a run.

    Args:
        history: The study's history.
        name: The study's name.
        folder: The study's folder, or None for a study in memory.

    Returns:
        The best trial beside the user's own configuration, the time and trials spent, and the next commands.
    """
    snapshot = LiveState.of(history).snapshot()
    assert snapshot is not None
    parts: list[RenderableType] = [Title(f"{clean(name)}  {clean(history.objective)}"), panels.leader(snapshot)]
    parts.append(panels.warnings(snapshot))
    if snapshot.best is not None:
        if snapshot.front:
            parts += ["", panels.front(snapshot, MAX_FRONT)]
        parts += ["", _beside_first(snapshot, snapshot.best), *_failed_tests(snapshot)]
    parts += ["", _spent(snapshot), panels.decision(snapshot)]
    if folder is not None:
        parts += ["", *_next(snapshot, folder)]
    return Printable(Group(*parts))


def status(
    history: History,
    budget: Budget,
    *,
    name: str = "study",
    folder: Path | None = None,
    proposer: Proposer | None = None,
) -> Printable:
    """Return the status of a study: best trial, counts, budget, costs and proposers.

    Args:
        history: The study's history.
        budget: The limits of the study.
        name: The study's name.
        folder: The study's folder, or None.
        proposer: The study's proposer. Of a portfolio, the members' shares of the next trials are shown.
    """
    snapshot = LiveState.of(history, proposer).snapshot()
    assert snapshot is not None
    heading = panels.heading(name, folder, snapshot, budget, at_work=history.session_open)
    parts = [heading, panels.warnings(snapshot)]
    parts += [Title("best so far"), panels.best(snapshot, 99)]
    metric = history.objective.primary.name
    parts += [open_request(request, time.time(), metric, folder) for request in snapshot.approval_requests]
    parts += [Title("budget"), _spent(snapshot), panels.limits(snapshot, budget)]
    if history.ledger.total.calls:
        parts += [Title("language models"), panels.ledger(history.ledger)]
    if snapshot.running:
        parts += [Title("running"), _running(snapshot)]
    if folder is not None and not history.session_open:
        parts += _left([run.trial for run in snapshot.running], folder)
    parts += [Title("settled", panels.counts(snapshot)), panels.settled(snapshot, 12)]
    if snapshot.families:
        parts[4:4] = [Title("families"), panels.families(snapshot, len(snapshot.families))]
    parts += [Title("proposers"), panels.shares(snapshot, len(snapshot.shares)), panels.decision(snapshot)]
    return Printable(Group(*parts))


def trial_view(history: History, trial: Trial, log_tail: str = "", reproduce: str = "") -> Printable:
    """Return everything about one trial.

    Args:
        history: The study's history.
        trial: One of its trials.
        log_tail: The end of the trial's output.
        reproduce: The command that reproduces the trial.
    """
    parts: list[RenderableType] = [_headline(trial), _story(history, trial)]
    if trial.folder is not None:
        parts.append(_to_copy(near(trial.folder), "folder", width=10))
    parts += [Title("parameters"), _parameters(history, trial)]
    if trial.metrics or trial.test_metrics:
        parts += [Title("metrics"), _metrics(history, trial)]
    if trial.reports:
        parts += [Title(f"reports ({len(trial.reports)})"), _curves(trial)]
    log = "\n".join(clean_lines(log_tail or ("" if trial.failure is None else trial.failure.log_tail))).rstrip()
    if log:
        tail = "\n".join(log.split("\n")[-LOG_LINES:])
        parts += [Title("end of the log"), indented(Text(tail))]
    if reproduce:
        parts += [Title("reproduce"), _to_copy(reproduce)]
    return Printable(Group(*parts))


def _spent(snapshot: Snapshot) -> Text:
    counted = panels.counts(snapshot)
    spent = f"   {count(snapshot.trials, 'trial')}"
    if snapshot.seconds:
        spent += f" in {duration(snapshot.seconds)}"
    return line(f"{spent}:  " if counted else spent, counted)


def _running(snapshot: Snapshot) -> RenderableType:
    metric = snapshot.objective.primary
    cells = [
        [
            Text(" ▸", style=NAME),
            Text(f"trial {run.trial.number}"),
            Text(panels.origin(run.trial, snapshot).partition(" ")[2], style=SOFT),
            panels.last_report(run.trial, metric),
            Text(sparkline(panels.values_of(run.trial, metric), 20), style=NAME),
        ]
        for run in snapshot.running
    ]
    return Rows(cells)


def _left(trials: Sequence[Trial], folder: Path) -> Iterator[RenderableType]:
    """Yield how to follow trials that outlive their session, and how to hand out those again that others asked for."""
    handed = [trial for trial in trials if handed_to(trial.folder, trial.attempt)]
    for trial in handed[:_MOST_HANDED]:
        yield indented(Text(f"trial {trial.number} was left to {clean(handed_to(trial.folder, trial.attempt))}"))
    if len(handed) > _MOST_HANDED:
        yield indented(Text(f"… and {len(handed) - _MOST_HANDED} more", style=SOFT))
    if handed:
        them = "it" if len(handed) == 1 else "them"
        words = f"To follow {them}, run the study again with the command that started it. If a job is gone, its trial"
        yield indented(Text(f"{words} runs again then.", style=SOFT))
    asked = [trial for trial in trials if trial not in handed]
    if asked:
        yield _asked(asked[0], folder)


def _asked(trial: Trial, folder: Path) -> RenderableType:
    """Return how to hand out a trial again that another program runs, or has left."""
    since = duration(None if trial.started is None else max(0.0, time.time() - trial.started))
    again = command("tunesmith", "ask", shortened(folder), "--again", trial.number)
    return indented(
        Text.assemble(
            (f"other programs asked for these, the one of trial {trial.number} {since} ago. If it has died: ", SOFT),
            again,
        )
    )


def _beside_first(snapshot: Snapshot, best: Trial) -> RenderableType:
    """Return the best trial's parameters and metrics beside those of trial 0."""
    is_first = snapshot.first is None or snapshot.first.number == best.number
    first = None if is_first else snapshot.first
    rows = [*_compared(best, first, [f"trial {best.number}", "trial 0"])]
    for words, metrics, others in (
        ("", best.metrics, {} if first is None else first.metrics),
        ("test split: ", held_out_scores(best), {} if first is None else first.test_metrics),
    ):
        for name, measured in metrics.items():
            row = [Text(f"   {words}{clean(name)}"), Text(number(measured), style=GOOD)]
            rows.append(row if first is None else [*row, Text(number(others.get(name)), style=SOFT)])
    return Rows(rows)


def _compared(trial: Trial, other: Trial | None, heads: Sequence[str] = ()) -> Iterator[list[Text]]:
    """Yield a trial's parameters, beside those of another trial if there is one; what differs comes first."""
    if heads:
        yield [Text(head, style=SOFT) for head in ("", *heads[: 1 if other is None else 2])]
    for name, value, _, differs in panels.changed_first(trial, other):
        marked = differs and other is not None
        row = [_marked(name, marked), Text(shown(value), style="bold" if marked else "")]
        yield row if other is None else [*row, Text(_or_dash(name, other.parameters), style=SOFT)]
    for name, value in ({} if other is None else other.parameters).items():
        if name not in trial.parameters:
            yield [_marked(name, True), Text("–", style="bold"), Text(shown(value), style=SOFT)]


def _marked(name: str, differs: bool) -> Text:
    return Text.assemble((" ▸ " if differs else "   ", NAME), (clean(name), "" if differs else SOFT))


def _or_dash(name: str, parameters: Mapping[str, object]) -> str:
    return shown(parameters[name]) if name in parameters else "–"


def _failed_tests(snapshot: Snapshot) -> Iterator[Text]:
    tested = {trial.number: trial for trial in (snapshot.first, snapshot.best) if trial is not None}
    for trial in tested.values():
        if trial.test_failure:
            yield Text(f" ✗ trial {trial.number} failed on the test split: {clean(trial.test_failure)}", style=BAD)


def _next(snapshot: Snapshot, folder: Path) -> Iterator[Text]:
    """Yield where the results are, and the commands to type next."""
    short, report = shortened(folder), folder / "report.html"
    yield _to_copy(near(folder), "folder")
    if report.exists():
        yield _to_copy(near(report), "report")
    commands = [] if report.exists() else [command("tunesmith", "report", short)]
    if snapshot.best is not None:
        commands.append(command("tunesmith", "show", short, snapshot.best.number))
    elif snapshot.trials:
        commands.append(command("tunesmith", "show", short, snapshot.trials - 1))
    for index, words in enumerate([*commands, command("tunesmith", "status", short)]):
        yield _to_copy(words, "" if index else "next")


def _to_copy(words: str, name: str | None = None, *, width: int = 8) -> Text:
    """Return a name and something to copy, which is never cut or broken."""
    label = "" if name is None else f"{name:<{width}}"
    return Text.assemble((f"   {label}", SOFT), words, no_wrap=True, overflow="ignore")


def _headline(trial: Trial) -> Text:
    mark, style = MARKS[trial.state]
    details = [f"seed {trial.seed}"]
    if trial.attempt > 1:
        details.append(f"attempt {trial.attempt}")
    if trial.seconds is not None:
        details.append(duration(trial.seconds))
    if trial.peak_memory_bytes is not None:
        details.append(f"peak memory {size(trial.peak_memory_bytes)}")
    name = (f" {mark} trial {trial.number}", f"{style} bold")
    return line(name, (f"  {trial.state}", style), ("  " + ", ".join(details), SOFT))


def _story(history: History, trial: Trial) -> Table:
    """Return the trial's origin, reason, verdict, rank, failure and notes."""
    proposal = trial.proposal
    origin = clean(proposal.proposer)
    if proposal.repeat_of is not None:
        origin += f", repeats trial {proposal.repeat_of} with another seed"
    elif proposal.parent is not None:
        origin += f", from trial {proposal.parent}"
    if proposal.inherits is not None:
        origin += f", starts from the checkpoint of trial {proposal.inherits}"
    if proposal.expectation is not None:
        origin += f", expects {clean(history.objective.primary.name)} {number(proposal.expectation)}"
    facts = Table.grid(Column(style=SOFT), Column(overflow="fold"), padding=(0, 2, 0, 0))
    facts.add_row("   proposed", Text(f"by {origin}"))
    if proposal.reason:
        facts.add_row("   reason", Text(clean(proposal.reason)))
    if trial.verdict is not None:
        facts.add_row("   verdict", Text(panels.verdict_words(trial.verdict)))
    if rank := _rank(history, trial):
        facts.add_row("   rank", Text(f"★ {rank}", style=GOOD))
    if trial.failure is not None:
        facts.add_row("   failure", Text(f"{trial.failure.kind}: {clean(trial.failure.reason)}", style=BAD))
    for note in trial.notes:
        facts.add_row("   note", Text(clean(note)))
    return facts


def _rank(history: History, trial: Trial) -> str:
    leads = history.best is not None and history.best.number == trial.number
    if not history.objective.pareto:
        return "the best of the study" if leads else ""
    if trial.number not in {member.number for member in history.front}:
        return ""
    nearest = ", nearest to the best of each metric" if leads else ""
    return f"one of {len(history.front)} on the Pareto front{nearest}"


def _parameters(history: History, trial: Trial) -> RenderableType:
    """Return the parameters beside those of the parent, or of trial 0."""
    parent = 0 if trial.proposal.parent is None else trial.proposal.parent
    if trial.number == parent or parent >= len(history.trials):
        return Rows([*_compared(trial, None)])
    return Rows([*_compared(trial, history.trials[parent], ["here", f"trial {parent}"])])


def _metrics(history: History, trial: Trial) -> RenderableType:
    metrics = {metric.name: metric for metric in history.objective.metrics}
    first = history.trials[0] if trial.number else None
    rows = [_metric(name, value, metrics.get(name), first) for name, value in trial.metrics.items()]
    rows += [
        [Text(f"   {clean(name)} on the test split"), Text(number(value)), Text("")]
        for name, value in held_out_scores(trial).items()
    ]
    return Rows(rows)


def _metric(name: str, value: float, metric: Metric | None, first: Trial | None) -> list[Text]:
    against = Text()
    if first is not None and first.state is State.COMPLETE and name in first.metrics:
        relative = change(value, first.metrics[name])
        better = metric is not None and metric.sign * value < metric.sign * first.metrics[name]
        against = Text(f"{relative} from trial 0" if relative else "", style=GOOD if better else SOFT)
    return [Text(f"   {clean(name)}"), Text(number(value), style="bold" if metric is not None else ""), against]


def _curves(trial: Trial) -> RenderableType:
    """Return the learning curve of each reported metric."""
    rows = []
    for name in trial.reports.names:
        curve = trial.reports.curve(name)
        values = [value for _, value in curve]
        span = f"steps {curve[0][0]} to {curve[-1][0]}" if len(curve) > 1 else f"step {curve[0][0]}"
        ends = f"{number(values[0])} → {number(values[-1])}" if len(curve) > 1 else number(values[0])
        line = Text(sparkline(values, 40), style=NAME)
        rows.append([Text(f"   {clean(name)}"), Text(span, style=SOFT), Text(ends), line])
    return Rows(rows)
