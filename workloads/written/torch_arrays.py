"""Layers with weights, and transposed convolutions, as parts of a PyTorch module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hwlib.errors import InputError
from workloads.network import Layer
from workloads.written.onnx_recurrent import cell_weights
from workloads.written.torch_parts import Held, Part, parameter


def _conv2d(torch: Any, layer: Layer, held: Held) -> Any:
    top, left, bottom, right = layer.padding
    even = (top, left) == (bottom, right)
    channels = layer.input_shapes[0][0]
    outputs = layer.output_shape[0]
    part = torch.nn.Conv2d(
        channels,
        outputs,
        layer.kernel,
        layer.stride,
        (top, left) if even else 0,
        layer.dilation,
        layer.groups,
        layer.bias,
    )
    part.weight = parameter(torch, held["weights"].reshape(part.weight.shape))
    if layer.bias:
        part.bias = parameter(torch, held["bias"])
    if even:
        return part
    # PyTorch's convolution pads both ends alike.
    return torch.nn.Sequential(torch.nn.ZeroPad2d((left, right, top, bottom)), part)


def _linear(torch: Any, layer: Layer, held: Held) -> Any:
    rows, columns = layer.input_shapes[0][-1], layer.output_shape[-1]
    part = torch.nn.Linear(rows, columns, layer.bias)
    part.weight = parameter(torch, held["weights"].reshape(columns, rows))
    if layer.bias:
        part.bias = parameter(torch, held["bias"])
    return part


def turned_convolution(
    torch: Any, layer: Layer, product: Layer | None, values: Mapping[str, Held]
) -> Any:
    """A transposed convolution: with the weights of the product that makes its windows, or with ones
    that take the windows as they are.

    Args:
        torch: the package.
        layer: a `fold`.
        product: that it takes as its own.
        values: of all layers.

    Raises:
        InputError: where PyTorch leaves out as much at either end alone.
    """
    channels = layer.output_shape[0]
    lines, *size = layer.input_shapes[0]
    top, left = layer.padding[:2]
    more = []
    for axis, before in enumerate((top, left)):
        reach = (size[axis] - 1) * layer.stride[axis]
        reach += layer.dilation[axis] * (layer.kernel[axis] - 1) + 1
        more.append(layer.output_shape[1 + axis] - (reach - 2 * before))
    allowed = [max(pair) for pair in zip(layer.stride, layer.dilation)]
    if any(not 0 <= extra < most for extra, most in zip(more, allowed)):
        raise InputError("uneven padding has no part in PyTorch here", where=layer.name)
    groups = product.groups if product else 1
    weights = np.eye(lines, dtype=np.float32)[None]
    if product:
        weights = np.asarray(values[product.name]["weights"])
        weights = weights.reshape(groups, lines // groups, -1)
    turned = weights.transpose(0, 2, 1).reshape(-1, channels // groups, *layer.kernel)
    part = torch.nn.ConvTranspose2d(
        len(turned),
        channels,
        layer.kernel,
        layer.stride,
        (top, left),
        tuple(more),
        groups,
        False,
        layer.dilation,
    )
    part.weight = parameter(torch, turned)
    return part


def cell(torch: Any, layer: Layer, product: Layer | None, values: Mapping[str, Held]) -> Any:
    """A recurrent layer; arguments as `turned_convolution`."""
    weights = cell_weights(lambda of, role: np.asarray(values[of.name][role]), layer, product)
    inputs = weights.features.shape[1]
    part = getattr(torch.nn, layer.operator.upper())(inputs, layer.hidden, batch_first=True)
    order = _GATES[layer.operator]

    def turned(held: np.ndarray) -> Any:
        gates = np.split(held, len(order))
        return parameter(torch, np.concatenate([gates[number] for number in order]))

    part.weight_ih_l0, part.weight_hh_l0 = turned(weights.features), turned(weights.states)
    part.bias_ih_l0, part.bias_hh_l0 = turned(weights.feature_bias), turned(weights.state_bias)
    reverse = bool(layer.setting("reverse"))

    class States(torch.nn.Module):  # type: ignore[misc]  # the package has no types here
        """The state of every step."""

        def __init__(self) -> None:
            super().__init__()
            self.cell = part

        def forward(self, x: Any) -> Any:
            # PyTorch reads backwards only beside a forward cell: the steps are turned instead.
            states = self.cell(x.flip(1) if reverse else x)[0]
            return states.flip(1) if reverse else states

    return States()


_GATES = {"lstm": (0, 1, 2, 3), "gru": (1, 0, 2), "rnn": (0,)}
"""PyTorch's gates by our numbers."""
PARTS: Mapping[str, Part] = {"conv2d": _conv2d, "linear": _linear, "memory_linear": _linear}
WITH_PRODUCTS: Mapping[str, Part] = {"fold": turned_convolution, **dict.fromkeys(_GATES, cell)}
"""Of layers that may take a product as their own: (torch, layer, product, values) -> the part."""
