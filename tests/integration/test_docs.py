"""The README and the pages in docs/ against the code: their examples run, and their tables are complete."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
import pytest

import tunesmith
from tunesmith import Budget, Choice, Constraint, Float, InputError, Int, Metric, Objective, SearchSpace, cli, plugins
from tunesmith.config.settings import DEFAULTS, FLAGS, TABLES, read_settings
from tunesmith.executors.dask import DaskExecutor
from tunesmith.executors.globus import GlobusExecutor
from tunesmith.executors.hq import HqExecutor
from tunesmith.executors.lsf import LsfExecutor
from tunesmith.executors.parsl import ParslExecutor
from tunesmith.executors.pbs import PbsExecutor
from tunesmith.executors.process import ProcessExecutor
from tunesmith.executors.slurm import SlurmExecutor
from tunesmith.executors.ssh import SshExecutor
from tunesmith.fitting.forecasting.vocabulary import SERIES
from tunesmith.fitting.request import FitRequest
from tunesmith.history import History
from tunesmith.init import draft_study, with_request
from tunesmith.study.tuning import study_from_settings
from tunesmith.tasks.command import CommandTask
from tunesmith.tasks.function import FunctionTask
from tunesmith.trackers.mlflow import MlflowTracker

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINKED = [*PAGES, ROOT / "benchmarks" / "README.md", *sorted((ROOT / "examples").glob("*/README.md"))]
STUDY_TOML = ROOT / "docs" / "study-toml.md"

OPTIONS: dict[str, type[Any]] = {
    "[study.objective]": Objective,
    "[study.objective.metrics.NAME]": Metric,
    "[study.objective.constraints.NAME]": Constraint,
    'kind = "command"': CommandTask,
    'kind = "function"': FunctionTask,
    'type = "float"': Float,
    'type = "int"': Int,
    'type = "choice"': Choice,
    "[budget]": Budget,
    'executor = "process"': ProcessExecutor,
    'executor = "slurm"': SlurmExecutor,
    'executor = "pbs"': PbsExecutor,
    'executor = "lsf"': LsfExecutor,
    'executor = "hq"': HqExecutor,
    'executor = "globus"': GlobusExecutor,
    'executor = "parsl"': ParslExecutor,
    'executor = "dask"': DaskExecutor,
    'executor = "ssh"': SshExecutor,
    "mlflow = { … }": MlflowTracker,
} | {
    f'{kind[:-1]} = {{ name = "{name}", … }}': plugin
    for kind in ("proposers", "pruners", "judges")
    for name in plugins.names(kind)
    if name != "ordered"  # Fit gives it its options.
    if (plugin := plugins.load(kind, name)).__module__.startswith("tunesmith.") and dataclasses.fields(plugin)
}
"""Heading to the class whose fields are the keys below it."""

DERIVED = {
    Objective: {"metrics", "constraints"},
    Metric: {"name"},
    Constraint: {"metric"},
    CommandTask: {"metric", "required", "folder", "names", "remove"},
    FunctionTask: {"metric", "required", "folder"},
    ProcessExecutor: {"slots"},
    **{executor: {"slots"} for executor in (SlurmExecutor, PbsExecutor, LsfExecutor, HqExecutor)},
    ParslExecutor: {"slots", "pool", "isolated", "shared_folder", "threads_per_trial"},
    DaskExecutor: {"slots", "pool", "isolated"},
    GlobusExecutor: {"slots", "pool", "isolated"},
    SshExecutor: {"slots"},
}
"""Fields that are not keys, because they follow from other parts of the file."""


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def sections() -> dict[str, dict[str, list[str]]]:
    """Return the rows of each table of keys: heading to key to the other cells."""
    tables: dict[str, dict[str, list[str]]] = {}
    heading = ""
    for line in STUDY_TOML.read_text(encoding="utf-8").splitlines():
        if line.startswith("##"):
            heading = line.lstrip("# ").strip("`")
        elif line.startswith("| `"):
            key, *cells = (cell.strip() for cell in line.strip("|").split(" | "))
            tables.setdefault(heading, {})[key.strip("`")] = cells
    return tables


def scripted(folder: Path) -> Path:
    """Create the files that the studies on the pages name, and return the folder."""
    (folder / "train.py").write_text("def train(parameters):\n    return 0.0\n")
    (folder / "config.py").write_text(
        "model = {'width': 64, 'dropout': 0.1}\noptimizer = {'name': 'Adam', 'momentum': 0.9}\n"
    )
    return folder


def whole_studies() -> Iterator[Any]:
    for page in PAGES:
        for index, text in enumerate(blocks(page, "toml")):
            if "[space]" in text:
                yield pytest.param(text, id=f"{page.stem}-{index}")


@pytest.mark.parametrize("text", list(whole_studies()))
def test_every_study_on_the_pages_can_be_run(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    # The pages say `python`, which is not on every machine's path.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    path = scripted(tmp_path) / "study.toml"
    path.write_text(text)
    with study_from_settings(read_settings(path)) as study:
        assert study.engine.baseline().parameters


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=f"{page.stem}-{index}")
        for page in PAGES
        for index, text in enumerate(blocks(page, "python"))
    ],
)
def test_python_on_the_pages_compiles_and_names_what_exists(text: str) -> None:
    tree = ast.parse(text)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names: dict[str, Any] = {}
    exec(compile(ast.Module(imports, type_ignores=[]), "page", "exec", dont_inherit=True), names)
    names.setdefault("study", tunesmith.Study)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("ts", "study"):
            assert hasattr(names[node.value.id], node.attr), ast.unparse(node)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_names_in_inline_code_exist(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    public = {"ts": tunesmith, "study": tunesmith.Study, "space": tunesmith.SearchSpace}
    named = re.findall(r"`(ts|study|space)\.(\w+)", text.replace("study.toml", ""))
    assert [f"{owner}.{name}" for owner, name in named if not hasattr(public[owner], name)] == []


def test_what_plugins_see_of_a_history_exists() -> None:
    table = (ROOT / "docs" / "plugins.md").read_text("utf-8").split("## What plugins see")[1].split("\n## ")[0]
    history = History(SearchSpace({"x": Float(0, 1)}), Objective.parse("minimize y"))
    names = re.findall(r"`(\w+)", "\n".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)))
    assert len(names) > 10
    assert [name for name in names if not hasattr(history, name)] == []


def links(page: Path) -> list[str]:
    return [target for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")) if not target.startswith("http")]


@pytest.mark.parametrize(
    ("page", "target"),
    [
        pytest.param(page, target, id=f"{page.relative_to(ROOT)}:{target}")
        for page in LINKED
        for target in dict.fromkeys(links(page))
    ],
)
def test_links_lead_somewhere(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    assert file.exists()
    if anchor:
        headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
        assert anchor in [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]


def test_every_page_is_reached_from_the_readme() -> None:
    reached = [ROOT / "README.md"]
    for page in reached:
        targets = [(page.parent / target.partition("#")[0]).resolve() for target in links(page)]
        reached += [target for target in targets if target.suffix == ".md" and target not in reached]
    assert set(PAGES) <= set(reached)


def commands(page: Path) -> list[tuple[str, str]]:
    """Return the verb and the rest of each `tunesmith` command on a page."""
    inline = re.findall(r"`(tunesmith [a-z][^`]*)`", page.read_text("utf-8"))
    lines = [line.split(" #")[0] for block in blocks(page, "sh") for line in block.splitlines()]
    return re.findall(r"^(?:.*&& )?tunesmith ([a-z]+)(.*)$", "\n".join([*inline, *lines]), re.MULTILINE)


@pytest.mark.parametrize(
    "page", [page for page in LINKED if commands(page)], ids=lambda page: page.parent.stem + page.stem
)
def test_commands_on_the_pages_have_the_flags_that_are_shown(page: Path) -> None:
    for verb, rest in commands(page):
        command = cli.tunesmith.get_command(click.Context(cli.tunesmith), verb)
        assert command is not None, verb
        options = {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts}
        own, _, _ = rest.partition(" -- ")  # After it comes the command of a user.
        assert set(re.findall(r"--[a-z][a-z-]*", own)) <= options


FIT_PAGE = ROOT / "docs" / "fit.md"
FORECASTING_PAGE = ROOT / "docs" / "forecasting.md"


def requests_on(pages: list[Path]) -> list[str]:
    """The requests in plain words on some pages."""
    texts = [text for page in pages for text in re.findall(r'--request "([^"]+)"', page.read_text("utf-8"))]
    return [" ".join(text.split()) for text in texts if text != "WORDS"]


@pytest.mark.parametrize(
    "request_text", requests_on([page for page in PAGES if page not in (FIT_PAGE, FORECASTING_PAGE)])
)
def test_requests_on_the_pages_are_understood(request_text: str) -> None:
    draft = with_request(draft_study(ROOT / "examples" / "digits" / "train.py"), request_text)
    assert len(draft.understood) >= 3
    assert not draft.not_understood


@pytest.mark.parametrize("request_text", requests_on([FIT_PAGE]))
def test_requests_on_the_page_of_fit_are_understood(request_text: str) -> None:
    with (ROOT / "examples" / "churn" / "customers.csv").open(encoding="utf-8") as file:
        columns = file.readline().strip().split(",")
    request = FitRequest.read(request_text, columns)
    assert len(request.understood) >= 3
    assert not request.not_understood


@pytest.mark.parametrize("request_text", requests_on([FORECASTING_PAGE]))
def test_requests_on_the_page_of_forecasting_are_understood(request_text: str) -> None:
    request = FitRequest.read(request_text, ["date", "store", "sales"], SERIES.phrases)
    assert len(request.understood) >= 3
    assert not request.not_understood


def test_the_agents_on_the_page_of_forecasting_work_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    days = [f"{store},{date(2024, 1, 1) + timedelta(n)},{n % 7}" for store in "ab" for n in range(70)]
    (tmp_path / "sales.csv").write_text("\n".join(["store,date,sales", *days]))
    monkeypatch.chdir(tmp_path)
    (text,) = [text for text in blocks(FORECASTING_PAGE, "python") if "SeriesAnalyst" in text]
    names: dict[str, Any] = {}
    exec(text, names)
    assert (len(names["panel"]), names["panel"].seasons) == (2, (7,))


def test_the_agents_on_the_page_of_fit_work_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (text,) = [text for text in blocks(FIT_PAGE, "python") if "ModelSelector" in text]
    exec(compile(text, "page", "exec", dont_inherit=True), {})
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {"linear", "decision_tree", "additive"}


def test_the_readme_lists_every_command() -> None:
    rows = re.findall(r"^\| (.+?) \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"`tunesmith ([a-z]+)", "\n".join(rows))) == set(cli.VERBS)


def test_the_page_of_fit_lists_every_option() -> None:
    command = cli.tunesmith.get_command(click.Context(cli.tunesmith), "fit")
    assert command is not None
    options = {option.opts[0] for option in command.params if isinstance(option, click.Option) and not option.hidden}
    rows = re.findall(r"^\| `(--[a-z-]+)", (ROOT / "docs" / "fit.md").read_text("utf-8"), re.MULTILINE)
    assert options - {"--json", "--verbose", "--quiet"} == set(rows)


def test_the_page_of_forecasting_names_every_family_and_every_finding() -> None:
    page = (ROOT / "docs" / "forecasting.md").read_text("utf-8")
    sources = [ROOT / "src" / "tunesmith" / "series" / name for name in ("row_findings.py", "analysis.py")]
    kinds = {kind for path in sources for kind in re.findall(r'kind="(\w+)"', path.read_text("utf-8"))}
    assert len(kinds) > 15
    assert {*plugins.names("forecasters"), *kinds} - set(re.findall(r"`(\w+)`", page)) == set()


@pytest.mark.parametrize("heading", OPTIONS)
def test_the_page_lists_every_key_with_its_default(heading: str) -> None:
    options = OPTIONS[heading]
    fields = {
        field.name: field
        for field in dataclasses.fields(options)
        if field.init and not field.name.startswith("_") and field.name not in DERIVED.get(options, ())
    }
    rows = sections()[heading]
    assert rows.keys() == fields.keys()
    for name, field in fields.items():
        if field.default is not dataclasses.MISSING:
            default = "–" if field.default is None else f"`{_toml(field.default)}`"
        else:
            required = field.default_factory is dataclasses.MISSING
            default = "required" if required else f"`{_toml(field.default_factory())}`"
        assert rows[name][1] == default, f"the default of {name} is {default}."


@pytest.mark.parametrize("name", [name for name, keys in TABLES.items() if keys])
def test_the_page_lists_every_key_of_the_outer_tables(name: str) -> None:
    assert sections()[f"[{name}]"].keys() == set(TABLES[name] or ())


@pytest.mark.parametrize(
    ("table", "key"), [(table, key) for table, entries in DEFAULTS.items() for key in entries], ids="-".join
)
def test_the_page_has_the_defaults_of_the_outer_tables(table: str, key: str) -> None:
    assert sections()[f"[{table}]"][key][1] == f"`{_toml(DEFAULTS[table][key])}`"


def test_every_table_of_the_page_is_known_and_every_table_there_is_has_its_place() -> None:
    headings = {heading for heading in sections() if heading.startswith("[") and "." not in heading}
    assert {f"[{name}]" for name in TABLES if name not in ("space", "forbidden")} == headings
    others = {"The command", "Metrics and reports"}
    assert sections().keys() == OPTIONS.keys() | headings | others


@pytest.mark.parametrize(
    ("heading", "study"),
    [
        ('kind = "command"', "[task]\nzzz = 1\ncommand = 'true {args}'"),
        ('kind = "function"', "[task]\nzzz = 1\nkind = 'function'\nfunction = 'train.py:train'"),
        ('executor = "process"', "[execution]\nzzz = 1"),
    ],
)
def test_an_unknown_key_is_answered_with_the_keys_of_the_page(heading: str, study: str, tmp_path: Path) -> None:
    path = scripted(tmp_path) / "study.toml"
    path.write_text(f"[study]\nobjective = 'minimize y'\n[space]\nx = {{ type = 'float', low = 0, high = 1 }}\n{study}")
    with pytest.raises(InputError) as caught:
        study_from_settings(read_settings(path))
    known = set(re.findall(r"Known keys: (.*)\.$", str(caught.value))[0].split(", "))
    assert known - {"kind", "slots"} == sections()[heading].keys()


def test_the_page_lists_every_flag() -> None:
    text = STUDY_TOML.read_text(encoding="utf-8")
    assert [name for name in FLAGS if f"`--{name.replace('_', '-')}`" not in text] == []


def test_the_page_lists_the_placeholders_and_variables_of_a_command(tmp_path: Path) -> None:
    """Every documented placeholder is filled in, and the script sees every documented variable and no other."""
    text = STUDY_TOML.read_text(encoding="utf-8")
    placeholders = {"config", "trial_dir", "seed", "args"}
    assert placeholders <= set(re.findall(r"^\| `\{(\w+)\}` \|", text, re.MULTILINE))
    scripted(tmp_path)
    (tmp_path / "show.py").write_text("import json, os, sys\nprint('y=1', json.dumps([sys.argv, *os.environ]))\n")
    (tmp_path / "study.toml").write_text(
        "[study]\nobjective = 'minimize y'\n[space]\nx = { type = 'float', low = 0, high = 1 }\n[budget]\ntrials = 1\n"
        "[task]\nconfig = 'config.py'\n"
        f"command = '{sys.executable} -S show.py {{config}} {{trial_dir}} {{seed}} {{args}}'\n"
    )
    with study_from_settings(read_settings(tmp_path / "study.toml")) as study:
        log = (study.run().trials[0].folder / "log.txt").read_text()
    arguments, *variables = json.loads(log[log.index("[") :])
    assert not [word for word in arguments if "{" in word]
    assert {name for name in variables if name.startswith("TUNESMITH_TRIAL_")} == set(
        re.findall(r"`(TUNESMITH_TRIAL_\w+)`", text)
    )


def test_the_page_shows_the_plugin_among_the_examples_as_it_is() -> None:
    page, folder = ROOT / "docs" / "plugins.md", ROOT / "examples" / "plugin"
    shown = [blocks(page, "toml")[0], *blocks(page, "python")[:2]]
    names = ("pyproject.toml", "tunesmith_neighbour.py", "test_neighbour.py")
    assert shown == [(folder / name).read_text(encoding="utf-8") for name in names]


def test_the_contracts_that_the_page_names_are_there() -> None:
    named = re.findall(r"`testing\.(\w+)\.(check_\w+)`", (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8"))
    assert len(named) == 5
    for module, function in named:
        assert callable(getattr(importlib.import_module(f"tunesmith.testing.{module}"), function))


def test_the_pruner_of_the_page_keeps_its_contract() -> None:
    from tunesmith.testing.contracts import check_pruner

    namespace: dict[str, Any] = {"__name__": "slack"}
    exec(compile(blocks(ROOT / "docs" / "plugins.md", "python")[2], "plugins.md", "exec", dont_inherit=True), namespace)
    check_pruner(namespace["SlackPruner"]())


def test_the_tracker_of_the_page_keeps_its_contract(tmp_path: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "lines"}
    for block in (text for text in blocks(ROOT / "docs" / "plugins.md", "python") if "LinesTracker" in text):
        exec(compile(block, "plugins.md", "exec", dont_inherit=True), namespace)
    namespace["test_it_keeps_the_contract"](tmp_path)


def test_the_picture_of_the_architecture_shows_the_real_imports() -> None:
    draw = runpy.run_path(str(ROOT / "docs" / "draw_architecture.py"))
    graph = draw["import_graph"]()
    picture = (ROOT / "docs" / "images" / "architecture.svg").read_text("utf-8")
    assert set(re.findall(r'data-room="(\w+)"', picture)) == set(graph), "run python docs/draw_architecture.py"
    arrows = {(room, other) for room, others in draw["reduced"](graph).items() for other in others}
    assert set(re.findall(r'data-arrow="(\w+) (\w+)"', picture)) == arrows, "run python docs/draw_architecture.py"
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert sorted(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`\w+`.*?) \|", page, re.MULTILINE)))) == sorted(
        graph
    )


def test_the_files_that_the_architecture_names_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    files = {
        name
        for name in re.findall(r"`([a-z_]+/[a-z_/]+(?:\.py|/))`", page)
        if not name.startswith(("trials/", "tests/"))
    }
    assert len(files) > 10
    assert [name for name in sorted(files) if not (ROOT / "src" / "tunesmith" / name).exists()] == []


def test_the_python_api_is_built_from_the_docstrings(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, ROOT / "docs" / "build_api.py", tmp_path], capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stderr) == (0, "")
    page = (tmp_path / "tunesmith.html").read_text("utf-8")
    documented = set(re.findall(r'<section id="(\w+)">', page))
    assert documented == set(tunesmith.__all__) - {"__version__"}
    assert "Search on a logarithmic scale" in page
    assert {path.parent.name for path in tmp_path.glob("tunesmith/*/base.html")} == {
        "proposers", "pruners", "judges", "executors", "tasks", "trackers"
    }  # fmt: skip
    assert 'id="check_proposer"' in (tmp_path / "tunesmith" / "testing" / "contracts.html").read_text("utf-8")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict) and value:
        return f"{{ {', '.join(f'{key} = {_toml(entry)}' for key, entry in value.items())} }}"
    return f'"{value}"' if isinstance(value, str) else str(value)
