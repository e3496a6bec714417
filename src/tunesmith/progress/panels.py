"""The parts of the terminal views. Each is something that rich can draw at any width."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from ..core.budget import Budget
from ..core.objective import Metric
from ..core.spending import Ledger
from ..core.trial import State, Trial, Value, Verdict
from ..text.cleaning import clean
from ..text.wording import change, count, duration, estimate, number
from ..text.wording import value as shown
from .families import FAMILY, FamilyRow
from .layout import BAD, GOOD, NAME, SOFT, Flow, Rows, indented, line
from .live_state import Running, Share, Snapshot
from .terminal import near, sparkline

MARKS: Mapping[State, tuple[str, str]] = {
    State.WAITING: ("○", SOFT),
    State.RUNNING: ("▸", NAME),
    State.COMPLETE: ("●", ""),
    State.PRUNED: ("◐", SOFT),
    State.FAILED: ("✗", BAD),
}
_MOST_POINTS = 1000  # Of a curve: a view that is drawn several times per second must not read a million reports.
VERDICTS = {"accept": ("accepted", GOOD), "reject": ("rejected", SOFT), "replicate": ("to repeat", NAME)}
_ANSWER_CHARACTERS = 500
"""How many of the last characters of a growing answer are looked at: more than fit on a line."""


# -- the study -----------------------------------------------------------------------------------------------------


def preparing(name: str) -> Text:
    """Return the line to show before the first event of a study."""
    return line((f" {clean(name)}  preparing …", "dim"))


def curve_width(width: int) -> int:
    """Return the width of a running trial's curve, beside its other cells, in a view of some width."""
    return max(min(width - 62, 30), 8)


def heading(
    name: str, folder: Path | None, snapshot: Snapshot, budget: Budget, *, at_work: bool = True
) -> RenderableType:
    """Return the first line: study, objective, folder, time spent, and, at work, an estimate of the time left."""
    place = "" if folder is None else f"  {near(folder)}"
    left = seconds_left(snapshot, budget) if at_work else None
    spent = duration(snapshot.seconds) + (f", about {estimate(left)} left" if left else "")
    grid = Table.grid(Column(ratio=1), Column(no_wrap=True, overflow="ellipsis"), expand=True, padding=(0, 1, 0, 0))
    grid.add_row(line((f" {clean(name)}", "bold"), f"  {clean(snapshot.objective)}", (place, SOFT)), spent)
    return grid


def warnings(snapshot: Snapshot) -> RenderableType:
    """Return the warnings about the study, each on as many lines as it needs; nothing where all is well."""
    texts = [Text(clean(warning.text), style=BAD) for warning in snapshot.warnings]
    return Group(*(indented(Text.assemble(("warning: ", "bold"), text), "!") for text in texts))


def best(snapshot: Snapshot, rows: int) -> RenderableType:
    """Return the best trial with its parameters, or the Pareto front, in about `rows` lines."""
    if snapshot.best is None:
        return leader(snapshot)
    if snapshot.front:
        return Group(leader(snapshot), front(snapshot, rows - 1))
    return Group(leader(snapshot), parameters(snapshot.best, snapshot.first, rows - 1))


def leader(snapshot: Snapshot) -> RenderableType:
    """Return the best trial in at most two lines: value, gain, proposer, repeats and noise."""
    if snapshot.best is None:
        return line(("   no complete trial yet" if snapshot.done else "   no trial has finished yet", SOFT))
    trial = snapshot.best
    if snapshot.front:
        values = next((row.values for row in snapshot.front if row.trial.number == trial.number), ())
        metrics = zip(snapshot.objective.metrics, values, strict=False)
        listed = ", ".join(f"{clean(metric.name)} {number(value)}" for metric, value in metrics)
        pieces = [
            Text(f"{count(len(snapshot.front), 'trial')} on the Pareto front", style="bold"),
            Text(f"hypervolume {number(snapshot.dominated)}"),
            Text(f"nearest to the best of each: trial {trial.number}" + (f" ({listed})" if listed else "")),
        ]
    else:
        pieces = [Text.assemble(clean(snapshot.objective.primary.name), (f" {number(snapshot.best_value)}", "bold"))]
        if snapshot.objective.violation(trial.metrics):
            pieces.append(Text("✗ violates a constraint", style=BAD))
        pieces.append(gain(snapshot))
        pieces.append(Text.assemble(f"trial {trial.number}", (f" {origin(trial, snapshot)}", SOFT)))
        if snapshot.best_repeats > 1:
            pieces.append(Text(f"mean of {snapshot.best_repeats} runs", style=SOFT))
        if snapshot.noise is not None:
            pieces.append(Text(f"noise ±{number(snapshot.noise, 3)}", style=SOFT))
    return Flow(pieces, 2, mark="★")


