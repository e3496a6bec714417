"""An optimizer and its keywords: each is active only with the classes that accept it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..core.parameters import Choice, Float, Parameter
from .choosing import with_spare
from .draft import Draft
from .name_words import option_words

_ADAMS = frozenset({"adam", "adamw", "nadam", "radam", "adamax", "lamb"})
_ACCEPTS = {
    "momentum": frozenset({"sgd", "rmsprop", "lars"}),
    "nesterov": frozenset({"sgd"}),
    "dampening": frozenset({"sgd"}),
    "amsgrad": frozenset({"adam", "adamw"}),
    "beta": _ADAMS | {"lion"},
    "betas": _ADAMS | {"lion"},
    "centered": frozenset({"rmsprop"}),
    "eps": _ADAMS | {"rmsprop", "adagrad", "adadelta"},
    "epsilon": _ADAMS | {"rmsprop", "adagrad", "adadelta"},
}
"""The word of a keyword, to the classes of torch.optim and their like that accept it."""
_KNOWN = frozenset().union(*_ACCEPTS.values()) | {"sgd", "adagrad", "adadelta", "lion", "rmsprop"}
_ARGUMENT_TABLES = {"params", "args", "kwargs", "options", "keywords", "hparams"}


def with_optimizer(draft: Draft) -> Draft:
    """Return a draft in which the keywords of an optimizer are active with the classes that accept them only.

    A keyword that none of the classes accepts is not tuned. A class that does not accept a keyword which stays in the
    config is not tried.
    """
    name = next((name for name in [*draft.space, *draft.skipped] if _is_optimizer(draft, name)), None)
    if name is None:
        return draft
    if isinstance(draft.space.get(name), Choice):
        draft = _with_acceptable_classes(draft, name)
    tuned = draft.space.get(name)
    classes = list(tuned.options) if isinstance(tuned, Choice) else [draft.values.get(name)]
    space, unused = dict(draft.space), {}
    for keyword, parameter in draft.space.items():
        accepted = _accepted(keyword, classes)
        if keyword == name or accepted is None:
            continue
        if not accepted:
            unused[keyword] = f"not used by {' or '.join(map(str, classes))}"
        elif len(accepted) < len(classes):
            # Keyword arguments that go straight to the optimizer must not include those of another one.
            is_refused = draft.config is not None and _is_argument(keyword)
            clause = accepted[0] if len(accepted) == 1 else accepted
            space[keyword] = replace(parameter, when={name: clause}, inactive="remove" if is_refused else "keep")
    draft = with_spare(replace(draft, space=space), unused)
    return _with_nesterov(draft)


def _is_optimizer(draft: Draft, name: str) -> bool:
    is_named = bool({*option_words(name)} & {"optimizer", "optimiser", "optim", "opt"})
    return is_named and _class(draft.values.get(name)) in _KNOWN


def _class(value: Any) -> str:
    return str(value).rpartition(".")[2].lower()


def _accepted(keyword: str, classes: Sequence[Any]) -> list[Any] | None:
    """Return the classes that accept a keyword; None if it is none of an optimizer."""
    words = option_words(_without_index(keyword))
    accepting = [_ACCEPTS[word] for word in words if word in _ACCEPTS]
    if "beta" in words and not {"1", "2", "adam"} & {*words}:  # The weight of a term of the loss.
        return None
    if not accepting or {*option_words(keyword)} & {"norm", "bn", "batchnorm", "layernorm", "ema"}:
        return None
    return [option for option in classes if _class(option) in accepting[0] or _class(option) not in _KNOWN]


def _without_index(name: str) -> str:
    """Return `optimizer.betas` for `optimizer.betas.0`."""
    table, _, last = name.rpartition(".")
    return table if last.isdecimal() else name


def _is_argument(name: str) -> bool:
    return bool({*option_words(_without_index(name).rpartition(".")[0])} & _ARGUMENT_TABLES)


def _with_acceptable_classes(draft: Draft, name: str) -> Draft:
    """Leave out the classes that would refuse a keyword which stays in the config as it is."""
    optimizer = draft.space[name]
    assert isinstance(optimizer, Choice)
    options = list(optimizer.options)
    refused = ""
    for keyword in draft.values:
        accepted = _accepted(keyword, options)
        if keyword in draft.space or draft.config is None or not _is_argument(keyword) or accepted is None:
            continue
        if len(accepted) < len(options):
            options, refused = accepted, _without_index(keyword)
    if len(options) == len(optimizer.options):
        return draft
    if len(options) < 2 or optimizer.default not in options:
        return with_spare(draft, {name: f"the others do not accept {refused}"})
    changed: Parameter = replace(optimizer, options=options)
    return replace(draft, space={**draft.space, name: changed})


def _with_nesterov(draft: Draft) -> Draft:
    """Keep momentum above 0 where Nesterov's may be used, which refuses none."""
    uses = any("nesterov" in option_words(n) for n in draft.space) or any(
        "nesterov" in option_words(n) and value is True for n, value in draft.values.items()
    )
    space = dict(draft.space)
    for name, parameter in draft.space.items():
        if not uses or "momentum" not in option_words(name) or not isinstance(parameter, Float):
            continue
        if parameter.low < 0.1 and (parameter.default is None or parameter.default >= 0.1):
            space[name] = replace(parameter, low=0.1)
    draft = replace(draft, space=space)
    momentum = next((v for n, v in draft.values.items() if option_words(n)[-1:] == ["momentum"]), None)
    if momentum == 0:
        without = {n: "it needs momentum, which is 0" for n in draft.space if "nesterov" in option_words(n)}
        return with_spare(draft, without)
    return draft
