"""A search range guessed from a parameter's name, type and present value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core.parameters import Choice, Float, Int, Parameter
from ..errors import InputError
from .importance import importance
from .listed_alternatives import listed_alternatives
from .name_words import option_words, reason_in_help, reason_to_leave
from .script_text import NO_TEXT, ScriptText
from .smoothing import is_smoothing_constant, smoothing_range


@dataclass(frozen=True)
class Guess:
    """A guessed parameter, or the reason to leave it alone.

    Args:
        parameter: The parameter, with the present value as its default if that is inside; None to leave it alone.
        reason: Why it is left alone, or a remark on the range; may be empty.
        spare: It could be tuned, but is left alone for this reason unless the user asks for it.
    """

    parameter: Parameter | None
    reason: str = ""
    spare: bool = False


_ALTERNATIVES: tuple[tuple[set[str], tuple[str, ...], tuple[str, ...]], ...] = (
    (
        {"optimizer", "optimiser", "optim", "opt"},
        ("Adam", "AdamW", "SGD"),
        ("RMSprop", "NAdam", "Adagrad", "RAdam", "Adamax", "Lion"),
    ),
    (
        {"activation", "act", "nonlinearity"},
        ("ReLU", "GELU", "Tanh"),
        ("SiLU", "ELU", "SELU", "LeakyReLU", "leaky_relu", "Swish", "Mish", "Sigmoid"),
    ),
    ({"scheduler", "schedule"}, ("linear", "cosine", "constant"), ()),
)
"""Words of a name, the usual options, and rarer ones."""
_RATES = {"lr", "eta", "eta0"}
_SMALL = {
    "wd", "l1", "l2", "alpha", "eps", "epsilon", "reg", "lambda", "lambd", "lam", "regularization", "penalty", "c",
    "decay", "ridge",
}  # fmt: skip
_OF_WHOLE = {"ratio", "pct", "fraction", "proportion", "frac"}
_OF_CLIPPING = {"clip", "grad", "gradient", "norm", "max", "val", "value"}
_PENALTIES = {"l1", "l2", "reg", "regularization", "lambda", "alpha"}
_FRACTIONS = {"subsample", "colsample", "fraction", "feature", "bagging"}
_SHARES = _FRACTIONS | {
    "dropout", "drop", "prob", "probability", "p", "momentum", "beta", "gamma", "smoothing", "ema", "mixup", "flip",
    "fliplr", "flipud", "erasing",
}  # fmt: skip
_EMBEDDINGS = {"model", "embed", "embedding", "emb", "embd", "hidden", "dim"}
_WIDTHS = _EMBEDDINGS | {
    "dims", "units", "width", "channels", "filters", "ff", "ffn", "neurons", "latent", "features", "size",
}  # fmt: skip
_TUNABLE_SWITCHES = {
    "nesterov", "amsgrad", "bias", "bn", "batchnorm", "norm", "layernorm", "groupnorm", "residual", "augment", "aug",
    "augmentation", "anneal", "bidirectional", "tied", "tie", "affine", "centered", "dueling", "clip", "balanced",
    "ema", "swa", "cosine", "gated", "glu", "prenorm", "positional", "individual", "revin", "distil", "mixup", "cutmix",
    "flip",
    "crop", "jitter", "autoaugment", "bootstrap", "intercept", "smoothing", "attention", "se", "scheduler", "schedule",
    "connection", "connections", "dropout", "normalize", "standardize", "whiten", "warmup", "lr", "cos",
}  # fmt: skip
_OF_EXPLORATION = {"exploration", "explore", "greedy", "start", "initial", "init", "final", "end"}
"""Words beside `eps` that make it the share of random actions."""
_OFF = "0 turns it off"
_COUNTS = {"layers", "layer", "depth", "heads", "head", "blocks", "block", "stages"}


def guess(
    name: str, default: Any, options: Sequence[Any] | None = None, text: ScriptText = NO_TEXT, help_text: str = ""
) -> Guess:
    """Guess the search range of a parameter.

    Args:
        name: The parameter's name in the script or config; its last part counts.
        default: The present value.
        options: All possible values, if the script lists them.
        text: The script's own words, among which may be the names of the optimizers that it has.
        help_text: The script's own text about it, which counts where its name says nothing.
    """
    reason = reason_to_leave(name)
    if reason is None and not importance(name):
        reason = reason_in_help(help_text)
    if reason is not None:
        return Guess(None, reason)
    if options is not None:
        return _among(options, default)
    if default is None:
        return Guess(None, "it has no default value")
    if isinstance(default, bool):
        return _boolean(name, default)
    if isinstance(default, str):
        return _word(name, default, text, help_text)
    if isinstance(default, int | float) and (default == 0 or 1e-30 < abs(default) < 1e15):
        return _number(name, default, text, help_text)
    return Guess(None, "it is neither a number of a usual size nor a word")


def guess_around(value: Any) -> Guess:
    """Guess a range around a number, regardless of its name."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Guess(None, "it is not a number")
    return _whole(set(), value) if isinstance(value, int) else _around(value)


