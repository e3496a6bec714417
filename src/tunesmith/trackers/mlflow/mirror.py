"""The runs of a study in MLflow, and what has to be sent to bring them up to date."""

from __future__ import annotations

import getpass
import hashlib
import math
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.trial import State, Trial
from ...history.history import History
from ...journal.events import Event, TrialEvent, TrialReported
from . import requests
from .requests import Point
from .tags import study_tags, trial_tags

if TYPE_CHECKING:
    from mlflow.entities import Run

_STATUS = {
    State.WAITING: "SCHEDULED",
    State.RUNNING: "RUNNING",
    State.COMPLETE: "FINISHED",
    State.PRUNED: "KILLED",
    State.FAILED: "FAILED",
}
_ENDED = ("FINISHED", "KILLED", "FAILED")


@dataclass
class _Sent:
    """The metrics of a trial that are in MLflow.

    Args:
        points: All of them, of earlier attempts too.
        attempt: The attempt that `reports` counts for.
        reports: The number of reports that need not be looked at again.
    """

    points: set[Point]
    attempt: int = 0
    reports: int = 0


class Mirror:
    """The runs of one study: what they are in MLflow, and which of them are out of date."""

    def __init__(self, history: History, uri: str | None, experiment: str | None) -> None:
        created = history.created
        assert created is not None, "the first event of a study creates it"
        self._history = history
        self._name = str(created.study["name"])
        self._study_key = hashlib.sha256(f"{created.time:.6f} {self._name}".encode()).hexdigest()[:16]
        self._runs: dict[int, str] = {}
        self._deleted: set[int] = set()
        self._status: dict[str, str] = {}
        self._without_parameters: set[int] = set()
        self._sent: dict[int, _Sent] = {}
        self._sent_in_all: dict[int, tuple[object, ...]] = {}  # Settled trials, whose `_Sent` is dropped.
        self._times: dict[int, dict[int, float]] = {}  # Of the reports of each running trial, by step.
        self._best: dict[str, float] = {}
        self._changed: dict[int, None] = {}  # Trials, in the order in which they are sent.
        self._study_changed = True
        self._client = requests.connect(uri)
        self._experiment = self._find_experiment(experiment)
        self._run = self._find_study()
        self._find_trials()

    # -- what is in MLflow -----------------------------------------------------------------------------------------

    def _find_experiment(self, name: str | None) -> str:
        name = name or os.environ.get("MLFLOW_EXPERIMENT_NAME")
        if not name and (experiment := os.environ.get("MLFLOW_EXPERIMENT_ID")):
            return experiment
        return requests.find_experiment(self._client, name or self._name)

    def _find_study(self) -> str:
        for run in requests.search(self._client, self._experiment, "tunesmith.study", self._study_key):
            self._best = dict(run.data.metrics)
            self._status[run.info.run_id] = run.info.status
            return str(run.info.run_id)
        return self._create(self._name, {"tunesmith.study": self._study_key}, None)

    def _find_trials(self) -> None:
        found: dict[int, Run] = {}
        for run in requests.search(self._client, self._experiment, "mlflow.parentRunId", self._run, deleted=True):
            if not (text := run.data.tags.get("tunesmith.trial", "")).isdecimal():
                continue  # A run that the user has put there.
            number = int(text)
            if number not in found or found[number].info.lifecycle_stage == "deleted":
                found[number] = run
            elif run.info.lifecycle_stage != "deleted":  # A request that was given up had been carried out after all.
                self._client.delete_run(run.info.run_id)
        for trial in self._history.trials:
            if trial.number not in found:
                self._mark(trial)
                continue
            run = found[trial.number]
            if run.info.lifecycle_stage == "deleted":
                self._deleted.add(trial.number)
                continue
            self._runs[trial.number] = run.info.run_id
            self._status[run.info.run_id] = run.info.status
            if "tunesmith.state" not in run.data.tags:
                self._without_parameters.add(trial.number)
            is_same = run.info.status == _STATUS[trial.state] and trial.state is not State.RUNNING
            if not is_same or not trial_tags(trial).items() <= run.data.tags.items():
                self._mark(trial)

    def _create(self, name: str, tags: dict[str, str], started: float | None) -> str:
        tags = {"mlflow.user": _user(), "mlflow.source.name": "tunesmith", "mlflow.source.type": "LOCAL"} | tags
        run = self._client.create_run(self._experiment, None if started is None else _milliseconds(started), tags, name)
        self._status[run.info.run_id] = run.info.status
        return str(run.info.run_id)

    # -- what changes ----------------------------------------------------------------------------------------------

    def note(self, event: Event) -> None:
        """Record an event that the history includes."""
        if isinstance(event, TrialEvent):
            self._mark(self._history.trials[event.trial])
        if isinstance(event, TrialReported):
            self._times.setdefault(event.trial, {})[event.step] = event.time
        else:
            self._study_changed = True

    def _mark(self, trial: Trial) -> None:
        if trial.attempt and trial.number not in self._deleted:
            self._changed[trial.number] = None

    def send_next(self) -> bool:
        """Bring one trial up to date, or else the study; return whether more is to be sent."""
        for number in self._changed:
            self._send_trial(self._history.trials[number])
            del self._changed[number]
            return True
        if self._study_changed:
            self._send_study(_study_status(self._history))
            self._study_changed = False
        return False

    def close(self) -> None:
        """End the study's run if there was no session to end it, as with ask and tell."""
        if not self._changed and not self._history.sessions:
            self._send_study("FINISHED")

    # -- a trial ---------------------------------------------------------------------------------------------------

    def _send_trial(self, trial: Trial) -> None:
        number = trial.number
        run = self._runs.get(number)
        if run is None:
            tags = {"mlflow.parentRunId": self._run, "tunesmith.trial": str(number)}
            run = self._runs[number] = self._create(f"trial {number}", tags, trial.started)
            self._without_parameters.add(number)
            self._sent[number] = _Sent(set())
        parameters = trial.parameters if number in self._without_parameters else {}
        points = self._new_points(trial, run)
        requests.send(self._client, run, points=points, parameters=parameters, tags=trial_tags(trial))
        self._without_parameters.discard(number)
        self._set_status(run, _STATUS[trial.state], trial.ended)
        if trial.state.settled:
            self._sent.pop(number, None)
            self._times.pop(number, None)
            self._sent_in_all[number] = _extent(trial)
        elif (sent := self._sent.get(number)) is not None:
            sent.points |= points.keys()
            sent.attempt, sent.reports = trial.attempt, len(trial.reports)

    def _new_points(self, trial: Trial, run: str) -> dict[Point, float]:
        """Return the metrics that are not in MLflow yet, with their times."""
        if self._sent_in_all.get(trial.number) == _extent(trial):
            return {}
        sent = self._sent.get(trial.number)
        if sent is None:
            sent = self._sent[trial.number] = _Sent(requests.points_of(self._client, run))
        skipped = sent.reports if sent.attempt == trial.attempt else 0
        times = self._times.get(trial.number, {})
        start = trial.started or time.time()
        pace = ((trial.ended or time.time()) - start) / (len(trial.reports) + 1)
        points: dict[Point, float] = {}
        for index, report in enumerate(trial.reports[skipped:], start=skipped + 1):
            # The history does not keep when a report came, but the events of this session did.
            at = times.get(report.step, start + index * pace)
            points |= {Point(requests.key(name), report.step, number): at for name, number in report.metrics.items()}
        last = trial.reports[-1].step if trial.reports else 0
        final = {**trial.metrics, **{f"test/{name}": number for name, number in trial.test_metrics.items()}}
        if trial.seconds is not None:
            final["tunesmith/seconds"] = trial.seconds
        if trial.peak_memory_bytes is not None:
            final["tunesmith/peak_memory_bytes"] = trial.peak_memory_bytes
        for name, number in final.items():
            points.setdefault(Point(requests.key(name), last, number), trial.ended or time.time())
        return {point: at for point, at in points.items() if point not in sent.points and math.isfinite(point.value)}

    def _set_status(self, run: str, status: str, ended: float | None) -> None:
        if status == self._status[run]:
            return
        if status in _ENDED:
            self._client.set_terminated(run, status, _milliseconds(ended or time.time()))
        else:
            self._client.update_run(run, status=status)
        self._status[run] = status

    # -- the study -------------------------------------------------------------------------------------------------

    def _send_study(self, status: str) -> None:
        history, best = self._history, self._history.best
        points: dict[Point, float] = {}
        tags = study_tags(history, self._name)
        if best is not None:
            shown = [metric.name for metric in history.objective.shown if metric.name in best.metrics]
            values = {requests.key(name): best.metrics[name] for name in shown}
            if any(self._best.get(name) != number for name, number in values.items()):
                at = best.ended or time.time()
                points = {Point(name, history.settled, number): at for name, number in values.items()}
                self._best |= values
            tags["tunesmith.best_run"] = self._runs.get(best.number, "")
        requests.send(self._client, self._run, points=points, tags=tags)
        self._set_status(self._run, status, None)


def _study_status(history: History) -> str:
    if history.session_open or not history.sessions:
        return "RUNNING"
    if (stop := history.stopped) is None:
        return "KILLED"
    return "FAILED" if stop.failed else "FINISHED"


def _extent(trial: Trial) -> tuple[object, ...]:
    """Return what changes when a settled trial gets more metrics."""
    return trial.state, trial.attempt, len(trial.reports), len(trial.test_metrics)


def _milliseconds(seconds: float) -> int:
    return round(1000 * seconds)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container may run as a user without a name.
        return ""
