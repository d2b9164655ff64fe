"""The exact output of one layer that has no weights on an array."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from archsim.basics.threads import one_thread
from archsim.operators.pointwise import FUNCTIONS
from archsim.operators.windows import average_pool, max_pool
from hwlib.errors import InputError
from workloads.network import Layer

Tensors = Mapping[str, np.ndarray]
NONE: Tensors = {}


def apply(layer: Layer, inputs: list[np.ndarray], constants: Tensors = NONE) -> np.ndarray:
    """The output of a layer without weights on an array.

    Args:
        layer: its `computes` and settings say what is computed.
        inputs: the values of its inputs, each of the shape that `layer.input_shapes` names.
        constants: values of `layer.roles`. Batch normalisation without any counts as folded into
        the weights.

    Raises InputError for an operator whose meaning the layer does not carry (lstm), and for a
    constant that is missing.
    """
    function = layer.computes
    if function in FUNCTIONS:
        settings = dict(layer.settings) | {
            role: _constant(layer, role, constants) for role in layer.constants
        }
        return FUNCTIONS[function](inputs[0], **settings)
    if function in _SHAPED:
        return _SHAPED[function](inputs[0]).reshape(layer.output_shape)
    if function in _BY_LAYER:
        return _BY_LAYER[function](layer, inputs[0])
    if function in _WITH_CONSTANTS:
        return _WITH_CONSTANTS[function](layer, inputs, constants)
    raise InputError(
        f"the operator '{function}' cannot carry real data",
        where=layer.name,
        hint="run without --data: counts and timing need no values",
    )


def can_carry(layer: Layer) -> bool:
    """True where `apply` knows the layer's function."""
    if layer.operator == "matmul" and len(layer.inputs) != 2:
        return False
    if layer.operator in ("slice", "transpose"):
        return "index" in layer.constants or bool(layer.settings)
    return any(
        layer.computes in table for table in (FUNCTIONS, _SHAPED, _BY_LAYER, _WITH_CONSTANTS)
    )


def _constant(layer: Layer, role: str, constants: Tensors) -> np.ndarray:
    if role not in constants:
        raise InputError(
            "a constant of this layer has no values",
            where=layer.name,
            got=role,
            hint=f"give it in the data as '{layer.name}.{role}'",
        )
    return constants[role]


def _softmax(layer: Layer, x: np.ndarray) -> np.ndarray:
    axes = layer.setting("axes", (0,) if len(layer.output_shape) == 3 else (-1,))
    shifted = np.exp(x - x.max(axis=axes, keepdims=True))
    return shifted / shifted.sum(axis=axes, keepdims=True)


def _log_softmax(layer: Layer, x: np.ndarray) -> np.ndarray:
    axes = layer.setting("axes", (-1,))
    shifted = x - x.max(axis=axes, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axes, keepdims=True))


def _response_norm(layer: Layer, x: np.ndarray) -> np.ndarray:
    """Krizhevsky 2012: divided by a power of the squares' sum over neighbouring channels, as ONNX
    writes it.
    """
    size, channels = layer.kernel[0], len(x)
    alpha, beta, bias = (
        layer.setting(name, value)
        for name, value in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0))
    )
    before, after = (size - 1) // 2, size // 2
    sums = np.stack(
        [(x[max(0, c - before) : c + after + 1] ** 2).sum(axis=0) for c in range(channels)]
    )
    return x / (bias + alpha / size * sums) ** beta


def _batch_norm(layer: Layer, inputs: list[np.ndarray], constants: Tensors) -> np.ndarray:
    x = inputs[0]
    if not constants:
        return x
    shape = [1] * x.ndim
    shape[layer.setting("axis", 0 if x.ndim == 3 else -1)] = -1
    return x * constants["scale"].reshape(shape) + constants["shift"].reshape(shape)


def _operands(
    layer: Layer, inputs: list[np.ndarray], constants: Tensors, kind: str
) -> list[np.ndarray]:
    """Activations and constants in their order: a constant's role ends with its place."""
    held = {int(role[len(kind) :]): _constant(layer, role, constants) for role in layer.roles}
    rest = iter(inputs)
    return [
        held[place] if place in held else next(rest) for place in range(len(inputs) + len(held))
    ]


def _folded(function):
    def combine(layer: Layer, inputs: list[np.ndarray], constants: Tensors) -> np.ndarray:
        first, *others = _operands(layer, inputs, constants, "operand")
        for other in others:
            first = function(first, other)
        return np.broadcast_to(first, layer.output_shape)

    return combine


def _concat(layer: Layer, inputs: list[np.ndarray], constants: Tensors) -> np.ndarray:
    return np.concatenate(
        _operands(layer, inputs, constants, "part"), axis=layer.setting("axis", 0)
    )


def _matmul(layer: Layer, inputs: list[np.ndarray], constants: Tensors) -> np.ndarray:
    with one_thread():
        return np.matmul(*inputs).reshape(layer.output_shape)


def _moved(layer: Layer, inputs: list[np.ndarray], constants: Tensors) -> np.ndarray:
    """Elements taken by place; place -1 is filled."""
    flat = inputs[0].reshape(-1)
    places = constants["index"]
    moved = flat[np.maximum(places, 0)]
    fill = constants.get("fill", layer.setting("fill", 0.0))
    return np.where(places < 0, fill, moved).reshape(layer.output_shape)


def _pad(layer: Layer, inputs: list[np.ndarray], constants: Tensors) -> np.ndarray:
    if "index" in constants:
        return _moved(layer, inputs, constants)
    top, left, bottom, right = layer.padding
    return np.pad(inputs[0], ((0, 0), (top, bottom), (left, right)))


def _transpose(layer: Layer, inputs: list[np.ndarray], constants: Tensors) -> np.ndarray:
    if "index" in constants:
        return _moved(layer, inputs, constants)
    return np.transpose(inputs[0], layer.setting("axes"))


def _slice(layer: Layer, inputs: list[np.ndarray], constants: Tensors) -> np.ndarray:
    if "index" in constants:
        return _moved(layer, inputs, constants)
    taken = [slice(None)] * inputs[0].ndim
    taken[layer.setting("axis")] = slice(layer.setting("start"), layer.setting("stop"))
    return inputs[0][tuple(taken)]


_SHAPED = {
    "identity": lambda x: x,
    "dropout": lambda x: x,
    "flatten": lambda x: x,
    "reshape": lambda x: x,
    "global_average_pool": lambda x: x.mean(axis=(1, 2)),
    "global_max_pool": lambda x: x.max(axis=(1, 2)),
}
_BY_LAYER = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "local_response_norm": _response_norm,
    "max_pool": max_pool,
    "average_pool": average_pool,
}
_WITH_CONSTANTS = {
    "batch_norm": _batch_norm,
    "add": _folded(np.add),
    "subtract": _folded(np.subtract),
    "multiply": _folded(np.multiply),
    "divide": _folded(np.divide),
    "concat": _concat,
    "matmul": _matmul,
    "pad": _pad,
    "slice": _slice,
    "transpose": _transpose,
}