def origin(trial: Trial, snapshot: Snapshot) -> str:
    """Return the proposer of a trial; of a fit, the family that it trained."""
    if snapshot.families:
        return f"of {family_of(trial)}"
    return f"by {clean(trial.proposal.proposer)}"


def family_of(trial: Trial) -> str:
    """Return the family that a trial of a fit trained."""
    return clean(trial.parameters.get(FAMILY, "–"))


def families(snapshot: Snapshot, rows: int) -> RenderableType:
    """Return the families of a fit, the best first, in at most `rows` lines."""
    listed = list(snapshot.families)[: rows if rows >= len(snapshot.families) else max(rows - 1, 0)]
    if not listed:
        return Group()
    cells = [_family(row, leads=row.best is not None and row.best in snapshot.leaders) for row in listed]
    hidden = snapshot.families[len(listed) :]
    more = f"   … {len(hidden)} more: {', '.join(clean(row.name) for row in hidden)}"
    return Group(Rows(cells, right=(2, 3, 4, 5)), *([line((more, SOFT))] if hidden else []))


def _family(row: FamilyRow, *, leads: bool) -> list[Text]:
    trials = count(row.complete, "trial") if row.complete else ""
    states = [f"{row.running} running"] if row.running else []
    states += [f"{row.failed} failed"] if row.failed else []
    return [
        Text(" ★" if leads else "  ", style=GOOD),
        Text(clean(row.name)),
        Text(number(row.value) if row.value is not None else "", style="bold" if leads else ""),
        Text("" if row.best is None else f"trial {row.best}", style=SOFT),
        Text(trials, style=SOFT),
        Text(duration(row.seconds) if row.seconds else "", style=SOFT),
        Text(", ".join(states), style=NAME if row.running else BAD),
    ]


def gain(snapshot: Snapshot) -> Text:
    """Return how the best compares with trial 0, the user's own configuration."""
    if snapshot.best is None:
        return Text()
    if snapshot.first is not None and snapshot.best.number == snapshot.first.number:
        proposal = snapshot.first.proposal
        own = proposal.proposer == "user"
        return Text("your own configuration" if own else clean(proposal.reason), style=SOFT)
    if snapshot.first_value is None or snapshot.best_value is None:
        return Text("trial 0 has no value to compare with", style=SOFT)
    relative = change(snapshot.best_value, snapshot.first_value)
    words = f"{relative} from " if relative else "against "
    return Text(f"{words}{number(snapshot.first_value)} (trial 0)", style=GOOD)


def front(snapshot: Snapshot, rows: int) -> RenderableType:
    """Return the Pareto front as a table, by the first metric, in at most `rows` lines."""
    members, hidden = list(snapshot.front), 0
    if rows < len(members) + 1:
        members, hidden = members[: max(rows - 2, 0)], len(members) - max(rows - 2, 0)
    if not members:
        return Group()
    metrics = [clean(metric.name) for metric in snapshot.objective.metrics]
    cells = [[Text(head, style=SOFT) for head in ("", "trial", *metrics, "proposer")]]
    for row in members:
        leads = snapshot.best is not None and snapshot.best.number == row.trial.number
        values = [Text(number(value), style="bold") for value in row.values]
        marked = [Text(" ★" if leads else "", style=GOOD), Text(str(row.trial.number))]
        cells.append([*marked, *values, Text(clean(row.trial.proposal.proposer), style=SOFT)])
    rest = [line((f"   … {hidden} more", SOFT))] if hidden else []
    return Group(Rows(cells, right=range(1, len(metrics) + 2)), *rest)


