"""Environment variables that a Python script reads: `os.getenv("LR", 0.1)` and `float(os.environ["LR"])`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...config_files.names import NOT_PLAIN
from ..script_option import Kind, ScriptOption
from .literals import as_kind, kind_of, kind_of_name, last_name, plain
from .source import Found, Source

FRAMEWORK = "environment variables"
_CASTS = ("int", "float", "str", "bool", "Path")
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
    tree = source.trees.get(source.script)
    if tree is None or ("environ" not in source.text and "getenv" not in source.text):
        return Found()
    options = list(_variables(tree))
    notes = ("The script's variables are set before it, as in `env LR=0.1 python train.py`.",) if options else ()
    return Found(FRAMEWORK, options, notes)


def _variables(tree: ast.Module) -> Iterator[ScriptOption]:
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    names: set[str] = set()
    for node in ast.walk(tree):
        read = _read(node)
        if read is None:
            continue
        name, default = plain(read[0], {}), None if read[1] is None else plain(read[1], {})
        if not isinstance(name, str) or name in names or default is NOT_PLAIN or name.startswith(_OF_OTHERS):
            continue
        outer = parents.get(node)
        cast = last_name(outer.func) if isinstance(outer, ast.Call) and node in outer.args else ""
        if read[1] is None and cast not in ("int", "float"):
            continue
        kind: Kind = kind_of_name(cast, default) if cast in _CASTS else "str"
        if kind == "bool" or isinstance(outer, ast.Compare):
            kind = "other"  # Any text is true, or only one is: which words change it is not known.
        names.add(name)
        value = as_kind(default, kind)
        yield ScriptOption(
            name=name,
            spellings=(name,),
            form="name=value",
            kind=kind if kind != "str" else kind_of(value),
            default=NOT_PLAIN if kind == "other" else value,
        )


def _read(node: ast.AST) -> tuple[ast.expr, ast.expr | None] | None:
    """Return the name of the variable that an expression reads, and its default; None if it reads none."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and last_name(node.value) == "environ":
        return node.slice, None
    if isinstance(node, ast.Call) and 1 <= len(node.args) <= 2 and _reads_environment(node):
        return node.args[0], node.args[1] if len(node.args) == 2 else None
    return None


def _reads_environment(call: ast.Call) -> bool:
    if last_name(call.func) == "getenv":
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr == "get" and last_name(call.func.value) == "environ"
