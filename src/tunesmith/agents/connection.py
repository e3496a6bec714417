"""A language model outside of a study, within a budget of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.spending import Call, Ledger
from ..llm.environment import load_environment
from ..llm.options import ModelOptions, ModelSetting
from ..llm.spend_limiter import SpendLimiter, daily_usage

if TYPE_CHECKING:
    from ..llm.client import ModelClient


@contextmanager
def connected(
    model: ModelSetting | ModelOptions,
    *,
    usd: float | None = None,
    folder: Path | None = None,
    on_call: Callable[[Call], None] = lambda call: None,
) -> Iterator[ModelClient]:
    """Connect a language model for some questions, as those of a role that is used alone.

    Args:
        model: A model such as `"openrouter:anthropic/claude-sonnet-4.5"`, a table, or options.
        usd: The limit of the cost in US dollars; by default that of the day alone.
        folder: Folder that may hold a `.env` file; the working directory by default.
        on_call: Called with each finished call.

    Yields:
        The client, which roles ask.

    Raises:
        MissingApiKey: The model has no API key.
        InputError: The model, its address or its price is unknown.
    """
    options, ledger = ModelOptions.parse(model), Ledger()

    def record(call: Call) -> None:
        ledger.add(call)
        on_call(call)

    daily = None if options.replay else daily_usage()  # Replay costs nothing.
    limiter = SpendLimiter(options.spend_limits(usd), lambda: ledger.total, daily)
    client = options.connect(load_environment(folder or Path.cwd()), limiter=limiter, on_call=record)
    try:
        yield client
    finally:
        client.close()
