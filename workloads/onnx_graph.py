"""An ONNX file as a checked graph: nodes in order, the shape of every tensor, what is constant and what lies on the path.

Nothing of the file is executed and no external data is opened; large weight values are dropped before shape inference.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hwlib.errors import InputError, unknown
from workloads.fields import LARGEST, whole
from workloads.files import read_bytes

LARGEST_COUNT = 10**6
OLDEST_OPSET = 7
_LARGEST_KEPT = 1024
"""Elements of a constant that may take part in shape arithmetic; larger ones are weights and lose their values."""
_VALUE_FIELDS = (
    "raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data", "string_data", "external_data", "data_location",
)
_RECURRENT = ("LSTM", "GRU", "RNN")


@dataclass(slots=True)
class Graph:
    """A graph in topological order. `shapes` are whole ONNX shapes with the batch axis, by tensor name.

    `inputs` are the inputs on the path with the position of their batch axis (None without one); `batch` is its size;
    `path` the nodes between inputs and outputs; `constants` the tensors that do not depend on an input's values.
    """

    where: str
    model: object
    nodes: list
    path: list
    inputs: dict[str, int | None]
    outputs: list[str]
    shapes: dict[str, tuple[int, ...]]
    constants: set[str]
    batch: int
    uses: Counter = field(default_factory=Counter)
    opset: int = 0
    fault: str = ""

    def shape(self, tensor: str, node: object) -> tuple[int, ...]:
        """The whole shape of a tensor. Raises InputError, naming the node that needs it, where inference did not find it."""
        shape = self.shapes.get(tensor)
        if shape is None:
            hint = f"onnx says: {self.fault}" if self.fault else "export with constant folding, or simplify the file with onnxsim"
            raise InputError(f"the shape of tensor '{tensor}' is not known", where=self.place(node), hint=hint)
        if any(size < 1 for size in shape) or math.prod(shape) > LARGEST:
            raise InputError(f"tensor '{tensor}' has an impossible shape", where=self.place(node), got=shape, allowed="1 to 2^40 elements")
        return shape

    def place(self, node: object) -> str:
        """`file: node 12 'conv1' (Conv)`, with the node's number in the file's order of execution."""
        index = next((number for number, item in enumerate(self.nodes) if item is node), -1)
        name = f" '{printable(node.name)}'" if node.name else ""
        return f"{self.where}: node {index}{name} ({printable(node.op_type)})"


def read_graph(path: Path, shapes: Mapping[str, int] | None = None, keep_weights: bool = False, supported=frozenset()) -> Graph:
    """The graph of an ONNX file. Raises InputError for anything that is no network.

    `shapes` gives values to symbolic dimensions, `supported` are the operators that may lie on the path, `keep_weights`
    keeps the values of large constants.
    """
    where = str(path)
    model = _parse(path)
    opset = _opset(model, where)
    _inline_functions(model, where)
    if not keep_weights:
        _drop_weights(model)
    nodes = _in_order(model.graph, where)
    constants, on_path, inputs, outputs = _find_path(model.graph, nodes, where)
    uses = Counter(name for node in nodes for name in node.input)
    uses.update(outputs)
    graph = Graph(where, model, nodes, on_path, {}, outputs, {}, constants, 1, uses, opset)
    for node in on_path:
        if node.domain not in ("", "ai.onnx") or node.op_type not in supported:
            raise _unsupported(graph, node)
    _set_inputs(graph, inputs, shapes or {})
    _infer(graph)
    return graph


def printable(text: str, limit: int = 120) -> str:
    """A name from the file as one printable line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:limit])


def _parse(path: Path):
    content = read_bytes(path)
    try:
        import onnx
    except ImportError:
        raise InputError("reading ONNX needs the package onnx", where=str(path), hint="pip install archsim[onnx]") from None
    from google.protobuf.message import DecodeError

    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except (DecodeError, RuntimeError, ValueError):
        raise InputError("is not an ONNX file, or is cut short", where=str(path)) from None
    if not model.graph.node:
        raise InputError("has no graph with nodes; it is not an ONNX network or is cut short", where=str(path))
    if len(model.graph.node) > LARGEST_COUNT:
        raise InputError("too many nodes", where=str(path), got=len(model.graph.node), allowed=f"at most {LARGEST_COUNT}")
    return model


