"""The pieces that the terminal views are put together from: each a list of lines, no wider than asked."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text

from ..core.budget import Budget
from ..core.objective import Metric
from ..core.spending import Ledger
from ..core.trial import State, Trial, Value
from ..service.live_state import Picture, Running, Share
from ..text.cleaning import clean
from ..text.wording import change, duration, estimate, number
from ..text.wording import value as shown
from .terminal import near, sparkline

GOOD, BAD, SOFT, NAME = "green", "magenta", "dim", "cyan"
"""Green against magenta stays apart for colour-blind eyes; a mark stands beside each colour anyway."""

MARKS: Mapping[State, tuple[str, str]] = {
    State.WAITING: ("○", SOFT),
    State.RUNNING: ("▸", NAME),
    State.COMPLETE: ("●", ""),
    State.PRUNED: ("◐", SOFT),
    State.FAILED: ("✗", BAD),
}
_MOST_SAID = 500  # Characters of what a role says, the last: more than a line has.
VERDICTS = {"accept": ("accepted", GOOD), "reject": ("rejected", SOFT), "replicate": ("to repeat", NAME)}


def fitted(text: Text, width: int, *, right: bool = False) -> Text:
    """Return the text cut (with an ellipsis) or padded to a width in terminal cells."""
    text = text.copy()
    text.truncate(max(width, 0), overflow="ellipsis")
    missing = width - text.cell_len
    if missing > 0:
        (text.pad_left if right else text.pad_right)(missing)
    return text


def columns(rows: Sequence[Sequence[Text]], width: int, *, right: Iterable[int] = ()) -> list[Text]:
    """Return rows as aligned lines, two spaces apart.

    Args:
        rows: Cells; every row as many. Each column is as wide as its widest cell, the last takes what is left.
        width: Of the whole line, in cells.
        right: The columns that are aligned on the right.
    """
    if not rows:
        return []
    widths = [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]
    right = set(right)
    lines = []
    for row in rows:
        line = Text()
        for place, (cell, wide) in enumerate(zip(row, widths, strict=True)):
            last = place == len(row) - 1
            line.append_text(cell if last else fitted(cell, wide, right=place in right)).append("" if last else "  ")
        line.truncate(width, overflow="ellipsis")
        lines.append(line)
    return lines


def title(words: str, width: int, aside: Text | None = None) -> Text:
    """Return a heading: words, a thin line, and something at its right end."""
    line = Text().append(words, style="bold").append(" ")
    aside = aside or Text()
    rest = width - line.cell_len - aside.cell_len - (1 if aside else 0)
    line.append("─" * max(rest, 0), style=SOFT)
    if aside:
        line.append(" ").append_text(aside)
    line.truncate(width, overflow="ellipsis")
    return line


def heading(name: str, folder: Path | None, picture: Picture, budget: Budget, width: int) -> Text:
    """Return the first line: study, objective, folder, time spent and about how much is left."""
    line = Text().append(f" {clean(name)}", style="bold").append(f"  {clean(picture.objective)}")
    if folder is not None:
        line.append(f"  {near(folder)}", style=SOFT)
    left = seconds_left(picture, budget)
    spent = Text(f" {duration(picture.seconds)}").append("" if not left else f", about {estimate(left)} left")
    return fitted(line, width - spent.cell_len).append_text(spent)


def gain(picture: Picture) -> Text:
    """Return in words how the best compares with trial 0, the user's own configuration."""
    if picture.best is None:
        return Text()
    if picture.first is not None and picture.best.number == picture.first.number:
        return Text("your own configuration", style=SOFT)
    if picture.first_value is None or picture.best_value is None:
        return Text("no value of trial 0 to compare with", style=SOFT)
    share = change(picture.best_value, picture.first_value)
    words = f"{share} from " if share else "against "
    return Text(f"{words}{number(picture.first_value)} (trial 0)", style=GOOD)


def best(picture: Picture, width: int, rows: int) -> list[Text]:
    """Return the best so far: value, gain and noise in one line or two, then its parameters in at most `rows` lines.

    With a Pareto objective the front takes the place of the parameters.
    """
    lines = leader(picture, width)
    if picture.best is None:
        return lines
    if picture.front:
        return [*lines, *front_lines(picture, width, rows - len(lines) + 1)]
    return [*lines, *parameter_lines(picture.best, picture.first, width, rows - len(lines) + 1)]


