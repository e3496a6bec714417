"""Scripts that are modules of a package, which run only as `python -m package.module`."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

_LEVELS = 4


def module_of(script: Path, tree: ast.Module) -> tuple[Path, str] | None:
    """Return the folder and the module's name under which a script finds its imports, or None if a plain run does.

    Args:
        script: The script's file.
        tree: Its syntax tree.
    """
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    if any(isinstance(node, ast.ImportFrom) and node.level > 0 for node in imports):
        root = script.parent.resolve()
        while (root / "__init__.py").is_file():
            root = root.parent
        return _named(script, root if root != script.parent.resolve() else root.parent)
    for names in _absolute(imports):
        if any(_resolves(script.parent, name) for name in names):
            continue
        for root in list(script.parent.resolve().parents)[:_LEVELS]:
            if any(_resolves(root, name) for name in names):
                return _named(script, root)
    return None


def _absolute(imports: list[ast.Import | ast.ImportFrom]) -> list[list[str]]:
    """Return the modules that each import may mean; those of the standard library are left out."""
    names: list[list[str]] = []
    for node in imports:
        if isinstance(node, ast.Import):
            names += [[alias.name] for alias in node.names]
        elif node.module and node.level == 0:
            names.append([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return [each for each in names if each[0].partition(".")[0] not in sys.stdlib_module_names]


def _resolves(folder: Path, name: str) -> bool:
    """Tell whether a folder has the file of a module."""
    path = folder.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _named(script: Path, root: Path) -> tuple[Path, str] | None:
    parts = script.resolve().relative_to(root).with_suffix("").parts
    return (root, ".".join(parts)) if all(part.isidentifier() for part in parts) else None
