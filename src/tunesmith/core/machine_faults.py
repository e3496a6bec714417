"""Faults of the machine that a trial runs on: a full disk, no more processes. No trial is to blame for them."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import OutputError

_SPACE = "Free some space"
_MOUNT = "Mount the file system again"
_REMEDIES = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: "Raise the limit on the size of files (ulimit -f)",
    errno.EROFS: "Make the file system writable",
    errno.EIO: "Check the disk",
    errno.ESTALE: _MOUNT,
    errno.ENODEV: _MOUNT,
    errno.ENXIO: _MOUNT,
    errno.ENOTCONN: _MOUNT,
    errno.EMFILE: "Raise the limit of open files (ulimit -n)",
    errno.ENFILE: "Raise the limit of open files",
    errno.ENOMEM: "Free some memory",
    errno.EAGAIN: "End some processes, or raise their limit (ulimit -u)",
}


def machine_fault(error: BaseException) -> str | None:
    """Return what is wrong with the machine and the remedy, in words without a final full stop; None if nothing is.

    Args:
        error: Why something of tunesmith's own could not be done, such as to write a small file or to start a process.

    >>> machine_fault(OSError(errno.ENOSPC, "No space left on device"))
    'No space left on device. Free some space'
    >>> machine_fault(OSError(errno.EACCES, "Permission denied"))
    """
    if not isinstance(error, OSError) or error.errno not in _REMEDIES:
        return None
    return f"{error.strerror}. {_REMEDIES[error.errno]}"


@contextmanager
def writing(path: object) -> Iterator[None]:
    """Raise `OutputError` if the block cannot write a file.

    Args:
        path: The file, for the message.
    """
    try:
        yield
    except OSError as error:
        reason = machine_fault(error) or f"{error.strerror or error}. Fix that"
        raise OutputError(f"{path} must be writable, got: {reason}, or choose another place.") from error