def leader(picture: Picture, width: int) -> list[Text]:
    """Return the best so far in one line or two: value, gain, who proposed it, repeats and noise."""
    if picture.best is None:
        usable = "no complete trial yet" if picture.done else "no trial has finished yet"
        return [Text(f"   {usable}", style=SOFT)]
    if picture.front:
        return _front(picture, picture.best, width)
    trial, metric = picture.best, picture.objective.primary
    value = Text(clean(metric.name)).append(f" {number(picture.best_value)}", style="bold")
    who = Text(f"trial {trial.number}").append(f" by {clean(trial.proposal.proposer)}", style=SOFT)
    pieces = [value, gain(picture), who]
    if picture.best_repeats > 1:
        pieces.append(Text(f"mean of {picture.best_repeats} runs", style=SOFT))
    if picture.noise is not None:
        pieces.append(Text(f"noise ±{number(picture.noise)}", style=SOFT))
    if picture.objective.violation(trial.metrics):
        pieces.insert(1, Text("✗ breaks a constraint", style=BAD))
    return flow(pieces, width, 2, lead=Text(" ★ ", style=GOOD))


def _front(picture: Picture, best: Trial, width: int) -> list[Text]:
    many = len(picture.front)
    pieces = [Text(f"{many} trial{'' if many == 1 else 's'} on the Pareto front", style="bold")]
    pieces.append(Text(f"hypervolume {number(picture.dominated)}"))
    values = next((row.values for row in picture.front if row.trial.number == best.number), ())
    told = zip(picture.objective.metrics, values, strict=False)
    nearest = ", ".join(f"{clean(metric.name)} {number(value)}" for metric, value in told)
    pieces.append(Text(f"nearest to the best of each: trial {best.number}" + (f" ({nearest})" if nearest else "")))
    return flow(pieces, width, 2, lead=Text(" ★ ", style=GOOD))


def front_lines(picture: Picture, width: int, rows: int) -> list[Text]:
    """Return the front of a Pareto objective as a table, by the first metric, in at most `rows` lines."""
    shown, hidden = list(picture.front), 0
    if rows < len(shown) + 1:
        shown, hidden = shown[: max(rows - 2, 0)], len(shown) - max(rows - 2, 0)
    if not shown:
        return []
    metrics = picture.objective.metrics
    head = ["", "trial", *(clean(metric.name) for metric in metrics), "proposer"]
    lines = [[Text(name, style=SOFT) for name in head]]
    for row in shown:
        near = picture.best is not None and picture.best.number == row.trial.number
        cells = [Text(" ★" if near else "", style=GOOD), Text(str(row.trial.number))]
        cells += [Text(number(value), style="bold") for value in row.values]
        lines.append([*cells, Text(clean(row.trial.proposal.proposer), style=SOFT)])
    found = columns(lines, width, right=range(1, len(metrics) + 2))
    return [*found, Text(f"   … {hidden} more", style=SOFT)] if hidden else found


def changed_first(trial: Trial, reference: Trial | None) -> list[tuple[str, Value, Value, bool]]:
    """Return name, value, the reference's value and whether they differ, the differing parameters first."""
    theirs = {} if reference is None else reference.parameters
    entries = [
        (name, value, theirs.get(name), name not in theirs or not same(theirs[name], value))
        for name, value in trial.parameters.items()
    ]
    return sorted(entries, key=lambda entry: not entry[3])


def same(one: Value, other: Value) -> bool:
    """Tell whether two values are the same; 1, 1.0 and True differ in kind but only True is another value."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def parameter_lines(trial: Trial, first: Trial | None, width: int, rows: int) -> list[Text]:
    """Return a trial's parameters as flowing text in at most `rows` lines, what differs from trial 0 first."""
    pieces = []
    own = first is None or first.number == trial.number
    for name, value, reference, differs in changed_first(trial, first):
        piece = Text().append(short_name(name, trial.parameters), style=SOFT).append(f" {shown(value)}")
        if differs and not own and reference is not None:
            piece.append(f" (was {shown(reference)})")
        pieces.append(piece)
    return flow(pieces, width, rows)


def flow(pieces: Sequence[Text], width: int, rows: int, *, lead: Text | None = None) -> list[Text]:
    """Return pieces one after another in at most `rows` lines; what does not fit is counted at the end.

    Args:
        pieces: Each stays on one line.
        width: Of a line, in cells.
        rows: The most lines.
        lead: What stands in the three cells before the first piece.
    """
    if rows <= 0 or not pieces:
        return []
    lines = [Text().append_text(lead or Text("   "))]
    for place, piece in enumerate(pieces):
        piece = fitted(piece, min(piece.cell_len, width - 3))
        gap = 0 if lines[-1].cell_len == 3 else 3
        if lines[-1].cell_len + gap + piece.cell_len > width:
            if len(lines) == rows:
                rest = f"   … {len(pieces) - place} more"
                lines[-1] = fitted(lines[-1], min(lines[-1].cell_len, width - len(rest))).append(rest, style=SOFT)
                break
            lines.append(Text("   "))
            gap = 0
        lines[-1].append(" " * gap).append_text(piece)
    return lines


