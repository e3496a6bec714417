"""Lists that compare methods: a heading that names a metric, and below it a line for each method with its value."""

from __future__ import annotations

import re

from ...core.metric_words import is_metric
from ...in_script.metric_names import WantedNames
from .baselines import names_baseline
from .printed_methods import MethodCell
from .printed_names import full_name
from .row_labels import ChosenNames, is_no_model

_HEADING = re.compile(
    r"[\s#*=-]*(?P<name>[A-Za-z][\w@-]*(?: [A-Za-z][\w@-]*){0,2}?)"
    r"(?: (?:over|on|of|for|in|across|by|per)\b[^=:]{1,40}| ?\([^()=]{1,40}\))?[\s:#*=-]*",
    re.ASCII,
)
_ROW = re.compile(
    r"\s*(?P<label>[A-Za-z][\w+./-]*(?: [\w+./()-]+){0,3}?)(?:[ \t]*:[ \t]*|[ \t]+)"
    r"(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?: ?%)?)\s*",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_LINE = 120


class Comparisons:
    """Finds lists of methods, one of them a baseline, and tells one value of each: the model's.

    It is that of a name that the trial chooses, or else the last that is not of a baseline.

    Args:
        wanted: The metrics that a study needs.
        chosen: The names that the trial chooses.

    >>> lists = Comparisons(WantedNames(), ChosenNames())
    >>> for line in ("MAPE over 14 days", "naive   6.8 %", "ridge   5.2 %", "blend   5.6 %"):
    ...     assert lists.read(line) == []
    >>> [(cell.name, cell.text) for cell in lists.end()]
    [('MAPE', '5.6 %')]
    """

    def __init__(self, wanted: WantedNames, chosen: ChosenNames) -> None:
        self._wanted = wanted
        self._chosen = chosen
        self._name = ""
        self._rows: list[tuple[str, MethodCell]] = []

    @property
    def has_heading(self) -> bool:
        """Whether rows may follow."""
        return bool(self._name)

    def read(self, line: str) -> list[MethodCell]:
        """Read a line, and return the value of the model if a list ends before it."""
        row = _ROW.fullmatch(line) if self._name and len(line) <= _LONGEST_LINE else None
        if row is not None:
            self._rows.append((row["label"], MethodCell(self._name, row["number"], line, "", is_of_column=False)))
            return []
        if not line.strip(" \t-=_") and not self._rows:
            return []  # A rule below the heading.
        cells = self.end()
        self._name = self._heading(line)
        return cells

    def end(self) -> list[MethodCell]:
        """Return the value of the model if a list ends here."""
        rows, self._rows, self._name = self._rows, [], ""
        if not any(names_baseline(label) for label, _ in rows):
            return []
        chosen = [cell for label, cell in rows if self._chosen.has(label)]
        models = [cell for label, cell in rows if not is_no_model(label)]
        return (chosen or models)[-1:]

    def _heading(self, line: str) -> str:
        """Return the metric that a heading names; empty if a line is none."""
        match = _HEADING.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        if match is None:
            return ""
        name = match["name"]
        is_whole = full_name(tuple(name.split()), self._wanted) == name
        return name if (is_metric(name) and is_whole) or self._wanted.find(name) is not None else ""
