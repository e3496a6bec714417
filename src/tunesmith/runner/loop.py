"""What happens in each node of the graph: a running study with its futures. Nothing here knows LangGraph."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future, wait
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from ..core.trial import Failure, Measurement, Outcome, State, Trial, TrialFailed, TrialRequest
from ..errors import ApprovalPending, InputError, SpaceExhausted, TrialPruned
from ..executors.base import Limit
from ..journal.events import StudyStopped
from ..plugins import name_of
from .coordinator import Coordinator, RulesCoordinator, Step
from .recovery import recover

if TYPE_CHECKING:
    from ..study.study import Study

_Heard = tuple[int, int, int, Mapping[str, float]]
"""A report: trial, attempt, step, metrics."""

log = logging.getLogger(__name__)

UNSTOPPABLE_GRACE_SECONDS = 10.0
"""How long the end of a study waits for trials that its executor cannot stop."""
_LOOK_SECONDS = 0.25  # Between two looks for a person's answer, while a question is open.


class Loop:
    """A study that runs: the trials in flight, and the inbox in which their reports and ends arrive.

    Args:
        study: With a task and an executor.

    Raises:
        InputError: The executor does not enforce a limit of the budget.
    """

    def __init__(self, study: Study) -> None:
        assert study.task is not None
        self.study = study
        self.task = study.task
        self.executor = study.executor
        self.engine = study.engine
        self.history = study.history
        self.coordinator = self._coordinator()
        self.interrupted = False
        self._exhausted = ""
        self._undecided: list[int] = []
        self._in_flight: dict[int, Future[Measurement]] = {}
        self._inbox: SimpleQueue[_Heard | int | None] = SimpleQueue()
        self._repeated: dict[int, int] = {}  # The number of reports that a recovered trial will repeat.
        limits: dict[str, Limit] = {"seconds_per_trial": "seconds", "memory_gb": "memory"}
        for key, limit in limits.items():
            if getattr(study.budget, key) is not None and limit not in self.executor.capabilities.enforces:
                raise InputError(
                    f"the executor must enforce {key}, but {name_of(self.executor)} does not. "
                    "Choose executor = 'process', or remove the limit.",
                    keys=("budget", key),
                )
        if self.engine.pruner is not None and self.executor.capabilities.reports != "live":
            log.warning(
                "nothing is pruned: a pruner needs reports while a trial runs, which executor %s does not deliver",
                name_of(self.executor),
            )

    def _coordinator(self) -> Coordinator:
        rules = RulesCoordinator(budget=self.study.budget)
        if self.study.gateway is None:
            return rules
        from ..agents.roles.coordinator import ModelCoordinator  # Imports scikit-learn, by way of the digest.

        return ModelCoordinator(rules, self.study.gateway)

    # -- the nodes -------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Open the session, and clear up what an earlier one left."""
        if (gateway := self.study.gateway) is not None:
            gateway.concurrent = self.executor.capabilities.slots > 1
            gateway.should_cancel = self._is_to_end
            _ = gateway.model  # What is wrong with it is said before anything runs.
        self.study.approvals.drive(pauses=self.executor.capabilities.slots == 1)
        self.study.record.open_session()
        self.executor.open(self._hear, folder=self.study.folder)
        self._recover_trials()
        recover(self.study)
        self._undecided = [t.number for t in self.history.trials if t.state is State.COMPLETE and t.verdict is None]
        self.study.approvals.settle()
        self.study.approvals.remind()
        self.engine.sync()

    def _is_to_end(self) -> bool:
        """Tell whether nobody should wait for a language model any more."""
        minutes = self.study.budget.minutes
        return self.interrupted or (minutes is not None and self.study.seconds_spent >= 60 * minutes)

    def coordinate(self) -> Step:
        """Decide whether the study goes on."""
        if self.interrupted:
            return Step(stop=True, reason="interrupted")
        step = self.coordinator.decide(self.history, seconds=self.study.seconds_spent)
        if not step.stop and self._exhausted and not self._in_flight and not self.history.waiting:
            step = Step(stop=True, reason=self._exhausted)
        return step

    def ask_specialist(self, parameter: str) -> None:
        """Ask a language model about one parameter; what it says is advice for the next turn of the adviser."""
        if self.study.adviser is not None:
            self.study.adviser.ask_specialist(parameter)

    def free_slots(self, room: int | None) -> int:
        """Return how many trials to propose now.

        Args:
            room: How many the budget still allows; None for no limit.
        """
        free = self.executor.capabilities.slots - len(self._in_flight) - len(self.history.waiting)
        if self._exhausted or self._is_paused:
            return 0
        return max(0, free if room is None else min(free, room))

    def propose(self, count: int) -> None:
        """Think of up to `count` new trials."""
        try:
            self.engine.propose(count)
        except SpaceExhausted as error:
            self._exhausted = str(error)
        except ApprovalPending:
            pass  # `collect` waits for the answer.

    def dispatch(self) -> None:
        """Start waiting trials on the free slots."""
        free = self.executor.capabilities.slots - len(self._in_flight)
        for trial in self.history.waiting[:free]:
            live = self.engine.start(trial.number)
            self._submit(self._request(live), partial(self._inbox.put, live.number))

    def collect(self) -> list[int]:
        """Wait until a slot is free or a person has answered, and settle the trials that have ended.

        It listens to reports meanwhile.

        Returns:
            The trials that are complete now, for the judge.
        """
        ended: list[int] = []
        while (self._in_flight or self._is_paused) and not ended and not self.interrupted:
            try:
                ended += self._take(self._inbox.get(timeout=self._patience()))
            except Empty:
                if self._is_to_end() or not self.study.approvals.has_open:
                    break
            ended += self._take_all()
            if self.study.approvals.settle():
                break
        return [number for number in ended if self.history.trials[number].state is State.COMPLETE]

    def judge(self, complete: list[int]) -> None:
        """Pass a verdict on every complete trial, and on those whose verdict was still to come; make all durable."""
        self._undecided = [n for n in (*self._undecided, *complete) if self.engine.pass_verdict(n) is None]
        self.engine.sync()

    def finish(self, reason: str, *, failed: bool) -> None:
        """End the running trials, evaluate the best trial on the test split, and close the session.

        A trial that the executor stops waits in the queue again. One that it cannot stop may end within
        `UNSTOPPABLE_GRACE_SECONDS`; after that it stays running in the journal, for the next session to recover.
        """
        if self.study.gateway is not None:
            self.study.gateway.cancel()
        self.judge(self._take_all())
        if self.executor.capabilities.can_stop:
            for trial in self.history.running:
                self.engine.interrupt(trial.number, reason)
            self._stop_all()
        else:
            self._leave_running()
        if self.interrupted:
            self.study.approvals.settle(expire=False)  # What was answered just now is not forgotten.
        else:
            self.study.approvals.close_all(reason)
            self.engine.record_decision(StudyStopped(reason=reason, failed=failed))
            if not failed and self.task.has_test:
                self._test()
        if self.study.gateway is not None:
            self.study.gateway.close()  # What its last calls cost is entered before the folder is let go of.
        self.study.record.close_session("interrupted" if self.interrupted else reason)

    def interrupt(self) -> None:
        """Ask the study to end soon; may be called from a signal handler."""
        self.interrupted = True
        self._inbox.put(None)

    # -- inside ----------------------------------------------------------------------------------------------------

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
            timeout_seconds=self.study.budget.seconds_per_trial,
            memory_bytes=self.study.budget.memory_bytes,
        )

    def _submit(self, request: TrialRequest, done: partial[None]) -> None:
        self._track(request.number, self.executor.submit(self.task, request), done)

    def _track(self, number: int, future: Future[Measurement], done: partial[None]) -> None:
        self._in_flight[number] = future
        future.add_done_callback(lambda _: done())

    def _recover_trials(self) -> None:
        """Let the executor take over the trials of an earlier session, and settle those that have ended."""
        for trial in self.history.running:
            self._repeated[trial.number] = len(trial.reports)
            future = None if trial.folder is None else self.executor.recover(self._request(trial))
            if future is None:
                del self._repeated[trial.number]
                self.engine.interrupt(trial.number, "tunesmith ended while it ran")
            else:
                self._track(trial.number, future, partial(self._inbox.put, trial.number))
        self._take_all()

    def _hear(self, number: int, attempt: int, step: int, metrics: Mapping[str, float]) -> None:
        """Take a report: at once from a trial in this thread, through the inbox from anywhere else."""
        if not self.executor.capabilities.in_process:
            self._inbox.put((number, attempt, step, metrics))
        elif reason := self._record_report(number, attempt, step, metrics):
            raise TrialPruned(reason)

    def _record_report(self, number: int, attempt: int, step: int, metrics: Mapping[str, float]) -> str | None:
        """Journal a report, and return why the trial is to stop, or None."""
        if self.history.trials[number].attempt != attempt:
            return None
        if self._repeated.get(number, 0):
            self._repeated[number] -= 1
            return None
        may_prune = self.executor.capabilities.reports == "live"
        return self.engine.record_report(number, step, metrics, may_prune=may_prune)

    def _patience(self) -> float | None:
        """Return for how many seconds to wait at the most: until the minutes are up, or somebody may have answered."""
        minutes = self.study.budget.minutes
        left = None if minutes is None else max(0.0, minutes * 60 - self.study.seconds_spent)
        if not self.study.approvals.has_open:
            return left
        return _LOOK_SECONDS if left is None else min(left, _LOOK_SECONDS)

    @property
    def _is_paused(self) -> bool:
        """Whether nothing new is tried until a person has answered."""
        return self.study.approvals.pauses and self.study.approvals.has_open

    def _take_all(self) -> list[int]:
        """Take in whatever has arrived, without waiting; return the trials that ended."""
        ended: list[int] = []
        while not self._inbox.empty():
            ended += self._take(self._inbox.get())
        return ended

    def _take(self, message: _Heard | int | None) -> list[int]:
        if message is None:
            return []
        if isinstance(message, int):
            return self._settle(message)
        if self._record_report(*message):
            self.executor.stop(message[0])
        return []

    def _settle(self, number: int) -> list[int]:
        outcome = _outcome(self._in_flight.pop(number))
        trial = self.history.trials[number]
        if trial.state is not State.RUNNING:
            pass  # It was pruned, and now its process has ended: the slot is free.
        elif outcome is None:
            self.engine.settle_pruned(number)
        elif isinstance(outcome, Failure) and outcome.kind == "lost" and trial.times_lost < self.study.retries:
            self.engine.interrupt(number, outcome.reason, lost=True)
        else:
            self.engine.settle(number, outcome)
        return [number]

    def _stop_all(self) -> None:
        for number in self._in_flight:
            self.executor.stop(number)
        wait(self._in_flight.values())
        self._in_flight.clear()

    def _leave_running(self) -> None:
        """Settle the trials that end within the grace, and leave the others running."""
        _, running = wait(self._in_flight.values(), timeout=UNSTOPPABLE_GRACE_SECONDS)
        self.judge([n for n in self._take_all() if self.history.trials[n].state is State.COMPLETE])
        if running:
            log.warning("%d trials cannot be stopped and still run; the next session takes them over", len(running))
        self._in_flight.clear()

    def _test(self) -> None:
        """Open the held-out test part: once for the user's own configuration, once for the best."""
        best = self.history.best
        trials = {t.number: t for t in (self.history.trials[0], best) if t is not None and t.state is State.COMPLETE}
        for trial in trials.values():
            if trial.test_metrics or trial.folder is None or self.interrupted:
                continue
            number = trial.number
            request = replace(self._request(trial), attempt=1, folder=trial.folder / "test", purpose="test")
            self._submit(request, partial(self._inbox.put, None))
            while not self._in_flight[number].done() and not self.interrupted:
                self._inbox.get()
            if self._in_flight[number].done():
                outcome = _outcome(self._in_flight.pop(number))
                self.engine.record_test(number, outcome or Failure(kind="told", reason="it was pruned"))
        self._stop_all() if self.executor.capabilities.can_stop else self._in_flight.clear()


def _outcome(future: Future[Measurement]) -> Outcome | None:
    """Return what came of a trial; None where it was pruned."""
    try:
        return future.result()
    except TrialPruned:
        return None
    except TrialFailed as error:
        return error.failure
