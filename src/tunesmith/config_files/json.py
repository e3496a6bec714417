"""JSON config files: parsed, changed, and written again in the file's own style."""

from __future__ import annotations

import json
import re
from typing import Any

from .edits import Edits, Malformed


class Document:
    """A JSON file.

    Args:
        text: Its text.

    Attributes:
        values: What it holds; of a key that occurs twice, the last value.

    Raises:
        Malformed: It is not JSON.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            self.values: Any = json.loads(text)
        except json.JSONDecodeError as error:
            raise Malformed(error.msg, error.lineno) from None

    def edited(self, edits: Edits) -> str:
        """Return the text with the edits made, in its indentation, separators and escapes."""
        text = self._text
        indent = re.search(r"\{\s*\n([ \t]*)\"", text)
        comma = "," if indent or not re.search(r",[ \t]", text) else ", "
        written = json.dumps(
            edits.applied(self.values),
            indent=indent[1] if indent else None,
            separators=(comma, ": " if re.search(r'":\s', text) else ":"),
            ensure_ascii=text.isascii(),
        )
        return written + ("\n" if text.endswith("\n") else "")
