"""A search range guessed from a parameter's name, type and present value."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core.parameters import Choice, Float, Int, Parameter
from ..errors import InputError
from .name_words import reason_to_leave, words


@dataclass(frozen=True)
class Guess:
    """A guessed parameter, or the reason to leave it alone.

    Args:
        parameter: The parameter, with the present value as its default if that is inside; None to leave it alone.
        reason: Why it is left alone, or a remark on the range; may be empty.
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
"""Words of a name, the usual options, and rarer ones."""
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


def guess(name: str, default: Any, options: Sequence[Any] | None = None, strings: Collection[str] = ()) -> Guess:
    """Guess the search range of a parameter.

    Args:
        name: The parameter's name in the script or config; its last part counts.
        default: The present value.
        options: All possible values, if the script lists them.
        strings: Strings in the script, among which may be the names of the optimizers that it has.
    """
    reason = reason_to_leave(name)
    if reason is not None:
        return Guess(None, reason)
    if options is not None:
        return _among(options, default)
    if default is None:
        return Guess(None, "it has no default value")
    if isinstance(default, bool):
        return Guess(Choice([True, False], default=default))
    if isinstance(default, str):
        return _word(name, default, strings)
    if isinstance(default, int | float) and (default == 0 or 1e-30 < abs(default) < 1e15):
        return _number(name, default)
    return Guess(None, "it is neither a number of a usual size nor a word")


def guess_around(value: Any) -> Guess:
    """Guess a range around a number, regardless of its name."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Guess(None, "it is not a number")
    return _whole(set(), value) if isinstance(value, int) else _around(value)


def is_share(name: str) -> bool:
    """Tell whether a name suggests a share between 0 and 1, as that of dropout."""
    parts = set(words(name))
    return bool(parts & _SHARES) and not parts & {"lr", "rows"}


def is_width(name: str) -> bool:
    """Tell whether a name suggests the width of layers, which attention heads must divide."""
    parts = set(words(name))
    return bool(parts & _EMBEDDINGS) and not parts & _COUNTS


def _among(options: Sequence[Any], default: Any) -> Guess:
    if len(options) < 2:
        return Guess(None, "it has only one option")
    try:
        choice = Choice(list(options))
    except InputError as error:
        return Guess(None, error.message)
    return Guess(replace(choice, default=default) if default is not None and choice.contains(default) else choice)


def _word(name: str, default: str, strings: Collection[str]) -> Guess:
    for named, usual, others in _ALTERNATIVES:
        if named & {*words(name)}:
            return _spelled(default, usual, others, strings)
    return Guess(None, "text whose alternatives are unknown")


def _spelled(default: str, usual: Sequence[str], others: Sequence[str], strings: Collection[str]) -> Guess:
    """Return the options that the script names, else the usual ones in the user's spelling, as `torch.optim.Adam`."""
    before, dot, last = default.rpartition(".")
    known = {option.lower(): option for option in (*usual, *others)}
    if last.lower() not in known:
        return Guess(None, f"'{default}' has no known alternatives")
    named = [word for option in known for word in sorted(strings) if word.lower() == option]
    if len(named) > 1 and default in named:
        return Guess(Choice(named, default=default))
    spell = str.lower if last.islower() else str.upper if last.isupper() and last.lower() != "sgd" else str
    listed = [last, *(spell(option) for option in usual if option.lower() != last.lower())]
    ordered = [next(o for o in listed if o.lower() == u.lower()) for u in usual]
    options = [f"{before}{dot}{option}" for option in (ordered if last in ordered else [last, *ordered])]
    return Guess(Choice(options, default=default), "check that your script accepts every option")


def _number(name: str, default: float) -> Guess:
    parts, value = set(words(name)), float(default)
    if "decay" in parts and "weight" not in parts and 0.5 <= value < 1:
        return _near_one(value)
    if is_share(name):
        return _share(parts, value)
    if parts & _RATES or {"learning", "rate"} <= parts:
        return _logarithmic(value, 1e-7, 1.0)
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
    return _inside(0.0, 0.5 if default <= 0.5 else 1.0, default)


def _logarithmic(default: float, least: float, most: float) -> Guess:
    if default < 0:
        return Guess(None, "its range cannot be guessed from a negative value")
    if default == 0:
        return Guess(Float(1e-6, 1e-1, log=True), "the range excludes 0, which a logarithmic scale does not have")
    low, high = max(_short(default / 100), least), min(_short(default * 100), most)
    return Guess(Float(min(low, default), max(high, default), log=True, default=default))


def _around(default: float) -> Guess:
    if default == 0:
        return Guess(None, "its range cannot be guessed from a value of 0")
    if 0.9 <= default < 1:
        return _near_one(default)
    low, high = sorted((_short(default / 4), _short(default * 4)))
    return Guess(Float(low, high, log=default > 0, default=default))


def _near_one(default: float) -> Guess:
    """Search the distance from 1 between a tenth and ten times the present one."""
    distance = 1 - default
    return _inside(_short(max(0.5, 1 - 10 * distance), 12), _short(1 - distance / 10, 12), default)


def _inside(low: float, high: float, default: float) -> Guess:
    return Guess(Float(min(low, default), max(high, default), default=default))


def _whole(parts: set[str], default: int) -> Guess:
    if default <= 0:
        return Guess(None, f"a value of {default} usually disables something, and gives no range to guess")
    if "kernel" in parts:
        return Guess(Choice(sorted({3, 5, 7, default}), ordered=True, default=default))
    if parts & _COUNTS or (default < 4 and not parts & (_WIDTHS | {"batch"})):
        return Guess(Int(1, max(4, 2 * default), default=default))
    if "batch" in parts:
        return Guess(Int(min(max(8, default // 4), default), default * 4, log=True, default=default))
    return Guess(Int(max(1, default // 4), default * 4, log=True, default=default))


def _short(value: float, digits: int = 6) -> float:
    """Round to a few digits, so that ranges read as people write them."""
    return float(f"{value:.{digits}g}")
