"""CatBoost's `bagging_temperature`, which only its Bayesian bootstrap uses."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..core.values import Value
from .choosing import with_spare
from .conditions import with_condition
from .draft import Draft
from .name_words import option_words

_SETTING = re.compile(r"\bbootstrap_type[\"']?\]?\s*[:=]\s*([^,\n)}]+)")
_USING = "Bayesian"


def with_bootstrap(draft: Draft, texts: Collection[str]) -> Draft:
    """Return a draft in which the temperature of the bagging is tuned only where the bootstrap uses it.

    Where `bootstrap_type` is a parameter beside it, `used_with` does that already.

    Args:
        draft: The draft.
        texts: The text of each file of the script.
    """
    if any(option_words(name)[-2:] == ["bootstrap", "type"] for name in draft.values):
        return draft
    settings = [setting.strip() for text in texts for setting in _SETTING.findall(text)]
    for name in [name for name in draft.space if option_words(name)[-2:] == ["bagging", "temperature"]]:
        if all(setting[0] in "\"'" and setting.strip("\"'") != _USING for setting in settings):
            reason = "CatBoost uses it only with bootstrap_type Bayesian, which the script does not set"
            draft = with_spare(draft, {name: reason})
        elif len(settings) == 1 and (parent := _parameter(settings[0], draft)) is not None:
            draft = with_condition(draft, name, parent, _is_bayesian, _USING)
    return draft


def _is_bayesian(value: Value) -> bool:
    return str(value).lower() == _USING.lower()


def _parameter(expression: str, draft: Draft) -> str | None:
    """Return the parameter that an expression such as `args.bootstrap` reads, or None."""
    words = re.findall(r"\w+", expression)
    return next((name for name in draft.values if words and name.replace("-", "_") == words[-1]), None)