def changed_first(trial: Trial, reference: Trial | None) -> list[tuple[str, Value, Value, bool]]:
    """Return name, value, the reference's value and whether they differ, the differing parameters first."""
    others = {} if reference is None else reference.parameters
    entries = [
        (name, value, others.get(name), name not in others or not same(others[name], value))
        for name, value in trial.parameters.items()
    ]
    return sorted(entries, key=lambda entry: not entry[3])


def same(one: Value, other: Value) -> bool:
    """Return whether two values are the same: 1 and 1.0 are, 1 and True are not."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def parameters(trial: Trial, first: Trial | None, rows: int) -> Flow:
    """Return a trial's parameters in at most `rows` lines, those that differ from trial 0 first."""
    pieces = []
    is_first = first is None or first.number == trial.number
    for name, value, reference, differs in changed_first(trial, first):
        before = f" (was {shown(reference)})" if differs and not is_first and reference is not None else ""
        pieces.append(Text.assemble((short_name(name, trial.parameters), SOFT), f" {shown(value)}{before}"))
    return Flow(pieces, rows)


def short_name(name: str, others: Iterable[str]) -> str:
    """Return the last part of a dotted name, or the whole name where another one ends alike."""
    last = name.rpartition(".")[2]
    alike = [other for other in others if other.rpartition(".")[2] == last]
    return clean(last if len(alike) == 1 else name)


# -- the budget ----------------------------------------------------------------------------------------------------


def limits(snapshot: Snapshot, budget: Budget) -> RenderableType:
    """Return one progress bar for each limit of the budget."""
    grid = Table.grid(Column(no_wrap=True), Column(max_width=40), Column(no_wrap=True), padding=(0, 2, 0, 0))
    for name, used, words in _limits(snapshot, budget):
        bar = ProgressBar(1.0, min(max(used, 0.0), 1.0), style=SOFT, complete_style=NAME, finished_style=NAME)
        grid.add_row(line(f"   {name}"), bar, line(words))
    return grid if grid.row_count else Group()


def _limits(snapshot: Snapshot, budget: Budget) -> Iterator[tuple[str, float, str]]:
    """Yield the name of each limit that is set, the used share of it, and that in words."""
    if budget.trials is not None:
        yield "trials", snapshot.done / budget.trials, f"{snapshot.done} of {budget.trials}"
    if budget.minutes is not None:
        words = f"{duration(snapshot.seconds)} of {duration(budget.minutes * 60)}"
        yield "time", snapshot.seconds / (budget.minutes * 60), words
    if budget.target is not None:
        words = f"{number(snapshot.best_of_first)}, target {number(budget.target)}"
        yield "target", _way_to_target(snapshot, budget.target), words
    if budget.patience is not None:
        what = "trial on the front" if snapshot.objective.pareto else "best"
        words = f"{count(snapshot.since_best, 'trial')} without a new {what}, limit {budget.patience}"
        yield "patience", snapshot.since_best / budget.patience, words


def _way_to_target(snapshot: Snapshot, target: float) -> float:
    """Return the covered share of the way from trial 0 to the target."""
    reached = snapshot.best_of_first
    if reached is None:
        return 0.0
    sign = snapshot.objective.primary.sign
    if sign * reached <= sign * target:
        return 1.0
    if snapshot.first_value is None or sign * snapshot.first_value <= sign * reached:
        return 0.0
    return (snapshot.first_value - reached) / (snapshot.first_value - target)


def seconds_left(snapshot: Snapshot, budget: Budget) -> float | None:
    """Return an estimate of the seconds until trials or time run out, or None without such a limit."""
    estimates = []
    if budget.trials is not None and snapshot.done:
        estimates.append(snapshot.seconds / snapshot.done * max(budget.trials - snapshot.done, 0))
    if budget.minutes is not None:
        estimates.append(max(budget.minutes * 60 - snapshot.seconds, 0.0))
    return min(filter(math.isfinite, estimates), default=None)


