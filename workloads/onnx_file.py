"""ONNX files: `read_onnx_network` gives the layers with their shapes, `load_weights` the matrices of the array layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workloads import onnx_elements, onnx_products, onnx_rearrange, onnx_windows
from workloads.fields import check_size
from workloads.network import Layer, Network
from workloads.onnx_builder import Builder, Value
from workloads.onnx_graph import read_graph
from workloads.onnx_inference import infer_shapes
from workloads.onnx_model import printable

if TYPE_CHECKING:
    import numpy as np

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


def load_weights(path: str | Path, shapes: Mapping[str, int] | None = None) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    """Weights of the array layers of an ONNX file, by layer name: (matrix, bias), both float32.

    The matrix is rows x columns as `Layer.matrix` has it, or groups x rows x columns for a grouped convolution; bias has one
    value a column (groups x columns), None without bias. Rows of a convolution run over channel, kernel row, kernel column;
    rows of an LSTM are inputs, then hidden states, and its columns the gates input, output, forget, cell.
    Raises InputError, also for weights in an external file or computed by operators other than simple rearrangement.
    """
    from workloads.onnx_weights import layer_weights

    builder = build(Path(path), shapes, keep_weights=True)
    kept = {layer.name for layer in builder.finished(builder.graph.outputs)}
    return {name: layer_weights(builder, name, place) for name, place in builder.weights.items() if name in kept}


def build(path: Path, shapes: Mapping[str, int] | None = None, keep_weights: bool = False) -> Builder:
    """The builder after every node on the path. `keep_weights` keeps weight values in its graph."""
    graph = read_graph(path, frozenset(CONVERTERS), keep_weights)
    infer_shapes(graph, shapes or {})
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
