"""Parameters that depend on one another: attention heads and widths, a choice and what only some of it uses."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from ..core.parameters import Choice, Int, Parameter
from ..core.space import SearchSpace
from .bagging import with_bagging
from .bootstrap import with_bootstrap
from .branch_conditions import with_branches
from .choosing import with_spare
from .draft import Draft
from .name_words import option_words
from .optimizer_keywords import with_optimizer
from .ranges import is_width
from .used_with import with_uses

_MODELS = {"model", "arch", "network", "net", "backbone"}
_WITHOUT_HEADS = re.compile(r"lstm|gru|rnn|cnn|mlp|resnet|d?linear|nlinear|tcn|vgg|unet", re.I)


def with_couplings(draft: Draft, texts: Collection[str] = ()) -> Draft:
    """Return a draft in which heads divide widths, and a parameter is active only where the script uses it.

    Args:
        draft: The draft.
        texts: The text of each file of the script.
    """
    draft = with_uses(with_optimizer(_with_heads(draft)))
    draft = with_branches(with_bootstrap(with_bagging(draft, texts), texts), texts)
    if draft.space:
        SearchSpace(draft.space)
    return draft


def _with_heads(draft: Draft) -> Draft:
    """Give attention heads and widths options that divide evenly in any combination, or leave one of them alone."""
    heads = next((n for n, v in draft.values.items() if {*option_words(n)} & {"heads", "head"} and _is_count(v)), None)
    if heads is None:
        return draft
    model = next((v for n, v in draft.values.items() if {*option_words(n)} & _MODELS and isinstance(v, str)), "")
    if heads in draft.space and _WITHOUT_HEADS.match(model):
        return with_spare(draft, {heads: f"{model} has no attention heads"})
    present = draft.values[heads]
    widths = {
        name: parameter.default
        for name, parameter in draft.space.items()
        if isinstance(parameter, Int) and parameter.log and is_width(name) and parameter.default
        if parameter.default % present == 0
    }
    if not widths or (heads in draft.space and not isinstance(draft.space[heads], Int)):
        return draft
    tuned = heads in draft.space
    space: dict[str, Parameter] = dict(draft.space)
    for name, width in widths.items():
        multiple = 2 * present if tuned else present
        fitting = [w for w in (width // 4, width // 2, width, width * 2, width * 4) if w and w % multiple == 0]
        if width not in fitting or len(fitting) < 2:
            why = (
                {heads: f"it must divide {name}, which leaves too few options"}
                if tuned
                else {name: f"a multiple of {heads}"}
            )
            return with_spare(draft, why)
        space[name] = Choice(fitting, ordered=True, default=width)
    if tuned:
        half = [present // 2] if present % 2 == 0 else []
        space[heads] = Choice(sorted({1, present, 2 * present, *half}), ordered=True, default=present)
    note = f"{heads} and {', '.join(widths)} have options that divide evenly, as attention requires."
    return replace(
        draft, space=space, notes=(*draft.notes, note if tuned else f"{', '.join(widths)}: multiples of {heads}.")
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
