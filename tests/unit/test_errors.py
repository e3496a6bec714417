"""Messages that quote text from outside."""

from __future__ import annotations

import pickle
import traceback

from tunesmith.core.trial import Failure, TrialFailed
from tunesmith.errors import InputError, StudyFailed, TrialPruned

HOSTILE = "\x1b[2J\x1b]52;c;cm0gLXJmIH4=\x07a\u202eb\x9b31m\nnext [red]line[/red] \udce9"
SAFE = "ab\nnext [red]line[/red] \\udce9"


def test_no_message_controls_the_terminal_that_shows_it() -> None:
    errors = [InputError(HOSTILE), InputError(HOSTILE).inside("task"), StudyFailed(HOSTILE)]
    errors.append(pickle.loads(pickle.dumps(StudyFailed(HOSTILE))))
    assert {str(error) for error in errors} == {SAFE}
    assert InputError(HOSTILE).message == SAFE
    failed = TrialFailed(Failure(kind="exception", reason=HOSTILE))
    assert SAFE in "".join(traceback.format_exception(failed))
    assert failed.failure.reason == HOSTILE  # the data stay as they are


def test_a_trial_may_be_pruned_without_a_message() -> None:
    assert str(TrialPruned()) == ""
