"""Sums of all elements up to each, along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, count_of
from archsim.operators.base import Operator, TrainingRow, operator
from archsim.operators.kernels import LayerKernel
from archsim.operators.numbers import np
from archsim.operators.sizes import Output
from archsim.operators.strides import along

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def run_along(values, sums, window, backwards):
    """Add the sums of `values` up to each to `sums`, from the last where `backwards`. `window`: sets
    before the axis, its size, sets behind it, whether a sum stops before its own element.
    """
    size = window[1]
    inner = window[2]
    for o in range(window[0]):
        for i in range(inner):
            total = np.float32(0.0)
            for k in range(size):
                at = size - 1 - k if backwards else k
                here = (o * size + at) * inner + i
                if window[3] > 0:
                    sums[here] += total
                total += values[here]
                if window[3] == 0:
                    sums[here] += total


def sum_up(data, window):
    """`window`: as `run_along`, then whether sums begin at the end."""
    data.outputs[:] = np.float32(0.0)
    run_along(data.first, data.outputs, window, window[4] > 0)


def sum_up_back(data, window):
    """An element is in the sums of all behind it: the same from the other end."""
    run_along(data.errors, data.first_errors, window, window[4] == 0)


SUMS = LayerKernel("running sums", sum_up, sum_up_back)


@operator("running_sum", onnx="CumSum")
class RunningSum(Operator):
    """Each lane keeps its sum, so that a step is one addition."""

    fields = ("axis", "exclusive", "reverse")
    kernels = (SUMS,)
    meanings = {
        "exclusive": "of `running_sum`: each sum stops before its own element",
        "reverse": "of `running_sum`: sums begin at the last element",
    }

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        axis = table.axis("axis", len(shapes[0]), 0)
        flags = (("exclusive", table.flag("exclusive")), ("reverse", table.flag("reverse")))
        return Output(shapes[0], {"settings": (("axis", axis), *flags)})

    def forward_work(self, layer: Layer) -> Work:
        return {"add": layer.output_elements}

    def backward_work(self, layer: Layer) -> Work:
        # an element is in the sums of all behind it: the same from the other end
        return {"add": layer.output_elements}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        axis = count_of(layer, "axis")
        backwards = bool(layer.setting("reverse", False))
        x = np.flip(inputs[0], axis) if backwards else inputs[0]
        total = np.cumsum(x, axis, dtype=x.dtype)
        if layer.setting("exclusive", False):
            total = total - x
        return np.flip(total, axis) if backwards else total

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        flags = (int(bool(layer.setting(name, False))) for name in ("exclusive", "reverse"))
        window = (*along(layer.output_shape, count_of(layer, "axis")), *flags)
        return (TrainingRow(SUMS, window=window),)
