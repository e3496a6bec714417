"""The file in a study's folder that keeps what a later session and predictions need of the options of `fit`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import orjson

from ..core.machine_faults import writing

FIT_FILE = "fit.json"
MODEL_FOLDER = "model"
"""Where the model lies in a study's folder."""


@dataclass(frozen=True, kw_only=True)
class KeptOptions:
    """What is kept of the options of a first session.

    Args:
        families: The families to choose from.
        ids: The columns that name a row.
        interpretable: Whether the result must be one model that a person can read.
        request: The user's words and what was understood, as `FitRequest.to_table` returns it; empty without words.
        data: The path of the table; empty for a frame.
        test: The path of the test table; empty for none, or a frame.
        minutes: The time for everything, as the latest session has it.
    """

    families: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    interpretable: bool = False
    request: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    test: str = ""
    minutes: float = 0.0

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return the options that are kept in a study's folder, or None."""
        path = folder / FIT_FILE
        if not path.exists():
            return None
        table = orjson.loads(path.read_bytes())
        return cls(
            families=tuple(table["families"]),
            ids=tuple(table["ids"]),
            interpretable=table["interpretable"],
            request=table.get("request", {}),
            data=table.get("data", ""),
            test=table.get("test", ""),
            minutes=table.get("minutes", 0.0),
        )

    def save(self, folder: Path) -> None:
        """Write them to a study's folder."""
        path = folder / FIT_FILE
        with writing(path):
            path.write_bytes(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2))
