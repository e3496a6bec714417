"""A Python function as the task: `train(parameters, trial)` returns its metrics."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, Self

from ..core.trial import Failure, Measurement, Proposal, Reporter, State, Trial, TrialFailed, TrialRequest, Value
from ..errors import InputError, message_of, nearest
from ..trial_folder.artifacts import find_artifacts
from ..trial_folder.metrics import bad_metrics, finite_metrics, write_metrics
from ..trial_folder.names import CHECKPOINT_FOLDER
from ..trial_folder.reports import append_report
from .base import TaskContext, build_task

if TYPE_CHECKING:
    from ..core.space import SearchSpace

Function = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class FunctionTask:
    """Calls a Python function: `train(parameters: dict, trial: Trial) -> dict[str, float] | float`.

    A function of one argument gets the parameters only. A single number is the objective's metric. Files written to
    `trial.artifact(name)` become the trial's artifacts.

    Args:
        function: The function, or its address: `"module:name"` or `"file.py:name"`.
        metric: The name of the objective's first metric.
        required: Further metrics that every trial must return.
        test: A similar function, called on the held-out test split at the end.
        folder: The first place to look for `module` or `file.py`, that is the folder of study.toml; the current folder
            by default.

    Raises:
        InputError: The function does not exist.

    >>> task = FunctionTask(function=lambda parameters: parameters["x"] ** 2, metric="y")
    >>> task.call({"x": 3.0})
    {'y': 9.0}
    """

    function: Function | str
    metric: str
    required: Sequence[str] = ()
    test: Function | str | None = None
    folder: Path | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "required", tuple(self.required))
        if isinstance(self.function, str) or isinstance(self.test, str):
            object.__setattr__(self, "folder", Path(self.folder or ".").resolve())
        names: tuple[Literal["function", "test"], ...] = ("function", "test")
        for name in names:
            value = getattr(self, name)
            if not (callable(value) or isinstance(value, str) or (value is None and name == "test")):
                raise InputError(f"{name} must be a function or its address, got {value!r}.", keys=(name,))
            _ = self._resolve(name)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Import the user's module when the task is unpickled in a worker, so that it is in memory for every trial."""
        self.__dict__.update(state)
        _ = self._resolve("function"), self._resolve("test")

    @classmethod
    def from_table(cls, table: Mapping[str, Any], context: TaskContext) -> Self:
        """Return the task of a `[task]` table; see `Task.from_table`."""
        return build_task(cls, table, folder=context.folder, metric=context.metric, required=context.required)

    @property
    def has_test(self) -> bool:
        """Whether a test function was given."""
        return self.test is not None

    def call(self, parameters: Mapping[str, Value]) -> dict[str, float]:
        """Return the function's metrics for some parameters, outside any study.

        Raises:
            TrialFailed: The metrics cannot be used.
        """
        return self._call("function", Trial(number=0, proposal=Proposal(parameters=dict(parameters))))

    def evaluate(self, request: TrialRequest, report: Reporter) -> Measurement:
        """Call the function in this process. Its exceptions propagate.

        Raises:
            TrialFailed: Its metrics cannot be used, or the trial's folder cannot be written.
            TrialPruned: `trial.report` raised it, and the function did not catch it.
        """

        def write_and_report(step: int, metrics: Mapping[str, float]) -> None:
            try:
                append_report(request.folder, step, metrics)
            except OSError as error:
                reason = f"a report could not be written: {message_of(error)}"
                raise TrialFailed(Failure(kind="setup", reason=reason)) from None
            report(step, metrics)

        trial = Trial(
            number=request.number,
            proposal=Proposal(parameters=dict(request.parameters)),
            seed=request.seed,
            state=State.RUNNING,
            attempt=request.attempt,
            folder=request.folder,
            _reporter=write_and_report,
        )
        metrics = self._call("test" if request.purpose == "test" else "function", trial)
        write_metrics(request.folder, metrics)
        return Measurement(metrics=metrics, artifacts=find_artifacts(request.folder))

    def check(self, space: SearchSpace) -> None:
        """Do nothing: a function accepts all parameters."""

    def defaults(self) -> Mapping[str, Value]:
        """Return nothing: a function's usual parameters are not known."""
        return {}

    def reproduce(self, request: TrialRequest) -> str:
        """Return lines of Python that run the trial again, in a subfolder `again`."""
        value = getattr(self, "test" if request.purpose == "test" and self.test is not None else "function")
        imports, function = ("", repr(value)) if isinstance(value, str) else _import_line(value)
        folder = f", folder={str(self.folder)!r}" if isinstance(value, str) else ""
        again = f"{str(request.folder / 'again')!r}"
        start = ""
        if request.inherits and (checkpoint := request.inherits / CHECKPOINT_FOLDER).is_dir():
            start = (
                "import shutil\n"
                f"checkpoint = Path({again}, {CHECKPOINT_FOLDER!r})\n"
                "shutil.rmtree(checkpoint, ignore_errors=True)\n"
                f"shutil.copytree({str(checkpoint)!r}, checkpoint)\n"
            )
        return (
            "from pathlib import Path\n"
            "from tunesmith.tasks.function import FunctionTask\n"
            "from tunesmith.core.trial import TrialRequest\n"
            f"{imports}"
            f"Path({again}).mkdir(exist_ok=True)\n"
            f"{start}"
            f"task = FunctionTask(function={function}, metric={self.metric!r}{folder})\n"
            f"request = TrialRequest(number={request.number}, attempt=1, parameters={dict(request.parameters)!r}, "
            f"seed={request.seed}, folder=Path({again}))\n"
            "print(task.evaluate(request, print).metrics)\n"
        )

    def to_table(self) -> dict[str, Any]:
        """Return the `[task]` table of study.toml, with the addresses of functions."""
        table = {"kind": "function", "function": _address(self.function)}
        if self.test is not None:
            table["test"] = _address(self.test)
        if self.folder is not None:
            table["folder"] = str(self.folder)
        return table

    def _resolve(self, name: Literal["function", "test"]) -> Function | None:
        value: Function | str | None = getattr(self, name)
        if not isinstance(value, str):
            return value
        try:
            return _import_function(value, str(self.folder))
        except InputError as error:
            raise error.inside(name) from None

    def _call(self, name: Literal["function", "test"], trial: Trial) -> dict[str, float]:
        function = self._resolve(name)
        if function is None:
            raise TrialFailed(Failure(kind="setup", reason="the task has no test function."))
        parameters = dict(trial.parameters)
        takes_trial = (_takes_trial if isinstance(function, Hashable) else _takes_trial.__wrapped__)(function)
        returned = function(parameters, trial) if takes_trial else function(parameters)
        if returned is None:
            raise bad_metrics(
                f"the function must return its metrics, but it returned None. Return {{'{self.metric}': value}}."
            )
        metrics = returned if isinstance(returned, Mapping) else {self.metric: returned}
        return finite_metrics(metrics, (self.metric, *self.required), "what the function returned")


