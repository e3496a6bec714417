"""The branches of a script in which it reads a value: `if args.sched == "step": ... args.gamma`."""

from __future__ import annotations

import ast
import functools
import operator
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .local_files import tree_of
from .tests_of_branches import Allowed, Chain, Enums, Tests, both, chain_of, enums_in, holds_where, key_of, look_up

_SHOWS = {
    "print", "pprint", "str", "repr", "vars", "dict", "asdict", "hasattr", "isinstance", "len", "copy", "deepcopy",
    "dump", "dumps", "safe_dump", "save", "to_yaml", "to_container", "resolve", "set_struct", "info", "debug",
    "warning", "log", "init", "update", "format",
}  # fmt: skip
"""Functions that may get all values, and use none."""
_CASTS = {"int", "float", "str", "bool"}
_HIDES = re.compile(r"\b(?:locals|globals)\(\)")
"""What reads variables without naming them."""
_PRINTS = {"print", "pprint", "info", "debug", "warning", "echo", "secho"}
_DECLARES = {"add_argument", "option", "Option", "DEFINE_string", "DEFINE_float", "DEFINE_integer"}


@dataclass(frozen=True)
class Branches:
    """Where a script reads its values.

    Args:
        reads: The last part of the name of a value, to the tests around each place that reads it: what is compared,
            and with which values the place is reached.
        compared: What is compared, to all the values that it is compared with.
        holders: What has each value, directly or not, as `args`.
        owners: What has each value directly.
        passed: What is passed on whole to functions of others, which may read any value in it.
    """

    reads: Mapping[str, list[dict[Chain, Allowed]]] = field(default_factory=dict)
    compared: Mapping[Chain, set[object]] = field(default_factory=dict)
    holders: Mapping[str, set[Chain]] = field(default_factory=dict)
    owners: Mapping[str, set[Chain]] = field(default_factory=dict)
    passed: frozenset[Chain] = frozenset()

    def conditions(self, name: str) -> dict[Chain, Allowed]:
        """Return the tests that hold wherever a value is read, by what they compare; empty if none is known to."""
        last = name.rpartition(".")[2].replace("-", "_")
        places = self.reads.get(last, [])
        if not places or self.holders.get(last, set()) & self.passed:
            return {}
        common = set.intersection(*({*place} for place in places))
        holders = self.holders.get(last, set())
        tested = sorted(chain for chain in common if len(chain) == 1 or chain[:-1] in holders)
        found = {chain: functools.reduce(operator.or_, (place[chain] for place in places)) for chain in tested}
        return {chain: allowed for chain, allowed in found.items() if not allowed.is_any}


