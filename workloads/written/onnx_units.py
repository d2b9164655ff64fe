"""What the vector unit computes, as ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from archsim.operators.arguments import axes_of, count_of, in_their_order, number_of
from archsim.operators.vector.batch_norm import EPSILON
from archsim.operators.vector.log_softmax import log_softmax_axes
from archsim.operators.vector.reduce import KINDS
from archsim.operators.vector.resize import Resize
from archsim.operators.vector.softmax import softmax_axes
from archsim.operators.vocabulary import FUNCTIONS
from workloads.network import Layer
from workloads.written.onnx_graph import OnnxWriting, Write


def _clip(graph: OnnxWriting, layer: Layer) -> None:
    ends = [
        graph.constant(layer, name, np.array(number_of(layer, name, usual), np.float32))
        for name, usual in (("low", 0.0), ("high", 6.0))
    ]
    graph.node(layer, "Clip", [*layer.inputs, *ends])


def window_of(layer: Layer) -> dict[str, Any]:
    """Attributes of a window that slides over a map."""
    return {
        "kernel_shape": layer.kernel,
        "strides": layer.stride,
        "pads": layer.padding,
        "dilations": layer.dilation,
    }


def _pool(kind: str) -> Write:
    def write(graph: OnnxWriting, layer: Layer) -> None:
        words = window_of(layer)
        if kind == "AveragePool":
            words["count_include_pad"] = int(bool(layer.setting("count_include_pad", False)))
            if words["dilations"] == (1, 1):
                del words["dilations"]  # a word of later versions
        graph.node(layer, kind, [*layer.inputs], **words)

    return write


def _plain(kind: str) -> Write:
    return lambda graph, layer: graph.node(layer, kind, [*layer.inputs])


def _truncate(graph: OnnxWriting, layer: Layer) -> None:
    # ONNX has no word for it but that of a whole number and back.
    whole = graph.step(layer, "Cast", [*layer.inputs], "whole", to=_INT64)
    graph.node(layer, "Cast", [whole], to=_FLOAT)


def _of_rank(graph: OnnxWriting, layer: Layer, name: str, shape: tuple[int, ...], rank: int) -> str:
    """An operand with as many axes as the output, so that the batch stands first in all."""
    if len(shape) == rank:
        return name
    sizes = np.array([-1, *(1,) * (rank - len(shape)), *shape], np.int64)
    wanted = graph.constant(layer, f"{name}.shape", sizes)
    return graph.step(layer, "Reshape", [name, wanted], f"{name}.operand")


def batch_norm_numbers(
    layer: Layer, held: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], float]:
    """Scale, shift, mean and variance of a batch normalisation, in the order of ONNX, and what is added
    to the variance: with the statistics of a training where the layer holds them.
    """
    roles = ("scale", "shift", "mean", "variance")
    if "mean" in held and "variance" in held:
        kind = FUNCTIONS["batch_norm"]
        return dict(zip(roles, np.split(kind.unfolded(layer, held), 4))), EPSILON
    scale, shift = held["scale"], held["shift"]
    # The statistics are in scale and shift: mean 0, variance 1, epsilon 0.
    return dict(zip(roles, (scale, shift, 0 * scale, 0 * scale + 1))), 0.0


def of_ranks(graph: OnnxWriting, layer: Layer) -> list[str]:
    """The inputs of a layer, each by `_of_rank`."""
    rank = len(layer.output_shape)
    shapes = zip(layer.inputs, layer.input_shapes)
    return [_of_rank(graph, layer, name, shape, rank) for name, shape in shapes]


def own_constants(graph: OnnxWriting, layer: Layer) -> Callable[[str], str]:
    """Constants of a layer, by role."""
    return lambda role: graph.constant(layer, role, graph.held(layer, role))


def _join(kind: str) -> Write:
    def write(graph: OnnxWriting, layer: Layer) -> None:
        inputs = of_ranks(graph, layer)
        first, *others = in_their_order(layer, inputs, "operand", own_constants(graph, layer))
        # Some of ONNX's take two operands, no more.
        for number, other in enumerate(others[:-1] if kind in _OF_TWO else ()):
            first = graph.step(layer, kind, [first, other], f"first_{number + 2}")
        rest = others[-1:] if kind in _OF_TWO else others
        graph.node(layer, kind, [first, *rest])

    return write


_OF_TWO = ("Add", "Sub", "Mul", "Div")


def _resize(graph: OnnxWriting, layer: Layer) -> None:
    kind = FUNCTIONS["resize"]
    assert isinstance(kind, Resize)
    axes = kind.changed(layer)
    if not axes:
        graph.node(layer, "Identity", [*layer.inputs])
        return
    graph.needs(19)  # sizes of some axes alone from 18, all kinds of coordinates from 19 on
    words: dict[str, Any] = {
        "mode": str(layer.setting("mode", "linear")),
        "coordinate_transformation_mode": str(layer.setting("coordinates", "half_pixel")),
        "cubic_coeff_a": number_of(layer, "steepness", -0.75),
        "exclude_outside": int(bool(layer.setting("exclude_outside", False))),
    }
    # A stated scale counts, whatever the sizes come to.
    stated = [layer.setting(f"scale{axis}") for axis in axes]
    if None in stated:
        sizes = np.array([layer.output_shape[axis] for axis in axes], np.int64)
        inputs = ["", "", graph.constant(layer, "sizes", sizes)]
    else:
        inputs = ["", graph.constant(layer, "scales", np.array(stated, np.float32))]
    words["axes"] = [axis + 1 for axis in axes]
    graph.node(layer, "Resize", [*layer.inputs, *inputs], **words)


def _running_sum(graph: OnnxWriting, layer: Layer) -> None:
    flags = {name: int(bool(layer.setting(name, False))) for name in ("exclusive", "reverse")}
    axis = graph.constant(layer, "axis", np.array(count_of(layer, "axis") + 1, np.int64))
    graph.node(layer, "CumSum", [*layer.inputs, axis], **flags)


def _local_response_norm(graph: OnnxWriting, layer: Layer) -> None:
    usual = {"alpha": 1e-4, "beta": 0.75, "bias": 1.0}
    words = {name: number_of(layer, name, value) for name, value in usual.items()}
    graph.node(layer, "LRN", [*layer.inputs], size=layer.kernel[0], **words)


def _batch_norm(graph: OnnxWriting, layer: Layer) -> None:
    needed = {role: graph.held(layer, role) for role in ("scale", "shift")}
    held = {**graph.tensors.get(layer.shares or layer.name, {}), **needed}
    numbers, epsilon = batch_norm_numbers(layer, held)
    inputs = [graph.constant(layer, role, values) for role, values in numbers.items()]
    graph.node(layer, "BatchNormalization", [*layer.inputs, *inputs], epsilon=epsilon)


# Types of elements, in the numbers of ONNX
def _power(graph: OnnxWriting, layer: Layer) -> None:
    exponent = np.array(number_of(layer, "exponent", 2.0), np.float32)
    graph.node(layer, "Pow", [*layer.inputs, graph.constant(layer, "exponent", exponent)])


def _reduce(graph: OnnxWriting, layer: Layer) -> None:
    graph.needs(18)  # from which on all of them take their axes as an input
    axes = axes_of(layer, (len(layer.input_shapes[0]) - 1,))
    held = graph.constant(layer, "axes", np.array([axis + 1 for axis in axes], np.int64))
    kind = KINDS[str(layer.setting("kind", "sum"))].onnx
    graph.node(layer, kind, [*layer.inputs, held], keepdims=1)


_FLOAT = 1
_INT64 = 7
_USUAL = {"scale": 1.0, "shift": 0.0}


def _word(graph: OnnxWriting, layer: Layer, role: str, shape: tuple[int, ...]) -> str:
    """The name of a constant of this shape: what the layer holds, or what changes nothing."""
    held = role in layer.constants
    values = graph.held(layer, role) if held else np.full(shape, _USUAL[role], np.float32)
    return graph.constant(layer, role, values.reshape(shape))


def _layer_norm(graph: OnnxWriting, layer: Layer) -> None:
    axis = count_of(layer, "axis", len(layer.output_shape) - 1)
    shape = layer.output_shape[axis:]
    inputs = [*layer.inputs, _word(graph, layer, "scale", shape)]
    if "shift" in layer.constants:
        inputs.append(_word(graph, layer, "shift", shape))
    epsilon = number_of(layer, "epsilon", 1e-5)
    graph.node(layer, "LayerNormalization", inputs, axis=axis + 1, epsilon=epsilon)


def _softmax(kind: str, axes: Callable[[Layer], tuple[int, ...]]) -> Write:
    def write(graph: OnnxWriting, layer: Layer) -> None:
        (axis,) = axes(layer)
        rank = len(layer.output_shape)
        graph.node(layer, kind, [*layer.inputs], axis=axis % rank + 1)

    return write


def _group_norm(graph: OnnxWriting, layer: Layer) -> None:
    graph.needs(21)  # before it had one scale a group
    channels = layer.output_shape[0]
    inputs = [*layer.inputs]
    inputs += [_word(graph, layer, role, (channels,)) for role in _USUAL]
    groups = count_of(layer, "groups", 1)
    epsilon = number_of(layer, "epsilon", 1e-5)
    graph.node(layer, "GroupNormalization", inputs, num_groups=groups, epsilon=epsilon)


def _rms_norm(graph: OnnxWriting, layer: Layer) -> None:
    graph.needs(23)
    axis = count_of(layer, "axis", len(layer.output_shape) - 1)
    shape = layer.output_shape[axis:]
    inputs = [*layer.inputs, _word(graph, layer, "scale", shape)]
    epsilon = number_of(layer, "epsilon", 1e-5)
    words = {"axis": axis + 1, "epsilon": epsilon}
    if "shift" not in layer.constants:
        graph.node(layer, "RMSNormalization", inputs, **words)
        return
    scaled = graph.step(layer, "RMSNormalization", inputs, "scaled", **words)
    graph.node(layer, "Add", [scaled, _word(graph, layer, "shift", shape)])


WRITERS: Mapping[str, Write] = {
    "clip": _clip,
    "truncate": _truncate,
    "max_pool": _pool("MaxPool"),
    "average_pool": _pool("AveragePool"),
    "global_average_pool": _plain("GlobalAveragePool"),
    "global_max_pool": _plain("GlobalMaxPool"),
    "resize": _resize,
    "running_sum": _running_sum,
    "local_response_norm": _local_response_norm,
    "add": _join("Add"),
    "multiply": _join("Mul"),
    "subtract": _join("Sub"),
    "divide": _join("Div"),
    "quotient": _join("Div"),
    "power": _power,
    "reduce": _reduce,
    "maximum": _join("Max"),
    "minimum": _join("Min"),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "rms_norm": _rms_norm,
    "softmax": _softmax("Softmax", softmax_axes),
    "log_softmax": _softmax("LogSoftmax", log_softmax_axes),
    "matmul": _plain("MatMul"),
}
