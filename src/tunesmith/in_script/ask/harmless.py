"""What a script does before it reads its arguments leaves no trace: files go elsewhere, the network is out of reach.

Only what Python itself opens is sent to another folder; a library in another language writes where it wants.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
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
        io.open = builtins.open = _opening(io.open)
        os.mkdir = _making(os.mkdir)
        os.remove, os.unlink, shutil.rmtree = _deleting(os.remove), _deleting(os.unlink), _deleting(shutil.rmtree)
        os.rename, os.replace = _moving(os.rename), _moving(os.replace)
    sys.addaudithook(_audit)


@contextlib.contextmanager
def allowed() -> Iterator[None]:
    """A context in which everything is allowed."""
    before, _State.allowed = _State.allowed, True
    try:
        yield
    finally:
        _State.allowed = before


def _opening(original: Any) -> Any:
    def open(file: Any, mode: Any = "r", *more: Any, **keywords: Any) -> Any:
        path = _kept(file)
        if path is not None and isinstance(mode, str):
            copy = _copy_of(path)
            if set(mode) & set("wax+"):
                file = _written(path, mode)
            elif copy.is_file():
                file = copy
            if file == copy:
                keywords.pop("opener", None)  # Before Python 3.10, that of a path opens the path itself.
        return original(file, mode, *more, **keywords)

    return open


def _written(path: Path, mode: str) -> Path:
    """Return the file to write in place of another, with what that holds if it is not written anew."""
    copy = _copy_of(path)
    with allowed():
        if path.parent.is_dir():
            copy.parent.mkdir(parents=True, exist_ok=True)
        if set(mode) & set("a+") and path.is_file() and not copy.exists() and path.stat().st_size < _MOST_BYTES_COPIED:
            copy.write_bytes(path.read_bytes())
    return copy


def _making(original: Any) -> Any:
    def mkdir(path: Any, *more: Any, **keywords: Any) -> None:
        kept = _kept(path) if keywords.get("dir_fd") is None else None
        if kept is None or (kept.exists() and kept not in _State.deleted):
            original(path, *more, **keywords)
            return
        with allowed():
            _copy_of(kept).mkdir(parents=True, exist_ok=kept in _State.deleted)

    return mkdir


def _deleting(original: Any) -> Any:
    def delete(path: Any, *more: Any, **keywords: Any) -> None:
        kept = _kept(path) if keywords.get("dir_fd") is None else None
        if kept is not None and _copy_of(kept).exists():
            path = _copy_of(kept)
        elif kept is not None and kept.exists():
            _State.deleted.add(kept)
            return
        original(path, *more, **keywords)

    return delete


def _moving(original: Any) -> Any:
    def move(source: Any, target: Any, *more: Any, **keywords: Any) -> None:
        kept = _kept(source)
        if kept is not None and _copy_of(kept).is_file():
            source, kept = _copy_of(kept), None
        overwritten = _kept(target)
        if kept is None and overwritten is not None:
            target = _written(overwritten, "w")
        original(source, target, *more, **keywords)

    return move


def _copy_of(path: Path) -> Path:
    assert _State.scratch is not None
    return _State.scratch.joinpath(*path.parts[1:])


def _kept(path: Any) -> Path | None:
    """Return a path that must stay as it is: any but temporary files, devices and the scratch folder; else None."""
    if _State.allowed or not isinstance(path, (str, os.PathLike)):
        return None
    text = os.fspath(path)
    if not isinstance(text, str) or "\0" in text:
        return None
    full = Path(text).resolve()
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
        for path in filter(None, map(_kept, arguments[:2])):
            if path.exists():
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
