"""What a script does before it reads its arguments leaves no trace: files go elsewhere, the network is out of reach.

Only what Python itself opens is sent to another folder; a library in another language writes where it wants.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..functions import substitute
from ..opening import WRITES, redirect_opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, ClassVar

_DELETING = ("os.remove", "os.rename", "os.rmdir", "os.truncate", "shutil.rmtree", "shutil.move")
_MOST_BYTES_COPIED = 1 << 24
_NOWHERE = ("/dev/", "/proc/")
_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")
_IFF_UP, _SIOCGIFFLAGS, _SIOCSIFFLAGS = 1, 0x8913, 0x8914


class _State:
    scratch: Path | None = None
    folder = Path()
    temporary = Path()
    deleted: ClassVar[set[Path]] = set()
    allowed = False


def start(scratch: str) -> None:
    """Send what the script writes to a folder, keep what it deletes, and close the network."""
    _State.scratch = Path(scratch).resolve() if scratch else None
    _State.folder = Path.cwd()
    _State.temporary = Path(os.environ.get("TMPDIR") or "/tmp").resolve()
    _start_loopback()
    if _State.scratch is not None:
        redirect_opening(_redirected)
        substitute(shutil, "rmtree", _deleting)
        for name, make in _INSTEAD.items():
            substitute(os, name, make)
    sys.addaudithook(_audit)


@contextlib.contextmanager
def allowed() -> Iterator[None]:
    """A context in which everything is allowed."""
    before, _State.allowed = _State.allowed, True
    try:
        yield
    finally:
        _State.allowed = before


def _redirected(path: Any, flags: int) -> str | None:
    """Return the file in the scratch folder to open in place of another, or None."""
    kept = _kept(path)
    if kept is None:
        return None
    if not flags & WRITES:
        return str(_copy_of(kept)) if _copy_of(kept).is_file() else None
    if flags & os.O_EXCL and _is_there(kept):
        return None  # As without us, it fails.
    return str(_written(kept, anew=bool(flags & (os.O_TRUNC | os.O_EXCL))))


def _written(path: Path, *, anew: bool) -> Path:
    """Return the file to write in place of another, with what that holds if it is not written anew."""
    copy = _copy_of(path)
    if path.parent.is_dir():
        copy.parent.mkdir(parents=True, exist_ok=True)
    if not (anew or copy.exists()) and path.is_file() and path.stat().st_size < _MOST_BYTES_COPIED:
        copy.write_bytes(path.read_bytes())
    return copy


def _making(original: Any) -> Any:
    def mkdir(path: Any, *more: Any, **keywords: Any) -> None:
        kept = _kept(path) if keywords.get("dir_fd") is None else None
        if kept is None or _is_there(kept):
            original(path, *more, **keywords)
        else:  # `os.makedirs` looks for the original to decide whether a folder may exist.
            _copy_of(kept).mkdir(parents=True, exist_ok=True)

    return mkdir


def _deleting(original: Any) -> Any:
    return _changing(original, on_original=_State.deleted.add)


def _changing(original: Any, on_original: Callable[[Path], None] = lambda path: None) -> Any:
    """Change the copy of a file, or nothing where there is only the original."""

    def change(path: Any, *more: Any, **keywords: Any) -> None:
        kept = _kept(path) if keywords.get("dir_fd") is None else None
        if kept is not None and _copy_of(kept).exists():
            path = _copy_of(kept)
        elif kept is not None and os.path.lexists(path):
            on_original(kept)
            return
        original(path, *more, **keywords)

    return change


def _moving(original: Any) -> Any:
    def move(source: Any, target: Any, *more: Any, **keywords: Any) -> None:
        kept = _kept(source)
        if kept is not None and _copy_of(kept).exists():
            source, kept = _copy_of(kept), None
        overwritten = _kept(target)
        if kept is None and overwritten is not None:
            target = _written(overwritten, anew=True)
        original(source, target, *more, **keywords)

    return move


def _linking(original: Any) -> Any:
    """Make no links: what the script then writes through one would reach the original."""

    def link(source: Any, target: Any, *more: Any, **keywords: Any) -> None:
        if _kept(target) is None:
            original(source, target, *more, **keywords)

    return link


_INSTEAD: Mapping[str, Callable[[Any], Any]] = {
    "mkdir": _making,
    "remove": _deleting,
    "unlink": _deleting,
    "utime": _changing,
    "chmod": _changing,
    "rename": _moving,
    "replace": _moving,
    "symlink": _linking,
    "link": _linking,
}


def _is_there(path: Path) -> bool:
    return path.exists() and path not in _State.deleted


def _copy_of(path: Path) -> Path:
    assert _State.scratch is not None
    return _State.scratch.joinpath(*path.parts[1:])


def _kept(path: Any) -> Path | None:
    """Return a path that must stay as it is: any but temporary files, devices and the scratch folder; else None."""
    if _State.allowed or not isinstance(path, (str, bytes, os.PathLike)):
        return None
    try:
        full = Path(os.path.realpath(os.fsdecode(path)))
    except ValueError:  # A NUL.
        return None
    inside = (full, *full.parents)
    if _State.scratch in inside or str(full).startswith(_NOWHERE):
        return None
    if _State.temporary in inside and (_State.folder == _State.temporary or _State.folder not in inside):
        return None
    return full


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _State.allowed:
        return
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise OSError(errno.ENETUNREACH, "the network is out of reach while tunesmith asks for options")
    elif event in _DELETING and _State.scratch is not None:
        for path in arguments[:2]:
            if _kept(path) is not None and os.path.lexists(path):
                reason = f"the script may not delete or move {path} while tunesmith asks for options"
                raise PermissionError(errno.EPERM, reason)


def _start_loopback() -> None:
    """Start the loopback device, on which launchers meet their workers, in a network of the command's own."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(Exception):
        import fcntl
        import socket
        import struct

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
            request = struct.pack("16sh14x", b"lo", 0)
            name, flags = struct.unpack("16sh14x", fcntl.ioctl(device, _SIOCGIFFLAGS, request))
            if not flags & _IFF_UP:
                fcntl.ioctl(device, _SIOCSIFFLAGS, struct.pack("16sh14x", name, flags | _IFF_UP))
