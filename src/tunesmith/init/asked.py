"""A script's options, from its parser or its source."""

from __future__ import annotations

from dataclasses import dataclass

from .script_option import ScriptOption


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options of a script.

    Produced by `asking.ask`, which runs the user's command up to the point where the script reads its arguments, and
    by `reading.read_options`, which runs nothing.

    Args:
        options: In the script's order; positional arguments and the subcommand's own options included.
        framework: What defines them, as `argparse`, `tyro`, `hydra`, or `sys.argv`; empty if nothing was found.
        notes: What is particular or could not be read, and what to do, a sentence or two each.
        failure: Why there is no answer, and what to do; None if the script was asked successfully. A script without
            options is no failure of reading.
    """

    options: tuple[ScriptOption, ...] = ()
    framework: str = ""
    notes: tuple[str, ...] = ()
    failure: str | None = None
