"""Trials on another machine, over SSH."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import json
import logging
import re
import secrets
import shlex
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .. import __version__, plugins
from ..core.schema import check_types, expect_range
from ..core.trial import Measurement, OnReport, TrialRequest
from ..errors import InputError, message_of
from ..execution.evaluation import failed, recover_from_folder, settle
from ..execution.portable import PortableTask
from ..tasks.base import Task
from ..trial_folder.handed import note_handed, read_handed
from ..trial_folder.names import HANDED_FILE
from ..trial_folder.prepare import clear_attempt
from ..trial_folder.result import Result, read_result
from ._deployment import deploy
from ._remote.files import OPTIONS_FILE, TASKS
from ._ssh import Ssh, last_words
from ._waiting import explained, remedy
from .base import Capabilities, Executor, Limit

logger = logging.getLogger(__name__)

_AGAIN_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
_SILENCE_SECONDS = 60.0
"""A connection over which nothing has come for so long is dead, whatever `ssh` says."""
_STUDY_FILE = "jobs/ssh"
"""In the study's folder: the name of its folder on the other machine."""
_FETCHES = 2


@dataclass(eq=False)
class _Running:
    """A trial that was handed over.

    `reports` counts those that have arrived. `waits` says why it waits for its turn there; None if it runs.
    """

    name: str
    request: TrialRequest
    remote: Mapping[str, Any]
    task: str
    is_recovered: bool
    future: Future[Measurement] = field(default_factory=Future)
    reports: int = 0
    waits: str | None = None
    stopped: bool = False


