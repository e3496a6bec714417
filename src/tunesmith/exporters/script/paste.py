"""Modules as text to paste into a script."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = f"{__package__}.parts"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A module without its docstring.

    Args:
        imports: The import statements, but for those of other parts.
        body: All that follows.
        needs: The names of the parts that it imports from.
    """

    imports: tuple[str, ...]
    body: str
    needs: tuple[str, ...]


def part(name: str) -> Part:
    """Return a module of the folder `parts`; its source is read, and it is not imported."""
    spec = importlib.util.find_spec(f"{_PACKAGE}.{name}")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    module = ast.parse(source)
    imports, needs, last = [], [], 0
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and node.level:
            needs.append(str(node.module))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(ast.unparse(node))
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            break
        last = int(node.end_lineno or 0)
    return Part(imports=tuple(imports), body="\n".join(source.splitlines()[last:]).strip(), needs=tuple(needs))


def parts(names: Iterable[str]) -> dict[str, Part]:
    """Return modules and those that they need, in the order in which they can stand in a script."""
    ordered: dict[str, Part] = {}

    def add(name: str) -> None:
        if name not in ordered:
            found = part(name)
            for other in found.needs:
                add(other)
            ordered[name] = found

    for name in names:
        add(name)
    return ordered


def merged_imports(statements: Iterable[str]) -> str:
    """Return import statements, each once, in groups: the standard library first."""
    import sys

    known = sorted(set(statements), key=lambda text: (text.startswith("from"), text.split()[1]))
    own = [text for text in known if text.split()[1].split(".")[0] in sys.stdlib_module_names]
    return "\n".join(own) + "\n\n" + "\n".join(text for text in known if text not in own)
