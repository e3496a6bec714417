"""absl.flags, and the config files and tables that ml_collections reads with them."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

from . import Once, answer, from_command_line, is_asked, note
from .values import kind_of, kind_of_type, longest, option

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType
    from typing import Any

_NOT_THE_SCRIPTS = ("absl", "tensorflow", "jax", "jaxlib", "tensorboard", "tensorflow_datasets", "wandb")
_KINDS = {"int": "int", "float": "float", "bool": "bool", "string": "str", "string enum": "str", "enum class": "str"}


def hook(library: ModuleType) -> None:
    """Hook into the call that reads arguments."""
    original = library.FlagValues.__call__

    @functools.wraps(original)
    def parse(self: Any, argv: Any, *more: Any, **keywords: Any) -> Any:
        if not is_asked() or not from_command_line(list(argv)[1:]):
            return original(self, argv, *more, **keywords)
        with Once():
            try:
                original(self, argv, True)
            except Exception as error:
                note(f"With the words of the command as it is, the script says: {error}")
            options = list(_options(self))
        answer("absl", options)
        return original(self, argv, *more, **keywords)

    library.FlagValues.__call__ = parse


def _options(flags: Any) -> Iterator[dict[str, Any]]:
    for module, own in flags.flags_by_module_dict().items():
        if module.partition(".")[0] in _NOT_THE_SCRIPTS:
            continue
        for flag in own:
            kind = type(flag).__name__
            if kind == "_ConfigFlag":
                yield from _config(flag)
            elif kind not in ("_ConfigFieldFlag", "_ConfigFieldMultiFlag"):
                yield _option(flag)


def _option(flag: Any) -> dict[str, Any]:
    spellings = [f"--{flag.name}", *([f"-{flag.short_name}"] if flag.short_name else [])]
    kind = _KINDS.get(str(flag.flag_type()), "list" if "list" in str(flag.flag_type()) else "other")
    return option(
        spellings,
        name=flag.name,
        form="--name=value",
        kind=kind,
        default=flag.default,
        value=flag.value,
        given=bool(flag.present),
        choices=getattr(flag.parser, "enum_values", None),
        required=any("must have a value" in str(getattr(check, "message", "")) for check in flag.validators),
        text=flag.help,
        switch=(longest(spellings), f"--no{flag.name}") if kind == "bool" else None,
    )


def _config(flag: Any) -> Iterator[dict[str, Any]]:
    """Yield the option for a config, and one for each of its keys."""
    file = getattr(flag, "_config_filename", None)
    is_file = isinstance(file, str)
    if is_file or flag.value is None:
        default = flag.default if isinstance(flag.default, str) else file
        yield option(
            [f"--{flag.name}"],
            form="--name=value",
            kind="path",
            default=default,
            value=file,
            given=any(word.lstrip("-").partition("=")[0] == flag.name for word in sys.argv[1:]),
            required=default is None,
            text=flag.help,
        )
    if flag.value is None:
        return
    given = getattr(flag, "_override_values", None) or {}
    defaults = {}
    if is_file and given:
        try:
            defaults = {name: value for name, value, _ in _leaves(flag.parser.parse(file))}
        except Exception:
            note(f"The defaults of the values of {flag.name} that the command gives are not known.")
    for name, value, type_ in _leaves(flag.value):
        spelling = f"--{flag.name}.{name}"
        kind = kind_of_type(type_, value) if value is None else kind_of(value)
        boolean = kind == "bool" or type_ is bool
        yield option(
            [spelling],
            form="--name=value",
            kind="bool" if boolean else kind,
            default=defaults.get(name, value),
            value=value,
            given=name in given,
            switch=(f"{spelling}=true", f"{spelling}=false") if boolean else None,
        )


def _leaves(config: Any, before: Sequence[str] = ()) -> Iterator[tuple[str, Any, Any]]:
    """Yield the dotted names, the values and the types of the values in a config or a dataclass."""
    items = list(config.items()) if hasattr(config, "items") else list(vars(config).items())
    for key, value in items:
        route = (*before, str(key))
        if hasattr(value, "items") or hasattr(value, "__dataclass_fields__"):
            yield from _leaves(value, route)
        else:
            get_type = getattr(config, "get_type", None)
            yield ".".join(route), value, get_type(key) if get_type is not None else type(value)
