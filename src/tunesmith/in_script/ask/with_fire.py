"""fire: the options are the parameters of the function, or of the class and its method, that the command names."""

from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING

from . import Once, answer, is_asked, note
from .values import kind_of, kind_of_type, option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_NAMED_TYPES = {"int": int, "float": float, "bool": bool, "str": str}


def hook(library: Any) -> None:
    """Hook into the function that calls what the command line names."""
    original = library._CallAndUpdateTrace

    @functools.wraps(original)
    def call(component: Any, args: Any, *more: Any, **keywords: Any) -> Any:
        if not is_asked():
            return original(component, args, *more, **keywords)
        with Once():
            words = sys.argv[1:]
            before = tuple(words[: len(words) - len(args)]) if args else tuple(words)
            options = list(_options(library, component, list(args), before if words[len(before) :] == args else ()))
        answer("fire", options)
        return original(component, args, *more, **keywords)

    library._CallAndUpdateTrace = call


def _options(library: Any, component: Any, args: list[str], subcommand: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the options of a function or a class, and of the class's method that the words name."""
    values, left = _read(library, component, args)
    yield from _parameters(library, component, values, subcommand)
    if not inspect.isclass(component):
        return
    methods = [name for name in dir(component) if name[:1] != "_" and callable(getattr(component, name, None))]
    names = {spelling: name for name in methods for spelling in (name, name.replace("_", "-"))}
    word = next((word for word in left if word in names), None)
    if word is not None:
        method = getattr(component, names[word])
        args = left[left.index(word) + 1 :]
        without_self = functools.partial(method, None)
        yield from _parameters(library, without_self, _read(library, method, args)[0], (*subcommand, word))
    elif methods and "__call__" not in vars(component):
        note(f"TO DO: add a subcommand to the command, since its options are read with it: {', '.join(methods)}.")


def _read(library: Any, component: Any, args: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the values that the words give to the parameters of a function, and the words that are left."""
    try:
        specification = library.inspectutils.GetFullArgSpec(component)
        texts, unknown, left = library._ParseKeywordArgs(list(args), specification)
    except Exception:
        return {}, args
    values = {name: library.parser.DefaultParseValue(text) for name, text in texts.items()}
    missing = [name for name in specification.args if name not in values and name != "self"]
    if not inspect.isclass(component):
        values.update(zip(missing, map(library.parser.DefaultParseValue, left)))
    return values, [*left, *unknown]


def _parameters(
    library: Any, component: Any, values: Mapping[str, Any], subcommand: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    try:
        parameters = inspect.signature(component).parameters.values()
    except (TypeError, ValueError):
        note("TO DO: write the parameters into [space]: the signature of the function is not known.")
        return
    helps = _helps(library, component)
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            if parameter.kind is parameter.VAR_KEYWORD:
                note(f"The options that the script takes through **{parameter.name} are not known.")
            continue
        required = parameter.default is parameter.empty
        default = None if required else parameter.default
        spelling = f"--{parameter.name}"
        kind = _kind(parameter.annotation, default)
        yield option(
            [spelling],
            form="--name=value",
            kind=kind,
            default=default,
            value=values.get(parameter.name, default),
            given=parameter.name in values,
            choices=_literals(parameter.annotation),
            required=required,
            text=helps.get(parameter.name, ""),
            # fire takes `false` for a text, which is true.
            switch=(f"{spelling}=True", f"{spelling}=False") if kind == "bool" else None,
            subcommand=subcommand,
        )


def _kind(annotation: Any, default: Any) -> str:
    annotation = _NAMED_TYPES.get(annotation, annotation) if isinstance(annotation, str) else annotation
    if annotation is bool:
        return "bool"
    if isinstance(annotation, type) and annotation is not inspect.Parameter.empty:
        kind = kind_of_type(annotation, default)
        if kind != "other":
            return kind
    return kind_of(default)


def _literals(annotation: Any) -> list[Any] | None:
    return list(annotation.__args__) if str(getattr(annotation, "__origin__", "")) == "typing.Literal" else None


def _helps(library: Any, component: Any) -> dict[str, str]:
    """Return what the docstring says of the parameters."""
    text = inspect.getdoc(getattr(component, "func", component))
    try:
        arguments = library.helptext.docstrings.parse(text).args if text else None
        return {argument.name: argument.description or "" for argument in arguments or []}
    except Exception:
        return {}