@lru_cache(maxsize=16)
def _takes_trial(function: Function) -> bool:
    """Tell whether a function takes the trial as its second argument: required, or optional and named `trial`."""
    try:
        arguments = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return True
    if any(argument.kind is argument.VAR_POSITIONAL for argument in arguments):
        return True
    positional = [a for a in arguments if a.kind in (a.POSITIONAL_ONLY, a.POSITIONAL_OR_KEYWORD)]
    return len(positional) > 1 and (positional[1].default is inspect.Parameter.empty or positional[1].name == "trial")


@cache
def _import_function(address: str, folder: str) -> Function:
    source, _, name = address.partition(":")
    if not source or not name:
        raise InputError(f"a function must be given as 'module:name' or 'file.py:name', got {address!r}.")
    if source == "__main__" or "<" in name:
        raise InputError(
            f"the function '{name.rpartition('.')[2]}' was defined inside a program ({source}), so it cannot be "
            "imported by name. Run that program again, or pass the function: ts.load(folder, function)."
        )
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = _import_file(Path(folder, source)) if source.endswith(".py") else _import_module(source, folder)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{source} must be importable, but it raises {message_of(error)}. Fix that, or install what it needs."
        ) from error
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            callables = [known for known, member in vars(module).items() if callable(member) and known[0] != "_"]
            listed = f" It has: {', '.join(sorted(callables)[:10])}." if callables else ""
            raise InputError(f"there is no function '{name}' in {source}.{nearest(name, callables)}{listed}")
        value = getattr(value, part)
    if not callable(value):
        raise InputError(f"'{name}' in {source} must be a function, but it is {value!r:.80}.")
    function: Function = value
    return function


def _import_module(name: str, folder: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # the user's module exists, but a module that it imports does not
        known = [path.stem for path in Path(folder).glob("*.py")]
        raise InputError(
            f"there is no module '{name}' in {folder} or on Python's path.{nearest(name, known)}"
        ) from None


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        known = [file.name for file in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise InputError(f"there is no file {path}.{nearest(path.name, known)}")
    loaded = sys.modules.get(path.stem)
    if loaded is not None and getattr(loaded, "__file__", None) == str(path):
        return loaded
    name = path.stem if loaded is None else f"_tunesmith_{path.stem}"
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _address(function: Function | str) -> str:
    if isinstance(function, str):
        return function
    kind = function if hasattr(function, "__qualname__") else type(function)
    return f"{kind.__module__}:{kind.__qualname__}"


def _import_line(function: Function) -> tuple[str, str]:
    """Return a line that imports a function, or a comment if it cannot be imported, and the function's name there."""
    module, _, name = _address(function).partition(":")
    if module == "__main__" or not name.isidentifier() or not hasattr(function, "__qualname__"):
        return f"# {name.rpartition('.')[2]} is the function that was tuned, from {module}\n", "train"
    return f"from {module} import {name}\n", name
