"""The metrics in what a script prints, or writes as text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from ..core.trial import Value
from ..tasks.command.found_metrics import found_metrics
from .tryout import SeenMetric


def seen_in_output(
    output: bytes, parameters: Mapping[str, Value], chosen: Collection[str], *, file: Path | None = None
) -> list[SeenMetric]:
    """Return the metrics in a script's output, or in a text that it wrote.

    Args:
        output: The text.
        parameters: The values of the script's options, which may be in it, too.
        chosen: Names that its command chooses, as in `PrintedMetrics`.
        file: The file with the text, unless it was printed.
    """
    return [
        SeenMetric(
            name=found.name,
            value=found.value,
            sample=found.line,
            count=found.count,
            counted_by=found.counted_by,
            source="printed" if file is None else "written",
            file=file,
            heading=found.heading,
            first=found.first,
            is_of_column=found.is_of_column,
            measures=found.measures,
        )
        for found in found_metrics(output, parameters, chosen)
    ]
