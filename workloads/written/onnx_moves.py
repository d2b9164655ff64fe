"""Elements that only move, as ONNX."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from archsim.operators.arguments import axes_of, count_of, in_their_order, number_of
from archsim.operators.free.dropout import rate_of
from archsim.operators.free.embedding import is_whole
from archsim.operators.moves import Moves, by_own_settings
from archsim.operators.vector.causal_mask import mask_of
from archsim.operators.vocabulary import FUNCTIONS
from workloads.network import Layer
from workloads.written.onnx_graph import OnnxWriting, Write

_FLOAT, _LONG = 1, 7
"""ONNX's numbers of types."""


def _moved(write: Write) -> Write:
    """As `write` says it, where the settings are those of a network of our own; what an import told
    element by element as a Gather of single elements.
    """

    def either(graph: OnnxWriting, layer: Layer) -> None:
        if by_own_settings(layer):
            write(graph, layer)
        else:
            _elements(graph, layer)

    return either


def _elements(graph: OnnxWriting, layer: Layer) -> None:
    held = graph.tensors.get(layer.name, {})
    kind = FUNCTIONS[layer.computes]
    assert isinstance(kind, Moves)  # the caller's table holds no other
    numbers = kind.origins(layer, held)
    # Element by element: the import told where each comes from, and nothing of the way.
    flat = np.array([-1, layer.input_elements], np.int64)
    inputs = [*layer.inputs, graph.constant(layer, "flat", flat)]
    source = graph.step(layer, "Reshape", inputs, "elements")
    if (numbers < 0).any():  # one element more at the end, with what is filled
        fill = np.asarray(held.get("fill", number_of(layer, "fill", 0.0)), np.float32)
        ends = graph.constant(layer, "ends", np.array([0, 0, 0, 1], np.int64))
        constant = graph.constant(layer, "fill", fill.reshape(()))
        source = graph.step(layer, "Pad", [source, ends, constant], "with_fill")
        numbers = np.where(numbers < 0, layer.input_elements, numbers)
    index = graph.constant(layer, "index", np.asarray(numbers, np.int64))
    taken = graph.step(layer, "Gather", [source, index], "taken", axis=1)
    shape = graph.constant(layer, "shape", np.array([-1, *layer.output_shape], np.int64))
    graph.node(layer, "Reshape", [taken, shape])


def _reshape(graph: OnnxWriting, layer: Layer) -> None:
    shape = np.array([-1, *layer.output_shape], np.int64)
    graph.node(layer, "Reshape", [*layer.inputs, graph.constant(layer, "shape", shape)])


def _concat(graph: OnnxWriting, layer: Layer) -> None:
    inputs = in_their_order(
        layer, layer.inputs, "part", lambda role: _each_image(graph, layer, role)
    )
    graph.node(layer, "Concat", inputs, axis=count_of(layer, "axis") + 1)


def _each_image(graph: OnnxWriting, layer: Layer, role: str) -> str:
    """A constant once for each image of the batch, whose number the first input says."""
    values = graph.held(layer, role)
    part = graph.constant(layer, role, values[None])
    rest = graph.constant(layer, f"{role}.shape", np.array(values.shape, np.int64))
    whole = graph.step(layer, "Shape", [layer.inputs[0]], f"{role}.whole")
    first = graph.constant(layer, f"{role}.first", np.array([0], np.int64))
    images = graph.step(layer, "Gather", [whole, first], f"{role}.images", axis=0)
    shape = graph.step(layer, "Concat", [images, rest], f"{role}.sizes", axis=0)
    return graph.step(layer, "Expand", [part, shape], f"{role}.each")


