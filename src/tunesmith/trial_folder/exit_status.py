"""What an exit status says about a trial: crashed, killed from outside, or out of memory."""

from __future__ import annotations

import signal

from ..core.trial import Failure

_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_OUT_OF_MEMORY = (b"OutOfMemoryError", b"MemoryError", b"out of memory", b"bad_alloc", b"RESOURCE_EXHAUSTED")


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
    hint = {0: ", but no result", 127: ": there is no such command"}.get(code, "")
    return Failure(kind="exit", reason=f"exit status {code}{hint}")
