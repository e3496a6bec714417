"""Parameters that depend on one another: attention heads and widths, momentum and its optimizer."""

from __future__ import annotations

from dataclasses import replace

from ..core.parameters import Choice, Int, Parameter
from ..core.space import SearchSpace
from .draft import Draft
from .name_words import words
from .ranges import is_width


def with_couplings(draft: Draft) -> Draft:
    """Return a draft in which heads divide widths, and momentum is active with SGD only."""
    space, skipped, notes = dict(draft.space), dict(draft.skipped), list(draft.notes)
    heads = next((name for name in space if {*words(name)} & {"heads", "head"}), None)
    if heads is not None:
        _fit_heads(space, skipped, heads, notes)
    optimizer = next((n for n, p in space.items() if isinstance(p, Choice) and "optimizer" in words(n)), None)
    if optimizer is not None and draft.config is not None:
        options = getattr(space[optimizer], "options", ())
        sgd = [option for option in options if str(option).lower().endswith("sgd")]
        for name in [name for name in space if words(name) == ["momentum"] and sgd]:
            # Keyword arguments that go straight to the optimizer must not include those of another one.
            is_argument = {*words(name.rpartition(".")[0])} & {"params", "args", "kwargs", "options"}
            space[name] = replace(space[name], when={optimizer: sgd[0]}, inactive="remove" if is_argument else "keep")
    if space:
        SearchSpace(space)
    return replace(draft, space=space, skipped=skipped, notes=tuple(notes))


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
