"""A network with its weights as a PyTorch module (extra 'torch'): what a training left, to go on with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from archsim.operators.arguments import count_of, number_of
from archsim.operators.vector.log_softmax import log_softmax_axes
from archsim.operators.vector.softmax import softmax_axes
from hwlib.errors import InputError
from workloads.network import Layer, Network

if TYPE_CHECKING:
    Tensors = Mapping[str, Mapping[str, np.ndarray]]


def to_torch(network: Network, tensors: Tensors) -> Any:
    """A `torch.nn.Module` that computes a network.

    Args:
        network: with one input.
        tensors: by layer and role; "weights" (groups, outputs, inputs).

    Returns:
        the module; its parts have the names of the layers, with _ for what PyTorch does not take in a
        name, and take inputs with the batch in front.

    Raises:
        InputError: without PyTorch, and for an operator that has no part here.
    """
    try:
        import torch
    except ImportError:
        raise InputError(
            "the package torch is not installed",
            where="to_torch",
            hint="pip install 'archsim[torch]'",
        ) from None
    parts = torch.nn.ModuleDict()
    steps = []
    for layer in network.layers[1:]:
        make = PARTS.get(layer.computes)
        if make is None or layer.shares:
            raise InputError(
                "this operator has no part in PyTorch here",
                where=layer.name,
                got=layer.computes,
                allowed=sorted(PARTS),
            )
        part = make(torch, layer, tensors.get(layer.name, {}))
        name = layer.name.replace(".", "_")
        if isinstance(part, torch.nn.Module):
            parts[name] = part
        steps.append((layer, name, part))

    class Exported(torch.nn.Module):
        """A network of archsim with trained weights."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = parts

        def forward(self, x: Any) -> Any:
            known = {network.layers[0].name: x}
            for layer, name, part in steps:
                call = parts[name] if isinstance(part, torch.nn.Module) else part
                known[layer.name] = call(*(known[source] for source in layer.inputs))
            return known[network.layers[-1].name]

    return Exported()


def _values(torch: Any, values: np.ndarray) -> Any:
    return torch.nn.Parameter(torch.tensor(np.asarray(values, np.float32)))


def _conv2d(torch: Any, layer: Layer, held: Mapping[str, np.ndarray]) -> Any:
    top, left, bottom, right = layer.padding
    if (top, left) != (bottom, right):
        raise InputError("uneven padding has no part in PyTorch here", where=layer.name)
    channels, outputs = layer.input_shapes[0][0], layer.output_shape[0]
    part = torch.nn.Conv2d(
        channels,
        outputs,
        layer.kernel,
        layer.stride,
        (top, left),
        layer.dilation,
        layer.groups,
        layer.bias,
    )
    part.weight = _values(torch, held["weights"].reshape(part.weight.shape))
    if layer.bias:
        part.bias = _values(torch, held["bias"])
    return part


def _linear(torch: Any, layer: Layer, held: Mapping[str, np.ndarray]) -> Any:
    shape = layer.matrix
    part = torch.nn.Linear(shape.rows, shape.columns, layer.bias)
    part.weight = _values(torch, held["weights"].reshape(shape.columns, shape.rows))
    if layer.bias:
        part.bias = _values(torch, held["bias"])
    return part


def _batch_norm(torch: Any, layer: Layer, held: Mapping[str, np.ndarray]) -> Any:
    kind = torch.nn.BatchNorm2d if len(layer.output_shape) == 3 else torch.nn.BatchNorm1d
    part = kind(len(held["scale"]), eps=1e-5)
    # the statistics are in scale and shift: mean 0, variance 1 less what PyTorch adds
    part.running_var -= part.eps
    part.weight, part.bias = _values(torch, held["scale"]), _values(torch, held["shift"])
    return part


def _layer_norm(torch: Any, layer: Layer, held: Mapping[str, np.ndarray]) -> Any:
    axis = count_of(layer, "axis", len(layer.output_shape) - 1)
    affine = bool(layer.constants)
    epsilon = number_of(layer, "epsilon", 1e-5)
    part = torch.nn.LayerNorm(layer.output_shape[axis:], epsilon, affine)
    if affine:
        part.weight, part.bias = _values(torch, held["scale"]), _values(torch, held["shift"])
    return part


def _pool(kind: str) -> Callable[..., Any]:
    def make(torch: Any, layer: Layer, held: Mapping[str, np.ndarray]) -> Any:
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


def _named(name: str) -> Callable[..., Any]:
    return lambda torch, layer, held: getattr(torch.nn, name)()


def _reshape(torch: Any, layer: Layer, held: Mapping[str, np.ndarray]) -> Any:
    return lambda x: x.reshape(len(x), *layer.output_shape)


def _same(torch: Any, layer: Layer, held: Mapping[str, np.ndarray]) -> Any:
    return lambda x: x


def _softmax(name: str, axes: Callable[[Layer], tuple[int, ...]]) -> Callable[..., Any]:
    def make(torch: Any, layer: Layer, held: Mapping[str, np.ndarray]) -> Any:
        (axis,) = axes(layer)
        return getattr(torch.nn, name)(axis % len(layer.output_shape) + 1)

    return make


def _add(torch: Any, layer: Layer, held: Mapping[str, np.ndarray]) -> Any:
    if len(layer.inputs) == 1:
        table = torch.tensor(np.asarray(held["operand1"], np.float32))
        return lambda x: x + table
    return lambda *operands: sum(operands[1:], operands[0])


PARTS: Mapping[str, Callable[..., Any]] = {
    "conv2d": _conv2d,
    "linear": _linear,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
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
    "flatten": _reshape,
    "reshape": _reshape,
    "identity": _same,
    "dropout": _same,
    "add": _add,
    "multiply": lambda torch, layer, held: lambda x, y: x * y,
    "softmax": _softmax("Softmax", softmax_axes),
    "log_softmax": _softmax("LogSoftmax", log_softmax_axes),
}
