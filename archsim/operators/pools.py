"""What pooling operators have in common: the window over an image, and the work of a mean or of a
largest value.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from archsim.operators.arguments import Work
from archsim.operators.base import IMAGE, Operator, TrainingRow
from archsim.operators.shapes import need_rank
from archsim.operators.sizes import Output, Rows
from archsim.operators.windows import WINDOW_FIELDS, infer_window, window_numbers
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


class Pool(Operator):
    """A window that slides over each channel by itself."""

    fields: ClassVar[tuple[str, ...]] = WINDOW_FIELDS
    streams = True
    pools = True
    sliding = True
    keeps_winners = False
    """Its backward cycle needs to know which value of each window was taken."""

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 3, table.where, IMAGE)
        kernel = table.pair("kernel")
        size, fields = infer_window(table, shapes[0], kernel)
        dilation = fields["dilation"]
        padding = fields["padding"]
        for axis, name in enumerate(("height", "width")):
            reach = dilation[axis] * (kernel[axis] - 1) + 1
            if max(padding[axis], padding[axis + 2]) >= reach:
                raise InputError(
                    f"a window would lie in the padding alone, as its {name} is {reach}",
                    where=f"{table.where}.padding",
                    got=padding,
                    allowed=f"less than {reach}",
                )
        if "count_include_pad" in table.values:
            fields["settings"] = (("count_include_pad", table.flag("count_include_pad")),)
        return Output((shapes[0][0], *size), fields)

    def cells(self, layer: Layer) -> int:
        """Values under one window."""
        return layer.kernel[0] * layer.kernel[1]

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        (kernel,) = self.kernels
        kept = math.prod(layer.output_shape) if self.keeps_winners else 0
        return (TrainingRow(kernel, window=window_numbers(layer), kept=kept),)


class GlobalPool(Pool):
    """One window, the whole image."""

    fields = ()
    sliding = False

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 3, table.where, IMAGE)
        return Output((shapes[0][0], 1, 1), {"kernel": shapes[0][1:]})

    def cells(self, layer: Layer) -> int:
        return math.prod(layer.input_shapes[0][1:])

    def rows(self, layer: Layer) -> Rows:
        shape = layer.input_shapes[0]
        return Rows(shape[1] if len(shape) == 3 else 1, 1, 0)


class LargestWork(Pool):
    """Work of the largest value of each window."""

    def forward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements * (self.cells(layer) - 1)}

    def backward_work(self, layer: Layer) -> Work:
        # route to the remembered winner
        return {"compare": layer.output_elements * self.cells(layer)}

    def mask_bits(self, layer: Layer) -> int:
        return layer.output_elements * math.ceil(math.log2(self.cells(layer)))


class AverageWork(Pool):
    """Work of the mean of each window."""

    def forward_work(self, layer: Layer) -> Work:
        n = layer.output_elements
        return {"add": n * (self.cells(layer) - 1), "multiply": n}

    def backward_work(self, layer: Layer) -> Work:
        return {"multiply": layer.input_elements}
