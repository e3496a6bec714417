"""Steps as Python that runs without tunesmith."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..steps.base import Step, Transformer

_PERSISTENCE = ("to_table", "from_table")

_FUNCTIONS = '''
def fit_transform(steps, features, target):
    """Fit the steps, and return the training rows transformed.

    The target is numbers, shape (rows, outputs): 0 and 1 for two classes, for several a column of 0 and 1 for each.
    """
    for step in steps:
        features = step.fit_transform(features, target)
    return features


def transform(steps, features):
    """Return other rows transformed."""
    for step in steps:
        features = step.transform(features)
    return features
'''


@dataclass(frozen=True, kw_only=True)
class PythonSource:
    """The parts of a script that prepares columns; those of several recipes can be merged.

    Args:
        imports: Import statements, sorted.
        definitions: The source of functions and classes by their names; their order does not matter.
        steps: The expressions of the transformers, in their order.
    """

    imports: tuple[str, ...]
    definitions: Mapping[str, str]
    steps: tuple[str, ...]

    def script(self) -> str:
        """Return one readable module with the functions `recipe`, `fit_transform` and `transform`."""
        made = ",\n".join(textwrap.indent(step, " " * 8) for step in self.steps)
        recipe = f'def recipe():\n    """Return the unfitted steps."""\n    return [\n{made}{made and ","}\n    ]\n'
        parts = ["from __future__ import annotations\n", "\n".join(self.imports)]
        return "\n".join(parts) + "\n\n\n" + "\n\n\n".join([*self.definitions.values(), recipe]) + "\n" + _FUNCTIONS


def source_of(steps: Sequence[Step]) -> PythonSource:
    """Return steps as parts of a script, which needs public libraries only."""
    imports: set[str] = set()
    definitions: dict[str, str] = {}
    for step in steps:
        imports |= set(step.imports())
        parts: list[Any] = [*step.functions, step.transformer]
        for definition in parts:
            if definition.__name__ not in definitions:
                source = _printed(definition)
                definitions[definition.__name__] = source
                imports |= _imports_of(definition, source)
    return PythonSource(
        imports=tuple(sorted(imports)), definitions=definitions, steps=tuple(step.python() for step in steps)
    )


def _printed(definition: Callable[..., Any]) -> str:
    """Return the source of a function or class, without what concerns tunesmith alone."""
    lines = inspect.getsource(definition).replace(f"({Transformer.__name__}):", ":", 1).rstrip().split("\n")
    dropped: set[int] = set()
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef) and node.name in _PERSISTENCE:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            dropped |= set(range(first - 1, int(node.end_lineno or 0) + 1))
        if isinstance(node, ast.Import) and node.names[0].name == "pandas":  # It stands above all definitions.
            dropped |= {node.lineno - 1, node.lineno}
    return "\n".join(line for number, line in enumerate(lines) if number not in dropped).rstrip()


def _imports_of(definition: Callable[..., Any], source: str) -> set[str]:
    """Return the import statements of a definition's module, other than of tunesmith, for names that it uses."""
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    module = ast.parse(inspect.getsource(inspect.getmodule(definition)))  # type: ignore[arg-type]
    statements = [*module.body, *(inner for node in module.body if isinstance(node, ast.If) for inner in node.body)]
    found = set()
    for node in statements:
        if isinstance(node, ast.Import):
            names = [name for name in node.names if (name.asname or name.name) in used]
            found |= {
                f"import {name.name} as {name.asname}" if name.asname else f"import {name.name}" for name in names
            }
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {f"from {node.module} import {name.name}" for name in node.names if name.name in used}
    return found
