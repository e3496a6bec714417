"""A recipe's step, which is options, and its transformer, which is fitted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..core.arrays import Floats
from ..core.schema import check_types
from ..core.values import shown
from ..errors import InputError, nearest
from ._columns import choose
from ._state import decode, encode

if TYPE_CHECKING:
    import pandas as pd


class Transformer:
    """A transformer as in scikit-learn, from frame to frame.

    What it holds is plain: numbers, texts, lists, tables and NumPy arrays; an attribute that begins with an underscore
    can be computed from the others. Its source is printed into scripts: it uses NumPy, pandas, scikit-learn and the
    functions that its step names, nothing else.
    """

    def fit_transform(self, features: pd.DataFrame, target: Floats | None = None) -> pd.DataFrame:
        """Fit it, and return the training rows transformed.

        Args:
            features: Numbers, categories, dates and texts. They are not changed; where nothing is to be done, the
                same object is returned, and the recipe drops the step.
            target: What is predicted, as numbers whose means make sense: one column for a number or for two classes,
                one for each of several classes; shape `(rows, outputs)`. A step uses it out of fold on these rows.
        """
        raise NotImplementedError

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return other rows transformed."""
        raise NotImplementedError

    def to_table(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        table: dict[str, Any] = encode({name: value for name, value in vars(self).items() if name[0] != "_"})
        return table

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """Return the fitted transformer that `to_table` described."""
        fitted = cls()
        vars(fitted).update(decode(table))
        return fitted


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a recipe: the options of its transformer. A subclass is a frozen dataclass in a file of its own.

    Args:
        columns: The columns that it works on: kinds (`number`, `category`, `date`, `text`), names, or patterns such as
            `price_*`.

    Attributes:
        transformer: The class of its transformers, which takes the options as keyword arguments.
        functions: The functions of tunesmith that the transformer calls.
        onnx_obstacle: Why it cannot be part of an ONNX graph; empty if it can.
        uses_target: Whether it looks at the target.
    """

    transformer: ClassVar[type[Transformer]]
    functions: ClassVar[tuple[Callable[..., Any], ...]] = (choose,)
    onnx_obstacle: ClassVar[str] = "onnxruntime has no operator for it"
    uses_target: ClassVar[bool] = False

    columns: tuple[str, ...] = ("number",)

    def __post_init__(self) -> None:
        """Check the options.

        Raises:
            InputError: One has the wrong type.
        """
        object.__setattr__(self, "columns", names("columns", self.columns))
        check_types(self)

    @property
    def exportable(self) -> bool:
        """Whether the step can be part of an ONNX graph."""
        return not self.onnx_obstacle

    def changed(self) -> dict[str, Any]:
        """Return the options that differ from their defaults."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {f.name: values[f.name] for f in dataclasses.fields(self) if values[f.name] not in (f.default, {})}

    def build(self) -> Transformer:
        """Return the unfitted transformer."""
        fields = dataclasses.fields(self)
        return self.transformer(**{field.name: getattr(self, field.name) for field in fields})

    def python(self) -> str:
        """Return the expression that builds the transformer in a script."""
        options = ", ".join(f"{name}={value!r}" for name, value in self.changed().items())
        return f"{self.transformer.__name__}({options})"

    def imports(self) -> tuple[str, ...]:
        """Return the imports that the expression needs, beside NumPy and pandas."""
        return ()


def names(option: str, value: object) -> tuple[str, ...]:
    """Return a list of texts as a tuple.

    Raises:
        InputError: It is something else.
    """
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(name, str) and name for name in listed):
        raise InputError(f"{option} must be a list of names, got {shown(value)}.", keys=(option,))
    return tuple(listed)


def one_of(value: object, option: str, known: Sequence[str]) -> None:
    """Check that an option's value is one of some words.

    Raises:
        InputError: It is not; the message names the nearest.
    """
    if value not in known:
        raise InputError(
            f"{option} must be {' or '.join(known)}, got {shown(value)}.{nearest(str(value), known)}", keys=(option,)
        )
