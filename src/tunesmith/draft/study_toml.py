"""A draft as a commented study.toml."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import tomlkit

from ..parameters import Parameter
from ..space import SearchSpace
from .drafts import Draft

_END = """
[budget]
trials = 50                                  # minutes, target, patience, seconds_per_trial and memory_gb limit it, too

[search]
proposer = "portfolio"
parallel = 1                                 # trials at the same time
# pruner = "hyperband"                       # stops hopeless trials early; the script must report its progress
"""


def to_toml(draft: Draft) -> str:
    """Return the study.toml of a draft, with what was understood in comments.

    Args:
        draft: As `draft_study` returns it, or changed by the user's answers.

    Returns:
        The text of a valid TOML file.
    """
    lines = ["# Drafted by `tunesmith init`. Look it over, then: tunesmith run study.toml", "#"]
    for note in draft.notes:
        lines += textwrap.wrap(note, 112, initial_indent="# - ", subsequent_indent="#   ", break_on_hyphens=False)
    lines += ["", "[study]", f"name = {_value(draft.name)}", f"objective = {_value(draft.objective)}", "seed = 0", ""]
    lines += ["[task]", 'kind = "command"', f"command = {_value(draft.command)}"]
    if draft.config is not None:
        lines.append(f"config = {_value(draft.config)}{' ' * 4}# never changed: each trial gets an edited copy")
    if draft.metrics is not None:
        where = "lines such as  name=value" if draft.metrics == "stdout" else "written by the script into {trial_dir}"
        lines.append(f"metrics = {_value(draft.metrics)}{' ' * 4}# {where}")
    lines += ["", "[space]", *_space(draft)]
    if draft.skipped:
        lines += ["", "# Left alone:"]
        lines += [f"# {name}: {reason}" for name, reason in draft.skipped.items()]
    return "\n".join(lines) + "\n" + _END


def _space(draft: Draft) -> list[str]:
    if not draft.space:
        return ["# Nothing was found to tune. Write a line for each parameter, such as", f"# {_EXAMPLE}"]
    tables, _ = SearchSpace(draft.space).to_tables()
    return [_line(draft, name, tables[name], draft.space[name]) for name in draft.space]


_EXAMPLE = '"lr" = { type = "float", low = 1e-5, high = 0.1, log = true, default = 1e-3 }'


def _line(draft: Draft, name: str, table: Mapping[str, Any], parameter: Parameter) -> str:
    told = dict(table)
    if draft.config is not None:
        told.pop("default", None)  # the config file says it, and trial 0 is the config as it is
    comments = []
    present = draft.values.get(name)
    if "default" not in told and present is not None:
        comments.append(f"now {_value(present)}")
    if draft.remarks.get(name):
        comments.append(draft.remarks[name])
    comment = f"    # {'; '.join(comments)}" if comments else ""
    return f"{_key(name)} = {_value(told)}{comment}"


def _key(name: str) -> str:
    return tomlkit.string(name).as_string()


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_bare(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    text: str = tomlkit.item(value).as_string()
    return text


def _bare(key: str) -> str:
    return key if key.isidentifier() and key.isascii() else _key(key)
