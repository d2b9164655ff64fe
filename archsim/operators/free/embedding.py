"""Embedding: a row of a table for each index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, cannot_carry, constant
from archsim.operators.base import AXES_OWN, FREE, Operator, operator
from archsim.operators.numbers import np
from archsim.operators.sizes import Output
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


@operator("embedding", onnx={"Gather": AXES_OWN})
class Embedding(Operator):
    """The table lies in the off-chip memory, and each row that is wanted is fetched from there, as
    an image is. Nothing is computed.
    """

    kind = FREE
    moves_only = True
    fields = ("entries", "features")
    meanings = {"entries": "of `embedding`: rows of its table"}

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        entries = table.integer("entries")
        features = table.integer("features")
        settings = (("entries", entries),)
        return Output((*shapes[0], features), {"settings": settings})

    def fetched(self, layer: Layer) -> int:
        return layer.output_elements

    def carries(self, layer: Layer) -> bool:
        return "table" in layer.constants

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        if not self.carries(layer):
            raise cannot_carry(layer)
        rows = constant(layer, "table", constants)
        numbers = np.asarray(inputs[0])
        whole = np.rint(numbers).astype(np.int64)
        # Negative numbers count from the end, as ONNX has them: the half makes the bounds even.
        if not np.array_equal(whole, numbers) or (abs(whole + 0.5) > len(rows)).any():
            raise InputError(
                "not the number of a row",
                where=layer.name,
                got=[float(numbers.min()), float(numbers.max())],
                allowed=f"whole numbers from 0 to {len(rows) - 1}",
            )
        return rows[whole].reshape(layer.output_shape)