def short_name(name: str, parameters: Iterable[str]) -> str:
    """Return the last part of a dotted name where no other parameter ends alike, else the whole name."""
    last = name.rpartition(".")[2]
    alike = [other for other in parameters if other.rpartition(".")[2] == last]
    return clean(last if len(alike) == 1 else name)


@dataclass(frozen=True)
class Limit:
    """One limit of the budget: its name, how much of it is used in [0, 1], and that in words."""

    name: str
    share: float
    words: str


def limits(picture: Picture, budget: Budget) -> list[Limit]:
    """Return how far each limit that is set has been used."""
    found = []
    if budget.trials is not None:
        found.append(Limit("trials", picture.done / budget.trials, f"{picture.done} of {budget.trials}"))
    if budget.minutes is not None:
        spent = f"{duration(picture.seconds)} of {duration(budget.minutes * 60)}"
        found.append(Limit("time", picture.seconds / (budget.minutes * 60), spent))
    if budget.target is not None:
        words = f"{number(picture.best_of_first)}, wanted {number(budget.target)}"
        found.append(Limit("target", _target_share(picture, budget.target), words))
    if budget.patience is not None:
        words = f"{picture.since_best} of {budget.patience} without gain"
        found.append(Limit("patience", picture.since_best / budget.patience, words))
    return found


def _target_share(picture: Picture, target: float) -> float:
    """Return how much of the way from trial 0 to the target is done."""
    best = picture.best_of_first
    if best is None:
        return 0.0
    sign = picture.objective.primary.sign
    if sign * best <= sign * target:
        return 1.0
    if picture.first_value is None or sign * picture.first_value <= sign * best:
        return 0.0
    return (picture.first_value - best) / (picture.first_value - target)


def seconds_left(picture: Picture, budget: Budget) -> float | None:
    """Return an estimate of the seconds until trials or time run out, or None where nothing allows one."""
    estimates = []
    if budget.trials is not None and picture.done:
        estimates.append(picture.seconds / picture.done * max(budget.trials - picture.done, 0))
    if budget.minutes is not None:
        estimates.append(max(budget.minutes * 60 - picture.seconds, 0.0))
    return min(estimates, default=None)


def limit_lines(picture: Picture, budget: Budget, width: int) -> list[Text]:
    """Return a slim bar for each limit, with the time left beside the first."""
    found = limits(picture, budget)
    most = max((len(limit.words) for limit in found), default=0)
    wide = max(min(width - 15 - most, 40), 0)
    lines = []
    for limit in found:
        full = round(min(max(limit.share, 0.0), 1.0) * wide)
        line = Text(f"   {limit.name:<9} ").append("━" * full, style=NAME).append("─" * (wide - full), style=SOFT)
        line.append(f"  {limit.words}" if wide else limit.words).truncate(width, overflow="ellipsis")
        lines.append(line)
    return lines


def running_lines(picture: Picture, width: int, rows: int, now: float, slots: int) -> list[Text]:
    """Return the running trials, one a line with slot, time, last report and learning curve; idle slots in short."""
    runs, metric = list(picture.running), picture.objective.primary
    hidden = max(len(runs) - rows, 0)
    if hidden:
        runs = runs[: rows - 1]
    curve = max(min(width - 62, 30), 8)
    lines = columns([_running(run, metric, now, curve) for run in runs], width, right=(0, 1, 2))
    if hidden:
        lines.append(Text(f"   … and {len(picture.running) - len(runs)} more", style=SOFT))
    elif not runs:
        lines.append(Text(f"   nothing; {slots} slot{'s' if slots > 1 else ''} free", style=SOFT))
    return lines


def _running(run: Running, metric: Metric, now: float, curve: int) -> list[Text]:
    trial = run.trial
    last = Text("no report yet", style=SOFT)
    values = [report.metrics[metric.name] for report in trial.reports if metric.name in report.metrics]
    if trial.reports:
        report = trial.reports[-1]
        name = metric.name if metric.name in report.metrics else next(iter(report.metrics), "")
        last = Text(f"step {report.step}").append(f"  {clean(name)} {number(report.metrics.get(name))}")
    return [
        Text(f" ▸ slot {run.slot}", style=NAME),
        Text(f"trial {trial.number}"),
        Text(duration(int(now - run.since))),
        Text(clean(trial.proposal.proposer), style=SOFT),
        last,
        Text(sparkline(values, curve), style=NAME),
    ]


