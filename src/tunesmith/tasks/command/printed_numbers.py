"""Numbers in a script's output, read only where the whole token is a number."""

from __future__ import annotations

import re

_NUMBER = re.compile(
    r"""(["']?)(?P<number>[-+]?(?:
          [1-9]\d{0,2}(?:,\d{3})*(?:,\d{3}\.\d+|,\d{3},\d{3})   # 1,500.00 and 1,500,000; 1,500 may be a decimal comma
        | [1-9]\d{0,2}(?:_\d{3})+(?:\.\d*)?                     # 1_500
        | (?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?
        | nan | inf(?:inity)?
        ))\1(?!%\|.*\|[ ]*\d+/)(?:%|(?-i:dB|m?eV|mm|cm|px|bpd|bits|nats)|°)?
        (?=\.?(?:\s|$|[],;:|!?<>(){}[&"'\\，；：。、）】](?!\d)))""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_GROUP = re.compile(r"[ \t]+\d{3}(?:[ \t]\d{3})*(?:[.,]\d+)?(?=[\s,;)\]]|$)", re.ASCII)
"""The rest of `1 500.00`."""
_SECOND = re.compile(r"[ \t]+(?:/[ \t]*\d|(?:[-=]+>|→)[ \t]*[-+.\d])", re.ASCII)
"""The rest of `45 / 50` and of `0.35 -> 0.31`."""
WRAPPER = r"(?:[A-Za-z_]\w*\.)*(?:[Tt]ensor|[Aa]rray|b?float\d+|u?int\d+)\("
"""What libraries print around a number, as `tensor(` or `np.float64(`."""
_WRAPPED = re.compile(
    rf"""(?P<call>{WRAPPER})?(?P<open>\[*)[ ]*(?P<number>[^\s,()[\]]+)[ ]*(?P<close>\]*)
        (?(call)(?:,[^()]*(?:\([^()]*\)[^()]*)*)?\)|(?<=\]))
        (?=\.?(?:\s|$|[],;:|!?<>(){{}}[&"'\\，；：。、）】](?!\d)))""",
    re.VERBOSE | re.ASCII,
)
"""A number in an array or a list of its own."""
_SHARE = re.compile(
    r"(?P<part>\d+)[ ]?/[ ]?(?P<whole>[1-9]\d*)(?![\d.])(?:[ ]*\([ ]*(?P<percent>\d+(?:\.\d+)?)[ ]?%[ ]*\))?", re.ASCII
)
"""A count of a whole, with or without its share: `9823/10000 (98%)`."""
_FRACTIONS = re.compile(r"\[\s*(?P<first>\d*\.\d+)(?:(?:\s*,\s*|\s+)\d*\.\d+){1,9}\s*\]", re.ASCII)
_NUMERIC = re.compile(r"""["'\[(]*[-+−]?\.?\d|[A-Za-z_][\w.]*\(""")
"""The start of what is meant as a number: of `1.2k`, `[0.3]` and `tensor(0.3)`."""


def number_at(text: str, start: int) -> float | None:
    """Return the number at a position, or None if what stands there is no number, or only begins like one.

    Thousands may be separated where no other meaning is possible. A percent sign is ignored, and so are some units.
    So is what libraries print around a single number.

    >>> [number_at(text, 0) for text in ("1,500.00", "1_500", "97.5%", "1e-3.", "1,500", "1/3", "0x10", "1 500")]
    [1500.0, 1500.0, 97.5, 0.001, None, None, None, None]
    >>> [number_at(text, 0) for text in ("24.2dB", "3mm", "3m", "1.5M", "12ms")]
    [24.2, 3.0, None, None, None]
    >>> [number_at(text, 0) for text in ("tensor(0.3, device='cuda:0')", "np.float64(0.3)", "[22.]", "[0.3, 0.4]")]
    [0.3, 0.3, 22.0, None]
    >>> number_at("45%|####    | 45/100 [00:01<00:02]", 0)  # a progress bar
    """
    match = _NUMBER.match(text, start)
    if match is None:
        return _wrapped_number_at(text, start)
    if _SECOND.match(text, match.end()):
        return None
    number = match["number"]
    if (
        len(number.lstrip("+-")) <= 3
        and number[-1].isdecimal()
        and "." not in number
        and _GROUP.match(text, match.end())
    ):
        return None
    return float(number.replace(",", ""))


def _wrapped_number_at(text: str, start: int) -> float | None:
    match = _WRAPPED.match(text, start)
    if match is None or len(match["open"]) != len(match["close"]):
        return None
    plain = _NUMBER.fullmatch(match["number"])
    return None if plain is None else float(plain["number"].replace(",", ""))


def first_at(text: str, start: int) -> float | None:
    """Return the first number of a list of several fractions at a position, or None if that is not there.

    >>> first_at("[0.37, 0.52], hit=[0.8]", 0), first_at("[0.37 0.52]", 0), first_at("[3, 4]", 0), first_at("[0.3]", 0)
    (0.37, 0.37, None, None)
    """
    match = _FRACTIONS.match(text, start)
    return None if match is None else float(match["first"])


def share_at(text: str, start: int, *, is_sure: bool) -> float | None:
    """Return the percentage of a count at a position, with all digits; None if that is not there.

    Args:
        text: The text.
        start: The position.
        is_sure: The count is one of a whole, also if no percentage follows it.

    >>> share_at("9823/10000 (98%)", 0, is_sure=False), share_at("3/10 (98%)", 0, is_sure=True)
    (98.23, None)
    >>> share_at("3 / 10", 0, is_sure=True), share_at("3 / 10", 0, is_sure=False), share_at("11/10", 0, is_sure=True)
    (30.0, None, None)
    """
    match = _SHARE.match(text, start)
    if match is None or int(match["part"]) > int(match["whole"]) or not (match["percent"] or is_sure):
        return None
    share = 100 * int(match["part"]) / int(match["whole"])
    if match["percent"] is None:
        return share
    return share if abs(share - float(match["percent"])) <= 1 else None


def is_numeric(text: str, start: int) -> bool:
    """Tell whether what stands at a position is meant as a number, whether `number_at` can read it or not."""
    return _NUMERIC.match(text, start) is not None
