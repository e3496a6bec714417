"""A study in plain words: the goal, the result, how certain it is, and what is left to spend."""

from __future__ import annotations

from typing import Any

from ..core.budget import Budget
from ..core.parameters import Choice, Parameter
from ..core.trial import State
from ..history.history import History
from ..history.warnings import study_warnings
from ..proposers.base import Proposer
from ..text import wording
from ..text.cleaning import clean_lines, short
from . import overview
from .approval_text import answer_line, default_outcome, request_line
from .comparison import Comparison, compare, gain_words, metric_rows, noise_words, repeat_count
from .data import Measure
from .explanation import Explanation, changed_parameters, listing, measured, named, sentence, valued
from .importance import importance
from .proposers import CREDIT, proposer_rows, share_words

MOST_IMPORTANT = 5
MOST_PROPOSERS = 8
MOST_FAILURES = 3
MOST_ANSWERED = 3


def explain_study(
    history: History,
    *,
    name: str = "study",
    budget: Budget | None = None,
    proposer: Proposer | None = None,
    at_work: bool = False,
) -> Explanation:
    """Return a study in plain words, at most a page however many trials it has.

    Args:
        history: The study's history.
        name: The study's name.
        budget: The study's limits.
        proposer: The study's proposer; for a portfolio, the shares of its members are explained.
        at_work: Whether a process runs the study now.
    """
    comparison = compare(history)
    return Explanation.of(
        f"Study {named(name)}",
        (
            ("goal", _goal(history)),
            ("warnings", _warnings(history)),
            ("best trial", _best(history, comparison)),
            ("noise", _noise(history)),
            ("parameter importance", _importance(history)),
            ("proposers", _proposers(history, proposer)),
            ("approval", _approval(history)),
            ("failures", _failures(history)),
            ("status", _status(history, at_work)),
            ("budget", _budget(history, budget or Budget())),
        ),
    )


def _warnings(history: History) -> list[str]:
    texts = [short(warning.text, 1000) for warning in study_warnings(history)]
    return [sentence(text[0].upper() + text[1:]) for text in texts]


def _goal(history: History) -> list[str]:
    objective = history.objective
    goal = short(objective)
    sentences = [f"{goal[0].upper()}{goal[1:]}."]
    if objective.pareto:
        sentences.append(
            "The result is a Pareto front: no trial on it can be improved in one metric without loss in another."
        )
    elif len(objective.metrics) > 1:
        weights = measured((metric.name, metric.weight) for metric in objective.metrics)
        sentences.append(f"The metrics are added up with these weights: {weights}.")
    if objective.constraints:
        limits = [wording.limit(named(c.metric), c.low, c.high) for c in objective.constraints]
        sentences.append(f"The constraints are {listing(limits)}.")
    space = [f"{named(key)} ({_range(parameter)})" for key, parameter in history.space.parameters.items()]
    return [*sentences, f"The search space has {wording.count(len(space), 'parameter')}: {listing(space)}."]


def _range(parameter: Parameter) -> str:
    if isinstance(parameter, Choice):
        words = listing([valued(option) for option in parameter.options], 6)
    else:
        words = f"{wording.value(parameter.low)} to {wording.value(parameter.high)}{', log' if parameter.log else ''}"
    conditions = [_condition(named(name), wanted) for name, wanted in (parameter.when or {}).items()]
    return f"{words}, only if {' and '.join(conditions)}" if conditions else words


def _condition(name: str, wanted: Any) -> str:
    if isinstance(wanted, dict):
        return wording.limit(name, wanted.get("low"), wanted.get("high"))
    return f"{name} is {' or '.join(map(valued, wanted)) if isinstance(wanted, list | tuple) else valued(wanted)}"


