"""Masks and choices by them, and what rounds, as parts of a PyTorch module: numbers, as here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from archsim.operators.arguments import count_of, in_their_order
from workloads.network import Layer
from workloads.written.torch_parts import Held, Part, fixed_tensors
from workloads.written.torch_units import join_of


def _where(torch: Any, layer: Layer, held: Held) -> Any:
    fixed = fixed_tensors(torch, layer, held)

    def choose(*operands: Any) -> Any:
        asked, *values = in_their_order(layer, operands, "operand", fixed.__getitem__)
        return torch.where(asked != 0, *values)

    return choose


def _comparison(torch: Any, layer: Layer, held: Held) -> Any:
    relation = str(layer.setting("relation", "equal"))
    # PyTorch's `equal` compares whole tensors.
    function = getattr(torch, "eq" if relation == "equal" else relation)
    return join_of(lambda x, y: function(x, y).float())(torch, layer, held)


def _logical(torch: Any, layer: Layer, held: Held) -> Any:
    function = getattr(torch, f"logical_{layer.setting('connective', 'and')}")
    return join_of(lambda x, y: function(x != 0, y != 0).float())(torch, layer, held)


def _short_float(torch: Any, layer: Layer, held: Held) -> Any:
    kind = getattr(torch, str(layer.setting("format", "float16")))
    return lambda x: x.to(kind).to(x.dtype)


def _step(torch: Any, layer: Layer, held: Held) -> tuple[Any, Any]:
    """Scale and zero point, broadcast to a batch of the layer's values."""
    shape = [1] * (len(layer.output_shape) + 1)
    if layer.setting("axis") is not None:
        shape[count_of(layer, "axis") + 1] = -1
    fixed = {role: torch.tensor(np.asarray(held[role], np.float32)) for role in layer.constants}
    zero = fixed.get("zero", torch.zeros(1))
    return fixed["scale"].reshape(shape), zero.reshape(shape if zero.numel() > 1 else [1])


def _quantize(torch: Any, layer: Layer, held: Held) -> Any:
    scale, zero = _step(torch, layer, held)
    low, high = count_of(layer, "low", 0), count_of(layer, "high", 255)

    def quantized(x: Any) -> Any:
        exact = x / scale
        # Errors pass as if nothing were rounded.
        whole = exact + (exact.round() - exact).detach()
        return (whole + zero).clamp(low, high)

    return quantized


def _dequantize(torch: Any, layer: Layer, held: Held) -> Any:
    scale, zero = _step(torch, layer, held)
    return lambda x: (x - zero) * scale


PARTS: Mapping[str, Part] = {
    "where": _where,
    "comparison": _comparison,
    "logical": _logical,
    "logical_not": lambda torch, layer, held: lambda x: (x == 0).float(),
    "truth": lambda torch, layer, held: lambda x: (x != 0).float(),
    "is_nan": lambda torch, layer, held: lambda x: x.isnan().float(),
    "short_float": _short_float,
    "quantize": _quantize,
    "dequantize": _dequantize,
}
