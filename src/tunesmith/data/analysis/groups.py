"""Groups: a column such as a patient or customer whose rows are alike, so that a random split leaks.

A column is looked at closely if its values repeat, and if its name or its values look like those of a key. It is a
group if a booster that has seen other rows of a group predicts its rows better than one that has not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...core.arrays import Floats, Indices
from ...text.wording import count, share
from .alikeness import alikeness, smoothness
from .boosters import losses, numbers_to_predict, out_of_fold, shuffled_folds, some_columns, standard_errors
from .identifiers import is_code
from .names import names_entity, names_identifier, names_moment, names_place
from .sample import matrix

if TYPE_CHECKING:
    import pandas as pd

    from ..column import Column
    from .sample import Sample

Hint = Literal["entity", "identifier", "key", "none"]
"""What speaks for a group beforehand: its name, a name of a key, values like keys, or nothing."""

_ROWS = 6_000
_MOST_OF_GROUP = 30
_FOLDS = 4
_MOST_CANDIDATES = 3
_LEAST_GROUPS = 8
_LEAST_GROUPS_UNNAMED = 30
_LEAST_REPEATED = 0.5  # Of the rows: in a group of two or more.
_MOST_MISSING = 0.2
_LARGEST_SHARE = 0.5
_CERTAIN = 1e-4
_ALIKE = 0.05
_CONSTANT = 0.95
_SMOOTH = 0.3


@dataclass(frozen=True, kw_only=True)
class GroupEvidence:
    """What speaks for a column being a group.

    Args:
        column: Its name.
        hint: What its name and values look like.
        groups: The number of groups in the table.
        rows_per_group: Their mean number of rows.
        target_alikeness: The intraclass correlation of the target.
        constant_columns: Columns that hardly vary within a group.
        random_error: The squared error of a random split, as a share of the target's variance.
        grouped_error: That of a split by group.
        sigmas: How many standard errors the difference of the two is from 0.
    """

    column: str
    hint: Hint
    groups: int
    rows_per_group: float
    target_alikeness: float = 0.0
    constant_columns: tuple[str, ...] = ()
    random_error: float = float("nan")
    grouped_error: float = float("nan")
    sigmas: float = 0.0

    @property
    def worse(self) -> float:
        """By which share the error of a split by group is larger."""
        return self.grouped_error / max(self.random_error, 1e-6) - 1

    @property
    def is_group(self) -> bool:
        """Whether a random split flatters scores."""
        least, sigmas = {"entity": (0.03, 3.5), "identifier": (0.05, 5.0), "key": (0.1, 6.0), "none": (0.3, 10.0)}[
            self.hint
        ]
        return self.worse >= least and self.sigmas >= sigmas

    @property
    def is_confident(self) -> bool:
        """Whether the rows may be split by it unasked."""
        return self.is_group and self.hint != "none"


def find_groups(sample: Sample) -> list[GroupEvidence]:
    """Return the evidence about columns that may be groups, the strongest first."""
    if not sample.problems:
        return []
    candidates = [
        candidate for column in sample.schema.columns if (candidate := _candidate(sample, column)) is not None
    ]
    order: list[Hint] = ["entity", "identifier", "key", "none"]
    candidates.sort(key=lambda candidate: (order.index(candidate[0].hint), -candidate[0].target_alikeness))
    compared = [_compared(sample, evidence, codes) for evidence, codes in candidates[:_MOST_CANDIDATES]]
    return sorted(compared, key=lambda evidence: (not evidence.is_group, order.index(evidence.hint), -evidence.sigmas))


def measured_group(sample: Sample, column: Column) -> GroupEvidence | None:
    """Return the evidence about a column that somebody takes for a group; None if its values cannot be groups."""
    codes = _group_codes(sample, column)
    if codes is None or not sample.problems or not (codes >= 0).any():
        return None
    sizes = np.bincount(codes[codes >= 0])
    evidence = GroupEvidence(
        column=column.name, hint="identifier", groups=len(sizes), rows_per_group=float(sizes.sum()) / len(sizes)
    )
    return _compared(sample, evidence, codes)


def _candidate(sample: Sample, column: Column) -> tuple[GroupEvidence, Indices] | None:
    """Return what speaks for a column beforehand, and the group of each row of the table, or None if it is no group."""
    codes = _group_codes(sample, column)
    if codes is None:
        return None
    hint = _hint(sample, column)
    sizes = np.bincount(codes[codes >= 0])
    known = int(sizes.sum())
    least = _LEAST_GROUPS if hint == "entity" else _LEAST_GROUPS_UNNAMED
    if (
        known < (1 - _MOST_MISSING) * len(codes)
        or len(sizes) < least
        or sizes.max() > _LARGEST_SHARE * known
        or sizes[sizes > 1].sum() < _LEAST_REPEATED * known
    ):
        return None
    rows = _rows_of_groups(codes, sample.seed)
    groups = codes[rows]
    alike = max(
        (
            alikeness(output, groups)
            for target in numbers_to_predict(sample.problems, sample.target[rows])
            for output in target.T
        ),
        key=lambda found: found.correlation,
    )
    if hint in ("key", "none") and (alike.correlation < _ALIKE or alike.chance > _CERTAIN):
        return None
    if hint == "none" and column.kind == "number" and _is_measured(sample, rows, groups):
        return None
    evidence = GroupEvidence(
        column=column.name,
        hint=hint,
        groups=len(sizes),
        rows_per_group=known / len(sizes),
        target_alikeness=alike.correlation,
    )
    return evidence, codes


def _hint(sample: Sample, column: Column) -> Hint:
    if names_entity(column.name):
        return "entity"
    if names_identifier(column.name):
        return "identifier"
    return "key" if not names_place(column.name) and is_code(column, sample.raw[column.name]) else "none"


def _group_codes(sample: Sample, column: Column) -> Indices | None:
    """Return a number for each row's value, ordered by value, -1 where missing; None for dates and fractions."""
    import pandas as pd

    if column.kind == "date" or names_moment(column.name):
        return None
    values = sample.whole[column.name]
    if column.kind == "number":
        seen = sample.features[column.name].to_numpy(dtype=np.float64)
        if (np.isfinite(seen) & (seen != np.round(seen))).any():
            return None
        values = column.read(values)
    else:
        values = values.astype(str).where(values.notna())
    if sample.features[column.name].nunique() < _LEAST_GROUPS:
        return None
    codes, _ = pd.factorize(values, sort=column.kind == "number")
    return np.asarray(codes)


