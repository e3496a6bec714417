"""The files of a user's own that a Python script consists of: itself and what it imports from its folders."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..command_line import CommandLine

_MOST_FILES = 100
_MOST_BYTES = 1 << 20


def script_of(command: CommandLine) -> Path | None:
    """Return the file that a command starts: the script, or the module after `-m`; None if it is not the user's."""
    if command.script is not None:
        path = command.folder / command.script
        return path if path.is_file() else None
    if not command.module:
        return None
    return _file_of(command.folder, command.module, main=True)


def local_files(command: CommandLine) -> dict[Path, str]:
    """Return the text of the script and of the local modules that it imports, directly or not, in that order.

    Modules are looked up in the script's folder, in the command's, and on its `PYTHONPATH`. Nothing is imported.
    """
    script = script_of(command)
    if script is None:
        return {}
    paths = [Path(entry) for entry in command.variables.get("PYTHONPATH", "").split(":") if entry]
    roots = list(dict.fromkeys([script.parent, command.folder, *(command.folder / path for path in paths)]))
    texts: dict[Path, str] = {}
    waiting = [script]
    while waiting and len(texts) < _MOST_FILES:
        path = waiting.pop(0)
        if path in texts:
            continue
        texts[path] = read_text(path)
        waiting += [file for file in _imported(path, texts[path], roots) if file not in texts]
    return texts


def read_text(path: Path) -> str:
    """Return a file's text; empty if it cannot be read or is too large for a source."""
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= _MOST_BYTES else ""
    except OSError:
        return ""


def tree_of(text: str) -> ast.Module | None:
    """Return the syntax tree of a Python source, or None if it is not valid."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _imported(path: Path, text: str, roots: Sequence[Path]) -> Iterator[Path]:
    tree = tree_of(text) if path.suffix == ".py" else None
    if tree is None:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names, starts = [alias.name for alias in node.names], roots
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [module, *(f"{module}.{alias.name}".lstrip(".") for alias in node.names)]
            starts = [path.parents[node.level - 1]] if 0 < node.level <= len(path.parents) else roots
        else:
            continue
        for name in filter(None, names):
            files = (_file_of(root, name) for root in starts)
            file = next((file for file in files if file is not None), None)
            if file is not None:
                yield file


def _file_of(root: Path, module: str, *, main: bool = False) -> Path | None:
    path = root.joinpath(*module.split("."))
    for file in (path.with_name(f"{path.name}.py"), path / ("__main__.py" if main else "__init__.py")):
        try:
            if file.is_file():
                return file
        except OSError:
            continue
    return None
