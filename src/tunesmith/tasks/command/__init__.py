"""A command as the task: a training script in any language."""

from __future__ import annotations

import contextlib
import importlib
import os
import shlex
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.trial import CHECKPOINT_FOLDER, Failure, FailureKind, Measurement, Reporter, TrialRequest, Value
from ...errors import InputError, TrialPruned
from ...llm.environment import trial_environment
from ...trial_folder.metrics import METRICS_FILE, bad_metrics, checked, read_metrics, write_metrics
from ...trial_folder.reports import ReportsTail
from ..base import TrialFailed, TrialLost
from .checks import check_config, check_parameters, check_program
from .printed_metrics import PrintedMetrics
from .process_group import run_group
from .template import check_placeholders, filled, flags, placeholders, words_of

if TYPE_CHECKING:
    from ...core.space import SearchSpace

_STOP_FILE = "stop"
_RESERVED = ("parameters.json", "environment.json", "result.json", METRICS_FILE)
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_OUT_OF_MEMORY = (b"OutOfMemoryError", b"MemoryError", b"out of memory", b"bad_alloc", b"RESOURCE_EXHAUSTED")
_LAST_BYTES = 8192


@dataclass(frozen=True, kw_only=True)
class CommandTask:
    """Runs a command for each trial; it takes part through the trial's folder and its exit status.

    In the command, `{config}` is the trial's edited copy of the config file, `{trial_dir}` the trial's folder,
    `{seed}` its seed, `{name}` the value of the parameter `name`, and `{args}` a flag for every parameter that
    has no other way to the script. `{{` and `}}` are braces. Nothing goes through a shell unless `shell` says so.

    Args:
        command: The command, as a string or as a list of words.
        metric: The name of the objective's first metric.
        required: Further metrics that every trial must give.
        folder: Where it runs, the folder of study.toml; the current one by default.
        config: The config file, relative to `folder`; each trial gets an edited copy.
        metrics: The file in the trial's folder that the script writes its metrics to, or `"stdout"` for `name=value`
            in its output. None takes metrics.json, and the output where there is none.
        test_command: A command like it, run on the held-out test part at the end.
        shell: Whether the commands go through a shell; values are quoted.
        environment: Variables to set for the command.
        names: The space's parameters; those that the config has are changed there.
        remove: Those whose keys are taken out of the config while they are not active.

    Raises:
        InputError: A field is not usable by itself; `check` looks at how it fits a space and the files there are.

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
    names: Sequence[str] = ()
    remove: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder).resolve())
        for key in ("required", "names", "remove"):
            object.__setattr__(self, key, tuple(getattr(self, key)))
        for key in ("command", "test_command"):
            if getattr(self, key) is not None:
                try:
                    words_of(getattr(self, key), shell=self.shell)
                except InputError as error:
                    raise error.inside(key) from None
        if self.metrics is not None and self.metrics != "stdout" and not self._is_plain(self.metrics):
            raise InputError(
                f"metrics must be a file in the trial's folder, or 'stdout', but {self.metrics!r} was given. "
                "Let the script write to {trial_dir}.",
                keys=("metrics",),
            )
        for name, text in self.environment.items():
            if not isinstance(text, str):
                raise InputError(f"a variable must be a string, but {text!r} was given.", keys=("environment", name))

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Import the config's parser as soon as the task arrives in a worker, so that trials find it in memory."""
        self.__dict__.update(state)
        if self.config is not None:
            from ... import config_files

            if (kind := config_files.SUFFIXES.get(Path(self.config).suffix.lower())) is not None:
                importlib.import_module(f"{config_files.__name__}.{kind}")

    # -- before a study --------------------------------------------------------------------------------------------

    def check(self, space: SearchSpace) -> None:
        """Check that every parameter reaches the script, and that what the command names is there.

        Raises:
            InputError: It does not; placed at the key of `[task]`, or the parameter of `[space]`, where the fault lies.
        """
        try:
            in_config = self._in_config(space.names)
        except InputError as error:
            raise error.inside("task", "config") from None
        for key in ("command", "test_command"):
            if getattr(self, key) is None:
                continue
            words = words_of(getattr(self, key), shell=self.shell)
            try:
                check_placeholders(words, space.names, shell=self.shell)
                check_config(words, self.config)
                config = None if self.config is None else self._config_path
                check_parameters(words, space, in_config, config)
                if not self.shell:
                    check_program(words, Path(self.folder))
            except InputError as error:
                raise error if error.keys else error.inside("task", key) from None

    def defaults(self) -> Mapping[str, Value]:
        """Return the config's own values of the parameters that stand there."""
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

    def evaluate(self, request: TrialRequest, report: Reporter) -> Measurement:
        """Run the command and wait for it.

        Raises:
            TrialFailed: Its exit status is not 0, its metrics are not usable, or it could not be started.
            TrialLost: It was killed from outside.
            TrialPruned: `report` says stop, or a file `stop` has appeared in the trial's folder.
        """
        printed, tail, last = PrintedMetrics(), ReportsTail(request.folder), bytearray()
        scans = self.metrics in (None, "stdout")

        def hear(data: bytes) -> None:
            if scans:
                printed.feed(data)
            last.extend(data[-_LAST_BYTES:])
            del last[:-_LAST_BYTES]

        def look() -> None:
            if (request.folder / _STOP_FILE).exists():
                raise TrialPruned("the study asked this trial to stop.")
            self._pass_on(tail, report)

        try:
            words = self._prepared(request)
            variables = {**trial_environment(), **self._variables(request), **self.environment}
            status = run_group(
                words, folder=Path(self.folder), environment=variables, shell=self.shell, hear=hear, look=look
            )
        except (OSError, InputError) as error:
            reason = f"the command could not be started: {error}"
            raise TrialFailed(Failure(kind="setup", reason=reason)) from None
        if status != 0:
            raise _ended_badly(status, bytes(last))
        metrics = self._measured(request.folder, printed)
        with contextlib.suppress(TrialPruned):  # too late: it has finished, and what it measured is worth more
            self._pass_on(tail, report)
        if tail.garbage is not None:
            print(f"[tunesmith: a line of reports.jsonl is no JSON object with a step: {tail.garbage!r}]")
        return Measurement(metrics=metrics)

    def reproduce(self, request: TrialRequest) -> str:
        """Return one line of shell that runs the trial again, into a folder of its own."""
        again = request.folder / "again"
        config = "" if self.config is None else f" && cp {shlex.quote(str(self._copy(request.folder)))} {again}/"
        words = self._words(request, again)
        command = words[0] if self.shell else shlex.join(words)
        set_here = {"TUNESMITH_TRIAL_DIR": str(again), "TUNESMITH_TRIAL_SEED": str(request.seed), **self.environment}
        variables = " ".join(f"{name}={shlex.quote(text)}" for name, text in set_here.items())
        place = shlex.quote(str(again))
        start = ""
        if request.inherits and (checkpoint := request.inherits / CHECKPOINT_FOLDER).is_dir():
            start = f" && rm -rf {place}/{CHECKPOINT_FOLDER} && cp -R {shlex.quote(str(checkpoint))} {place}/"
        prefix = f"export {variables} &&" if self.shell else variables
        return f"mkdir -p {place}{config}{start} && cd {shlex.quote(str(self.folder))} && {prefix} {command}"

    def to_table(self) -> dict[str, Any]:
        """Return the `[task]` table of study.toml, without what follows from the rest of it (`metric`)."""
        table: dict[str, Any] = {"kind": "command", "command": _plain(self.command), "folder": str(self.folder)}
        given = {
            "config": self.config,
            "metrics": self.metrics,
            "test_command": _plain(self.test_command),
            "shell": self.shell,
            "environment": dict(self.environment),
            "required": list(self.required),
            "names": list(self.names),
            "remove": list(self.remove),
        }
        return table | {name: value for name, value in given.items() if value}

    # -- its parts -------------------------------------------------------------------------------------------------

    @property
    def _config_path(self) -> Path:
        return Path(self.folder) / str(self.config)

    @staticmethod
    def _is_plain(name: str) -> bool:
        path = Path(name)
        return bool(name) and not path.is_absolute() and ".." not in path.parts

    def _copy(self, folder: Path) -> Path:
        name = self._config_path.name
        return folder / (f"config_{name}" if name in _RESERVED else name)

    def _in_config(self, names: Sequence[str]) -> list[str]:
        if self.config is None or not names:
            return []
        from ... import config_files

        return config_files.defined(self._config_path, names)

    def _prepared(self, request: TrialRequest) -> list[str]:
        """Write the edited config, clear away old metrics, and return the words to run."""
        request.folder.mkdir(parents=True, exist_ok=True)
        if self.metrics != "stdout":
            (request.folder / (self.metrics or METRICS_FILE)).unlink(missing_ok=True)
        if self.config is not None:
            from ... import config_files

            used = placeholders(words_of(self._command(request), shell=self.shell))
            # Parsing the config takes a while, so ask only about those that may have another way to the script.
            unsure = {name for name in request.parameters if name in used or "args" in used}
            elsewhere = unsure.difference(self._in_config(sorted(unsure)))
            changes = {name: value for name, value in request.parameters.items() if name not in elsewhere}
            gone = [name for name in self.remove if name not in request.parameters]
            config_files.edit(self._config_path, self._copy(request.folder), changes, gone, insert=list(changes))
        return self._words(request, request.folder)

    def _command(self, request: TrialRequest) -> str | Sequence[str]:
        if request.purpose == "test" and self.test_command is not None:
            return self.test_command
        return self.command

    def _words(self, request: TrialRequest, folder: Path) -> list[str]:
        words = words_of(self._command(request), shell=self.shell)
        used = placeholders(words)
        own = {"config": str(self._copy(folder)), "trial_dir": str(folder), "seed": request.seed}
        rest: dict[str, Value] = {}
        if "args" in used:
            taken = {*used, *self._in_config(list(request.parameters))}
            rest = {name: value for name, value in request.parameters.items() if name not in taken}
        return filled(words, {**request.parameters, **own}, flags(rest), shell=self.shell)

    def _variables(self, request: TrialRequest) -> dict[str, str]:
        variables = {"TUNESMITH_TRIAL_DIR": str(request.folder), "TUNESMITH_TRIAL_SEED": str(request.seed)}
        # Else what a Python script printed last is lost where it is killed.
        return variables if "PYTHONUNBUFFERED" in os.environ else {**variables, "PYTHONUNBUFFERED": "1"}

    def _measured(self, folder: Path, printed: PrintedMetrics) -> dict[str, float]:
        required = (self.metric, *self.required)
        if self.metrics != "stdout":
            name = self.metrics or METRICS_FILE
            try:
                return checked(read_metrics(folder / name), required, name)
            except FileNotFoundError:
                if self.metrics is not None:
                    raise bad_metrics(f"the script must write {name} into {{trial_dir}}, but it has not.") from None
        found = printed.values()
        if not found and self.metrics is None:
            raise bad_metrics(
                f"no metric was found: the script must write {METRICS_FILE} into {{trial_dir}}, "
                f"or print {self.metric}=value."
            )
        metrics = checked(found, required, "its output")
        write_metrics(folder, metrics)
        return metrics

    @staticmethod
    def _pass_on(tail: ReportsTail, report: Reporter) -> None:
        for said in tail.new():
            report(said.step, said.metrics)


def _ended_badly(status: int, last: bytes) -> TrialFailed:
    """Return the failure, or the loss, of a command that has not ended well."""
    if status < 0:
        number = -status
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        if number in _FROM_OUTSIDE:
            return TrialLost(Failure(kind="lost", reason=f"the command was killed from outside by {name}"))
        return TrialFailed(Failure(kind="exit", reason=f"the command crashed with {name}"))
    memory = any(sign in last for sign in _OUT_OF_MEMORY)
    kind: FailureKind = "memory" if memory else "exit"
    hint = ": it ran out of memory" if memory else ": there is no such command" if status == 127 else ""
    return TrialFailed(Failure(kind=kind, reason=f"exit status {status}{hint}"))


def _plain(command: str | Sequence[str] | None) -> str | list[str] | None:
    return command if command is None or isinstance(command, str) else list(command)
