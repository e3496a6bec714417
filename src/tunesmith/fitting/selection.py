"""The families that a user's options and words leave to choose from, and the order in which they are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..agents.family_selection import FamilyAdvice, TableSize, suggest_families
from ..data.analysis import Analysis
from ..data.analysis.digest import digest
from ..data.table import Table
from ..errors import InputError
from ..families.base import Family
from ..text.cleaning import short
from .options import FitOptions
from .plan import PlannedTrial, plan
from .request import FitRequest
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


def first_trials(
    chosen: Mapping[str, Family], table: Table, options: FitOptions, recipes: Sequence[str] = ("plain",)
) -> list[PlannedTrial]:
    """Return the configurations to be tried first, those of families that are preferred or meet the wishes best first.

    Args:
        chosen: The families by name.
        table: The table to be trained on.
        options: What the user asks for.
        recipes: The names of the recipes, that for every family first.
    """
    planned = plan(chosen, table, recipes, seconds=options.slots * 60 * options.minutes)
    if not (options.prefer or options.wishes):
        return planned
    tiers = {advice.family: advice.tier for advice in _advice(table, options)}
    return sorted(planned, key=lambda trial: tiers.get(str(trial.parameters["family"]), 0))


def about_table(folder: Path, chosen: Mapping[str, Family], request: FitRequest | None = None) -> str:
    """Return what a language model that advises should know of a table, the families and the user's words.

    Args:
        folder: The table's folder.
        chosen: The families by name.
        request: The user's words.
    """
    analysis = Analysis.load(folder)
    purposes = "\n".join(f"- {name}: {family.profile.purpose}" for name, family in chosen.items())
    words = "" if request is None else f"the user's words: {short(request.words, 400)}\n"
    return f"{words}{digest(analysis) if analysis is not None else ''}\nfamilies:\n{purposes}"


def _advice(table: Table, options: FitOptions) -> list[FamilyAdvice]:
    rows, columns = table.features.shape
    texts = sum(column.kind == "text" for column in table.schema.columns)
    size = TableSize(rows=rows, columns=columns, texts=texts)
    return suggest_families(table.problems, size, options.needs)


def _reasons(table: Table, options: FitOptions) -> str:
    return "; ".join(f"{advice.family} is out ({advice.reason})" for advice in _advice(table, options)[:4])
