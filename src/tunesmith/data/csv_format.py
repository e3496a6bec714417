"""Find out how a CSV file is written: encoding, separator, quotes, decimal mark and header."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InputError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SEPARATORS = "\t;|,"  # Where two fit alike, the first: commas also occur in numbers.
_NO_SEPARATOR = "\x1f"
_SPACES = r"\s+"
_LEAST_EVEN = 0.5  # Of the rows, with as many fields as the header.
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
_ESCAPED_QUOTE = re.compile(r'\\"(?![\t;|,\r\n"]|$)')  # After a closing quote, the field ends.
_MOST_ROWS = 500


@dataclass(frozen=True, kw_only=True)
class CsvFormat:
    """How a CSV file is written.

    Args:
        encoding: The name of its encoding.
        separator: What stands between two fields; a regular expression for spaces.
        decimal: The decimal mark of its numbers.
        quote: What surrounds a field that holds a separator.
        escape: What precedes a quote within a field; None if it is doubled.
        names: The names of the columns; None if pandas reads them from the header.
        repeated: Names that several columns have.
        skipped: The number of lines before the first row that pandas reads.
        has_line_ends_in_fields: Whether a row may take several lines.
    """

    encoding: str
    separator: str
    decimal: str
    quote: str = '"'
    escape: str | None = None
    names: tuple[str, ...] | None = None
    repeated: tuple[str, ...] = ()
    skipped: int = 0
    has_line_ends_in_fields: bool = False

    @classmethod
    def of(cls, sample: bytes, *, is_whole: bool) -> CsvFormat:
        """Return how a file is written.

        Args:
            sample: Its first bytes.
            is_whole: Whether these are all.

        Raises:
            InputError: It is no text.
        """
        encoding, text = _decoded(sample)
        first, _, rest = text.partition("\n")
        declared = re.fullmatch(r"\s*sep=(.)\s*", first)  # As Excel writes it.
        text = rest if declared else text
        escape = "\\" if _ESCAPED_QUOTE.search(text) else None
        quote = "'" if text.count('"') == 0 and re.search(r"(^|[\t;|,])'[^']*'[\t;|,]", text, re.MULTILINE) else '"'
        rows = {mark: _rows(text, mark, quote, escape, is_whole) for mark in _SEPARATORS}
        separator = declared[1] if declared else max(_SEPARATORS, key=lambda mark: _evenness(rows[mark]))
        if separator not in rows:
            rows[separator] = _rows(text, separator, quote, escape, is_whole)
        if not declared and _evenness(rows[separator]) < _LEAST_EVEN:
            _check_lengths(rows[separator], separator)
            separator = _SPACES if _is_spaced(text, is_whole) else _NO_SEPARATOR
            rows[separator] = (
                [line.split() for line in text.splitlines()]
                if separator == _SPACES
                else _rows(text, separator, quote, escape, is_whole)
            )
        table = [row for row in rows[separator] if row]
        names, has_header = _names(table)
        return cls(
            encoding=encoding,
            separator=separator,
            decimal=_decimal([field for row in table[1:] for field in row], separator),
            quote=quote,
            escape=escape,
            names=names,
            repeated=_repeated(table[0]) if table and has_header else (),
            skipped=(1 if declared else 0) + (1 if names is not None and has_header else 0),
            has_line_ends_in_fields=any("\n" in field for row in table for field in row),
        )


def _decoded(sample: bytes) -> tuple[str, str]:
    """Return the encoding and the text."""
    encoding = next((name for mark, name in _MARKS.items() if sample.startswith(mark)), None)
    if encoding is None and b"\0" in sample:
        odd, even = sample[1::2].count(0), sample[::2].count(0)
        if max(odd, even) < 0.3 * len(sample) / 2:
            raise InputError("it is no text")
        encoding = "utf-16-le" if odd > even else "utf-16-be"
    try:
        chosen = encoding or "utf-8"
        return chosen, codecs.getincrementaldecoder(chosen)().decode(sample).removeprefix("\ufeff")
    except UnicodeDecodeError:
        chosen = encoding or _fallback_encoding(sample)
        return chosen, sample.decode(chosen, errors="replace")


def _fallback_encoding(sample: bytes) -> str:
    """Return the encoding of bytes that are no UTF-8: that of Windows, or Latin-1 where it lacks one of them."""
    return "latin-1" if any(byte in sample for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)) else "cp1252"


def _rows(text: str, separator: str, quote: str, escape: str | None, is_whole: bool) -> list[list[str]]:
    """Return the first rows; the last one is left out where it may be cut."""
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        quotechar=quote,
        escapechar=escape,
        doublequote=escape is None,
        skipinitialspace=True,
    )
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > _MOST_ROWS:
                return rows[:-1]
    except csv.Error:  # A field of more than 128 kB.
        return rows
    return rows if is_whole or len(rows) < 2 else rows[:-1]


def _evenness(rows: Sequence[Sequence[str]]) -> float:
    """Return how well a separator explains the rows: the share with as many fields as the header, or all one more."""
    counts = [len(row) for row in rows if row]
    if not counts or counts[0] < 2:
        return 0.0
    if len(counts) == 1:
        return 1.0
    return max(counts[1:].count(counts[0] + more) for more in (0, 1)) / (len(counts) - 1)


def _check_lengths(rows: Sequence[Sequence[str]], separator: str) -> None:
    """Raise `InputError` if header and most rows have a separator, but not as often."""
    lengths = [len(row) for row in rows if row]
    if len(lengths) > 1 and lengths[0] > 1 and sum(length > 1 for length in lengths) > len(lengths) / 2:
        number, length = next((index, n) for index, n in enumerate(lengths[1:], 2) if n != lengths[0])
        name = {"\t": "tab"}.get(separator, f"'{separator}'")
        raise InputError(
            f"its rows must have as many fields as the header, {lengths[0]} with the separator {name}, but row "
            f"{number} has {length}, and most rows differ"
        )


def _is_spaced(text: str, is_whole: bool) -> bool:
    """Return whether runs of spaces separate columns of numbers."""
    lines = [line.split() for line in text.splitlines()[:_MOST_ROWS] if line.strip()]
    lines = lines if is_whole else lines[:-1]
    if len(lines) < 2 or len(lines[0]) < 2 or any(len(line) != len(lines[0]) for line in lines):
        return False
    fields = [field for line in lines[1:] for field in line]
    return sum(bool(_NUMBER.fullmatch(field)) for field in fields) > len(fields) / 2


def _names(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...] | None, bool]:
    """Return the names of the columns, None if the header has them; and whether there is a header.

    A first row of numbers is no header, unless they count the columns or are distinct whole numbers, as years are.
    Where each row has one field more than the header, the first one names the row, unless the last one is empty.
    """
    if not rows:
        return None, True
    header = [field.strip() for field in rows[0]]
    if all(_NUMBER.fullmatch(field) for field in header):
        counted = len(set(header)) == len(header) > 1 and all(field.isdecimal() for field in header)
        if counted or header == ["0"]:
            return None, True
        return tuple(f"column_{index}" for index in range(len(header))), False
    longer = [row for row in rows[1:] if len(row) == len(header) + 1]
    if longer and len(longer) == len(rows) - 1 and any(row[-1].strip() for row in longer):
        return ("", *header), True
    return None, True


def _repeated(header: Sequence[str]) -> tuple[str, ...]:
    names = [name.strip() for name in header]
    return tuple(sorted({name for name in names if name and names.count(name) > 1})) if len(names) < 20_000 else ()


def _decimal(fields: Sequence[str], separator: str) -> str:
    """Return the decimal mark of fields; groups of three digits may also be thousands, so that they count less."""
    weights = {",": 0.0, ".": 0.0}
    for field in fields:
        text = field.strip()
        for mark, other in ((",", "."), (".", ",")):
            if re.fullmatch(rf"[+-]?\d{{1,3}}({re.escape(mark)}\d{{3}})+", text):
                if text.count(mark) > 1:
                    weights[other] += 1
                elif mark == "." or separator != ",":
                    weights[mark] += 0.01
            elif re.fullmatch(rf"[+-]?(\d+|\d{{1,3}}({re.escape(other)}\d{{3}})+)?{re.escape(mark)}\d+", text):
                weights[mark] += 1
    return "," if weights[","] > weights["."] else "."
