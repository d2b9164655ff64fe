"""A layer of every operator, and small networks in which it stands."""

from dataclasses import replace

import numpy as np

from archsim.operators.vocabulary import FUNCTIONS
from archsim.readers.table import Table
from workloads.layers import infer_layer
from workloads.network import Layer, Network

MAP = (4, 6, 6)
VECTOR = (5, 8)
# The fields that a layer of the operator cannot do without, on a map of 4x6x6; operators on (5, 8)
# by themselves.
NEEDED = {
    "conv2d": {"channels": 3, "kernel": 3},
    "linear": {"features": 3},
    "memory_linear": {"features": 3},
    "lstm": {"hidden": 3},
    "max_pool": {"kernel": 2},
    "average_pool": {"kernel": 2},
    "reshape": {"shape": [144]},
    "input": {"shape": [4, 6, 6]},
    "slice": {"stop": 2},
    "pad": {"padding": 1},
    "rnn": {"hidden": 3},
    "gru": {"hidden": 3},
    "fold": {"kernel": 2},
    "embedding": {"entries": 9, "features": 3},
    "one_hot": {"entries": 9},
    "tile": {"repeats": [1, 2, 1]},
}
ON_VECTORS = ("linear", "lstm", "rnn", "gru")
SHAPES = {"gru": (5, 9), "embedding": (5,), "one_hot": (5,)}


POSITIVE = ("logarithm", "square_root", "reciprocal")  # nothing near zero or below


def layer_of(operator, shape=None):
    if FUNCTIONS[operator].counted_as:
        return replace(layer_of(FUNCTIONS[operator].counted_as, shape), function=operator)
    shape = shape or SHAPES.get(operator) or (VECTOR if operator in ON_VECTORS else MAP)
    count = FUNCTIONS[operator].inputs
    inputs = ("x", "y", "z")[: 2 if count is None else count]
    shapes = ((3, 5), (5, 2)) if operator == "matmul" else (shape,) * len(inputs)
    table = Table({"name": "it", "operator": operator} | NEEDED.get(operator, {}), "test")
    return infer_layer(table, operator, inputs, shapes)


def chain_of(operator):
    """Input, a first matrix, the operator, a last matrix: a network in which it stands in the
    middle.
    """
    layer = layer_of(operator)
    layers = [
        Layer(name, "input", (), (), shape) for name, shape in zip(layer.inputs, layer.input_shapes)
    ]
    if len(set(layer.input_shapes)) == 1:  # both operands from one input
        layers[1:] = [
            Layer(item.name, "identity", ("x",), (layers[0].output_shape,), item.output_shape)
            for item in layers[1:]
        ]
    flat = Layer(
        "flat", "flatten", ("it",), (layer.output_shape,), (int(np.prod(layer.output_shape)),)
    )
    last = Layer("last", "linear", ("flat",), (flat.output_shape,), (3,))
    return Network("chain", (*layers, layer, flat, last))


def trained_chain_of(operator):
    """Input, an array, the operator, a last array: both arrays train through it."""
    layer = layer_of(operator)
    shape = layer.input_shapes[0] if layer.input_shapes else MAP
    below = "linear" if len(shape) < 3 else "conv2d"
    first = [
        Layer(name, below, ("input",), (shape,), shape, bias=True)
        for name, shape in zip(layer.inputs, layer.input_shapes)
    ]
    if operator in (*POSITIVE, "quotient", "divide"):  # its last operand is above zero
        source = layer.inputs[-1]
        first.append(Layer("above", "sigmoid", (source,), (shape,), shape, function="exp"))
        layer = replace(layer, inputs=(*layer.inputs[:-1], "above"))
    size = int(np.prod(layer.output_shape))
    flat = Layer("flat", "flatten", ("it",), (layer.output_shape,), (size,))
    last = Layer("last", "linear", ("flat",), ((size,),), (3,), bias=True)
    return Network(
        "trained chain", (Layer("input", "input", (), (), shape), *first, layer, flat, last)
    )
