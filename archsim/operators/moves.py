"""What operators that cost nothing have in common: elements keep their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, number_of
from archsim.operators.base import FREE, Operator
from archsim.operators.numbers import np

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from workloads.network import Layer


class Passes(Operator):
    """All elements in their order."""

    kind = FREE
    moves_only = True

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        return inputs[0].reshape(layer.output_shape)


class Renames(Passes):
    """Its output lies where its input lies, in a training too."""

    renames = True


class Moves(Operator):
    """Elements elsewhere: as its settings say, or by the constant "index" of an imported file,
    which gives for each output element its number in the input, and -1 where it is filled.
    """

    kind = FREE
    moves_only = True

    def moved(self, layer: Layer, values: np.ndarray) -> np.ndarray:
        """The output by the layer's settings."""
        raise NotImplementedError

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        if "index" not in constants:
            return self.moved(layer, inputs[0])
        numbers = constants["index"]
        taken = inputs[0].reshape(-1)[np.maximum(numbers, 0)]
        fill = constants.get("fill", number_of(layer, "fill", 0.0))
        return np.where(numbers < 0, fill, taken).reshape(layer.output_shape)
