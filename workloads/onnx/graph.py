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
from workloads.onnx.node import printable
from workloads.onnx.order import find_path, nodes_in_order

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto
    from onnx.defs import OpSchema


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
        batch_text: where the batch is, in words.
    """

    where: str
    model: ModelProto
    opset: int
    nodes: list[NodeProto]
    path: list[NodeProto]
    inputs: dict[str, int | None]
    outputs: list[str]
    constants: set[str]
    uses: Counter[str]
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    batch: int = 1
    fault: str = ""
    numbers: dict[int, int] = field(default_factory=dict)
    stored: dict[str, TensorProto] = field(default_factory=dict)
    digest: str = ""
    notes: list[str] = field(default_factory=list)
    batch_text: str = ""

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


def read_graph(path: Path, supported: frozenset[str]) -> Graph:
    """The graph of an ONNX file, without shapes yet. `supported` are the operators that may lie on
    the path.

    Raises InputError for anything that is no network.
    """
    where = str(path)
    model = read_model(path)
    nodes = nodes_in_order(model.proto.graph, where)
    between = find_path(model.proto.graph, nodes, where)
    read = {name for node in between.nodes for name in node.input}
    inputs: dict[str, int | None] = {
        item.name: None
        for item in model.proto.graph.input
        if item.name in read and item.name not in between.constants
    }
    uses = Counter(name for node in nodes for name in node.input)
    uses.update(between.outputs)
    graph = Graph(
        where=where,
        model=model.proto,
        opset=model.opset,
        nodes=nodes,
        path=between.nodes,
        inputs=inputs,
        outputs=between.outputs,
        constants=between.constants,
        uses=uses,
        stored=model.stored,
        digest=model.digest,
    )
    strange = [
        node
        for node in graph.path
        if node.domain not in ("", "ai.onnx") or node.op_type not in supported
    ]
    if strange:
        raise _unsupported(graph, strange)
    _check_forms(graph)
    return graph


def _check_forms(graph: Graph) -> None:
    """Raise InputError where a node on the path lacks inputs, or has attributes of a type that its
    operator does not have.
    """
    import onnx

    schemas: dict[str, OpSchema] = {}
    for node in graph.path:
        kind = node.op_type
        try:
            schema = schemas.setdefault(
                kind, schemas.get(kind) or onnx.defs.get_schema(kind, graph.opset, "")
            )
        except onnx.defs.SchemaError:
            raise InputError(
                f"there is no operator {kind} in opset {graph.opset}", where=graph.position(node)
            ) from None
        _check_form(graph, node, schema)


def _check_form(graph: Graph, node: NodeProto, schema: OpSchema) -> None:
    given = len(node.input)
    required = [
        index
        for index, item in enumerate(schema.inputs)
        if item.option == schema.FormalParameterOption.Single
    ]
    lacking = any(index >= given or not node.input[index] for index in required)
    fits = schema.min_input <= given <= schema.max_input
    if not fits or not node.output or not node.output[0] or lacking:
        allowed = (
            f"{schema.min_input} inputs or more"
            if schema.max_input > 9
            else f"{schema.min_input} to {schema.max_input} inputs"
        )
        raise InputError(
            "inputs or outputs are missing or too many",
            where=graph.position(node),
            got=f"{given} inputs",
            allowed=allowed,
        )
    for item in node.attribute:
        # Attributes that the operator does not have are leftovers of exporters and change nothing.
        known = schema.attributes.get(printable(item.name))
        if known is None:
            continue
        kind = int(known.type)  # type: ignore[call-overload]  # an enum of onnx's C++ part
        if kind != item.type:
            raise InputError(
                f"attribute '{printable(item.name)}' has the wrong type", where=graph.position(node)
            )


_HINTS = {
    "Loop": "export without control flow, at a fixed sequence length",
    "Scan": "export without control flow, at a fixed sequence length",
    "If": "export without control flow",
    "QLinearConv": "export the float network, or the form with QuantizeLinear and DequantizeLinear",
    "QLinearMatMul": "export the float network, or the form with QuantizeLinear and DequantizeLinear",
}
_OTHERWISE = "replace it by supported operators or cut the network before it"


def _unsupported(graph: Graph, nodes: list[NodeProto]) -> InputError:
    """One fault that names every operator of the path that the importer does not know, with what to
    do about it.
    """
    kinds: dict[str, int] = {}
    for node in nodes:
        domain = f"{printable(node.domain)}." if node.domain not in ("", "ai.onnx") else ""
        kind = f"{domain}{printable(node.op_type)}"
        kinds[kind] = kinds.get(kind, 0) + 1
    hints = [f"{kind}: {_HINTS[kind]}" for kind in kinds if kind in _HINTS]
    if len(kinds) == 1:
        kind = next(iter(kinds))
        what = f"operator {kind} is not supported"
        hints = [_HINTS.get(kind, _OTHERWISE)]
    else:
        listed = ", ".join(
            f"{kind} ({count} nodes)" if count > 1 else kind for kind, count in kinds.items()
        )
        what = f"operators {listed} are not supported"
        hints = hints + [_OTHERWISE] * (len(hints) < len(kinds))
    return InputError(
        what,
        where=graph.position(nodes[0]),
        hint=f"{'; '.join(hints)} (docs/networks.md lists the operators)",
    )
