"""What the vector unit computes, as parts of a PyTorch module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from archsim.operators.arguments import axes_of, count_of, in_their_order, number_of
from archsim.operators.vector.batch_norm import EPSILON
from archsim.operators.vector.log_softmax import log_softmax_axes
from archsim.operators.vector.resize import Resize
from archsim.operators.vector.softmax import softmax_axes
from archsim.operators.vocabulary import FUNCTIONS
from hwlib.errors import InputError
from workloads.network import Layer
from workloads.written.onnx_units import batch_norm_numbers
from workloads.written.torch_parts import Held, Part, fixed_tensors, parameter


def _batch_norm(torch: Any, layer: Layer, held: Held) -> Any:
    kind = torch.nn.BatchNorm2d if len(layer.output_shape) == 3 else torch.nn.BatchNorm1d
    part = kind(len(held["scale"]), eps=EPSILON)
    numbers, epsilon = batch_norm_numbers(layer, held)
    part.running_mean.copy_(torch.tensor(numbers["mean"]))
    # less what PyTorch adds
    part.running_var.copy_(torch.tensor(numbers["variance"]) + (epsilon - part.eps))
    part.weight = parameter(torch, numbers["scale"])
    part.bias = parameter(torch, numbers["shift"])
    return part


def _layer_norm(torch: Any, layer: Layer, held: Held) -> Any:
    axis = count_of(layer, "axis", len(layer.output_shape) - 1)
    epsilon = number_of(layer, "epsilon", 1e-5)
    shifted = "shift" in held
    part = torch.nn.LayerNorm(layer.output_shape[axis:], epsilon, bool(held), shifted)
    return _scaled(torch, part, held)


def _scaled(torch: Any, part: Any, held: Held) -> Any:
    """A normalisation with the words that its layer holds: PyTorch's own are a scale of one and no
    shift.
    """
    for role, name in (("scale", "weight"), ("shift", "bias")):
        if role in held:
            setattr(part, name, parameter(torch, held[role].reshape(getattr(part, name).shape)))
    return part


def _pool(kind: str) -> Part:
    def make(torch: Any, layer: Layer, held: Held) -> Any:
        top, left, bottom, right = layer.padding
        if (top, left) != (bottom, right):
            raise InputError("uneven padding has no part in PyTorch here", where=layer.name)
        if kind == "MaxPool2d":
            return torch.nn.MaxPool2d(layer.kernel, layer.stride, (top, left), layer.dilation)
        counted = bool(layer.setting("count_include_pad", False))
        return torch.nn.AvgPool2d(
            layer.kernel, layer.stride, (top, left), count_include_pad=counted
        )

    return make


def _named(name: str) -> Part:
    return lambda torch, layer, held: getattr(torch.nn, name)()


def _function(name: str) -> Part:
    return lambda torch, layer, held: getattr(torch, name)


def _of_torch(name: str) -> Callable[[Any, Any], Any]:
    """A function of tensors by name: PyTorch is not imported here."""
    return lambda x, y: getattr(x, name)(y)


def _selu(torch: Any, layer: Layer, held: Held) -> Any:
    usual = FUNCTIONS["selu"].settings  # type: ignore[attr-defined]
    alpha, gamma = (number_of(layer, name, float(value)) for name, value in usual.items())
    below = torch.nn.ELU(alpha)
    return lambda x: gamma * below(x)


def _swish(torch: Any, layer: Layer, held: Held) -> Any:
    alpha = number_of(layer, "alpha", 1.0)
    return lambda x: x * torch.sigmoid(alpha * x)


def _hard_sigmoid(torch: Any, layer: Layer, held: Held) -> Any:
    slope = number_of(layer, "alpha", 0.2)
    height = number_of(layer, "beta", 0.5)
    return lambda x: (slope * x + height).clamp(0.0, 1.0)


def _softmax(name: str, axes: Callable[[Layer], tuple[int, ...]]) -> Part:
    def make(torch: Any, layer: Layer, held: Held) -> Any:
        (axis,) = axes(layer)
        return getattr(torch.nn, name)(axis % len(layer.output_shape) + 1)

    return make


def _group_norm(torch: Any, layer: Layer, held: Held) -> Any:
    epsilon = number_of(layer, "epsilon", 1e-5)
    groups = count_of(layer, "groups", 1)
    part = torch.nn.GroupNorm(groups, layer.output_shape[0], epsilon, bool(held))
    return _scaled(torch, part, held)


def _rms_norm(torch: Any, layer: Layer, held: Held) -> Any:
    axis = count_of(layer, "axis", len(layer.output_shape) - 1)
    epsilon = number_of(layer, "epsilon", 1e-5)
    if np.any(held.get("shift", 0.0)):
        raise InputError("a shift behind this operator has no part here", where=layer.name)
    part = torch.nn.RMSNorm(layer.output_shape[axis:], epsilon, "scale" in held)
    return _scaled(torch, part, {role: held[role] for role in ("scale",) if role in held})


def join_of(combine: Callable[[Any, Any], Any]) -> Part:
    def make(torch: Any, layer: Layer, held: Held) -> Any:
        rank = len(layer.output_shape)
        fixed = fixed_tensors(torch, layer, held)

        def joined(*operands: Any) -> Any:
            # the batch stands first in all, so axes of 1 come behind it
            whole = [x.reshape(len(x), *(1,) * (rank + 1 - x.ndim), *x.shape[1:]) for x in operands]
            result, *others = in_their_order(layer, whole, "operand", fixed.__getitem__)
            for other in others:
                result = combine(result, other)
            return result

        return joined

    return make


def _power(torch: Any, layer: Layer, held: Held) -> Any:
    exponent = number_of(layer, "exponent", 2.0)
    return lambda x: x**exponent


def _product(x: Any, axes: tuple[int, ...]) -> Any:
    # PyTorch's own takes one axis.
    for axis in axes:
        x = x.prod(axis, keepdim=True)
    return x


_REDUCTIONS: Mapping[str, Callable[[Any, tuple[int, ...]], Any]] = {
    "sum": lambda x, axes: x.sum(axes, keepdim=True),
    "smallest": lambda x, axes: x.amin(axes, keepdim=True),
    "product": _product,
    "sum_of_magnitudes": lambda x, axes: x.abs().sum(axes, keepdim=True),
    "sum_of_squares": lambda x, axes: (x * x).sum(axes, keepdim=True),
    "length": lambda x, axes: (x * x).sum(axes, keepdim=True).sqrt(),
    "log_sum_exp": lambda x, axes: x.logsumexp(axes, keepdim=True),
}


def _reduce(torch: Any, layer: Layer, held: Held) -> Any:
    axes = tuple(axis + 1 for axis in axes_of(layer, (len(layer.input_shapes[0]) - 1,)))
    kind = str(layer.setting("kind", "sum"))
    if kind not in _REDUCTIONS:
        raise InputError("this reduction has no part here", where=layer.name, got=kind)
    return lambda x: _REDUCTIONS[kind](x, axes).reshape(len(x), *layer.output_shape)


def _resize(torch: Any, layer: Layer, held: Held) -> Any:
    kind = FUNCTIONS["resize"]
    assert isinstance(kind, Resize)
    # By the matrix of each axis: PyTorch has not all kinds of coordinates.
    matrices = {
        axis + 1: torch.tensor(kind.matrix_along(layer, axis)).float()
        for axis in kind.changed(layer)
    }

    def resized(x: Any) -> Any:
        for axis, matrix in matrices.items():
            x = torch.tensordot(x, matrix, ([axis], [1])).movedim(-1, axis)
        return x

    return resized


def _running_sum(torch: Any, layer: Layer, held: Held) -> Any:
    axis = count_of(layer, "axis") + 1
    backwards = bool(layer.setting("reverse", False))
    before = bool(layer.setting("exclusive", False))

    def summed(x: Any) -> Any:
        x = x.flip(axis) if backwards else x
        total = x.cumsum(axis) - x * before
        return total.flip(axis) if backwards else total

    return summed


def _local_response_norm(torch: Any, layer: Layer, held: Held) -> Any:
    size = layer.kernel[0]
    alpha = number_of(layer, "alpha", 1e-4)
    beta = number_of(layer, "beta", 0.75)
    bias = number_of(layer, "bias", 1.0)

    def normalised(x: Any) -> Any:
        # Not PyTorch's own, whose even windows lie one channel further.
        ends = ((size - 1) // 2, size // 2)
        squares = torch.nn.functional.pad(x * x, (0, 0, 0, 0, *ends))
        sums = squares.unfold(1, size, 1).sum(-1)
        return x / (bias + alpha / size * sums) ** beta

    return normalised


PARTS: Mapping[str, Part] = {
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "rms_norm": _rms_norm,
    "max_pool": _pool("MaxPool2d"),
    "average_pool": _pool("AvgPool2d"),
    "global_average_pool": lambda torch, layer, held: torch.nn.AdaptiveAvgPool2d(1),
    "global_max_pool": lambda torch, layer, held: torch.nn.AdaptiveMaxPool2d(1),
    "relu": _named("ReLU"),
    "tanh": _named("Tanh"),
    "sigmoid": _named("Sigmoid"),
    "gelu": lambda torch, layer, held: torch.nn.GELU(str(layer.setting("approximate", "none"))),
    "leaky_relu": lambda torch, layer, held: torch.nn.LeakyReLU(number_of(layer, "alpha", 0.01)),
    "clip": lambda torch, layer, held: torch.nn.Hardtanh(
        number_of(layer, "low", 0.0), number_of(layer, "high", 6.0)
    ),
    **{
        operator: _function(name)
        for operator, name in (
            *(("absolute", "abs"), ("negate", "neg"), ("reciprocal", "reciprocal")),
            *(("square_root", "sqrt"), ("logarithm", "log"), ("exp", "exp"), ("erf", "erf")),
            *(("sine", "sin"), ("cosine", "cos"), ("sign", "sign"), ("floor", "floor")),
            *(("ceil", "ceil"), ("round", "round"), ("truncate", "trunc")),
        )
    },
    "softplus": _named("Softplus"),
    "softsign": _named("Softsign"),
    "mish": _named("Mish"),
    "elu": lambda torch, layer, held: torch.nn.ELU(number_of(layer, "alpha", 1.0)),
    "celu": lambda torch, layer, held: torch.nn.CELU(number_of(layer, "alpha", 1.0)),
    "selu": _selu,
    "swish": _swish,
    "hard_sigmoid": _hard_sigmoid,
    "thresholded_relu": lambda torch, layer, held: torch.nn.Threshold(
        number_of(layer, "alpha", 1.0), 0.0
    ),
    "resize": _resize,
    "running_sum": _running_sum,
    "local_response_norm": _local_response_norm,
    "add": join_of(lambda x, y: x + y),
    "multiply": join_of(lambda x, y: x * y),
    "subtract": join_of(lambda x, y: x - y),
    "divide": join_of(lambda x, y: x / y),
    "quotient": join_of(lambda x, y: x / y),
    "power": _power,
    "reduce": _reduce,
    "maximum": join_of(_of_torch("maximum")),
    "minimum": join_of(_of_torch("minimum")),
    "softmax": _softmax("Softmax", softmax_axes),
    "log_softmax": _softmax("LogSoftmax", log_softmax_axes),
    "matmul": lambda torch, layer, held: torch.matmul,
}
