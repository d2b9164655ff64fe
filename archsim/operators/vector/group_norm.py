"""Group normalisation (Wu & He 2018, arXiv 1803.08494): over the positions of a group of channels.

With a group a channel it is instance normalisation (Ulyanov et al. 2016, arXiv 1607.08022).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archsim.operators.arguments import number_of
from archsim.operators.base import BATCH_FIRST, operator
from archsim.operators.normalisation import Normalisation, Scales
from archsim.operators.numbers import np
from archsim.operators.sizes import Output
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator(
    "group_norm", onnx={"GroupNormalization": BATCH_FIRST, "InstanceNormalization": BATCH_FIRST}
)
class GroupNorm(Normalisation):
    """Mean 0 and variance 1 over the channels of a group and all their positions."""

    fields = ("groups",)

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        groups = table.integer("groups", 1)
        if shapes[0][0] % groups:
            raise InputError(
                "the channels do not divide into groups",
                where=f"{table.where}.groups",
                got=groups,
                allowed=f"a divisor of {shapes[0][0]}",
            )
        return Output(shapes[0], {"settings": (("groups", groups),)})

    def sets(self, layer: Layer) -> int:
        return int(number_of(layer, "groups", 1))

    def split(self, layer: Layer, x: np.ndarray) -> np.ndarray:
        return x.reshape(self.sets(layer), -1)

    def scales(self, layer: Layer) -> Scales:
        channels, *positions = layer.output_shape
        return Scales((channels, *(1 for _ in positions)), math.prod(positions))
