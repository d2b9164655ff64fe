"""Sums of all elements up to each, along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, count_of
from archsim.operators.base import Operator, operator
from archsim.operators.numbers import np
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("running_sum", onnx="CumSum")
class RunningSum(Operator):
    """Each lane keeps its sum, so that a step is one addition."""

    fields = ("axis", "exclusive", "reverse")
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
