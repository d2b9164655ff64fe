"""ONNX element-wise operators and normalisations as layers of the digital vector unit.

A layer's operator says what it costs; its function, settings and constants say what it computes,
which equals ONNX's definition.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from archsim.operators.elementwise import Elementwise
from archsim.operators.free.dropout import USUAL
from archsim.operators.vector.batch_norm import EPSILON
from archsim.operators.vocabulary import FUNCTIONS
from hwlib.errors import InputError
from workloads.onnx.arithmetic import Array
from workloads.onnx.builder import Builder, Converter, Settings
from workloads.onnx.constants import Constants
from workloads.onnx.joins import broadcast_shape
from workloads.onnx.node import Attributes
from workloads.onnx.reader import Role

if TYPE_CHECKING:
    from onnx import NodeProto


def _pointwise(kind: str, function: Elementwise) -> Converter:
    """The layer of an element-wise operator, with the node's settings or else ONNX's defaults."""

    def convert(builder: Builder, node: NodeProto) -> None:
        if function.counted_as:
            builder.note(f"{kind} is counted as {function.counted_as}")
        given = Attributes(node)
        settings = {name: given.setting(name, value) for name, value in function.settings.items()}
        fault = function.check_settings(settings)
        if fault:
            raise builder.fault(node, fault, got=settings)
        builder.emit(
            node,
            function.counted_as or function.name,
            (node.input[0],),
            function=function.name if function.counted_as else "",
            settings=tuple(settings.items()),
        )

    return convert


def _slope(builder: Builder, node: NodeProto) -> None:
    """PRelu: a leaky ReLU with a slope a channel, or one an element."""
    value = builder.source(node.input[0], node)
    if not builder.constant(node.input[1]):
        raise builder.fault(
            node, "a slope computed at run time is not supported", "cut the network before it"
        )
    # A slope of more axes than the input would make the output larger, which PRelu does not do.
    if broadcast_shape((value.full, builder.full(node.input[1], node))) != value.full:
        raise builder.fault(
            node,
            "the slope does not fit the input",
            got=(builder.full(node.input[1], node), value.full),
        )
    if math.prod(builder.full(node.input[1], node)) == 1:
        alpha = _number(builder, node.input[1])
        if alpha is not None:
            settings = (("alpha", alpha),)
            builder.emit(node, "leaky_relu", (node.input[0],), settings=settings)
            return
    slope = builder.operand(node.input[1], value.full, value.axis, node)
    builder.emit(node, "leaky_relu", (node.input[0],), weight=node.input[1], roles={"alpha": slope})


def _clip(builder: Builder, node: NodeProto) -> None:
    given = Attributes(node)
    settings = {"low": -math.inf, "high": math.inf}
    roles: dict[str, Role] = {}
    for index, (name, attribute) in enumerate((("low", "min"), ("high", "max")), 1):
        if attribute in given:
            settings[name] = given.number(attribute, 0.0)
        elif len(node.input) > index and node.input[index]:
            if not builder.constant(node.input[index]):
                raise builder.fault(
                    node,
                    "bounds computed at run time are not supported",
                    "cut the network before it",
                )
            if math.prod(builder.full(node.input[index], node)) != 1:
                raise builder.fault(
                    node, "a bound is not one number", got=builder.full(node.input[index], node)
                )
            bound = _number(builder, node.input[index])
            if bound is None:
                del settings[name]
                roles[name] = _scalar(node.input[index])
            else:
                settings[name] = bound
    builder.emit(node, "clip", (node.input[0],), settings=tuple(settings.items()), roles=roles)


def _number(builder: Builder, tensor: str) -> float | None:
    """A constant of one element; None where its value is not in the file."""
    try:
        return float(builder.constants.of(tensor).reshape(()))
    except InputError:
        return None


def _scalar(tensor: str) -> Role:
    return lambda constants: constants.of(tensor).reshape(())


def _softmax(function: str) -> Converter:
    def convert(builder: Builder, node: NodeProto) -> None:
        value = builder.source(node.input[0], node)
        rank = len(value.full)
        newer = builder.graph.opset >= 13
        # Opset 13 moved the default from the first axis behind the batch to the last.
        axis = Attributes(node).integer("axis", -1 if newer else 1)
        # Before opset 13 all axes from the named one on are one.
        axes = (axis,) if newer else tuple(range(axis % rank if rank else 0, rank))
        settings: Settings = ()
        try:
            positions = tuple(
                builder.image_axis(value.full, value.axis, item, node) for item in axes
            )
            settings = (("axes", positions),)
        except ValueError:
            builder.refuse_values(node, "a softmax over the images of a batch")
        if function:
            builder.note("LogSoftmax is counted as softmax")
        builder.emit(node, "softmax", (node.input[0],), function=function, settings=settings)

    return convert


def _batch_norm(builder: Builder, node: NodeProto) -> None:
    fields = Attributes(node)
    for tensor in node.input[1:5]:
        builder.weight_shape(tensor, node)
    if fields.flag("training_mode"):
        builder.refuse_values(
            node,
            "it is exported in training mode: its output depends on the other images of the batch",
        )
    if not fields.flag("spatial", True):
        builder.refuse_values(node, "statistics of each element are not modelled")
    value = builder.source(node.input[0], node)
    # ONNX's channels are always axis 1.
    channels = value.full[1] if len(value.full) > 1 else 1
    for tensor in node.input[1:5]:
        if math.prod(builder.full(tensor, node)) != channels:
            raise builder.fault(
                node, "a parameter is not one number a channel", got=builder.full(tensor, node)
            )
    settings: Settings = ()
    if len(value.full) > 1:
        settings = (("axis", builder.image_axis(value.full, value.axis, 1, node)),)
    epsilon = fields.number("epsilon", 1e-5)
    scale, shift, mean, variance = node.input[1:5]

    def factor(constants: Constants) -> Array:
        # Worked out in float64, as scale and shift are then used for every element.
        deviation = np.sqrt(constants.of(variance).astype(np.float64) + epsilon)
        return np.asarray(constants.of(scale).astype(np.float64) / deviation)

    roles: dict[str, Role] = {
        "scale": factor,
        "shift": lambda constants: constants.of(shift) - constants.of(mean) * factor(constants),
    }
    name = builder.emit(
        node, "batch_norm", (node.input[0],), weight=scale, settings=settings, roles=roles
    )
    # No constants of the layer, which has them in scale and shift: what a training goes on from.
    builder.tensors[name] = {
        **roles,
        "mean": lambda constants: constants.of(mean),
        "variance": lambda constants: constants.of(variance) + (epsilon - EPSILON),
    }


def _power(builder: Builder, node: NodeProto) -> None:
    """Pow with one constant exponent."""
    exponent = node.input[1]
    if not builder.constant(exponent):
        raise builder.fault(
            node, "an exponent computed at run time is not supported", "cut the network before it"
        )
    values = builder.constants.of(exponent)
    if values.size != 1:
        raise builder.fault(node, "the exponent is not one number", got=values.shape)
    settings: Settings = (("exponent", float(values.reshape(-1)[0])),)
    builder.emit(node, "power", (node.input[0],), settings=settings)


def _dropout(builder: Builder, node: NodeProto) -> None:
    # The third input says whether it trains. Here that is said by the command, but for a file that
    # works it out.
    if len(node.input) > 2 and node.input[2] and not builder.constant(node.input[2]):
        builder.refuse_values(node, "it may be exported in training mode")
    rate = _ratio(builder, node)
    if not 0 <= rate < 1:
        raise builder.fault(node, "the ratio must be 0 or more and below 1", got=rate)
    builder.emit(node, "dropout", (node.input[0],), settings=(("rate", rate),))


def _ratio(builder: Builder, node: NodeProto) -> float:
    """The share that is dropped: an attribute before opset 12, then an input."""
    if len(node.input) < 2 or not node.input[1]:
        return Attributes(node).number("ratio", USUAL)
    ratio = builder.constants.of(node.input[1])
    if ratio.size != 1:
        raise builder.fault(node, "the ratio is not one number", got=ratio.shape)
    # Its shortest decimal number, as the file's author wrote it.
    return float(str(np.float32(ratio.reshape(-1)[0])))


def _response_norm(builder: Builder, node: NodeProto) -> None:
    fields = Attributes(node)
    size = fields.integer("size", 1)
    if size < 1:
        raise builder.fault(node, "size must be 1 or more", got=size)
    value = builder.source(node.input[0], node)
    if len(value.full) < 3 or builder.image_axis(value.full, value.axis, 1, node):
        raise builder.fault(node, "needs an input of (batch, channels, positions)", got=value.full)
    settings = tuple(
        (name, fields.number(name, default))
        for name, default in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0))
    )
    builder.emit(node, "local_response_norm", (node.input[0],), kernel=(size, 1), settings=settings)


def _hard_swish(builder: Builder, node: NodeProto) -> None:
    """x times clip(x / 6 + 1/2): a clip and a product."""
    value = builder.source(node.input[0], node)
    gate = builder.add(
        builder.name_for(node, "clip", suffix="_gate"),
        "clip",
        (value.layer,),
        builder.layers[value.layer].output_shape,
        node,
        function="hard_sigmoid",
        settings=(("alpha", 1 / 6), ("beta", 0.5)),
    )
    name = builder.emit(node, "multiply", (node.input[0],))
    shape = builder.layers[name].output_shape
    # Emitted with one input, as the node has one; the gate comes from a layer of ours.
    builder.replace(name, inputs=(value.layer, gate), input_shapes=(shape, shape))


CONVERTERS: dict[str, Converter] = {
    **{
        kind: _pointwise(kind, function)
        for function in FUNCTIONS.values()
        if isinstance(function, Elementwise)
        for kind in function.onnx
    },
    "Pow": _power,
    "PRelu": _slope,
    "Clip": _clip,
    "Softmax": _softmax(""),
    "LogSoftmax": _softmax("log_softmax"),
    "BatchNormalization": _batch_norm,
    "Dropout": _dropout,
    "LRN": _response_norm,
    "HardSwish": _hard_swish,
}
