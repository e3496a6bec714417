"""The tools. Each does what the command-line verb of the same name does, and answers with the same JSON."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from ..config.settings import read_settings
from ..core.trial import Failure
from ..errors import InputError
from ..service.background_runs import BackgroundRuns
from ..service.doctor import doctor_facts, examine
from ..service.explain import explanation_of
from ..service.facts import study_facts, trial_details, trial_facts
from ..service.report import write_study
from ..service.results import outcome_of, report_step
from ..service.sandbox import Sandbox
from ..study.spec import source_of
from ..study.study import Study
from ..trial_folder.names import LOG_FILE
from .bounds import bounded
from .fit_tools import FitTools

Facts = dict[str, Any]

_NUMBERS = WithJsonSchema({"type": "object", "additionalProperties": {"type": "number"}})
Folder = Annotated[
    str, Field(description="The study's folder: `folder` in the answer of `start`, `study` in the answer of `ask`.")
]
FileOrFolder = Annotated[
    str, Field(description="A study.toml or a study's folder; relative paths start at the server's root.")
]
Number = Annotated[int, Field(description="The trial's number, from 0.", ge=0)]
Metrics = Annotated[
    dict[str, Any] | None,
    _NUMBERS,
    Field(description='The measured metrics, as {"val_loss": 0.31}; they include those of the objective.'),
]
Failed = Annotated[str | None, Field(description="Instead of metrics: the reason why the trial failed.")]


class Tools:
    """The tools of one server.

    Args:
        sandbox: The folder that holds the studies.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.runs = BackgroundRuns()
        # Agents call several tools at once. They queue here, in order, rather than poll for the folder's lock.
        self._turn = threading.Lock()
        self._tables = FitTools(sandbox, self.runs, self._turn)

    @property
    def reading(self) -> list[Callable[..., Facts]]:
        """The tools that change nothing."""
        tables = self._tables
        own: list[Callable[..., Facts]] = [self.status, self.explain, self.show, self.doctor]
        advice = (tables.analyse, tables.suggest_families, tables.suggest_setup, tables.draft_recipe, tables.diagnose)
        return [*own, *advice, tables.leaderboard]

    @property
    def acting(self) -> list[Callable[..., Facts]]:
        """The tools that change, run or stop a study."""
        tables = self._tables
        return [self.start, self.stop, self.ask, self.tell, self.add, self.report, tables.fit, tables.predict]

    def start(
        self,
        study: FileOrFolder,
        trials: Annotated[
            int | None, Field(description="Maximum number of trials, repeats included; overrides the file.")
        ] = None,
        minutes: Annotated[
            float | None, Field(description="Maximum minutes over all sessions; overrides the file.")
        ] = None,
    ) -> Facts:
        """Start a study in the background, or resume it, and return its status at once.

        It runs the command in the study.toml. Poll `status` until `process` is null and `run` shows that it has ended;
        `stopped` then tells why.
        """
        flags: dict[str, int | float | None] = {"trials": trials, "minutes": minutes}
        with self._turn:
            settings = self.sandbox.settings(study, flags)
            with self.sandbox.build(settings) as built:
                if built.task is None:
                    raise InputError("a study needs a task to be started. Add a [task] table, or use ask and tell.")
                # Creates a new study's journal, so that its status can be read at once, and refuses a folder that
                # another process uses.
                with built.recorder.exclusive():
                    pass
            options = [f"--{name}={value}" for name, value in flags.items() if value is not None]
            self.runs.start(self._folder(built), ["run", str(self.sandbox.path(study)), *options])
            return self._status(built)

    def stop(self, folder: Folder) -> Facts:
        """Stop a running study as Ctrl-C does, wait for it to end, and return its status.

        Running trials are interrupted, and run again when `start` resumes the study. Settled trials are kept.
        """
        self.runs.stop(self._load(folder))
        return self._status(self._load(folder))

    def status(self, folder: Folder) -> Facts:
        """Return a study's status: best trial, counts, budget, proposers, and whether it runs.

        `process` is the process that runs it now, and `stopped` the reason why it ended; both are null for a study
        that can be resumed. `warnings` say what makes its results worthless. `questions` are steps that wait for a
        person's approval with `tunesmith approve`.
        """
        return self._status(self._load(folder))

    def explain(
        self,
        folder: Folder,
        trial: Annotated[int | None, Field(description="A trial; without it, the whole study.", ge=0)] = None,
    ) -> Facts:
        """Explain a study or one of its trials in plain words: results, reasons, and how certain they are."""
        return explanation_of(self._load(folder), trial).to_table()

    def show(self, folder: Folder, trial: Number) -> Facts:
        """Return one trial: parameters, reason, verdict, metrics, reports, and the end of its log."""
        study = self._load(folder)
        if (trial_folder := study.engine.trial(trial).folder) is not None:
            self.sandbox.path(trial_folder / LOG_FILE)
        return bounded(trial_details(study, self._folder(study), trial))

    def doctor(self, study: FileOrFolder) -> Facts:
        """Check everything that a study needs before it is started, and run nothing.

        `findings` have a `severity` (`ok`, `hint`, `warning`, `error`), what was found, and its `remedy`. With an
        error, the study cannot run. To run its script once as well, ask the user for `tunesmith doctor --run`.
        """
        path = self.sandbox.path(study)
        source = self.sandbox.path(source_of(path)) if path.is_dir() else path
        try:
            folder = read_settings(source).folder
        except InputError:  # A finding says what is wrong with the file.
            folder = source.parent
        self.sandbox.path(folder)
        return bounded(doctor_facts(list(examine(source))))

    def ask(
        self,
        study: FileOrFolder,
        again: Annotated[
            int | None, Field(description="A trial asked for before, to hand out again: its program died.", ge=0)
        ] = None,
    ) -> Facts:
        """Start the next trial and return its parameters and seed. Run it yourself, then call `tell`.

        A study.toml needs no [task] for this. The first trial is the user's own configuration.
        """
        with self._turn, self.sandbox.open(study) as opened:
            trial = opened.ask(again=again)
        return bounded(trial_facts(trial) | {"study": str(opened.folder)})

    def tell(
        self,
        folder: Folder,
        trial: Number,
        metrics: Metrics = None,
        failed: Failed = None,
        step: Annotated[
            int | None,
            Field(description="Report intermediate metrics at this step; the answer says whether to stop.", ge=0),
        ] = None,
    ) -> Facts:
        """Settle a trial from `ask` with its metrics, or with the reason why it failed. Returns the verdict."""
        outcome = outcome_of(metrics, failed)
        with self._turn, self.sandbox.open(folder) as opened:
            if step is not None:
                return report_step(opened, trial, step, {} if isinstance(outcome, Failure) else outcome)
            return bounded(trial_facts(opened.tell(trial, outcome)))

    def add(
        self,
        study: FileOrFolder,
        parameters: Annotated[dict[str, Any], Field(description="The active parameters by name.")],
        metrics: Metrics = None,
        failed: Failed = None,
    ) -> Facts:
        """Add a result that is known already, so that the search learns from it."""
        outcome = outcome_of(metrics, failed)
        with self._turn, self.sandbox.open(study) as opened:
            return bounded(trial_facts(opened.add(parameters, outcome)))

    def report(self, folder: Folder) -> Facts:
        """Write a study's HTML report into its folder, and return the file's path."""
        return {"report": str(write_study(self._load(folder)))}

    def _load(self, folder: str) -> Study:
        return self.sandbox.load(folder)

    def _status(self, study: Study) -> Facts:
        run = self.runs.state(self._folder(study))
        return bounded(study_facts(study) | ({} if run is None else {"run": run}))

    def _folder(self, study: Study) -> Path:
        return self.sandbox.path(study.folder or "")
