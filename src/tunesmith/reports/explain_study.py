"""A study in plain words: what was searched for, what came of it, and what may yet be spent."""

from __future__ import annotations

from ..core.budget import Budget
from ..core.parameters import Choice, Parameter
from ..core.trial import State
from ..history.history import History
from ..proposers.base import Proposer
from ..text import wording
from ..text.cleaning import clean_lines, short
from . import asking, gains, overview
from .data import Measure, proposer_table
from .explanation import Explanation, differences, listing, named, sentence, valued
from .importance import importance
from .shares import earnings

MOST_IMPORTANT = 5
MOST_PROPOSERS = 8
MOST_FAILURES = 3
MOST_ANSWERED = 3
LITTLE_QUALITY = 0.3
"""Where the importance explains less of how configurations rank, it is said to be unsure."""


def explain_study(
    history: History,
    *,
    name: str = "study",
    budget: Budget | None = None,
    proposer: Proposer | None = None,
    at_work: bool = False,
) -> Explanation:
    """Return a study in plain words; a page at the most, however many trials it has.

    Args:
        history: All that is known.
        name: The study's name.
        budget: Its limits.
        proposer: Who proposes; of a portfolio it is told what its members are due.
        at_work: Whether a process runs the study right now.

    Returns:
        Sentences by topic.
    """
    found = overview.comparison(history)
    return Explanation.of(
        f"Study {named(name)}",
        (
            ("goal", _goal(history)),
            ("best", _best(history, found)),
            ("noise", _noise(history)),
            ("what matters", _importance(history)),
            ("who proposed", _proposers(history, proposer)),
            ("approval", _approval(history)),
            ("failures", _failures(history)),
            ("state", _state(history, at_work)),
            ("budget", _budget(history, budget or Budget(), found)),
        ),
    )


def _goal(history: History) -> list[str]:
    objective = history.objective
    told = [f"It is to {short(objective)}."]
    if objective.pareto:
        told = [
            f"It is to {short(objective)}, all at once: it looks for the trials that no other beats in all of them."
        ]
    elif len(objective.metrics) > 1:
        weights = [f"{named(metric.name)} {wording.number(metric.weight)}" for metric in objective.metrics]
        told = [f"It is to {short(objective)}, added up by weight: {listing(weights)}."]
    if objective.constraints:
        limits = [wording.limit(named(c.metric), c.low, c.high) for c in objective.constraints]
        told.append(f"It must keep {listing(limits)}.")
    space = [f"{named(key)} {_range(parameter)}" for key, parameter in history.space.parameters.items()]
    vary = f"{wording.count(len(space), 'parameter')} may vary"
    return [*told, f"{vary}: {listing(space)}."]


def _range(parameter: Parameter) -> str:
    if isinstance(parameter, Choice):
        words = f"({listing([valued(option) for option in parameter.options], 6)})"
    else:
        scale = ", logarithmic" if parameter.log else ""
        words = f"({wording.value(parameter.low)} to {wording.value(parameter.high)}{scale})"
    if parameter.when is None:
        return words
    return f"{words[:-1]}, only where {listing(list(map(named, parameter.when)))} allows it)"


def _best(history: History, found: overview.Comparison) -> list[str]:
    if found.best is None:
        return ["No trial has a result yet."]
    trial, measure = found.best.trial, Measure.of(history.objective)
    by = f", proposed by {named(trial.proposal.proposer)}"
    if history.objective.pareto:
        metrics = [f"{named(m.name)} {wording.number(trial.metrics.get(m.name))}" for m in history.objective.metrics]
        told = [
            f"{wording.count(len(history.front), 'trial')} on the front, that no other beats: "
            f"{listing([str(member.number) for member in history.front])}.",
            f"Trial {trial.number} is nearest to the best of each metric, with {listing(metrics)}{by}.",
        ]
    else:
        runs = f", the mean of {found.best.runs} runs" if found.best.runs > 1 else ""
        told = [f"Trial {trial.number} leads with {named(measure.name)} {wording.number(found.best.value)}{runs}{by}."]
    if violation := history.objective.violation(trial.metrics):
        told.append(f"It breaks the constraints by {wording.number(violation)}: no trial keeps them yet.")
    own = history.trials[0]
    own_name = "your own configuration, trial 0," if own.proposal.proposer == "user" else "trial 0, the first,"
    gain = gains.gain(history, found, own_name)
    beside = f"beside {own_name} that is {gain.headline}: {gain.detail}"
    if history.objective.pareto:
        beside = (
            f"{own_name} {gain.detail}" if gain.headline == "–" else f"{own_name} is {gain.headline}: {gain.detail}"
        )
    elif gain.headline in ("–", "±0"):
        beside = gain.detail
    told.append(sentence(beside[0].upper() + beside[1:]))
    if not found.own_leads and (changes := differences(trial, own, history)):
        told.append(f"Its parameters differ from those of trial 0 in {changes}.")
    tests = [
        f"{named(row.name)} {row.best or '–'} (trial 0: {row.own or '–'})"
        for row in overview.metric_rows(history, found, test=True)
    ]
    if tests:
        told.append(f"On the held-out test part it came to {listing(tests)}.")
    if trial.test_failure:
        told.append(sentence(f"Its run on the held-out test part failed: {short(trial.test_failure)}"))
    return told


def _noise(history: History) -> list[str]:
    if history.best is None:
        return []
    if spread := gains.noise(history):
        return [f"Runs of one configuration differ by {short(spread)} (standard deviation), as its repeats show."]
    if history.noise == 0:
        return ["Runs of one configuration agree to the last digit, so any gain is real."]
    return ["No configuration has two results, so it is not known how much of a gain is luck."]


