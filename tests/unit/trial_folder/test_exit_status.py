import pytest

from tunesmith.trial_folder.exit_status import exit_failure


@pytest.mark.parametrize(
    ("code", "output", "kind", "reason"),
    [
        (3, b"", "exit", "exit status 3"),
        (0, b"", "exit", "exit status 0, but no result"),
        (127, b"", "exit", "exit status 127: there is no such command"),
        (1, b"std::bad_alloc", "memory", "exit status 1: it ran out of memory"),
        (-9, b"", "lost", "the command was killed from outside by SIGKILL; Linux does so when memory runs out"),
        (-15, b"out of memory", "lost", "the command was killed from outside by SIGTERM"),
        (-11, b"", "exit", "the command crashed with SIGSEGV"),
        (-63, b"", "exit", "the command crashed with signal 63"),
    ],
)
def test_an_exit_status_is_described(code, output, kind, reason):
    failure = exit_failure(code, "the command", output)
    assert (failure.kind, failure.reason) == (kind, reason)
