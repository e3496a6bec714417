"""Environment variables that a Python script reads: `os.getenv("LR", 0.1)` and `float(os.environ["LR"])`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...config_files.names import NOT_PLAIN
from ..script_option import Kind, ScriptOption
from .environment_reads import TYPES, Read, reads_of
from .literals import as_kind, constants_of, kind_of, kind_of_name, last_name, plain
from .source import Found, Source

FRAMEWORK = "environment variables"
Parents = Mapping[ast.AST, ast.AST]
"""The syntax tree's nodes, to the node around each."""
_OF_OTHERS = (
    *("PATH", "HOME", "USER", "PWD", "HOSTNAME", "SHELL", "TMPDIR", "PYTHONPATH", "CUDA_", "NCCL_", "OMP_", "MKL_"),
    *(
        "SLURM_",
        "PBS_",
        "LOCAL_RANK",
        "RANK",
        "WORLD_SIZE",
        "MASTER_",
        "XDG_",
        "HF_",
        "WANDB_",
        "TF_",
        "TORCH_",
        "XLA_",
    ),
)
"""Beginnings of names that other programs define."""


def read(source: Source) -> Found:
    """Return the variables that have a default or are cast to a number; those that others define are left out."""
    is_read = any("environ" in text or "getenv" in text for text in source.texts.values())
    trees = dict(sorted(source.trees.items(), key=lambda item: item[0] != source.script))
    options = list(_variables(trees.values())) if is_read else []
    notes = ("The script's variables are set before it, as in `env LR=0.1 python train.py`.",) if options else ()
    return Found(FRAMEWORK, options, notes)


def _variables(trees: Iterable[ast.Module]) -> Iterator[ScriptOption]:
    trees = list(trees)
    parents = {child: node for tree in trees for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    constants = {id(tree): constants_of(tree.body) for tree in trees}
    names: set[str] = set()
    for tree, read in reads_of(trees):
        option = _variable(read, parents, constants[id(tree)])
        if option is not None and option.name not in names and not option.name.startswith(_OF_OTHERS):
            names.add(option.name)
            yield option


def _variable(read: Read, parents: Parents, constants: Mapping[str, Any]) -> ScriptOption | None:
    """Return the variable that a place reads; None if neither a default nor a number tells that it is an option."""
    node, default, has_default = read.node, read.default, read.has_default
    outer = parents.get(node)
    if isinstance(outer, ast.BoolOp) and isinstance(outer.op, ast.Or) and node is outer.values[0]:
        default, has_default = plain(outer.values[-1], constants), True  # os.environ.get("LR") or 0.1
        node, outer = outer, parents.get(outer)
    cast = last_name(outer.func) if isinstance(outer, ast.Call) and node in outer.args else ""
    cast = cast if cast in TYPES else read.type
    where_set = parents.get(outer) if isinstance(outer, ast.Call) and outer.args == [node] else outer
    if not has_default and isinstance(where_set, ast.IfExp) and where_set.test is not node:
        is_body = where_set.body in (node, outer)
        default, has_default = plain(where_set.orelse if is_body else where_set.body, constants), True
    if default is NOT_PLAIN or not (has_default or cast in ("int", "float")):
        return None
    kind: Kind = kind_of_name(cast, default) if cast in TYPES else "str"
    if kind == "bool" or isinstance(outer, ast.Compare):
        kind = "other"  # Any text is true, or only one is: which words change it is not known.
    value = as_kind(default, kind)
    return ScriptOption(
        name=read.name,
        spellings=(read.name,),
        form="name=value",
        kind=kind if kind != "str" else kind_of(value),
        default=NOT_PLAIN if kind == "other" else value,
    )