# -- the trials ----------------------------------------------------------------------------------------------------


def running(
    snapshot: Snapshot,
    rows: int,
    slots: int,
    curve: int,
    waiting: Callable[[int], str | None] = lambda number: None,
) -> RenderableType:
    """Return the running trials: slot, time, last report and learning curve.

    Args:
        snapshot: The study.
        rows: The maximum number of lines.
        slots: How many trials run at once.
        curve: The width of a learning curve, in cells.
        waiting: Returns why a trial waits for its turn, empty if that is not known; None if it runs.
    """
    runs, metric = list(snapshot.running), snapshot.objective.primary
    hidden = max(len(runs) - rows, 0)
    if hidden:
        runs = runs[: rows - 1]
    is_fit = bool(snapshot.families)
    lines: list[RenderableType] = [
        Rows([_running(run, metric, curve, is_fit, waiting(run.trial.number)) for run in runs], right=(0, 1, 2))
    ]
    if hidden:
        lines.append(line((f"   … and {len(snapshot.running) - len(runs)} more", SOFT)))
    elif not runs:
        lines.append(line((f"   none; {count(slots, 'slot')} free", SOFT)))
    return Group(*lines)


def _running(run: Running, metric: Metric, curve: int, is_fit: bool, waits: str | None) -> list[Text]:
    trial = run.trial
    mark, style = MARKS[State.RUNNING if waits is None else State.WAITING]
    return [
        Text(f" {mark} slot {run.slot}", style=style),
        Text(f"trial {trial.number}"),
        Text(duration(int(run.seconds))),
        Text(family_of(trial) if is_fit else clean(trial.proposal.proposer), style=SOFT),
        last_report(trial, metric) if waits is None else Text(_waits(waits), style=SOFT),
        Text(sparkline(values_of(trial, metric), curve), style=NAME),
    ]


def _waits(reason: str) -> str:
    return f"waits: {clean(reason)}" if reason else "waits"


def values_of(trial: Trial, metric: Metric) -> list[float]:
    """Return the values of a metric that a trial has reported, of many reports an even sample."""
    return [value for _, value in trial.reports.curve(metric.name, most=_MOST_POINTS)]


def last_report(trial: Trial, metric: Metric) -> Text:
    """Return a trial's last report: its step, and the metric or the first one that was reported."""
    if not trial.reports:
        return Text("no report yet", style=SOFT)
    report = trial.reports[-1]
    name = metric.name if metric.name in report.metrics else next(iter(report.metrics), "")
    return Text(f"step {report.step}  {clean(name)} {number(report.metrics.get(name))}")


def counts(snapshot: Snapshot) -> Text:
    """Return the number of trials in each state that occurs, with the state's mark."""
    texts = []
    for state in State:
        if snapshot.counts[state]:
            mark, style = MARKS[state]
            texts.append(Text(f"{mark} {snapshot.counts[state]} {state}", style=style))
    return Text("  ").join(texts)


def settled(snapshot: Snapshot, rows: int) -> RenderableType:
    """Return the last settled trials, the latest first."""
    names = [metric.name for metric in snapshot.objective.shown]
    trials = snapshot.settled[: max(rows, 0)]
    cells = [_settled(trial, names, snapshot.leaders, bool(snapshot.families)) for trial in trials]
    return Rows(cells, right=(*range(1, len(names) + 2), len(names) + 4))


def _settled(trial: Trial, metrics: Sequence[str], leaders: Container[int], is_fit: bool) -> list[Text]:
    leads = trial.number in leaders
    mark, style = ("★", GOOD) if leads else MARKS[trial.state]
    outcome = Text(str(trial.state), style=style)
    if trial.state is State.COMPLETE and trial.verdict is not None:
        outcome = Text(*VERDICTS[trial.verdict.decision])
    return [
        Text(f" {mark}", style=style),
        Text(str(trial.number)),
        *(Text(number(trial.metrics.get(name)), style="bold" if leads else "") for name in metrics),
        outcome,
        Text(family_of(trial) if is_fit else clean(trial.proposal.proposer), style=SOFT),
        Text(duration(trial.seconds)),
        Text(reason(trial), style=SOFT),
    ]


