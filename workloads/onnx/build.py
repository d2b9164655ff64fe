"""Every node on the path of an ONNX graph through the converter of its operator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from archsim.readers.table import check_size
from workloads.network import Layer
from workloads.onnx import (
    einsum,
    elements,
    joins,
    normalisations,
    products,
    quantisation,
    rearrange,
    recurrent,
    reductions,
    resizing,
    transposed,
    windows,
)
from workloads.onnx.branches import may_be_chosen
from workloads.onnx.builder import Builder
from workloads.onnx.graph import Graph, read_graph
from workloads.onnx.inference import infer_shapes
from workloads.onnx.node import printable
from workloads.onnx.proofs import PROVED
from workloads.onnx.reader import Value
from workloads.onnx.refusals import Refused, check_form, refused_nodes, unsupported

if TYPE_CHECKING:
    from onnx import NodeProto

CONVERTERS = (
    windows.CONVERTERS
    | reductions.CONVERTERS
    | products.CONVERTERS
    | recurrent.CONVERTERS
    | elements.CONVERTERS
    | normalisations.CONVERTERS
    | joins.CONVERTERS
    | rearrange.CONVERTERS
    | einsum.CONVERTERS
    | quantisation.CONVERTERS
    | transposed.CONVERTERS
    | resizing.CONVERTERS
)
"""ONNX operators that may lie on the path from input to output."""


def build(
    path: Path, shapes: Mapping[str, int] | None = None, batch_axis: int | str | None = None
) -> Builder:
    """The builder after every node on the path. Raises InputError for the first that is not taken,
    and for all of unknown operators at once.
    """
    graph = read_graph(path)
    # All at once and before the shapes: who exports a network wants the whole list, not the first
    # fault of each try.
    refused = refused_nodes(graph, CONVERTERS)
    undecided = [item for item in refused if may_be_chosen(graph, item.node)]
    _check(graph, [item for item in refused if item not in undecided])
    builder = begin(graph, shapes, batch_axis)
    if undecided:  # Their branches are known with the shapes, or they are refused.
        _check(graph, refused_nodes(graph, CONVERTERS))
    for node in graph.path:
        convert(builder, node)
    return builder


def _check(graph: Graph, refused: list[Refused]) -> None:
    """Raise InputError for nodes that are refused, and for one of another form than ONNX's."""
    if refused:
        raise unsupported(refused)
    for node in graph.path:
        check_form(graph, node)


def convert(builder: Builder, node: NodeProto) -> None:
    """The layers of one node. What no test holds to ONNX's definition is priced only."""
    # Shapes and counts still hold, so a price may be had where values may not.
    if node.op_type not in PROVED:
        builder.refuse_values(node, "no test holds its values to ONNX's reference evaluator")
    CONVERTERS[node.op_type](builder, node)


def begin(graph: Graph, shapes: Mapping[str, int] | None, batch_axis: int | str | None) -> Builder:
    """The builder with the inputs of the network."""
    infer_shapes(graph, shapes or {}, batch_axis)
    builder = Builder(graph)
    for name, axis in graph.inputs.items():
        full = graph.shape(name, graph.path[0])
        shape = check_size(
            # An input of one number an image has no axis left.
            builder.per_image(full, axis, graph.path[0]) or (1,),
            f"{graph.where}: input '{printable(name)}'",
        )
        layer = builder.unique(printable(name).strip() or "input")
        builder.layers[layer] = Layer(layer, "input", (), (), shape)
        builder.values[name] = Value(layer, full, axis)
    return builder
