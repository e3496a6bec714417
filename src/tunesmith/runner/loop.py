"""A running study with its futures: the work of the graph's nodes, without LangGraph."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from ..approvals.approvals import Approvals
from ..core.trial import Failure, Measurement, Outcome, State, Trial, TrialFailed, TrialRequest
from ..engine.engine import Engine
from ..errors import ApprovalPending, InputError, SpaceExhausted, TrialPruned, TunesmithError
from ..executors.base import Executor, Limit
from ..journal.events import FilesShared, StudyStopped
from ..plugins import name_of
from ..tasks.base import Task
from ..text import wording
from .base import Adviser, Coordinator, Step
from .recovery import recover
from .shared_files import SharedFiles
from .warnings import WarningLog

_Report = tuple[int, int, int, Mapping[str, float]]
"""A report: trial, attempt, step, metrics."""

log = logging.getLogger(__name__)

UNSTOPPABLE_GRACE_SECONDS = 10.0
"""Waiting time, at the end of a study, for trials that its executor cannot stop."""
_REFUSAL_SECONDS = 1.0
"""Waiting time, where the machine refused a trial, for the others that it refuses as well."""
_POLL_SECONDS = 0.25  # Between two polls for a person's answer, while a request is open.
_FEW_SLOTS = 64  # With more, proposals are made and started in pieces of so much of them.
_LEAST_SECONDS = 30.0  # Of a session, before it is said what limits it.
_BUSY_SEARCH = 0.9  # Of the time, from which on slots wait for proposals.


class Loop:
    """A running study: the trials in flight, and the inbox for their reports and results.

    Args:
        engine: Takes the steps of the study.
        task: What a trial runs.
        executor: Where trials run.
        approvals: The requests for a person's approval.
        coordinator: Decides whether the study continues.
        adviser: The study's language model, or None.
        retries: The number of new attempts for a trial whose process vanished.

    Attributes:
        interrupted: Whether the study is to end soon.
        runs_inline: Whether a trial runs in this thread now.
        is_closing: Whether the session is being closed after an error or a second signal.

    Raises:
        InputError: The executor does not enforce a limit of the budget.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        task: Task,
        executor: Executor,
        approvals: Approvals,
        coordinator: Coordinator,
        adviser: Adviser | None,
        retries: int,
    ) -> None:
        self.engine = engine
        self.history = engine.history
        self.budget = engine.budget
        self.task = task
        self.executor = executor
        self.approvals = approvals
        self.coordinator = coordinator
        self.adviser = adviser
        self.retries = retries
        self.interrupted = False
        self.runs_inline = False
        self.is_closing = False
        self.machine_fault = ""
        self._memory_bytes = self.budget.memory_bytes
        self._exhausted = ""
        self._has_session = False
        self._undecided: list[int] = []
        self._proposing_seconds = 0.0
        self._in_flight: dict[int, Future[Measurement]] = {}
        self._inbox: SimpleQueue[_Report | int | None] = SimpleQueue()
        self._warnings = WarningLog()
        self._files: SharedFiles | None = None
        self._repeated: dict[int, int] = {}  # The number of reports that a recovered trial will repeat.
        limits: dict[str, Limit] = {"seconds_per_trial": "seconds", "memory_gb": "memory"}
        for key, limit in limits.items():
            if getattr(self.budget, key) is not None and limit not in executor.capabilities.enforces:
                raise InputError(
                    f"the executor must enforce {key}, but {name_of(executor)} does not. "
                    "Choose executor = 'process', or remove the limit.",
                    keys=("budget", key),
                )
        if engine.pruner is not None and executor.capabilities.reports != "live":
            log.warning(
                "nothing is pruned: a pruner needs reports from running trials, which executor %s does not deliver",
                name_of(executor),
            )

    # -- the nodes -------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Open the session, and recover the trials and verdicts of an earlier one."""
        slots = self.executor.capabilities.slots
        if self.adviser is not None:
            self.adviser.open(concurrent=slots > 1, should_cancel=self._is_ending)
        self.approvals.drive(pauses=slots == 1)
        self.engine.recorder.open_session()
        self._has_session = True
        self.executor.open(self._on_report, folder=self.history.folder)
        self._files = SharedFiles(Path(getattr(self.task, "folder", None) or "."), slots)
        self._recover_trials()
        recover(self.engine)
        self._undecided = [t.number for t in self.history.trials if t.state is State.COMPLETE and t.verdict is None]
        self.approvals.settle()
        self.approvals.remind()
        self._warnings.update(self.history)
        self.engine.sync()

    def coordinate(self) -> Step:
        """Decide whether the study continues."""
        if self.interrupted:
            return Step(stop=True, reason="interrupted")
        if self.machine_fault:
            return Step(stop=True, reason="the machine cannot run trials")
        step = self.coordinator.decide(self.history, seconds=self._seconds_spent)
        if not step.stop and self._exhausted and not self._in_flight and not self.history.waiting:
            step = Step(stop=True, reason=self._exhausted, failed=not self.history.counts[State.COMPLETE])
        return step

    def start_trials(self, count: int) -> None:
        """Propose up to `count` trials, and start waiting trials on the free slots.

        With hundreds of slots, a few are proposed and started before the next, so that slots do not wait for each
        other's proposals.
        """
        slots = self.executor.capabilities.slots
        at_once = count if slots <= _FEW_SLOTS else slots // _FEW_SLOTS
        while True:
            if count > 0:
                began = time.monotonic()
                self.propose(min(count, at_once))
                self._proposing_seconds += time.monotonic() - began
            self._start_waiting()
            count -= at_once
            if count <= 0 or self._is_paused or self._exhausted or self.interrupted:
                return

    def _start_waiting(self) -> None:
        """Start waiting trials on the free slots."""
        for _ in range(self.executor.capabilities.slots - len(self._in_flight)):
            if (live := self.engine.start_next()) is None:
                return
            if not self._submit(self._request(live), partial(self._inbox.put, live.number)):
                self.engine.interrupt(live.number, "interrupted")

    def run_trials(self, count: int) -> None:
        """Run trials, filling every free slot at once, until a role is due or the study must stop.

        Args:
            count: The number of trials to propose first.
        """
        while True:
            self.start_trials(count)
            self.judge(self._collect())
            if self.coordinator.is_due(self.history):
                return
            step = self.coordinate()
            if step.stop:
                return
            count = self.free_slots(step.room)

    def ask_specialist(self, parameter: str) -> None:
        """Ask a language model about one parameter; the answer is advice for the next proposals."""
        if self.adviser is not None:
            self.adviser.ask_specialist(parameter)

    def free_slots(self, room: int | None) -> int:
        """Return the number of trials to propose now.

        Args:
            room: The number of trials that the budget still allows; None for no limit.
        """
        free = self.executor.capabilities.slots - len(self._in_flight) - len(self.history.waiting)
        if self._exhausted or self._is_paused:
            return 0
        return max(0, free if room is None else min(free, room))

    def propose(self, count: int) -> None:
        """Add up to `count` new trials to the queue."""
        try:
            self.engine.propose(count)
        except SpaceExhausted as error:
            self._exhausted = str(error)
        except ApprovalPending:
            pass  # `_collect` waits for the answer.

    def judge(self, complete: list[int]) -> None:
        """Judge complete trials, and earlier ones whose verdict was postponed; make the journal durable."""
        if complete:
            self._warnings.update(self.history)
        self._undecided = [n for n in (*self._undecided, *complete) if self.engine.pass_verdict(n) is None]
        self.engine.sync()

    def finish(self, reason: str, *, failed: bool) -> None:
        """End the running trials, evaluate the best trial on the test split, and close the session.

        Stopped trials return to the queue. Trials that the executor cannot stop get `UNSTOPPABLE_GRACE_SECONDS` to
        end; after that they stay running in the journal, for the next session to recover. So do trials that outlive
        the session, if it was interrupted.
        """
        if self.adviser is not None:
            self.adviser.cancel()
        self._tell_limit()
        self.judge(self._receive_all())
        left = 0
        capabilities = self.executor.capabilities
        if capabilities.outlives_session and (self.interrupted or self.machine_fault):
            grace = _REFUSAL_SECONDS if self.machine_fault else 0.0
            left = self._leave_running(grace, "will go on without this session; run the study again to follow")
        elif capabilities.can_stop:
            self.engine.interrupt_running(reason)
            self._stop_all()
        else:
            left = self._leave_running(
                UNSTOPPABLE_GRACE_SECONDS, "cannot be stopped; the next session recovers what is left"
            )
        if self.interrupted or self.machine_fault:
            self.approvals.settle(expire=False)  # Keep an answer that was given just now.
        else:
            self.approvals.close_all(reason)
            self.engine.record_decision(StudyStopped(reason=reason, failed=failed))
            if not failed and self.task.has_test:
                self._test(free=self.executor.capabilities.slots - left)
        if self.adviser is not None:
            self.adviser.close()  # Before the folder is released: it journals the cost of the last calls.
        self._close_session("interrupted" if self.interrupted else reason)

    def abandon(self, error: BaseException) -> None:
        """Close the session after an error, so far as events can still be journaled; stopped trials wait again."""
        self.is_closing = True
        if self._has_session:
            reason = "interrupted" if isinstance(error, KeyboardInterrupt) else f"ended by a {type(error).__name__}"
            capabilities = self.executor.capabilities
            with suppress(TunesmithError, OSError):
                if (capabilities.can_stop and not capabilities.outlives_session) or capabilities.in_process:
                    self.engine.interrupt_running(reason)
                self._close_session(reason)
        self.is_closing = False

    def interrupt(self) -> None:
        """End the study soon. Signal handlers may call this."""
        self.interrupted = True
        self._inbox.put(None)

    # -- internals -------------------------------------------------------------------------------------------------

    @property
    def _seconds_spent(self) -> float:
        return self.history.seconds_spent(self.engine.recorder.elapsed)

    def _is_ending(self) -> bool:
        """Whether a language model's answer would come too late."""
        minutes = self.budget.minutes
        return self.interrupted or (minutes is not None and self._seconds_spent >= 60 * minutes)

    def _collect(self) -> list[int]:
        """Wait until a slot is free or a person answers; journal reports, and settle the trials that end.

        Returns:
            The complete trials, which need a verdict.
        """
        ended: list[int] = []
        while (self._in_flight or self._is_paused) and not ended and not self.interrupted:
            try:
                ended += self._receive(self._inbox.get(timeout=self._wait_seconds()))
            except Empty:
                if self._is_ending() or not self._has_open_requests:
                    break
            ended += self._receive_all()
            if self._has_open_requests and self.approvals.settle():
                break
        return [number for number in ended if self.history.trials[number].state is State.COMPLETE]

    def _request(self, trial: Trial) -> TrialRequest:
        assert trial.folder is not None
        origin = trial.proposal.inherits
        return TrialRequest(
            number=trial.number,
            attempt=trial.attempt,
            parameters=trial.parameters,
            seed=trial.seed,
            folder=trial.folder,
            inherits=None if origin is None else self.history.trials[origin].folder,
            timeout_seconds=self.budget.seconds_per_trial,
            memory_bytes=self._memory_bytes,
        )

    def _tell_limit(self) -> None:
        """Say that hundreds of slots waited for proposals, if they did."""
        slots, elapsed = self.executor.capabilities.slots, self.engine.recorder.elapsed or 0.0
        share = self._proposing_seconds / max(elapsed, 1e-9)
        if slots > _FEW_SLOTS and elapsed > _LEAST_SECONDS and share > _BUSY_SEARCH:
            log.warning(
                "the search was the limit: it computed proposals for %.0f %% of the time while slots were free. Fewer "
                "slots, longer trials or a faster proposer (random, quasirandom) would keep all slots busy",
                100 * share,
            )

    def _close_session(self, reason: str) -> None:
        self.engine.recorder.close_session(reason)
        self._has_session = False

    def _submit(self, request: TrialRequest, done: partial[None]) -> bool:
        """Submit a trial; return whether it was not interrupted, as only one in this process can be."""
        self.runs_inline = self.executor.capabilities.in_process
        try:
            future = self.executor.submit(self.task, request)
        except KeyboardInterrupt:
            if not self.runs_inline:
                raise
            self.interrupt()
            return False
        finally:
            self.runs_inline = False
        self._track(request.number, future, done)
        return True

    def _track(self, number: int, future: Future[Measurement], done: partial[None]) -> None:
        self._in_flight[number] = future
        future.add_done_callback(lambda _: done())

    def _recover_trials(self) -> None:
        """Let the executor recover the trials of an earlier session, and settle those that have ended."""
        for trial in self.history.running:
            self._repeated[trial.number] = len(trial.reports)
            future = None if trial.folder is None else self.executor.recover(self._request(trial))
            if future is None:
                del self._repeated[trial.number]
                self.engine.interrupt(trial.number, "its session ended while it ran")
            else:
                self._track(trial.number, future, partial(self._inbox.put, trial.number))
        self._receive_all()

    def _on_report(self, number: int, attempt: int, step: int, metrics: Mapping[str, float]) -> None:
        """Record a report: at once from a trial in this thread, otherwise through the inbox."""
        if not self.executor.capabilities.in_process:
            self._inbox.put((number, attempt, step, metrics))
        elif reason := self._record_report(number, attempt, step, metrics):
            raise TrialPruned(reason)
        elif self.interrupted:  # By a signal that arrived while the report was recorded.
            raise KeyboardInterrupt

    def _record_report(self, number: int, attempt: int, step: int, metrics: Mapping[str, float]) -> str | None:
        """Journal a report, and return why the trial was pruned, or None."""
        if self.history.trials[number].attempt != attempt:
            return None
        if self._repeated.get(number, 0):
            self._repeated[number] -= 1
            return None
        may_prune = self.executor.capabilities.reports == "live"
        return self.engine.record_report(number, step, metrics, may_prune=may_prune)

    def _wait_seconds(self) -> float | None:
        """Return how long to wait for the inbox: until the budget's minutes end, or the next poll for an answer."""
        minutes = self.budget.minutes
        left = None if minutes is None else max(0.0, minutes * 60 - self._seconds_spent)
        if not self._has_open_requests:
            return left
        return _POLL_SECONDS if left is None else min(left, _POLL_SECONDS)

    @property
    def _has_open_requests(self) -> bool:
        """Whether a step waits for approval; most studies never have one."""
        return bool(self.history.approval_requests.all) and self.approvals.has_open

    @property
    def _is_paused(self) -> bool:
        """Whether a person must answer before the next proposal."""
        return self._has_open_requests and self.approvals.pauses

    def _receive_all(self) -> list[int]:
        """Process all messages in the inbox without waiting, and return the trials that ended."""
        ended: list[int] = []
        while not self._inbox.empty():
            ended += self._receive(self._inbox.get())
        return ended

    def _receive(self, message: _Report | int | None) -> list[int]:
        if message is None:
            return []
        if isinstance(message, int):
            return self._settle(message)
        if self._record_report(*message):
            self.executor.stop(message[0])
        return []

    def _settle(self, number: int) -> list[int]:
        self._look_for_shared_files()
        outcome = _outcome(self._in_flight.pop(number))
        self._repeated.pop(number, None)
        with self.engine.recorder.exclusive():
            trial = self.history.trials[number]
            if trial.state is not State.RUNNING:
                pass  # It was pruned before; now its process has ended, and the slot is free.
            elif outcome is None:
                self.engine.settle_pruned(number)
            elif isinstance(outcome, Measurement):
                self.engine.settle(number, outcome)
            elif outcome.kind == "preempted" or self._is_machine_fault(number, outcome):
                self.engine.interrupt(number, outcome.reason)
            elif outcome.kind == "lost" and trial.times_lost < self.retries:
                self.engine.interrupt(number, outcome.reason, lost=True)
            else:
                self.engine.settle(number, outcome)
        return [number]

    def _look_for_shared_files(self) -> None:
        """Journal the files that the running trials share, unless an earlier session has found the same."""
        if self._files is None or (shared := self._files.look(self._in_flight)) is None:
            return
        known = {path for event in self.history.decisions if isinstance(event, FilesShared) for path in event.paths}
        if not known.issuperset(shared.paths):
            self.engine.record_decision(shared)

    def _is_machine_fault(self, number: int, outcome: Outcome | None) -> bool:
        """Tell whether the machine could not run a trial; the study then stops, and all that could not run waits."""
        if not isinstance(outcome, Failure) or outcome.kind != "machine":
            return False
        self.machine_fault = self.machine_fault or f"trial {number} waits: {outcome.reason}"
        return True

    def _stop_all(self) -> None:
        for number in self._in_flight:
            self.executor.stop(number)
        wait(self._in_flight.values())
        self._in_flight.clear()

    def _leave_running(self, grace_seconds: float, what_follows: str) -> int:
        """Settle the trials that end within the grace period, leave the others running, and return their number."""
        _, running = wait(self._in_flight.values(), timeout=grace_seconds)
        self.judge([n for n in self._receive_all() if self.history.trials[n].state is State.COMPLETE])
        if running:
            log.warning("%s %s", wording.count(len(running), "running trial"), what_follows)
        self._in_flight.clear()
        return len(running)

    def _test(self, free: int) -> None:
        """Evaluate trial 0 and the best trial on the held-out test split, each once.

        Args:
            free: The number of free slots. Without one, the test is left to the next session.
        """
        if free <= 0:
            log.warning("the test split is not evaluated, as no slot is free; run the study again to evaluate it")
            return
        best = self.history.best
        trials = {t.number: t for t in (self.history.trials[0], best) if t is not None and t.state is State.COMPLETE}
        for trial in trials.values():
            if trial.test_metrics or trial.folder is None or self.interrupted:
                continue
            number = trial.number
            request = replace(self._request(trial), attempt=1, folder=trial.folder / "test", purpose="test")
            if not self._submit(request, partial(self._inbox.put, None)):
                break
            while not self._in_flight[number].done() and not self.interrupted:
                self._inbox.get()
            if self._in_flight[number].done():
                outcome = _outcome(self._in_flight.pop(number))
                if self._is_machine_fault(number, outcome):
                    break
                self.engine.record_test(number, outcome or Failure(kind="told", reason="it was pruned"))
        if self.executor.capabilities.can_stop:
            self._stop_all()
        else:
            self._in_flight.clear()


def _outcome(future: Future[Measurement]) -> Outcome | None:
    """Return the outcome of a trial; None if it was pruned."""
    try:
        return future.result()
    except TrialPruned:
        return None
    except TrialFailed as error:
        return error.failure
