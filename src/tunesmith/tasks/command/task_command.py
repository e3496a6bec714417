"""The words of a command in a trial, and how each parameter reaches the script."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from ...core.trial import Value
from ...trial_folder.names import ENVIRONMENT_FILE, METRICS_FILE, PARAMETERS_FILE, RESULT_FILE
from .options import CommandOptions
from .template import fill, flags, placeholders, split_command

_RESERVED = (PARAMETERS_FILE, ENVIRONMENT_FILE, RESULT_FILE, METRICS_FILE)


class TaskCommand:
    """One of a task's commands.

    Args:
        options: The task's options.
        command: The command.

    Attributes:
        template: Its words, with placeholders.
    """

    def __init__(self, options: CommandOptions, command: str | Sequence[str]) -> None:
        self.template = split_command(command, shell=options.shell)
        self._options = options

    @cached_property
    def placeholders(self) -> Collection[str]:
        """The names of the placeholders in it."""
        return placeholders(self.template)

    @property
    def replaces_config(self) -> bool:
        """Whether the script gets the edited config in place of the original, without its path in the command."""
        return self._options.config is not None and "config" not in self.placeholders

    def routes(self, names: Sequence[str], in_config: Collection[str] | None = None) -> tuple[set[str], set[str]]:
        """Return the parameters that become flags in `{args}`, and those that are changed in the config.

        Args:
            names: The parameters.
            in_config: Those that exist in the config; None looks them up.
        """
        # Parsing the config is slow, so look up only the parameters that may reach the script otherwise.
        unsure = {name for name in names if name in self.placeholders or "args" in self.placeholders}
        known = names_in_config(self._options, sorted(unsure)) if in_config is None else in_config
        elsewhere = unsure.difference(known)
        configured = set() if self._options.config is None else set(names) - elsewhere
        return elsewhere.difference(self.placeholders), configured

    def filled(
        self, parameters: Mapping[str, Value], flagged: Collection[str] | None = None, *, folder: Path, seed: int
    ) -> list[str]:
        """Return the words of a trial.

        Args:
            parameters: Its parameters.
            flagged: Those that become flags in `{args}`; None finds them by `routes`.
            folder: Its folder.
            seed: Its seed.
        """
        options = self._options
        if flagged is None:
            flagged, _ = self.routes(list(parameters))
        own: dict[str, Value] = {"config": str(edited_config(options, folder)), "trial_dir": str(folder), "seed": seed}
        spelled = {name: value for name, value in parameters.items() if name in flagged}
        args = flags(spelled, options.flags, options.spelling)
        return fill(self.template, {**parameters, **own}, args, options.flags, shell=options.shell)


def edited_config(options: CommandOptions, folder: Path) -> Path:
    """Return the place of a trial's copy of the config, in its folder."""
    name = (Path(options.folder) / str(options.config)).name
    return folder / (f"config_{name}" if name in _RESERVED else name)


def names_in_config(options: CommandOptions, names: Sequence[str]) -> list[str]:
    """Return the parameters that exist in the config."""
    if options.config_path is None or not names:
        return []
    from ... import config_files

    return config_files.defined(options.config_path, names)
