"""Code that runs inside a user's Python process: it asks for options, hears metrics and replaces config files.

That process has its own packages and its own Python, so this package uses the standard library only, runs on Python
3.8 and later, and imports nothing from the rest of tunesmith. `variables` returns what makes a process load it:
`PYTHONPATH` begins with the folder `startup`, whose sitecustomize.py imports this package as `_tunesmith` and calls
`start`. A process that starts others (`torchrun`, `bash`, `accelerate launch`) passes both variables on.

One module a feature. Each has a function `start`, whose keywords are its table in the settings:

- `ask`: stops where the script has read its arguments, and writes down its options.
- `listen`: passes on the metrics that the script logs, as reports.
- `opened`: notes which files the script reads.
- `own`: sends files that the script writes to the same place in every run to the trial's own place.
- `replace`: gives the script an edited copy of a file under the file's own name.
"""

from __future__ import annotations

import importlib
import json
import os

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SETTINGS = "TUNESMITH_IN_SCRIPT"
"""The environment variable with the settings, as JSON."""
_STARTUP = os.path.join(os.path.dirname(os.path.realpath(__file__)), "startup")


def variables(settings: Mapping[str, Mapping[str, Any]], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables that start features in a process and its children.

    Args:
        settings: The keywords of each feature's `start`, by its name; plain data.
        environment: The environment of the process so far.
    """
    if not settings:
        return {}
    paths = [_STARTUP, *filter(None, [environment.get("PYTHONPATH")])]
    return {SETTINGS: json.dumps(settings), "PYTHONPATH": os.pathsep.join(paths)}


def start() -> None:
    """Start the features that the settings name.

    A feature that fails to start is skipped, so that the script still runs.
    """
    try:
        settings = json.loads(os.environ.get(SETTINGS) or "{}")
    except ValueError:
        return
    for name, keywords in settings.items():
        try:
            importlib.import_module(f"{__name__}.{name}").start(**keywords)
        except Exception as error:
            _complain(name, error)


def _complain(feature: str, error: Exception) -> None:
    if os.environ.get("TUNESMITH_DEBUG"):
        os.write(2, f"[tunesmith: '{feature}' could not start: {error!r}]\n".encode())
