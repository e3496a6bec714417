"""One trial in plain words: why it was tried, what was predicted, and the result."""

from __future__ import annotations

from ..core.trial import FailureKind, State, Trial
from ..history.history import History
from ..text import wording
from ..text.cleaning import clean_lines, short
from .comparison import compare, gain_words, held_out_scores
from .data import ranked
from .explanation import Explanation, changed_parameters, listing, measured, named, sentence, valued
from .overview import memory_taken, seconds_taken

MOST_LOG_LINES = 8
MOST_NOTES = 5

_CAUSES: dict[FailureKind, str] = {
    "exit": "its command exited with an error status",
    "exception": "it raised an exception",
    "metric": "it gave no usable metric",
    "timeout": "it exceeded the time limit",
    "memory": "it exceeded the memory limit",
    "lost": "its process vanished",
    "preempted": "its job's time was over",
    "machine": "the machine could not run it",
    "setup": "it could not be prepared",
    "told": "it was reported as failed",
}


def explain_trial(history: History, trial: Trial) -> Explanation:
    """Return one trial of a study in plain words, at most a page."""
    return Explanation.of(
        f"Trial {trial.number}: {trial.state}",
        (
            ("why it was tried", _proposal(trial)),
            ("parameters", _parameters(history, trial)),
            ("prediction", _prediction(history, trial)),
            ("result", _result(history, trial)),
            ("verdict", _verdict(trial)),
            ("failure", _failure(trial)),
            ("end of the log", _log(trial)),
            ("held-out test data", _test(trial)),
            ("notes", _notes(trial)),
        ),
    )


def _proposal(trial: Trial) -> list[str]:
    proposal = trial.proposal
    by = named(proposal.proposer)
    if proposal.repeat_of is not None:
        sentences = [f"It repeats trial {proposal.repeat_of} with another seed ({trial.seed}), as {by} asked."]
    elif trial.number == 0 and proposal.proposer == "user":
        sentences = ["It is your own configuration, the baseline for every comparison."]
    else:
        origin = "" if proposal.parent is None else f", starting from trial {proposal.parent}"
        sentences = [f"It was proposed by {by}{origin}."]
    if proposal.inherits is not None:
        sentences.append(f"It continues from the checkpoint of trial {proposal.inherits}.")
    return [*sentences, sentence(f"Reason: {short(proposal.reason)}")] if proposal.reason else sentences


def _parameters(history: History, trial: Trial) -> list[str]:
    origin = trial.proposal.parent or 0
    if trial.number == 0 or origin >= trial.number:
        return [f"{listing([f'{named(name)} {valued(value)}' for name, value in trial.parameters.items()])}."]
    changes = changed_parameters(trial, history.trials[origin], history)
    return [f"Different from trial {origin}: {changes}." if changes else f"The same as trial {origin}."]


def _prediction(history: History, trial: Trial) -> list[str]:
    expected = trial.proposal.expectation
    if expected is None:
        return []
    name = history.objective.primary.name
    result = f"; {wording.number(trial.metrics[name])} was measured" if name in trial.metrics else ""
    return [f"{measured([(name, expected)])} was predicted{result}."]


def _result(history: History, trial: Trial) -> list[str]:
    sentences = []
    if trial.state is State.WAITING:
        attempts = f", after {wording.count(trial.attempt, 'interrupted attempt')}" if trial.attempt else ""
        sentences.append(f"It waits for a free slot{attempts}.")
    elif trial.state is State.RUNNING:
        sentences.append("It is running.")
    if trial.metrics:
        start = "It was stopped early. Its last report was" if trial.state is State.PRUNED else "It reached"
        sentences.append(f"{start} {measured(trial.metrics.items())}.")
    if trial.state is State.COMPLETE:
        sentences += _rank(history, trial)
    sentences += _curve(history, trial)
    if (seconds := seconds_taken(trial)) is not None:
        memory = memory_taken(trial)
        used = "" if memory is None else f" and used at most {wording.size(memory)} of memory"
        sentences.append(f"It took {wording.duration(seconds)}{used}.")
    if trial.attempt > 1 and trial.state is not State.WAITING:
        sentences.append(f"This was attempt {trial.attempt}.")
    return sentences


def _rank(history: History, trial: Trial) -> list[str]:
    sentences = []
    if violation := history.objective.violation(trial.metrics):
        sentences.append(f"It violates the constraints by {wording.number(violation)}.")
    if history.objective.pareto:
        front = [member.number for member in history.front]
        position = f"one of {wording.count(len(front), 'trial')}" if trial.number in front else "not"
        return [*sentences, f"It is {position} on the Pareto front."]
    baseline = history.repeats(history.trials[0])
    if baseline[0].state is State.COMPLETE and trial not in baseline:
        gain = gain_words(history, compare(history, trial), "trial 0")
        text = gain.sentence("trial 0")
        sentences.append(sentence(text[0].upper() + text[1:]))
    order = ranked(history)
    complete = wording.count(len(order), "complete trial")
    if history.best is not None and history.best.number == trial.number:
        sentences.append(f"It is the best of {complete}.")
    elif trial.number in order:
        sentences.append(f"It ranks number {order.index(trial.number) + 1:,} of {complete}.")
    return sentences


def _curve(history: History, trial: Trial) -> list[str]:
    name = history.objective.primary.name
    reports = trial.reports.curve(name)
    if not reports:
        return []
    (first, start), (last, end) = reports[0], reports[-1]
    if len(reports) == 1:
        return [f"It reported once, at step {first}: {measured([(name, start)])}."]
    ends = f"{measured([(name, start)])} at step {first}, {wording.number(end)} at step {last}"
    return [f"It reported {len(reports):,} times: {ends}."]


def _verdict(trial: Trial) -> list[str]:
    verdict = trial.verdict
    if verdict is None:
        return []
    words = {"accept": "accepted it", "reject": "rejected it", "replicate": "asked for a repeat"}[verdict.decision]
    if trial.state is State.PRUNED:
        words = "stopped it"
    binding = " (binding)" if verdict.binding else ""
    reason = [sentence(f"Reason: {short(verdict.reason)}")] if verdict.reason else []
    return [f"{named(verdict.by)} {words}{binding}.", *reason]


def _failure(trial: Trial) -> list[str]:
    failure = trial.failure
    if failure is None:
        return []
    cause = f" because {_CAUSES[failure.kind]}" if failure.kind in _CAUSES else ""
    return [sentence(f"It failed{cause} ({failure.kind}): {short(failure.reason)}")]


def _log(trial: Trial) -> list[str]:
    if trial.failure is None:
        return []
    return [short(line, 200) for line in clean_lines(trial.failure.log_tail) if line][-MOST_LOG_LINES:]


def _test(trial: Trial) -> list[str]:
    scores = held_out_scores(trial)
    sentences = [f"It scores {measured(scores.items())}."] if scores else []
    return [*sentences, sentence(f"The run failed: {short(trial.test_failure)}")] if trial.test_failure else sentences


def _notes(trial: Trial) -> list[str]:
    left_out = len(trial.notes) - MOST_NOTES
    first = [f"{left_out:,} earlier ones are left out."] if left_out > 0 else []
    return [*first, *map(short, trial.notes[-MOST_NOTES:])]