def counts(picture: Picture) -> Text:
    """Return the number of trials in each state, with the states' marks; states without trials are left out."""
    line = Text()
    for state in State:
        if picture.counts[state]:
            mark, style = MARKS[state]
            line.append("  " if line else "").append(f"{mark} {picture.counts[state]} {state}", style=style)
    return line


def settled_lines(picture: Picture, width: int, rows: int) -> list[Text]:
    """Return the last settled trials, the latest first, one a line."""
    names = [metric.name for metric in picture.objective.shown]
    lines = [_settled(trial, names, picture.leaders) for trial in picture.settled[: max(rows, 0)]]
    return columns(lines, width, right=(*range(1, len(names) + 2), len(names) + 4))


def _settled(trial: Trial, metrics: Sequence[str], leaders: Container[int]) -> list[Text]:
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
        Text(clean(trial.proposal.proposer), style=SOFT),
        Text(duration(trial.seconds)),
        Text(reason(trial), style=SOFT),
    ]


def reason(trial: Trial) -> str:
    """Return the most telling reason on one line: why it failed, what the judge said, or why it was tried."""
    if trial.failure is not None:
        last = trial.failure.log_tail.rstrip().rpartition("\n")[2]
        return clean(
            f"{trial.failure.reason}: {last}" if last and last not in trial.failure.reason else trial.failure.reason
        )
    if trial.verdict is not None:
        return clean(trial.verdict.reason)
    if trial.state is State.PRUNED and trial.reports:
        return f"stopped at step {trial.reports[-1].step}"
    return clean(trial.proposal.reason)


def share_lines(picture: Picture, width: int, rows: int) -> list[Text]:
    """Return who proposed how much with which success: one proposer a line, or flowing where there is little room."""
    if rows < len(picture.shares):
        short = [
            f"{clean(s.proposer)} {s.proposals}, {s.leads} accepted, best {number(s.best)}" for s in picture.shares
        ]
        return flow([Text(words) for words in short], width, rows)
    return columns([[Text(" "), *_share(share)] for share in picture.shares], width, right=(2,))


def _share(share: Share) -> list[Text]:
    return [
        Text(clean(share.proposer)),
        Text(f"{share.proposals} proposed"),
        Text(f"{share.leads} accepted", style=GOOD if share.leads else SOFT),
        Text(f"best {number(share.best)}", style="" if share.best is not None else SOFT),
        Text("" if share.due is None else f"next {100 * share.due:.0f} %"),
    ]


def ledger_lines(ledger: Ledger, width: int) -> list[Text]:
    """Return what language models were asked and what it cost: a role a line, and the sum where there are several."""
    rows = list(ledger.by_role.items())
    rows += [("together", ledger.total)] if len(rows) > 1 else []
    lines = [
        [
            Text(" "),
            Text(clean(role)),
            Text(f"${spent.usd:.4f}"),
            Text(f"{spent.calls} call{'' if spent.calls == 1 else 's'}"),
            Text(f"{spent.failed} failed" if spent.failed else "", style=BAD),
            Text(f"{spent.input_tokens:,} tokens in ({spent.cached_tokens:,} cached), {spent.output_tokens:,} out"),
        ]
        for role, spent in rows
    ]
    return columns(lines, width, right=(2, 3))


def decision_lines(picture: Picture, width: int) -> list[Text]:
    """Return the coordinator's last decision on one line, or nothing."""
    if picture.decision is None:
        return []
    data = picture.decision.data
    words = clean(data.get("reason") or ", ".join(f"{key}: {shown(value)}" for key, value in data.items()))
    line = Text().append(" → ", style=NAME).append(words)
    line.truncate(width, overflow="ellipsis")
    return [line]


def saying_lines(saying: Mapping[str, str], width: int) -> list[Text]:
    """Return what roles say so far, on one line: of several that answer at once, who began first.

    Where it is too long the beginning is left out, so that it is seen to grow.
    """
    for role, words in saying.items():
        line = Text(f" {clean(role)}: ", style=SOFT)
        said, room = clean(words[-_MOST_SAID:]), max(width - line.cell_len, 1)
        if cell_len(said) > room:
            while cell_len(said) >= room:
                said = said[1:]
            said = f"…{said}"
        line.append(said)
        line.truncate(width)
        return [line]
    return []
