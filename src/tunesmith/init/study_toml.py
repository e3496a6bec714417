"""A draft as a commented study.toml."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

import tomlkit

from ..core.budget import Budget
from ..core.space import SearchSpace
from ..text.cleaning import short
from .draft import Draft


def to_toml(draft: Draft) -> str:
    """Return the study.toml of a draft, with what was understood in comments.

    Args:
        draft: As `draft_study` returns it, or changed by the user's answers.

    Returns:
        The text of a valid TOML file.
    """
    lines = ["# Drafted by `tunesmith init`. Look it over, then: tunesmith run study.toml", "#"]
    lines += _listed(draft.notes)
    for title, told in (("From your words", draft.understood), ("Not taken", draft.not_understood)):
        lines += ["#", f"# {title}:", *_listed(told)] if told else []
    objective = f"objective = {_value(draft.objective)}"
    lines += ["", "[study]", f"name = {_value(draft.name)}", _said(draft, "study.objective", objective), "seed = 0", ""]
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
    lines += ["", "[budget]", *_budget(draft), "", "[search]", *_search(draft)]
    return "\n".join(lines) + "\n"


def _listed(notes: Iterable[str]) -> Iterator[str]:
    for note in notes:
        yield from textwrap.wrap(note, 112, initial_indent="# - ", subsequent_indent="#   ", break_on_hyphens=False)


def _you_said(draft: Draft, key: str, you: str = "you") -> str:
    return f'{you} said "{short(draft.words[key], 100)}"'


def _said(draft: Draft, key: str, line: str, otherwise: str = "") -> str:
    """Return a line with the words that it comes from as its comment, or with another comment."""
    comment = _you_said(draft, key) if key in draft.words else otherwise
    return f"{line:<44} # {comment}" if comment else line


def _budget(draft: Draft) -> Iterator[str]:
    others = [field.name for field in fields(Budget) if field.name not in draft.budget and field.name != "usd"]
    for place, (name, value) in enumerate(draft.budget.items()):
        hint = f"{', '.join(others[:-1])} and {others[-1]} limit it, too" if place == 0 and len(others) > 1 else ""
        plain = int(value) if float(value).is_integer() else value
        yield _said(draft, f"budget.{name}", f"{name} = {_value(plain)}", hint)


def _search(draft: Draft) -> Iterator[str]:
    yield 'proposer = "portfolio"'
    parallel = f"parallel = {draft.search.get('parallel', 1)}"
    yield _said(draft, "search.parallel", parallel, "trials at the same time")
    if "pruner" in draft.search:
        yield _said(draft, "search.pruner", f"pruner = {_value(draft.search['pruner'])}")
    else:
        hint = "stops hopeless trials early; the script must report its progress"
        yield _said(draft, "search.pruner", '# pruner = "hyperband"', hint)


def _space(draft: Draft) -> list[str]:
    if not draft.space:
        return ["# Nothing was found to tune. Write a line for each parameter, such as", f"# {_EXAMPLE}"]
    tables, _ = SearchSpace(draft.space).to_tables()
    keys = [key for key in ("space", "space.also", "space.leave") if key in draft.words]
    return [f"# {_you_said(draft, key, 'You')}." for key in keys] + [_line(draft, *item) for item in tables.items()]


_EXAMPLE = '"lr" = { type = "float", low = 1e-5, high = 0.1, log = true, default = 1e-3 }'


def _line(draft: Draft, name: str, table: Mapping[str, Any]) -> str:
    # Where there is a config file it says the default, and trial 0 is the config as it is.
    told = {key: value for key, value in table.items() if key != "default" or draft.config is None}
    present = draft.values.get(name)
    comments = [f"now {_value(present)}"] if "default" not in told and present is not None else []
    comments += [draft.remarks[name]] if draft.remarks.get(name) else []
    comments += [_you_said(draft, f"space.{name}")] if f"space.{name}" in draft.words else []
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