def _importance(history: History) -> list[str]:
    if not history.trials:
        return []
    found = importance(history)
    if found.shares is None:
        return [f"Which parameters matter cannot be said: {found.reason}."]
    shares = [f"{named(name)} {wording.share(share)}" for name, share in found.shares.items() if share >= 0.005]
    listed, quality = listing(shares, MOST_IMPORTANT), found.quality or 0.0
    learnt = f"learnt from {wording.count(found.configurations, 'configuration')}"
    explains = f"explains {wording.share(max(quality, 0.0))} of how they rank"
    if quality < LITTLE_QUALITY:
        return [f"What matters most may be {listed}: it is {learnt}, and {explains}, which is little."]
    return [f"What matters most is {listed}.", f"It is {learnt}, and {explains}."]


def _proposers(history: History, proposer: Proposer | None) -> list[str]:
    measure = Measure.of(history.objective)
    place = "on the front" if history.objective.pareto else "the best so far"
    rows = proposer_table(history)
    told = []
    for row in rows[:MOST_PROPOSERS]:
        best = "" if row.best is None else f"; its best {named(measure.name)} is {wording.number(row.best)}"
        ended = {"complete": row.complete, "pruned": row.pruned, "failed": row.failed, place: row.led}
        counts = [f"{count:,} {words}" for words, count in ended.items() if count]
        counted = f" ({', '.join(counts)})" if counts else ""
        told.append(f"{named(row.name)} proposed {wording.count(row.proposed, 'trial')}{counted}{best}.")
    if len(rows) > MOST_PROPOSERS:
        told.append(f"{len(rows) - MOST_PROPOSERS} more proposed fewer.")
    return told + [f"Of the next trials, {short(earned)}." for earned in earnings(history, proposer)[:MOST_PROPOSERS]]


def _approval(history: History) -> list[str]:
    """Return what a person was asked to approve: the last that were answered, and all that are open."""
    answered = [question for question in history.questions.all if not question.is_open]
    told = [sentence(asking.answered(question)) for question in answered[-MOST_ANSWERED:]]
    if len(answered) > MOST_ANSWERED:
        told.insert(0, f"{len(answered) - MOST_ANSWERED:,} were answered before.")
    for question in history.questions.open:
        until = (
            f"It waits for an answer until {wording.moment(question.deadline)}, and is {asking.then(question)} then."
        )
        told += [sentence(asking.asked(question)), until]
    return [said[0].upper() + said[1:] for said in told]


def _failures(history: History) -> list[str]:
    groups = overview.failures(history)
    if not groups:
        return ["No trial has failed."] if history.settled else []
    told = [f"{wording.count(sum(len(group.numbers) for group in groups), 'trial')} failed."]
    for group in groups[:MOST_FAILURES]:
        numbers = listing([str(number) for number in group.numbers])
        word = "Trial" if len(group.numbers) == 1 else "Trials"
        told.append(sentence(f"{word} {numbers} ({group.kind}): {short(group.reason)}"))
        if log := [line for line in clean_lines(group.log_tail) if line]:
            told.append(f"The last line of that log: {short(log[-1], 200)}")
    if len(groups) > MOST_FAILURES:
        told.append(f"{len(groups) - MOST_FAILURES} more kinds of failure are rarer.")
    return told


def _state(history: History, at_work: bool) -> list[str]:
    counts = [f"{history.counts[state]:,} {state}" for state in State if history.counts[state]]
    told = [f"{wording.count(len(history.trials), 'trial')}{': ' if counts else ''}{', '.join(counts)}."]
    if history.sessions:
        told.append(f"It has run for {wording.duration(history.seconds_spent())}.")
    running = listing([str(trial.number) for trial in history.running])
    if at_work:
        told.append(f"It runs now, with trial {running}." if running else "It runs now.")
    elif reason := overview.stopped(history):
        told.append(sentence(f"It stopped: {short(reason)}"))
    elif history.session_open:
        told.append("Its last session did not end: it was killed, or runs on another machine. It can be gone on with.")
    elif running:
        told.append(f"Nothing runs it: trial {running} was asked for and has not been told.")
    elif history.sessions:
        told.append("It was interrupted, and can be gone on with.")
    return told


def _budget(history: History, budget: Budget, found: overview.Comparison) -> list[str]:
    told = []
    if budget.trials is not None:
        told.append(f"{max(budget.trials - len(history.trials), 0):,} of {budget.trials:,} trials are left.")
    if budget.minutes is not None:
        left = max(budget.minutes - history.seconds_spent() / 60, 0.0)
        told.append(f"{wording.number(left, 3)} of {wording.number(budget.minutes)} minutes are left.")
    if budget.target is not None:
        metric = history.objective.primary
        leader = history.front[0] if history.front else None
        best = "" if leader is None else f"; the best is {wording.number(leader.metrics.get(metric.name))}"
        told.append(f"The target is {named(metric.name)} {wording.number(budget.target)}{best}.")
    if budget.patience is not None:
        what = "came to the front" if history.objective.pareto else "was a new best"
        trials = wording.count(budget.patience, "trial")
        told.append(f"It stops after {trials} of which none {what}; {history.since_best:,} so far.")
    if budget.seconds_per_trial is not None:
        told.append(f"A trial may take {wording.duration(budget.seconds_per_trial)}.")
    if budget.memory_bytes is not None:
        told.append(f"A trial may use {wording.size(budget.memory_bytes)} of memory.")
    return told or ["It has no limit: it goes on until it is stopped."]
