"""A small table in HTML, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from .cleaning import short

_MOST_ENTRIES = 60
_MOST_CHARACTERS = 500


def html_table(title: str, rows: Iterable[tuple[str, str | Mapping[str, Any]]]) -> str:
    """Return a table with one row per subject; colours and borders are those of the notebook's theme.

    Args:
        title: What the table is about.
        rows: A subject, and what there is to say: text, or values by name. Empty ones are left out. All text is
            untrusted.

    >>> html_table("trial 3", [("state", "<b>"), ("metrics", {"loss": 0.25}), ("why", "")]).count("<tr>")
    2
    """
    left = "text-align: left; vertical-align: top"
    lines = [
        f'<tr><th style="{left}">{_text(subject)}</th><td style="{left}">{_content(content)}</td></tr>'
        for subject, content in rows
        if content
    ]
    caption = f'<caption style="{left}; caption-side: top; font-weight: bold">{_text(title)}</caption>'
    return f"<table>{caption}<tbody>{''.join(lines)}</tbody></table>"


def _content(content: str | Mapping[str, Any]) -> str:
    if isinstance(content, str):
        return _text(content)
    entries = [f"{_text(name)} = {_text(_value(value))}" for name, value in list(content.items())[:_MOST_ENTRIES]]
    hidden = len(content) - len(entries)
    return "<br>".join([*entries, *([f"… {hidden} more"] if hidden else [])])


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _text(text: Any) -> str:
    return escape(short(str(text), _MOST_CHARACTERS))
