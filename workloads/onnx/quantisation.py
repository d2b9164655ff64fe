"""ONNX's QuantizeLinear and DequantizeLinear of activations: free layers, which give the numbers that
the file means.

Those of weights are constants, see `makers.py`: they sit on the arrays as whole numbers times their
scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workloads.onnx.arithmetic import Array
from workloads.onnx.builder import Builder, Converter, Settings
from workloads.onnx.constants import Constants
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Role

if TYPE_CHECKING:
    from onnx import NodeProto

LIMITS = {2: (0, 255), 3: (-128, 127), 4: (0, 65535), 5: (-32768, 32767), 21: (0, 15), 22: (-8, 7)}
"""Smallest and largest number of ONNX's types, by number of the type: unsigned and signed, 8, 16 and
4 bits."""
_UNSIGNED_BYTE = 2
_NOTE = "QuantizeLinear and DequantizeLinear are not counted; the chip's own converters quantise"


def _quantized(builder: Builder, node: NodeProto) -> None:
    fields = Attributes(node)
    zero = node.input[2] if len(node.input) > 2 else ""
    # Without a zero point, whose type it is, ONNX takes unsigned bytes.
    kind = builder.graph.types.get(node.output[0], 0) or fields.integer(
        "output_dtype", 0 if zero else _UNSIGNED_BYTE
    )
    if kind not in LIMITS:
        builder.refuse_values(node, f"numbers of ONNX's type {kind} are not modelled")
    low, high = LIMITS.get(kind, LIMITS[_UNSIGNED_BYTE])
    _step(builder, node, "quantize", (("low", low), ("high", high)))


def _dequantized(builder: Builder, node: NodeProto) -> None:
    _step(builder, node, "dequantize", ())


def _step(builder: Builder, node: NodeProto, function: str, settings: Settings) -> None:
    """The layer of either, with its scale and zero point."""
    builder.note(_NOTE)
    fields = Attributes(node)
    roles: dict[str, Role] = {}
    for role, tensor in zip(("scale", "zero"), node.input[1:]):
        if not tensor:
            continue
        if not builder.constant(tensor):
            raise builder.fault(
                node,
                "a scale computed at run time is not supported",
                "export with static quantisation",
            )
        roles[role] = _numbers(tensor)
    scales = builder.full(node.input[1], node)
    if fields.flag("block_size") or len(scales) > 1:
        builder.refuse_values(node, "blocked quantisation of activations is not modelled")
    elif scales and scales[0] > 1:
        value = builder.source(node.input[0], node)
        axis = builder.image_axis(value.full, value.axis, fields.integer("axis", 1), node)
        settings = (*settings, ("axis", axis))
    builder.emit(
        node, "identity", (node.input[0],), function=function, settings=settings, roles=roles
    )


def _numbers(tensor: str) -> Role:
    def read(constants: Constants) -> Array:
        return np.asarray(constants.of(tensor), np.float32)

    return read


CONVERTERS: dict[str, Converter] = {"QuantizeLinear": _quantized, "DequantizeLinear": _dequantized}
