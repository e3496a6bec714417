"""One trial in plain words: why it was tried, what was expected, and what came of it."""

from __future__ import annotations

from ..core.trial import FailureKind, State, Trial
from ..history.history import History
from ..text import wording
from ..text.cleaning import clean_lines, short
from . import gains, overview
from .data import ranked
from .explanation import Explanation, differences, listing, named, sentence, valued

MOST_LOG_LINES = 8
MOST_NOTES = 5

_FAILED: dict[FailureKind, str] = {
    "exit": "its command ended with a status other than 0",
    "exception": "it raised an exception",
    "metric": "it gave no metric that can be used",
    "timeout": "it took too long",
    "memory": "it took too much memory",
    "lost": "its process vanished",
    "setup": "it could not be made ready",
    "told": "so it was told",
}


def explain_trial(history: History, trial: Trial) -> Explanation:
    """Return one trial in plain words; a page at the most.

    Args:
        history: All that is known.
        trial: One of its trials.

    Returns:
        Sentences by topic.
    """
    return Explanation.of(
        f"Trial {trial.number}: {trial.state}",
        (
            ("why it was tried", _proposal(trial)),
            ("parameters", _parameters(history, trial)),
            ("what was expected", _expectation(history, trial)),
            ("what came of it", _outcome(history, trial)),
            ("verdict", _verdict(trial)),
            ("failure", _failure(trial)),
            ("end of the log", _log(trial)),
            ("held-out test part", _test(trial)),
            ("notes", _notes(trial)),
        ),
    )


def _proposal(trial: Trial) -> list[str]:
    proposal = trial.proposal
    by = named(proposal.proposer)
    if proposal.repeat_of is not None:
        told = [f"It repeats trial {proposal.repeat_of} with another seed ({trial.seed}), as {by} wanted."]
    elif trial.number == 0 and proposal.proposer == "user":
        told = ["It is your own configuration; every gain is measured against it."]
    else:
        origin = "" if proposal.parent is None else f", from trial {proposal.parent}"
        told = [f"It was proposed by {by}{origin}."]
    if proposal.inherits is not None:
        told.append(f"It starts from the checkpoint of trial {proposal.inherits}.")
    return [*told, sentence(f"The reason given: {short(proposal.reason)}")] if proposal.reason else told


def _parameters(history: History, trial: Trial) -> list[str]:
    origin = trial.proposal.parent or 0
    if trial.number == 0 or origin >= trial.number:
        return [f"{listing([f'{named(name)} {valued(value)}' for name, value in trial.parameters.items()])}."]
    changes = differences(trial, history.trials[origin], history)
    return [
        f"They differ from those of trial {origin} in {changes}." if changes else f"They are those of trial {origin}."
    ]


def _expectation(history: History, trial: Trial) -> list[str]:
    expected = trial.proposal.expectation
    if expected is None:
        return []
    name = history.objective.primary.name
    came = f"; it came to {wording.number(trial.metrics[name])}" if name in trial.metrics else ""
    return [f"{named(name)} {wording.number(expected)}{came}."]


def _outcome(history: History, trial: Trial) -> list[str]:
    told = []
    if trial.state is State.WAITING:
        again = f"; {wording.count(trial.attempt, 'attempt')} did not end" if trial.attempt else ""
        told.append(f"It waits for a slot{again}.")
    elif trial.state is State.RUNNING:
        told.append("It has been started, and has not ended.")
    if trial.metrics:
        measured = listing([f"{named(name)} {wording.number(value)}" for name, value in trial.metrics.items()])
        told.append(f"{'Stopped early, it last reported' if trial.state is State.PRUNED else 'It came to'} {measured}.")
    if trial.state is State.COMPLETE:
        told += _standing(history, trial)
    told += _curve(history, trial)
    if (seconds := overview.seconds_taken(trial)) is not None:
        memory = "" if trial.peak_memory_bytes is None else f" and {wording.size(trial.peak_memory_bytes)} at the most"
        told.append(f"It took {wording.duration(seconds)}{memory}.")
    if trial.attempt > 1 and trial.state is not State.WAITING:
        told.append(f"That was attempt {trial.attempt}.")
    return told


def _standing(history: History, trial: Trial) -> list[str]:
    told = []
    if violation := history.objective.violation(trial.metrics):
        told.append(f"It breaks the constraints by {wording.number(violation)}.")
    if history.objective.pareto:
        front = [member.number for member in history.front]
        place = f"one of {len(front)} on the front" if trial.number in front else "not on the front"
        return [*told, f"It is {place}."]
    if trial.number and history.trials[0].state is State.COMPLETE:
        gain = gains.gain(history, overview.comparison(history, trial), "trial 0")
        if gain.headline != "–":
            told.append(f"Beside trial 0 that is {gain.headline}: {gain.detail}.")
    order = ranked(history)
    if history.best is not None and history.best.number == trial.number:
        told.append(f"It is the best of {wording.count(len(order), 'complete trial')}.")
    elif trial.number in order:
        told.append(f"It is number {order.index(trial.number) + 1:,} of {wording.count(len(order), 'complete trial')}.")
    return told


def _curve(history: History, trial: Trial) -> list[str]:
    name = history.objective.primary.name
    said = [(report.step, report.metrics[name]) for report in trial.reports if name in report.metrics]
    if not said:
        return []
    (first, start), (last, end) = said[0], said[-1]
    if len(said) == 1:
        return [f"It reported once, at step {first}: {named(name)} {wording.number(start)}."]
    ends = f"{named(name)} {wording.number(start)} at step {first}, {wording.number(end)} at step {last}"
    return [f"It reported {len(said):,} times: {ends}."]


def _verdict(trial: Trial) -> list[str]:
    verdict = trial.verdict
    if verdict is None:
        return []
    word = {"accept": "accepted it", "reject": "rejected it", "replicate": "wanted it repeated"}[verdict.decision]
    if trial.state is State.PRUNED:
        word = "stopped it"
    final = ", for good" if verdict.binding else ""
    reason = f": {short(verdict.reason)}" if verdict.reason else ""
    return [sentence(f"{named(verdict.by)} {word}{final}{reason}")]


def _failure(trial: Trial) -> list[str]:
    failure = trial.failure
    if failure is None:
        return []
    why = _FAILED.get(failure.kind, "for a reason of its own")
    return [sentence(f"It failed, {why} ({failure.kind}): {short(failure.reason)}")]


def _log(trial: Trial) -> list[str]:
    if trial.failure is None:
        return []
    return [short(line, 200) for line in clean_lines(trial.failure.log_tail) if line][-MOST_LOG_LINES:]


def _test(trial: Trial) -> list[str]:
    measured = [f"{named(name)} {wording.number(value)}" for name, value in overview.held_out_scores(trial).items()]
    told = [f"It came to {listing(measured)}."] if measured else []
    return [*told, sentence(f"It failed: {short(trial.test_failure)}")] if trial.test_failure else told


def _notes(trial: Trial) -> list[str]:
    left = len(trial.notes) - MOST_NOTES
    return [*([f"{left:,} earlier ones are left out."] if left > 0 else []), *map(short, trial.notes[-MOST_NOTES:])]
