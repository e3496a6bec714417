"""Options that are the parameters of a function, or the fields of a dataclass: fire, typer, tyro and others."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...config_files.names import NOT_PLAIN
from ..script_option import Kind, ScriptOption
from .literals import as_kind, calls, constants_of, keywords, kind_of, kind_of_name, last_name, plain
from .source import Found, Source

Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Style:
    """How a library spells options: with `-` for `_`, as `--name=value`, and its words for a boolean."""

    framework: str
    dashes: bool = False
    equals: bool = False
    true: str = "--{}"
    false: str = "--no-{}"


_READERS = {
    "Fire": Style("fire", equals=True, true="--{}=True", false="--{}=False"),
    "cli": Style("tyro", dashes=True),
    "HfArgumentParser": Style("HfArgumentParser", true="--{}=true", false="--{}=false"),
    "add_arguments": Style("simple-parsing", true="--{}=true", false="--{}=false"),
    "parse": Style("simple-parsing", true="--{}=true", false="--{}=false"),
}
_TYPER = Style("typer", dashes=True)


def read(source: Source) -> Found:
    """Return the options of the function or the dataclasses that a library turns into a command line."""
    definitions = definitions_in(source)
    reader = FieldReader(definitions, {key: value for tree in source.trees.values() for key, value in _constants(tree)})
    for tree in source.trees.values():
        typer = [calls_.args[0] for calls_ in calls(tree, "run") if calls_.args and "typer" in ast.unparse(calls_.func)]
        commands = [node for node in definitions.values() if _is_command(node)] if "typer" in source.text else []
        names = [last_name(name) for name in typer] or [node.name for node in commands]
        if names:
            return reader.chosen(names, _TYPER, source)
        for call in calls(tree, *_READERS):
            targets = call.args[0].elts if call.args and isinstance(call.args[0], ast.Tuple | ast.List) else call.args
            names = [last_name(target) for target in targets if last_name(target) in definitions]
            if names:
                style = _READERS[last_name(call.func)]
                options = [option for name in names for option in reader.options(definitions[name], style)]
                return Found(style.framework, options)
    return Found()


def _constants(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    yield from constants_of(tree.body).items()


def _is_command(node: Definition) -> bool:
    return any(isinstance(call, ast.Call) and last_name(call.func) == "command" for call in node.decorator_list)


class FieldReader:
    """Reads the parameters of functions and the fields of classes.

    Args:
        definitions: The functions and classes of a script, by name.
        constants: The plain values of its names.
    """

    def __init__(self, definitions: Mapping[str, Definition], constants: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._constants = constants

    def chosen(self, names: list[str], style: Style, source: Source) -> Found:
        """Return the options of the command that the user's words name, or of the only one."""
        named = [name for name in names if name.replace("_", "-") in source.arguments]
        if len(names) > 1 and not named:
            note = f"TO DO: add a subcommand to the command, since its options are read with it: {', '.join(names)}."
            return Found(style.framework, (), (note,))
        words = (named[0].replace("_", "-"),) if len(names) > 1 else ()
        definition = self._definitions.get((named or names)[0])
        return Found(style.framework, list(self.options(definition, style, words)) if definition is not None else [])

    def options(
        self, definition: Definition, style: Style, words: tuple[str, ...] = (), before: str = ""
    ) -> Iterator[ScriptOption]:
        """Yield the options of a function's parameters or a dataclass's fields; those of nested ones with a dot."""
        for name, annotation, default in fields_of(definition):
            type_ = without_optional(annotation)
            nested = self._definitions.get(last_name(type_))
            if isinstance(nested, ast.ClassDef) and not is_enumeration(nested):
                yield from self.options(nested, style, words, f"{before}{name}.")
            else:
                yield self.option(f"{before}{name}", type_, default, style, words)

    def option(
        self,
        name: str,
        annotation: ast.expr | None,
        default: ast.expr | None,
        style: Style,
        words: tuple[str, ...] = (),
    ) -> ScriptOption:
        """Return the option of one parameter or field."""
        required = default is None
        value, spelled = self._default(default)
        required = required or value is ...
        value = None if value is ... else value
        kind, choices = self._kind(annotation, value)
        name = spelled.lstrip("-") if spelled else name.replace("_", "-") if style.dashes else name
        positional = required and style is _TYPER
        switch = (style.true.format(name), style.false.format(name)) if kind == "bool" else None
        return ScriptOption(
            name=name,
            spellings=() if positional else (f"--{name}",),
            form="positional" if positional else "--name=value" if style.equals else "--name value",
            kind=kind,
            default=as_kind(value, kind),
            choices=choices,
            required=required,
            switch=switch,
            subcommand=words,
        )

    def _default(self, default: ast.expr | None) -> tuple[Any, str]:
        """Return a default, and the spelling if the default gives it, as `typer.Option(0.1, "--lr")`."""
        if not isinstance(default, ast.Call):
            if isinstance(default, ast.Attribute) and isinstance(default.value, ast.Name):
                owner = self._definitions.get(default.value.id)
                if isinstance(owner, ast.ClassDef) and is_enumeration(owner):
                    return default.attr, ""
            return plain(default, self._constants), ""
        name, given = last_name(default.func), keywords(default)
        if name in ("Option", "Argument"):
            value = default.args[0] if default.args else given.get("default")
            texts = [plain(arg, {}) for arg in default.args[1:]]
            spelled = max((text for text in texts if isinstance(text, str)), key=len, default="").partition("/")[0]
            is_missing = isinstance(value, ast.Constant) and value.value is ...
            return ... if is_missing else plain(value, self._constants), spelled
        if name in ("field", "Field"):
            if name == "Field" and default.args:
                given = {"default": default.args[0], **given}
            if "default" not in given and "default_factory" not in given:
                return ..., ""
            return plain(given["default"], self._constants) if "default" in given else NOT_PLAIN, ""
        return NOT_PLAIN, ""

    def _kind(self, annotation: ast.expr | None, default: Any) -> tuple[Kind, tuple[Any, ...] | None]:
        if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Literal":
            inner = annotation.slice
            choices = plain(inner if isinstance(inner, ast.Tuple) else ast.Tuple([inner]), self._constants)
            if isinstance(choices, list):
                return kind_of(choices[0]), tuple(choices)
        head = last_name(annotation.value if isinstance(annotation, ast.Subscript) else annotation)
        enumeration = self._definitions.get(head)
        if isinstance(enumeration, ast.ClassDef) and is_enumeration(enumeration):
            return "str", tuple(constants_of(enumeration.body))
        return kind_of_name(head, default), None


