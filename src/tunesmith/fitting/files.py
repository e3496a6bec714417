"""The file in a study's folder that keeps what a later session and predictions need of the options of `fit`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import orjson

from ..core.machine_faults import writing

FIT_FILE = "fit.json"


@dataclass(frozen=True, kw_only=True)
class KeptOptions:
    """What is kept of the options of a first session.

    Args:
        families: The families to choose from.
        ids: The columns that name a row.
        interpretable: Whether the result must be one model that a person can read.
    """

    families: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    interpretable: bool = False

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return the options that are kept in a study's folder, or None."""
        path = folder / FIT_FILE
        if not path.exists():
            return None
        table = orjson.loads(path.read_bytes())
        return cls(families=tuple(table["families"]), ids=tuple(table["ids"]), interpretable=table["interpretable"])

    def save(self, folder: Path) -> None:
        """Write them to a study's folder."""
        path = folder / FIT_FILE
        with writing(path):
            path.write_bytes(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2))
