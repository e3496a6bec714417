"""Transformers of scikit-learn, feature-engine and skrub by their names.

One step and one table of what is known about each class, instead of a file for each: all that differs is a line of
facts. The classes check their own options, and their documentation is that of the library.
"""

from __future__ import annotations

import base64
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ..core.schema import expect_keys
from ..core.values import shown
from ..errors import InputError, MissingExtra, nearest
from ._columns import choose, extended
from ._library import LIBRARY, TRUSTED, Entry
from .base import Step, Transformer

if TYPE_CHECKING:
    import pandas as pd


class OnColumns(Transformer):
    """Lets a transformer of a library replace some columns of a frame, or add to them.

    Numbers that do not vary are left alone: libraries divide by their spread.
    """

    def __init__(
        self, estimator: Any = None, *, columns: Sequence[str] = ("number",), keep: bool = False, title: str = ""
    ) -> None:
        self.estimator = estimator
        self.columns = list(columns)
        self.keep = keep
        self.title = title
        self.chosen: list[str] = []
        self.levels: dict[str, list[str]] = {}

    def fit_transform(self, features: pd.DataFrame, target: np.ndarray | None = None) -> pd.DataFrame:
        """Fit the transformer, and return the rows transformed."""
        chosen = choose(features, self.columns)
        self.chosen = [name for name in chosen if features[name].dtype.kind != "f" or features[name].nunique() > 1]
        if not self.chosen:
            return features
        if target is not None and target.ndim == 2:
            target = target[:, 0] if target.shape[1] == 1 else target.argmax(axis=1)
        output = self._frame(self.estimator.fit_transform(self._input(features), target), features.index)
        texts = [name for name in output.columns if output[name].dtype.kind not in "fiub"]
        self.levels = {name: sorted(output[name].dropna().astype(str).unique()) for name in texts}
        return self._joined(features, output)

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the rows transformed."""
        if not self.chosen:
            return features
        return self._joined(features, self._frame(self.estimator.transform(self._input(features)), features.index))

    def _input(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the columns, with categories and texts as texts; missing ones are empty."""
        texts = [name for name in self.chosen if features[name].dtype.kind not in "fM"]
        return features[self.chosen].assign(**{name: features[name].astype(object).fillna("") for name in texts})

    def _frame(self, output: Any, index: pd.Index) -> pd.DataFrame:
        """Return what the transformer gave as a frame: columns that it changed keep their names."""
        import pandas as pd

        if hasattr(output, "toarray"):
            output = output.toarray()
        if not isinstance(output, pd.DataFrame):
            names = [f"{self.title} {number + 1}" for number in range(output.shape[1])]
            if hasattr(self.estimator, "get_feature_names_out"):
                names = [str(name) for name in self.estimator.get_feature_names_out()]
            elif len(names) == len(self.chosen):
                names = self.chosen
            output = pd.DataFrame(output, columns=names, index=index)
        if self.keep:
            output = output[[name for name in output.columns if name not in self.chosen or self.title]]
            output = output.rename(columns={name: f"{name} ({self.title})" for name in self.chosen})
        return output

    def _joined(self, features: pd.DataFrame, output: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        made: dict[str, Any] = {}
        for name in output.columns:
            if name in self.levels:
                texts = output[name].astype(object)
                known = texts.where(texts.isin(self.levels[name]), None)
                made[str(name)] = pd.Categorical(known, categories=self.levels[name])
            else:
                made[str(name)] = output[name].to_numpy(dtype="float64", na_value=np.nan)
        return extended(features, made, () if self.keep else self.chosen)

    def to_table(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON; the library's transformer in the format of skops."""
        from skops.io import dumps

        table = {name: value for name, value in vars(self).items() if name != "estimator"}
        return {**table, "estimator": base64.b64encode(dumps(self.estimator)).decode()}

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """Return the fitted transformer that `to_table` described.

        Raises:
            InputError: It names a type that is not known.
        """
        from skops.io import get_untrusted_types, loads

        data = base64.b64decode(table["estimator"])
        if unknown := set(get_untrusted_types(data=data)) - TRUSTED:
            raise InputError(f"a step must consist of known types, but this one holds {', '.join(sorted(unknown))}.")
        fitted = cls()
        vars(fitted).update({**table, "estimator": loads(data, trusted=sorted(TRUSTED))})
        return fitted


@dataclass(frozen=True, kw_only=True)
class LibraryStep(Step):
    """A transformer of scikit-learn, feature-engine or skrub.

    Args:
        use: The name of its class, such as `RobustScaler`.
        columns: Which columns it gets; what is usual for the class by default.
        options: Its keyword arguments: numbers, texts, booleans, and lists of those.
        keep: Whether the columns stay beside its results; None for what is usual for the class.

    >>> LibraryStep(use="PCA", options={"n_components": 2}).python()
    "OnColumns(make_pipeline(SimpleImputer(strategy='median', keep_empty_features=True), StandardScaler(), \
PCA(n_components=2, random_state=0)).set_output(transform='pandas'), columns=('number',), keep=True, title='PCA')"
    """

    transformer: ClassVar = OnColumns
    functions: ClassVar = (choose, extended)

    use: str
    columns: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    keep: bool | None = None

    def __post_init__(self) -> None:
        """Check the name and the options.

        Raises:
            InputError: One is unknown.
            MissingExtra: The library is not installed.
        """
        if self.use not in LIBRARY:
            raise InputError(
                f"unknown transformer {shown(self.use)}.{nearest(str(self.use), LIBRARY)} Known: {', '.join(LIBRARY)}.",
                keys=("use",),
            )
        if not self.columns:
            object.__setattr__(self, "columns", self._entry.columns)
        super().__post_init__()
        if not isinstance(self.options, Mapping):
            raise InputError(f"options must be a table, got {shown(self.options)}.", keys=("options",))
        expect_keys(self.options, inspect.signature(self._class(self._entry.module, self.use)).parameters, "options")
        self.build()

    @property
    def _entry(self) -> Entry:
        return LIBRARY[self.use]

    @property
    def onnx_obstacle(self) -> str:  # type: ignore[override]
        """Why it cannot be part of an ONNX graph; empty if it can."""
        return "" if self._entry.onnx else f"skl2onnx has no converter for {self.use}"

    def changed(self) -> dict[str, Any]:
        """Return the options that differ from their defaults."""
        changed = super().changed()
        if self.columns == self._entry.columns:
            del changed["columns"]
        return changed

    def build(self) -> OnColumns:
        """Return the unfitted transformer.

        Raises:
            InputError: The class refuses its options.
        """
        try:
            built = [self._class(module, name)(**options) for module, name, options in self._parts()]
        except (TypeError, ValueError) as error:
            raise InputError(f"{self.use} refuses its options: {error}.", keys=("options",)) from None
        if self._entry.each:
            built = [self._class("skrub", "ApplyToCols")(built[-1])]
        estimator = built[0]
        if len(built) > 1:
            estimator = self._class("sklearn.pipeline", "make_pipeline")(*built).set_output(transform="pandas")
        return OnColumns(estimator, columns=self.columns, keep=self._keep, title=self.use if self._keep else "")

    def python(self) -> str:
        """Return the expression that builds the transformer in a script."""
        calls = [
            f"{name}({', '.join(f'{option}={value!r}' for option, value in options.items())})"
            for _, name, options in self._parts()
        ]
        estimator = f"make_pipeline({', '.join(calls)}).set_output(transform='pandas')" if len(calls) > 1 else calls[0]
        if self._entry.each:
            estimator = f"ApplyToCols({estimator})"
        kept = f", keep=True, title={self.use!r}" if self._keep else ""
        return f"OnColumns({estimator}, columns={self.columns!r}{kept})"

    def imports(self) -> tuple[str, ...]:
        """Return the imports that the expression needs."""
        found = [f"from {module} import {name}" for module, name, _ in self._parts()]
        if len(found) > 1:
            found.append("from sklearn.pipeline import make_pipeline")
        if self._entry.each:
            found.append("from skrub import ApplyToCols")
        return tuple(found)

    @property
    def _keep(self) -> bool:
        return self._entry.keep if self.keep is None else self.keep

    def _parts(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return the module, the class and the options of what is done to the columns, in its order."""
        parameters = inspect.signature(self._class(self._entry.module, self.use)).parameters
        options = {name: value for name, value in self._entry.options.items() if name in parameters}
        options |= self.options
        for name, value in {"random_state": 0, "n_jobs": 1}.items():
            if name in parameters:
                options.setdefault(name, value)
        for name, value in options.items():
            if isinstance(value, list) and isinstance(parameters[name].default, tuple):
                options[name] = tuple(value)
        return [*((m, n, dict(o)) for m, n, o in self._entry.before), (self._entry.module, self.use, options)]

    @staticmethod
    def _class(module: str, name: str) -> Any:
        try:
            return getattr(import_module(module), name)
        except ImportError:
            library = module.split(".")[0].replace("_", "-")
            raise MissingExtra(f"{name} needs {library}. Run: pip install 'tunesmith[recipes]'.") from None