def definitions_in(source: Source) -> dict[str, Definition]:
    """Return the functions and classes of a script and its local modules, by name."""
    return {
        node.name: node
        for tree in source.trees.values()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def fields_of(definition: Definition) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """Yield name, annotation and default of a function's parameters, or of a class's fields."""
    if isinstance(definition, ast.ClassDef):
        initial = next((node for node in definition.body if getattr(node, "name", "") == "__init__"), None)
        if isinstance(initial, ast.FunctionDef):
            yield from list(fields_of(initial))[1:]
            return
        for node in definition.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                yield node.target.id, node.annotation, node.value
        return
    arguments = definition.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    for argument, default in [
        *zip(positional, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]:
        yield argument.arg, argument.annotation, default


def without_optional(annotation: ast.expr | None) -> ast.expr | None:
    """Return the type T of `Optional[T]`, `T | None` and `Annotated[T, ...]`."""
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) in ("Optional", "Annotated"):
        inner = annotation.slice
        return without_optional(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
    if isinstance(annotation, ast.BinOp) and ast.unparse(annotation.right) == "None":
        return without_optional(annotation.left)
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return annotation
    return annotation


def is_enumeration(node: ast.ClassDef) -> bool:
    """Tell whether a class is an enumeration."""
    return any("Enum" in last_name(base) for base in node.bases)
