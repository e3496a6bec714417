"""Everything tunesmith raises on purpose.

    TunesmithError
    ├── InputError          what was asked for cannot be done as given (exit status 2)
    │   ├── MissingExtra    an optional dependency is not installed
    │   ├── MissingApiKey    a provider's token is not there
    │   └── StudyLocked     another process owns the study's folder
    ├── JournalError        the journal cannot be read or written (disk full, no permission)
    ├── StudyFailed         the study ended without one usable trial (exit status 1)
    ├── ModelUnavailable            no language model may be asked, or none answered; whoever asked goes on by rules
    ├── ApprovalPending            a step is tried only once a person has approved it; whoever drives the study waits
    ├── SpaceExhausted      every configuration of a finite space has been tried
    ├── BudgetSpent         all trials that the budget allows have been asked for
    └── TrialPruned         raised inside a trial that is not worth finishing

A message says what must hold, what was given and what to do. Anything else that is raised is a bug.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TunesmithError(Exception):
    """The root of every error that tunesmith raises on purpose."""


class InputError(TunesmithError):
    """What the user gave cannot be used.

    Args:
        message: What must hold, what was given and what to do.
        keys: Where in the settings the fault lies, outermost first, as `("space", "lr", "low")`.
            Whoever knows the file turns them into a line number.
    """

    def __init__(self, message: str, *, keys: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.keys = keys

    def inside(self, *keys: str) -> InputError:
        """Return the same error, placed one level further out."""
        return type(self)(self.message, keys=(*keys, *self.keys))


class MissingExtra(InputError):
    """An optional dependency is missing; the message names the extra that brings it."""


class MissingApiKey(InputError):
    """The token of a language model's provider is not there."""


class StudyLocked(InputError):
    """Another process is working on this study's folder."""


class JournalError(TunesmithError):
    """The journal cannot be read or written."""


class StudyFailed(TunesmithError):
    """The study ended without one usable trial."""


class ModelUnavailable(TunesmithError):
    """No language model may be asked, as the budget does not allow it, or none gave an answer that can be used."""


class ApprovalPending(TunesmithError):
    """A step waits for a person's word, and nothing is proposed in its place meanwhile."""


class SpaceExhausted(TunesmithError):
    """Every configuration of a finite search space has been tried."""


class BudgetSpent(TunesmithError):
    """All trials that the budget allows have been asked for."""


class TrialPruned(TunesmithError):
    """Raised by `trial.report` where the pruner says that the trial is not worth finishing."""


def nearest(given: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the closest known name, or an empty string.

    Args:
        given: The name that is not known.
        known: The names that are.

    Returns:
        A sentence that starts with a space, or nothing where no name is close.

    >>> nearest("trails", ["trials", "minutes"])
    " Did you mean 'trials'?"
    """
    spelled = {name.lower(): name for name in known if name != given}
    close = difflib.get_close_matches(given.lower(), spelled, n=1, cutoff=0.6)
    return f" Did you mean '{spelled[close[0]]}'?" if close else ""
