"""Shapes of an ONNX graph by onnx's own shape inference, after every symbolic dimension got a number."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping

from hwlib.errors import InputError, unknown
from workloads.fields import whole
from workloads.onnx_graph import Graph
from workloads.onnx_model import printable

_RECURRENT = ("LSTM", "GRU", "RNN")


def infer_shapes(graph: Graph, given: Mapping[str, int]) -> None:
    """Fill `graph.inputs`, `graph.batch` and `graph.shapes`. `given` are values of symbolic dimensions. Raises InputError."""
    _set_inputs(graph, given)
    _infer(graph)


def _set_inputs(graph: Graph, given: Mapping[str, int]) -> None:
    """Fix symbolic dimensions: the batch to 1 (or as given), the others as given. Raises InputError for one without value."""
    given = {name: whole(value, f"shapes['{name}']") for name, value in given.items()}
    on_path = [item for item in graph.model.graph.input if item.name in graph.inputs]
    symbols = {dim.dim_param for item in on_path for dim in item.type.tensor_type.shape.dim} - {""}
    for name in given:
        if name not in symbols:
            raise unknown("symbolic dimension", name, symbols, graph.where)
    batch, batch_names = None, set()
    for item in on_path:
        if not item.type.HasField("tensor_type") or not item.type.tensor_type.HasField("shape"):
            hint = "export the network with a fixed input shape"
            raise InputError(f"input '{printable(item.name)}' has no shape", where=graph.where, hint=hint)
        dims = item.type.tensor_type.shape.dim
        axis = _batch_axis(graph, item.name, len(dims))
        for position, dim in enumerate(dims):
            if dim.dim_param in given:
                dim.dim_value = given[dim.dim_param]
            elif dim.dim_value < 1 and (position == axis or dim.dim_param in batch_names):
                batch_names.update(filter(None, [dim.dim_param]))
                dim.dim_value = 1
            elif dim.dim_value < 1:
                name = printable(dim.dim_param or f"dimension {position}")
                hint = f'give it with --shape {name}=N, or shapes={{"{name}": N}} in Python' if dim.dim_param else \
                    "export it with a fixed input shape"
                raise InputError(f"input '{printable(item.name)}' has no size for '{name}'", where=graph.where,
                                 got=_dims_text(dims), hint=hint)
        size = dims[axis].dim_value if axis is not None else None
        batch = size if batch is None else batch
        graph.inputs[item.name] = axis if size == batch else None
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
    model = graph.model
    stated = _forget_sizes(model.graph, graph)
    # Releases of onnx abort the whole process where a Slice meets a negative size, so such graphs are inferred in another one.
    risky = any(node.op_type == "Slice" and node.input[0] not in graph.constants for node in graph.nodes)
    inferred = _infer_apart(graph) if risky else _infer_here(graph)
    for item in [*inferred.graph.value_info, *inferred.graph.output, *inferred.graph.input]:
        _note_shape(graph.shapes, item)
    for item in model.graph.initializer:
        graph.shapes[item.name] = tuple(item.dims)
    graph.shapes = stated | graph.shapes


def _infer_here(graph: Graph):
    import onnx

    for strict in (True, False):
        try:
            return onnx.shape_inference.infer_shapes(graph.model, check_type=False, strict_mode=strict, data_prop=True)
        except Exception as fault:  # InferenceError and plain RuntimeErrors of the C++ library
            graph.fault = graph.fault or re.sub(r"\s+", " ", printable(str(fault).replace("\n", " "), 300))
    return graph.model


_APART = """
import sys, onnx
model = onnx.ModelProto.FromString(sys.stdin.buffer.read())
for strict in (True, False):
    try:
        model = onnx.shape_inference.infer_shapes(model, check_type=False, strict_mode=strict, data_prop=True)
        break
    except Exception as fault:
        print(fault, file=sys.stderr)
sys.stdout.buffer.write(model.SerializeToString())
"""


def _infer_apart(graph: Graph):
    """As `_infer_here`, in a Python process of its own."""
    run = subprocess.run([sys.executable, "-c", _APART], input=graph.model.SerializeToString(), capture_output=True, check=False)
    graph.fault = re.sub(r"\s+", " ", printable(run.stderr.replace(b"\n", b" "), 300))
    if run.returncode:
        raise InputError("onnx's shape inference broke down", where=graph.where, hint=f"a shape in it may be negative ({graph.fault})")
    return type(graph.model).FromString(run.stdout)


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
