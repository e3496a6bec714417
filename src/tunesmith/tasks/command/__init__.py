"""A command as the task: a training script in any language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ...core.trial import Measurement, Reporter, TrialRequest, Value
from ...core.values import exact
from ...errors import InputError, nearest
from ..base import TaskContext, build_task
from .checks import Rendered, check_config, check_metrics, check_names, check_parameters, check_program
from .options import CommandOptions
from .script_options import texts_in
from .task_command import TaskCommand, names_in_config
from .template import check_placeholders, never_alone
from .trial import CommandTrial

if TYPE_CHECKING:
    from ...core.space import SearchSpace


@dataclass(frozen=True, kw_only=True)
class CommandTask(CommandOptions):
    """Runs a command for each trial, which communicates through the trial's folder and its exit status.

    In the command, `{config}` is the trial's edited copy of the config file, `{trial_dir}` the trial's folder,
    `{seed}` its seed, `{name}` the value of the parameter `name`, and `{args}` a flag for every parameter that does
    not reach the script otherwise. `{{` and `}}` are braces. No shell is used unless `shell` is set. Files that it
    writes to `{trial_dir}/artifacts/` become the trial's artifacts.

    Without `{config}` in the command, a Python script that imports or opens the config, or that is the config itself,
    gets the edited copy in its place.

    Args: see `CommandOptions`.

    >>> CommandTask(command="train.sh --lr {lr}", metric="loss", folder="/").to_table()["command"]
    'train.sh --lr {lr}'
    """

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

    def check(self, space: SearchSpace) -> None:
        """Check that every parameter reaches the script, and that the files in the command exist.

        Raises:
            InputError: One does not; its keys name the entry of `[task]` or the parameter of `[space]` at fault.
        """
        check_metrics(self.metrics, self.wanted)
        if unknown := sorted(set(self.flags) - set(space.names)):
            message = f"flags must name parameters of [space], got '{unknown[0]}'.{nearest(unknown[0], space.names)}"
            raise InputError(message, keys=("task", "flags"))
        try:
            in_config = names_in_config(self, space.names)
        except InputError as error:
            raise error.inside("task", "config") from None
        for key in ("command", "test_command"):
            if getattr(self, key) is None:
                continue
            command = TaskCommand(self, getattr(self, key))
            words = command.template
            try:
                check_placeholders(words, space.names, shell=self.shell)
                check_config(words, self.config, shell=self.shell)
                check_names(words, space, in_config, never_alone(words, self.flags, shell=self.shell))
                self._check_parameters(command, space, in_config)
                if not self.shell:
                    check_program(words, Path(self.folder))
            except InputError as error:
                raise error if error.keys else error.inside("task", key) from None

    def _check_parameters(self, command: TaskCommand, space: SearchSpace, in_config: Collection[str]) -> None:
        flagged, configured = command.routes(space.names, in_config)
        # A key may be missing in the config only if its parameter is not active in every trial.
        editable = {name for name in configured if name in in_config or space.parameters[name].when}

        def render(parameters: Mapping[str, Value]) -> Rendered:
            filled = command.filled(parameters, flagged, folder=Path(self.folder), seed=0)
            changed = tuple(exact(value) for name, value in parameters.items() if name in editable)
            return Rendered(tuple(filled), changed)

        texts = texts_in(command.template, Path(self.folder))
        check_parameters(space, render, command.placeholders, config=self.config_path, texts=texts)

    def defaults(self) -> Mapping[str, Value]:
        """Return the config's own values of the parameters in it."""
        if self.config_path is None:
            return {}
        from ... import config_files

        values = config_files.read(self.config_path)
        return {name: config_files.find(values, name) for name in self.names if config_files.contains(values, name)}

    @property
    def has_test(self) -> bool:
        """Whether a test command was given."""
        return self.test_command is not None

    def evaluate(self, request: TrialRequest, report: Reporter) -> Measurement:
        """Run the command and wait for it.

        Raises:
            TrialFailed: Its exit status is not 0, its metrics cannot be used, it was killed, or it could not be
                started.
            TrialPruned: `report` raised it, or a file `stop` has appeared in the trial's folder.
        """
        return CommandTrial(self, request).run(report)

    def reproduce(self, request: TrialRequest) -> str:
        """Return one line of shell that runs the trial again, in a subfolder `again`."""
        return CommandTrial(self, request).reproduce()
