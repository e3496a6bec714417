"""LightGBM's bagging, which is off unless it is told how often to draw: by `bagging_freq` or `subsample_freq`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from ..core.parameters import Float, Int
from .choosing import with_spare
from .draft import Draft
from .name_words import option_words

_SHARES = {"bagging fraction": "bagging freq", "subsample": "subsample freq"}
_FREQUENCY = re.compile(r"\b(?:bagging|subsample)_freq\b")
_LIGHTGBM = re.compile(r"\b(?:lightgbm|lgb|LGBM\w*)\b")
_OTHERS = re.compile(r"\b(?:xgboost|XGB\w*|[Cc]at[Bb]oost\w*|GradientBoosting\w*)\b")
_MOST = 0.95
"""The largest share that is tried where the frequency turns bagging off, too: all rows would be the same as none."""


def with_bagging(draft: Draft, texts: Collection[str]) -> Draft:
    """Return a draft in which the share of the rows is tuned only where LightGBM draws some.

    How often it draws them is tuned only if your own command draws none.

    Args:
        draft: The draft.
        texts: The text of each file of the script.
    """
    for share in list(draft.space):
        words = " ".join(option_words(share))
        if words not in _SHARES:
            continue
        table = share.rpartition(".")[0]
        wanted = (table, _SHARES[words].split())
        known = (*draft.space, *draft.skipped)
        frequency = next((name for name in known if (name.rpartition(".")[0], option_words(name)) == wanted), None)
        if frequency is None:
            draft = _without_frequency(draft, share, texts)
        else:
            draft = _with_frequency(draft, share, frequency)
    for frequency in list(draft.space):
        has_share = any(frequency in (parameter.when or {}) for parameter in draft.space.values())
        if not has_share and option_words(frequency) in [words.split() for words in _SHARES.values()]:
            draft = with_spare(draft, {frequency: "it is used only with a share of the rows, which is not tuned"})
    return draft


def _with_frequency(draft: Draft, share: str, frequency: str) -> Draft:
    parameter, times = draft.space[share], draft.space.get(frequency)
    if not isinstance(times, Int):
        is_off = draft.values.get(frequency, 1) in (0, None)
        return with_spare(draft, {share: f"it is used only where {frequency} is above 0"}) if is_off else draft
    if isinstance(times.default, int) and times.default > 0:
        return with_spare(draft, {frequency: f"{share} of 1 turns it off, and how often matters little"})
    if times.default == 0 and isinstance(parameter, Float) and parameter.low < _MOST < parameter.high:
        is_inside = parameter.default is not None and parameter.default <= _MOST
        parameter = replace(parameter, high=_MOST, default=parameter.default if is_inside else None)
    changed = replace(parameter, when={**(parameter.when or {}), frequency: {"low": 1}})
    return replace(draft, space={**draft.space, share: changed})


def _without_frequency(draft: Draft, share: str, texts: Collection[str]) -> Draft:
    """Leave a share alone whose frequency the script sets nowhere, so that it stays 0."""
    text = "\n".join(texts)
    if not _LIGHTGBM.search(text) or _OTHERS.search(text) or _FREQUENCY.search(text):
        return draft
    frequency = "_".join(_SHARES[" ".join(option_words(share))].split())
    return with_spare(draft, {share: f"LightGBM uses it only with {frequency}, which the script does not set"})