def verdict_words(verdict: Verdict) -> str:
    """Return a verdict, its author and the reason, if one was given."""
    words = {"accept": "accepted", "reject": "rejected", "replicate": "to be repeated"}[verdict.decision]
    return f"{words} by {clean(verdict.by)}" + (f": {clean(verdict.reason)}" if verdict.reason else "")


def reason(trial: Trial) -> str:
    """Return the most telling reason on one line: of the failure, of the verdict, or of the proposal."""
    if trial.failure is not None:
        last = trial.failure.log_tail.rstrip().rpartition("\n")[2]
        if not last or last in trial.failure.reason:
            return clean(trial.failure.reason)
        return clean(f"{trial.failure.reason.rstrip('.')}: {last}")
    if trial.verdict is not None and trial.verdict.reason:
        return clean(trial.verdict.reason)
    if trial.state is State.PRUNED and trial.reports:
        return f"stopped at step {trial.reports[-1].step}"
    return clean(trial.proposal.reason)


# -- proposers, language models and decisions ----------------------------------------------------------------------


def shares(snapshot: Snapshot, rows: int) -> RenderableType:
    """Return what each proposer achieved: one per line, or flowing text where there are fewer lines."""
    if rows < len(snapshot.shares):
        short = [
            f"{clean(s.proposer)} {s.proposals}, {len(s.accepted)} accepted, best {number(s.best)}"
            for s in snapshot.shares
        ]
        return Flow([Text(words) for words in short], rows)
    return Rows([*map(_share, snapshot.shares)])


def _share(share: Share) -> list[Text]:
    return [
        Text(f"   {clean(share.proposer)}"),
        Text(f"{share.proposals:>3} trial{'' if share.proposals == 1 else 's'}"),
        Text(f"{len(share.accepted)} accepted", style=GOOD if share.accepted else SOFT),
        Text(f"best {number(share.best)}", style="" if share.best is not None else SOFT),
        Text("" if share.upcoming is None else f"next {100 * share.upcoming:.0f} %"),
    ]


def ledger(spending: Ledger) -> RenderableType:
    """Return the calls, cost and tokens of language models by role, with the total of several roles."""
    rows = list(spending.by_role.items())
    rows += [("total", spending.total)] if len(rows) > 1 else []
    cells = [
        [
            Text(f"   {clean(role)}"),
            Text(f"${spent.usd:.4f}"),
            Text(count(spent.calls, "call")),
            Text(f"{spent.failed} failed" if spent.failed else "", style=BAD),
            Text(f"{spent.input_tokens:,} tokens in ({spent.cached_tokens:,} cached), {spent.output_tokens:,} out"),
        ]
        for role, spent in rows
    ]
    return Rows(cells, right=(1, 2))


def decision(snapshot: Snapshot) -> RenderableType:
    """Return the coordinator's last decision on one line, or nothing."""
    if snapshot.decision is None:
        return Group()
    return line((" → ", NAME), clean(snapshot.decision.reason))


@dataclass(frozen=True)
class GrowingAnswer:
    """What a role has answered so far, on one line; the end where it is too long, so that it is seen to grow.

    Args:
        answers: By role; of several, the one that began first is drawn.
    """

    answers: Mapping[str, str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw one line, or nothing."""
        for role, words in list(self.answers.items())[:1]:
            name = f" {clean(role)}: "
            answer, room = clean(words[-_ANSWER_CHARACTERS:]), max(options.max_width - cell_len(name), 1)
            if cell_len(answer) > room:
                while cell_len(answer) >= room:
                    answer = answer[1:]
                answer = f"…{answer}"
            yield line((name, SOFT), answer)
