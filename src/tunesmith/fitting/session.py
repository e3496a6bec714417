"""A session of `fit`: the table, the study over it, and the combination of its models."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from ..core.machine_faults import writing
from ..core.objective import Metric, Objective
from ..core.trial import Proposal, State
from ..data.analysis import Analysis
from ..data.scores import SCORES, score_named
from ..data.table import Table
from ..ensembles.ensemble import Ensemble
from ..families.base import BASELINE, Family
from ..journal.events import ModelCalled
from ..study.study import Study
from ..tasks.table import TableTask
from .agreed import agreed_families, named_limits
from .files import MODEL_FOLDER
from .options import COSTS, FitOptions
from .ordered_study import RESERVED_SECONDS, run_first, seconds_before, study_options
from .prepare import TABLE_FOLDER, prepare
from .recipes import study_recipes
from .report import write_quickly
from .result import FitResult, combine
from .second_look import SecondLook
from .selection import about_table, asked_families, first_trials
from .space import families, search_space
from .table_tools import TableTools
from .whole import may_be_whole
from .workflow import write_workflow

_PREPARING_SHARE = 0.25  # Of all time, for reading a table that is too large to be read whole.
_SAVING_SECONDS, _SAVING_SHARE = 0.5, 0.01  # For a trial that has trained until its end; the share of all time.
_GRACE_SECONDS = 1.0  # After the minutes, for the report.
_AGAIN_SHARE_IN_ORDER = 0.15  # The same where rows are in the order of time, and all members are trained again.
_AGAIN_SHARE = 0.1  # Of all time, to train models again on all rows where limits may ask for that.
_FIRST_PROPOSAL = Proposal(
    parameters={"family": BASELINE, "recipe": "plain"}, proposer="baseline", reason="ignores every column"
)


class FitSession:
    """A table that is ready to be learned from, in a folder where an earlier session may have begun. A context manager.

    Args:
        data: The table, as `prepare` takes it.
        options: What the user asks for.
        folder: The study's folder.
        started: When the time began to run, by `time.monotonic`.

    Attributes:
        table: The table.
        families: The families to choose from, by name.
        study: The study over them.

    Raises:
        InputError: The table or an option is wrong, or the folder holds another study.
    """

    def __init__(self, data: Any, options: FitOptions, folder: Path, *, started: float) -> None:
        self.options, self.folder, self._started, self._data = options, folder, started, data
        with writing(folder):
            self.table: Table = prepare(
                data,
                options.data,
                folder / TABLE_FOLDER,
                seed=options.seed,
                seconds=_PREPARING_SHARE * options.minutes * 60,
            )
        self.score = score_named(options.metric, self.table.problems)
        self.limits = named_limits(
            options.limits, costs=COSTS, scores=[*SCORES], name=lambda name: score_named(name, self.table.problems).name
        )
        again = _AGAIN_SHARE if may_be_whole(self.table, self.limits) else 0.0
        again = _AGAIN_SHARE_IN_ORDER if self.table.ordered else again
        self._reserved = RESERVED_SECONDS + again * options.minutes * 60
        self.families: dict[str, Family] = families(
            self.table,
            agreed_families(
                folder, options, self._asked_families(), data=data, test=options.data.test, ids=options.ids
            ),
        )
        self.task = TableTask(
            table=TABLE_FOLDER,
            folder=str(folder),
            metric=self.score.name,
            families=list(self.families),
            also=[limit.metric for limit in self.limits if limit.metric not in (*COSTS, self.score.name)],
            ends=started
            + (1 - _SAVING_SHARE) * options.minutes * 60
            - self._reserved
            - _SAVING_SECONDS
            - seconds_before(folder),
        ).with_loaded(self.table)
        self.study = Study(task=self.task, **self._study_options())
        if self.study.adviser is not None:
            self.study.adviser.about = about_table(folder / TABLE_FOLDER, self.families, options.request)
            analysis = Analysis.load(folder / TABLE_FOLDER)
            self.study.adviser.more_tools = lambda results: TableTools(self.study, analysis, results).tools
        self._second_look = self._prepared_look()

    def _prepared_look(self) -> SecondLook | None:
        """Return a language model's look at the table, to be asked when a new study begins to run; None without one."""
        adviser, data = self.study.adviser, self.options.data
        if adviser is None or self._data is None or self.study.history.trials:
            return None
        look = SecondLook(
            data=self._data,
            problems=self.table.problems,
            folder=self.folder / TABLE_FOLDER,
            exclude=sorted(data.unused),
            seed=self.options.seed,
        )
        adviser.first_question = lambda model: look.ask(model, adviser.gateway.should_cancel)
        return look

    def _asked_families(self) -> list[str]:
        """Return the families that the options allow and the table suits; always one that needs no columns.

        Raises:
            InputError: The user's words leave none.
        """
        names = asked_families(self.table, self.options)
        return names if BASELINE in names else [BASELINE, *names]

    def _study_options(self) -> dict[str, Any]:
        recipes = study_recipes(self.folder, self.table, self.options.recipes)
        return study_options(
            self.options,
            space=search_space(self.families, recipes),
            objective=Objective((self._metric,), tuple(self.limits)),
            folder=self.folder,
            planned=first_trials(self.families, self.table, self.options, recipes),
            started=self._started,
            reserved=self._reserved,
        )

    @property
    def _metric(self) -> Metric:
        return Metric(self.score.name, "maximize" if self.score.maximize else "minimize")

    def run(self, *, progress: bool = True) -> FitResult:
        """Run trials until the time is up, and combine the best; also of those before an interruption.

        Args:
            progress: Whether to draw the progress, on a terminal or in a notebook.

        Raises:
            StudyFailed: Nothing worked; the message shows why.
            KeyboardInterrupt: It was interrupted. The combination of what was trained is saved.
        """
        self.study.recorder.hold()
        self.study.recorder.emit(*(ModelCalled(call=call) for call in self.options.calls))
        ends = None
        try:
            if not self.study.history.trials:
                run_first(self.study, self.task, _FIRST_PROPOSAL)
            self.study.run(progress=progress)
            ends = self._end_of_training_again()
        finally:
            if self.study.history.counts[State.COMPLETE]:
                combine(self.study, self.task, ends=ends)
        result = FitResult(folder=self.folder, ensemble=Ensemble.load(self.folder / MODEL_FOLDER, checked=False))
        if self._second_look is not None:
            self._second_look.save()
        write_workflow(self.study, result.ensemble)
        left = self._started + self.options.minutes * 60 + _GRACE_SECONDS - monotonic()
        write_quickly(self.study, result.ensemble.combination, seconds=left)
        return result

    def _end_of_training_again(self) -> float:
        """Return when models may be trained on all rows until: earlier sessions may have used up the other time."""
        last = self._started + self.options.minutes * 60 - RESERVED_SECONDS
        return min(last, monotonic() + self._reserved - RESERVED_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.study.close()