@dataclass
class _State:
    on_report: OnReport | None = None
    folder: Path | None = None
    study: str = ""
    tasks: dict[int, tuple[Task, str]] = field(default_factory=dict)
    running: dict[str, _Running] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    connection: subprocess.Popen[bytes] | None = None
    listener: threading.Thread | None = None
    fetches: ThreadPoolExecutor | None = None
    closing: threading.Event = field(default_factory=threading.Event)
    word: str = ""
    reasons: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class SshExecutor:
    """Runs trials on another machine, or on the cluster whose login node it is.

    The study runs here. An agent there runs the trials, by itself: this machine may sleep, change its network or be
    switched off, and the trials go on. The next connection brings what has happened meanwhile; the next
    `tunesmith run` follows trials that an earlier one left.

    The other machine needs tunesmith of the same version and what the trials need. The folder of study.toml is sent
    there, each file once; the folders of trials come back. A login with several factors is answered once, in the
    terminal, before the study starts.

    Args:
        slots: The number of trials that run at once.
        host: As for `ssh`: a name in `~/.ssh/config`, or `user@machine`.
        remote: The executor there and its options, such as `{"name": "slurm", "cores": 8}`.
        setup: Shell commands there that come first, such as `"module load python; source ~/env/bin/activate"`.
        python: The interpreter there.
        folder: The folder for studies there. The compute nodes of a cluster must see it, too.
        exclude: Files and folders that are not sent, with `*` and `?`.
        leave: Files and folders of a trial that are not brought back, such as `["checkpoint"]`.
        ssh: The command, with further options for it.

    >>> SshExecutor(slots=8, host="login.example.org", remote={"name": "slurm"}).capabilities.outlives_session
    True
    """

    slots: int = 1
    host: str = ""
    remote: Mapping[str, Any] = field(default_factory=lambda: {"name": "process"})
    setup: str = ""
    python: str = "python3"
    folder: str = "~/.tunesmith"
    exclude: Sequence[str] = ()
    leave: Sequence[str] = ()
    ssh: Sequence[str] = ("ssh",)
    _state: _State = field(default_factory=_State, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_types(self)
        expect_range(self, "slots", 1, 10_000)
        if not self.host or self.host.startswith("-"):
            raise InputError("host must be a machine, as 'user@login.example.org'.", keys=("host",))
        options = dict(self.remote)
        name = options.pop("name", None)
        if not isinstance(name, str) or name in ("inline", "pool", "ssh"):
            raise InputError('remote must name an executor, as { name = "slurm" }.', keys=("remote",))
        try:
            self.executor_there()
        except InputError as error:
            raise error.inside("remote") from None

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        limits: frozenset[Limit] = frozenset({"seconds", "memory"})
        return Capabilities(
            slots=self.slots,
            can_stop=True,
            enforces=limits,
            shared_folder=False,
            outlives_session=True,
            on_this_machine=False,
        )

    def open(self, on_report: OnReport, *, folder: Path | None = None) -> None:
        """Log in, and get ready to run trials.

        Raises:
            InputError: The host cannot be reached, or tunesmith is missing there or has another version.
        """
        state = self._state
        state.on_report = on_report
        state.folder = folder
        state.closing.clear()
        state.word = secrets.token_hex(8)
        state.study = _study_name(folder)
        state.tasks.clear()
        self.check()

    def check(self) -> str:
        """Log in, and check that tunesmith runs there; see `open`.

        Returns:
            What the commands of `setup` complained of, such as a module that does not exist.
        """
        self._connection_to.log_in()
        return self._check_version()

    def executor_there(self) -> Executor:
        """Return the executor that `remote` names, to look at: it runs trials on the other machine only."""
        options = dict(self.remote)
        executor: Executor = plugins.create("executors", options.pop("name"), {"slots": self.slots, **options})
        return executor

    def ask(self, command: str) -> tuple[int, str, str]:
        """Run a shell command on the other machine, after those of `setup`.

        Returns:
            Its exit status, output and errors.

        Raises:
            OSError: The other machine does not answer.
        """
        word = secrets.token_hex(8)
        mark = f"echo {word}; echo {word} >&2"
        words = shlex.join(["sh", "-c", f"{mark}; {command}"])  # What a login shell prints comes before the mark.
        ended, output, errors = self._connection_to.ask(f"{self._first}{words}")
        return ended, output.rpartition(f"{word}\n")[2], errors.rpartition(f"{word}\n")[2]

    def forget_study(self) -> None:
        """Remove the study's folder on the other machine, as of one that was only a check."""
        if self._state.study:
            with contextlib.suppress(OSError):
                self._connection_to.run(f"rm -rf {self._study_folder}", timeout_seconds=60)

    def submit(self, task: Task, request: TrialRequest) -> Future[Measurement]:
        """Hand over a trial.

        Returns:
            A future of its measurement; see `Executor.submit`.

        Raises:
            InputError: The task cannot be pickled, or its files are too many.
            RuntimeError: The executor is not open.
        """
        if self._state.on_report is None:
            raise RuntimeError("an executor must be opened before trials are submitted.")
        try:
            request.folder.mkdir(parents=True, exist_ok=True)
            clear_attempt(request.folder)
            name = self._send_task(task)
            to = f"the agent on {self.host}"
            note_handed(request.folder, request.attempt, to, name=_name(request), task=name)
        except OSError as error:
            future: Future[Measurement] = Future()
            problem = f"the trial could not be handed over to {self.host}: {error}"
            settle(future, failed("machine", f"{problem}. Correct that"))
            return future
        return self._hand_over(request, name)

    def recover(self, request: TrialRequest) -> Future[Measurement] | None:
        """Follow a trial that an earlier session handed over, or settle it from its folder."""
        settled = recover_from_folder(request, self._on_report)
        if settled is not None or read_result(request.folder, request.attempt) is not None:
            return settled
        handed = read_handed(request.folder, request.attempt)
        if handed is None or handed.get("name") != _name(request):
            return None
        return self._hand_over(request, handed["task"], is_recovered=True)

    def stop(self, number: int) -> None:
        """Ask a trial to end; the executor on the other machine sees to it."""
        for running in self._all_running():
            if running.request.number == number:
                running.stopped = True
                self._send({"name": running.name, "stop": True})

    def waiting(self, number: int) -> str | None:
        """Return why a trial waits for its turn there, empty while that is not known; None if it runs."""
        return next((each.waits for each in self._all_running() if each.request.number == number), None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect; trials that nobody has stopped go on."""
        state = self._state
        state.closing.set()
        self._send({"close": True})  # The agent ends after the trials that it has.
        with state.lock:
            connection, state.connection = state.connection, None
        if connection is not None and connection.stdin is not None:
            with contextlib.suppress(OSError):
                connection.stdin.close()  # The connector ends, and `ssh` with it.
            try:
                connection.wait(5)
            except subprocess.TimeoutExpired:
                connection.kill()
        if state.listener is not None:
            state.listener.join()
            state.listener = None
        if state.fetches is not None:
            state.fetches.shutdown(wait=True, cancel_futures=True)
            state.fetches = None
        state.on_report = None
        with state.lock:
            state.running.clear()

    # -- what is sent ----------------------------------------------------------------------------------------------

    @property
    def _connection_to(self) -> Ssh:
        return Ssh(self.host, self.ssh)

    @property
    def _run(self) -> str:
        """The shell command on the host that runs a module of Python."""
        return f"{self._first}exec {self.python} -m"

    @property
    def _first(self) -> str:
        """The beginning of every command on the host."""
        return f"{self.setup}; " if self.setup else ""

    @property
    def _root(self) -> str:
        """The folder of tunesmith there, as a word of the shell, which knows the home folder."""
        home, _, rest = self.folder.partition("/")
        return f"~/{shlex.quote(rest)}" if home == "~" else shlex.quote(self.folder)

    @property
    def _study_folder(self) -> str:
        return f"{self._root}/studies/{self._state.study}"

    def _check_version(self) -> str:
        word = secrets.token_hex(8)
        mark = shlex.join(["sh", "-c", f"echo {word} >&2"])  # The login shell may be another one, as csh.
        ask = shlex.quote(f"import tunesmith; print('{word}', tunesmith.__version__)")
        try:
            status, output, errors = self._connection_to.ask(f"{mark}; {self._first}{mark}; {self.python} -c {ask}")
            if status:
                raise OSError(last_words(errors.encode()) or f"its shell ended with status {status}")
        except OSError as error:
            raise InputError(
                f"tunesmith does not run on {self.host}: {error}. Install it there for the interpreter "
                f"{self.python!r}, or say in setup how to get at it (setup = 'source ~/env/bin/activate').",
                keys=("python",),
            ) from None
        there = output.partition(word)[2].strip()
        if there != __version__:
            raise InputError(
                f"tunesmith {there} runs on {self.host}, and {__version__} here. Install the same version there.",
                keys=("host",),
            )
        parts = errors.split(word)
        return last_words(parts[1].encode()) if len(parts) == 3 else ""

    def _send_task(self, task: Task) -> str:
        """Send a task and the files in its folder, unless they are there; return its name there."""
        state = self._state
        if id(task) in state.tasks:
            return state.tasks[id(task)][1]
        ssh, folder = self._connection_to, getattr(task, "folder", None)
        code = ""
        if folder is not None:
            code = deploy(ssh, Path(folder), root=self._root, run=self._run, word=state.word, exclude=self.exclude)
            there = copy.copy(task)
            object.__setattr__(there, "folder", Path(code))
            pickled = PortableTask(there).pickled
        else:
            pickled = PortableTask(task).pickled
        name = f"{hashlib.sha256(pickled).hexdigest()}.pickle"
        options = {"executor": {"slots": self.slots, **self.remote}, "code": code}
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as files:
            for path, content in ((f"{TASKS}/{name}", pickled), (OPTIONS_FILE, json.dumps(options).encode())):
                member = tarfile.TarInfo(path)
                member.size, member.mode = len(content), 0o600
                files.addfile(member, io.BytesIO(content))
        place = self._study_folder
        ssh.run(f"umask 077; mkdir -p {place} && tar -C {place} -xf -", archive.getvalue())
        state.tasks[id(task)] = (task, name)
        return name

    def _hand_over(self, request: TrialRequest, task: str, *, is_recovered: bool = False) -> Future[Measurement]:
        """Send a request, now or as soon as there is a connection."""
        state = self._state
        name = _name(request)
        running = _Running(name, request, self._translated(request), task, is_recovered)
        running.future.set_running_or_notify_cancel()
        with state.lock:
            state.running[name] = running
            if state.listener is None:
                state.listener = threading.Thread(target=self._keep_connected, name="tunesmith-ssh", daemon=True)
                state.listener.start()
        self._send(self._message(running))
        return running.future

    def _message(self, running: _Running) -> dict[str, Any]:
        return {
            "name": running.name,
            "request": dict(running.remote),
            "task": running.task,
            "reports": running.reports,
        }

    def _translated(self, request: TrialRequest) -> dict[str, Any]:
        """Return a request with the folders of the other machine, relative to the study's folder there."""
        fields = asdict(request)
        for key in ("folder", "inherits"):
            if fields[key] is not None:
                fields[key] = self._relative(fields[key])
        return fields

    def _relative(self, folder: Path) -> str:
        base = self._state.folder or folder.parents[1]
        return folder.relative_to(base).as_posix() if folder.is_relative_to(base) else f"trials/{folder.name}"

    def _send(self, message: Mapping[str, Any]) -> None:
        """Send a message; without a connection it is dropped, as the next one begins with all that is still wanted."""
        connection = self._state.connection
        with self._state.lock, contextlib.suppress(OSError, ValueError):
            if connection is not None and connection.stdin is not None:
                connection.stdin.write(json.dumps(message, default=str).encode() + b"\n")
                connection.stdin.flush()

    # -- in the listener's thread ----------------------------------------------------------------------------------

    def _keep_connected(self) -> None:
        """Connect, listen, and connect again, until the session ends."""
        state, lost = self._state, 0
        while not state.closing.is_set():
            began = time.monotonic()
            said = self._connect()
            if state.closing.is_set():
                return
            lost = 0 if time.monotonic() - began > _SILENCE_SECONDS else lost + 1
            pause = _AGAIN_SECONDS[min(lost, len(_AGAIN_SECONDS) - 1)]
            level = logging.WARNING if lost in (0, 1, 4) else logging.INFO
            reason = f" ({said})" if said else ""
            if "denied" in said.lower():
                reason += f"; log in again with `{self._connection_to.login_command}`"
            logger.log(level, "the connection to %s is lost%s; trials go on there, and tunesmith connects again",
                       self.host, reason)  # fmt: skip
            if state.closing.wait(pause):
                return

    def _connect(self) -> str:
        """Listen over one connection until it ends; return what `ssh` said last."""
        state = self._state
        remote = f"{self._run} tunesmith.executors._remote.connector {self._study_folder} {state.word}"
        with subprocess.Popen(
            self._connection_to.words(remote), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as connection:
            assert connection.stdout is not None
            assert connection.stderr is not None
            watchdog = _Watchdog(connection)
            with state.lock:
                state.connection = connection
            if state.closing.is_set():
                connection.kill()
            try:
                for line in connection.stdout:
                    watchdog.feed()
                    head, _, text = line.decode(errors="replace").partition(" ")
                    if head == state.word:
                        self._on_message(json.loads(text))
            finally:
                watchdog.stop()
                with state.lock:
                    state.connection = None if state.connection is connection else state.connection
            connection.kill()
            return last_words(connection.stderr.read())

    def _on_message(self, message: Mapping[str, Any]) -> None:
        if "hello" in message:
            for each in self._all_running():
                each.waits = None
                self._send(self._message(each))
                if each.stopped:
                    self._send({"name": each.name, "stop": True})
            return
        running = self._state.running.get(message.get("name", ""))
        if running is None:
            return
        if "step" in message:
            running.reports += 1
            try:
                self._on_report(running.request.number, running.request.attempt, message["step"], message["metrics"])
            except BaseException as error:  # A bug in the callback. It is raised by the trial's future.
                self._settle(running, error)
        elif "waits" in message:
            self._note_waiting(running, message["waits"])
        elif "outcome" in message:
            if self._state.fetches is None:
                self._state.fetches = ThreadPoolExecutor(_FETCHES, thread_name_prefix="tunesmith-fetch")
            self._state.fetches.submit(self._fetch, running, _current(message["outcome"], running))
        elif "refused" in message:
            refused = f"{self.host} cannot take the trial: {message['refused'].rstrip('.')}. Correct that"
            self._settle(running, failed("machine", refused))

    def _note_waiting(self, running: _Running, reason: str | None) -> None:
        """Note why a trial waits, and say it once if there is something to do about it."""
        running.waits = reason
        if reason and remedy(reason) and reason not in self._state.reasons:
            self._state.reasons.add(reason)
            logger.warning("the job of trial %d on %s waits: %s", running.request.number, self.host, explained(reason))

    # -- what comes back -------------------------------------------------------------------------------------------

    def _fetch(self, running: _Running, result: Result) -> None:
        """Bring a trial's folder back, and settle it."""
        folder = running.request.folder
        relative = running.remote["folder"]
        patterns = ("./job/request.json", f"./{HANDED_FILE}", "./work", *self.leave)
        left = " ".join(f"--exclude={shlex.quote(pattern)}" for pattern in patterns)
        word = self._state.word
        command = f"cd {self._study_folder}/{shlex.quote(relative)} && echo {word} && tar {left} -czf - ."
        for pause in (*_AGAIN_SECONDS, None):
            try:
                with tempfile.TemporaryFile() as archive:
                    self._connection_to.run(command, output=archive)
                    archive.seek(0)
                    while line := archive.readline():  # A login shell may print something first.
                        if line.decode(errors="replace").strip() == word:
                            break
                    with tarfile.open(fileobj=archive, mode="r:gz") as files:
                        files.extractall(folder, filter="data")
                break
            except (OSError, tarfile.TarError) as error:
                if self._state.closing.is_set():
                    return  # The next session fetches it.
                logger.warning("the files of trial %d do not come back yet: %s", running.request.number, error)
                if pause is None:
                    problem = f"its files could not be brought back: {message_of(error)}"
                    result = failed("machine", f"{problem}. Correct that")
                elif self._state.closing.wait(pause):
                    return
        self._settle(running, result)

    def _on_report(self, number: int, attempt: int, step: int, metrics: Mapping[str, float]) -> None:
        if self._state.on_report is not None:
            self._state.on_report(number, attempt, step, metrics)

    def _all_running(self) -> list[_Running]:
        with self._state.lock:
            return list(self._state.running.values())

    def _settle(self, running: _Running, result: Result | BaseException) -> None:
        with self._state.lock:
            if self._state.running.pop(running.name, None) is not running:
                return
        if isinstance(result, BaseException):
            running.future.set_exception(result)
        else:
            settle(running.future, result)


class _Watchdog:
    """Kills a connection over which nothing comes any more; `ssh` may take many minutes to notice."""

    def __init__(self, connection: subprocess.Popen[bytes]) -> None:
        self._connection = connection
        self._timer: threading.Timer | None = None
        self.feed()

    def feed(self) -> None:
        """Note that something has come."""
        self.stop()
        self._timer = threading.Timer(_SILENCE_SECONDS, self._connection.kill)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Let the connection be."""
        if self._timer is not None:
            self._timer.cancel()


def _current(result: Result, running: _Running) -> Result:
    """Let a trial run again that the machine could not run in an earlier session, as on a disk that was full."""
    failure = result.get("failure")
    if running.is_recovered and failure is not None and failure["kind"] == "machine":
        return {**result, "failure": {**failure, "kind": "preempted"}}
    return result


def _name(request: TrialRequest) -> str:
    return f"{request.number:04d}.{request.attempt}.{request.purpose}"


def _study_name(folder: Path | None) -> str:
    """Return the name of a study's folder on the other machine; a study keeps it."""
    if folder is None:
        return secrets.token_hex(8)
    file = folder / _STUDY_FILE
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{re.sub('[^A-Za-z0-9_-]+', '-', folder.resolve().name)}-{secrets.token_hex(6)}")
    return file.read_text()
