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


@pytest.mark.parametrize(
    ("code", "output", "systematic"),
    [
        (126, b"", True),
        (127, b"sh: 1: trian: not found", True),
        (2, b"usage: train.py [-h] [--lr LR]\ntrain.py: error: unrecognized arguments: --x", True),
        (2, b"Usage: train.py [OPTIONS]\nTry 'train.py --help' for help.\n\nError: No such option: --x", True),
        (2, b"python: can't open file '/train.py': [Errno 2] No such file or directory", True),
        (1, b"Traceback (most recent call last):\n  ...\nModuleNotFoundError: No module named 'torch'\n", True),
        (1, b"    x = = 1\n        ^\nSyntaxError: invalid syntax", True),
        (2, b"the loss diverged", False),
        (1, b"usage: 3 GB\nValueError: bad shape", False),
        (1, b"ImportError: no apex, going on without\nRuntimeError: CUDA error", False),
        (-11, b"usage:", False),
    ],
)
def test_a_program_that_never_trained_is_told_from_one_that_failed_in_training(code, output, systematic):
    assert exit_failure(code, "the command", output).systematic is systematic