def is_share(name: str) -> bool:
    """Tell whether a name suggests a share between 0 and 1, as that of dropout."""
    parts = set(option_words(name))
    return bool(parts & _SHARES) and not parts & {"lr", "rows"}


def is_width(name: str) -> bool:
    """Tell whether a name suggests the width of layers, which attention heads must divide."""
    parts = set(option_words(name))
    return bool(parts & _EMBEDDINGS) and not parts & _COUNTS


def _among(options: Sequence[Any], default: Any) -> Guess:
    if len(options) < 2:
        return Guess(None, "it has only one option")
    try:
        choice = Choice(list(options))
    except InputError as error:
        return Guess(None, error.message)
    return Guess(replace(choice, default=default) if default is not None and choice.contains(default) else choice)


def _boolean(name: str, default: bool) -> Guess:
    choice = Choice([True, False], default=default)
    if {*option_words(name)} & _TUNABLE_SWITCHES:
        return Guess(choice)
    return Guess(choice, "a switch, and its name does not say that it makes a better model", spare=True)


def _word(name: str, default: str, text: ScriptText, help_text: str) -> Guess:
    if listed := listed_alternatives(help_text, default):
        return _among(listed, default)
    known = next((each for each in _ALTERNATIVES if each[0] & {*option_words(name)}), None)
    unknown = Guess(None, "text whose alternatives are unknown")
    found = unknown if known is None else _spelled(name, default, known[1], known[2], text)
    if found.parameter is not None:
        return found
    options = {option.lower(): option for option in reversed([default, *text.compared_with(name)])}
    return _among([*reversed(options.values())], default) if len(options) > 1 else found


def _spelled(name: str, default: str, usual: Sequence[str], others: Sequence[str], text: ScriptText) -> Guess:
    """Return the options that the script names, else the usual ones in the user's spelling, as `torch.optim.Adam`."""
    before, dot, last = default.rpartition(".")
    known = {option.lower(): option for option in (*usual, *others)}
    if last.lower() not in known:
        return Guess(None, f"'{default}' has no known alternatives")
    named = [word for option in known for word in sorted(text.strings) if word.lower() == option]
    if len(named) > 1 and default in named:
        return Guess(Choice(named, default=default))
    if text.reads(name) and not text.looks_up:
        return Guess(None, "text, and the script names no alternatives")
    spell = str.lower if last.islower() else str.upper if last.isupper() and last.lower() != "sgd" else str
    listed = [last, *(spell(option) for option in usual if option.lower() != last.lower())]
    ordered = [next(o for o in listed if o.lower() == u.lower()) for u in usual]
    options = [f"{before}{dot}{option}" for option in (ordered if last in ordered else [last, *ordered])]
    return Guess(Choice(options, default=default), "check that your script accepts every option")


def _number(name: str, default: float, text: ScriptText, help_text: str) -> Guess:
    parts, value = set(option_words(name)), float(default)
    if not importance(name) and re.search(r"\blearning rate\b", help_text, re.I):
        return _logarithmic(value, 1e-7, 1.0)
    if (value == 0 or 0.01 <= value <= 1) and is_smoothing_constant(name, text.smoothed_with):
        return Guess(smoothing_range(name, value))
    if "decay" in parts and "weight" not in parts and 0.5 <= value < 1:
        return _near_one(value)
    if "lr" in parts and parts & {"gamma", "factor"} and 0.5 <= value < 1:
        return _near_one(value)
    if "lambda" in parts and value > 0 and text.boosts_trees:
        return _logarithmic(value, 1e-8, 1e4)
    if is_share(name) and "freq" not in parts:
        return _share(parts, value)
    if {"max", "features"} <= parts and isinstance(default, float):  # Of a tree, which takes a count or a share.
        return _share({"fraction"}, value)
    if {"lambda", "lam", "gae"} & parts and 0.5 <= value < 1:
        return _near_one(value)
    if (parts & _RATES or {"learning", "rate"} <= parts) and not parts & {"step", "size", "milestones"}:
        return _logarithmic(value, 1e-7, 1.0)
    if "tau" in parts and 0 < value <= 1:
        return Guess(Float(_short(value / 100), min(1.0, _short(value * 100)), log=True, default=value))
    if {"l1", "ratio"} <= parts and 0 <= value <= 1:
        return _inside(0.0, 1.0, value)
    if parts & _PENALTIES and value == 0 and text.boosts_trees:
        return Guess(Choice([default, 0.01, 0.1, 1.0, 10.0, 100.0], ordered=True, default=default), _OFF)
    if "warmup" in parts and parts & _OF_WHOLE and 0 <= value <= 0.2:
        return _inside(0.0, 0.2, value)
    if "clip" in parts and parts <= _OF_CLIPPING and value == 0:
        return Guess(Choice([default, 0.1, 0.5, 1.0, 5.0], ordered=True, default=default), _OFF)
    if parts & {"eps", "epsilon"} and parts & _OF_EXPLORATION and 0 < value <= 1:
        return Guess(Float(_short(value / 10), min(1.0, _short(value * 10)), log=True, default=value))
    if parts & _SMALL:
        return _logarithmic(value, 1e-10 if parts & {"eps", "epsilon"} else 1e-8, 1e4 if value >= 1 else 1.0)
    return _whole(parts, default) if isinstance(default, int) else _around(value)


