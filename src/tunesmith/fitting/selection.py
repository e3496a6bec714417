"""The families that a user's options and words leave to choose from, and the order in which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

from ..agents.family_selection import FamilyAdvice, TableSize, suggest_families
from ..data.table import Table
from ..errors import InputError
from .options import FitOptions
from .plan import PlannedTrial
from .space import families


def asked_families(table: Table, options: FitOptions) -> list[str]:
    """Return the families that the options allow and the table suits.

    Raises:
        InputError: The user's words leave none.
    """
    chosen = families(table, options.families or None)
    names = [n for n, family in chosen.items() if family.profile.interpretable or not options.interpretable]
    if options.avoid or options.wishes:
        fits = {advice.family for advice in _advice(table, options) if advice.fits}
        names = [name for name in names if name in fits]
        if not names:
            raise InputError(
                f"the request leaves no family of models: {_reasons(table, options)}. Ask for less, or name --families."
            )
    return names


def in_order(planned: Sequence[PlannedTrial], table: Table, options: FitOptions) -> list[PlannedTrial]:
    """Return planned trials, those of families that are preferred or meet the wishes best first."""
    if not (options.prefer or options.wishes):
        return list(planned)
    tiers = {advice.family: advice.tier for advice in _advice(table, options)}
    return sorted(planned, key=lambda trial: tiers.get(str(trial.parameters["family"]), 0))


def _advice(table: Table, options: FitOptions) -> list[FamilyAdvice]:
    rows, columns = table.features.shape
    texts = sum(column.kind == "text" for column in table.schema.columns)
    size = TableSize(rows=rows, columns=columns, texts=texts)
    return suggest_families(table.problems, size, options.needs)


def _reasons(table: Table, options: FitOptions) -> str:
    return "; ".join(f"{advice.family} is out ({advice.reason})" for advice in _advice(table, options)[:4])
