"""YAML config files: read and edited with ruamel.yaml's round trip, which keeps comments, quotes and anchors."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    PlainScalarString,
    ScalarString,
    SingleQuotedScalarString,
)
from ruamel.yaml.tag import Tag

from ..errors import InputError
from .edits import Edits, Malformed
from .names import NOT_PLAIN, Route, joined, value_at

# Booleans of YAML 1.1, since PyYAML, and with it most scripts, reads them so.
_TRUE = ("true", "yes", "on")
_FALSE = ("false", "no", "off")
_NULL = ("", "~", "null", "Null", "NULL")
_INT = re.compile(r"[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_PLAIN_STRING = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")


class _TextResolver(VersionedResolver):
    """Leaves every scalar as its text, so that one which is not edited is written as it was read."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is ScalarNode:
            is_merge = value == "<<" and implicit[0]
            return Tag(suffix="tag:yaml.org,2002:merge") if is_merge else self.DEFAULT_SCALAR_TAG
        return super().resolve(kind, value, implicit)


class _TextConstructor(RoundTripConstructor):
    def construct_scalar(self, node: Any) -> Any:
        if not node.value and not node.style:
            node.value = "null"  # An empty text would be written in quotes.
        return super().construct_scalar(node)


class Document:
    """A YAML file.

    Args:
        text: Its text.

    Attributes:
        values: What it holds, with `NOT_PLAIN` for values with a tag.

    Raises:
        Malformed: It is not YAML, a key occurs twice, or there are several documents.
    """

    def __init__(self, text: str) -> None:
        self._yaml: Any = YAML(pure=True)
        self._yaml.Resolver = _TextResolver
        self._yaml.Constructor = _TextConstructor
        self._yaml.preserve_quotes = True
        self._yaml.width = sys.maxsize
        try:
            documents = list(self._yaml.load_all(text))
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark is not None else None
            # A duplicate key is reported with both of its values, however long.
            raise Malformed(re.sub(r" with value .*", "", error.problem or str(error), flags=re.S), line) from None
        except YAMLError as error:
            raise Malformed(str(error)) from None
        if len(documents) > 1:
            raise Malformed("it has several documents, separated by '---'")
        self._root = CommentedMap() if not documents or documents[0] is None else documents[0]
        self.values = _plain(self._root)

    def edited(self, edits: Edits) -> str:
        """Return the text with the edits made. The aliases of an anchored scalar change with it.

        The document itself changes, so that it can be edited once.

        Raises:
            InputError: A value lies in a table or list that another part of the file shares through an anchor.
        """
        root = self._root
        places = list(_places(root))
        first = {id(value): (*route, key) for route, _, key, value in reversed(places)}
        for route in (*edits.values, *edits.removed):
            for depth in range(1, len(route)):
                if first.get(id(value_at(root, route[:depth]))) != route[:depth]:
                    raise InputError(
                        f"a value must be editable where it stands, but '{joined(route)}' is shared with another part "
                        "of the file through an anchor. Write it out there.",
                        keys=(joined(route),),
                    )
        for route, value in edits.values.items():
            table, key = value_at(root, route[:-1]), route[-1]
            old = None if route in edits.inserted else table[key]
            anchor = old.yaml_anchor() if isinstance(old, ScalarString) else None
            if anchor is None or first[id(old)] != route:
                table[key] = _node(value, old)
                continue
            new = _node(value, old, anchor.value)
            for _, holder, place, node in places:
                if node is old:
                    holder[place] = new
        for route in edits.removed:
            del value_at(root, route[:-1])[route[-1]]
        stream = io.StringIO()
        self._yaml.dump(root, stream)
        return stream.getvalue()


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _plain(value) for key, value in node.items() if isinstance(key, str)}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, TaggedScalar):
        return node.value if node.tag.value == "tag:yaml.org,2002:str" else NOT_PLAIN
    if not isinstance(node, str):
        return NOT_PLAIN
    is_quoted = isinstance(node, ScalarString) and not isinstance(node, PlainScalarString)
    return str(node) if is_quoted else _scalar(str(node))


def _scalar(text: str) -> Any:
    """Return the value of a plain scalar: the core schema of YAML 1.2 (section 10.3), and `_` between digits."""
    if text in _NULL:
        return None
    if text.lower() in (*_TRUE, *_FALSE):
        return text.lower() in _TRUE
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text.replace("_", ""))
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def _places(node: Any, route: Route = ()) -> Iterator[tuple[Route, Any, Any, Any]]:
    """Yield every value in the order of the file, as the route to its table or list, that one, its key, and itself."""
    entries = node.non_merged_items() if isinstance(node, CommentedMap) else enumerate(node)
    for key, value in entries:
        yield route, node, key, value
        if isinstance(value, CommentedMap | CommentedSeq):
            yield from _places(value, (*route, key))


def _node(value: Any, old: Any = None, anchor: str | None = None) -> Any:
    """Return a value as a node on which readers of YAML 1.1 (PyYAML) and 1.2 agree, in the quotes of the old one."""
    if isinstance(value, dict | list):
        table: Any = (
            CommentedMap((_string(str(key)), _node(part)) for key, part in value.items())
            if isinstance(value, dict)
            else CommentedSeq(map(_node, value))
        )
        table.fa.set_flow_style()
        return table
    if isinstance(value, str):
        return _string(value, old, anchor)
    if value is None or isinstance(value, bool):
        return PlainScalarString("null" if value is None else str(value).lower(), anchor=anchor)
    # PyYAML reads 1e-05 as a string, and 1.0e-05 as a number.
    return PlainScalarString(re.sub(r"^(-?\d+)e", r"\1.0e", repr(value)), anchor=anchor)


def _string(value: str, old: Any = None, anchor: str | None = None) -> Any:
    is_word = _PLAIN_STRING.fullmatch(value) and isinstance(_scalar(value), str) and value.lower() not in ("y", "n")
    style = DoubleQuotedScalarString
    if isinstance(old, SingleQuotedScalarString) and value.isprintable():
        style = SingleQuotedScalarString
    elif is_word and not isinstance(old, DoubleQuotedScalarString):
        style = PlainScalarString
    return style(value, anchor=anchor)
