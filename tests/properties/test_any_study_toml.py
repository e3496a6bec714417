"""A fuzzer: whatever a study.toml holds, `tunesmith run --dry-run` accepts it, or says in one message what is wrong."""

from __future__ import annotations

import random
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from click.testing import CliRunner

from tunesmith.cli import tunesmith
from tunesmith.errors import InputError

EXAMPLES = Path(__file__).parents[2] / "examples"
SAMPLE = 40  # Of each file; all take minutes.

STUDY = """
[study]
name = "s"
seed = 3
folder = "studies/s"
[study.objective.metrics.loss]
direction = "minimize"
weight = 2.0
[study.objective.metrics.latency]
direction = "maximize"
[study.objective.constraints.size]
low = 1
high = 5.0
[task]
command = "python train.py {args}"
metrics = "out.json"
test_command = ["python", "train.py", "--test", "{args}"]
shell = false
environment = { A = "b" }
[space]
lr = { type = "float", low = 1e-5, high = 1e-1, log = true, default = 0.001, prior = 0.01, confidence = 0.7 }
n = { type = "int", low = 1, high = 9, step = 2, when = { opt = ["sgd", "adam"] }, inactive = "remove" }
m = { type = "float", low = 0, high = 1, step = 0.1, when = { n = { low = 2, high = 8 } } }
opt = { type = "choice", options = ["sgd", "adam", "none"], weights = [1, 2, 3] }
size = { type = "choice", options = [1, 2, 4], ordered = true, default = 2 }
[[forbidden]]
opt = "sgd"
lr = { low = 0.01 }
[budget]
trials = 20
minutes = 10
target = 0.1
patience = 5
seconds_per_trial = 60
memory_gb = 4
usd = 1
[search]
proposer = { name = "portfolio", members = ["gp", "tpe"], floor = 0.1, startup_trials = 5 }
pruner = { name = "asha", reduction = 3, min_steps = 1 }
judge = { name = "rules", repeats = 1, train_metric = "train_loss" }
parallel = 2
[execution]
executor = "process"
retries = 1
gpus = [0, 1]
gpus_per_trial = 1
threads_per_trial = 2
grace_seconds = 3
log_bytes = 100000
environment = { C = "d" }
[trackers]
mlflow = false
[agents]
model = "ollama:llama3"
fallbacks = ["ollama:other", { name = "ollama:third", base_url = "http://127.0.0.1:1/v1" }]
roles = { planner = "ollama:fourth" }
tokens = 1000
timeout_seconds = 10
approve = "none"
"""

VALUES = [
    *("-1", "0", "1", "2.5", "-0.0", "nan", "inf", "-inf", "1e400", "true", "false"),
    *("9223372036854775807", "99999999999999999999999", "9" * 5000, "0x" + "f" * 6000, "1e300", "1e-320"),
    *('""', '"a"', '"1"', '" "', r'"\u0000"', r'"\u001b[31mred"', r'"\n"', '"' + "x" * 20_000 + '"', '"../.."', '"/"'),
    *('"{lr}"', '"{"', '"process:99999999999999999999"', '"minimise loss"', '"stdout"', '"auto"', '"none"'),
    *("[]", "[[]]", "[1, 2]", '["a"]', '["a", "a"]', "[{ a = 1 }]", "[nan]", "[true, 1, 1.0]", "[" * 120 + "]" * 120),
    *(
        "{}",
        "{ a = 1 }",
        '{ low = "a" }',
        "{ low = {} }",
        "{ low = 2, high = 1 }",
        '{ name = "random" }',
        "{ name = 3 }",
    ),
    *('{ type = "float", low = 0, high = 1 }', '{ env = "X" }', "{ a.b.c = { d = [] } }"),
    *("1979-05-27T07:32:00Z", "1979-05-27", "07:32:00"),
]
"""TOML of every type, as text."""


def keys_of(table: Any, *before: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the keys of every value, of tables and lists too."""
    items = table.items() if isinstance(table, Mapping) else enumerate(table) if isinstance(table, list) else ()
    for key, value in items:
        yield (*before, key)
        yield from keys_of(value, *before, key)


def changed(text: str, keys: tuple[Any, ...], value: str | None) -> str:
    """Return the TOML with another value, or without the key."""
    document = tomllib.loads(text)
    table: Any = document
    for key in keys[:-1]:
        table = table[key]
    if value is None:
        del table[keys[-1]]
        return tomlkit.dumps(document)
    table[keys[-1]] = "@@"
    return tomlkit.dumps(document).replace('"@@"', value)


def mutations(text: str) -> list[tuple[tuple[Any, ...], str | None]]:
    """Return every change of one key, in a fixed random order."""
    every = [(keys, value) for keys in keys_of(tomllib.loads(text)) for value in (*VALUES, None)]
    random.Random(14).shuffle(every)
    return every


def check(path: Path, text: str, what: object) -> int:
    """Check that the dry run accepts the study or refuses it with one message; return its status."""
    path.write_text(text)
    result = CliRunner().invoke(tunesmith, ["run", "--dry-run", str(path)], standalone_mode=False)
    if result.exception is None:
        return 0
    assert isinstance(result.exception, InputError), (what, result.exc_info)
    message = str(result.exception)
    assert message.startswith(("study.toml", f"{path}")), (what, message)
    assert len(message) < 2000, (what, message)
    return 2


@pytest.mark.parametrize("name", ["digits", "population", "shell", "function", "whole"])
def test_any_value_of_any_key_is_accepted_or_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "study"
    if name == "whole":
        folder.mkdir()
        (folder / "train.py").write_text("print('--lr --n --m --opt --size')")
        text = STUDY
    else:
        shutil.copytree(EXAMPLES / name, folder)
        text = (folder / "study.toml").read_text()
    path = folder / "study.toml"
    assert check(path, text, "unchanged") == 0
    statuses = [check(path, changed(text, keys, value), (keys, value)) for keys, value in mutations(text)[:SAMPLE]]
    assert 2 in statuses