def _opset(model, where: str) -> int:
    import onnx

    versions = [item.version for item in model.opset_import if item.domain in ("", "ai.onnx")]
    newest = onnx.defs.onnx_opset_version()
    if not versions or not OLDEST_OPSET <= versions[0] <= newest:
        hint = "pip install --upgrade onnx" if versions and versions[0] > newest else "convert it with onnx.version_converter"
        got = versions[0] if versions else "no opset"
        raise InputError("unsupported ONNX opset", where=where, got=got, allowed=f"{OLDEST_OPSET} to {newest}", hint=hint)
    return versions[0]


def _inline_functions(model, where: str) -> None:
    """Replace calls of the file's own functions by their bodies, as newer exporters write them."""
    if model.functions:
        import onnx.inliner

        try:
            model.CopyFrom(onnx.inliner.inline_local_functions(model))
        except Exception as fault:  # the C++ inliner raises several unrelated types
            raise InputError(f"its functions cannot be expanded ({printable(str(fault))})", where=where) from None


def _drop_weights(model) -> None:
    tensors = list(model.graph.initializer)
    tensors += [item.t for node in model.graph.node if node.op_type == "Constant" for item in node.attribute if item.HasField("t")]
    for tensor in tensors:
        if math.prod(tensor.dims) > _LARGEST_KEPT or tensor.external_data:
            for name in _VALUE_FIELDS:
                tensor.ClearField(name)


def _in_order(graph, where: str) -> list:
    """Nodes in topological order. Raises InputError for tensors made twice or never, and for cycles."""
    producer: dict[str, int] = {}
    nodes = list(graph.node)
    for index, node in enumerate(nodes):
        for name in filter(None, node.output):
            if name in producer:
                raise InputError(f"tensor '{printable(name)}' is made by two nodes", where=where, got=(producer[name], index))
            producer[name] = index
    known = {item.name for item in graph.initializer} | {item.name for item in graph.input}
    known |= {item.values.name for item in graph.sparse_initializer}
    waiting, followers = [], {}
    for index, node in enumerate(nodes):
        sources = {name for name in node.input if name and name not in known}
        for name in sources:
            if name not in producer:
                raise InputError(
                    f"tensor '{printable(name)}' is used but never made", where=f"{where}: node {index} ({printable(node.op_type)})"
                )
            followers.setdefault(producer[name], []).append(index)
        waiting.append(len({producer[name] for name in sources}))
    followers = {index: sorted(set(items)) for index, items in followers.items()}
    ready = [index for index, count in enumerate(waiting) if not count]
    order = []
    for index in ready:
        order.append(nodes[index])
        for follower in followers.get(index, ()):
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
    if len(order) < len(nodes):
        stuck = [f"{index} ({nodes[index].op_type})" for index, count in enumerate(waiting) if count]
        raise InputError("the graph has a cycle", where=where, got="nodes " + ", ".join(stuck[:8]))
    sorted_already = all(producer.get(name, -1) < index for index, node in enumerate(nodes) for name in node.input)
    return nodes if sorted_already else order


def _find_path(graph, nodes: list, where: str) -> tuple[set[str], list, list, list[str]]:
    """Constants, the nodes between inputs and outputs, the inputs that reach them, and the outputs."""
    initializers = {item.name for item in graph.initializer} | {item.values.name for item in graph.sparse_initializer}
    variable = {item.name for item in graph.input} - initializers
    constants = set(initializers)
    for node in nodes:
        # The shape of a tensor is known without its values, so shape arithmetic is constant.
        if node.op_type in ("Shape", "Size") or not any(name in variable for name in node.input):
            constants.update(node.output)
        else:
            variable.update(node.output)
    outputs = [item.name for item in graph.output if item.name in variable]
    if not outputs:
        raise InputError("no output depends on an input", where=where)
    needed, path = set(outputs), []
    for node in reversed(nodes):
        wanted = any(name in needed for name in node.output if name) and any(name in variable for name in node.input)
        if wanted and node.op_type not in ("Shape", "Size"):
            path.append(node)
            needed.update(name for name in node.input if name in variable)
    inputs = [item for item in graph.input if item.name in needed and item.name not in initializers]
    if not path:
        raise InputError("there is no node between input and output", where=where)
    return constants, path[::-1], inputs, outputs


