"""An ONNX file as a checked graph: nodes in order, what is constant and what lies on the path from
input to output.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.readers.table import LARGEST
from hwlib.errors import InputError
from workloads.onnx.model import read_model
from workloads.onnx.node import printable, tensors_read
from workloads.onnx.order import find_path, nodes_in_order
from workloads.readings import FileReading

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto


@dataclass(slots=True)
class Graph:
    """A graph in topological order.

    Args:
        where: file, for errors.
        model: the parsed model without its large tensors.
        opset: version of ONNX's operators that its nodes are of.
        nodes: all nodes in order.
        path: the nodes between inputs and outputs.
        inputs: the inputs on the path with the position of their batch axis (None without one);
            filled by inference.
        outputs: the outputs that depend on an input.
        constants: the tensors that do not depend on an input's values.
        uses: how often a tensor is read.
        shapes: whole ONNX shapes with the batch axis, by tensor name; filled by inference.
        types: ONNX's number of the type of tensors, as far as it is known; filled by inference.
        batch: images that the file has in its batch; filled by inference.
        fault: onnx's complaint where its inference did not end well.
        numbers: number of a node in the file's order of execution, by its identity.
        stored: large tensors with their values.
        digest: SHA-256 of the file.
        notes: what had to be assumed about the batch.
        readings: the same with the value that was taken and the option that overrules it.
        batch_text: where the batch is, in words.
    """

    where: str
    model: ModelProto
    opset: int
    nodes: list[NodeProto] = field(default_factory=list)
    path: list[NodeProto] = field(default_factory=list)
    inputs: dict[str, int | None] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    constants: set[str] = field(default_factory=set)
    uses: Counter[str] = field(default_factory=Counter)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    batch: int = 1
    fault: str = ""
    numbers: dict[int, int] = field(default_factory=dict)
    stored: dict[str, TensorProto] = field(default_factory=dict)
    digest: str = ""
    notes: list[str] = field(default_factory=list)
    readings: list[FileReading] = field(default_factory=list)
    batch_text: str = ""

    def follow(self) -> None:
        """Find order, path, inputs, outputs and constants of the model's nodes. Raises InputError for
        anything that is no network.
        """
        proto = self.model.graph
        self.nodes = nodes_in_order(proto, self.where)
        between = find_path(proto, self.nodes, self.where)
        self.path, self.outputs = between.nodes, between.outputs
        self.constants = between.constants
        read = {name for node in self.path for name in tensors_read(node)}
        self.inputs = {
            item.name: self.inputs.get(item.name)
            for item in proto.input
            if item.name in read and item.name not in self.constants
        }
        self.uses = Counter(name for node in self.nodes for name in tensors_read(node))
        # An output is a reader too: what it needs must not be folded away.
        self.uses.update(self.outputs)

    def shape(self, tensor: str, node: NodeProto) -> tuple[int, ...]:
        """The whole shape of a tensor. Raises InputError, naming the node that needs it, where
        inference did not find it.
        """
        shape = self.shapes.get(tensor)
        if shape is None:
            hint = (
                f"onnx says: {self.fault}"
                if self.fault
                else "export with constant folding, or simplify the file with onnxsim"
            )
            raise InputError(
                f"the shape of tensor '{printable(tensor)}' is not known",
                where=self.position(node),
                hint=hint,
            )
        # Inference multiplies what the file says: sizes may come out at nothing, or beyond bounds.
        if any(size < 1 for size in shape) or math.prod(shape) > LARGEST:
            what = f"tensor '{printable(tensor)}' has an impossible shape"
            raise InputError(
                what, where=self.position(node), got=shape, allowed="1 to 2^40 elements"
            )
        return shape

    def position(self, node: NodeProto) -> str:
        """`file: node 12 'conv1' (Conv)`, with the node's number in the file's order of execution."""
        if not self.numbers:
            self.numbers = {id(item): number for number, item in enumerate(self.nodes)}
        name = f" '{printable(node.name)}'" if node.name else ""
        return f"{self.where}: node {self.numbers[id(node)]}{name} ({printable(node.op_type)})"


def read_graph(path: Path) -> Graph:
    """The graph of an ONNX file, without shapes yet. Raises InputError for anything that is no
    network.
    """
    where = str(path)
    model = read_model(path)
    graph = Graph(
        where=where, model=model.proto, opset=model.opset, stored=model.stored, digest=model.digest
    )
    graph.follow()
    return graph
