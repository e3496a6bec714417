"""Whether a script that has read some of its arguments goes on to read the others."""

from __future__ import annotations

import ast
import linecache
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_READING = {
    *("parse_args", "parse_known_args", "parse_intermixed_args", "parse_args_into_dataclasses"),
    *("from_cli", "from_dotlist", "merge_with_cli", "merge_with_dotlist"),
}
"""The methods that read arguments."""
_passed: set[tuple[str, int]] = set()


def is_another_to_come(frame: FrameType) -> bool:
    """Tell whether the files that led to a call have other calls that read arguments, not passed so far."""
    files = []
    caller: FrameType | None = frame
    while caller is not None:
        file = caller.f_code.co_filename
        _passed.add((file, caller.f_lineno))
        if file not in files:
            files.append(file)
        caller = caller.f_back
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    if main is not None and main not in files:
        files.append(main)
    return any(
        not any((file, line) in _passed for line in lines) for file in files for lines in _calls(file, file == main)
    )


def _calls(file: str, is_main: bool) -> Iterator[range]:
    """Yield the lines of each call in a file that reads arguments, except what only the file as a script would do."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return
    body = [node for node in tree.body if is_main or not _is_for_the_script(node)]
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _READING:
                yield range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _is_for_the_script(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )
