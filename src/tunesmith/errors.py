"""The exceptions of tunesmith.

    TunesmithError
    ├── InputError          the input cannot be used (exit status 2)
    │   ├── MissingExtra    an optional dependency is not installed
    │   ├── MissingApiKey   the API key of a language model's provider is not set
    │   └── StudyLocked     another process is using the study's folder
    ├── JournalError        the journal cannot be read or written (disk full, no permission)
    ├── OutputError         another file cannot be written (exit status 1)
    ├── StudyFailed         the study ended without a usable trial (exit status 1)
    │   └── SetupFailed     trial 0 failed in a way that other trials would, too (exit status 2)
    ├── MachineFault        the machine cannot run trials: a full disk, no more processes (exit status 1)
    ├── ModelUnavailable    no language model can be called; callers fall back to rules
    ├── ApprovalPending     a step waits for a user's approval
    ├── SpaceExhausted      every configuration of a finite space has been tried
    ├── BudgetSpent         the budget allows no more trials
    └── TrialPruned         raised inside a trial to stop it early

A message says what must hold, what was given and what to do. It may quote text from outside, so it is cleaned: no
message can control the terminal or notebook that shows it. Any other exception is a bug.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .text.cleaning import valid, visible


class TunesmithError(Exception):
    """The base class of all exceptions that tunesmith raises on purpose.

    Args:
        message: What to print, as it is or after cleaning.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(visible(valid(message)))


class InputError(TunesmithError):
    """The user's input cannot be used.

    Args:
        message: What must hold, what was given and what to do.
        keys: The location in the settings, outermost key first, such as `("space", "lr", "low")`. File readers turn it
            into a line number.
    """

    def __init__(self, message: str, *, keys: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = str(self)
        self.keys = keys

    def inside(self, *keys: str) -> InputError:
        """Return the same error with `keys` prepended to its location."""
        return type(self)(self.message, keys=(*keys, *self.keys))


class MissingExtra(InputError):
    """An optional dependency is not installed; the message names the extra that installs it."""


class MissingApiKey(InputError):
    """The API key of a language model's provider is not set."""


class StudyLocked(InputError):
    """Another process is using this study's folder."""


class JournalError(TunesmithError):
    """The journal cannot be read or written."""


class OutputError(TunesmithError):
    """A file other than the journal cannot be written."""


class StudyFailed(TunesmithError):
    """The study ended without a usable trial."""


class SetupFailed(StudyFailed):
    """Trial 0 failed in a way that other trials would, too: what surrounds the training must be mended."""


class MachineFault(TunesmithError):
    """The machine cannot run trials: its disk is full, or it cannot start more processes. The trials wait."""


class ModelUnavailable(TunesmithError):
    """No language model can be called: the budget does not allow it, or none gave a usable answer."""


class ApprovalPending(TunesmithError):
    """A step waits for a user's approval, and nothing else is proposed."""


class SpaceExhausted(TunesmithError):
    """Every configuration of a finite search space has been tried."""


class BudgetSpent(TunesmithError):
    """The budget allows no more trials."""


class TrialPruned(TunesmithError):
    """Raised by `trial.report` when the pruner stops the trial."""


def message_of(error: BaseException) -> str:
    """Return the message of someone else's exception as one that can be shown, whatever its code does.

    An `OSError` becomes its reason and its file, an exception of tunesmith its message, any other its type and message.

    >>> message_of(ValueError("no data")), message_of(FileNotFoundError(2, "No such file", "a.csv"))
    ('ValueError: no data', 'No such file: a.csv')
    """
    if isinstance(error, TunesmithError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    try:
        message = str(error)
    except (Exception, SystemExit):
        message = "(its message cannot be shown)"
    return f"{type(error).__name__}: {message}".removesuffix(": ")


def nearest(unknown: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the closest known name, or an empty string if none is close.

    >>> nearest("trails", ["trials", "minutes"])
    " Did you mean 'trials'?"
    """
    spelled = {name.lower(): name for name in known if name != unknown}
    close = difflib.get_close_matches(unknown.lower(), spelled, n=1, cutoff=0.6)
    return f" Did you mean '{spelled[close[0]]}'?" if close else ""
