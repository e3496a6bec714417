"""What is to be predicted: a target column, and the kind of its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np

from ..core.arrays import Floats
from ..core.values import shown
from ..errors import InputError, nearest
from . import cells
from .column import Column

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["binary", "multiclass", "regression"]
TaskKind = Literal["binary", "multiclass", "multilabel", "regression"]
ClassType = Literal["text", "integer", "number", "boolean"]

_MOST_INTEGER_CLASSES = 20
_LEAST_CLASS_ROWS = 2.0  # On average; with fewer, the target is rather an identifier or text.
_FEW_ROWS = 20


@dataclass(frozen=True, kw_only=True)
class Problem:
    """The prediction of one column, or of one label of a column that holds several.

    Args:
        target: The name of the column.
        kind: What its values are.
        classes: The classes, sorted, for classification; the second of two is the positive one.
        class_type: The type of the classes in the user's table, in which they are predicted.
        decimal: The decimal mark of numbers that are stored as text.
        label: The label that a row has or has not; None if the column holds one value.
        separator: What stands between labels.
    """

    target: str
    kind: Kind
    classes: tuple[str, ...] = ()
    class_type: ClassType = "text"
    decimal: str = "."
    label: str | None = None
    separator: str = ","

    @property
    def name(self) -> str:
        """The name of the column, and of the label."""
        return self.target if self.label is None else f"{self.target}={self.label}"

    @property
    def is_classification(self) -> bool:
        """Whether classes are predicted."""
        return self.kind != "regression"

    @property
    def outputs(self) -> int:
        """The number of columns of a prediction: one for each class, one for a number."""
        return len(self.classes) or 1

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        target: str,
        kind: Kind | None = None,
        *,
        positive: object = None,
        decimal: str = ".",
    ) -> Self:
        """Return the problem of predicting a column.

        Args:
            frame: The training table.
            target: The column.
            kind: What its values are. By default numbers are regression, unless they look like the codes of classes:
                two values, or at most 20 whole numbers that count from −1, 0 or 1.
            positive: The positive class of two; by default the second in sorted order.
            decimal: The decimal mark to assume in text where the values allow two.

        Raises:
            InputError: There is no such column, or its values cannot be predicted.
        """
        values = column_of(frame, target, "target")
        column = Column.of(values, decimal=decimal)
        if column.kind == "date":
            raise InputError(f"the target must be numbers or classes, but '{target}' holds dates.")
        is_number = column.kind == "number"
        numbers = np.unique(cells.numbers(values, column.decimal)) if is_number else np.empty(0)
        numbers = numbers[np.isfinite(numbers)]
        if kind is None and is_number and not _are_codes(numbers):
            kind = "regression"
        if kind == "regression":
            if positive is not None:
                raise InputError(f"a positive class needs a target of two classes, but '{target}' holds numbers.")
            if not is_number:
                raise InputError(f"regression needs a target of numbers, but '{target}' holds {_examples(values)}.")
            _check_varies(target, len(numbers))
            return cls(target=target, kind=kind, decimal=column.decimal)
        classes, class_type = _classes(values)
        _check_varies(target, len(classes))
        if kind == "binary" and len(classes) > 2:
            raise InputError(
                f"a binary target must have two classes, but '{target}' has {len(classes):,}: {_examples(values)}. "
                "Leave out the task, or say multiclass."
            )
        rows = int(values.notna().sum())
        if rows > _FEW_ROWS and rows < _LEAST_CLASS_ROWS * len(classes):
            raise InputError(
                f"the target must have classes that occur again, but '{target}' has {len(classes):,} different values "
                f"in {rows:,} rows: {_examples(values)}. Is it an identifier or text?"
            )
        if positive is not None:
            classes = _with_positive(classes, positive, target)
        chosen: Kind = "binary" if len(classes) == 2 else "multiclass"
        return cls(target=target, kind=chosen, classes=classes, class_type=class_type)

    def encode(self, values: pd.Series) -> Floats:
        """Return a target column as class indices or numbers, NaN where it is missing or unknown; shape `(rows,)`."""
        if not self.is_classification:
            return cells.numbers(values, self.decimal)
        codes, distinct = cells.factorize(values)
        if self.label is not None:
            has = [float(self.label in labels_of(value, self.separator)) for value in distinct]
            having: Floats = np.array([*has, 0.0])[codes]
            return having
        index = {name: float(position) for position, name in enumerate(self.classes)}
        texts = map(cells.text_of, distinct)
        encoded = np.array([np.nan if text is None else index.get(text, np.nan) for text in texts] + [np.nan])
        indices: Floats = encoded[codes]
        return indices

    def decode(self, indices: np.ndarray) -> np.ndarray:
        """Return class indices as classes in the type of the user's table, shape `(rows,)`."""
        convert: Any = {"text": str, "integer": int, "number": float, "boolean": "True".__eq__}[self.class_type]
        dtype: Any = {"text": object, "integer": np.int64, "number": np.float64, "boolean": bool}[self.class_type]
        classes = np.array([convert(name) for name in self.classes], dtype=dtype)
        decoded: np.ndarray = classes[indices.astype(int)]
        return decoded

    def to_table(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        defaults = {"class_type": "text", "decimal": ".", "label": None, "separator": ","}
        fields = {name: value for name, value in vars(self).items() if defaults.get(name, self) != value}
        return {**fields, "classes": list(self.classes)}

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the problem that `to_table` described."""
        return cls(**{**table, "classes": tuple(table["classes"])})


def column_of(frame: pd.DataFrame, name: str, role: str) -> pd.Series:
    """Return a column that the user named.

    Raises:
        InputError: There is no such column.
    """
    if name not in frame.columns:
        raise InputError(
            f"the {role} must be a column of the table, got '{name}'.{nearest(name, frame.columns)} "
            f"Columns: {', '.join(frame.columns[:20])}{' and more' * (len(frame.columns) > 20)}."
        )
    return frame[name]


def labels_of(value: object, separator: str) -> list[str]:
    """Return the labels in one cell, a list or text."""
    text = str(value).strip()
    if text.startswith(("[", "(", "{")) and text.endswith(("]", ")", "}")):
        text, separator = text[1:-1], ","
    return [label for part in text.split(separator) if (label := part.strip().strip("'\""))]


def multilabel_problems(frame: pd.DataFrame, target: str) -> tuple[Problem, ...]:
    """Return one problem for each label of a column that holds several, separated by `;`, `|`, `,` or spaces.

    A label must occur in two rows, and be absent in two.

    Raises:
        InputError: There is no such column, or it has no two labels.
    """
    values = column_of(frame, target, "target")
    codes, distinct = cells.factorize(values)
    texts = [str(value) for value in distinct]
    marks = {mark: sum(mark in text for text in texts) for mark in (";", "|", ",", " ")}
    separator = next((mark for mark in (";", "|", ",") if marks[mark]), " ")
    counts: dict[str, int] = {}
    for value, rows in zip(distinct, np.bincount(codes[codes >= 0], minlength=len(distinct)), strict=True):
        for label in set(labels_of(value, separator)):
            counts[label] = counts.get(label, 0) + int(rows)
    kept = sorted(label for label, rows in counts.items() if 2 <= rows <= len(values) - 2)
    if len(kept) < 2:
        raise InputError(
            f"a multilabel target must have two labels that several rows have and others lack, but '{target}' has "
            f"{_examples(values)}."
        )
    return tuple(
        Problem(
            target=target, kind="binary", classes=("False", "True"), class_type="boolean", label=x, separator=separator
        )
        for x in kept
    )


def predictions_of(problems: Sequence[Problem], outputs: Floats, index: pd.Index) -> pd.DataFrame:
    """Return the predicted classes or numbers, one column for each target; the labels of one column are joined.

    Args:
        problems: What is predicted.
        outputs: The outputs of one problem after the other, shape `(rows, outputs)`.
        index: The index of the rows.
    """
    import pandas as pd

    ends = np.cumsum([problem.outputs for problem in problems])
    columns: dict[str, Any] = {}
    labels: dict[str, list[tuple[Problem, np.ndarray]]] = {}
    for problem, part in zip(problems, np.split(outputs, ends[:-1], axis=1), strict=True):
        if problem.label is not None:
            columns.setdefault(problem.target, None)
            labels.setdefault(problem.target, []).append((problem, part.argmax(axis=1) == 1))
        else:
            columns[problem.target] = problem.decode(part.argmax(axis=1)) if problem.is_classification else part[:, 0]
    for target, having in labels.items():
        columns[target] = [
            having[0][0].separator.join(str(problem.label) for problem, has in having if has[row])
            for row in range(len(outputs))
        ]
    return pd.DataFrame(columns, index=index)


def check_task(kind: str | None) -> None:
    """Check the kind of task that a user asks for.

    Raises:
        InputError: There is none of that name.
    """
    kinds = get_args(TaskKind)
    if kind is not None and kind not in kinds:
        raise InputError(f"the task must be one of {', '.join(kinds)}, got {shown(kind)}.{nearest(str(kind), kinds)}")


def _are_codes(numbers: Floats) -> bool:
    """Return whether sorted distinct numbers look like the codes of classes."""
    if len(numbers) <= 2:
        return True
    whole = bool((numbers == np.round(numbers)).all())
    counted = numbers[0] in (-1, 0, 1) and numbers[-1] <= 2 * len(numbers)
    return whole and counted and len(numbers) <= _MOST_INTEGER_CLASSES


def _classes(values: pd.Series) -> tuple[tuple[str, ...], ClassType]:
    """Return the sorted classes and their type."""
    codes, distinct = cells.factorize(values)
    used = [distinct[code] for code in np.unique(codes[codes >= 0])]
    texts = sorted({text for value in used if (text := cells.text_of(value)) is not None})
    if used and all(isinstance(value, bool) for value in used):
        return tuple(texts), "boolean"
    if used and all(isinstance(value, int | float) and not isinstance(value, bool) for value in used):
        ordered = tuple(sorted(texts, key=float))
        return ordered, "integer" if all(float(value).is_integer() for value in used) else "number"
    return tuple(texts), "text"


def _with_positive(classes: Sequence[str], positive: object, target: str) -> tuple[str, ...]:
    """Return two classes with the positive one last."""
    name = cells.text_of(positive)
    if len(classes) != 2:
        raise InputError(f"a positive class needs a target with two classes, but '{target}' has {len(classes):,}.")
    if name not in classes:
        raise InputError(
            f"the positive class must be one of {', '.join(classes)}, got {shown(positive)}."
            f"{nearest(str(positive), classes)}"
        )
    return next(other for other in classes if other != name), str(name)


def _check_varies(target: str, distinct: int) -> None:
    if distinct < 2:
        raise InputError(
            f"the target must have two or more values, but '{target}' has "
            f"{'only missing ones' if distinct == 0 else 'the same one in all rows'}."
        )


def _examples(values: pd.Series) -> str:
    return ", ".join(shown(value) for value in values.dropna().iloc[:3].tolist())