def _best(history: History, comparison: Comparison) -> list[str]:
    if comparison.best is None:
        return ["No trial has a result yet."]
    trial, baseline = comparison.best.trial, history.trials[0]
    own = comparison.baseline_leads and trial.proposal.proposer == "user"
    by = "" if own else f" It was proposed by {named(trial.proposal.proposer)}."
    if history.objective.pareto:
        numbers = listing([str(member.number) for member in history.front])
        metrics = measured((metric.name, trial.metrics.get(metric.name)) for metric in history.objective.metrics)
        sentences = [
            f"The Pareto front has {wording.count(len(history.front), 'trial')}: {numbers}.",
            f"Trial {trial.number} is nearest to the best of each metric, with {metrics}.{by}",
        ]
    else:
        runs = f" (mean of {comparison.best.runs} runs)" if comparison.best.runs > 1 else ""
        result = measured([(Measure.of(history.objective).name, comparison.best.value)])
        sentences = [f"Trial {trial.number} is the best, with {result}{runs}.{by}"]
    if violation := history.objective.violation(trial.metrics):
        sentences.append(f"It violates the constraints by {wording.number(violation)}: no trial satisfies them yet.")
    sentences.append(_against_baseline(history, comparison))
    if not comparison.baseline_leads and (changes := changed_parameters(trial, baseline, history)):
        sentences.append(f"It differs from trial 0 in {changes}.")
    tests = [
        f"{named(row.name)} {row.best or '–'} (trial 0: {row.baseline or '–'})"
        for row in metric_rows(history, *comparison.trials, test=True)
    ]
    if tests:
        sentences.append(f"On the held-out test data it scores {listing(tests)}.")
    if trial.test_failure:
        sentences.append(sentence(f"Its run on the held-out test data failed: {short(trial.test_failure)}"))
    return sentences


def _against_baseline(history: History, comparison: Comparison) -> str:
    own = history.trials[0].proposal.proposer == "user"
    baseline = "your own configuration (trial 0)" if own else "trial 0"
    gain = gain_words(history, comparison, baseline)
    if gain.headline and history.objective.pareto:
        text = f"{baseline} is {gain.headline}: {gain.detail}"
    else:
        text = gain.sentence(baseline)
    return sentence(text[0].upper() + text[1:])


def _noise(history: History) -> list[str]:
    if history.best is None:
        return []
    noise = noise_words(history)
    if not noise:
        return ["Unknown: no configuration was run twice, so any gain may be partly chance."]
    repeats = wording.count(repeat_count(history), "repeat")
    if not history.noise and not (history.metric_noise is not None and history.metric_noise.any()):
        return [f"None: {repeats} gave the same result as the first run."]
    rough = ", so this is a rough estimate" if repeat_count(history) < 3 else ""
    return [f"The standard deviation between runs of one configuration is {noise}, from {repeats}{rough}."]


def _importance(history: History) -> list[str]:
    if not history.trials:
        return []
    result = importance(history)
    if result.shares is None:
        return [f"It cannot be estimated: {result.reason}."]
    shares = [f"{named(name)} {wording.share(share)}" for name, share in result.shares.items() if share >= 0.005]
    return [f"{listing(shares, MOST_IMPORTANT)}.", result.certainty]


def _proposers(history: History, proposer: Proposer | None) -> list[str]:
    measure = Measure.of(history.objective)
    led = "on the front" if history.objective.pareto else "a new best"
    rows = proposer_rows(history, proposer)
    sentences = []
    for row in rows[:MOST_PROPOSERS]:
        counts = {"complete": row.complete, "pruned": row.pruned, "failed": row.failed}
        words = [f"{count:,} {state}" for state, count in counts.items() if count]
        counted = f" ({', '.join(words)})" if words else ""
        among = "" if row.led == row.proposed == 1 else f"{row.led:,} of them "
        leading = f", {among}{led}" if row.led else ""
        best = "" if row.best is None else f"; best {measured([(measure.name, row.best)])}"
        sentences.append(f"{named(row.name)}: {wording.count(row.proposed, 'trial')}{counted}{leading}{best}.")
    if len(rows) > MOST_PROPOSERS:
        sentences.append(f"{len(rows) - MOST_PROPOSERS} other proposers made fewer proposals.")
    if shares := share_words(rows, MOST_PROPOSERS):
        sentences += [f"Shares of the next trials: {', '.join(map(short, shares))}.", CREDIT]
    return sentences


