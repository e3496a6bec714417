"""What a test such as `args.sched == "step" and not args.fixed` asks, and what it leaves where it fails."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

Chain = tuple[str, ...]
"""The parts of an expression such as `cfg.model["name"]`: `("cfg", "model", "name")`."""
Enums = Mapping[Chain, object]
"""The members of a script's own enumerations, as `("Model", "gbm")`, and what each of them stands for."""


@dataclass(frozen=True)
class Above:
    """All numbers above one."""

    number: float

    def __str__(self) -> str:
        """Return the numbers in words."""
        return f"above {self.number:g}"


@dataclass(frozen=True)
class Allowed:
    """The values with which a place is reached.

    Args:
        values: Some values, or what stands for many of them.
        others: Whether it is reached with all values but these.
    """

    values: frozenset[object]
    others: bool = False

    def __or__(self, other: Allowed) -> Allowed:
        """Return the values that are allowed by one of two."""
        if self.others and other.others:
            return Allowed(self.values & other.values, others=True)
        if self.others or other.others:
            but, also = (self, other) if self.others else (other, self)
            return Allowed(but.values - also.values, others=True)
        return Allowed(self.values | other.values)

    def __and__(self, other: Allowed) -> Allowed:
        """Return the values that are allowed by both."""
        either = self.negated() | other.negated()
        return either.negated()

    def negated(self) -> Allowed:
        """Return the values that are not allowed."""
        return Allowed(self.values, others=not self.others)

    @property
    def is_any(self) -> bool:
        """Whether every value is allowed."""
        return self.others and not self.values


Tests = Mapping[Chain, Allowed]
"""What is compared, and with which values a test holds."""


def both(first: Tests, second: Tests) -> dict[Chain, Allowed]:
    """Return what holds where two tests hold."""
    common = {chain: first[chain] & second[chain] for chain in first.keys() & second.keys()}
    return {**first, **second, **common}


def holds_where(test: ast.expr, enums: Enums, *, fails: bool = False) -> dict[Chain, Allowed]:
    """Return what must be equal to which values for a test to hold, or to fail.

    >>> holds_where(ast.parse("cfg.kind == 'a' and x", mode="eval").body, {})[("cfg", "kind")]
    Allowed(values=frozenset({'a'}), others=False)
    >>> holds_where(ast.parse("cfg.kind == 'a'", mode="eval").body, {}, fails=True)[("cfg", "kind")]
    Allowed(values=frozenset({'a'}), others=True)
    """
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or if fails else ast.And):
        tests: dict[Chain, Allowed] = {}
        for each in test.values:
            tests = both(tests, holds_where(each, enums, fails=fails))
        return tests
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return holds_where(test.operand, enums, fails=not fails)
    if isinstance(test, ast.Compare):
        return _compared(test, enums, fails=fails)
    return {chain: Allowed(frozenset({not fails}))} if (chain := chain_of(test)) else {}


def _compared(test: ast.Compare, enums: Enums, *, fails: bool) -> dict[Chain, Allowed]:
    if (above := _above(test)) is not None:
        return {above[0]: Allowed(frozenset({above[1]}), others=fails)}
    equal, unequal = ast.Eq | ast.In | ast.Is, ast.NotEq | ast.NotIn | ast.IsNot
    if len(test.ops) != 1 or not isinstance(test.ops[0], equal | unequal):
        return {}
    chain, values = chain_of(test.left), frozenset(_constants(test.comparators[0], enums))
    if not chain or not values:
        return {}
    return {chain: Allowed(values, others=isinstance(test.ops[0], unequal) != fails)}


def _above(test: ast.Compare) -> tuple[Chain, Above] | None:
    """Return what a test such as `args.layers > 1` compares, and the numbers with which it holds."""
    operator, number, chain = test.ops[0], test.comparators[0], chain_of(test.left)
    if len(test.ops) != 1 or not chain or not isinstance(number, ast.Constant) or type(number.value) is not int:
        return None
    if isinstance(operator, ast.Gt):
        return chain, Above(number.value)
    return (chain, Above(number.value - 1)) if isinstance(operator, ast.GtE) else None


def _constants(node: ast.expr, enums: Enums) -> Iterator[object]:
    """Yield plain values, or nothing if one of them is not."""
    elements = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    values = [each.value if isinstance(each, ast.Constant) else enums.get(chain_of(each)) for each in elements]
    if all(value is not None for value in values):
        yield from values


def chain_of(node: ast.AST) -> Chain:
    """Return the parts of an expression; empty if it is no chain of names.

    >>> [chain_of(ast.parse(text, mode="eval").body) for text in ("a['--top-k']", "a.get('k', 3)", "getattr(a, 'k')")]
    [('a', 'top_k'), ('a', 'k'), ('a', 'k')]
    """
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (*inner, node.attr) if (inner := chain_of(node.value)) else ()
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return (*inner, key_of(node.slice.value)) if (inner := chain_of(node.value)) else ()
    if (looked_up := look_up(node)) is not None:
        return (*inner, looked_up[1]) if (inner := chain_of(looked_up[0])) else ()
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("lower", "strip"):
        return chain_of(node.func.value)
    return ()


def look_up(node: ast.AST) -> tuple[ast.expr, str] | None:
    """Return the table and the key of `args.get("k", 3)` and `getattr(args, "k")`; None for any other expression."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1:
        table, key = node.args[0], node.args[1]
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        table, key = node.func.value, node.args[0]
    else:
        return None
    is_text = isinstance(key, ast.Constant) and isinstance(key.value, str)
    return (table, key_of(key.value)) if is_text and isinstance(key, ast.Constant) else None


def key_of(value: object) -> str:
    """Return the key of a table as the name that an option has: `top_k` for docopt's `--top-k`.

    >>> key_of("--top-k"), key_of("<file>"), key_of(3)
    ('top_k', 'file', '3')
    """
    return str(value).strip("<>").lstrip("-").replace("-", "_")


def enums_in(trees: Iterable[ast.Module]) -> dict[Chain, object]:
    """Return the members of the enumerations in a script: its texts, or the names of members that are no text."""
    return {
        (node.name, target.id): str(value.value if isinstance(value.value, str) else target.id)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any((chain_of(base) or ("",))[-1].endswith("Enum") for base in node.bases)
        for each in node.body
        if isinstance(each, ast.Assign) and isinstance(value := each.value, ast.Constant)
        for target in each.targets
        if isinstance(target, ast.Name)
    }
