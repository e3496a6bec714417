"""Plain lines of a running study, for pipes and logs."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from ..core.approval_request import ApprovalRequest
from ..core.budget import Budget
from ..core.trial import State, Trial, Verdict
from ..history.history import History
from ..history.warnings import study_warnings
from ..journal.events import (
    ApprovalRequested,
    Decision,
    Event,
    FilesShared,
    SessionOpened,
    TrialEvent,
    TrialFinished,
    TrialInterrupted,
    TrialJudged,
    TrialNoted,
    TrialTested,
)
from ..progress import panels
from ..progress.families import is_fit
from ..progress.terminal import Printable, near, shortened
from ..reports.approval_text import approve_command, default_outcome, request_line, time_left
from ..reports.comparison import held_out_scores
from ..text.cleaning import clean
from ..text.wording import change, duration, number


class PlainView:
    """Prints a line for each noteworthy event of a running study.

    Args:
        name: The study's name.
        folder: The study's folder, or None for a study in memory.
        budget: The limits of the study.
        slots: How many trials run at once.
        console: Where to print.
    """

    def __init__(self, name: str, folder: Path | None, budget: Budget, slots: int, console: Console) -> None:
        self._name, self._folder, self._budget, self._slots, self._console = name, folder, budget, slots, console
        self._best: int | None = None
        self._began = False
        self._warnings: dict[str, str] = {}

    def record(self, event: Event, history: History) -> None:
        """Print a line if the event is noteworthy."""
        if not self._began:
            self._begin(history, event)
        if isinstance(event, Decision) and not isinstance(event, FilesShared):
            self._print(Text(f"decision  {clean(event.reason)}"))
        if isinstance(event, ApprovalRequested):
            self._print_answer_command(event.request, event.time)
        if isinstance(event, TrialEvent):
            self._record_trial(event, history.trials[event.trial], history)
        if isinstance(event, FilesShared | SessionOpened | TrialFinished):
            self._print_warnings(history)

    def _record_trial(self, event: TrialEvent, trial: Trial, history: History) -> None:
        if isinstance(event, TrialFinished):
            self._print(self._result(trial, history))
        elif isinstance(event, TrialInterrupted):
            why = clean(event.reason) or "interrupted"
            self._print(Text(f"trial {trial.number:>3}  waits for another attempt: {why}"))
        elif isinstance(event, TrialJudged):
            self._print_verdict(event.verdict, trial)
        elif isinstance(event, TrialTested):
            metrics = "  ".join(f"{clean(name)} {number(value)}" for name, value in held_out_scores(trial).items())
            failed = f"failed: {clean(event.failure.reason if event.failure else 'no measurement')}"
            self._print(Text(f"trial {trial.number:>3}  on the test split: {metrics or failed}"))
        if isinstance(event, TrialFinished | TrialJudged | TrialNoted) and history.best is not None:
            self._best = history.best.number

    def _begin(self, history: History, event: Event) -> None:
        """Print the study's first lines, and remember the best trial before this event."""
        self._began = True
        if history.best is not None and getattr(event, "trial", None) != history.best.number:
            self._best = history.best.number
        limits = ", ".join(f"{name}={value:g}" for name, value in self._budget.to_table().items()) or "no limit"
        folder = "" if self._folder is None else f"  {near(self._folder)}"
        self._print(
            Text(f"study {clean(self._name)}  {clean(history.objective)}  {limits}  slots={self._slots}{folder}")
        )
        if history.settled > isinstance(event, TrialFinished):
            self._print(Text(f"resumed with {history.settled} settled trials"))
        for request in history.approval_requests.open if isinstance(event, SessionOpened) else ():
            self._print(Text(f"waiting   {request_line(request)}"))
            self._print_answer_command(request, event.time)

    def _print_warnings(self, history: History) -> None:
        """Print each warning once, and again when it no longer applies."""
        warnings = {warning.kind: warning.text for warning in study_warnings(history)}
        for kind in warnings.keys() - self._warnings.keys():
            self._print(Text(f"warning   {clean(warnings[kind])}"))
        for kind in self._warnings.keys() - warnings.keys():
            self._print(Text(f"no longer  {clean(self._warnings[kind])}"))
        self._warnings = warnings

    def _print_answer_command(self, request: ApprovalRequest, now: float) -> None:
        command = approve_command(request, self._folder and shortened(self._folder))
        left = time_left(request, now)
        self._print(
            Text(f"          in {left} it is {default_outcome(request)}; answer with: {command}  (or --reject)")
        )

    def _result(self, trial: Trial, history: History) -> Text:
        shown = history.objective.shown
        values = [f"{clean(metric.name)} {number(trial.metrics.get(metric.name))}" for metric in shown]
        by = panels.family_of(trial) if is_fit(history) else clean(trial.proposal.proposer)
        parts = [f"trial {trial.number:>3}", *values, str(trial.state), by]
        parts.append(duration(trial.seconds))
        if trial.state is State.PRUNED and trial.reports:
            parts.append(f"at step {trial.reports[-1].step}")
        if trial.failure is not None:
            parts.append(panels.reason(trial))
        if history.objective.pareto:
            if trial.number in {member.number for member in history.front}:
                parts.append(f"on the front of {len(history.front)}")
        elif history.best is not None and history.best.number == trial.number != self._best:
            parts += self._new_best(trial, history)
        return Text("  ".join(parts))

    def _new_best(self, trial: Trial, history: History) -> list[str]:
        """Return the words for a new best; none if it only came before another one that is as good."""
        name = history.objective.primary.name
        if self._best is not None and history.trials[self._best].metrics.get(name) == trial.metrics[name]:
            return []
        first = history.trials[0].metrics.get(name)
        relative = None if first is None else change(trial.metrics[name], first)
        return [f"new best ({relative} from trial 0)" if relative else "new best"]

    def _print_verdict(self, verdict: Verdict, trial: Trial) -> None:
        if verdict.decision == "replicate" or verdict.binding or verdict.by == "user":
            self._print(Text(f"trial {trial.number:>3}  {panels.verdict_words(verdict)}"))

    def _print(self, line: Text) -> None:
        self._console.print(Printable(line), soft_wrap=True, highlight=False)
