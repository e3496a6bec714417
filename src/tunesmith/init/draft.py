"""The draft of a study, before study.toml is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.parameters import Parameter


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The draft of a study.

    Args:
        name: The study's name.
        folder: The folder of study.toml, in which the command runs.
        objective: For example `minimize val_loss`.
        command: The command of a trial, with placeholders.
        config: The config file to edit, relative to the folder, or None.
        metrics: The file with the metrics, `"stdout"`, or None for either.
        own_files: Files and folders that the script would overwrite in every run.
        space: The parameters to tune, by name.
        values: The present values by name, those of skipped parameters included.
        flags: The words of the parameters that are not written in the usual way: those for true and for false, or with
            `{}` for the value; those of spare parameters included.
        spelling: The usual way: `--name value`, `--name=value` or `name=value`.
        environment: The variables of the command.
        seed: The study's seed: that of the user's own run, if it has one.
        skipped: The parameters that are left alone, by name, with the reason.
        spare: Those of them that could be tuned.
        options: The parameters that are options of the script, and not values in a config.
        in_both: Those that are options, and values in the config, too, with the option's own name.
        remarks: Comments on a range, by parameter.
        notes: What was found, and what the user has to do, in a sentence or two each.
        help: What the script says of its options, by parameter.
        sample_output: The end of what the script printed in a test run; may be empty.
        script: The script, or None if none was found.
        metric_names: The script's metrics, the best one to tune first.
        reports: The script reports while it trains, so that trials can be stopped early.
        budget: The table `[budget]`.
        search: The table `[search]`, where it differs from the defaults.
        quotes: The user's words for a setting, by `budget.trials`, `space.lr` and so on.
        understood: The phrases of the request with their effect, one a line.
        not_understood: The phrases of the request that had no effect, with the reason, one a line.
    """

    name: str
    folder: Path
    objective: str
    command: str
    config: str | None = None
    metrics: str | None = None
    own_files: tuple[str, ...] = ()
    space: Mapping[str, Parameter] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[str, str | tuple[str, str]] = field(default_factory=dict)
    spelling: str = "--name value"
    environment: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    skipped: Mapping[str, str] = field(default_factory=dict)
    spare: Mapping[str, Parameter] = field(default_factory=dict)
    options: Collection[str] = ()
    in_both: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    help: Mapping[str, str] = field(default_factory=dict)
    sample_output: str = ""
    script: Path | None = None
    metric_names: tuple[str, ...] = ()
    reports: bool = False
    budget: Mapping[str, Any] = field(default_factory=lambda: {"trials": 50})
    search: Mapping[str, Any] = field(default_factory=dict)
    quotes: Mapping[str, str] = field(default_factory=dict)
    understood: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()

    @property
    def questions(self) -> dict[str, tuple[str, str]]:
        """The questions to ask before study.toml is written, with their defaults, by the field that they set."""
        return {
            "name": ("Name of the study", self.name),
            "objective": ("Objective (as 'minimize val_loss')", self.objective),
            "command": ("Command of one trial", self.command),
            "metrics": ("File with the metrics in a trial's folder, or stdout", self.metrics or "stdout"),
        }
