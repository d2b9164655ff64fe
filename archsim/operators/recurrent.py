"""What recurrent operators have in common: each read needs the state that the one before gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from archsim.operators.arguments import cannot_carry
from archsim.operators.base import RecurrentKernel, TrainingRow
from archsim.operators.numbers import np
from archsim.operators.on_array import OnArray
from archsim.operators.shapes import need_rank
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer

State: TypeAlias = "tuple[np.ndarray, ...]"
"""What a cell keeps from one step to the next, each (images, hidden); the first is its output."""
ReadStep: TypeAlias = "Callable[[np.ndarray, int], np.ndarray]"
"""The array's outputs (images, columns), bias included, for input vectors (images, rows) and the
number of the step in the order of the reads."""


class Recurrent(OnArray):
    """One vector a time step. A layer with the setting `reverse` begins with the last one."""

    fields = ("hidden", "bias", "shares")
    sequential = True
    cell: ClassVar[RecurrentKernel]
    """What a training does after each read."""

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        need_rank(shapes[0], 2, table.where, "(time steps, features)")
        hidden = table.integer("hidden")
        return Output((shapes[0][0], hidden), {"hidden": hidden, "bias": table.flag("bias")})

    def fresh_inputs(self, layer: Layer) -> float:
        return layer.input_shapes[0][-1]  # the state stays in the tile's input register

    def error_sums(self, layer: Layer) -> int:
        # The error of the state joins that of the output before.
        return layer.hidden * layer.matrix.vectors

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        cell = self.cell
        steps = layer.output_shape[0]
        # a step's numbers, the cells before and after each, the errors of the state and the cells
        numbers = steps * cell.kept + (steps + 1) * cell.cells + 1 + cell.cells
        window = (int(cell.driven), cell.cells, cell.kept, int(bool(layer.setting("reverse"))))
        return (TrainingRow(cell, kept=layer.hidden * numbers, window=window),)

    def vectors(self, layer: Layer, values: np.ndarray, steps: slice) -> np.ndarray:
        raise cannot_carry(layer)  # its vectors hold states that are not computed yet

    def start(self, layer: Layer, images: int) -> State:
        """The state before the first step: zero."""
        return (np.zeros((images, layer.hidden), np.float32),)

    def driven(self, features: np.ndarray, state: State) -> np.ndarray:
        """The input vectors (images, rows) of a step: features, then the output of the step before."""
        return np.concatenate([features, state[0]], axis=1)

    def after(self, raw: np.ndarray, features: np.ndarray, state: State) -> State:
        """The state after a step.

        Args:
            raw: the array's outputs, (images, columns), bias included.
            features: the input of the step, (images, features).
            state: before the step.
        """
        raise NotImplementedError

    def position(self, layer: Layer, step: int) -> int:
        """Which row of the input, and of the output, a step works on."""
        return layer.output_shape[0] - 1 - step if layer.setting("reverse") else step

    def scan(self, layer: Layer, values: np.ndarray, read: ReadStep) -> np.ndarray:
        """The layer's outputs (images, steps, hidden), one read of its array after the other.

        Args:
            layer: its sizes.
            values: its inputs, (images, steps, features).
            read: gives what the array gives.
        """
        state = self.start(layer, len(values))
        outputs = np.empty((len(values), *layer.output_shape), np.float32)
        for step in range(layer.output_shape[0]):
            position = self.position(layer, step)
            features = values[:, position]
            state = self.after(read(self.driven(features, state), step), features, state)
            outputs[:, position] = state[0]
        return outputs