def _embedding(graph: OnnxWriting, layer: Layer) -> None:
    (numbers,) = layer.inputs
    if not graph.holds_numbers(graph.network.layer(numbers)):
        numbers = graph.step(layer, "Cast", [numbers], "numbers", to=_LONG)
    table = graph.held(layer, "table")
    whole = is_whole(layer)
    plain = (*layer.input_shapes[0], *table.shape[1:]) == layer.output_shape
    if plain and not whole:
        graph.node(layer, "Gather", [graph.constant(layer, "table", table), numbers], axis=0)
        return
    # Whole numbers in their own type, so that they are known again as no parameters.
    held = graph.constant(layer, "table", table.astype(np.int64) if whole else table)
    rows = graph.step(layer, "Gather", [held, numbers], "rows", axis=0)
    if whole:  # all else here is in floats
        rows = graph.step(layer, "Cast", [rows], "numbered", to=_FLOAT)
    shape = np.array([-1, *layer.output_shape], np.int64)
    graph.node(layer, "Reshape", [rows, graph.constant(layer, "shape", shape)])


def _one_hot(graph: OnnxWriting, layer: Layer) -> None:
    # As a table with a single one in each row, which the import knows again.
    (numbers,) = layer.inputs
    if not graph.holds_numbers(graph.network.layer(numbers)):
        numbers = graph.step(layer, "Cast", [numbers], "numbers", to=_LONG)
    table = graph.constant(layer, "rows", np.eye(layer.output_shape[-1], dtype=np.float32))
    graph.node(layer, "Gather", [table, numbers], axis=0)


def _transpose(graph: OnnxWriting, layer: Layer) -> None:
    axes = axes_of(layer, ())
    graph.node(layer, "Transpose", [*layer.inputs], perm=[0, *(axis + 1 for axis in axes)])


def _slice(graph: OnnxWriting, layer: Layer) -> None:
    axis = count_of(layer, "axis")
    numbers = {
        "start": count_of(layer, "start"),
        "stop": count_of(layer, "stop"),
        "axis": axis + 1,
        "step": count_of(layer, "step", 1),
    }
    inputs = [
        graph.constant(layer, name, np.array([value], np.int64)) for name, value in numbers.items()
    ]
    graph.node(layer, "Slice", [*layer.inputs, *inputs])


def _pad(graph: OnnxWriting, layer: Layer) -> None:
    top, left, bottom, right = layer.padding
    sides = np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)
    fill = np.array(number_of(layer, "fill", 0.0), np.float32)
    inputs = [graph.constant(layer, "sides", sides), graph.constant(layer, "fill", fill)]
    graph.node(layer, "Pad", [*layer.inputs, *inputs])


def _tile(graph: OnnxWriting, layer: Layer) -> None:
    pairs = zip(layer.output_shape, layer.input_shapes[0])
    repeats = np.array([1, *(after // before for after, before in pairs)], np.int64)
    graph.node(layer, "Tile", [*layer.inputs, graph.constant(layer, "repeats", repeats)])


def _upsample(graph: OnnxWriting, layer: Layer) -> None:
    pairs = zip(layer.output_shape[1:], layer.input_shapes[0][1:])
    scales = np.array([1, 1, *(after / before for after, before in pairs)], np.float32)
    graph.node(
        layer,
        "Resize",
        [*layer.inputs, "", graph.constant(layer, "scales", scales)],
        mode="nearest",
        # With "floor": each element repeated, as the operator here does.
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )


def _dropout(graph: OnnxWriting, layer: Layer) -> None:
    # Without a third input nothing is dropped until a program trains.
    rate = graph.constant(layer, "rate", np.array(rate_of(layer), np.float32))
    graph.needs(12)
    graph.node(layer, "Dropout", [*layer.inputs, rate])


def _causal_mask(graph: OnnxWriting, layer: Layer) -> None:
    graph.node(layer, "Add", [*layer.inputs, graph.constant(layer, "mask", mask_of(layer))])


WRITERS: Mapping[str, Write] = {
    "flatten": _reshape,
    "reshape": _reshape,
    "identity": lambda graph, layer: graph.node(layer, "Identity", [*layer.inputs]),
    "dropout": _dropout,
    "concat": _concat,
    "embedding": _embedding,
    "one_hot": _one_hot,
    "transpose": _moved(_transpose),
    "slice": _moved(_slice),
    "pad": _moved(_pad),
    "tile": _moved(_tile),
    "upsample": _moved(_upsample),
    "causal_mask": _causal_mask,
}
