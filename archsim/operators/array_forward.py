"""Plain NumPy forward pass of an array layer: the vectors that its tiles read, and the reference of
the real-data mode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from archsim.basics.threads import one_thread
from archsim.operators.forward import apply
from archsim.operators.on_array import OnArray
from archsim.operators.recurrent import ReadStep, Recurrent
from archsim.operators.vocabulary import operator_of

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer, Network


def on_array(layer: Layer) -> OnArray:
    """The operator of an array layer. Raises ValueError for a layer without an array."""
    kind = operator_of(layer)
    if not isinstance(kind, OnArray):
        raise ValueError(f"layer '{layer.name}' ({layer.operator}) is on no array")
    return kind


def array_inputs(layer: Layer, values: np.ndarray, steps: slice) -> np.ndarray:
    """The input vectors (steps, groups x rows) that an array layer reads for the steps given."""
    return on_array(layer).vectors(layer, values, steps)


def output_vectors(layer: Layer, held: np.ndarray) -> np.ndarray:
    """A view (vectors, groups x outputs) of an array layer's output map."""
    return on_array(layer).outputs(layer, held)


def reference_output(
    layer: Layer, values: np.ndarray, weights: np.ndarray, bias: np.ndarray | None
) -> np.ndarray:
    """Exact output of an array layer. `weights` (groups, outputs, rows), `bias` (groups x
    outputs,).
    """
    kind = on_array(layer)
    if isinstance(kind, Recurrent):
        with one_thread():
            return kind.scan(layer, values[None], exact_step(weights, bias))[0]
    shape = layer.matrix
    vectors = array_inputs(layer, values, slice(0, shape.vectors)).reshape(
        shape.vectors, shape.groups, shape.rows
    )
    with one_thread():
        result = np.einsum("vgr,gor->vgo", vectors, weights, optimize=True).reshape(
            shape.vectors, -1
        )
    return kind.to_map(layer, result if bias is None else result + bias)


def exact_step(weights: np.ndarray, bias: np.ndarray | None) -> ReadStep:
    """A step of a recurrent layer in float32 arithmetic. `weights` (1, outputs, rows)."""

    def read(vectors: np.ndarray, step: int) -> np.ndarray:
        products = vectors @ weights[0].T
        return products if bias is None else products + bias

    return read


def all_inputs(
    layer: Layer, values: np.ndarray, weights: np.ndarray, bias: np.ndarray | None
) -> np.ndarray:
    """Every vector (vectors, groups x rows) that an array layer reads for one input map; those of a
    recurrent layer hold the states that exact arithmetic gives.
    """
    kind = on_array(layer)
    if not isinstance(kind, Recurrent):
        return array_inputs(layer, values, slice(0, layer.matrix.vectors))
    exact = exact_step(weights, bias)
    driven: list[np.ndarray] = []

    def read(vectors: np.ndarray, step: int) -> np.ndarray:
        # One image: the first of the batch.
        driven.append(vectors[0])
        return exact(vectors, step)

    kind.scan(layer, values[None], read)
    return np.array(driven)


def network_forward(
    network: Network,
    image: Mapping[str, np.ndarray],
    tensors: Mapping[str, Mapping[str, np.ndarray]],
    meet: Callable[[Layer, np.ndarray], None] | None = None,
) -> dict[str, np.ndarray]:
    """Exact outputs of all layers for one image.

    Args:
        image: values of each input layer.
        tensors: by layer and role; "weights" of an array layer are (groups, columns, rows), its
        "bias" (groups x columns,).
        meet: told each array layer and its input.
    """
    known: dict[str, np.ndarray] = {}
    for layer in network.layers:
        held = tensors.get(layer.name, {})
        if layer.operator == "input":
            known[layer.name] = image[layer.name]
        elif layer.on_array:
            values = known[layer.inputs[0]]
            if meet is not None:
                meet(layer, values)
            known[layer.name] = reference_output(layer, values, held["weights"], held.get("bias"))
        else:
            known[layer.name] = apply(layer, [known[name] for name in layer.inputs], held)
    return known
