"""The tools: each does what the verb of its name does, and answers with the same JSON."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from ..cli.verb_explain import explanation_of
from ..cli.verb_tell import report_step
from ..core.trial import Failure, check_number
from ..errors import InputError
from ..service.background_runs import Runs
from ..service.facts import shown_facts, study_facts, trial_facts
from ..service.sandbox import Root
from ..study.study import Study
from .bounds import bounded

Facts = dict[str, Any]

_NUMBERS = WithJsonSchema({"type": "object", "additionalProperties": {"type": "number"}})
Folder = Annotated[
    str, Field(description="The study's folder: `folder` in what `start` answers, `study` in what `ask` answers.")
]
FileOrFolder = Annotated[
    str, Field(description="A study.toml, or the folder of a study; relative to the server's root.")
]
Number = Annotated[int, Field(description="The trial's number, from 0.", ge=0)]
Metrics = Annotated[
    dict[str, Any] | None,
    _NUMBERS,
    Field(description='What was measured, by name, as {"val_loss": 0.31}; the objective\'s metrics among them.'),
]
Failed = Annotated[str | None, Field(description="Instead of metrics: it failed, for this reason.")]


class Tools:
    """The tools of one server.

    Args:
        root: Where the studies are.
    """

    def __init__(self, root: Root) -> None:
        self.root = root
        self.runs = Runs()
        # Agents call several tools at once; they take turns here rather than be refused by the folder's lock.
        self._turn = threading.Lock()

    @property
    def reading(self) -> list[Callable[..., Facts]]:
        """The tools that change nothing."""
        return [self.status, self.explain, self.show]

    @property
    def acting(self) -> list[Callable[..., Facts]]:
        """The tools that add to a study, run it or stop it."""
        return [self.start, self.stop, self.ask, self.tell, self.add, self.report]

    def start(
        self,
        study: FileOrFolder,
        trials: Annotated[
            int | None, Field(description="The most trials, repeats included; overrides the file.")
        ] = None,
        minutes: Annotated[
            float | None, Field(description="The most minutes, over all sessions; overrides the file.")
        ] = None,
    ) -> Facts:
        """Run a study in the background, or go on where it stopped; answers at once with its status.

        It runs the command that the study.toml names. Look at it with `status` until `process` is null and `run` says
        that it has ended; `stopped` then tells why.
        """
        flags: dict[str, int | float | None] = {"trials": trials, "minutes": minutes}
        with self._turn:
            settings = self.root.settings(study, flags)
            with self.root.build(settings) as built:
                if built.task is None:
                    raise InputError("a study needs a task to be started. Give it a [task], or use ask and tell.")
                # This enters a new study, so that it can be looked at from now on, and is refused while another
                # process works on the folder.
                built.record.open()
            self.runs.start(self.root.path(study), self._folder(built), flags)
            return self._status(built)

    def stop(self, folder: Folder) -> Facts:
        """Ask the process that runs a study to stop, as Ctrl-C does, wait for it, and answer with its status.

        Trials that run are interrupted, and run again when the study goes on with `start`; what is settled is kept.
        """
        self.runs.stop(self._loaded(folder))
        return self._status(self._loaded(folder))

    def status(self, folder: Folder) -> Facts:
        """How a study stands: best trial, counts, budget, who proposed what, and whether it runs.

        `process` is who runs it right now, and `stopped` why it has ended; both are null where it can be gone on with.
        `questions` are steps that wait for a person's approval, by `tunesmith approve`.
        """
        return self._status(self._loaded(folder))

    def explain(
        self,
        folder: Folder,
        trial: Annotated[int | None, Field(description="A trial; the whole study where there is none.", ge=0)] = None,
    ) -> Facts:
        """Tell a study, or one of its trials, in plain words: what was found, why, and how sure that is."""
        return explanation_of(self._loaded(folder), trial).to_table()

    def show(self, folder: Folder, trial: Number) -> Facts:
        """One trial: parameters, reason, verdict, metrics, reports, and the end of its log."""
        study = self._loaded(folder)
        found = study.engine.trial(trial)
        if found.folder is not None:
            self.root.path(found.folder / "log.txt")
        return bounded(shown_facts(study, self._folder(study), trial))

    def ask(self, study: FileOrFolder) -> Facts:
        """The next trial for you to run, counted as started: its parameters and its seed. Then call `tell`.

        A study.toml needs no [task] for this. The first trial is the user's own configuration.
        """
        with self._turn, self.root.open(study) as opened:
            trial = opened.ask()
        return bounded(trial_facts(trial) | {"study": str(opened.folder)})

    def tell(
        self,
        folder: Folder,
        trial: Number,
        metrics: Metrics = None,
        failed: Failed = None,
        step: Annotated[
            int | None, Field(description="An intermediate result at this step; answers whether to stop.", ge=0)
        ] = None,
    ) -> Facts:
        """What came of a trial that was asked for: its metrics, or why it failed. Answers with the verdict."""
        outcome = _outcome(metrics, failed)
        with self._turn, self.root.open(folder) as opened:
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
        """Enter a result that is known already, for the search to learn from."""
        outcome = _outcome(metrics, failed)
        with self._turn, self.root.open(study) as opened:
            return bounded(trial_facts(opened.add(parameters, outcome)))

    def report(self, folder: Folder) -> Facts:
        """Write a study as one HTML page into its folder, and answer with the file's path."""
        return {"report": str(self._loaded(folder).report())}

    def _loaded(self, folder: str) -> Study:
        return self.root.load(folder)

    def _status(self, study: Study) -> Facts:
        run = self.runs.state(self._folder(study))
        return bounded(study_facts(study) | ({} if run is None else {"run": run}))

    def _folder(self, study: Study) -> Path:
        return self.root.path(study.folder or "")


def _outcome(metrics: Mapping[str, Any] | None, failed: str | None) -> dict[str, float] | Failure:
    if bool(metrics) == (failed is not None):
        raise InputError("a result is given by metrics, or by failed and a reason: one of the two.")
    if failed is not None:
        return Failure(kind="told", reason=failed)
    return {name: check_number(name, value) for name, value in (metrics or {}).items()}
