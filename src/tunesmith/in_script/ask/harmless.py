"""What a script does before it reads its arguments leaves no trace: files go elsewhere, the network is out of reach.

Only what Python itself opens is sent to another folder; a library in another language writes where it wants.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_DELETING = ("os.remove", "os.rename", "os.rmdir", "os.truncate", "shutil.rmtree", "shutil.move")
_MOST_BYTES_COPIED = 1 << 24
_NOWHERE = ("/dev/", "/proc/")
_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")
_IFF_UP, _SIOCGIFFLAGS, _SIOCSIFFLAGS = 1, 0x8913, 0x8914


class _State:
    scratch: Path | None = None
    folder = Path()
    temporary = Path()
    allowed = False


def start(scratch: str) -> None:
    """Send what the script writes to a folder, deny it to delete files of the user's, and close the network."""
    _State.scratch = Path(scratch).resolve() if scratch else None
    _State.folder = Path.cwd()
    _State.temporary = Path(os.environ.get("TMPDIR") or "/tmp").resolve()
    _start_loopback()
    if _State.scratch is not None:
        io.open = builtins.open = _opening(io.open)
        os.mkdir = _making(os.mkdir)
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
        if isinstance(mode, str) and isinstance(file, (str, os.PathLike)) and not _State.allowed:
            path = Path(os.fspath(file)).resolve()
            if _is_kept(path):
                file = _written(path, mode) if set(mode) & set("wax+") else _read(path, file)
        return original(file, mode, *more, **keywords)

    return open


def _read(path: Path, file: Any) -> Any:
    copy = _copy_of(path)
    return copy if copy.is_file() else file


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
        if not _State.allowed and isinstance(path, (str, os.PathLike)) and keywords.get("dir_fd") is None:
            full = Path(os.fspath(path)).resolve()
            if _is_kept(full) and not full.exists():
                path, more, keywords = _copy_of(full), (), {}
                with allowed():
                    path.parent.mkdir(parents=True, exist_ok=True)
        original(path, *more, **keywords)

    return mkdir


def _copy_of(path: Path) -> Path:
    assert _State.scratch is not None
    return _State.scratch.joinpath(*path.parts[1:])


def _is_kept(path: Path) -> bool:
    """Tell whether a path is one that must stay as it is: any but temporary files, devices and the scratch folder."""
    inside = (path, *path.parents)
    if _State.scratch in inside or str(path).startswith(_NOWHERE):
        return False
    if _State.temporary in inside:
        return _State.folder != _State.temporary and _State.folder in inside
    return True


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _State.allowed:
        return
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise OSError(errno.ENETUNREACH, "the network is out of reach while tunesmith asks for options")
    elif event in _DELETING and _State.scratch is not None and isinstance(arguments[0], (str, os.PathLike)):
        path = Path(os.fspath(arguments[0])).resolve()
        if _is_kept(path) and path.exists():
            raise PermissionError(
                errno.EPERM, f"the script may not delete or move {path} while tunesmith asks for options"
            )


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
