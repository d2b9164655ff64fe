"""A network with its weights as an ONNX file: what a training left, for other programs.

Each operator is written as one node, or a few, in the words of ONNX (`written`); what has none there is
refused by name. The importer reads such a file back to the same values, and to the same layers where
ONNX has a word for them (a causal mask is a sum with a constant there).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from archsim.operators.elementwise import Elementwise
from archsim.operators.vocabulary import FUNCTIONS
from hwlib.errors import InputError
from workloads.network import Layer, Network
from workloads.written import onnx_arrays, onnx_moves, onnx_recurrent, onnx_types, onnx_units
from workloads.written.onnx_graph import OnnxWriting, Tensors, Write

FORM = 9
"""Of the file itself, where no node needs a later one."""
WRITERS: Mapping[str, Write] = {
    **onnx_arrays.WRITERS,
    **onnx_recurrent.WRITERS,
    **onnx_units.WRITERS,
    **onnx_types.WRITERS,
    **onnx_moves.WRITERS,
}


def write_onnx(network: Network, tensors: Tensors, path: str | Path) -> Path:
    """Write a network with the values of its layers.

    Args:
        network: its first layer's name is that of the input, its last layer's that of the output;
            the first axis of each is the batch.
        tensors: by layer and role; "weights" (groups, outputs, inputs).
        path: of the file.

    Returns:
        the path.

    Raises:
        InputError: without the package onnx, and for an operator that is not written.
    """
    try:
        import onnx
    except ImportError:
        raise InputError(
            "the package onnx is not installed", where=str(path), hint="pip install 'archsim[onnx]'"
        ) from None
    writer = OnnxWriting(onnx, network, tensors)
    for layer in network.layers:
        _write(writer, layer)
    first, last = network.layers[0], network.layers[-1]
    graph = onnx.helper.make_graph(
        writer.nodes,
        network.name,
        [writer.value(item) for item in network.layers if not item.inputs],
        [writer.value(last)],
        writer.constants,
        doc_string=f"{first.name} to {last.name}",
    )
    opset = onnx.helper.make_operatorsetid("", writer.opset)
    form = max(FORM, onnx.helper.find_min_ir_version_for([opset]))
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=form)
    target = Path(path)
    target.write_bytes(model.SerializeToString())
    return target


def _write(writer: OnnxWriting, layer: Layer) -> None:
    if not layer.inputs or layer.name in writer.merged.values():
        return
    operator = FUNCTIONS.get(layer.computes)
    write = WRITERS.get(layer.computes)
    if write is None and isinstance(operator, Elementwise) and operator.onnx:
        write = _elementwise
    if write is None:
        raise InputError(
            "this operator is not written to ONNX",
            where=layer.name,
            got=layer.computes,
            allowed=sorted(WRITERS),
        )
    write(writer, layer)


def _elementwise(writer: OnnxWriting, layer: Layer) -> None:
    kind = next(iter(FUNCTIONS[layer.computes].onnx))
    writer.node(layer, kind, [*layer.inputs], **dict(layer.settings))