def _set_inputs(graph: Graph, inputs: list, given: Mapping[str, int]) -> None:
    """Fix symbolic dimensions: the batch to 1 (or as given), the others as given. Raises InputError for one without value."""
    given = {name: whole(value, f"shapes['{name}']") for name, value in given.items()}
    seen: set[str] = set()
    batch = None
    for item in inputs:
        if not item.type.HasField("tensor_type") or not item.type.tensor_type.HasField("shape"):
            hint = "export the network with a fixed input shape"
            raise InputError(f"input '{printable(item.name)}' has no shape", where=graph.where, hint=hint)
        dims = item.type.tensor_type.shape.dim
        axis = _batch_axis(graph, item.name, len(dims))
        for position, dim in enumerate(dims):
            seen.add(dim.dim_param)
            if dim.dim_param in given:
                dim.dim_value = given[dim.dim_param]
            elif position == axis and dim.dim_value < 1:
                dim.dim_value = 1
            elif dim.dim_value < 1:
                name = dim.dim_param or f"dimension {position}"
                raise InputError(
                    f"input '{printable(item.name)}' has no size for '{printable(name)}'", where=graph.where, got=_dims_text(dims),
                    hint=f'load it with shapes={{"{name}": ...}}' if dim.dim_param else "export it with a fixed input shape",
                )
        size = dims[axis].dim_value if axis is not None else None
        batch = size if batch is None else batch
        graph.inputs[item.name] = axis if size == batch else None
    for name in given:
        if name not in seen:
            raise unknown("symbolic dimension", name, filter(None, seen), graph.where)
    graph.batch = batch or 1


def _batch_axis(graph: Graph, name: str, rank: int) -> int | None:
    """Axis 0, save for inputs of recurrent layers, which come as (steps, batch, features) and (directions, batch, hidden)."""
    for node in graph.path:
        if node.op_type in _RECURRENT and name in node.input:
            layout = next((item.i for item in node.attribute if item.name == "layout"), 0)
            return 0 if layout and rank == 3 else 1 if rank == 3 else 0
    return 0 if rank > 1 else None


def _infer(graph: Graph) -> None:
    """Fill `graph.shapes` by onnx's own inference; without full success the shapes found are kept with onnx's complaint."""
    import onnx

    model = graph.model
    if list(model.graph.node) != graph.nodes:
        del model.graph.node[:]
        model.graph.node.extend(graph.nodes)
    stated = _forget_sizes(model.graph, graph)
    inferred = model
    for strict in (True, False):
        try:
            inferred = onnx.shape_inference.infer_shapes(model, check_type=False, strict_mode=strict, data_prop=True)
            break
        except Exception as fault:  # InferenceError and plain RuntimeErrors of the C++ library
            graph.fault = graph.fault or re.sub(r"\s+", " ", printable(str(fault).replace("\n", " "), 300))
    for item in [*inferred.graph.value_info, *inferred.graph.output, *inferred.graph.input]:
        _note_shape(graph.shapes, item)
    for item in model.graph.initializer:
        graph.shapes[item.name] = tuple(item.dims)
    graph.shapes = stated | graph.shapes


def _note_shape(shapes: dict[str, tuple[int, ...]], item) -> None:
    kind = item.type.tensor_type
    if kind.HasField("shape") and all(dim.HasField("dim_value") for dim in kind.shape.dim):
        shapes[item.name] = tuple(dim.dim_value for dim in kind.shape.dim)


def _forget_sizes(proto, graph: Graph) -> dict[str, tuple[int, ...]]:
    """Drop the file's own intermediate shapes, which may carry the symbolic batch and would then hide the inferred ones.

    Returns those that are wholly numbers, to fall back on.
    """
    stated: dict[str, tuple[int, ...]] = {}
    for item in proto.value_info:
        _note_shape(stated, item)
    del proto.value_info[:]
    for item in proto.output:
        if item.name in graph.outputs and item.type.HasField("tensor_type"):
            item.type.tensor_type.ClearField("shape")
    return stated


def _dims_text(dims) -> str:
    return " x ".join(printable(dim.dim_param) or (str(dim.dim_value) if dim.HasField("dim_value") else "?") for dim in dims)


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


def _unsupported(graph: Graph, node) -> InputError:
    domain = f"{printable(node.domain)}." if node.domain not in ("", "ai.onnx") else ""
    hint = _HINTS.get(node.op_type, "replace it by supported operators or cut the network before it")
    what = f"operator {domain}{printable(node.op_type)} is not supported"
    return InputError(what, where=graph.place(node), hint=f"{hint} (docs/networks.md lists the operators)")
