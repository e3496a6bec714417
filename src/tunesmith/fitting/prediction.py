"""Predictions for another table, and what is different in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.machine_faults import writing
from ..data.findings import Finding
from ..data.read import read_batches
from ..errors import InputError, nearest
from .result import FitResult

if TYPE_CHECKING:
    import pandas as pd

_PROBABILITY = "probability_"


class Written:
    """Rows that are made batch by batch, and written to a file.

    Attributes:
        remarks: What is different from the data that the model was trained on, in words; complete after all batches.
    """

    remarks: list[str]

    def batches(self) -> Iterator[pd.DataFrame]:
        """Yield the rows."""
        raise NotImplementedError

    def frame(self) -> pd.DataFrame:
        """Return all batches as one frame."""
        import pandas as pd

        return pd.concat(list(self.batches()))

    def save(self, path: Path) -> int:
        """Write the rows to a file, which appears only when it is whole, and return their number.

        Args:
            path: A `.csv` file, or a `.parquet` file.

        Raises:
            OutputError: The file cannot be written.
        """
        partial = path.with_name(f".{path.name}.partial")
        rows = 0
        with writing(path):
            try:
                if path.suffix.lower() == ".parquet":
                    frame = self.frame()
                    rows = len(frame)
                    frame.to_parquet(partial, index=False)
                else:
                    with partial.open("w", encoding="utf-8", newline="") as file:
                        for batch in self.batches():
                            batch.to_csv(file, index=False, header=rows == 0)
                            rows += len(batch)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        return rows


@dataclass(frozen=True, kw_only=True)
class Predictions(Written):
    """Predictions for a table, made batch by batch where they are read.

    Args:
        result: The fitted model.
        data: A path or a frame.
        proba: Whether to add the probability of each class, in columns `probability_CLASS`.
        keep: Columns of the table to keep, besides those that `fit` was told name a row.
        remarks: What is different from the training table, in words; complete after all batches.
    """

    result: FitResult
    data: Any
    proba: bool = False
    keep: Sequence[str] = ()
    remarks: list[str] = field(default_factory=list)

    def batches(self) -> Iterator[pd.DataFrame]:
        """Yield the columns that are kept, then the predictions, one column for each target, then probabilities.

        Raises:
            InputError: The table cannot be read, lacks too many of the model's columns, or lacks a column to keep.
        """
        ensemble, seen = self.result.ensemble, set[tuple[str, tuple[str, ...]]]()
        for number, table in enumerate(read_batches(self.data)):
            if number == 1 and self.remarks:
                self.remarks.append("There may be more of that: the figures are those of a part of the rows.")
            _, findings = ensemble.schema.read_and_report(table.frame)
            for finding in (*table.findings, *findings):
                if (finding.kind, finding.columns) not in seen:
                    seen.add((finding.kind, finding.columns))
                    self.remarks.append(_words(finding))
            predicted = self._predicted(table.frame)
            kept = [name for name in self._kept(list(table.frame.columns)) if name not in predicted.columns]
            yield table.frame[kept].join(predicted)

    def _kept(self, names: Sequence[str]) -> list[str]:
        """Return the columns to keep; those of a target give way to its prediction."""
        for name in self.keep:
            if name not in names:
                raise InputError(f"the columns to keep must be in the table, got '{name}'.{nearest(name, names)}")
        targets = {problem.target for problem in self.result.ensemble.problems}
        wanted = dict.fromkeys((*self.result.ids, *self.keep))
        return [name for name in wanted if name in names and name not in targets]

    def _predicted(self, frame: pd.DataFrame) -> pd.DataFrame:
        ensemble = self.result.ensemble
        scores = ensemble.predict_scores(frame)
        predicted = ensemble.decided(scores, frame.index)
        if not self.proba:
            return predicted
        return predicted.join(ensemble.probabilities(scores, frame.index).add_prefix(_PROBABILITY))


def _words(finding: Finding) -> str:
    return f"{finding.text} {finding.remedy}".strip()
