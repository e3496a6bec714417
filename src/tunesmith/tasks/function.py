"""A Python function as the task: `train(parameters, trial)` returns its metrics."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..core.trial import CHECKPOINT_FOLDER, Failure, Measurement, Proposal, Reporter, State, Trial, TrialRequest, Value
from ..errors import InputError, nearest
from ..trial_folder.metrics import bad_metrics, checked, write_metrics
from ..trial_folder.reports import append_report
from .base import TrialFailed

if TYPE_CHECKING:
    from ..core.space import SearchSpace

Function = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class FunctionTask:
    """Runs a function of the user's: `train(parameters: dict, trial: Trial) -> dict[str, float] | float`.

    A function of one argument is called with the parameters alone. A single number is the objective's metric.

    Args:
        function: The function, or where to find it: `"module:name"` or `"file.py:name"`.
        metric: The name of the objective's first metric.
        required: Further metrics that every trial must give.
        test: A function like it, called on the held-out test part at the end.
        folder: Where `module` or `file.py` is looked for first, the folder of study.toml; the current one by default.

    Raises:
        InputError: There is no such function.

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
        for name in ("function", "test"):
            given = getattr(self, name)
            if not (callable(given) or isinstance(given, str) or (given is None and name == "test")):
                raise InputError(
                    f"{name} must be a function, or where to find it, but {given!r} was given.", keys=(name,)
                )
            _ = self._resolved(name)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Import the user's module as soon as the task arrives in a worker, so that trials find it in memory."""
        self.__dict__.update(state)
        _ = self._resolved("function"), self._resolved("test")

    @property
    def has_test(self) -> bool:
        """Whether a test function was given."""
        return self.test is not None

    def call(self, parameters: Mapping[str, Value]) -> dict[str, float]:
        """Return the metrics that the function gives for some parameters, outside any study.

        Raises:
            TrialFailed: They are not usable.
        """
        return self._call("function", Trial(number=0, proposal=Proposal(parameters=dict(parameters))))

    def evaluate(self, request: TrialRequest, report: Reporter) -> Measurement:
        """Call the function in this process; what it raises comes out as it is.

        Raises:
            TrialFailed: What it returned is not usable, or the trial's folder cannot be written.
            TrialPruned: Its `trial.report` said stop.
        """

        def tell(step: int, metrics: Mapping[str, float]) -> None:
            try:
                append_report(request.folder, step, metrics)
            except OSError as error:
                reason = f"a report could not be written: {error}"
                raise TrialFailed(Failure(kind="setup", reason=reason)) from None
            report(step, metrics)

        trial = Trial(
            number=request.number,
            proposal=Proposal(parameters=dict(request.parameters)),
            seed=request.seed,
            state=State.RUNNING,
            attempt=request.attempt,
            folder=request.folder,
            _reporter=tell,
        )
        metrics = self._call("test" if request.purpose == "test" else "function", trial)
        write_metrics(request.folder, metrics)
        return Measurement(metrics=metrics)

    def check(self, space: SearchSpace) -> None:
        """Do nothing: a function takes whatever parameters there are."""

    def defaults(self) -> Mapping[str, Value]:
        """Return nothing: what values a function is used with is not known."""
        return {}

    def reproduce(self, request: TrialRequest) -> str:
        """Return lines of Python that run the trial again, beside the first time."""
        which = "test" if request.purpose == "test" and self.test is not None else "function"
        given = getattr(self, which)
        if isinstance(given, str):
            imports, function = "", repr(given)
        else:
            imports, function = _import_line(given)
        folder = f", folder={str(self.folder)!r}" if isinstance(given, str) else ""
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
        """Return the `[task]` table of study.toml; a function that has no address is told by its name alone."""
        table = {"kind": "function", "function": _address(self.function)}
        if self.test is not None:
            table["test"] = _address(self.test)
        if self.folder is not None:
            table["folder"] = str(self.folder)
        return table

    def _resolved(self, which: str) -> Function | None:
        given = getattr(self, which)
        if given is None or callable(given):
            found: Function | None = given
            return found
        try:
            return _found(given, str(self.folder))
        except InputError as error:
            raise error.inside(which) from None

    def _call(self, which: str, trial: Trial) -> dict[str, float]:
        function = self._resolved(which)
        if function is None:
            raise TrialFailed(Failure(kind="setup", reason="the task has no test function."))
        parameters = dict(trial.parameters)
        returned = function(parameters, trial) if _takes_trial(function) else function(parameters)
        if isinstance(returned, Mapping):
            return checked(returned, (self.metric, *self.required), "what the function returned")
        if returned is None:
            raise bad_metrics(
                f"the function must return its metrics, but it returned None. Return {{'{self.metric}': value}}."
            )
        return checked({self.metric: returned}, (self.metric, *self.required), "what the function returned")


def _takes_trial(function: Function) -> bool:
    """Tell whether a function wants the trial as its second argument; an optional second one is its own affair."""
    try:
        places = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return True
    if any(place.kind is place.VAR_POSITIONAL for place in places):
        return True
    positional = [place for place in places if place.kind in (place.POSITIONAL_ONLY, place.POSITIONAL_OR_KEYWORD)]
    return len(positional) > 1 and (positional[1].default is inspect.Parameter.empty or positional[1].name == "trial")


@cache
def _found(address: str, folder: str) -> Function:
    place, _, name = address.partition(":")
    if not place or not name:
        raise InputError(f"a function must be given as 'module:name' or 'file.py:name', but {address!r} was given.")
    if place == "__main__" or "<" in name:
        raise InputError(
            f"the function '{name.rpartition('.')[2]}' was given from within a program ({place}), and cannot be found "
            "by its name. Run that program again, or give the function: ts.load(folder, function)."
        )
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = _module_of_file(Path(folder, place)) if place.endswith(".py") else _module(place, folder)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{place} must be importable, but it raises {type(error).__name__}: {error}. "
            "Mend that, or install what it needs."
        ) from error
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            callables = [known for known, value in vars(module).items() if callable(value) and known[0] != "_"]
            listed = f" It has: {', '.join(sorted(callables)[:10])}." if callables else ""
            raise InputError(f"there is no function '{name}' in {place}.{nearest(name, callables)}{listed}")
        found = getattr(found, part)
    if not callable(found):
        raise InputError(f"'{name}' in {place} must be a function, but it is {found!r:.80}.")
    function: Function = found
    return function


def _module(name: str, folder: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # the user's module is there, but something that it imports is not
        known = [path.stem for path in Path(folder).glob("*.py")]
        raise InputError(
            f"there is no module '{name}' in {folder} or on Python's path.{nearest(name, known)}"
        ) from None


def _module_of_file(path: Path) -> ModuleType:
    if not path.is_file():
        known = [found.name for found in path.parent.glob("*.py")] if path.parent.is_dir() else []
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
    """Return the line that imports a function, and its name after that; a comment where it has no address."""
    module, _, name = _address(function).partition(":")
    if module == "__main__" or not name.isidentifier() or not hasattr(function, "__qualname__"):
        return f"# {name.rpartition('.')[2]} is the function that was tuned, from {module}\n", "train"
    return f"from {module} import {name}\n", name
