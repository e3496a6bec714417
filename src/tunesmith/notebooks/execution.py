"""Run a notebook in a kernel of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

import nbformat
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME as NATIVE_KERNEL
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat.reader import NotJSONError
from traitlets.config import Config

from ..errors import InputError, nearest
from ..text.cleaning import visible

_START_SECONDS, _END_SECONDS = 600, 10


def run(source: Path, target: Path, *, kernel: str | None = None) -> int:
    """Run a notebook, print what its cells print, and write it with its outputs after every cell.

    Args:
        source: The notebook; never written to.
        target: The file for the notebook with its outputs; replaced if it exists.
        kernel: The name of a Jupyter kernel; by default that of the notebook.

    Returns:
        0, or 1 where a cell failed, whose traceback is printed. If the kernel is killed by a signal, so is this
        process.

    Raises:
        InputError: There is no such notebook or kernel, or the target is the notebook itself.
    """
    notebook = _read(source)
    if target.exists() and target.samefile(source):
        raise InputError(f"the notebook with its outputs must be another file, but {target} is {source} itself.")
    name = kernel or notebook.metadata.get("kernelspec", {}).get("name") or NATIVE_KERNEL
    _check_kernel(name)
    # Sockets in a folder instead of ports, of which two kernels that start at once could choose the same.
    with tempfile.TemporaryDirectory(prefix="tunesmith-") as folder:
        settings = Config({"KernelManager": {"transport": "ipc", "connection_file": f"{folder}/kernel.json"}})
        client = _Client(notebook, target, kernel_name=name, config=settings)
        try:
            client.execute()
        except CellExecutionError as error:
            return client.failed(error)
        except DeadKernelError:
            print("The kernel died.", file=sys.stderr)
            client.end_as_the_kernel()
            return 1
        finally:
            client.save()
    return 0


def _read(source: Path) -> Any:
    try:
        return nbformat.read(source, as_version=4)
    except OSError as error:
        raise InputError(f"a notebook must be readable, but {source} is not: {error.strerror}.") from None
    except (NotJSONError, nbformat.ValidationError, ValueError, AttributeError, KeyError) as error:
        raise InputError(f"a notebook must be valid, but {source} is not: {str(error)[:200]}") from None


def _check_kernel(name: str) -> None:
    kernels = KernelSpecManager()
    try:
        kernels.get_kernel_spec(name)
    except NoSuchKernel:
        known = sorted(kernels.find_kernel_specs())
        raise InputError(
            f"there is no Jupyter kernel '{name}'.{nearest(name, known)} Known: {', '.join(known) or 'none'}. Install "
            "it, or name another one with --kernel."
        ) from None


class _Client(NotebookClient):  # type: ignore[misc]
    """Runs the cells, prints their output as it comes, and ends with its kernel.

    Args:
        notebook: The notebook; outputs are added to it.
        target: The file to save it to.
        options: Options of nbclient.
    """

    def __init__(self, notebook: Any, target: Path, **options: Any) -> None:
        super().__init__(notebook, timeout=None, startup_timeout=_START_SECONDS, **options)
        self._target = target
        self._failure: tuple[int, list[str]] = 0, []
        self._kernel: Any = None
        self.on_notebook_start = self._started
        self.on_cell_executed = self.save

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: Any) -> Any:
        """Print an output that is text, and let nbclient add it to the notebook."""
        content = msg["content"]
        if msg["msg_type"] == "stream":
            stream = sys.stderr if content["name"] == "stderr" else sys.stdout
            print(content["text"], end="", file=stream, flush=True)
        elif msg["msg_type"] == "execute_result" and "text/plain" in content["data"]:
            print(content["data"]["text/plain"], flush=True)
        elif msg["msg_type"] == "error":
            self._failure = cell_index, content["traceback"]
        return super().output(outs, msg, display_id, cell_index)

    def save(self, **about: Any) -> None:
        """Write the notebook with the outputs so far."""
        beside = self._target.with_name(f".{self._target.name}.{os.getpid()}")
        nbformat.write(self.nb, beside)
        beside.replace(self._target)

    def failed(self, error: CellExecutionError) -> int:
        """Print why a cell failed, and return the exit status; a cell may also end the notebook by `exit()`."""
        if error.ename == "SystemExit" and error.evalue in ("", "0", "None"):
            return 0
        index, trace = self._failure
        lines = visible("\n".join(trace)).rstrip() or f"{error.ename}: {error.evalue}"
        print(f"\nCell {index + 1} failed:\n{lines}", file=sys.stderr, flush=True)
        return 1

    def end_as_the_kernel(self) -> None:
        """End this process by the signal that has killed the kernel, if there is one."""
        status = self._kernel.wait(_END_SECONDS)
        if status < 0:
            self.save()
            _end_by(-status)

    def _started(self, **about: Any) -> None:
        self._kernel = self.km.provisioner.process
        # nbclient would ask the kernel to end, which a busy one does not hear.
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._kernel.pid, signal.SIGKILL)
        self.save()
        _end_by(number)


def _end_by(number: int) -> None:
    sys.stdout.flush()
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
