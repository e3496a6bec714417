"""A draft as a commented study.toml."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

import tomlkit

from ..core.budget import Budget
from ..core.space import SearchSpace
from ..tasks.command.template import FORMS
from ..text.cleaning import clean, short
from .draft import Draft


def to_toml(draft: Draft) -> str:
    """Return the text of study.toml for a draft, with comments on what was found and understood."""
    lines = ["# Written by `tunesmith init`. Check it, then run: tunesmith run study.toml", "#"]
    lines += _bullets(draft.notes)
    for title, entries in (("Your request", draft.understood), ("Not understood or refused", draft.not_understood)):
        lines += ["#", f"# {title}:", *_bullets(entries)] if entries else []
    objective = f"objective = {_value(draft.objective)}"
    lines += ["", "[study]", f"name = {_value(draft.name)}", _quoting(draft, "study.objective", objective)]
    lines += [f"seed = {draft.seed}", "", "[task]", 'kind = "command"', f"command = {_value(draft.command)}"]
    if draft.config is not None:
        lines.append(f"config = {_value(draft.config)}    # never changed: each trial gets an edited copy")
    if draft.metrics is not None:
        source = "printed by the script" if draft.metrics == "stdout" else "written by the script into {trial_dir}"
        lines.append(f"metrics = {_value(draft.metrics)}    # {source}")
    if draft.own_files:
        lines.append(f"own_files = {_value(draft.own_files)}    # each trial has its own, in its folder work")
    if draft.environment:
        lines.append(f"environment = {_value(draft.environment)}")
    if draft.spelling != FORMS[0]:
        lines.append(f"spelling = {_value(draft.spelling)}    # how {{args}} writes a parameter")
    lines += _flags(draft)
    lines += ["", "[space]", *_space(draft)]
    lines += _not_tuned(draft)
    lines += ["", "[budget]", *_budget(draft), "", "[search]", *_search(draft)]
    return "\n".join(lines) + "\n"


def _flags(draft: Draft) -> Iterator[str]:
    """Yield the table of the parameters that are written in another way, those of commented ones as comments."""
    lines = {name: f"{_key(name)} = {_value(words)}" for name, words in draft.flags.items()}
    if any(name in draft.space for name in lines):
        yield from ("", "[task.flags]    # the words for true and for false, or with {} for the value")
        yield from (line for name, line in lines.items() if name in draft.space)
    elif any(name in draft.spare for name in lines):
        yield from ("", "# [task.flags]")
    yield from (f"# {line}" for name, line in lines.items() if name in draft.spare)


def _not_tuned(draft: Draft) -> Iterator[str]:
    """Yield the parameters that are left alone with the reason; those that could be tuned as lines to uncomment."""
    spare = {name: parameter for name, parameter in draft.spare.items() if name in draft.skipped}
    if spare:
        yield from ("", "# Not tuned, but may be (remove the # at the beginning of a line):")
        for name, parameter in spare.items():
            table = SearchSpace({name: replace(parameter, when=None)}).to_tables()[0][name]
            yield f"# {_line(draft, name, table, draft.skipped[name])}"
    if len(spare) < len(draft.skipped):
        yield from ("", "# Not tuned:")
        yield from (f"# {clean(f'{name}: {reason}')}" for name, reason in draft.skipped.items() if name not in spare)


def _bullets(notes: Iterable[str]) -> Iterator[str]:
    for note in notes:
        yield from textwrap.wrap(
            clean(note), 112, initial_indent="# - ", subsequent_indent="#   ", break_on_hyphens=False
        )


def _quote(draft: Draft, key: str, you: str = "you") -> str:
    return f'{you} said "{short(draft.quotes[key], 100)}"'


def _quoting(draft: Draft, key: str, line: str, otherwise: str = "") -> str:
    """Return a line with the user's words for its key as a comment, or with another comment."""
    comment = _quote(draft, key) if key in draft.quotes else otherwise
    return f"{line:<44} # {comment}" if comment else line


def _budget(draft: Draft) -> Iterator[str]:
    others = [field.name for field in fields(Budget) if field.name not in draft.budget and field.name != "usd"]
    for index, (name, value) in enumerate(draft.budget.items()):
        hint = f"other limits: {', '.join(others)}" if index == 0 and others else ""
        plain = int(value) if float(value).is_integer() else value
        yield _quoting(draft, f"budget.{name}", f"{name} = {_value(plain)}", hint)


def _search(draft: Draft) -> Iterator[str]:
    yield 'proposer = "portfolio"'
    parallel = f"parallel = {draft.search.get('parallel', 1)}"
    yield _quoting(draft, "search.parallel", parallel, "trials at the same time")
    condition = "" if draft.reports else "; the metric must be printed or logged on the way"
    yield _quoting(draft, "search.pruner", '# pruner = "hyperband"', f"stops hopeless trials early{condition}")


def _space(draft: Draft) -> list[str]:
    if not draft.space:
        return ["# No parameters were found. Write one line for each, for example:", f"# {_EXAMPLE}"]
    tables, _ = SearchSpace(draft.space).to_tables()
    keys = [key for key in ("space", "space.also", "space.leave") if key in draft.quotes]
    return [f"# {_quote(draft, key, 'You')}." for key in keys] + [_line(draft, *item) for item in tables.items()]


_EXAMPLE = '"lr" = { type = "float", low = 1e-5, high = 0.1, log = true, default = 1e-3 }'


def _line(draft: Draft, name: str, table: Mapping[str, Any], reason: str = "") -> str:
    # What stands in a config file is read from there for trial 0.
    by_option = draft.config is None or name in draft.options
    entries = {key: value for key, value in table.items() if key != "default" or by_option}
    present = draft.values.get(name)
    comments = [f"now {_value(present)}"] if "default" not in entries and present is not None else []
    comments += [remark] if (remark := draft.remarks.get(name)) else []
    comments += [_quote(draft, f"space.{name}")] if f"space.{name}" in draft.quotes else []
    comments += [reason] if reason else []
    comment = f"    # {clean('; '.join(comments))}" if comments else ""
    return f"{_key(name)} = {_value(entries)}{comment}"


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
