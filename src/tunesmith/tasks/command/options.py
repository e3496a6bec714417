"""The options of a command as the task: the keys of its `[task]` table, and what its study adds."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.schema import check_types, expect_environment
from ...core.trial import check_relative
from ...core.values import shown
from ...errors import InputError
from ...trial_folder.names import LOG_FILE
from .checks import check_flags
from .metrics_file import NO_FILES, is_text
from .own_files import check_own_files
from .printed_pattern import MetricPattern
from .template import FORMS, split_command


@dataclass(frozen=True, kw_only=True)
class CommandOptions:
    """The options of a command; see `CommandTask`.

    Args:
        command: The command, as a string or as a list of words.
        metric: The name of the objective's first metric.
        required: Further metrics that every trial must return.
        folder: The working directory, that is the folder of study.toml; the current folder by default.
        config: The config file, relative to `folder`; each trial gets an edited copy.
        metrics: The file in the trial's folder that the script writes its metrics to, or `"stdout"` for `name=value`
            in its output, or `"logged"` for what it logs with a library. A CSV or JSON-lines file may grow by a row an
            epoch; a file that is none of these is text, and read as output is. None reads metrics.json, or the output
            if there is no such file, or what it logs.
        test_command: A similar command, run on the held-out test split at the end.
        shell: Whether the commands go through a shell; values are quoted.
        environment: Variables to set for the command.
        flags: How a parameter is written in `{args}`, and where its placeholder stands alone: the script's words for
            true and those for false, or words with `{}` for the value, as `--lr={}`.
        spelling: How `{args}` writes the others: `--name value`, `--name=value` or `name=value`.
        own_files: Files and folders, relative to `folder`, that the script writes to the same place in every run. If
            there are any, the command runs in a folder of the trial, with links to everything else in `folder`.
        metric_pattern: The user's own regular expression for metrics in the output, or in a text file; see
            `MetricPattern`.
        capture: Whether to capture what a Python script logs with a library, as reports.
        names: The space's parameters; those that exist in the config are changed there.
        remove: Parameters whose keys are removed from the config while they are inactive.

    Raises:
        InputError: A field is invalid by itself; `check` compares it with a space and the files on disk.
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
        if self.metrics == LOG_FILE:
            raise InputError(
                f"metrics must be a file that the script writes, but tunesmith writes {LOG_FILE} itself: it holds the "
                "script's output. Write 'stdout', or let the script use another name.",
                keys=("metrics",),
            )
        if self.metric_pattern is not None:
            MetricPattern(self.metric_pattern, self.wanted)
            if self.metrics not in (None, "stdout") and not is_text(self.metrics):
                message = (
                    f"metric_pattern reads the output or a text file, but metrics is {shown(self.metrics)}. Leave one "
                    "of them out."
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

    @property
    def wanted(self) -> tuple[str, ...]:
        """The metrics that every trial must return."""
        return (self.metric, *self.required)

    @property
    def config_path(self) -> Path | None:
        """The config file, absolute."""
        return None if self.config is None else Path(self.folder) / self.config

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


def _is_relative(path: str) -> bool:
    try:
        return bool(check_relative(path, ""))
    except InputError:
        return False


def _as_json(command: str | Sequence[str] | None) -> str | list[str] | None:
    return command if command is None or isinstance(command, str) else list(command)
