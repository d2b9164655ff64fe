"""Recurrent layers as ONNX, which has the time steps before the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from workloads.network import Layer
from workloads.written.onnx_graph import OnnxWriting, Write

Held: TypeAlias = Callable[[Layer, str], np.ndarray]
"""Gives the values of a layer's role."""


class CellWeights(NamedTuple):
    """What a cell of other programs has, in the order of our gates.

    Args:
        source: the layer whose output it reads.
        features: (gates x H, features).
        states: (gates x H, H).
        feature_bias, state_bias: (gates x H,).
    """

    source: str
    features: np.ndarray
    states: np.ndarray
    feature_bias: np.ndarray
    state_bias: np.ndarray


def cell_weights(held: Held, layer: Layer, product: Layer | None) -> CellWeights:
    """Of a layer whose array reads features and state, or of a GRU, whose features `product` reads;
    without one its gates get them as they are.

    Args:
        held: gives the values of a layer's role.
        layer: a recurrent one.
        product: that it takes as its own.
    """
    weights = held(layer, "weights")[0]
    bias = held(layer, "bias") if layer.bias else np.zeros(len(weights), np.float32)
    none = np.zeros_like(bias)
    features = weights.shape[1] - layer.hidden
    if features:
        own = weights[:, :features]
        states = weights[:, features:]
        return CellWeights(layer.inputs[0], own, states, bias, none)
    if product is None:
        # What the gates get is already a product of features: ones pass it on.
        as_it_is = np.eye(len(weights), dtype=np.float32)
        return CellWeights(layer.inputs[0], as_it_is, weights, none, bias)
    before = held(product, "weights")[0]
    before_bias = held(product, "bias") if product.bias else none
    return CellWeights(product.inputs[0], before, weights, before_bias, bias)


def _cell(kind: str, order: tuple[int, ...]) -> Write:
    """`order`: ONNX's gates by our numbers."""

    def turned(values: np.ndarray) -> np.ndarray:
        gates = np.split(values, len(order))
        return np.concatenate([gates[number] for number in order])[None]

    def write(graph: OnnxWriting, layer: Layer) -> None:
        merged = graph.merged.get(layer.name)
        product = graph.network.layer(merged) if merged else None
        cell = cell_weights(graph.held, layer, product)
        both = np.concatenate([turned(cell.feature_bias), turned(cell.state_bias)], axis=1)
        inputs = [
            graph.step(layer, "Transpose", [cell.source], "steps_first", perm=[1, 0, 2]),
            graph.constant(layer, "W", turned(cell.features)),
            graph.constant(layer, "R", turned(cell.states)),
            graph.constant(layer, "B", both),
        ]
        # Our reset gate acts on the product of the state, bias included, as PyTorch's does.
        words = {"linear_before_reset": 1} if kind == "GRU" else {}
        direction = "reverse" if layer.setting("reverse") else "forward"
        states = graph.step(
            layer, kind, inputs, "states", hidden_size=layer.hidden, direction=direction, **words
        )
        axis = graph.constant(layer, "direction", np.array([1], np.int64))
        flat = graph.step(layer, "Squeeze", [states, axis], "one_direction")
        graph.node(layer, "Transpose", [flat], perm=[1, 0, 2])

    return write


WRITERS: Mapping[str, Write] = {
    "lstm": _cell("LSTM", (0, 3, 1, 2)),
    "gru": _cell("GRU", (0, 1, 2)),
    "rnn": _cell("RNN", (0,)),
}
