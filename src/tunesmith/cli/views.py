"""What `tunesmith run` prints at its end, `tunesmith status` and `tunesmith show`.

Print them with `console.print(view, crop=False)`: commands to copy are one line each, however long.
"""

from __future__ import annotations

import shlex
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ..core.budget import Budget
from ..core.objective import Metric
from ..core.trial import State, Trial
from ..history.history import History
from ..proposers.base import Proposer
from ..reports.comparison import held_out_scores
from ..service.live_state import LiveState, Picture
from ..text.cleaning import clean, clean_lines
from ..text.wording import change, duration, number
from ..text.wording import value as shown
from . import panels
from .panels import BAD, GOOD, MARKS, NAME, SOFT
from .question import waiting_lines
from .terminal import Printable, near, sparkline

LOG_LINES = 20
"""How many lines of a trial's log are shown."""
MOST_OF_FRONT = 30
"""How many lines the front of a Pareto objective takes at the end of a run."""


@dataclass(frozen=True)
class Page:
    """Lines that are made to fit the width of the console.

    Args:
        lines: From a width in cells to lines.
    """

    lines: Callable[[int], Sequence[Text]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw every line."""
        yield from self.lines(options.max_width)


def summary(history: History, name: str, folder: Path | None) -> Printable:
    """Return what a study has come to: for the end of a run.

    Args:
        history: All that is known.
        name: The study's name.
        folder: The study's folder, or None where it is kept in memory.

    Returns:
        The best trial beside the user's own configuration, what was spent, and what to type next.
    """
    picture = _picture(history)

    def lines(width: int) -> list[Text]:
        found = [panels.title(f"{clean(name)}  {clean(history.objective)}", width), *panels.leader(picture, width)]
        if picture.best is not None:
            if picture.front:
                found += [Text(), *panels.front_lines(picture, width, MOST_OF_FRONT)]
            found += [Text(), *_beside_first(picture, picture.best, width)]
            found += _failed_tests(picture)
        found += [Text(), _spent(picture), *panels.decision_lines(picture, width)]
        return found if folder is None else [*found, Text(), *_next(picture, folder)]

    return Printable(Page(lines))


def status(
    history: History,
    budget: Budget,
    *,
    name: str = "study",
    folder: Path | None = None,
    proposer: Proposer | None = None,
) -> Printable:
    """Return how a study stands: best, counts by state, budget spent, who proposed what with which success.

    Args:
        history: All that is known, as read from the journal.
        budget: The limits of the study.
        name: The study's name.
        folder: The study's folder, or None.
        proposer: Who proposes; of a portfolio the shares are shown that its members are due.
    """
    picture = _picture(history, proposer)

    def lines(width: int) -> list[Text]:
        found = [panels.heading(name, folder, picture, budget, width)]
        found += [panels.title("best so far", width), *panels.best(picture, width, 99)]
        for question in picture.questions:
            found += waiting_lines(
                [question], width, time.time(), folder=folder, metric=history.objective.primary.name, typed=None
            )
        found += [panels.title("budget", width), _spent(picture), *panels.limit_lines(picture, budget, width)]
        if history.ledger.total.calls:
            found += [panels.title("language models", width), *panels.ledger_lines(history.ledger, width)]
        if picture.running:
            found += [panels.title("running", width), *_running(picture, width)]
        found += [panels.title("settled", width, panels.counts(picture)), *panels.settled_lines(picture, width, 12)]
        found += [panels.title("who proposed", width), *panels.share_lines(picture, width, len(picture.shares))]
        return [*found, *panels.decision_lines(picture, width)]

    return Printable(Page(lines))


def trial_view(history: History, trial: Trial, log_tail: str = "", reproduce: str = "") -> Printable:
    """Return all there is to know of one trial.

    Args:
        history: All that is known.
        trial: One of its trials.
        log_tail: The end of what the trial printed.
        reproduce: The command, or the lines of Python, that run it again by hand.
    """

    def lines(width: int) -> list[Text]:
        found = [_headline(trial, width), *_story(history, trial, width)]
        found += [panels.title("parameters", width), *_parameters(history, trial, width)]
        if trial.metrics or trial.test_metrics:
            found += [panels.title("metrics", width), *_metrics(history, trial, width)]
        if trial.reports:
            found += [panels.title(f"reports ({len(trial.reports)})", width), *_curves(trial, width)]
        log = clean_lines(log_tail or ("" if trial.failure is None else trial.failure.log_tail))
        if any(log):
            last = "\n".join(log).rstrip().split("\n")[-LOG_LINES:]
            found += [panels.title("end of the log", width), *(Text(f"   {line}", overflow="fold") for line in last)]
        if reproduce:
            found += [panels.title("run it again", width), *map(_command, clean_lines(reproduce))]
        return found

    return Printable(Page(lines))


def _picture(history: History, proposer: Proposer | None = None) -> Picture:
    picture = LiveState.of(history, proposer).picture()
    assert picture is not None
    return picture


def _spent(picture: Picture) -> Text:
    trials = f"   {picture.trials} trial{'' if picture.trials == 1 else 's'} in {duration(picture.seconds)}"
    counted = panels.counts(picture)
    return Text(trials).append(":  " if counted else "").append_text(counted)


def _running(picture: Picture, width: int) -> list[Text]:
    name = picture.objective.primary.name
    rows = []
    for run in picture.running:
        values = [report.metrics[name] for report in run.trial.reports if name in report.metrics]
        rows.append(
            [
                Text(" ▸", style=NAME),
                Text(f"trial {run.trial.number}"),
                Text(clean(run.trial.proposal.proposer), style=SOFT),
                Text(f"step {run.trial.reports[-1].step}" if run.trial.reports else "no report yet"),
                Text(f"{clean(name)} {number(values[-1])}" if values else ""),
                Text(sparkline(values, 20), style=NAME),
            ]
        )
    return panels.columns(rows, width)


def _beside_first(picture: Picture, best: Trial, width: int) -> list[Text]:
    """Return the best trial's parameters and metrics beside those of trial 0."""
    own = picture.first is None or picture.first.number == best.number
    first = None if own else picture.first
    heads = ["", f"trial {best.number}", *([] if first is None else ["trial 0"])]
    rows = [[Text(head, style=SOFT) for head in heads]]
    for name, value, _, differs in panels.changed_first(best, first):
        row = [_marked(name, differs and not own), Text(shown(value), style="bold" if differs and not own else "")]
        rows.append(row if first is None else [*row, Text(_or_dash(name, first), style=SOFT)])
    removed = [] if first is None else [n for n in first.parameters if n not in best.parameters]
    rows += [
        [_marked(name, True), Text("-", style="bold"), Text(_or_dash(name, first), style=SOFT)] for name in removed
    ]
    for words, ours, theirs in (
        ("", best.metrics, {} if first is None else first.metrics),
        ("on the test part: ", held_out_scores(best), {} if first is None else first.test_metrics),
    ):
        for name, measured in ours.items():
            row = [Text(f"   {words}{clean(name)}"), Text(number(measured), style=GOOD)]
            rows.append(row if first is None else [*row, Text(number(theirs.get(name)), style=SOFT)])
    return panels.columns(rows, width)


def _failed_tests(picture: Picture) -> list[Text]:
    tested = {trial.number: trial for trial in (picture.first, picture.best) if trial is not None}.values()
    return [
        Text(f" ✗ trial {trial.number} failed on the test part: {clean(trial.test_failure)}", style=panels.BAD)
        for trial in tested
        if trial.test_failure
    ]


def _marked(name: str, differs: bool) -> Text:
    return Text().append(" ▸ " if differs else "   ", style=NAME).append(clean(name), style="" if differs else SOFT)


def _or_dash(name: str, trial: Trial | None) -> str:
    return shown(trial.parameters[name]) if trial is not None and name in trial.parameters else "-"


def _next(picture: Picture, folder: Path) -> list[Text]:
    place, report = shlex.quote(near(folder)), folder / "report.html"
    found = [_fact("folder", near(folder))]
    if report.exists():
        found.append(_fact("report", near(report)))
    commands = [] if report.exists() else [f"tunesmith report {place}"]
    if picture.best is not None:
        commands.append(f"tunesmith show {place} {picture.best.number}")
    elif picture.trials:
        commands.append(f"tunesmith show {place} {picture.trials - 1}")
    commands.append(f"tunesmith status {place}")
    return found + [_fact("" if later else "next", words) for later, words in enumerate(commands)]


def _fact(name: str, words: str, *, wide: int = 8) -> Text:
    """Return a name and something to copy, never cut or broken."""
    return Text(no_wrap=True, overflow="ignore").append(f"   {name:<{wide}}", style=SOFT).append(words)


def _command(line: str) -> Text:
    return Text(f"   {line}", no_wrap=True, overflow="ignore")


def _headline(trial: Trial, width: int) -> Text:
    mark, style = MARKS[trial.state]
    line = Text().append(f" {mark} trial {trial.number}", style=f"{style} bold").append(f"  {trial.state}", style=style)
    details = [f"seed {trial.seed}"]
    if trial.attempt > 1:
        details.append(f"attempt {trial.attempt}")
    if trial.seconds is not None:
        details.append(duration(trial.seconds))
    if trial.peak_memory_bytes is not None:
        details.append(f"{trial.peak_memory_bytes / 1e6:.0f} MB at most")
    line.append("  " + ", ".join(details), style=SOFT)
    line.truncate(width, overflow="ellipsis")
    return line


def _story(history: History, trial: Trial, width: int) -> list[Text]:
    """Return who thought of it, why, and what became of it."""
    proposal = trial.proposal
    origin = clean(proposal.proposer)
    if proposal.repeat_of is not None:
        origin += f", a repeat of trial {proposal.repeat_of} with another seed"
    elif proposal.parent is not None:
        origin += f", from trial {proposal.parent}"
    if proposal.inherits is not None:
        origin += f", starting from the checkpoint of trial {proposal.inherits}"
    if proposal.expectation is not None:
        origin += f", expecting {clean(history.objective.primary.name)} {number(proposal.expectation)}"
    facts = [("proposed", f"by {origin}", "")]
    if proposal.reason:
        facts.append(("reason", clean(proposal.reason), ""))
    if trial.verdict is not None:
        word = panels.VERDICTS[trial.verdict.decision][0]
        facts.append(("verdict", f"{word} by {clean(trial.verdict.by)}: {clean(trial.verdict.reason)}", ""))
    if standing := _standing(history, trial):
        facts.append(("standing", f"★ {standing}", GOOD))
    if trial.failure is not None:
        facts.append(("failure", f"{trial.failure.kind}: {clean(trial.failure.reason)}", BAD))
    facts += [("note", clean(note), "") for note in trial.notes]
    found = [line for name, words, style in facts for line in _told(name, words, width, style)]
    return found if trial.folder is None else [*found, _fact("folder", near(trial.folder), wide=10)]


def _standing(history: History, trial: Trial) -> str:
    leads = history.best is not None and history.best.number == trial.number
    if not history.objective.pareto:
        return "the best of the study" if leads else ""
    if trial.number not in {member.number for member in history.front}:
        return ""
    nearest = ", nearest to the best of each metric" if leads else ""
    return f"one of {len(history.front)} on the Pareto front{nearest}"


def _told(name: str, words: str, width: int, style: str = "") -> list[Text]:
    """Return a name and a sentence, which goes on below itself."""
    lines = textwrap.wrap(words, max(width - 13, 20), break_on_hyphens=False) or [""]
    first = Text(overflow="fold").append(f"   {name:<9} ", style=SOFT).append(lines[0], style=style)
    return [first, *(Text(" " * 13 + line, style=style, overflow="fold") for line in lines[1:])]


def _parameters(history: History, trial: Trial, width: int) -> list[Text]:
    """Return the parameters beside those of the trial that it comes from: its parent, or trial 0."""
    parent = 0 if trial.proposal.parent is None else trial.proposal.parent
    if trial.number == parent or parent >= len(history.trials):
        rows = [[_marked(name, False), Text(shown(value))] for name, value in trial.parameters.items()]
        return panels.columns(rows, width)
    other = history.trials[parent]
    rows = [[Text(""), Text("here", style=SOFT), Text(f"trial {parent}", style=SOFT)]]
    for name, value, _, differs in panels.changed_first(trial, other):
        mine = Text(shown(value), style="bold" if differs else "")
        rows.append([_marked(name, differs), mine, Text(_or_dash(name, other), style=SOFT)])
    dropped = [name for name in other.parameters if name not in trial.parameters]
    rows += [
        [_marked(name, True), Text("-", style="bold"), Text(_or_dash(name, other), style=SOFT)] for name in dropped
    ]
    return panels.columns(rows, width)


def _metrics(history: History, trial: Trial, width: int) -> list[Text]:
    metrics = {metric.name: metric for metric in history.objective.metrics}
    first = history.trials[0] if trial.number else None
    rows = [_metric(name, value, metrics.get(name), first) for name, value in trial.metrics.items()]
    rows += [
        [Text(f"   {clean(name)} on the test part"), Text(number(value)), Text("")]
        for name, value in held_out_scores(trial).items()
    ]
    return panels.columns(rows, width)


def _metric(name: str, value: float, metric: Metric | None, first: Trial | None) -> list[Text]:
    against = Text()
    if first is not None and first.state is State.COMPLETE and name in first.metrics:
        share = change(value, first.metrics[name])
        better = metric is not None and metric.sign * value < metric.sign * first.metrics[name]
        against = Text(f"{share} from trial 0" if share else "", style=GOOD if better else SOFT)
    return [Text(f"   {clean(name)}"), Text(number(value), style="bold" if metric is not None else ""), against]


def _curves(trial: Trial, width: int) -> list[Text]:
    names = dict.fromkeys(name for report in trial.reports for name in report.metrics)
    rows = []
    for name in names:
        said = [(report.step, report.metrics[name]) for report in trial.reports if name in report.metrics]
        values = [value for _, value in said]
        span = f"steps {said[0][0]} to {said[-1][0]}" if len(said) > 1 else f"step {said[0][0]}"
        ends = f"{number(values[0])} → {number(values[-1])}" if len(said) > 1 else number(values[0])
        line = Text(sparkline(values, max(width - 60, 20)), style=NAME)
        rows.append([Text(f"   {clean(name)}"), Text(span, style=SOFT), Text(ends), line])
    return panels.columns(rows, width)
