"""A range to search from a parameter's name, type and present value."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core.parameters import Choice, Float, Int, Parameter
from ..errors import InputError
from .name_words import reason_to_leave, words


@dataclass(frozen=True)
class Guess:
    """A parameter to search, or why there is none.

    Args:
        parameter: With the present value as its default, where that lies inside; None where it is left alone.
        reason: Why it is left alone, or what should be known about the range; may be empty.
    """

    parameter: Parameter | None
    reason: str = ""


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
"""Words of a name, the options that nearly every script knows, and others."""
_RATES = {"lr", "eta", "eta0"}
_SMALL = {
    "wd", "l1", "l2", "alpha", "eps", "epsilon", "reg", "lambda", "lambd", "regularization", "penalty", "c", "decay",
}  # fmt: skip
_FRACTIONS = {"subsample", "colsample", "fraction", "feature", "bagging"}
_SHARES = _FRACTIONS | {
    "dropout", "drop", "prob", "probability", "p", "momentum", "beta", "gamma", "smoothing", "ema", "mixup",
}  # fmt: skip
_EMBEDDINGS = {"model", "embed", "embedding", "emb", "embd", "hidden", "dim"}
_WIDTHS = _EMBEDDINGS | {
    "dims", "units", "width", "channels", "filters", "ff", "ffn", "neurons", "latent", "features", "size",
}  # fmt: skip
_COUNTS = {"layers", "layer", "depth", "heads", "head", "blocks", "block", "stages"}


def guess(name: str, default: Any, options: Sequence[Any] | None = None, seen: Collection[str] = ()) -> Guess:
    """Return what to search for a parameter.

    Args:
        name: As the user wrote it; its last part says what it is.
        default: The present value.
        options: All values that it can take, where the script says so.
        seen: Strings that stand in the script: which optimisers it knows, for instance.
    """
    reason = reason_to_leave(name)
    if reason is not None:
        return Guess(None, reason)
    if options is not None:
        return _among(options, default)
    if default is None:
        return Guess(None, "it has no value to start from")
    if isinstance(default, bool):
        return Guess(Choice([True, False], default=default))
    if isinstance(default, str):
        return _word(name, default, seen)
    if isinstance(default, int | float) and (default == 0 or 1e-30 < abs(default) < 1e15):
        return _number(name, default)
    return Guess(None, "it is neither a number of a usual size nor a known word")


def guess_around(value: Any) -> Guess:
    """Return a range around a number, whatever its name says."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Guess(None, "only a number has a range around it")
    return _whole(set(), value) if isinstance(value, int) else _around(value)


def is_share(name: str) -> bool:
    """Tell whether a name speaks of a share between 0 and 1, as that of dropout."""
    found = set(words(name))
    return bool(found & _SHARES) and not found & {"lr", "rows"}


def is_width(name: str) -> bool:
    """Tell whether a name speaks of the width of layers, in which heads of attention must fit."""
    found = set(words(name))
    return bool(found & _EMBEDDINGS) and not found & _COUNTS


def _among(options: Sequence[Any], default: Any) -> Guess:
    if len(options) < 2:
        return Guess(None, "there is one option only")
    try:
        choice = Choice(list(options))
    except InputError as error:
        return Guess(None, error.message)
    return Guess(replace(choice, default=default) if default is not None and choice.contains(default) else choice)


def _word(name: str, default: str, seen: Collection[str]) -> Guess:
    for named, usual, others in _ALTERNATIVES:
        if named & {*words(name)}:
            return _spelled(default, usual, others, seen)
    return Guess(None, "text whose other options are not known")