def _rows_of_groups(codes: Indices, seed: int) -> Indices:
    """Return rows of whole groups, drawn at random, at most 30 of each group and about 6,000 together."""
    random = np.random.default_rng(seed)
    order = random.permutation(int(codes.max()) + 1)  # The place of each group in random order.
    sizes = np.bincount(order[codes[codes >= 0]]).clip(max=_MOST_OF_GROUP)
    last = int(np.searchsorted(np.cumsum(sizes), _ROWS))
    places = np.where(codes >= 0, order[codes], last + 1)
    rows = random.permutation(np.flatnonzero(places <= last))
    rows = rows[np.argsort(places[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(places[rows], prepend=-1))
    within = np.arange(len(rows)) - np.repeat(starts, np.diff(np.append(starts, len(rows))))
    chosen: Indices = np.sort(rows[within < _MOST_OF_GROUP])
    return chosen


def _is_measured(sample: Sample, rows: Indices, groups: Indices) -> bool:
    """Tell whether the values of a column of numbers are ordered: neighbouring values have alike targets."""
    return any(
        smoothness(output, groups) > _SMOOTH
        for target in numbers_to_predict(sample.problems, sample.target[rows])
        for output in target.T
    )


def _compared(sample: Sample, evidence: GroupEvidence, codes: Indices) -> GroupEvidence:
    """Return the evidence with the errors of a random and of a grouped split, for the target where they differ most."""
    rows = _rows_of_groups(codes, sample.seed)
    _, groups = np.unique(codes[rows], return_inverse=True)
    features = sample.schema.read(sample.whole.iloc[rows])
    constant = tuple(
        name
        for name in features.columns
        if name != evidence.column and alikeness(matrix(features[[name]])[:, 0], groups).correlation > _CONSTANT
    )
    found = replace(evidence, constant_columns=constant)
    columns = some_columns(_with_key(features, evidence, codes[rows]), sample.seed)
    by_group = shuffled_folds(int(groups.max()) + 1, _FOLDS, sample.seed)[groups]
    at_random = shuffled_folds(len(rows), _FOLDS, sample.seed)
    for target in numbers_to_predict(sample.problems, sample.target[rows]):
        random_loss = losses(target, out_of_fold(columns, target, at_random, seed=sample.seed))
        grouped_loss = losses(target, out_of_fold(columns, target, by_group, seed=sample.seed))
        sigmas = standard_errors(grouped_loss - random_loss)
        if not found.sigmas or sigmas > found.sigmas:
            found = replace(
                found,
                random_error=float(random_loss.mean()),
                grouped_error=float(grouped_loss.mean()),
                sigmas=sigmas,
            )
    return found


def _with_key(features: pd.DataFrame, evidence: GroupEvidence, codes: Indices) -> Floats:
    """Return the features as numbers; with the column itself only if its name is that of people or things.

    A category that is merely informative would look like a group otherwise.
    """
    others = features[[name for name in features.columns if name != evidence.column]]
    numbers = matrix(others)
    return np.column_stack([numbers, codes.astype(np.float64)]) if evidence.hint == "entity" else numbers


def reason(evidence: GroupEvidence) -> str:
    """Return why the rows are to be split by a column."""
    text = (
        f"'{evidence.column}' has {evidence.groups:,} values with {evidence.rows_per_group:.3g} rows each, and rows of "
        f"one value are alike: on rows of unseen values the error of a small model is {share(evidence.worse)} larger "
        "than a random split shows"
    )
    if evidence.constant_columns:
        many = len(evidence.constant_columns)
        text += f"; {count(many, 'other column')} hardly {'varies' if many == 1 else 'vary'} within a value"
    return f"{text}."
