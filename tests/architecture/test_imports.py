"""The house: which way imports point, no cycles, and the public names."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import tunesmith

ROOT = Path(tunesmith.__file__).parent
PLUGINS = (
    *("proposers", "pruners", "judges", "executors", "tasks"),
    *("trackers", "steps", "families", "forecasters", "exporters"),
)

# From the ground up: a module imports from its own floor or from those below it.
FLOORS = [
    {"text", "in_script"},
    {"errors"},
    {"core"},
    {"plugins", "journal"},
    {"history", "llm", "config_files", "notebooks"},
    {"surrogates", "trial_folder", "data", "training"},
    {"series", "networks", "steps"},
    {"recipes"},
    {"families", "forecasters"},
    {"ensembles"},
    {"diagnosis", "exporters"},
    {"proposers", "pruners", "judges", "tasks", "trackers"},
    {"execution"},
    {"executors"},
    {"reports"},
    {"progress", "engine"},
    {"approvals"},
    {"runner"},
    {"init", "config"},
    {"agents"},
    {"study"},
    {"fitting"},
    {"testing", "service"},
    {"cli", "mcp"},
]
OUTSIDE = {
    "langgraph": {"tunesmith.runner.graph"},
    "click": {"tunesmith.cli"},
    "rich": {"tunesmith.cli", "tunesmith.progress"},
    "plotly": {"tunesmith.reports"},
    "sklearn": {
        "tunesmith.reports",
        "tunesmith.data",
        "tunesmith.steps",
        "tunesmith.families",
        "tunesmith.forecasters",
        "tunesmith.ensembles",
        "tunesmith.diagnosis",
        "tunesmith.exporters",
    },
    "cmaes": {"tunesmith.proposers.evolution.covariance"},
    "pandas": {
        "tunesmith.study.frame",
        "tunesmith.study.study",
        "tunesmith.data",
        "tunesmith.series",
        "tunesmith.steps",
        "tunesmith.recipes",
        "tunesmith.families",
        "tunesmith.ensembles",
        "tunesmith.diagnosis",
        "tunesmith.exporters",
        "tunesmith.fitting",
    },
    "catboost": {"tunesmith.exporters.script.parts.catboost", "tunesmith.families.catboost"},
    "xgboost": {"tunesmith.exporters.script.parts.xgboost", "tunesmith.families.xgboost"},
    "lightgbm": {
        "tunesmith.data.analysis.boosters",
        "tunesmith.exporters.onnx.boosters",
        "tunesmith.exporters.script.parts.lightgbm",
        "tunesmith.families.lightgbm",
        "tunesmith.forecasters.lagged_boosting",
    },
    "statsforecast": {"tunesmith.forecasters"},
    "chronos": {"tunesmith.forecasters.chronos"},
    "timesfm": {"tunesmith.forecasters.timesfm"},
    "tirex": {"tunesmith.forecasters.tirex"},
    "skops": {"tunesmith.steps.library"},
    "pyarrow": {"tunesmith.data.arrow_file", "tunesmith.data.read"},
    "onnx": {"tunesmith.exporters.onnx"},
    "onnxruntime": {"tunesmith.exporters.onnx"},
    "kubernetes": {"tunesmith.executors._kubernetes"},
    "mcp": {"tunesmith.mcp"},
    "uvicorn": {"tunesmith.mcp"},
    "pydantic_ai": {"tunesmith.llm"},
    "genai_prices": {"tunesmith.llm"},
    "opentelemetry": {"tunesmith.llm.traces"},
    "mlflow": {"tunesmith.trackers.mlflow"},
    "jupyter_client": {"tunesmith.notebooks.execution"},
    "nbclient": {"tunesmith.notebooks.execution"},
    "nbformat": {"tunesmith.notebooks.execution"},
    "parsl": {"tunesmith.executors._kubernetes", "tunesmith.executors._scheduler", "tunesmith.executors.parsl"},
    "dask": {"tunesmith.executors.dask"},
    "distributed": {"tunesmith.executors.dask"},
    "torch": {
        "tunesmith.exporters.onnx.forecasts.nets",
        "tunesmith.exporters.script.parts.series_training",
        "tunesmith.training",
        "tunesmith.networks",
        "tunesmith.families",
        "tunesmith.forecasters",
    },
    "safetensors": {"tunesmith.families", "tunesmith.forecasters", "tunesmith.training"},
}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = ["tunesmith", *path.relative_to(ROOT).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports_of(name: str, *, outside: bool = False) -> set[str]:
    """The modules that a module imports, also within functions and for the type checker alone."""
    return {module for module in _imports_of(name) if (module in MODULES) is not outside} - {name}


@cache
def _imports_of(name: str) -> frozenset[str]:
    tree = ast.parse(MODULES[name].read_text())
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            up = package.split(".")
            base = (
                ".".join([*up[: len(up) - node.level + 1], *filter(None, [node.module])]) if node.level else node.module
            )
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                found.add(inner if inner in MODULES else str(base))
    return frozenset(found)


def floor_of(name: str) -> int | None:
    unit = name.split(".")[1] if "." in name else ""
    return next((place for place, units in enumerate(FLOORS) if unit in units), None)


def test_every_module_has_a_floor() -> None:
    assert [n for n in MODULES if floor_of(n) is None] == ["tunesmith", "tunesmith.__main__"]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name: str) -> None:
    if (own := floor_of(name)) is None:
        return
    for other in imports_of(name):
        below = floor_of(other)
        if below is None:
            continue
        assert below <= own, f"{name} imports {other} from above"
        mine, theirs = name.split(".")[1], other.split(".")[1]
        if {mine, theirs} == {"cli", "mcp"}:
            assert name == "tunesmith.cli.verb_mcp", f"{name} imports {other}: shared code belongs to service"
        if mine == "exporters" and theirs in ("families", "forecasters", "steps"):
            continue  # An exporter translates models and steps one by one.
        if mine != theirs and {mine, theirs} <= set(PLUGINS):
            assert other.endswith(".base"), f"{name} imports its sibling {other}, which is not a base"


def test_no_cycles() -> None:
    graph = {name: imports_of(name) for name in MODULES}
    done: set[str] = set()
    while ready := [name for name in graph if name not in done and not graph[name] - done - {"tunesmith"}]:
        done |= set(ready)
    assert sorted(set(graph) - done - {"tunesmith"}) == []


@pytest.mark.parametrize("library", sorted(OUTSIDE))
def test_a_library_is_used_in_one_place(library: str) -> None:
    users = {name for name in MODULES if library in {m.split(".")[0] for m in imports_of(name, outside=True)}}
    homes = OUTSIDE[library]
    assert all(any(user == home or user.startswith(f"{home}.") for home in homes) for user in users), users


def test_the_public_names() -> None:
    assert tunesmith.__all__ == [
        "Budget",
        "BudgetSpent",
        "Choice",
        "Constraint",
        "Failure",
        "FitResult",
        "Float",
        "ForecastResult",
        "InputError",
        "Int",
        "JournalError",
        "Measurement",
        "Metric",
        "MissingExtra",
        "Objective",
        "OutputError",
        "Proposal",
        "SearchSpace",
        "SpaceExhausted",
        "State",
        "Study",
        "StudyFailed",
        "StudyLocked",
        "Trial",
        "TrialPruned",
        "TunesmithError",
        "__version__",
        "fit",
        "load",
        "tune",
    ]
    for name in tunesmith.__all__:
        assert getattr(tunesmith, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tunesmith.nothing


def test_no_room_hides_a_public_name() -> None:
    """Importing `tunesmith.x` binds the name `x` of the package to the module."""
    rooms = {path.stem for path in ROOT.iterdir()}
    assert rooms.isdisjoint(tunesmith.__all__)


def test_the_command_line_prints_through_its_cleaned_streams_only() -> None:
    """Only `cli.main` and `progress` touch what lies below: a console or a stream of one's own would not be cleaned."""
    for name in (name for name in MODULES if name.startswith(("tunesmith.cli", "tunesmith.service", "tunesmith.mcp"))):
        for node in ast.walk(ast.parse(MODULES[name].read_text())):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert called not in ("Console", "rich.print", "os.write"), f"{name} prints past the cleaned streams"
            assert not (isinstance(node, ast.Attribute) and node.attr in ("buffer", "__stdout__", "__stderr__")), name
