"""Metrics in the text files that a script writes: its log, or a summary."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ..config_files import SUFFIXES as OF_CONFIGS
from ..core.metric_words import is_beside_quality, is_metric, is_of_validation_data
from ..core.trial import Value
from ..tasks.command.metrics_file import is_text
from .seen_in_output import seen_in_output
from .tryout import SeenMetric

_MOST_BYTES = 4 << 20
_MOST_BYTES_IN_ALL = 8 << 20
_MOST_METRICS = 50
_NO_REPORTS = {
    *({*OF_CONFIGS} - {".txt"}),
    ".html", ".htm", ".xml", ".svg", ".tex", ".bib", ".css", ".js", ".sh", ".r", ".jl", ".c", ".cpp", ".h",
    ".sql", ".patch", ".diff",
}  # fmt: skip
"""Suffixes of text that reports nothing: settings, code, markup."""
_NO_TEXT = re.compile(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f]")
_LIGHTGBM_MODEL = b"tree\nversion="
"""The beginning of a model, with settings such as `multi_error_top_k`."""


def written_in_texts(
    paths: Iterable[Path], parameters: Mapping[str, Value], chosen: Collection[str]
) -> list[SeenMetric]:
    """Return what looks like metrics in the text files among those that a script wrote, but large ones.

    Args:
        paths: The files, of any kind.
        parameters: The values of the script's options, which may be in them, too.
        chosen: Names that its command chooses, as in `PrintedMetrics`.
    """
    metrics: list[SeenMetric] = []
    left = _MOST_BYTES_IN_ALL
    for path in paths:
        text = _text(path, min(_MOST_BYTES, left))
        left -= len(text)
        seen = [metric for metric in seen_in_output(text, parameters, chosen, file=path) if _is_likely(metric.name)]
        metrics += seen[:_MOST_METRICS]
    return metrics


def _text(path: Path, most_bytes: int) -> bytes:
    """Return a file's text; none if it is large, or of another kind."""
    if not is_text(path.name) or path.suffix.lower() in _NO_REPORTS:
        return b""
    try:
        if not path.is_file() or path.stat().st_size > most_bytes:
            return b""
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError:
        return b""
    return b"" if _NO_TEXT.search(content) or content.startswith(_LIGHTGBM_MODEL) else content


def _is_likely(name: str) -> bool:
    return is_metric(name) or (is_of_validation_data(name) and not is_beside_quality(name))
