"""ONNX Resize and Upsample: repeated elements, or an interpolation along some axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from archsim.operators.vector.resize import COORDINATES, MODES, position
from hwlib.errors import InputError
from workloads.onnx.arithmetic import Array
from workloads.onnx.builder import Builder, Converter, Settings
from workloads.onnx.constants import Constants
from workloads.onnx.moves import moved
from workloads.onnx.node import Attributes

if TYPE_CHECKING:
    from onnx import NodeProto

_ROUNDINGS: dict[str, Callable[[Array], Array]] = {
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}
_SCALES = 2
"""Number of Resize's input with the scales; of Upsample's it is the one before."""


def _scales(constants: Constants, node: NodeProto, rank: int) -> list[float]:
    """The stated scale of each axis; 1 for axes that are not named, nothing where sizes are given."""
    fields = Attributes(node)
    number = _SCALES if node.op_type == "Resize" else 1
    given = constants.input(node, number)
    if given is None or given.size == 0:
        return []
    axes = fields.integers("axes", range(rank))
    scales = [1.0] * rank
    if len(axes) != given.size:
        where = constants.graph.position(node)
        raise InputError("scales do not fit the axes", where=where, got=given.tolist())
    for axis, scale in zip(axes, given.reshape(-1)):
        scales[axis % rank] = float(scale)
    return scales


def _nearest(constants: Constants, node: NodeProto, array: Array, number: int) -> Array:
    """What a resize to the nearest element makes of an array."""
    fields = Attributes(node)
    out = constants.graph.shape(node.output[0], node)
    scales = _scales(constants, node, array.ndim)
    old = node.op_type == "Upsample"
    kind = "asymmetric" if old else fields.text("coordinate_transformation_mode", "half_pixel")
    rounding = _ROUNDINGS["floor" if old else fields.text("nearest_mode", "round_prefer_floor")]
    for axis, (size, length) in enumerate(zip(array.shape, out)):
        if size == length:
            continue
        scale = scales[axis] if scales else length / size
        x = position(kind, np.arange(length, dtype=np.float64), size, scale, length)
        array = array.take(np.clip(rounding(x), 0, size - 1).astype(np.int64), axis=axis)
    return array


def _resize(builder: Builder, node: NodeProto) -> None:
    fields = Attributes(node)
    mode = fields.text("mode", "nearest")
    kind = fields.text("coordinate_transformation_mode", "half_pixel")
    if kind not in COORDINATES:
        raise builder.fault(
            node,
            f"the coordinates {kind} are not supported",
            f"use one of {', '.join(COORDINATES)}",
        )
    if fields.flag("antialias"):
        raise builder.fault(node, "antialias is not supported", "export it without")
    if fields.text("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise builder.fault(node, "only the policy 'stretch' is supported", "state the sizes")
    for tensor in node.input[1:]:
        if tensor and not builder.constant(tensor):
            raise builder.fault(
                node, "sizes computed at run time are not supported", "export with fixed sizes"
            )
    if mode == "nearest":
        rounding = fields.text("nearest_mode", "round_prefer_floor")
        if rounding not in _ROUNDINGS:
            hint = f"use one of {', '.join(_ROUNDINGS)}"
            raise builder.fault(node, f"the rounding {rounding} is not supported", hint)
        moved("upsample", _nearest)(builder, node)
        return
    if mode not in MODES:
        hint = f"use one of nearest, {', '.join(MODES)}"
        raise builder.fault(node, f"the interpolation {mode} is not supported", hint)
    _interpolated(builder, node, fields, mode, kind)


def _interpolated(
    builder: Builder, node: NodeProto, fields: Attributes, mode: str, kind: str
) -> None:
    value = builder.source(node.input[0], node)
    out = builder.full(node.output[0], node)
    rank = len(value.full)
    if len(out) != rank:
        raise builder.fault(node, "its output shape does not follow from its input", got=out)
    settings: Settings = (
        ("mode", mode),
        ("coordinates", kind),
        ("steepness", fields.number("cubic_coeff_a", -0.75)),
        ("exclude_outside", fields.flag("exclude_outside")),
    )
    scales = _scales(builder.constants, node, rank)
    for axis in range(rank):
        if value.full[axis] == out[axis]:
            continue
        own = builder.image_axis(value.full, value.axis, axis, node)
        if scales:
            settings += ((f"scale{own}", scales[axis]),)
    builder.emit(node, "resize", (node.input[0],), settings=settings)


CONVERTERS: dict[str, Converter] = {"Resize": _resize, "Upsample": _resize}
"""By the ONNX operator's name."""