def _approval(history: History) -> list[str]:
    """Return the last requests that were answered, and all that are open."""
    requests = history.approval_requests.all
    answered = [request for request in requests if not request.is_open]
    sentences = [sentence(answer_line(request)) for request in answered[-MOST_ANSWERED:]]
    if len(answered) > MOST_ANSWERED:
        sentences.insert(0, f"{len(answered) - MOST_ANSWERED:,} earlier questions were answered.")
    for request in history.approval_requests.open:
        sentences.append(sentence(request_line(request)))
        sentences.append(f"Without an answer it is {default_outcome(request)} at {wording.moment(request.deadline)}.")
    return [text[0].upper() + text[1:] for text in sentences]


def _failures(history: History) -> list[str]:
    groups = overview.failures(history)
    if not groups:
        return ["No trial has failed."] if history.settled else []
    sentences = [f"{wording.count(sum(len(group.numbers) for group in groups), 'trial')} failed."]
    for group in groups[:MOST_FAILURES]:
        numbers = listing([str(number) for number in group.numbers])
        word = "Trial" if len(group.numbers) == 1 else "Trials"
        sentences.append(sentence(f"{word} {numbers} ({group.kind}): {short(group.reason)}"))
        log = [line for line in clean_lines(group.log_tail) if line]
        if log and overview.pattern(log[-1]) != overview.pattern(group.reason):
            sentences.append(f"Last line of the latest log: {short(log[-1], 200)}")
    if len(groups) > MOST_FAILURES:
        sentences.append(f"{len(groups) - MOST_FAILURES} rarer kinds of failure are not listed.")
    return sentences


def _status(history: History, at_work: bool) -> list[str]:
    counts = [f"{history.counts[state]:,} {state}" for state in State if history.counts[state]]
    sentences = [f"{wording.count(len(history.trials), 'trial')}{': ' if counts else ''}{', '.join(counts)}."]
    if history.sessions:
        sentences.append(f"The study has run for {wording.duration(history.seconds_spent())}.")
    running = listing([str(trial.number) for trial in history.running])
    trials = f"trial{'s' if len(history.running) > 1 else ''} {running}"
    if at_work:
        sentences.append(f"It is running now: {trials}." if running else "It is running now.")
    elif reason := overview.stopped(history):
        sentences.append(sentence(f"It stopped: {short(reason)}"))
    elif history.session_open:
        why = "the process was killed, or runs on another machine"
        sentences.append(f"Its last session did not end: {why}. It can be resumed.")
    elif running:
        sentences.append(f"No process runs it; the result of {trials} has not been told.")
    elif history.sessions:
        sentences.append("It was interrupted, and can be resumed.")
    return sentences


def _budget(history: History, budget: Budget) -> list[str]:
    sentences = []
    if budget.trials is not None:
        left = max(budget.trials - len(history.trials), 0)
        verb = "is" if 1 in (left, budget.trials) else "are"
        sentences.append(f"{left:,} of {wording.count(budget.trials, 'trial')} {verb} left.")
    if budget.minutes is not None:
        minutes = max(budget.minutes - history.seconds_spent() / 60, 0.0)
        verb = "minute is" if budget.minutes == 1 else "minutes are"
        sentences.append(f"{wording.number(minutes, 3)} of {wording.number(budget.minutes)} {verb} left.")
    if budget.target is not None:
        metric = history.objective.primary
        leader = history.front[0] if history.front else None
        best = "" if leader is None else f"; the best is {wording.number(leader.metrics.get(metric.name))}"
        sentences.append(f"The target is {measured([(metric.name, budget.target)])}{best}.")
    if budget.patience is not None:
        what = "trial on the front" if history.objective.pareto else "best"
        trials = wording.count(budget.patience, "trial")
        sentences.append(f"The study stops after {trials} without a new {what}; {history.since_best:,} so far.")
    if budget.usd is not None:
        dollars = max(budget.usd - history.ledger.total.usd, 0.0)
        sentences.append(f"{wording.number(dollars, 3)} of {wording.number(budget.usd)} dollars for models are left.")
    if budget.seconds_per_trial is not None:
        sentences.append(f"A trial may take at most {wording.duration(budget.seconds_per_trial)}.")
    if budget.memory_bytes is not None:
        sentences.append(f"A trial may use at most {wording.size(budget.memory_bytes)} of memory.")
    return sentences or ["There is no limit: the study runs until it is stopped."]
