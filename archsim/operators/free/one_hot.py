"""Numbers of rows as vectors with a single one: what reads a table that stands on an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, count_of
from archsim.operators.base import FREE, Kernel, Operator, TrainingRow, operator
from archsim.operators.free.embedding import row_of
from archsim.operators.numbers import np
from archsim.operators.sizes import Output
from hwlib.errors import InputError

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


def single_ones(inputs, outputs, window, kept):
    """`window`: how many rows there are. What is the number of none gives no number."""
    entries = window[0]
    outputs[:] = np.float32(0.0)
    for k in range(inputs.shape[0]):
        row = row_of(inputs[k], entries)
        if row >= 0:
            outputs[k * entries + row] = np.float32(1.0)
        else:
            outputs[k * entries : (k + 1) * entries] = np.float32(np.nan)


def no_error(inputs, outputs, kept, errors, input_errors, window):
    """A number of a row has no error."""
    return


ONES = Kernel("single ones", single_ones, no_error)


@operator("one_hot")
class OneHot(Operator):
    """A vector of `entries` values for each number, zero but for a one at its place."""

    kind = FREE
    moves_only = True
    takes_numbers = True
    fields = ("entries",)
    kernels = (ONES,)
    trains = "one_hot of the network's input"

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        entries = table.integer("entries")
        return Output((*shapes[0], entries), {"settings": (("entries", entries),)})

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        entries = count_of(layer, "entries")
        numbers = np.asarray(inputs[0])
        whole = np.rint(numbers).astype(np.int64)
        if not np.array_equal(whole, numbers) or (abs(whole + 0.5) > entries).any():
            raise InputError(
                "not the number of a row",
                where=layer.name,
                got=[float(numbers.min()), float(numbers.max())],
                allowed=f"whole numbers from 0 to {entries - 1}",
            )
        rows: np.ndarray = np.eye(entries, dtype=np.float32)[whole]
        return rows.reshape(layer.output_shape)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        return (TrainingRow(ONES, window=(count_of(layer, "entries"),)),)