def branches_of(texts: Iterable[str]) -> Branches:
    """Return where the files of a script read its values.

    Args:
        texts: The text of each file.
    """
    texts = list(texts)
    trees = [tree for text in texts if (tree := tree_of(text)) is not None]
    own = {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    reader = _Reader(own, enums_in(trees))
    for tree in trees:
        reader.visit(tree)
    reader.follow(are_hidden=any(_HIDES.search(text) for text in texts))
    return Branches(reader.reads, reader.compared, reader.holders, reader.owners, frozenset(reader.passed))


class _Reader(ast.NodeVisitor):
    def __init__(self, own: set[str], enums: Enums) -> None:
        self.reads: dict[str, list[dict[Chain, Allowed]]] = {}
        self.compared: dict[Chain, set[object]] = {}
        self.holders: dict[str, set[Chain]] = {}
        self.owners: dict[str, set[Chain]] = {}
        self.passed: set[Chain] = set()
        self._own = own
        self._enums = enums
        self._tests: dict[Chain, Allowed] = {}
        self._copies: dict[str, list[tuple[Chain, dict[Chain, Allowed]]]] = {}
        """Variables, to the values that they hold, each with the tests around the place that sets it."""

    def follow(self, *, are_hidden: bool) -> None:
        """Take a variable for the value that it holds: `k = args.k` reads it where `k` is read.

        Args:
            are_hidden: Variables may be read without being named, so that the place which sets one counts.
        """
        found = {name: list(self.reads.get(name, [])) for name in self._copies}
        for name, copies in self._copies.items():
            for chain, tests in copies:
                places = [] if are_hidden else [both(tests, place) for place in found[name]]
                self.reads.setdefault(chain[-1], []).extend(places or [tests])
        only = {name: copies[0][0] for name, copies in self._copies.items() if len({c[0] for c in copies}) == 1}
        for place in (place for places in self.reads.values() for place in places):
            place |= {only[c[0]]: allowed for c, allowed in [*place.items()] if len(c) == 1 and c[0] in only}
        for name, chain in only.items():
            self._note(chain, frozenset(self.compared.get((name,), set())))

    def visit_Assign(self, node: ast.Assign) -> None:
        target, value = node.targets[0], node.value
        while isinstance(value, ast.Call) and chain_of(value.func)[:1] and chain_of(value.func)[0] in _CASTS:
            value = value.args[0] if len(value.args) == 1 else ast.Constant(None)
        chain = chain_of(value)
        if len(node.targets) != 1 or not isinstance(target, ast.Name) or len(chain) < 2 or chain[0] == "self":
            self.generic_visit(node)
            return
        self._copies.setdefault(target.id, []).append((chain, dict(self._tests)))
        self._hold(chain[-1], chain[:-1])
        for length in range(2, len(chain)):
            self.reads.setdefault(chain[length - 1], []).append(dict(self._tests))
            self._hold(chain[length - 1], chain[: length - 1])

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._within(holds_where(node.test, self._enums), node.body)
        self._within(holds_where(node.test, self._enums, fails=True), node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self._within(holds_where(node.test, self._enums), [node.body])
        self._within(holds_where(node.test, self._enums, fails=True), [node.orelse])

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        before: dict[Chain, Allowed] = {}
        for each in node.values:
            self._within(before, [each])
            before = both(before, holds_where(each, self._enums, fails=isinstance(node.op, ast.Or)))

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        chain = chain_of(node.subject)
        for case in node.cases:
            values = _pattern_values(case.pattern)
            self._note(chain, values)
            self._within({chain: Allowed(values)} if chain and values else {}, case.body)

    def visit_Compare(self, node: ast.Compare) -> None:
        for chain, allowed in holds_where(node, self._enums).items():
            self._note(chain, allowed.values)
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A text made of values, such as the name of a run, is no use of them."""

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if not (isinstance(node.op, ast.Mod) and _is_text(node.left)):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = (chain_of(node.func) or ("",))[-1]
        if (looked_up := look_up(node)) is not None:
            self._read(looked_up[1], looked_up[0])
            for each in (looked_up[0], *node.args[1 if name == "get" else 2 :]):
                self.visit(each)
            return
        is_text_made = isinstance(node.func, ast.Attribute) and name in ("", "format") and _is_text(node.func.value)
        if name in _DECLARES | _PRINTS or is_text_made:
            return
        for keyword in node.keywords:
            if keyword.arg is None:  # **vars(args)
                self.passed |= {chain for each in ast.walk(keyword.value) if (chain := chain_of(each))}
        if name not in self._own | _SHOWS:
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            self.passed |= {chain for each in arguments if (chain := chain_of(each))}
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        for each in [*(key for key in node.keys if not isinstance(key, ast.Constant)), *node.values]:
            if each is not None:
                self.visit(each)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self._read(node.attr, node.value)
        self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            if isinstance(node.ctx, ast.Load):
                self._read(key_of(node.slice.value), node.value)
        else:
            self.visit(node.slice)
        self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._read(node.id, None)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value.isidentifier():  # getattr(args, "gamma")
            self._read(node.value, None)

    def _read(self, name: str, holder: ast.expr | None) -> None:
        self.reads.setdefault(name, []).append(dict(self._tests))
        if holder is not None and (chain := chain_of(holder)):
            self._hold(name, chain)

    def _hold(self, name: str, chain: Chain) -> None:
        starts = {chain[: length + 1] for length in range(len(chain))} - {("self",)}
        self.holders.setdefault(name, set()).update(starts)
        self.owners.setdefault(name, set()).add(chain)

    def _note(self, chain: Chain, values: frozenset[object]) -> None:
        if chain and values:
            self.compared.setdefault(chain, set()).update(values)

    def _within(self, tests: Tests, body: Iterable[ast.AST]) -> None:
        before, self._tests = self._tests, both(self._tests, tests)
        for each in body:
            self.visit(each)
        self._tests = before


def _pattern_values(pattern: ast.pattern) -> frozenset[object]:
    patterns = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
    if not all(isinstance(each, ast.MatchValue) and isinstance(each.value, ast.Constant) for each in patterns):
        return frozenset()
    values = (each.value for each in patterns if isinstance(each, ast.MatchValue))
    return frozenset(value.value for value in values if isinstance(value, ast.Constant))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
