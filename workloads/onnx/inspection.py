"""An ONNX file as far as it can be taken: going on behind nodes that the importer refuses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hwlib.errors import InputError
from workloads.network import Layer, Network
from workloads.onnx.build import CONVERTERS, begin, convert
from workloads.onnx.builder import Builder
from workloads.onnx.graph import read_graph
from workloads.onnx.node import printable, tensors_read
from workloads.onnx.origin import layer_name
from workloads.onnx.reader import Value
from workloads.onnx.refusals import Refused, check_form, refused_for, refused_nodes
from workloads.onnx_file import asked_for, network_of

if TYPE_CHECKING:
    from onnx import NodeProto


class Inspected(NamedTuple):
    """What there is of a network whose file may hold nodes that are not taken.

    Args:
        network: its layers as far as they can be made.
        refused: every node that is not taken.
        stand_ins: layers that stand for the output of such a node, and its operator.
        unreached: nodes behind a refused one whose output has no known shape.
    """

    network: Network
    refused: tuple[Refused, ...]
    stand_ins: Mapping[str, str]
    unreached: int


def inspect_onnx(
    path: Path, shapes: Mapping[str, int] | None = None, batch_axis: int | str | None = None
) -> Inspected:
    """The network of an ONNX file as `read_onnx_network` reads it, going on behind nodes that are
    not taken.

    Args:
        path: of the file.
        shapes: sizes of symbolic dimensions.
        batch_axis: axis of the batch in every input.

    Returns:
        the layers, with inputs in place of what refused nodes give, and those nodes.

    Raises:
        InputError: for what is no network at all.
    """
    graph = read_graph(Path(path))
    builder = begin(graph, shapes, batch_axis)
    unknown = {id(item.node): item for item in refused_nodes(graph, CONVERTERS)}
    refused: list[Refused] = []
    stand_ins: dict[str, str] = {}
    unreached = 0
    for node in graph.path:
        between = [name for name in tensors_read(node) if name and not builder.constant(name)]
        if not any(name in builder.values for name in between):
            unreached += 1
            continue
        strange = unknown.get(id(node))
        if strange is None:
            try:
                check_form(graph, node)
                convert(builder, node)
                continue
            except InputError as fault:
                # It failed for want of an input that a refused node should have given.
                if not all(name in builder.values for name in between):
                    unreached += 1
                    continue
                strange = refused_for(graph, node, fault)
        refused.append(strange)
        stand_ins |= dict.fromkeys(_stand_in(builder, node), strange.operator)
    # Behind refused nodes the outputs may not exist: everything that was made is kept.
    tensors = graph.outputs if not refused else list(builder.values)
    network = network_of(builder, tensors, asked_for(shapes, batch_axis))
    return Inspected(network, tuple(refused), stand_ins, unreached)


def _stand_in(builder: Builder, node: NodeProto) -> list[str]:
    """Inputs in place of what a refused node would give, where its shape is known; their names."""
    graph = builder.graph
    before = next(builder.values[name] for name in tensors_read(node) if name in builder.values)
    names = []
    for output in filter(None, node.output):
        full = graph.shapes.get(output)
        if full is None or any(size < 1 for size in full):
            continue
        axis = before.axis
        keeps = axis is not None and axis < len(full) and full[axis] == before.full[axis]
        axis = axis if keeps else None
        name = builder.unique(f"{layer_name(node, '') or printable(node.op_type).lower()}")
        shape = builder.per_image(full, axis, node) or (1,)
        builder.layers[name] = Layer(name, "input", (), (), shape)
        builder.values[output] = Value(name, full, axis)
        names.append(name)
    return names
