"""A command as the task: a training script in any language."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ... import in_script
from ...core.machine_faults import machine_fault
from ...core.schema import check_types, expect_environment
from ...core.trial import Failure, Measurement, Reporter, TrialFailed, TrialRequest, Value, check_relative
from ...core.values import exact, shown
from ...errors import InputError, message_of, nearest
from ...llm.environment import trial_environment
from ...text import shell
from ...trial_folder.artifacts import find_artifacts
from ...trial_folder.exit_status import exit_failure
from ...trial_folder.names import (
    CHECKPOINT_FOLDER,
    ENVIRONMENT_FILE,
    HEARD_FILE,
    METRICS_FILE,
    PARAMETERS_FILE,
    RESULT_FILE,
    WORK_FOLDER,
)
from ...trial_folder.stop import raise_if_stopped
from ..base import TaskContext, build_task
from .checks import (
    Rendered,
    check_config,
    check_flags,
    check_metrics,
    check_names,
    check_parameters,
    check_program,
)
from .final_metrics import NO_FILES, final_metrics
from .metrics_table import SUFFIXES, MetricsTable
from .own_files import check_own_files, link_folder
from .printed_metrics import PrintedMetrics
from .printed_pattern import MetricPattern
from .process_group import Invocation, run_group
from .replaced_config import READ_FILE, never_read
from .script_options import options_among, texts_in
from .template import FORMS, check_placeholders, fill, flags, never_alone, placeholders, split_command
from .trial_reports import TrialReports

if TYPE_CHECKING:
    from ...core.space import SearchSpace

_RESERVED = (PARAMETERS_FILE, ENVIRONMENT_FILE, RESULT_FILE, METRICS_FILE)
_LAST_BYTES = 8192


@dataclass(frozen=True, kw_only=True)
class CommandTask:
    """Runs a command for each trial, which communicates through the trial's folder and its exit status.

    In the command, `{config}` is the trial's edited copy of the config file, `{trial_dir}` the trial's folder,
    `{seed}` its seed, `{name}` the value of the parameter `name`, and `{args}` a flag for every parameter that does
    not reach the script otherwise. `{{` and `}}` are braces. No shell is used unless `shell` is set. Files that it
    writes to `{trial_dir}/artifacts/` become the trial's artifacts.

    Without `{config}` in the command, a Python script that imports or opens the config, or that is the config itself,
    gets the edited copy in its place.

    Args:
        command: The command, as a string or as a list of words.
        metric: The name of the objective's first metric.
        required: Further metrics that every trial must return.
        folder: The working directory, that is the folder of study.toml; the current folder by default.
        config: The config file, relative to `folder`; each trial gets an edited copy.
        metrics: The file in the trial's folder that the script writes its metrics to, or `"stdout"` for `name=value`
            in its output, or `"logged"` for what it logs with a library. A CSV or JSON-lines file may grow by a row an
            epoch. None reads metrics.json, or the output if there is no such file, or what it logs.
        test_command: A similar command, run on the held-out test split at the end.
        shell: Whether the commands go through a shell; values are quoted.
        environment: Variables to set for the command.
        flags: How a parameter is written in `{args}`, and where its placeholder stands alone: the script's words for
            true and those for false, or words with `{}` for the value, as `--lr={}`.
        spelling: How `{args}` writes the others: `--name value`, `--name=value` or `name=value`.
        own_files: Files and folders, relative to `folder`, that the script writes to the same place in every run. If
            there are any, the command runs in a folder of the trial, with links to everything else in `folder`.
        metric_pattern: The user's own regular expression for metrics in the output; see `MetricPattern`.
        capture: Whether what a Python script logs with a library is heard, as reports.
        names: The space's parameters; those that exist in the config are changed there.
        remove: Parameters whose keys are removed from the config while they are inactive.

    Raises:
        InputError: A field is invalid by itself; `check` compares it with a space and the files on disk.

    >>> CommandTask(command="train.sh --lr {lr}", metric="loss", folder="/").to_table()["command"]
    'train.sh --lr {lr}'
    """

    command: str | Sequence[str]
    metric: str
    required: Sequence[str] = ()
    folder: Path | str = field(default_factory=Path.cwd)
    config: str | None = None
    metrics: str | None = None
    test_command: str | Sequence[str] | None = None
    shell: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    spelling: str = FORMS[0]
    own_files: Sequence[str] = ()
    metric_pattern: str | None = None
    capture: bool = True
    names: Sequence[str] = ()
    remove: Sequence[str] = ()

    def __post_init__(self) -> None:
        check_types(self)
        object.__setattr__(self, "folder", Path(self.folder).resolve())
        check_own_files(self.own_files)
        for key in ("required", "own_files", "names", "remove"):
            object.__setattr__(self, key, tuple(getattr(self, key)))
        for key in ("command", "test_command"):
            if getattr(self, key) is not None:
                try:
                    split_command(getattr(self, key), shell=self.shell)
                except InputError as error:
                    raise error.inside(key) from None
        if self.metrics not in (*NO_FILES, None) and not _is_relative(self.metrics):
            raise InputError(
                f"metrics must be a file in the trial's folder, 'stdout' or 'logged', got {shown(self.metrics)}. "
                "Let the script write to {trial_dir}.",
                keys=("metrics",),
            )
        if self.metric_pattern is not None:
            MetricPattern(self.metric_pattern, self._required)
            if self.metrics not in (None, "stdout"):
                message = (
                    f"metric_pattern reads the output, but metrics is {shown(self.metrics)}. Leave one of them out."
                )
                raise InputError(message, keys=("metric_pattern",))
        if self.config is not None and "\0" in self.config:
            raise InputError(f"config must be the path of a file, got {shown(self.config)}.", keys=("config",))
        expect_environment(self.environment, "environment")
        check_flags(self.flags, self.spelling)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Import the config's parser when the task is unpickled in a worker, which forks every trial."""
        self.__dict__.update(state)
        if self.config is not None:
            from ... import config_files

            if (kind := config_files.SUFFIXES.get(Path(self.config).suffix.lower())) is not None:
                importlib.import_module(f"{config_files.__name__}.{kind}")

    @classmethod
    def from_table(cls, table: Mapping[str, Any], context: TaskContext) -> Self:
        """Return the task of a `[task]` table; see `Task.from_table`."""
        parameters = context.space.parameters
        return build_task(
            cls,
            table,
            folder=context.folder,
            metric=context.metric,
            required=context.required,
            names=context.space.names,
            remove=[name for name, parameter in parameters.items() if parameter.inactive == "remove"],
        )

    # -- before a study --------------------------------------------------------------------------------------------

    def check(self, space: SearchSpace) -> None:
        """Check that every parameter reaches the script, and that the files in the command exist.

        Raises:
            InputError: One does not; its keys name the entry of `[task]` or the parameter of `[space]` at fault.
        """
        check_metrics(self.metrics, self._required)
        if unknown := sorted(set(self.flags) - set(space.names)):
            message = f"flags must name parameters of [space], got '{unknown[0]}'.{nearest(unknown[0], space.names)}"
            raise InputError(message, keys=("task", "flags"))
        try:
            in_config = self._in_config(space.names)
        except InputError as error:
            raise error.inside("task", "config") from None
        for key in ("command", "test_command"):
            if getattr(self, key) is None:
                continue
            words = split_command(getattr(self, key), shell=self.shell)
            try:
                check_placeholders(words, space.names, shell=self.shell)
                check_config(words, self.config, shell=self.shell)
                check_names(words, space, in_config, never_alone(words, self.flags, shell=self.shell))
                self._check_parameters(words, space, in_config)
                if not self.shell:
                    check_program(words, Path(self.folder))
            except InputError as error:
                raise error if error.keys else error.inside("task", key) from None

    def _check_parameters(self, words: Sequence[str], space: SearchSpace, in_config: Collection[str]) -> None:
        flagged, configured = self._routes(words, space.names, in_config)
        # A key may be missing in the config only if its parameter is not active in every trial.
        editable = {name for name in configured if name in in_config or space.parameters[name].when}

        def render(parameters: Mapping[str, Value]) -> Rendered:
            filled = self._filled(words, parameters, flagged, folder=Path(self.folder), seed=0)
            changed = tuple(exact(value) for name, value in parameters.items() if name in editable)
            return Rendered(tuple(filled), changed)

        texts = texts_in(words, Path(self.folder))
        config = None if self.config is None else self._config_path
        check_parameters(space, render, placeholders(words), config=config, texts=texts)

    def defaults(self) -> Mapping[str, Value]:
        """Return the config's own values of the parameters in it."""
        if self.config is None:
            return {}
        from ... import config_files

        values = config_files.read(self._config_path)
        return {name: config_files.find(values, name) for name in self.names if config_files.contains(values, name)}

    @property
    def has_test(self) -> bool:
        """Whether a test command was given."""
        return self.test_command is not None

    # -- a trial ---------------------------------------------------------------------------------------------------

    def invocation(self, request: TrialRequest, *, hears_all: bool = False) -> Invocation:
        """Prepare a trial's folder, and return what starts its command.

        Args:
            request: The trial.
            hears_all: Whether to hear all metrics that the script logs with a library, not only those that are needed.

        Raises:
            InputError: The config cannot be edited, or a value cannot be passed to a program.
            OSError: The folder cannot be written.
        """
        words = self._prepare(request)
        variables = {**trial_environment(), **self._variables(request), **self.environment}
        features = self._in_script(request, request.folder)
        if self.capture:
            features["listen"] = {
                "path": str(request.folder / HEARD_FILE),
                "metrics": None if hears_all else self._required,
            }
        variables |= in_script.variables(features, variables)
        folder = self._working_folder(request.folder)
        if self.own_files:
            link_folder(Path(self.folder), folder, self.own_files)
        return Invocation(words=tuple(words), folder=folder, environment=variables, shell=self.shell)

    def evaluate(self, request: TrialRequest, report: Reporter) -> Measurement:
        """Run the command and wait for it.

        Raises:
            TrialFailed: Its exit status is not 0, its metrics cannot be used, it was killed, or it could not be
                started.
            TrialPruned: `report` raised it, or a file `stop` has appeared in the trial's folder.
        """
        pattern = None if self.metric_pattern is None else MetricPattern(self.metric_pattern, self._required)
        options = self._options(request) if self.metrics in (None, "stdout") else ()
        printed = PrintedMetrics(request.parameters, options, wanted=self._required, pattern=pattern)
        table = self._table(request.folder)
        reports = TrialReports(request.folder, self._required, printed=printed, table=table, report=report)
        last = bytearray()

        def on_output(data: bytes) -> None:
            printed.feed(data)
            last.extend(data[-_LAST_BYTES:])
            del last[:-_LAST_BYTES]

        def poll() -> None:
            raise_if_stopped(request.folder)
            reports.poll()

        try:
            status = run_group(self.invocation(request), on_output=on_output, poll=poll)
        except (OSError, ValueError, InputError) as error:  # ValueError: a NUL, or no UTF-8.
            fault = machine_fault(error)
            reason = f"the command could not be started: {fault or message_of(error)}"
            raise TrialFailed(Failure(kind="setup" if fault is None else "machine", reason=reason)) from None
        if status != 0:
            raise TrialFailed(exit_failure(status, "the command", bytes(last)))
        self._check_config_was_read(request)
        reports.end()
        metrics = final_metrics(
            request.folder, self.metrics, self._required, printed=printed, table=table, logged=reports.logged
        )
        for complaint in reports.complaints:
            print(f"[tunesmith: {complaint}]")
        return Measurement(metrics=metrics, artifacts=find_artifacts(request.folder))

    def reproduce(self, request: TrialRequest) -> str:
        """Return one line of shell that runs the trial again, in a subfolder `again`."""
        again = request.folder / "again"
        steps = [shell.command("mkdir", "-p", again)]
        if self.config is not None:
            steps.append(shell.command("cp", self._copy(request.folder), self._copy(again)))
        if request.inherits and (checkpoint := request.inherits / CHECKPOINT_FOLDER).is_dir():
            own = again / CHECKPOINT_FOLDER
            steps += [shell.command("rm", "-rf", own), shell.command("cp", "-R", checkpoint, own)]
        values = {"TUNESMITH_TRIAL_DIR": str(again), "TUNESMITH_TRIAL_SEED": str(request.seed), **self.environment}
        values |= in_script.variables(self._in_script(request, again), {**os.environ, **values})
        variables = [f"{name}={text}" for name, text in values.items()]
        words = [*(("sh", "-c") if self.shell else ()), *self._words(request, again)]
        place = self._working_folder(again)
        if self.own_files:
            program = [sys.executable, "-m", link_folder.__module__]
            steps.append(shell.command(*program, self.folder, place, *self.own_files))
        steps += [shell.command("cd", place), shell.command("env", *variables, *words)]
        return " && ".join(steps)

    def to_table(self) -> dict[str, Any]:
        """Return the `[task]` table of study.toml, without what the context sets but the folder."""
        table: dict[str, Any] = {"kind": "command", "command": _as_json(self.command), "folder": str(self.folder)}
        optional = {
            "config": self.config,
            "metrics": self.metrics,
            "test_command": _as_json(self.test_command),
            "shell": self.shell,
            "environment": dict(self.environment),
            "flags": {name: _as_json(spelling) for name, spelling in self.flags.items()},
            "spelling": "" if self.spelling == FORMS[0] else self.spelling,
            "own_files": list(self.own_files),
            "metric_pattern": self.metric_pattern,
        }
        if not self.capture:
            table["capture"] = False
        return table | {name: value for name, value in optional.items() if value}

    # -- inside ----------------------------------------------------------------------------------------------------

    @property
    def _config_path(self) -> Path:
        return Path(self.folder) / str(self.config)

    def _working_folder(self, folder: Path) -> Path:
        return folder / WORK_FOLDER if self.own_files else Path(self.folder)

    def _copy(self, folder: Path) -> Path:
        name = self._config_path.name
        return folder / (f"config_{name}" if name in _RESERVED else name)

    def _in_config(self, names: Sequence[str]) -> list[str]:
        if self.config is None or not names:
            return []
        from ... import config_files

        return config_files.defined(self._config_path, names)

    def _prepare(self, request: TrialRequest) -> list[str]:
        """Write the edited config, remove old metrics, and return the words to run."""
        request.folder.mkdir(parents=True, exist_ok=True)
        if self.metrics not in NO_FILES:
            (request.folder / (self.metrics or METRICS_FILE)).unlink(missing_ok=True)
        (request.folder / READ_FILE).unlink(missing_ok=True)
        if self.config is not None:
            from ... import config_files

            words = split_command(self._command(request), shell=self.shell)
            _, configured = self._routes(words, list(request.parameters))
            changes = {name: value for name, value in request.parameters.items() if name in configured}
            inactive = [name for name in self.remove if name not in request.parameters]
            config_files.edit(self._config_path, self._copy(request.folder), changes, inactive, insert=list(changes))
        return self._words(request, request.folder)

    def _in_script(self, request: TrialRequest, folder: Path) -> dict[str, dict[str, Any]]:
        """Return the settings of what runs in the script's process; see the package `in_script`."""
        if self.config is None or "config" in placeholders(split_command(self._command(request), shell=self.shell)):
            return {}
        files = {str(self._config_path): str(self._copy(folder))}
        return {"replace": {"files": files, "seen": str(folder / READ_FILE)}}

    def _check_config_was_read(self, request: TrialRequest) -> None:
        words = split_command(self._command(request), shell=self.shell)
        _, configured = self._routes(words, list(request.parameters))
        if configured and "replace" in self._in_script(request, request.folder):
            if not (request.folder / READ_FILE).exists():
                raise TrialFailed(never_read(str(self.config)))
            (request.folder / READ_FILE).unlink()

    def _command(self, request: TrialRequest) -> str | Sequence[str]:
        if request.purpose == "test" and self.test_command is not None:
            return self.test_command
        return self.command

    def _routes(
        self, words: Sequence[str], names: Sequence[str], in_config: Collection[str] | None = None
    ) -> tuple[set[str], set[str]]:
        """Return the parameters that become flags in `{args}`, and those that are changed in the config."""
        used = placeholders(words)
        # Parsing the config is slow, so look up only the parameters that may reach the script otherwise.
        unsure = {name for name in names if name in used or "args" in used}
        elsewhere = unsure.difference(self._in_config(sorted(unsure)) if in_config is None else in_config)
        return elsewhere.difference(used), set() if self.config is None else set(names) - elsewhere

    def _words(self, request: TrialRequest, folder: Path) -> list[str]:
        words = split_command(self._command(request), shell=self.shell)
        flagged, _ = self._routes(words, list(request.parameters))
        return self._filled(words, request.parameters, flagged, folder=folder, seed=request.seed)

    def _filled(
        self,
        words: Sequence[str],
        parameters: Mapping[str, Value],
        flagged: Collection[str],
        *,
        folder: Path,
        seed: int,
    ) -> list[str]:
        """Return the words of a trial."""
        own: dict[str, Value] = {"config": str(self._copy(folder)), "trial_dir": str(folder), "seed": seed}
        spelled = {name: value for name, value in parameters.items() if name in flagged}
        args = flags(spelled, self.flags, self.spelling)
        return fill(words, {**parameters, **own}, args, self.flags, shell=self.shell)

    def _variables(self, request: TrialRequest) -> dict[str, str]:
        variables = {"TUNESMITH_TRIAL_DIR": str(request.folder), "TUNESMITH_TRIAL_SEED": str(request.seed)}
        # Otherwise the last output of a Python script is lost if it is killed.
        return variables if "PYTHONUNBUFFERED" in os.environ else {**variables, "PYTHONUNBUFFERED": "1"}

    def _options(self, request: TrialRequest) -> set[str]:
        """Return the metrics that share their name with an option of the script."""
        words = split_command(self._command(request), shell=self.shell)
        config = None if self.config is None else self._config_path
        return options_among(self._required, words, Path(self.folder), config)

    @property
    def _required(self) -> tuple[str, ...]:
        return (self.metric, *self.required)

    def _table(self, folder: Path) -> MetricsTable | None:
        """Return the file with a row an epoch that the metrics are read from, if they are."""
        if self.metrics is None or Path(self.metrics).suffix not in SUFFIXES:
            return None
        return MetricsTable(folder / self.metrics, self._required)


def _is_relative(path: str) -> bool:
    try:
        return bool(check_relative(path, ""))
    except InputError:
        return False


def _as_json(command: str | Sequence[str] | None) -> str | list[str] | None:
    return command if command is None or isinstance(command, str) else list(command)
