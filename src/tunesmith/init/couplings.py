"""Parameters that must fit together: heads of attention and widths, momentum and its optimiser."""

from __future__ import annotations

from dataclasses import replace

from ..core.parameters import Choice, Int, Parameter
from ..core.space import SearchSpace
from .draft import Draft
from .name_words import words
from .ranges import is_width


def arranged(draft: Draft) -> Draft:
    """Let parameters fit together: heads divide widths, and what only SGD knows waits for SGD."""
    space, skipped, notes = dict(draft.space), dict(draft.skipped), list(draft.notes)
    heads = next((name for name in space if {*words(name)} & {"heads", "head"}), None)
    if heads is not None:
        _fit_heads(space, skipped, heads, notes)
    optimizer = next((n for n, p in space.items() if isinstance(p, Choice) and "optimizer" in words(n)), None)
    if optimizer is not None and draft.config is not None:
        options = getattr(space[optimizer], "options", ())
        sgd = [option for option in options if str(option).lower().endswith("sgd")]
        for name in [name for name in space if words(name) == ["momentum"] and sgd]:
            # What is handed on to the optimiser as it is must not hold what only another one knows.
            passed_on = {*words(name.rpartition(".")[0])} & {"params", "args", "kwargs", "options"}
            space[name] = replace(space[name], when={optimizer: sgd[0]}, inactive="remove" if passed_on else "keep")
    if space:
        SearchSpace(space)
    return replace(draft, space=space, skipped=skipped, notes=tuple(notes))


def _fit_heads(space: dict[str, Parameter], skipped: dict[str, str], heads: str, notes: list[str]) -> None:
    """Give heads and widths options of which any two divide evenly, or leave the heads as they are."""
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
            skipped[heads] = f"it must divide {name}, which leaves it little to choose"
            return
        space[name] = Choice(fitting, ordered=True, default=width)
    if widths:
        half = [present // 2] if present % 2 == 0 else []
        space[heads] = Choice(sorted({1, present, 2 * present, *half}), ordered=True, default=present)
        notes.append(f"{heads} and {', '.join(widths)} have options that divide evenly, as attention needs.")