def _spelled(default: str, usual: Sequence[str], others: Sequence[str], seen: Collection[str]) -> Guess:
    """Return the options that the script names, else the usual ones in the user's spelling, as `torch.optim.Adam`."""
    before, dot, last = default.rpartition(".")
    known = {option.lower(): option for option in (*usual, *others)}
    if last.lower() not in known:
        return Guess(None, f"'{default}' is not a word whose alternatives are known")
    named = [word for option in known for word in sorted(seen) if word.lower() == option]
    if len(named) > 1 and default in named:
        return Guess(Choice(named, default=default))
    spell = str.lower if last.islower() else str.upper if last.isupper() and last.lower() != "sgd" else str
    listed = [last, *(spell(option) for option in usual if option.lower() != last.lower())]
    ordered = [next(o for o in listed if o.lower() == u.lower()) for u in usual]
    options = [f"{before}{dot}{option}" for option in (ordered if last in ordered else [last, *ordered])]
    return Guess(Choice(options, default=default), "check that your script knows every option")


def _number(name: str, default: float) -> Guess:
    found, value = set(words(name)), float(default)
    if "decay" in found and "weight" not in found and 0.5 <= value < 1:
        return _near_one(value)
    if is_share(name):
        return _share(found, value)
    if found & _RATES or {"learning", "rate"} <= found:
        return _logarithmic(value, 1e-7, 1.0)
    if found & _SMALL:
        return _logarithmic(value, 1e-10 if found & {"eps", "epsilon"} else 1e-8, 1e4 if value >= 1 else 1.0)
    return _whole(found, default) if isinstance(default, int) else _around(value)


def _share(found: set[str], default: float) -> Guess:
    if "gamma" in found and default > 0 and not 0.5 <= default < 1:
        return _logarithmic(default, 1e-8, 1e4)  # of a kernel, not of a discount
    if not 0 <= default <= 1 or ("gamma" in found and default == 0):
        return _around(default)
    if "momentum" in found:
        return _inside(0.0, 0.99, default)
    if found & {"beta", "gamma", "ema"} and 0.5 <= default < 1:
        return _near_one(default)
    if found & _FRACTIONS:
        return _inside(min(0.5, _short(default / 2)), 1.0, default)
    return _inside(0.0, 0.5 if default <= 0.5 else 1.0, default)


def _logarithmic(default: float, least: float, most: float) -> Guess:
    if default < 0:
        return Guess(None, "a negative value gives no range to guess")
    if default == 0:
        return Guess(Float(1e-6, 1e-1, log=True), "0 itself is outside of the range: a logarithmic scale has none")
    low, high = max(_short(default / 100), least), min(_short(default * 100), most)
    return Guess(Float(min(low, default), max(high, default), log=True, default=default))


def _around(default: float) -> Guess:
    if default == 0:
        return Guess(None, "a value of 0 gives no range to guess")
    if 0.9 <= default < 1:
        return _near_one(default)
    low, high = sorted((_short(default / 4), _short(default * 4)))
    return Guess(Float(low, high, log=default > 0, default=default))


def _near_one(default: float) -> Guess:
    """Near 1 what counts is the distance from it: from a tenth to ten times."""
    distance = 1 - default
    return _inside(_short(max(0.5, 1 - 10 * distance), 12), _short(1 - distance / 10, 12), default)


def _inside(low: float, high: float, default: float) -> Guess:
    return Guess(Float(min(low, default), max(high, default), default=default))


def _whole(found: set[str], default: int) -> Guess:
    if default <= 0:
        return Guess(None, f"a value of {default} usually switches something off and gives no range to guess")
    if "kernel" in found:
        return Guess(Choice(sorted({3, 5, 7, default}), ordered=True, default=default))
    if found & _COUNTS or (default < 4 and not found & (_WIDTHS | {"batch"})):
        return Guess(Int(1, max(4, 2 * default), default=default))
    if "batch" in found:
        return Guess(Int(min(max(8, default // 4), default), default * 4, log=True, default=default))
    return Guess(Int(max(1, default // 4), default * 4, log=True, default=default))


def _short(value: float, digits: int = 6) -> float:
    """Drop the noise of the last digits, so that ranges read as people write them."""
    return float(f"{value:.{digits}g}")
