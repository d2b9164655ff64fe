"""Values of constant tensors of an ONNX file: stored ones, and those that a few plain operators
make from them.

The file's weights and the parameters of its operators come through here. Nothing else of the file
runs, and no result may be larger than any tensor of a network is.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hwlib.errors import InputError
from workloads.onnx.arithmetic import BFLOAT16, Array
from workloads.onnx.evaluated import can_evaluate, evaluated
from workloads.onnx.external import read_values
from workloads.onnx.graph import Graph
from workloads.onnx.makers import MAKERS, WHOLE, split_part
from workloads.onnx.node import printable

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto


LARGEST = 2**27
"""Elements of a computed constant: one gigabyte of float64."""
_LARGEST_UNKNOWN = 2**12
"""Elements of each input where the size of a result is not known before it is computed."""
LARGEST_FOLDED = 1024
"""Elements of whole numbers that are folded before shapes are known."""


class Constants:
    """Reads constants of a graph; each is computed once."""

    def __init__(self, graph: Graph, largest: int = LARGEST):
        self.graph: Graph = graph
        self.largest = largest
        # A large tensor stands in both, without its values in the model.
        self._stored = {item.name: item for item in graph.model.graph.initializer} | graph.stored
        self._makers = {name: node for node in graph.nodes for name in node.output if name}
        self._known: dict[str, Array] = {}

    def of(self, tensor: str) -> Array:
        """The value of a tensor. Raises InputError where it is not stored in the file in a form
        that can be read.
        """
        try:
            return self._of(tensor)
        # Constants that rest on constants, thousands deep, come from broken or hostile files only.
        except RecursionError:
            what = f"the values of '{printable(tensor)}' are computed in too many steps"
            raise InputError(
                what, where=self.graph.where, hint="export with constant folding"
            ) from None

    def _of(self, tensor: str) -> Array:
        if tensor not in self._known:
            self._known[tensor] = (
                self._read(tensor) if tensor in self._stored else self._made(tensor)
            )
        return self._known[tensor]

    def _made(self, tensor: str) -> Array:
        node = self._makers.get(tensor)
        kind = node.op_type if node is not None else ""
        maker = MAKERS.get(kind)
        # Operators of other domains may bear the same name and do anything.
        known = node is not None and node.domain in ("", "ai.onnx") and tensor == node.output[0]
        # The one operator of several outputs whose every part is a constant's.
        if node is not None and kind == "Split":
            maker = split_part(list(node.output).index(tensor))
            known = True
        own = node is not None and node.domain in ("", "ai.onnx")
        if node is not None and own and not (maker and known) and can_evaluate(self, node):
            # Before it is computed: a few bytes of a file may ask for an array larger than the
            # memory.
            self._check_size(node, tensor)
            return evaluated(self, node, tensor)
        if node is None or maker is None or not known:
            what = f"the values of '{printable(tensor)}' are not stored"
            raise InputError(
                what, where=self.graph.where, got=kind, hint="export with constant folding"
            )
        self._check_size(node, tensor)
        try:
            # a constant may be infinite or none: masks are
            with np.errstate(all="ignore"):
                value = np.asarray(maker(self, node))
        except (
            ValueError,
            TypeError,
            IndexError,
            KeyError,
            ZeroDivisionError,
            OverflowError,
        ) as fault:
            # InputError is a ValueError, so a fault of an input below would be told twice.
            if isinstance(fault, InputError):
                raise
            raise InputError(
                f"'{printable(tensor)}' cannot be computed ({fault})",
                where=self.graph.position(node),
            ) from None
        if value.size > self.largest:
            raise self._too_large(node, tensor, value.shape)
        return value

    def _check_size(self, node: NodeProto, tensor: str) -> None:
        """Raise InputError where a result may be too large, before it is computed."""
        shape = self.graph.shapes.get(tensor)
        if shape is not None:
            if math.prod(shape) > self.largest:
                raise self._too_large(node, tensor, shape)
        elif node.op_type not in ("Constant", "ConstantOfShape", "Shape", "Size"):
            for name in filter(None, node.input):
                if self.of(name).size > _LARGEST_UNKNOWN:
                    raise self._too_large(node, name, self.of(name).shape)

    def _too_large(self, node: NodeProto, tensor: str, shape: tuple[int, ...]) -> InputError:
        what = f"'{printable(tensor)}' is too large"
        return InputError(
            what, where=self.graph.position(node), got=shape, allowed=f"{self.largest} elements"
        )

    def _read(self, tensor: str) -> Array:
        return self.read(self._stored[tensor], tensor)

    def read(self, stored: TensorProto, tensor: str) -> Array:
        """The values of a TensorProto that is called `tensor`. Raises InputError."""
        from onnx import numpy_helper

        if stored.external_data:
            stored = read_values(stored, Path(self.graph.where))
        try:
            value = np.asarray(numpy_helper.to_array(stored))
        except (ValueError, TypeError, KeyError) as fault:
            raise InputError(
                f"the values of '{printable(tensor)}' cannot be read ({fault})",
                where=self.graph.where,
            ) from None
        # NumPy can't compute with ml_dtypes' bfloat16 throughout; float32 holds each of its
        # numbers.
        return value.astype(np.float32) if stored.data_type == BFLOAT16 else value

    def stored_attribute(self, node: NodeProto, name: str) -> Array | None:
        """The value of a tensor attribute, None where the node has none."""
        for item in node.attribute:
            if item.name == name and item.HasField("t"):
                return self.read(item.t, f"{node.output[0]}.{name}")
        return None

    def input(self, node: NodeProto, index: int) -> Array | None:
        """The value of an optional input; None where it is left out."""
        given = len(node.input) > index and node.input[index]
        return self.of(node.input[index]) if given else None


def fold_whole_numbers(graph: Graph) -> bool:
    """Compute small whole numbers that follow from stored ones and from shapes that are known,
    which are sizes and axes: onnx's inference follows only some operators.

    The nodes become constants. What cannot be computed here stays as it is. Returns whether there
    were any.
    """
    folded = False
    constants = Constants(graph, LARGEST_FOLDED)
    # `stored` are the large tensors; none of them is a shape.
    known = {item.name for item in graph.model.graph.initializer} - set(graph.stored)
    for node in graph.nodes:
        if node.op_type == "Constant" and not node.input:
            known.update(node.output)
        # Operators of several outputs cannot become one constant.
        own = len(node.output) == 1 and node.domain in ("", "ai.onnx")
        if node.op_type in ("Shape", "Size"):
            ready = node.input[0] in graph.shapes
        else:
            ready = node.op_type in WHOLE and all(name in known or not name for name in node.input)
        if not own or not ready:
            continue
        try:
            value = constants.of(node.output[0])
        # What can't be computed is left to the place that needs it, if any does.
        except InputError:
            continue
        known.add(node.output[0])  # a size may come by way of a broken number, rounded up
        # Masks are followed as well, since sizes may be chosen by them. Another name of a stored
        # tensor stays one where it may be a weight: two layers that have both names share it.
        if value.dtype.kind in "iub" and (node.op_type != "Identity" or value.dtype == np.int64):
            _become_constant(node, value)
            folded = True
    return folded


def _become_constant(node: NodeProto, value: Array) -> None:
    from onnx import helper, numpy_helper

    node.op_type = "Constant"
    # In place: the graph's lists and numbers of nodes stay as they are.
    del node.input[:], node.attribute[:]
    node.attribute.append(helper.make_attribute("value", numpy_helper.from_array(value)))
