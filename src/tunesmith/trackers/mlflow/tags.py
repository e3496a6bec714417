"""The tags of runs in MLflow: why a trial was proposed, what the judge said, how the study ended."""

from __future__ import annotations

from ...core.trial import Trial
from ...history.history import History
from ...text.cleaning import short
from ...text.wording import count, value
from .requests import tag


def study_tags(history: History, name: str) -> dict[str, str]:
    """Return the tags of the study's run, with its description."""
    best, created = history.best, history.created
    states = ", ".join(f"{many} {state}" for state, many in history.counts.items() if many)
    lines = [f"{short(name)}: {short(history.objective)}", f"{count(len(history.trials), 'trial')}: {states}"]
    tags = {
        "tunesmith.objective": str(history.objective),
        "tunesmith.trials": str(len(history.trials)),
        "tunesmith.best_trial": "" if best is None else str(best.number),
    }
    if created is not None:
        tags |= {"tunesmith.version": created.version, "tunesmith.seed": str(created.study["seed"])}
    if history.folder is not None:
        tags["tunesmith.folder"] = str(history.folder)
    if history.objective.pareto:
        tags["tunesmith.front"] = ", ".join(str(trial.number) for trial in history.front)
    if best is not None:
        rows = [f"| {short(parameter)} | {short(value(chosen))} |" for parameter, chosen in best.parameters.items()]
        lines += [f"Best: trial {best.number}", "\n".join(["| parameter | value |", "| --- | --- |", *rows])]
    if (stop := history.stopped) is not None:
        lines.append(f"Stopped: {short(stop.reason)}")
        tags["tunesmith.stopped"] = stop.reason
    return _cut(tags | {"mlflow.note.content": "\n\n".join(lines)})


def trial_tags(trial: Trial) -> dict[str, str]:
    """Return the tags of a trial's run. They are sent last, so that a run that has them all is up to date."""
    proposal, verdict, failure = trial.proposal, trial.verdict, trial.failure
    lines = [f"Proposed by {proposal.proposer}: {short(proposal.reason, 1000)}"]
    tags = {
        "tunesmith.state": str(trial.state),
        "tunesmith.attempt": str(trial.attempt),
        "tunesmith.reports": str(len(trial.reports)),
        "tunesmith.seed": str(trial.seed),
        "tunesmith.proposer": proposal.proposer,
        "tunesmith.reason": proposal.reason,
    }
    for name in ("parent", "repeat_of", "inherits"):
        if (number := getattr(proposal, name)) is not None:
            tags[f"tunesmith.{name}"] = str(number)
    if trial.artifacts:
        tags["tunesmith.artifacts"] = ", ".join(f"{name}: {path}" for name, path in trial.artifacts.items())
    if verdict is not None:
        lines.append(f"Verdict of {verdict.by}: {verdict.decision}; {short(verdict.reason, 1000)}")
        tags |= {
            "tunesmith.verdict": verdict.decision,
            "tunesmith.verdict_by": verdict.by,
            "tunesmith.verdict_reason": verdict.reason,
        }
    if failure is not None:
        lines.append(f"Failed ({failure.kind}): {short(failure.reason, 1000)}")
    if failure is not None or trial.attempt > 1:  # A failed trial may be retried, and succeed.
        tags["tunesmith.failure"] = "" if failure is None else failure.kind
        tags["tunesmith.failure_reason"] = "" if failure is None else failure.reason
    if trial.test_failure:
        tags["tunesmith.test_failure"] = trial.test_failure
    lines += [f"Note: {short(text, 1000)}" for text in trial.notes]
    return _cut(tags | {"mlflow.note.content": "\n\n".join(lines)})


def _cut(tags: dict[str, str]) -> dict[str, str]:
    return {name: tag(text) for name, text in tags.items()}
