"""Definitions of tunesmith's own modules, cut for a script: what a family needs, and nothing else."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

_ROOT = __package__.split(".")[0]
_ROOMS = ("forecasters", "networks", "series")
_FOREIGN = ("forecasters.base", "series.columns", "series.covariates")
"""Modules of these rooms that are not cut: a script has no use for protocols, and reads its table in its own way."""
_LEFT_OUT = frozenset(
    {
        *(
            "save",
            "load",
            "to_table",
            "from_table",
            "configurations",
            "seconds",
            "seconds_per_window",
            "usual",
            "words",
        ),
        *("profile", "model", "space", "own_space", "libraries", "seconds_per_value"),
        *("Panel.known_values", "Panel.target", "Panel.stamps", "Panel.findings", "Panel.source", "Frequency.seasons"),
        *("Frequency.zoned_stamps", "Frequency.in_utc"),
        "Shape.__post_init__",
    }
)
"""Members of classes that a script does not need: it keeps nothing, and searches nothing."""
COVARIATES = frozenset({"Panel.known_ahead", "Panel.past_covariates", "Panel.known"})
"""Those that only columns beside the target need."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A definition at the top of a module.

    Args:
        name: What it defines.
        text: Its source, without relative imports.
        imports: The imports of its module, by the name that each binds.
    """

    name: str
    text: str
    imports: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def words(self) -> frozenset[str]:
        """The names in its source, in code or not."""
        return frozenset(re.findall(r"\w+", self.text))


def definitions(modules: Iterable[str], *, without: Collection[str] = ()) -> list[Definition]:
    """Return the definitions of modules and of those that they import, the latter first.

    Args:
        modules: Their names within tunesmith, such as `forecasters.ets`.
        without: Members of classes to leave out, as `Class.member`.
    """
    left_out = _LEFT_OUT.union(without)
    found: dict[str, Sequence[Definition]] = {}

    def add(name: str) -> None:
        if name in found or not name.startswith(_ROOMS) or name in _FOREIGN:
            return
        found[name] = ()  # Its place, should modules import each other for types.
        others, own = _module(name, left_out)
        for other in others:
            add(other)
        del found[name]
        found[name] = own

    for name in modules:
        add(name)
    return [definition for listed in found.values() for definition in listed]


@lru_cache(maxsize=256)
def _module(name: str, left_out: frozenset[str]) -> tuple[Sequence[str], Sequence[Definition]]:
    """Return the modules of tunesmith that a module imports, and its definitions."""
    source = _source(name)
    tree = ast.parse(source)
    own = tuple(_definitions(tree, source, name.rpartition(".")[2], left_out))
    return tuple(_relatives(tree, name)), own


def needed(listed: Sequence[Definition], roots: Iterable[str]) -> list[Definition]:
    """Return the definitions that some texts need, in the same order.

    Args:
        listed: All definitions; of two with the same name the first counts.
        roots: The texts.
    """
    named = {definition.name: definition for definition in reversed(listed)}
    words = {word for text in roots for word in re.findall(r"\w+", text)}
    kept: set[str] = set()
    while fresh := [name for name in named if name in words and name not in kept]:
        kept |= set(fresh)
        words |= {word for name in fresh for word in named[name].words}
    return [definition for definition in listed if definition.name in kept and named[definition.name] is definition]


def imports_of(listed: Sequence[Definition]) -> set[str]:
    """Return the import statements that definitions need, one name each."""
    return {statement for one in listed for name, statement in one.imports.items() if name in one.words}


def _source(name: str) -> str:
    spec = importlib.util.find_spec(f"{_ROOT}.{name}")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text(encoding="utf-8")


def _relatives(tree: ast.Module, name: str) -> Iterator[str]:
    """Yield the modules of tunesmith that a module imports, also within functions."""
    package = name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            base = [*package[: len(package) - node.level + 1], node.module]
            yield ".".join(base)


def _definitions(tree: ast.Module, source: str, module: str, left_out: Collection[str]) -> Iterator[Definition]:
    lines = source.splitlines()
    imports = dict(_imports(tree))
    for node in tree.body:
        name = _name(node)
        if name is None:
            continue
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        skipped = {line for part in _skipped(node, left_out) for line in range(part.lineno, (part.end_lineno or 0) + 1)}
        kept = [lines[number - 1] for number in range(first, (node.end_lineno or 0) + 1) if number not in skipped]
        text = _renamed(re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).rstrip(), tree, module)
        yield Definition(name=_public(name, module), text=text, imports=imports)


def _name(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return None


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name.split(".")[0], ast.unparse(ast.Import([alias]))
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module != "__future__":
            for alias in node.names:
                yield alias.asname or alias.name, f"from {node.module} import {ast.unparse(alias)}"


def _skipped(node: ast.stmt, left_out: Collection[str]) -> Iterator[ast.stmt]:
    """Yield the statements within a definition that a script does not need."""
    if isinstance(node, ast.ClassDef):
        after = False
        for member in node.body:
            goes = _name(member) in left_out or f"{node.name}.{_name(member)}" in left_out
            note = after and isinstance(member, ast.Expr) and isinstance(member.value, ast.Constant)
            if goes or note:
                yield from _with_decorators(member)
            after = goes
    for inner in ast.walk(node):
        if isinstance(inner, ast.ImportFrom) and inner.level:
            yield inner


def _with_decorators(member: ast.stmt) -> Iterator[ast.stmt]:
    yield member
    for decorator in getattr(member, "decorator_list", []):
        yield ast.Expr(decorator, lineno=decorator.lineno, end_lineno=decorator.end_lineno)


def _public(name: str, module: str) -> str:
    """Return a name that tells which module it comes from, if it is private there."""
    if not name.startswith("_"):
        return name
    plain = module.strip("_")
    if name.isupper():
        return f"{plain.upper()}{name}"
    return f"{plain}{name}" if name.islower() else "".join(map(str.capitalize, plain.split("_"))) + name[1:]


def _renamed(text: str, tree: ast.Module, module: str) -> str:
    """Return source in which the private names of its module are public."""
    for name in filter(None, map(_name, tree.body)):
        if name.startswith("_"):
            text = re.sub(rf"(?<![\w.]){name}\b", _public(name, module), text)
    return text
