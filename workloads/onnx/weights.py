"""Weight values of an ONNX file in the crossbar view. Only rearrangement is evaluated; nothing else
of the file runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workloads.network import Layer
from workloads.onnx.arithmetic import Array
from workloads.onnx.builder import Builder
from workloads.onnx.constants import Constants
from workloads.onnx.einsum_letters import factors_of, letters_of
from workloads.onnx.node import Attributes
from workloads.onnx.sharing import WeightSource


class LayerWeights(NamedTuple):
    """Values of one array layer, float32.

    Args:
        matrix: rows x columns, or groups x rows x columns of a grouped convolution.
        bias: one value a column (groups x columns); None without bias.
    """

    matrix: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32] | None


class _Stored(NamedTuple):
    """The same as the file's types have it."""

    matrix: Array
    bias: Array | None


def layer_weights(
    builder: Builder, name: str, source: WeightSource, values: Constants
) -> LayerWeights:
    """The weights of one array layer as `load_weights` describes them. Raises InputError."""
    layer = builder.layers[name]
    read = _READERS.get(source.node.op_type, _of_product)
    matrix, bias = read(builder, layer, source, values)
    return LayerWeights(
        np.ascontiguousarray(matrix, np.float32),
        None if bias is None else np.ascontiguousarray(bias, np.float32),
    )


def _of_cell(builder: Builder, layer: Layer, source: WeightSource, values: Constants) -> _Stored:
    names = source.node.input
    of_inputs, of_states = (values.of(name)[source.direction] for name in names[1:3])
    # As the array is driven: the features' lines, then those of the state before.
    matrix = np.concatenate([of_inputs, of_states], axis=1).T
    if not layer.bias:
        return _Stored(matrix, None)
    # one for the inputs and one for the states; a gate adds both
    return _Stored(matrix, values.of(names[3])[source.direction].reshape(2, -1).sum(axis=0))


def _of_gru(builder: Builder, layer: Layer, source: WeightSource, values: Constants) -> _Stored:
    """Of the layer before the cell the weights of the features, of the cell those of the state."""
    names = source.node.input
    matrix = values.of(names[1 + source.part])[source.direction].T
    if not layer.bias:
        return _Stored(matrix, None)
    return _Stored(matrix, values.of(names[3])[source.direction].reshape(2, -1)[source.part])


def _of_transposed(
    builder: Builder, layer: Layer, source: WeightSource, values: Constants
) -> _Stored:
    """(channels, outputs of a group, kernel): a line a channel, a column an output of a window."""
    weight = values.of(source.node.input[1])
    matrix = weight.reshape(layer.groups, weight.shape[0] // layer.groups, -1)
    return _Stored(matrix if layer.groups > 1 else matrix[0], None)


def _of_convolution(
    builder: Builder, layer: Layer, source: WeightSource, values: Constants
) -> _Stored:
    weight = values.of(source.node.input[1])
    columns = weight.shape[0] // layer.groups
    # ONNX's (outputs, channels, height, width): its order is that of `gather_windows`.
    matrix = weight.reshape(layer.groups, columns, -1).transpose(0, 2, 1)
    bias = values.of(source.node.input[2]).reshape(layer.groups, -1) if layer.bias else None
    if layer.groups > 1:
        return _Stored(matrix, bias)
    return _Stored(matrix[0], None if bias is None else bias[0])


def _of_gemm(builder: Builder, layer: Layer, source: WeightSource, values: Constants) -> _Stored:
    fields = Attributes(source.node)
    weight = values.of(source.node.input[1])
    matrix = (weight.T if fields.flag("transB") else weight) * fields.number("alpha", 1.0)
    if not layer.bias:
        return _Stored(matrix, None)
    # A bias of its own, or one that an Add behind it brought.
    if source.bias_tensor:
        return _Stored(matrix, _a_feature(values.of(source.bias_tensor), layer))
    bias = values.of(source.node.input[2]) * fields.number("beta", 1.0)
    return _Stored(matrix, _a_feature(bias, layer))


def _of_product(builder: Builder, layer: Layer, source: WeightSource, values: Constants) -> _Stored:
    on_left = builder.constant(source.node.input[0])
    weight = values.of(source.node.input[0 if on_left else 1])
    if layer.groups > 1:  # a stack of them
        stack = weight.reshape(-1, *weight.shape[-2:])
        return _Stored(stack.transpose(0, 2, 1) if on_left else stack, None)
    weight = weight.reshape(weight.shape[-2:])
    bias = _a_feature(values.of(source.bias_tensor), layer) if layer.bias else None
    return _Stored(weight.T if on_left else weight, bias)


def _of_einsum(builder: Builder, layer: Layer, source: WeightSource, values: Constants) -> _Stored:
    """What is summed over as rows, the other letters of the weight as columns."""
    node = source.node
    letters = letters_of(builder, node)
    factors = factors_of(builder, node, letters)
    number = 0 if builder.constant(node.input[0]) else 1
    columns = factors.second if number else factors.first
    term = letters.terms[number]
    order = [term.index(letter) for letter in factors.stacked + factors.summed + columns]
    # without the axis of the batch, which is one long where a weight has it
    turned = values.of(node.input[number]).reshape(letters.shape(term)).transpose(order)
    lines, width = letters.size(factors.summed), letters.size(columns)
    if layer.groups > 1:  # a stack of them
        return _Stored(turned.reshape(layer.groups, lines, width), None)
    matrix = turned.reshape(lines, width)
    bias = _a_feature(values.of(source.bias_tensor), layer) if layer.bias else None
    return _Stored(matrix, bias)


def _a_feature(bias: Array, layer: Layer) -> Array:
    """A bias of one value for all, or of one a feature, as one a feature."""
    return np.broadcast_to(bias.reshape(-1), (layer.output_shape[-1],))


_READERS: dict[str, Callable[[Builder, Layer, WeightSource, Constants], _Stored]] = {
    "LSTM": _of_cell,
    "RNN": _of_cell,
    "GRU": _of_gru,
    "Conv": _of_convolution,
    "ConvTranspose": _of_transposed,
    "Gemm": _of_gemm,
    "MatMul": _of_product,
    "Einsum": _of_einsum,
}
