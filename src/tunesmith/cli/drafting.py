"""A request read by a language model, within a budget; without a model, by rules alone."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..agents.roles.drafter import Drafter
from ..core.spending import Ledger
from ..errors import MissingApiKey, ModelUnavailable
from ..init import Draft
from ..llm.environment import load_environment
from ..llm.options import ModelOptions
from ..llm.spend_limiter import SpendLimiter, daily_usage
from ..text.wording import count

log = logging.getLogger(__name__)


def amend(draft: Draft, request: str, options: ModelOptions, *, usd: float, say: Callable[[str], None]) -> Draft:
    """Return a draft with a language model's changes, or unchanged, with a warning, if no model answers.

    Args:
        draft: The draft after the rules.
        request: The user's words.
        options: The model.
        usd: The limit of the cost.
        say: Called with the limit, and with the cost.

    Raises:
        InputError: The model, its address or its price is unknown.
    """
    ledger = Ledger()
    limiter = SpendLimiter(options.spend_limits(usd), lambda: ledger.total, daily_usage())
    try:
        model = options.connect(load_environment(draft.folder), limiter=limiter, on_call=ledger.add)
    except MissingApiKey as error:
        _warn(error.message)
        return draft
    say(f"asking {options.name}, for at most ${usd:g}")
    try:
        return Drafter(model).amend(draft, request)
    except ModelUnavailable as error:
        _warn(str(error))
        return draft
    finally:
        model.close()
        say(f"{count(ledger.total.calls, 'call')}, ${ledger.total.usd:.2g} spent")


def _warn(reason: str) -> None:
    log.warning("no language model answered, and the request is read by rules alone: %s", reason)
