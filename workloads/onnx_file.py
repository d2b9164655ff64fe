"""ONNX files: `read_onnx_network` gives the layers with their shapes, `load_weights` the matrices of the array layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workloads import onnx_elements, onnx_products, onnx_rearrange, onnx_windows
from workloads.fields import check_size
from workloads.network import Layer, Network
from workloads.onnx_builder import Builder, Value
from workloads.onnx_graph import printable, read_graph

CONVERTERS = onnx_windows.CONVERTERS | onnx_products.CONVERTERS | onnx_elements.CONVERTERS | onnx_rearrange.CONVERTERS
"""ONNX operators that may lie on the path from input to output."""


def read_onnx_network(path: Path, shapes: Mapping[str, int] | None = None) -> Network:
    """The network of an ONNX file, with per-image shapes. `shapes` gives values to symbolic dimensions other than the batch.

    Raises InputError with the file and, where one is at fault, the node.
    """
    path = Path(path)
    builder = build(path, shapes)
    layers = builder.finished(builder.graph.outputs)
    notes = [f"{text} ({count} nodes)" if count > 1 else text for text, count in builder.notes.items()]
    name = path.stem
    return Network(name, layers, f"ONNX file {path.name}, opset {builder.graph.opset}", tuple(notes))


def build(path: Path, shapes: Mapping[str, int] | None = None, keep_weights: bool = False) -> Builder:
    """The builder after every node on the path. `keep_weights` keeps weight values in its graph."""
    graph = read_graph(path, shapes, keep_weights, frozenset(CONVERTERS))
    builder = Builder(graph)
    for name, axis in graph.inputs.items():
        full = graph.shape(name, graph.path[0])
        shape = check_size(builder.per_image(full, axis, graph.path[0]) or (1,), f"{path}: input '{printable(name)}'")
        layer = builder.unique(printable(name).strip() or "input")
        builder.layers[layer] = Layer(layer, "input", (), (), shape)
        builder.values[name] = Value(layer, full, axis)
    for node in graph.path:
        CONVERTERS[node.op_type](builder, node)
    return builder
