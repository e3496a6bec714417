"""What an exit status says about a trial: crashed, killed from outside, or out of memory."""

from __future__ import annotations

import signal

from ..core.trial import Failure

_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_OUT_OF_MEMORY = (b"OutOfMemoryError", b"MemoryError", b"out of memory", b"bad_alloc", b"RESOURCE_EXHAUSTED")
_NOT_FOUND = (126, 127)
_USAGE = (b"usage", b"--help", b"can't open file")
_NOT_IMPORTED = (b"ModuleNotFoundError", b"ImportError", b"SyntaxError", b"IndentationError", b"TabError")


def shows_no_training(code: int, output: bytes) -> bool:
    """Tell whether a program ended before it could train: it cannot be run or imported, or refused its arguments.

    >>> shows_no_training(2, b"usage: train.py [-h]"), shows_no_training(1, b"ModuleNotFoundError: No module 'torch'")
    (True, True)
    >>> shows_no_training(2, b"the loss diverged"), shows_no_training(1, b"ValueError: bad shape")
    (False, False)
    """
    last_line = output.rstrip().rpartition(b"\n")[2]
    refused = code == 2 and any(sign in output.lower() for sign in _USAGE)
    return code in _NOT_FOUND or refused or last_line.startswith(_NOT_IMPORTED)


def shows_out_of_memory(text: bytes) -> bool:
    """Tell whether an error message or a program's output reports missing memory, of the host or of a GPU."""
    return any(sign in text for sign in _OUT_OF_MEMORY)


def exit_failure(code: int, subject: str, output: bytes = b"") -> Failure:
    """Describe why a process ended without a result.

    Args:
        code: Its exit status, or the negative number of the signal that killed it, as in `subprocess`. A wait status
            is converted by `os.waitstatus_to_exitcode`.
        subject: The process in words, as `"the command"`.
        output: The end of its output; searched for signs of missing memory.

    Returns:
        A failure of kind `lost` for a signal that usually comes from outside, `memory` or `exit` otherwise.

    >>> exit_failure(-9, "the command").reason
    'the command was killed from outside by SIGKILL; Linux does so when memory runs out'
    >>> exit_failure(1, "the command", b"torch.OutOfMemoryError: ...").kind
    'memory'
    """
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        if -code not in _FROM_OUTSIDE:
            return Failure(kind="exit", reason=f"{subject} crashed with {name}")
        hint = "; Linux does so when memory runs out" if -code == signal.SIGKILL else ""
        return Failure(kind="lost", reason=f"{subject} was killed from outside by {name}{hint}")
    if code and shows_out_of_memory(output):
        return Failure(kind="memory", reason=f"exit status {code}: it ran out of memory")
    hints = {0: ", but no result", 126: ": the command cannot be executed", 127: ": there is no such command"}
    reason = f"exit status {code}{hints.get(code, '')}"
    return Failure(kind="exit", reason=reason, systematic=shows_no_training(code, output))