def _share(parts: set[str], default: float) -> Guess:
    if "gamma" in parts and default > 0 and not 0.5 <= default < 1:
        return _logarithmic(default, 1e-8, 1e4)  # of a kernel, not of a discount
    if not 0 <= default <= 1 or ("gamma" in parts and default == 0):
        return _around(default)
    if "momentum" in parts:
        return _inside(0.0, 0.99, default)
    if parts & {"beta", "gamma", "ema"} and 0.5 <= default < 1:
        return _near_one(default)
    if parts & _FRACTIONS:
        return _inside(min(0.5, _short(default / 2)), 1.0, default)
    return _inside(0.0, 0.5 if default < 0.4 else _short(min(0.95, 0.9 if default <= 0.8 else default + 0.1)), default)


def _logarithmic(default: float, least: float, most: float) -> Guess:
    if default < 0:
        return Guess(None, "its range cannot be guessed from a negative value")
    if default == 0:
        return Guess(Choice([default, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2], ordered=True, default=default), _OFF)
    most = max(most, _short(4 * default)) if default >= 0.5 else most
    low, high = max(_short(default / 100), least), min(_short(default * 100), most)
    return Guess(Float(min(low, default), max(high, default), log=True, default=default))


def _around(default: float) -> Guess:
    if default == 0:
        return Guess(None, "its range cannot be guessed from a value of 0")
    if 0.9 <= default < 1:
        return _near_one(default)
    low, high = sorted((_short(default / 4), _short(default * 4)))
    if 0.25 < default < 0.9:  # It may be a probability.
        high = 1.0 if default < 0.7 else _short((1 + default) / 2)
    return Guess(Float(low, high, log=default > 0, default=default))


def _near_one(default: float) -> Guess:
    """Search the distance from 1 between a tenth and ten times the present one."""
    distance, least = 1 - default, 0.5 if default >= 0.7 else default / 4
    return _inside(_short(max(least, 1 - 10 * distance), 12), _short(1 - distance / 10, 12), default)


def _inside(low: float, high: float, default: float) -> Guess:
    return Guess(Float(min(low, default), max(high, default), default=default))


def _whole(parts: set[str], default: int) -> Guess:
    if {"freq"} & parts and parts & {"bagging", "subsample"} and default >= 0:
        return Guess(Int(0, max(7, 2 * default), default=default), _OFF)
    if default <= 0:
        return Guess(None, f"a value of {default} usually disables something, and gives no range to guess")
    if "kernel" in parts:
        return Guess(Choice(sorted({3, 5, 7, default}), ordered=True, default=default))
    if {"min", "split"} <= parts:  # Of a tree, which refuses 1.
        return Guess(Int(2, max(8, 4 * default), log=True, default=max(2, default)))
    if "leaf" in parts and "min" in parts:
        return Guess(Int(max(1, default // 4), max(20, 4 * default), log=True, default=default))
    if parts & _COUNTS or (default < 4 and not parts & (_WIDTHS | {"batch"})):
        return Guess(Int(1, max(4, 2 * default), default=default))
    if "batch" in parts:
        low = max(8, default // 4) if default > 8 else max(2, default // 2)
        return Guess(Int(min(low, default), default * 4, log=True, default=default))
    return Guess(Int(max(1, default // 4), default * 4, log=True, default=default))


def _short(value: float, digits: int = 6) -> float:
    """Round to a few digits, so that ranges read as people write them."""
    return float(f"{value:.{digits}g}")
