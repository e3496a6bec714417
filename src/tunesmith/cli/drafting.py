"""A draft and a request read by a language model, within a budget; without a model, by rules alone."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..agents.connection import connected
from ..agents.roles.drafter import Drafter
from ..core.spending import Spending
from ..errors import MissingApiKey, ModelUnavailable
from ..init import Draft
from ..llm.options import ModelOptions
from ..text.wording import count

log = logging.getLogger(__name__)


def amend(draft: Draft, request: str | None, options: ModelOptions, *, usd: float, say: Callable[[str], None]) -> Draft:
    """Return a draft with a language model's changes, or unchanged, with a warning, if no model answers.

    Args:
        draft: The draft after the rules.
        request: The user's words; without any, the model looks at the script, its help text and its output.
        options: The model.
        usd: The limit of the cost.
        say: Called with the limit, and with the cost.

    Raises:
        InputError: The model, its address or its price is unknown.
    """
    spent = Spending()
    try:
        with connected(options, usd=usd, folder=draft.folder, on_call=spent.add) as model:
            say(f"asking {options.name}, for at most ${usd:g}")
            try:
                drafter = Drafter(model)
                return drafter.review(draft) if request is None else drafter.amend(draft, request)
            finally:
                say(f"{count(spent.calls, 'call')}, ${spent.usd:.2g} spent")
    except (MissingApiKey, ModelUnavailable) as error:
        _warn(str(error))
        return draft


def _warn(reason: str) -> None:
    log.warning("no language model answered, and the draft is by rules alone: %s", reason)
