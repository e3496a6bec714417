"""The columns of a user's table, and how any other table is read in the same way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..errors import InputError, nearest
from ..text.wording import count
from .column import Column, Reading
from .findings import Finding

if TYPE_CHECKING:
    import pandas as pd

_MOST_ABSENT = 1 / 3  # Of the columns; a prediction from fewer would be a guess.
_MOST_LISTED = 5


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The columns that models are trained on.

    Args:
        columns: In the order of the training table.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": ["31", " 48"], "town": ["Ulm", "Bonn"]})
    >>> schema = Schema.infer(frame)
    >>> [column.kind for column in schema.columns]
    ['number', 'category']
    >>> schema.read(frame)["age"].tolist()
    [31.0, 48.0]
    """

    columns: tuple[Column, ...]

    @classmethod
    def infer(cls, frame: pd.DataFrame, ignore: Collection[str] = (), *, decimal: str = ".") -> Self:
        """Return the schema of a training table.

        Args:
            frame: The table; its names are strings that differ.
            ignore: Columns that are not used, such as the target.
            decimal: The decimal mark of numbers in text, where their values allow two.
        """
        ignored = set(ignore)
        return cls(
            columns=tuple(Column.of(frame[name], decimal=decimal) for name in frame.columns if name not in ignored)
        )

    def read(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return any table in the form that models are trained on.

        Args:
            frame: The table. Columns that the schema lacks are ignored, and unknown categories are missing.

        Raises:
            InputError: More than a third of the columns are absent.
        """
        return self.read_and_report(frame)[0]

    def read_and_report(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
        """Return a table as `read` does, and what it holds that the training table did not.

        Args:
            frame: The table.

        Returns:
            The table, with one column for each of the schema; and findings of the kinds `absent_columns`,
            `renamed_columns`, `new_categories` and `unread_values`.

        Raises:
            InputError: More than a third of the columns are absent.
        """
        import pandas as pd

        sources = self._sources(frame.columns)
        findings = self._check_names(sources)
        nothing = pd.Series(np.full(len(frame), None, dtype=object), index=frame.index)
        read: dict[str, Any] = {}
        for column in self.columns:
            source = sources[column.name]
            reading = column.read_and_report(nothing if source is None else frame[source])
            read[column.name] = reading.values
            if reading.unread_rows:
                findings.append(_unread(column, reading, len(frame)))
        return pd.DataFrame(read, index=frame.index, copy=False), findings

    def _sources(self, names: Collection[str]) -> dict[str, str | None]:
        """Return the name in another table of each column; None where there is none, also in other spelling."""
        exact = set(names)
        spellings: dict[str, list[str]] = {}
        for name in exact - set(self.names):
            spellings.setdefault(name.strip().casefold(), []).append(name)
        sources: dict[str, str | None] = {}
        for name in self.names:
            similar = spellings.get(name.strip().casefold(), [])
            sources[name] = name if name in exact else similar[0] if len(similar) == 1 else None
        return sources

    def _check_names(self, sources: Mapping[str, str | None]) -> list[Finding]:
        """Return findings about absent and renamed columns; raise `InputError` if too many are absent."""
        absent = [name for name, source in sources.items() if source is None]
        renamed = [name for name, source in sources.items() if source not in (None, name)]
        findings = []
        if len(absent) > _MOST_ABSENT * len(sources):
            guess = nearest(absent[0], [source for source in sources.values() if source])
            raise InputError(
                f"the table must have the columns of the training table, but {len(absent)} of {len(sources)} are "
                f"absent: {_listed(absent)}.{guess}"
            )
        if absent:
            findings.append(
                Finding(
                    kind="absent_columns",
                    severity="warning",
                    columns=tuple(absent),
                    text=f"{count(len(absent), 'column')} of the training table {_are(absent)} absent: "
                    f"{_listed(absent)}.",
                    remedy="What is absent is taken as missing. Add it for better predictions.",
                )
            )
        if renamed:
            findings.append(
                Finding(
                    kind="renamed_columns",
                    severity="info",
                    columns=tuple(renamed),
                    text=f"{count(len(renamed), 'column')} of the training table {_are(renamed)} spelled differently: "
                    f"{_listed(renamed)}.",
                    remedy="They are taken as the same.",
                )
            )
        return findings

    @cached_property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def to_table(self) -> list[dict[str, Any]]:
        """Return it as plain JSON."""
        return [column.to_table() for column in self.columns]

    @classmethod
    def from_table(cls, table: Collection[Mapping[str, Any]]) -> Self:
        """Return the schema that `to_table` described."""
        return cls(columns=tuple(map(Column.from_table, table)))


def _unread(column: Column, reading: Reading, rows: int) -> Finding:
    """Return the finding about values that a column does not allow."""
    new = column.kind == "category"
    what = "categories that the training table lacks" if new else f"values that are no {column.kind}"
    return Finding(
        kind="new_categories" if new else "unread_values",
        severity="info" if new or reading.unread_rows < 0.05 * rows else "warning",
        columns=(column.name,),
        text=f"{column.name} has {what} in {count(reading.unread_rows, 'row')}: {_listed(reading.unread)}.",
        remedy="They are taken as missing.",
        values={"rows": reading.unread_rows, "examples": [text[:80] for text in reading.unread[:_MOST_LISTED]]},
    )


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_LISTED
    return ", ".join(name[:80] for name in names[:_MOST_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
