"""Parameters that depend on one another: attention heads and widths, an optimizer and its keywords."""

from __future__ import annotations

from dataclasses import replace

from ..core.parameters import Choice, Int, Parameter
from ..core.space import SearchSpace
from .draft import Draft
from .name_words import words
from .optimizer_keywords import with_optimizer
from .ranges import is_width


def with_couplings(draft: Draft) -> Draft:
    """Return a draft in which heads divide widths, and an optimizer's keywords are active with it only."""
    space, skipped, notes = dict(draft.space), dict(draft.skipped), list(draft.notes)
    heads = next((name for name in space if {*words(name)} & {"heads", "head"}), None)
    if heads is not None:
        _fit_heads(space, skipped, heads, notes)
    draft = replace(draft, space=space, skipped=skipped, notes=tuple(notes))
    draft = with_optimizer(draft)
    if draft.space:
        SearchSpace(draft.space)
    return draft


def _fit_heads(space: dict[str, Parameter], skipped: dict[str, str], heads: str, notes: list[str]) -> None:
    """Give heads and widths options that divide evenly in any combination, or leave the heads alone."""
    present = getattr(space[heads], "default", None)
    if not isinstance(space[heads], Int) or not present:
        return
    widths = {
        name: parameter.default
        for name, parameter in space.items()
        if isinstance(parameter, Int) and parameter.log and is_width(name) and parameter.default
        if parameter.default % present == 0
    }
    for name, width in widths.items():
        fitting = [w for w in (width // 4, width // 2, width, width * 2, width * 4) if w and w % (2 * present) == 0]
        if width not in fitting or len(fitting) < 2:
            del space[heads]
            skipped[heads] = f"it must divide {name}, which leaves too few options"
            return
        space[name] = Choice(fitting, ordered=True, default=width)
    if widths:
        half = [present // 2] if present % 2 == 0 else []
        space[heads] = Choice(sorted({1, present, 2 * present, *half}), ordered=True, default=present)
        notes.append(f"{heads} and {', '.join(widths)} have options that divide evenly, as attention requires.")
