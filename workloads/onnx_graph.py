"""An ONNX file as a checked graph: nodes in order, what is constant and what lies on the path from
input to output.
"""

from __future__ import annotations

import copy
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from archsim.readers.table import LARGEST
from hwlib.errors import InputError
from workloads.onnx_model import printable, read_model


@dataclass(slots=True)
class Graph:
    """A graph in topological order. `shapes` are whole ONNX shapes with the batch axis, by tensor
    name.

    `path` are the nodes between inputs and outputs, `constants` the tensors that do not depend on
    an input's values,
    `uses` how often a tensor is read. `inputs` are the inputs on the path with the position of
    their batch axis (None without one) and `batch` is its size; inference fills these two and
    `shapes`, and `fault` with onnx's complaint.
    `stored` are large tensors with their values, `digest` is that of the file. `batch_text` says
    where the batch is, `notes` what had to be assumed about it.
    """

    where: str
    model: object
    opset: int
    nodes: list
    path: list
    inputs: dict[str, int | None]
    outputs: list[str]
    constants: set[str]
    uses: Counter
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    batch: int = 1
    fault: str = ""
    numbers: dict[int, int] = field(default_factory=dict)
    stored: dict[str, object] = field(default_factory=dict)
    digest: str = ""
    notes: list[str] = field(default_factory=list)
    batch_text: str = ""

    def shape(self, tensor: str, node: object) -> tuple[int, ...]:
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
                where=self.place(node),
                hint=hint,
            )
        if any(size < 1 for size in shape) or math.prod(shape) > LARGEST:
            what = f"tensor '{printable(tensor)}' has an impossible shape"
            raise InputError(what, where=self.place(node), got=shape, allowed="1 to 2^40 elements")
        return shape

    def place(self, node: object) -> str:
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
    model, opset, stored, digest = read_model(path)
    nodes = _in_order(model.graph, where)
    constants, on_path, outputs = _find_path(model.graph, nodes, where)
    read = {name for node in on_path for name in node.input}
    inputs = {
        item.name: None
        for item in model.graph.input
        if item.name in read and item.name not in constants
    }
    uses = Counter(name for node in nodes for name in node.input)
    uses.update(outputs)
    graph = Graph(
        where,
        model,
        opset,
        nodes,
        on_path,
        inputs,
        outputs,
        constants,
        uses,
        stored=stored,
        digest=digest,
    )
    strange = [
        node
        for node in on_path
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

    schemas: dict[str, object] = {}
    for node in graph.path:
        kind = node.op_type
        try:
            schema = schemas.setdefault(
                kind, schemas.get(kind) or onnx.defs.get_schema(kind, graph.opset, "")
            )
        except onnx.defs.SchemaError:
            raise InputError(
                f"there is no operator {kind} in opset {graph.opset}", where=graph.place(node)
            ) from None
        given = sum(1 for _ in node.input)
        required = [
            index
            for index, item in enumerate(schema.inputs)
            if item.option == onnx.defs.OpSchema.FormalParameterOption.Single
        ]
        lacking = any(index >= given or not node.input[index] for index in required)
        if (
            not schema.min_input <= given <= schema.max_input
            or not node.output
            or not node.output[0]
            or lacking
        ):
            allowed = (
                f"{schema.min_input} inputs or more"
                if schema.max_input > 9
                else f"{schema.min_input} to {schema.max_input} inputs"
            )
            raise InputError(
                "inputs or outputs are missing or too many",
                where=graph.place(node),
                got=f"{given} inputs",
                allowed=allowed,
            )
        for item in node.attribute:
            # Attributes that the operator does not have are leftovers of exporters and change
            # nothing.
            known = schema.attributes.get(printable(item.name))
            if known is not None and int(known.type) != item.type:
                raise InputError(
                    f"attribute '{printable(item.name)}' has the wrong type",
                    where=graph.place(node),
                )


def _in_order(graph, where: str) -> list:
    """Nodes in topological order, also within the file's graph. Raises InputError for cycles and
    for tensors made twice or never.
    """
    nodes = list(graph.node)
    given = {item.name for item in graph.initializer} | {item.name for item in graph.input}
    given |= {item.values.name for item in graph.sparse_initializer} | {""}
    producer = _producers(nodes, given, where)
    waiting: list[int] = []
    followers: dict[int, list[int]] = {}
    for index, node in enumerate(nodes):
        sources = {producer[name] for name in node.input if name not in given}
        waiting.append(len(sources))
        for source in sources:
            followers.setdefault(source, []).append(index)
    order = [index for index, count in enumerate(waiting) if not count]
    for index in order:
        for follower in followers.get(index, ()):
            waiting[follower] -= 1
            if not waiting[follower]:
                order.append(follower)
    if len(order) < len(nodes):
        stuck = [
            f"{index} ({printable(nodes[index].op_type)})"
            for index, count in enumerate(waiting)
            if count
        ]
        raise InputError("the graph has a cycle", where=where, got="nodes " + ", ".join(stuck[:8]))
    if all(source < min(items) for source, items in followers.items()):
        return nodes
    copies = [copy.deepcopy(nodes[index]) for index in order]
    del graph.node[:]
    graph.node.extend(copies)
    return list(graph.node)


def _producers(nodes: list, given: set[str], where: str) -> dict[str, int]:
    """The number of the node that makes each tensor. Raises InputError for tensors made twice or
    never.
    """
    producer: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for name in filter(None, node.output):
            if name in producer or name in given:
                place = f"{where}: node {index} ({printable(node.op_type)})"
                raise InputError(
                    f"its output '{printable(name)}' exists already",
                    where=place,
                    hint="every tensor is made once",
                )
            producer[name] = index
    for index, node in enumerate(nodes):
        for name in node.input:
            if name not in producer and name not in given:
                place = f"{where}: node {index} ({printable(node.op_type)})"
                raise InputError(f"its input '{printable(name)}' is never made", where=place)
    return producer


def _find_path(graph, nodes: list, where: str) -> tuple[set[str], list, list[str]]:
    """Constants, the nodes between inputs and outputs, and the outputs."""
    constants = {item.name for item in graph.initializer} | {
        item.values.name for item in graph.sparse_initializer
    }
    variable = {item.name for item in graph.input} - constants
    for node in nodes:
        # The shape of a tensor is known without its values, so shape arithmetic is constant.
        fixed = node.op_type in ("Shape", "Size") or not any(
            name in variable for name in node.input
        )
        (constants if fixed else variable).update(filter(None, node.output))
    outputs = [item.name for item in graph.output if item.name in variable]
    if not outputs:
        raise InputError("no output depends on an input", where=where)
    needed, path = set(outputs), []
    for node in reversed(nodes):
        if any(name in needed for name in node.output):
            path.append(node)
            needed.update(name for name in node.input if name in variable)
    if not path:
        raise InputError("there is no node between input and output", where=where)
    return constants, path[::-1], outputs


_HINTS = {
    "GRU": "only LSTM is modelled among recurrent layers",
    "RNN": "only LSTM is modelled among recurrent layers",
    "Loop": "export without control flow, at a fixed sequence length",
    "Scan": "export without control flow, at a fixed sequence length",
    "If": "export without control flow",
    "ConvTranspose": "replace it by a resize outside the network and a convolution",
    "QLinearConv": "export the float network, or the form with QuantizeLinear and DequantizeLinear",
    "QLinearMatMul": "export the float network, or the form with QuantizeLinear and DequantizeLinear",
    "LayerNormalization": "only batch normalisation and local response normalisation are modelled",
}
_OTHERWISE = "replace it by supported operators or cut the network before it"


def _unsupported(graph: Graph, nodes: list) -> InputError:
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
        where=graph.place(nodes[0]),
        hint=f"{'; '.join(hints)} (docs/networks.md lists the operators)",
    )
