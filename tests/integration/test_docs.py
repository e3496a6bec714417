"""The pages in docs/ and the README, held against the code: what they show runs, and what there is they list."""

from __future__ import annotations

import dataclasses
import importlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tunesmith import Budget, Choice, Constraint, Float, InputError, Int, Metric, Objective, plugins
from tunesmith.config.settings import DEFAULTS, FLAGS, TABLES, read_settings
from tunesmith.executors.process import ProcessExecutor
from tunesmith.study.tuning import study_from_settings
from tunesmith.tasks.command import CommandTask
from tunesmith.tasks.function import FunctionTask

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
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
} | {
    f'{kind[:-1]} = {{ name = "{name}", … }}': plugin
    for kind in ("proposers", "pruners", "judges")
    for name in plugins.names(kind)
    if (plugin := plugins.load(kind, name)).__module__.startswith("tunesmith.") and dataclasses.fields(plugin)
}
"""Heading to the class whose fields are the keys below it."""

FOLLOWS = {
    Objective: {"metrics", "constraints"},
    Metric: {"name"},
    Constraint: {"metric"},
    CommandTask: {"metric", "required", "folder", "names", "remove"},
    FunctionTask: {"metric", "required", "folder"},
    ProcessExecutor: {"slots"},
}
"""Fields that are no keys: what follows from elsewhere in the file."""


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def sections() -> dict[str, dict[str, list[str]]]:
    """Return the rows of each table of keys: heading to key to the other cells."""
    found: dict[str, dict[str, list[str]]] = {}
    heading = ""
    for line in STUDY_TOML.read_text(encoding="utf-8").splitlines():
        if line.startswith("##"):
            heading = line.lstrip("# ").strip("`")
        elif line.startswith("| `"):
            key, *cells = (cell.strip() for cell in line.strip("|").split(" | "))
            found.setdefault(heading, {})[key.strip("`")] = cells
    return found


def scripted(folder: Path) -> Path:
    """Lay out what the studies on the pages name, and return the folder."""
    (folder / "train.py").write_text("def train(parameters):\n    return 0.0\n")
    (folder / "config.py").write_text(
        "model = {'width': 64, 'dropout': 0.1}\noptimizer = {'name': 'Adam', 'momentum': 0.9}\n"
    )
    return folder


def whole_studies() -> Iterator[Any]:
    for page in PAGES:
        for place, text in enumerate(blocks(page, "toml")):
            if "[space]" in text:
                yield pytest.param(text, id=f"{page.stem}-{place}")


@pytest.mark.parametrize("text", list(whole_studies()))
def test_every_study_on_the_pages_can_be_run(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    # The pages say `python`, which not every machine has on its path.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    path = scripted(tmp_path) / "study.toml"
    path.write_text(text)
    with study_from_settings(read_settings(path)) as study:
        assert study.engine.baseline().parameters


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_on_the_pages_compiles_and_names_what_exists(page: Path) -> None:
    for text in blocks(page, "python"):
        code = compile(text, str(page), "exec", dont_inherit=True)
        imports = [line for line in text.splitlines() if re.match(r"(from|import) (tunesmith|numpy)", line)]
        exec("\n".join(imports), {})
        assert code.co_code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    texts = {found: found.read_text(encoding="utf-8") for found in PAGES}
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), f"{page.name} links to {target}."
        if anchor:
            headings = re.findall(r"^#+ (.+)$", texts[file.resolve()], re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("heading", OPTIONS)
def test_the_page_lists_every_key_with_its_default(heading: str) -> None:
    options = OPTIONS[heading]
    fields = {
        field.name: field
        for field in dataclasses.fields(options)
        if field.init and not field.name.startswith("_") and field.name not in FOLLOWS.get(options, ())
    }
    told = sections()[heading]
    assert told.keys() == fields.keys()
    for name, field in fields.items():
        if field.default is not dataclasses.MISSING:
            default = "–" if field.default is None else f"`{_toml(field.default)}`"
        else:
            default = "required" if field.default_factory is dataclasses.MISSING else "`{}`"
        assert told[name][1] == default, f"the default of {name} is {default}."


@pytest.mark.parametrize("name", [name for name, keys in TABLES.items() if keys])
def test_the_page_lists_every_key_of_the_outer_tables(name: str) -> None:
    told = sections()[f"[{name}]"]
    assert told.keys() == set(TABLES[name] or ())


@pytest.mark.parametrize(
    ("table", "key"), [(table, key) for table, entries in DEFAULTS.items() for key in entries], ids="-".join
)
def test_the_page_has_the_defaults_of_the_outer_tables(table: str, key: str) -> None:
    assert sections()[f"[{table}]"][key][1] == f"`{_toml(DEFAULTS[table][key])}`"


def test_every_table_of_the_page_is_known_and_every_table_there_is_has_its_place() -> None:
    told = {heading for heading in sections() if heading.startswith("[") and "." not in heading}
    assert {f"[{name}]" for name in TABLES if name not in ("space", "forbidden")} == told
    placeholders = {"The command"}
    assert sections().keys() == OPTIONS.keys() | told | placeholders


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
    known = set(re.findall(r"Known here: (.*)\.$", str(caught.value))[0].split(", "))
    assert known - {"kind", "slots"} == sections()[heading].keys()


def test_every_flag_and_placeholder_is_told() -> None:
    text = STUDY_TOML.read_text(encoding="utf-8")
    for name in FLAGS:
        assert f"`--{name.replace('_', '-')}`" in text
    for name in ("TUNESMITH_TRIAL_DIR", "TUNESMITH_TRIAL_SEED"):
        assert f"`{name}`" in text
        assert f'"{name}"' in (ROOT / "src" / "tunesmith" / "tasks" / "command.py").read_text(encoding="utf-8")
    for name in ("config", "trial_dir", "seed", "args"):
        assert f"| `{{{name}}}` |" in text


def test_the_page_shows_the_plugin_among_the_examples_as_it_is() -> None:
    page, folder = ROOT / "docs" / "plugins.md", ROOT / "examples" / "plugin"
    shown = [blocks(page, "toml")[0], *blocks(page, "python")[:2]]
    names = ("pyproject.toml", "tunesmith_neighbour.py", "test_neighbour.py")
    assert shown == [(folder / name).read_text(encoding="utf-8") for name in names]


def test_the_contracts_that_the_page_names_are_there() -> None:
    named = re.findall(r"`testing\.(\w+)\.(check_\w+)`", (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8"))
    assert len(named) == 4
    for module, function in named:
        assert callable(getattr(importlib.import_module(f"tunesmith.testing.{module}"), function))


def test_the_pruner_of_the_page_keeps_its_contract() -> None:
    from tunesmith.testing.contracts import check_pruner

    namespace: dict[str, Any] = {"__name__": "slack"}
    exec(compile(blocks(ROOT / "docs" / "plugins.md", "python")[2], "plugins.md", "exec", dont_inherit=True), namespace)
    check_pruner(namespace["SlackPruner"]())


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
