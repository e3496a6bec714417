"""The model card of a fitted model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..base import Export, ExportSource, ForecastSource, write_file
from .forecasts import forecast_sections
from .sections import sections


@dataclass(frozen=True, kw_only=True)
class CardExporter:
    """Writes a model card in Markdown, for the people who decide where the model is used."""

    file: ClassVar[str] = "model.md"

    def export(self, source: ExportSource, path: Path) -> Export:
        """Write the card. The test rows, if there are any, are scored the first time that a card is written."""
        return _written(sections(source), path)

    def export_forecasts(self, source: ForecastSource, path: Path) -> Export:
        """Write the card of forecasting models."""
        return _written(forecast_sections(source), path)


def _written(parts: Iterable[tuple[str, str]], path: Path) -> Export:
    text = "\n\n".join(f"## {title}\n\n{body}" if title else body for title, body in parts)
    write_file(path, f"{text}\n".encode())
    return Export(path=path)
