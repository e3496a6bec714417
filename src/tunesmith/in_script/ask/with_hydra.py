"""Hydra: the composed config and its groups."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from . import Once, answer, from_command_line, is_asked, note
from .omegaconf_options import options_of
from .values import option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType
    from typing import Any

_OVERRIDE = re.compile(r"(\+{0,2}|~)([^=]+?)(?:=(.*))?", re.DOTALL)


def hook(library: ModuleType) -> None:
    """Hook into the method that composes the config."""
    original = library.Hydra.compose_config

    @functools.wraps(original)
    def compose_config(self: Any, config_name: Any, overrides: Any, *more: Any, **keywords: Any) -> Any:
        config = original(self, config_name, overrides, *more, **keywords)
        if not is_asked() or not from_command_line(overrides):
            return config
        with Once():
            given = _given(overrides)
            groups = _groups(config)
            kept = [text for name, text in given.items() if name in groups or text[0] in "+~"]
            defaults = config
            if len(kept) < len(given):
                quiet = {**keywords, "with_log_configuration": False}
                try:
                    defaults = original(self, config_name, kept, *more, **quiet)
                except Exception:
                    note("The defaults of the values that the command gives are not known.")
            spelled = {name: text.partition("=")[0] for name, text in given.items()}
            options = [
                *_group_options(self, groups, _default_groups(original, self, config_name, more, keywords), spelled),
                *options_of(config, defaults, spelled, leave_out=("hydra",)),
            ]
        answer("hydra", options)
        return config

    library.Hydra.compose_config = compose_config


def _given(overrides: Any) -> dict[str, str]:
    """Return the words of the command line by the key that each sets."""
    matches = [_OVERRIDE.fullmatch(text) for text in overrides]
    return {match[2]: match[0] for match in matches if match is not None and not match[2].startswith("hydra")}


def _groups(config: Any) -> dict[str, Any]:
    """Return the config groups that the config is composed of, and the choice from each."""
    choices = config.hydra.runtime.choices
    return {str(name): choice for name, choice in choices.items() if not str(name).startswith("hydra/")}


def _default_groups(original: Any, hydra: Any, config_name: Any, more: Any, keywords: Any) -> Mapping[str, Any]:
    try:
        return _groups(original(hydra, config_name, [], *more, **{**keywords, "with_log_configuration": False}))
    except Exception:
        return {}


def _group_options(
    hydra: Any, groups: Mapping[str, Any], defaults: Mapping[str, Any], spelled: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for name, choice in groups.items():
        try:
            choices = hydra.config_loader.get_group_options(name.partition("@")[0])
        except Exception:
            choices = [choice]
        yield option(
            [spelled.get(name, name)],
            name=name,
            form="name=value",
            default=defaults.get(name, choice),
            value=choice,
            given=name in spelled,
            choices=choices,
            text="a config group",
        )
