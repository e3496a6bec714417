"""A study: ask for trials and tell their outcomes, or let it run by itself."""

from __future__ import annotations

import dataclasses
import shutil
import weakref
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Never, Self, Unpack

from .. import __version__, plugins
from ..approvals.approvals import Approvals
from ..core.approval_request import ApprovalRequest
from ..core.schema import expect_table
from ..core.trial import Failure, Measurement, Outcome, Proposal, State, Trial, Value, Verdict
from ..core.values import check_unicode, shown
from ..engine.engine import Engine
from ..engine.recorder import Recorder, exclusively
from ..errors import BudgetSpent, InputError
from ..executors.base import Executor
from ..history.history import History
from ..history.warnings import study_warnings
from ..journal.events import TrialJudged, TrialNoted
from ..llm.options import ModelOptions
from ..progress.display import drawn
from ..runner.base import Coordinator
from ..runner.coordinator import RulesCoordinator
from ..runner.drive import drive
from ..runner.loop import Loop
from ..runner.warnings import WarningLog
from ..tasks.base import Task
from ..tasks.function import Function
from ..text.html_table import html_table
from ..text.shell import command
from ..trial_folder.artifacts import check_artifacts
from ..trial_folder.handed import handed_to
from .frame import frame_of
from .spec import StudyOptions, StudySpec, resolve_pruner

if TYPE_CHECKING:
    import pandas as pd

    from ..agents.adviser import PlannerAdviser
    from ..agents.gateway import ModelGateway


