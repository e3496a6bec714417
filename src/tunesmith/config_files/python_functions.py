"""The constants of a script that do not stand at its top: in functions that it calls, its main guard, and objects.

Only what is assigned once in its function or class is a constant, so that counters and results are none.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

Found = tuple[list[Any], ast.expr, ast.stmt | ast.expr | ast.keyword]
"""The keys of a constant, its value, and the whole of which that is the value."""
_TRAINING = ("compile", "fit", "train")
_OPTIMIZERS = "configure_optimizers"
"""The method of a Lightning module that makes the optimizer."""
_MAKES_CONFIG = re.compile(r"config|cfg|hparams|hyper_?param|settings|defaults", re.I)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def inner_constants(module: ast.Module) -> Iterator[Found]:
    """Yield the assignments in a script that are no top-level ones and may be constants, in order.

    `train.lr` is a variable of the function `train`, or its parameter, whose value is the default or that of the only
    call; `Config.lr` is `self.lr` in `Config.__init__`, and `get_config.lr` a part of what that function returns. What
    the main guard assigns has its own name.
    """
    for statement in module.body:
        if isinstance(statement, ast.ClassDef):
            yield from _of_objects(statement, module)
    for function in _functions_in_use(module):
        yield from _of_function(function, module)
    for statement in module.body:
        if is_main_guard(statement):
            once = _assigned_once(statement)
            assert isinstance(statement, ast.If)
            yield from (found for found in _assignments(statement.body) if once.get(_text(found[0])))


def trains(call: ast.expr) -> bool:
    """Tell whether an expression is a call as `model.fit(x, y, batch_size=32)`, whose keywords are settings."""
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _TRAINING


def is_main_guard(statement: ast.stmt) -> bool:
    """Tell whether a statement is `if __name__ == "__main__":`."""
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def keys_of(target: ast.expr) -> list[Any]:
    """Return the keys of `cfg.model["width"]`, or none where they are not plain."""
    if isinstance(target, ast.Name):
        return [target.id]
    if isinstance(target, ast.Attribute):
        return [*before, target.attr] if (before := keys_of(target.value)) else []
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return [*before, target.slice.value] if (before := keys_of(target.value)) else []
    return []


def _of_function(function: _Function, module: ast.Module) -> Iterator[Found]:
    if not function.decorator_list:
        once = _assigned_once(function)
        for name, (value, whole) in _parameters(function, _calls_of(function.name, module)).items():
            if repr(name) not in once:
                yield [function.name, name], value, whole
    yield from _inside(function, [function.name])


def _inside(function: _Function, before: list[Any]) -> Iterator[Found]:
    """Yield what a function assigns and returns, under the keys `before`."""
    once = _assigned_once(function)
    results = [each for each in ast.walk(function) if isinstance(each, ast.Return)]
    result = results[0].value if len(results) == 1 else None
    returned = result.id if isinstance(result, ast.Name) else ""
    for keys, value, statement in _assignments(function.body):
        if not once.get(_text(keys)):
            continue
        if keys == [returned]:
            yield from (([*before, *entry[0]], *entry[1:]) for entry in _entries(value))
        else:
            yield [*before, *(keys[1:] if keys[0] == returned else keys)], value, statement
    yield from (([*before, *entry[0]], *entry[1:]) for entry in _entries(result))


def _entries(table: ast.expr | None) -> Iterator[Found]:
    """Yield the entries of `{"lr": 0.1}` or `Config(lr=0.1)`."""
    if isinstance(table, ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant):
                yield [key.value], value, value
    elif isinstance(table, ast.Call):
        yield from (([keyword.arg], keyword.value, keyword) for keyword in table.keywords if keyword.arg is not None)


def _of_objects(definition: ast.ClassDef, module: ast.Module) -> Iterator[Found]:
    methods = {each.name: each for each in definition.body if isinstance(each, _Function)}
    if _OPTIMIZERS in methods:
        yield from _inside(methods[_OPTIMIZERS], [definition.name, _OPTIMIZERS])
    init = methods.get("__init__")
    if init is None:
        return
    once = _assigned_once(definition)
    is_plain = all(isinstance(base, ast.Name) and base.id == "object" for base in definition.bases)
    parameters = _parameters(init, _calls_of(definition.name, module), bound=1) if is_plain else {}
    for keys, value, statement in _assignments(init.body):
        if keys[0] == "self" and len(keys) > 1 and once.get(_text(keys)):
            own = value.id if isinstance(value, ast.Name) else ""
            given, whole = parameters.get(own, (value, statement))
            yield [definition.name, *keys[1:]], given, whole


def _parameters(
    function: _Function, calls: Sequence[ast.Call], *, bound: int = 0
) -> dict[str, tuple[ast.expr, ast.expr | ast.keyword]]:
    """Return the values of parameters by name, where they are the default, or that of the only call."""
    if any(isinstance(part, ast.Starred) for call in calls for part in call.args):
        return {}
    if any(keyword.arg is None for call in calls for keyword in call.keywords):
        return {}
    arguments = function.args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    defaults: dict[str, ast.expr] = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            defaults[argument.arg] = default
    found: dict[str, tuple[ast.expr, ast.expr | ast.keyword]] = {}
    for name in [*positional[bound:], *(argument.arg for argument in arguments.kwonlyargs)]:
        index = positional.index(name) - bound if name in positional else len(positional)
        given = [part for call in calls for part in _given(call, name, index)]
        if given and len(calls) == 1:
            found[name] = given[0]
        elif not given and name in defaults:
            found[name] = defaults[name], defaults[name]
    return found


def _given(call: ast.Call, name: str, index: int) -> Iterator[tuple[ast.expr, ast.expr | ast.keyword]]:
    if index < len(call.args):
        yield call.args[index], call.args[index]
    yield from ((keyword.value, keyword) for keyword in call.keywords if keyword.arg == name)


def _functions_in_use(module: ast.Module) -> list[_Function]:
    """Return the functions that the module calls by their names, those that these call, and the makers of configs."""
    functions = {each.name: each for each in module.body if isinstance(each, _Function)}
    waiting: list[ast.AST] = [each for each in module.body if not isinstance(each, _Function | ast.ClassDef)]
    used = {name: function for name, function in functions.items() if _MAKES_CONFIG.search(name)}
    waiting += used.values()
    while waiting:
        for node in ast.walk(waiting.pop()):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if name in functions and name not in used:
                used[name] = functions[name]
                waiting.append(functions[name])
    return [function for name, function in functions.items() if name in used]


def _calls_of(name: str, module: ast.Module) -> list[ast.Call]:
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == name]


def _assignments(body: Sequence[ast.stmt]) -> Iterator[tuple[list[Any], ast.expr, ast.stmt]]:
    for statement in body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            target, value = statement.target, statement.value
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and trains(statement.value):
            target, value = statement.value.func, statement.value
        else:
            continue
        if keys := keys_of(target):
            yield keys, value, statement


def _assigned_once(scope: ast.AST) -> dict[str, bool]:
    """Return whether a name, attribute or item is assigned, or a method called, only once in a scope, by its text."""
    counts: Counter[str] = Counter()
    for node in ast.walk(scope):
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            counts[_text(keys_of(node))] += 1
        elif isinstance(node, ast.Call) and trains(node):
            counts[_text(keys_of(node.func))] += 1
        elif isinstance(node, ast.Global | ast.Nonlocal):
            counts.update(node.names * 2)
    return {text: count == 1 for text, count in counts.items() if text}


def _text(keys: Sequence[Any]) -> str:
    return ".".join(map(repr, keys))
