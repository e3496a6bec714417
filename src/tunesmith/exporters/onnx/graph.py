"""An ONNX graph under construction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import InputError
from ...text import wording

OPERATORS, TEXT_OPERATORS, TREE_OPERATORS = 18, 20, 5
"""The versions of the operator sets: `TreeEnsemble` with double thresholds needs version 5 of ai.onnx.ml, and operators
on strings need version 20 of the main set."""
_IR_VERSION = 10  # That of onnx 1.17, which introduced version 5.
_DOMAINS = {"ml": "ai.onnx.ml", "ort": "com.microsoft"}
_MOST_BYTES = 2_000_000_000  # A protocol buffer ends at 2 GiB.


class Graph:
    """A graph to which nodes are added; equal nodes are added once, so that folds and members share what they can.

    All numbers are double, of shape `(rows, 1)` or `(rows, columns)`, with NaN where a value is missing.

    Args:
        reserved: Names that no inner value may have, such as those of inputs and outputs.
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._reserved = set(reserved)
        self._nodes: list[Any] = []
        self._initializers: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._known: dict[Any, str] = {}

    def input(self, name: str, element: str, shape: Sequence[int | str] = ("rows", 1)) -> str:
        """Add an input; `element` is `DOUBLE` or `STRING`, and a word in the shape stands for any number."""
        self._inputs.append(_value(name, element, list(shape)))
        return name

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs so far."""
        return tuple(one.name for one in self._inputs)

    def output(self, name: str, value: str, element: str, *columns: int | None, rows: str = "rows") -> None:
        """Make a value an output of shape `(rows, *columns)`, or `(rows,)` where `columns` is None."""
        from onnx import helper

        shape = [rows, *(column for column in columns if column is not None)]
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(_value(name, element, shape))

    def embed(self, content: bytes, inputs: Mapping[str, str]) -> str:
        """Add the nodes of another model, and return the name of its output.

        Args:
            content: The serialised model, with one output, of operators of the main set.
            inputs: A value for each of its inputs, by the name of the input.
        """
        from onnx import compose, helper, load_model_from_string

        prefix = self._new_name("part") + "_"
        self._known[("part", prefix)] = prefix
        part = compose.add_prefix_graph(load_model_from_string(content).graph, prefix)
        for name, value in inputs.items():
            self._nodes.append(helper.make_node("Identity", [value], [prefix + name]))
        self._nodes += part.node
        self._initializers += part.initializer
        return str(part.output[0].name)

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output, and return the name of the output.

        Args:
            operator: Its type; those of ai.onnx.ml begin with `ml.`, those of onnxruntime alone with `ort.`.
            inputs: The names of its inputs.
            attributes: Its attributes; arrays become tensors.
        """
        from onnx import helper, numpy_helper

        key = (operator, inputs, tuple((name, _key(value)) for name, value in sorted(attributes.items())))
        if key not in self._known:
            name = self._new_name(operator)
            prefix, _, kind = operator.rpartition(".")
            domain = {"domain": _DOMAINS[prefix]} if prefix else {}
            plain = {
                attribute: numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
                for attribute, value in attributes.items()
            }
            self._nodes.append(helper.make_node(kind, list(inputs), [name], **domain, **plain))
            self._known[key] = name
        return self._known[key]

    def constant(self, values: Any, dtype: Any = np.float64) -> str:
        """Add an array, and return its name."""
        from onnx import numpy_helper

        array = np.ascontiguousarray(np.asarray(values, dtype=dtype)).reshape(np.shape(values))
        key = ("constant", _key(array))
        if key not in self._known:
            name = self._new_name("constant")
            self._initializers.append(numpy_helper.from_array(array, name))
            self._known[key] = name
        return self._known[key]

    def cast(self, value: str, element: str) -> str:
        """Return a value in another type, such as `DOUBLE`."""
        from onnx import TensorProto

        return self.add("Cast", value, to=TensorProto.DataType.Value(element))

    def columns(self, values: Iterable[str]) -> str:
        """Return values of shape `(rows, ...)` side by side."""
        listed = list(values)
        return listed[0] if len(listed) == 1 else self.add("Concat", *listed, axis=1)

    def mean(self, values: Iterable[str]) -> str:
        """Return the mean of values of equal shape."""
        listed = list(values)
        return listed[0] if len(listed) == 1 else self.add("Div", self.sum(listed), self.constant(float(len(listed))))

    def sum(self, values: Iterable[str]) -> str:
        """Return the sum of values of equal shape."""
        listed = list(values)
        return listed[0] if len(listed) == 1 else self.add("Sum", *listed)

    def shares(self, value: str) -> str:
        """Return each row divided by its sum."""
        return self.add("Div", value, self.add("ReduceSum", value, self.constant([1], np.int64), keepdims=1))

    def single(self, value: str) -> str:
        """Return numbers rounded to single precision, as doubles: what models that take float32 see."""
        return self.cast(self.cast(value, "FLOAT"), "DOUBLE")

    def serialized(self, name: str, metadata: Mapping[str, str], description: str) -> bytes:
        """Return the finished model; nodes that no output needs are dropped.

        Raises:
            InputError: It is too large for a protocol buffer.
        """
        from onnx import helper

        from ... import __version__

        nodes, initializers = self._needed()
        size = sum(part.ByteSize() for part in (*nodes, *initializers))
        if size > _MOST_BYTES:
            raise InputError(
                f"an ONNX file must be smaller than {wording.size(_MOST_BYTES)}, but this one would have "
                f"{wording.size(size)}. Fit smaller models, for example with --exclude extra_trees."
            )
        graph = helper.make_graph(nodes, name, self._inputs, self._outputs, initializers)
        operators = [helper.make_opsetid(_DOMAINS["ml"], TREE_OPERATORS)]
        if any(node.domain == _DOMAINS["ort"] for node in nodes):
            operators += [helper.make_opsetid("", TEXT_OPERATORS), helper.make_opsetid(_DOMAINS["ort"], 1)]
        else:
            operators.append(helper.make_opsetid("", OPERATORS))
        versions = {"producer_name": "tunesmith", "producer_version": __version__}
        model = helper.make_model(graph, opset_imports=operators, doc_string=description, **versions)
        model.ir_version = _IR_VERSION
        helper.set_model_props(model, dict(metadata))
        content: bytes = model.SerializeToString()
        return content

    def _needed(self) -> tuple[list[Any], list[Any]]:
        """Return the nodes and constants that an output depends on."""
        needed = {value.name for value in self._outputs}
        nodes = []
        for node in reversed(self._nodes):
            if needed.intersection(node.output):
                nodes.append(node)
                needed.update(node.input)
        return nodes[::-1], [array for array in self._initializers if array.name in needed]

    def _new_name(self, operator: str) -> str:
        name = f"{operator.rpartition('.')[2]}_{len(self._known)}"
        while name in self._reserved:
            name = f"_{name}"
        return name


def _value(name: str, element: str, shape: list[Any]) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.DataType.Value(element), shape)


def _key(value: Any) -> Any:
    """Return what two equal attributes have in common, and different ones do not; small, however long a list is."""
    if isinstance(value, list):
        value = np.asarray(value, dtype=object if any(isinstance(item, str) for item in value[:1]) else None)
    if not isinstance(value, np.ndarray):
        return value
    content = "\0".join(value.ravel()).encode() if value.dtype.kind == "O" else value.tobytes()
    return value.dtype.str, value.shape, hashlib.sha256(content).digest()
