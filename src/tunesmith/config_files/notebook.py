"""Jupyter notebooks: the cell with the parameters is read and edited as a Python file.

As in papermill, that cell has the tag `parameters`. Without the tag it is the first cell that only assigns plain
values.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from . import python
from .edits import Edits, Malformed
from .names import NOT_PLAIN, leaves

_TAG = "parameters"
_MAGIC = re.compile(r"^(?=[ \t]*[%!?])", re.MULTILINE)
_MASK = "#\x1f"
"""Stands before lines for IPython alone, while a cell is read as Python."""
_CELL_MAGIC = re.compile(r"\s*%%(?!(?:time|timeit|capture|prun)\b)")


class Document:
    """A notebook.

    Args:
        text: Its text.

    Attributes:
        values: What the cell with the parameters assigns, with `NOT_PLAIN` for values that are not known.

    Raises:
        Malformed: It is no notebook in Python, or no cell has parameters.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._notebook = _notebook(text)
        self._cell = _parameters_cell(self._notebook)
        try:
            self._python = python.Document(_masked(_source(self._cell)))
        except Malformed as error:
            raise Malformed(f"{error.reason}, in line {error.line} of the cell with the parameters") from None
        self.values = self._python.values

    def edited(self, edits: Edits) -> str:
        """Return the text with the edits made. The document itself changes, so that it can be edited once.

        Raises:
            InputError: A value cannot be edited where it stands.
        """
        source = self._python.edited(edits).replace(_MASK, "")
        self._cell["source"] = source.splitlines(keepends=True) if isinstance(self._cell["source"], list) else source
        indent = re.match(r"\{\s*\n([ \t]*)", self._text)
        written = json.dumps(self._notebook, indent=indent[1] if indent else None, ensure_ascii=self._text.isascii())
        return written + ("\n" if self._text.endswith("\n") else "")


def code_in(text: str) -> str:
    """Return the code of a notebook as a script, without lines for IPython alone and cells that are no Python.

    Raises:
        Malformed: It is no notebook in Python.
    """
    cells = (_masked(_source(cell)) for cell in _code_cells(_notebook(text)) if not _CELL_MAGIC.match(_source(cell)))
    return "\n\n".join(source for source in cells if _tree(source) is not None) + "\n"


def _notebook(text: str) -> Any:
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise Malformed(error.msg, error.lineno) from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Malformed("it has no cells; a notebook of format 4 is needed")
    metadata = notebook.get("metadata", {})
    language = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name")
    if language not in (None, "python"):
        raise Malformed(f"its language must be Python, got {language}")
    return notebook


def _code_cells(notebook: Any) -> Iterator[dict[str, Any]]:
    for cell in notebook["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code" and isinstance(cell.get("source"), str | list):
            yield cell


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(map(str, source))


def _parameters_cell(notebook: Any) -> dict[str, Any]:
    cells = list(_code_cells(notebook))
    tagged = [cell for cell in cells if _TAG in cell.get("metadata", {}).get("tags", [])]
    plain = [cell for cell in cells if _only_assigns(_source(cell))]
    if not tagged and not plain:
        raise Malformed(
            "it needs a cell with its parameters: give one the tag 'parameters', or write one that only assigns plain "
            "values, as lr = 0.1"
        )
    return (tagged or plain)[0]


def _only_assigns(source: str) -> bool:
    tree = _tree(_masked(source))
    if tree is None or not tree.body or not all(isinstance(each, ast.Assign | ast.AnnAssign) for each in tree.body):
        return False
    values = [value for _, value in leaves(python.Document(_masked(source)).values)]
    return bool(values) and not any(value is NOT_PLAIN for value in values)


def _masked(source: str) -> str:
    return _MAGIC.sub(_MASK, source)


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
