"""The tables, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median

import numpy as np

from ..machine import describe
from .problems import GROUPS, BenchProblem, problems
from .statistics import (
    Figures,
    Floats,
    best_after,
    best_first,
    best_within,
    over_problems,
    ranks,
    shared_seeds,
    speed_up,
)
from .store import Key, Record, usual_trials

RESULTS = Path(__file__).parents[1] / "results" / "search.md"
CHECKPOINTS = (10, 25, 50, 100)
BUDGETS = (20, 50, 100)

Records = Mapping[Key, Record]


def report(records: Records, data: Path, names: Sequence[str], contenders: Sequence[str] | None = None) -> str:
    """Return all tables for the runs in the store.

    Args:
        records: The store.
        data: The folder of tables.
        names: The problems.
        contenders: The contenders; all by default.
    """
    known = {name: problem for name, problem in problems(data).items() if name in names}
    chosen = {
        key: record
        for key, record in records.items()
        if key.problem in known
        and key.trials == usual_trials(key.slots)
        and (not contenders or key.contender in contenders)
    }
    lines = ["# Search quality\n", "How to read the tables: ../README.md.\n", describe() + "\n"]
    for slots in sorted({key.slots for key in chosen}):
        at_once = {key: record for key, record in chosen.items() if key.slots == slots and "+" not in key.contender}
        title = "One trial at a time" if slots == 1 else f"{slots} trials at once"
        for few, who in _by_coverage(at_once):
            lines += _regrets(at_once, known, who, slots, title + (f", with {', '.join(few)}" if few else ""))
        if slots > 1:
            lines += _speeds(chosen, known, slots)
    stopping = {key: record for key, record in chosen.items() if "+" in key.contender}
    if stopping:
        lines += _stopping(stopping, known)
    return "\n".join(lines)


def _by_coverage(records: Records) -> list[tuple[list[str], list[str]]]:
    """Return the contenders that ran everywhere, and for each one with fewer runs a comparison on those runs only."""
    counts: dict[str, int] = {}
    for key in records:
        counts[key.contender] = counts.get(key.contender, 0) + 1
    everywhere = [who for who, count in counts.items() if count >= 0.9 * max(counts.values())]
    sparse = [who for who in counts if who not in everywhere]
    return [([], everywhere), *(([who], [*everywhere, who]) for who in sparse)] if counts else []


def _regrets(records: Records, known: Mapping[str, BenchProblem], who: list[str], slots: int, title: str) -> list[str]:
    seeds = shared_seeds(records, who, list(known), slots)
    if not seeds:
        return []
    groups = [known[name].group for name in seeds]
    losses = _best(records, seeds, who, slots, [partial(best_after, trials=trials) for trials in CHECKPOINTS])
    regrets = [np.vectorize(known[name].regret)(loss).mean(axis=1) for name, loss in losses.items()]
    regret = over_problems(regrets, groups)
    rank = over_problems([ranks(loss).mean(axis=1) for loss in losses.values()], groups)
    costs = [_per_100(records, one, seeds) for one in who]
    order = best_first(regret.mean[:, 1:])
    head = [f"{trials} trials" for trials in CHECKPOINTS]
    return [
        f"## {title}\n",
        f"Mean normalised regret ({_runs(seeds)})\n",
        *_table(["", *head, "proposing, s per 100"], order, who, regret, 3, [f"{cost:.2f}" for cost in costs]),
        "Mean rank\n",
        *_table(["", *head], order, who, rank, 2),
        *(_by_group(regrets, groups, order, who) if len(set(groups)) > 1 else []),
    ]


def _best(
    records: Records,
    seeds: Mapping[str, Sequence[int]],
    who: Sequence[str],
    slots: int,
    checkpoints: Sequence[Callable[[Record], float]],
) -> dict[str, Floats]:
    """Return the best loss at each checkpoint, by problem: arrays `(contenders, seeds, checkpoints)`."""
    return {
        name: np.array([[[best(records[Key(name, one, slots, seed, usual_trials(slots))]) for best in checkpoints]
                         for seed in chosen] for one in who])
        for name, chosen in seeds.items()
    }  # fmt: skip


def _per_100(records: Records, who: str, names: Mapping[str, object]) -> float:
    """Return the median over runs of the processor seconds that proposing takes, per 100 trials."""
    return median(
        100 * record.proposing / record.proposed
        for key, record in records.items()
        if key.contender == who and key.problem in names
    )


def _by_group(regrets: Sequence[Floats], groups: Sequence[str], order: Sequence[int], who: list[str]) -> list[str]:
    present = [group for group in GROUPS if group in groups]
    lines = ["Mean normalised regret by group, at 25 / 50 / 100 trials\n", *_head(["", *present])]
    means = {
        group: np.mean([regret for regret, one in zip(regrets, groups, strict=True) if one == group], axis=0)
        for group in present
    }
    for row in order:
        cells = [" / ".join(_marked(means[group][:, at], row, 3) for at in (1, 2, 3)) for group in present]
        lines.append(f"| {who[row]} | {' | '.join(cells)} |")
    return [*lines, ""]


def _speeds(records: Records, known: Mapping[str, BenchProblem], slots: int) -> list[str]:
    lines = []
    for who in dict.fromkeys(key.contender for key in records if key.slots == slots and "+" not in key.contender):
        both = [shared_seeds(records, [who], list(known), at_once) for at_once in (1, slots)]
        seeds = {name: sorted({*both[0][name]} & {*both[1][name]}) for name in both[0] if name in both[1]}
        serial, parallel = (
            {name: [records[Key(name, who, at_once, seed, usual_trials(at_once))] for seed in chosen]
             for name, chosen in seeds.items() if chosen}
            for at_once in (1, slots)
        )  # fmt: skip
        if not serial:
            continue
        cells = ["not reached" if r is None else f"{r:.1f}" for r in speed_up(serial, parallel, known, CHECKPOINTS[1:])]
        repeated = sum(r.proposed - r.distinct for runs in parallel.values() for r in runs)
        lines.append(f"| {who} | {' | '.join(cells)} | {repeated} |")
    heads = [f"of {trials}" for trials in CHECKPOINTS[1:]]
    title = f"Speed-up over one slot, to the regret that it reaches in the time of this many trials ({slots} slots)\n"
    return [title, *_head(["", *heads, "proposals made before"]), *lines, ""] if lines else []


def _runs(seeds: Mapping[str, Sequence[int]]) -> str:
    fewest, most = min(map(len, seeds.values())), max(map(len, seeds.values()))
    many = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    return f"{len(seeds)} problems, {many} seed{'' if many == '1' else 's'}"


def _stopping(records: Records, known: Mapping[str, BenchProblem]) -> list[str]:
    """Return a table of the contenders with the most seeds, and one of all contenders on their shared seeds."""
    runs = Counter(key.contender for key in records)
    most = [one for one in runs if runs[one] == max(runs.values())]
    tables = [_stopped(records, known, who) for who in ([most, list(runs)] if len(most) < len(runs) else [most])]
    return ["## With early stopping\n", *chain(*tables)] if any(tables) else []


def _stopped(records: Records, known: Mapping[str, BenchProblem], who: list[str]) -> list[str]:
    seeds = shared_seeds(records, who, list(known), 1)
    if not seeds:
        return []
    losses = _best(records, seeds, who, 1, [partial(best_within, budget=budget) for budget in BUDGETS])
    regrets = [np.vectorize(known[name].regret)(loss).mean(axis=1) for name, loss in losses.items()]
    figures = over_problems(regrets, [known[name].group for name in seeds])
    order = best_first(figures.mean)
    head = ["", *(f"{budget} trainings" for budget in BUDGETS), "proposing, s per 100 trials"]
    costs = [f"{_per_100(records, one, seeds):.2f}" for one in who]
    return [
        f"Mean normalised regret of complete trainings, by budget ({_runs(seeds)})\n",
        *_table(head, order, who, figures, 3, costs),
    ]


def _table(
    heads: list[str], order: Sequence[int], who: list[str], figures: Figures, digits: int, last: Sequence[str] = ()
) -> list[str]:
    def cell(row: int, at: int) -> str:
        low, high = figures.low[row, at], figures.high[row, at]
        return f"{_marked(figures.mean[:, at], row, digits)} [{low:.{digits}f}, {high:.{digits}f}]"

    rows = [
        [who[row], *(cell(row, at) for at in range(figures.mean.shape[1])), *([last[row]] if last else [])]
        for row in order
    ]
    return [*_head(heads), *(f"| {' | '.join(row)} |" for row in rows), ""]


def _head(heads: list[str]) -> list[str]:
    return [f"| {' | '.join(heads)} |", "| --- |" + " --: |" * (len(heads) - 1)]


def _marked(column: Floats, row: int, digits: int) -> str:
    """Return a figure, in bold if it is the lowest of its column."""
    text = f"{column[row]:.{digits}f}"
    return f"**{text}**" if text == f"{column.min():.{digits}f}" else text
