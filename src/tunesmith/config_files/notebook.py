"""Jupyter notebooks: their code is read and edited as a Python file.

As in papermill, the parameters are in the cell with the tag `parameters`. Without the tag they are anywhere in the
code, as in a script: the code cells are read one after the other.
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

_Cell = dict[str, Any]
_TAG = "parameters"
_MAGIC = re.compile(r"^(?=[ \t]*[%!?])", re.MULTILINE)
_MASK = "#\x1f"
"""Stands before lines for IPython alone, while a cell is read as Python."""
_BETWEEN = "\n#\x1e\n"
"""Stands between cells, while they are read as one file."""
_CELL_MAGIC = re.compile(r"\s*%%(?!(?:time|timeit|capture|prun)\b)")


class Document:
    """A notebook.

    Args:
        text: Its text.

    Attributes:
        values: What the code assigns, with `NOT_PLAIN` for values that are not known.

    Raises:
        Malformed: It is no notebook in Python, or its code has no parameters.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._notebook = _notebook(text)
        tagged = _tagged(self._notebook)
        self._cells = [tagged] if tagged is not None else list(_python_cells(self._notebook))
        try:
            self._python = python.Document(_BETWEEN.join(_masked(_source(cell)) for cell in self._cells))
        except Malformed as error:
            raise Malformed(f"{error.reason}, in line {error.line} of the cell with the parameters") from None
        self.values = self._python.values
        if tagged is None and all(value is NOT_PLAIN for _, value in leaves(self.values)):
            raise Malformed(
                "it needs parameters: write an assignment of a plain value, as lr = 0.1, or give the cell with the "
                "parameters the tag 'parameters'"
            )

    def edited(self, edits: Edits) -> str:
        """Return the text with the edits made. The document itself changes, so that it can be edited once.

        Raises:
            InputError: A value cannot be edited where it stands.
        """
        sources = self._python.edited(edits).split(_BETWEEN)
        for cell, source in zip(self._cells, sources, strict=True):
            _write(cell, source.replace(_MASK, ""))
        indent = re.match(r"\{\s*\n([ \t]*)", self._text)
        written = json.dumps(self._notebook, indent=indent[1] if indent else None, ensure_ascii=self._text.isascii())
        return written + ("\n" if self._text.endswith("\n") else "")


def code_in(text: str) -> str:
    """Return the code of a notebook as a script, without lines for IPython alone and cells that are no Python.

    Raises:
        Malformed: It is no notebook in Python.
    """
    return "\n\n".join(_masked(_source(cell)) for cell in _python_cells(_notebook(text))) + "\n"


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


def _code_cells(notebook: Any) -> Iterator[_Cell]:
    for cell in notebook["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code" and isinstance(cell.get("source"), str | list):
            yield cell


def _python_cells(notebook: Any) -> Iterator[_Cell]:
    """Yield the cells that are Python: neither another language, as `%%bash`, nor what only IPython understands."""
    for cell in _code_cells(notebook):
        source = _source(cell)
        if not _CELL_MAGIC.match(source) and _BETWEEN not in source and _is_python(_masked(source)):
            yield cell


def _tagged(notebook: Any) -> _Cell | None:
    cells = _code_cells(notebook)
    return next((cell for cell in cells if _TAG in cell.get("metadata", {}).get("tags", [])), None)


def _source(cell: _Cell) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(map(str, source))


def _write(cell: _Cell, source: str) -> None:
    """Change the source of a cell, and leave one alone that is the same."""
    if source != _source(cell):
        cell["source"] = source.splitlines(keepends=True) if isinstance(cell["source"], list) else source


def _masked(source: str) -> str:
    """Return a cell's source as Python, with lines for IPython alone as comments."""
    return source if _is_python(source) else _MAGIC.sub(_MASK, source)


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True
