"""One trial of a command: its folder, its words, its run, and what it measured."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from ... import in_script
from ...core.machine_faults import machine_fault
from ...core.trial import Failure, Measurement, Reporter, TrialFailed, TrialRequest
from ...errors import InputError, message_of
from ...in_script.listen.ranks import launch_variables
from ...llm.environment import trial_environment
from ...text import shell
from ...trial_folder.artifacts import find_artifacts
from ...trial_folder.exit_status import exit_failure
from ...trial_folder.names import ARTIFACTS_FOLDER, CHECKPOINT_FOLDER, HEARD_FILE, METRICS_FILE, WORK_FOLDER
from ...trial_folder.stop import raise_if_stopped
from .metrics_file import NO_FILES, is_text
from .options import CommandOptions
from .own_files import link_folder
from .process_group import Invocation, run_group
from .replaced_config import READ_FILE, never_read
from .script_options import options_among
from .task_command import TaskCommand, edited_config
from .trial_reading import TrialReading

_LAST_BYTES = 8192


class CommandTrial:
    """One trial of a command.

    Args:
        options: The task's options.
        request: The trial.
    """

    def __init__(self, options: CommandOptions, request: TrialRequest) -> None:
        command = options.test_command if request.purpose == "test" else None
        self._options = options
        self._request = request
        self._words = TaskCommand(options, options.command if command is None else command)

    def run(self, report: Reporter) -> Measurement:
        """Run the command to its end; see `CommandTask.evaluate`."""
        request = self._request
        reading = self.reading(report)
        last = bytearray()

        def on_output(data: bytes) -> None:
            reading.feed(data)
            last.extend(data[-_LAST_BYTES:])
            del last[:-_LAST_BYTES]

        def poll() -> None:
            raise_if_stopped(request.folder)
            reading.poll()

        try:
            status = run_group(self.invocation(), on_output=on_output, poll=poll)
        except (OSError, ValueError, InputError) as error:  # ValueError: a NUL, or no UTF-8.
            fault = machine_fault(error)
            reason = f"the command could not be started: {fault or message_of(error)}"
            raise TrialFailed(Failure(kind="setup" if fault is None else "machine", reason=reason)) from None
        if status != 0:
            raise TrialFailed(exit_failure(status, "the command", bytes(last)))
        return self.measurement(reading)

    def invocation(
        self, *, captures_all: bool = False, features: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Invocation:
        """Prepare the trial's folder, and return what starts its command.

        Args:
            captures_all: Whether to capture every metric that the script logs with a library, not only those needed.
            features: Settings of more features in the script's process; see the package `in_script`.

        Raises:
            InputError: The config cannot be edited, or a value cannot be passed to a program.
            OSError: The folder cannot be written.
        """
        options, request = self._options, self._request
        self._prepare()
        words = self._words.filled(request.parameters, folder=request.folder, seed=request.seed)
        variables = {**trial_environment(), **self._variables(), **options.environment}
        settings = {**self._in_script(request.folder), **(features or {})}
        if options.capture:
            metrics = None if captures_all else options.wanted
            settings["listen"] = {
                "path": str(request.folder / HEARD_FILE),
                "metrics": metrics,
                "inherited": launch_variables(variables),
            }
        variables |= in_script.variables(settings, variables)
        folder = self._working_folder(request.folder)
        if options.own_files:
            link_folder(Path(options.folder), folder, options.own_files)
        return Invocation(
            words=tuple(words),
            folder=folder,
            environment=variables,
            shell=options.shell,
            grace_seconds=request.grace_seconds,
        )

    def reading(self, report: Reporter) -> TrialReading:
        """Return what reads the trial's reports and metrics.

        Args:
            report: Called with each report; may raise `TrialPruned`.
        """
        options, request = self._options, self._request
        ambiguous: set[str] = set()
        if options.metrics in (None, "stdout") or is_text(options.metrics):
            config = options.config_path
            ambiguous = options_among(options.wanted, self._words.template, Path(options.folder), config)
        return TrialReading(options, request.folder, request.parameters, ambiguous, self._words.template, report)

    def measurement(self, reading: TrialReading) -> Measurement:
        """Return what the command measured, once it has ended.

        Raises:
            TrialFailed: Its metrics cannot be used, or it has never read its config.
        """
        self._check_config_was_read()
        return Measurement(metrics=reading.metrics(), artifacts=find_artifacts(self._request.folder))

    def reproduce(self) -> str:
        """Return one line of shell that runs the trial again, in a subfolder `again`."""
        options, request = self._options, self._request
        again = request.folder / "again"
        steps = [shell.command("mkdir", "-p", self._output_folder(again))]
        if options.config is not None:
            steps.append(shell.command("cp", edited_config(options, request.folder), edited_config(options, again)))
        if request.inherits and (checkpoint := request.inherits / CHECKPOINT_FOLDER).is_dir():
            own = again / CHECKPOINT_FOLDER
            steps += [shell.command("rm", "-rf", own), shell.command("cp", "-R", checkpoint, own)]
        values = {"TUNESMITH_TRIAL_DIR": str(again), "TUNESMITH_TRIAL_SEED": str(request.seed), **options.environment}
        values |= in_script.variables(self._in_script(again), {**os.environ, **values})
        variables = [f"{name}={text}" for name, text in values.items()]
        filled = self._words.filled(request.parameters, folder=again, seed=request.seed)
        folder = self._working_folder(again)
        if options.own_files:
            program = [sys.executable, "-m", link_folder.__module__]
            steps.append(shell.command(*program, options.folder, folder, *options.own_files))
        words = [*(("sh", "-c") if options.shell else ()), *filled]
        steps += [shell.command("cd", folder), shell.command("env", *variables, *words)]
        return " && ".join(steps)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Remove old metrics, and write the edited config."""
        options, request = self._options, self._request
        self._output_folder(request.folder).mkdir(parents=True, exist_ok=True)
        if options.metrics not in NO_FILES:
            (request.folder / (options.metrics or METRICS_FILE)).unlink(missing_ok=True)
        (request.folder / READ_FILE).unlink(missing_ok=True)
        if options.config_path is not None:
            from ... import config_files

            _, configured = self._words.routes(list(request.parameters))
            changes = {name: value for name, value in request.parameters.items() if name in configured}
            inactive = [name for name in options.remove if name not in request.parameters]
            copy = edited_config(options, request.folder)
            config_files.edit(options.config_path, copy, changes, inactive, insert=list(changes))

    def _output_folder(self, folder: Path) -> Path:
        """Return the folder that the command may expect: the trial's own, or that of its artifacts in it."""
        named = any(f"{{trial_dir}}/{ARTIFACTS_FOLDER}" in word for word in self._words.template)
        return folder / ARTIFACTS_FOLDER if named else folder

    def _in_script(self, folder: Path) -> dict[str, Mapping[str, Any]]:
        """Return the settings of what runs in the script's process; see the package `in_script`."""
        features: dict[str, Mapping[str, Any]] = {}
        if self._words.replaces_config:
            files = {str(self._options.config_path): str(edited_config(self._options, folder))}
            features["replace"] = {"files": files, "seen": str(folder / READ_FILE)}
        if own := [path for path in self._options.own_files if PurePath(path).suffix]:
            work = str(folder / WORK_FOLDER)
            features["own"] = {"project": str(self._options.folder), "work": work, "files": own}
        return features

    def _check_config_was_read(self) -> None:
        _, configured = self._words.routes(list(self._request.parameters))
        if configured and self._words.replaces_config:
            try:
                (self._request.folder / READ_FILE).unlink()
            except FileNotFoundError:
                raise TrialFailed(never_read(str(self._options.config))) from None

    def _working_folder(self, folder: Path) -> Path:
        return folder / WORK_FOLDER if self._options.own_files else Path(self._options.folder)

    def _variables(self) -> dict[str, str]:
        request = self._request
        variables = {"TUNESMITH_TRIAL_DIR": str(request.folder), "TUNESMITH_TRIAL_SEED": str(request.seed)}
        # Otherwise the last output of a Python script is lost if it is killed.
        return variables if "PYTHONUNBUFFERED" in os.environ else {**variables, "PYTHONUNBUFFERED": "1"}
