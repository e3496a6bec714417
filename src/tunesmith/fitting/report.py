"""The report of the fit in a study's folder."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..data.analysis import Analysis
from ..diagnosis.assessment import QUICK, THOROUGH, Assessment
from ..ensembles.combination import Combination
from ..ensembles.ensemble import Ensemble
from ..errors import TunesmithError
from ..exporters.card.held_back import scores_on_test_rows
from ..exporters.card.intervals import Interval
from ..study.study import Study
from ..tasks.table import TableTask
from ..text.shell import command
from .assess import assess_study
from .files import MODEL_FOLDER
from .request import kept_request
from .workflow import WORKFLOW_FILE

_PAGE_SECONDS = 1.0  # For all that needs no model.
_LOGGER = logging.getLogger(__name__)


def write_quickly(study: Study, combination: Combination, *, seconds: float) -> None:
    """Write the report at the end of a fit; a report that cannot be written is no reason to lose the model.

    Args:
        study: A study whose task is a table.
        combination: How the members of its ensemble are combined.
        seconds: What is left; what needs the models is left out if it is short.
    """
    effort = dataclasses.replace(QUICK, seconds=min(max(seconds - _PAGE_SECONDS, 0.0), QUICK.seconds))
    try:
        write_fit(study, combination, thorough=False, assessment=assess_study(study, combination, effort))
    except TunesmithError as error:
        _LOGGER.warning("no report was written: %s", error)


def write_fit(
    study: Study,
    combination: Combination,
    path: Path | str | None = None,
    *,
    thorough: bool = True,
    assessment: Assessment | None = None,
) -> Path:
    """Write the report of a fit as one self-contained HTML page.

    Args:
        study: A study whose task is a table.
        combination: How the members of its ensemble are combined.
        path: The file; `report.html` in the study's folder by default.
        thorough: Whether to take the time for everything; otherwise about a second.
        assessment: What is known about the model; computed by default.

    Returns:
        The path of the file.

    Raises:
        InputError: The study is no fit, or its models are gone.
        OutputError: The file cannot be written.
    """
    from ..reports.fit.page import write_fit_report

    if assessment is None:
        assessment = assess_study(study, combination, THOROUGH if thorough else QUICK)
    assert study.folder is not None
    assert isinstance(study.task, TableTask)
    facts: dict[str, Any] = {
        "seed": study.seed,
        "budget": study.budget.to_table(),
        "version": __version__,
        "folder": str(study.folder),
        "reproduce": command("tunesmith", "reproduce", study.folder, assessment.best_single.trial),
    }
    if (workflow := study.folder / WORKFLOW_FILE).exists():
        facts["workflow"] = command("python", workflow)
    if (asked := kept_request(study.folder)) is not None:
        facts["request"] = asked.to_facts()
    return write_fit_report(
        assessment,
        study.task.loaded,
        study.history,
        Path(path) if path is not None else study.folder / "report.html",
        title=study.name,
        analysis=Analysis.load(Path(study.task.folder) / study.task.table),
        test=_test_scores(study, thorough=thorough),
        facts=facts,
        proposer=study.engine.proposer,
        thorough=thorough,
    )


def _test_scores(study: Study, *, thorough: bool) -> Sequence[Interval]:
    """Return the metrics of the test rows, which are scored once for each model; none without test rows."""
    assert study.folder is not None
    assert isinstance(study.task, TableTask)
    if study.task.loaded.test is None or not thorough:
        return ()
    ensemble = Ensemble.load(study.folder / MODEL_FOLDER)
    return scores_on_test_rows(study.folder, study.task.loaded.test, ensemble)[0]