class Study:
    """A search space, an objective, a budget and the history of trials.

    Args:
        spec: The study's specification; or give its parts as options.
        task: What a trial runs, a function as for `tune` or a `Task`; only `run` needs it.
        options: `space` and `objective`, and any of `folder` (None keeps everything in memory; a folder that holds
            this study is continued), `name`, `budget`, `proposer`, `pruner`, `judge`, `model`, `executor`, `retries`,
            `seed` and `trackers`. See `StudySpec`.

    Raises:
        InputError: An option is wrong, or the folder holds another study.

    >>> from tunesmith import Float
    >>> study = Study(space={"x": Float(-1, 1)}, objective="minimize y")
    >>> for _ in range(20):
    ...     trial = study.ask()
    ...     _ = study.tell(trial.number, {"y": trial.parameters["x"] ** 2})
    >>> abs(study.best.parameters["x"]) < 0.2
    True
    """

    def __init__(
        self, spec: StudySpec | None = None, /, *, task: Task | Function | None = None, **options: Unpack[StudyOptions]
    ) -> None:
        if spec is not None and (task is not None or options):
            raise TypeError("a study takes a specification or options, not both.")
        if spec is not None and not isinstance(spec, StudySpec):
            raise TypeError(f"a study is continued with Study(folder=...) or ts.load(folder), got {shown(spec)}.")
        self.spec = spec = StudySpec.from_options(task, **options) if spec is None else spec
        self.space, self.objective, self.budget, self.seed = spec.space, spec.objective, spec.budget, spec.seed
        self.folder, self.name = spec.folder, spec.name
        self.executor: Executor = plugins.resolve("executors", spec.executor)
        table = spec.to_table()
        check_unicode(table, "a study's settings and paths", "Rename that file or folder.")
        self.history = History(self.space, self.objective, self.folder)
        trackers = [plugins.resolve("trackers", tracker) for tracker in spec.trackers]
        self.recorder = Recorder(self.history, study=table, identity=spec.identity, trackers=trackers)
        self.engine = Engine(
            self.recorder,
            proposer=plugins.resolve("proposers", spec.proposer),
            pruner=resolve_pruner(spec.pruner),
            judge=plugins.resolve("judges", spec.judge),
            budget=self.budget,
            defaults=lambda: {} if self.task is None else self.task.defaults(),
            seed=self.seed,
        )
        self.approvals = Approvals(self.engine, spec.model)
        self._warnings = WarningLog()
        self.gateway: ModelGateway | None = None
        self.adviser: PlannerAdviser | None = None
        if spec.model is not None:
            self._add_language_model(spec.model)

    def _add_language_model(self, options: ModelOptions) -> None:
        # Imported here, because few studies have a language model.
        from ..agents.adviser import PlannerAdviser, with_adviser, with_reviewer
        from ..agents.gateway import ModelGateway

        folder = Path.cwd() if self.spec.source is None else self.spec.source.parent
        self.gateway = ModelGateway(
            options, history=self.history, emit=self.recorder.emit, budget=self.budget, folder=folder
        )
        self.adviser = PlannerAdviser(self.gateway, self.approvals)
        self.engine.proposer = with_adviser(self.engine.proposer, self.adviser)
        self.engine.judge = with_reviewer(self.engine.judge, self.gateway)

    def __reduce__(self) -> Never:
        raise InputError(
            "a study cannot be sent to another process. Give it a folder, and open it in each process, as "
            f"tunesmith.load({str(self.folder or 'FOLDER')!r}): then processes take turns."
        )

    def __repr__(self) -> str:
        best = "" if self.best is None else f", best {self.best.metrics[self.objective.primary.name]:.6g}"
        if self.objective.pareto:
            best = f", {len(self.front)} on the front"
        return f"<Study {self.name!r}: {self.objective}, {len(self.history.trials)} trials{best}>"

    def _repr_html_(self) -> str:
        """Return the study as a table, which a notebook shows."""
        best, counts = self.best, self.history.counts
        found = "" if best is None else f"trial {best.number}"
        if self.objective.pareto and best is not None:
            found = f"{len(self.front)} trials, of which trial {best.number} is nearest to the best of each metric"
        rows: list[tuple[str, str | Mapping[str, Any]]] = [
            ("objective", str(self.objective)),
            ("trials", ", ".join(f"{counts[state]} {state}" for state in State if counts[state]) or "none"),
            ("front" if self.objective.pareto else "best", found),
            ("metrics", {} if best is None else best.metrics),
            ("parameters", {} if best is None else best.parameters),
            ("stopped", "" if self.history.stopped is None else self.history.stopped.reason),
            *(("warning", warning.text) for warning in study_warnings(self.history)),
            ("folder", "" if self.folder is None else str(self.folder)),
        ]
        return html_table(f"study {self.name}", rows)

    # -- results ---------------------------------------------------------------------------------------------------

    @cached_property
    def task(self) -> Task | None:
        """What a trial runs, built on first use; None for ask and tell.

        Raises:
            InputError: The script or function of a loaded study is missing.
        """
        return self.spec.build_task()

    @property
    def has_task(self) -> bool:
        """Whether the study has a task, so that it can run by itself."""
        return self.spec.task is not None

    @property
    def trials(self) -> Sequence[Trial]:
        """Every trial, by number."""
        return tuple(self.history.trials)

    @property
    def best(self) -> Trial | None:
        """The best trial so far, with repeats and noise taken into account; None if none is complete."""
        return self.history.best

    @property
    def front(self) -> Sequence[Trial]:
        """The feasible trials that no other dominates, sorted by the first metric; repeats count by their mean.

        Without a Pareto objective, the best trial alone.
        """
        return self.history.front

    def frame(self) -> pd.DataFrame:
        """Return the trials as a table: one row each, parameters and metrics as columns.

        A parameter that is inactive in a trial is `pandas.NA` there; None is an option like any other. So a row's
        parameters, without their prefix, can be given to `add`.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return frame_of(self.history)

    def report(self, path: Path | str | None = None) -> Path:
        """Write the study as one self-contained HTML page.

        Args:
            path: The file; `report.html` in the study's folder by default.

        Returns:
            The path of the file.
        """
        from ..reports.html import write_report

        if path is None and self.folder is None:
            raise InputError("a study in memory needs a path for its report, as report('report.html').")
        target = Path(path) if path is not None else Path(self.folder or "") / "report.html"
        facts: dict[str, Any] = {"seed": self.seed, "budget": self.budget.to_table(), "version": __version__}
        if self.folder is not None:
            facts["folder"] = str(self.folder)
            if self.best is not None and self.has_task:
                facts["reproduce"] = command("tunesmith", "reproduce", self.folder, self.best.number)
        return write_report(self.history, target, title=self.name, facts=facts, proposer=self.engine.proposer)

    # -- ask and tell ----------------------------------------------------------------------------------------------

    @exclusively
    def ask(self, *, again: int | None = None) -> Trial:
        """Start the next trial and return it.

        The first is the user's own configuration. Waiting trials (repeats, approved steps, interrupted trials) come
        before new proposals. A step that waits for approval delays nothing.

        Args:
            again: A trial that was asked for before and has no result, because its program has died: it is handed out
                again. If that program still tells a result, the first result counts.

        Raises:
            InputError: The trial to hand out again does not exist, is not running, or runs as a job of the study.
            SpaceExhausted: Every configuration of a finite space has been tried.
            BudgetSpent: All trials of the budget have been asked for.
        """
        self.approvals.settle()
        if again is not None:
            return self._hand_out_again(again)
        if (trial := self.engine.start_next()) is not None:
            return trial
        if not self.engine.has_room:
            raise BudgetSpent(
                f"all {self.budget.trials} trials of the budget have been asked for. To ask for more, raise trials in "
                "study.toml and name that file, or give a larger budget=Budget(trials=...) in Python."
            )
        return self.engine.start(self.engine.propose(1)[0].number)

    def _hand_out_again(self, number: int) -> Trial:
        trial = self.engine.trial(number)
        if trial.state is State.RUNNING and (to := handed_to(trial.folder, trial.attempt)):
            raise InputError(
                f"only a trial that another program asked for can be handed out again, but trial {number} was left to "
                f"{to}. Run the study again with the command that started it: it follows that, or runs the trial again."
            )
        if trial.state is State.RUNNING:
            self.engine.interrupt(trial.number, "it is handed out again")
        elif trial.state is not State.WAITING:
            raise InputError(
                f"only a trial without a result can be handed out again, but trial {trial.number} is {trial.state}."
            )
        return self.engine.start(trial.number)

    @exclusively
    def tell(self, number: int | Trial, outcome: Outcome | Mapping[str, float] | float) -> Trial:
        """Settle a trial with its outcome.

        Args:
            number: The trial, or its number.
            outcome: A `Measurement`, its metrics by name, the one metric as a number, or a `Failure`, as for a training
                that diverged: `Failure(kind="told", reason="the loss is NaN")`.

        Returns:
            The settled and judged trial.

        Raises:
            InputError: The trial does not exist or is not running, a metric is missing or not a finite number, or an
                artifact does not exist.
        """
        trial = self.engine.trial(number)
        if trial.state is not State.RUNNING:
            told = " Its first result counts." if trial.state.settled else ""
            raise InputError(f"only a running trial can be settled, but trial {trial.number} is {trial.state}.{told}")
        outcome = self._to_outcome(outcome)
        if isinstance(outcome, Measurement):
            check_artifacts(trial.folder, outcome.artifacts)
        return self._settle(trial.number, outcome)

    @exclusively
    def add(self, parameters: Mapping[str, Value], outcome: Outcome | Mapping[str, float] | float) -> Trial:
        """Add a known result, for example from earlier work, as a trial.

        Trial 0 stays the user's own configuration; a new study queues it first, unless it is the one added. A
        configuration that was tried before counts as a repeat. No repeats are queued: most known results are soon
        surpassed.

        Args:
            parameters: The active parameters by name; inactive ones may be None, NaN, or pandas' `NA`.
            outcome: As for `tell`.

        Returns:
            The settled and judged trial.

        Raises:
            InputError: The parameters are outside the space, or a metric is missing or not a finite number.
        """
        values = self.space.convert(expect_table(parameters, "parameters"))
        if fault := self.space.fault(values):
            raise InputError(
                f"a known result must lie in the search space, but {fault} Widen the space, or omit this result."
            )
        outcome = self._to_outcome(outcome)
        if not self.history.trials:
            self.engine.enqueue(self.engine.baseline())
        key = self.space.key(values)
        same = [trial for trial in self.history.trials if self.space.key(trial.parameters) == key]
        waiting = next((trial for trial in same if trial.state is State.WAITING), None)
        if isinstance(outcome, Measurement):
            number = waiting.number if waiting else len(self.history.trials)
            check_artifacts(self.history.folder_of(number), outcome.artifacts)
        trial = waiting or self.engine.enqueue(
            Proposal(parameters=values, reason="known before", repeat_of=same[0].number if same else None)
        )
        self.engine.start(trial.number)
        return self._settle(trial.number, outcome, may_repeat=False)

    def _settle(self, number: int, outcome: Outcome, *, may_repeat: bool = True) -> Trial:
        self.engine.settle(number, outcome)
        self.engine.pass_verdict(number, may_repeat=may_repeat)
        self.recorder.sync()
        self._warnings.update(self.history)
        return self.history.trials[number]

    def _to_outcome(self, outcome: Outcome | Mapping[str, float] | float) -> Outcome:
        if isinstance(outcome, Mapping):
            outcome = Measurement(metrics=outcome)
        elif not isinstance(outcome, Measurement | Failure):
            outcome = Measurement(metrics={self.objective.primary.name: outcome})
        if isinstance(outcome, Measurement):
            try:
                outcome = dataclasses.replace(outcome, metrics=self.engine.check(outcome.metrics))
            except InputError as error:
                hint = "If the trial failed, tell a Failure (on the command line: --failed REASON)."
                raise InputError(f"{error.message} {hint}", keys=error.keys) from None
        return outcome

    @exclusively
    def note(self, number: int | Trial, text: str, *, accept: bool = False, reject: bool = False) -> Trial:
        """Add a user's note to a trial, and overrule its verdict if asked.

        Args:
            number: The trial, or its number.
            text: The note; may be empty with `accept` or `reject`.
            accept: Rank this configuration first, whatever its measurement.
            reject: Bar this configuration from being the best.
        """
        number = self.engine.trial(number).number
        if accept and reject:
            raise InputError("a note can accept or reject a trial, not both.")
        if text:
            self.recorder.emit(TrialNoted(trial=number, text=text))
        if accept or reject:
            verdict = Verdict(decision="accept" if accept else "reject", reason=text, by="user", binding=True)
            self.recorder.emit(TrialJudged(trial=number, verdict=verdict))
        self.recorder.sync()
        return self.history.trials[number]

    def approve(self, question: int | None = None, text: str = "", *, reject: bool = False) -> ApprovalRequest:
        """Approve or reject a step that a language model advises (see `approve` in its options).

        Any thread may call this, and another process may be running the study.

        Args:
            question: The number of the request; None for the only open one.
            text: The reason, in words.
            reject: Reject the step instead of approving it.

        Returns:
            The request; still open if another thread or process has yet to apply the answer.

        Raises:
            InputError: There is no such open request, or it already has an answer.
        """
        return self.approvals.answer(question, text, reject=reject)

    @property
    def approval_requests(self) -> Sequence[ApprovalRequest]:
        """All requests for a person's approval, by number from 1."""
        return tuple(self.history.approval_requests.all)

    def run(self, *, progress: bool = True) -> History:
        """Run trials until the budget is spent, the target is met or nothing improves; resume an earlier run.

        Args:
            progress: Whether to draw the progress, on a terminal or in a notebook. Elsewhere nothing is drawn.

        Returns:
            The history.

        Raises:
            InputError: The study has no task, or the executor does not enforce a limit of the budget.
            StudyFailed: Nothing worked; the message shows why.
            KeyboardInterrupt: It was interrupted; the next run continues, with all settled trials.
        """
        if self.task is None:
            raise InputError("a study must have a task to run by itself. Give it one, or use ask and tell.")
        if self.history.trials_folder is None:
            folder = mkdtemp(prefix="tunesmith-")
            weakref.finalize(self.history, shutil.rmtree, folder, ignore_errors=True)
            self.history.keep_trials_in(Path(folder))
        loop = Loop(
            engine=self.engine,
            task=self.task,
            executor=self.executor,
            approvals=self.approvals,
            coordinator=self._coordinator(),
            adviser=self.adviser,
            retries=self.spec.retries,
        )
        slots = self.executor.capabilities.slots
        view = drawn(self.recorder.observers, self.name, self.folder, self.budget, slots) if progress else nullcontext()
        try:
            with view:
                drive(loop)
        finally:
            self.close()
        return self.history

    def _coordinator(self) -> Coordinator:
        rules = RulesCoordinator(budget=self.budget)
        if self.gateway is None:
            return rules
        from ..agents.roles.coordinator import ModelCoordinator  # Imports scikit-learn through the study summary.

        return ModelCoordinator(rules, self.gateway)

    def resume(self, *, progress: bool = True) -> History:
        """Continue the study; the same as `run`."""
        return self.run(progress=progress)

    def close(self) -> None:
        """Release the study's folder for other processes, and close language models and trackers."""
        self.approvals.release()
        if self.gateway is not None:
            self.gateway.close()
        self.recorder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def seconds_spent(self) -> float:
        """Wall-clock seconds of all sessions, including the running one."""
        return self.history.seconds_spent(self.recorder.elapsed)
