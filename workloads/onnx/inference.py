"""Shapes of an ONNX graph by onnx's own shape inference, after every symbolic dimension got a
number.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archsim.readers.table import require_count
from hwlib.errors import InputError, unknown
from workloads.onnx.batch import NO_BATCH, OPTION, BatchAxis, check_batch_axis, demanded_axes
from workloads.onnx.batch import batch_axis as find_batch_axis
from workloads.onnx.branches import choose_branches
from workloads.onnx.constants import Constants, fold_whole_numbers
from workloads.onnx.graph import Graph
from workloads.onnx.node import graphs_of, printable
from workloads.readings import FileReading

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, TensorShapeProto, ValueInfoProto

    Dimensions = Sequence[TensorShapeProto.Dimension]


def infer_shapes(
    graph: Graph, given: Mapping[str, int], batch_axis: int | str | None = None
) -> None:
    """Fill `graph.inputs`, `graph.batch` and `graph.shapes`. `given` are values of symbolic
    dimensions. Raises InputError.
    """
    _set_inputs(graph, given, check_batch_axis(batch_axis, graph.where))
    _infer(graph)


def _set_inputs(graph: Graph, given: Mapping[str, int], batch_axis: int | str | None) -> None:
    """Fix symbolic dimensions: the batch to 1 (or as given), the others as given. Raises InputError
    for one without value.
    """
    given = {name: require_count(value, f"shapes['{name}']") for name, value in given.items()}
    on_path = [item for item in graph.model.graph.input if item.name in graph.inputs]
    symbols = {dim.dim_param for item in on_path for dim in item.type.tensor_type.shape.dim} - {""}
    for name in given:
        if name not in symbols:
            raise unknown("symbolic dimension", name, symbols, graph.where)
    demanded = demanded_axes(graph)
    batch: int | None = None
    batch_names: set[str] = set()
    told = []
    for item in on_path:
        dims = _dims_of(item, graph)
        text = _dims_text(dims)
        choice = find_batch_axis(dims, demanded.get(item.name), batch_axis)
        axis = choice.axis
        for position, dim in enumerate(dims):
            if dim.dim_param in given:
                dim.dim_value = given[dim.dim_param]
            # The batch's own name may stand at other axes and inputs: the same number everywhere.
            elif dim.dim_value < 1 and (position == axis or dim.dim_param in batch_names):
                batch_names.update(filter(None, [dim.dim_param]))
                dim.dim_value = 1
            elif dim.dim_value < 1:
                raise _no_size(graph, item.name, dim.dim_param, position, text)
        size = dims[axis].dim_value if axis is not None else None
        # The first input's batch is that of the network.
        batch = size if batch is None else batch
        graph.inputs[item.name] = axis if size == batch else None
        told.append(_tell(graph, item.name, text, choice, axis is not None and size != batch))
    graph.batch = batch or 1
    graph.batch_text = "; ".join(told)
    if isinstance(batch_axis, int) and all(axis is None for axis in graph.inputs.values()):
        highest = max(len(item.type.tensor_type.shape.dim) for item in on_path) - 1
        raise InputError(
            "no input has such a batch axis",
            where=f"{graph.where}: {OPTION}",
            got=batch_axis,
            allowed=f"0 to {highest} or '{NO_BATCH}'",
        )


def _dims_of(item: ValueInfoProto, graph: Graph) -> Dimensions:
    """The dimensions of an input. Raises InputError where the file gives none."""
    if not item.type.HasField("tensor_type") or not item.type.tensor_type.HasField("shape"):
        raise InputError(
            f"input '{printable(item.name)}' has no shape",
            where=graph.where,
            hint="export the network with a fixed input shape",
        )
    dims: Dimensions = item.type.tensor_type.shape.dim
    return dims


def _no_size(graph: Graph, tensor: str, symbol: str, position: int, dims: str) -> InputError:
    """The error for a dimension that has no number, with how to give it one."""
    name = printable(symbol or f"dimension {position}")
    hint = (
        f'give it with --shape {name}=N, or shapes={{"{name}": N}} in Python'
        if symbol
        else "export it with a fixed input shape"
    )
    return InputError(
        f"input '{printable(tensor)}' has no size for '{name}'",
        where=graph.where,
        got=dims,
        hint=hint,
    )


def _tell(graph: Graph, name: str, dims: str, choice: BatchAxis, differs: bool) -> str:
    """One line about the batch of an input; where it is assumed, a note of the network says so too."""
    which = "no batch axis" if choice.axis is None else f"batch axis {choice.axis}"
    text = f"{which} in input '{printable(name)}' ({dims}), {choice.reason}"
    if differs:
        text = (
            f"no batch axis in input '{printable(name)}' ({dims}): its length is not that of the "
            "other inputs' batch"
        )
    if choice.assumed or differs:
        note = f"assumed: {text}; {OPTION} N names another one, {OPTION} {NO_BATCH} none"
        graph.notes.append(note)
        taken = NO_BATCH if choice.axis is None or differs else choice.axis
        graph.readings.append(FileReading(note, taken, OPTION))
    return text


def _infer(graph: Graph) -> None:
    """Fill `graph.shapes` by onnx's own inference; without full success what it inferred is kept with
    onnx's complaint.
    """
    model = graph.model
    fold_whole_numbers(graph)
    stated = _forget_sizes(model.graph, graph)
    while True:
        inferred = _infer_apart(graph) if _may_abort(graph) else _infer_here(graph)
        for item in [*inferred.graph.value_info, *inferred.graph.output, *inferred.graph.input]:
            _note_shape(graph.shapes, item)
            graph.types[item.name] = item.type.tensor_type.elem_type
        # Each pass may make known what the next one needs: folded sizes give shapes, shapes sizes.
        if not (
            _fill_gaps(graph)
            or choose_branches(graph)
            or _lacks_shapes(graph)
            and fold_whole_numbers(graph)
        ):
            break
    for item in model.graph.initializer:
        graph.shapes[item.name] = tuple(item.dims)
    # What the file stated counts only where nothing was inferred.
    graph.shapes = stated | graph.shapes


def _may_abort(graph: Graph) -> bool:
    """Releases of onnx abort the whole process where a Slice meets a negative size, so such graphs
    are inferred in another one. What branches hold is not known.
    """
    return any(
        (node.op_type == "Slice" and node.input[0] not in graph.constants) or graphs_of(node)
        for node in graph.nodes
    )


def _lacks_shapes(graph: Graph) -> bool:
    return any(node.output[0] not in graph.shapes for node in graph.nodes if node.output[0])


_LARGEST_STATED = 2**22
"""Elements of a constant that is computed for its shape."""
# onnx knows no shape of these functions: that of their first input
_AS_THEIR_INPUT = frozenset({"GroupNormalization"})


def _fill_gaps(graph: Graph) -> bool:
    """State shapes where onnx's inference stops though they are known; whether there were any, so
    that what follows them can be inferred.
    """
    filled = _fill_constants(graph)
    for node in graph.nodes:
        if node.op_type not in _AS_THEIR_INPUT or node.output[0] in graph.shapes:
            continue
        shape = graph.shapes.get(node.input[0])
        if shape is None:
            continue
        _state(graph, node.output[0], shape, graph.model.graph.input[0].type.tensor_type.elem_type)
        filled = True
    return filled


def _fill_constants(graph: Graph) -> bool:
    """State the shapes of constants that onnx does not infer and that can be computed: masks made
    piece by piece, say.
    """
    from onnx import helper

    constants = Constants(graph, _LARGEST_STATED)
    filled = False
    for node in graph.nodes:
        name = node.output[0] if node.output else ""
        if not name or name in graph.shapes or name not in graph.constants:
            continue
        try:
            value = constants.of(name)
        except InputError:
            continue
        _state(graph, name, value.shape, helper.np_dtype_to_tensor_dtype(value.dtype))
        filled = True
    return filled


def _state(graph: Graph, tensor: str, shape: tuple[int, ...], kind: int) -> None:
    """Give a tensor its shape, in the graph and in the model that is inferred."""
    from onnx import helper

    graph.shapes[tensor] = shape
    stated = helper.make_tensor_value_info(tensor, kind, shape)
    for item in [*graph.model.graph.output, *graph.model.graph.value_info]:
        if item.name == tensor:
            item.CopyFrom(stated)
            return
    graph.model.graph.value_info.append(stated)


def _infer_here(graph: Graph) -> ModelProto:
    import onnx

    for strict in (True, False):
        try:
            return onnx.shape_inference.infer_shapes(
                graph.model, check_type=False, strict_mode=strict, data_prop=True
            )
        except Exception as fault:  # InferenceError and plain RuntimeErrors of the C++ library
            graph.fault = graph.fault or re.sub(
                r"\s+", " ", printable(str(fault).replace("\n", " "), 300)
            )
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


def _infer_apart(graph: Graph) -> ModelProto:
    """As `_infer_here`, in a Python process of its own."""
    run = subprocess.run(
        [sys.executable, "-c", _APART],
        input=graph.model.SerializeToString(),
        capture_output=True,
        check=False,
    )
    graph.fault = re.sub(r"\s+", " ", printable(run.stderr.replace(b"\n", b" "), 300))
    if run.returncode:
        raise InputError(
            "onnx's shape inference broke down",
            where=graph.where,
            hint=f"a shape in it may be negative ({graph.fault})",
        )
    inferred: ModelProto = type(graph.model).FromString(run.stdout)
    return inferred


def _note_shape(shapes: dict[str, tuple[int, ...]], item: ValueInfoProto) -> None:
    kind = item.type.tensor_type
    if kind.HasField("shape") and all(dim.HasField("dim_value") for dim in kind.shape.dim):
        shapes[item.name] = tuple(dim.dim_value for dim in kind.shape.dim)


def _forget_sizes(proto: GraphProto, graph: Graph) -> dict[str, tuple[int, ...]]:
    """Drop the file's own intermediate shapes, which may carry the symbolic batch and would then
    hide the inferred ones.

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


def _dims_text(dims: Dimensions) -> str:
    return " x ".join(
        printable(dim.dim_param) or (str(dim.dim_value) if dim.HasField("dim_value") else "?")
        for dim in dims
    )
