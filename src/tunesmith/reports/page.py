"""A self-contained HTML page: its templates, its scripts, its security policy, and how it is written."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..core.machine_faults import writing
from ..text import wording
from ..text.cleaning import plain, visible

DECISIONS = {
    "accept": "accepted",
    "reject": "rejected",
    "approve": "approved",
    "replicate": "to be repeated",
    "prune": "stopped early",
    "study_stopped": "study stopped",
    "stop_refused": "stop refused",
    "advice_refused": "advice refused",
    "search_focused": "search focused",
    "files_shared": "files shared",
    "approval_requested": "approval requested",
    "model_paused": "model paused",
}


def write_page(target: Path, page: str) -> Path:
    """Write a page to a file, beside its target and then moved, so that it is never incomplete.

    Args:
        target: The file; an existing one is replaced.
        page: The page.

    Returns:
        The absolute path of the file.

    Raises:
        OutputError: The file cannot be written.
    """
    target = Path(target).absolute()
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    content = page.encode("utf-8", errors="replace")  # Logs may contain lone surrogates, which UTF-8 cannot encode.
    with writing(target):
        if target.exists() and not target.is_file():  # A device, which must not be replaced; or a folder.
            target.write_bytes(content)
            return target
        try:
            draft.write_bytes(content)
            draft.replace(target)
        finally:
            with contextlib.suppress(OSError):  # A folder that refuses the file may also refuse its removal.
                draft.unlink()
    return target


def rendered(template: str, *, has_figures: bool, webgl: bool = False, **values: Any) -> str:
    """Return a page as text.

    Args:
        template: The name of its template.
        has_figures: Whether it has plots, which need plotly's script.
        webgl: Whether one of them needs WebGL.
        values: The variables of the template.
    """
    scripts = [_plotly()] if has_figures else []
    scripts.append(_asset("report.js"))
    return (
        _environment()
        .get_template(template)
        .render(
            **values,
            policy=_policy(scripts, webgl=webgl),
            css=Markup(_asset("report.css")),
            plotly=Markup(scripts[0]) if has_figures else "",
            script=Markup(scripts[-1]),
        )
    )


def decision_word(word: str) -> str:
    """Return the kind of a decision in words."""
    return DECISIONS.get(word, word)


@cache
def _asset(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text("utf-8")


@cache
def _plotly() -> str:
    """Return plotly's script. `plotly.offline` has a function for it, whose import takes a second."""
    script = (files("plotly") / "package_data" / "plotly.min.js").read_text("utf-8")
    return script.replace("\r\n", "\n")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tunesmith.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        # No name or value may reorder the text of the page, or hide in it.
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    for function in (wording.number, wording.share, wording.duration, wording.size, wording.moment, plain):
        environment.filters[function.__name__] = function
    environment.filters |= {
        "figure": _figure_json,
        "decision": decision_word,
        "rounded": wording.rounded,
        "near": near,
    }
    return environment


def _figure_json(figure: Any) -> Markup:
    """Return a figure, plotly's or its table, as JSON that cannot end the script element around it."""
    text: str = orjson.dumps(figure).decode() if isinstance(figure, dict) else figure.to_json()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def near(value: float | None) -> str:
    """Return a metric's value, without the digits of one that is almost 0."""
    return wording.rounded(0.0 if value is not None and abs(value) < 5e-4 else value, 4)


def _policy(scripts: Sequence[str], *, webgl: bool) -> str:
    """Return a content security policy that allows the page's own scripts only, and loads nothing.

    plotly compiles WebGL programs at run time, which counts as eval; only a page with such a plot allows it.
    """
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    sources = [f"'sha256-{digest}'" for digest in hashes]
    sources += ["'unsafe-eval'"] if webgl else []
    return (
        f"default-src 'none'; script-src {' '.join(sources)}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
