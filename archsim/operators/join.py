"""What the element-wise joins of several operands have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from archsim.operators.arguments import Tensors, Work, constant, is_trained, operands, words_shape
from archsim.operators.base import Operator
from archsim.operators.kernels import TrainingRow, WordCounts
from archsim.operators.numbers import np
from archsim.operators.pairs import JoinKernels, training_of_join
from archsim.operators.shapes import broadcast
from archsim.operators.sizes import Output

if TYPE_CHECKING:
    # For types only: a layer asks its operator, which looks at the layer's sizes.
    from archsim.operators.shapes import Shape
    from archsim.readers.table import Table
    from workloads.network import Layer


class Join(Operator):
    """Operands broadcast to each other; constant ones have the roles operand0, operand1, ... A
    layer with one input has a constant second operand.
    """

    trained: ClassVar[JoinKernels | None] = None
    """How a join of two operands trains, one of which may be a constant."""

    def __init_subclass__(cls) -> None:
        if cls.trained is not None:
            cls.kernels = (*vars(cls).get("kernels", ()), *cls.trained.made())
            cls.trains_constants = True

    def joined(self, layer: Layer) -> JoinKernels | None:
        """How a layer trains: as its settings say, where there are several ways."""
        return self.trained

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        """The operation of two operands."""
        raise NotImplementedError

    def infer(self, table: Table, shapes: tuple[Shape, ...]) -> Output:
        return Output(broadcast(shapes, table.where))

    def roles(self, layer: Layer) -> tuple[str, ...]:
        if len(layer.inputs) == 1 and not layer.constants:
            return ("operand1",)
        return layer.constants

    def constant_shapes(self, layer: Layer) -> Mapping[str, Shape]:
        return dict.fromkeys(layer.roles, words_shape(layer)) if is_trained(layer) else {}

    def words(self, layer: Layer) -> WordCounts:
        return WordCounts(math.prod(words_shape(layer)) if is_trained(layer) else 0)

    def words_work(self, layer: Layer, errors: int) -> Work:
        # to the gradients; what is added is that of the way back
        return {"add": errors * layer.output_elements} if self.words(layer).trained else {}

    def constant_words(self, layer: Layer, held: Tensors) -> np.ndarray | None:
        if self.joined(layer) is None or not layer.roles or is_trained(layer):
            return None
        shape = layer.output_shape
        values = [constant(layer, role, held) for role in _in_order(layer)]
        return np.concatenate([np.ravel(np.broadcast_to(value, shape)) for value in values])

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        if self.joined(layer) is None or not layer.roles:
            return {}
        if is_trained(layer):
            return {role: words.reshape(words_shape(layer)).copy() for role in layer.roles}
        parts = words.reshape(len(layer.roles), *layer.output_shape)
        return {role: part.copy() for role, part in zip(_in_order(layer), parts)}

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        kernels = self.joined(layer)
        return () if kernels is None else training_of_join(kernels, layer)

    def operations(self, layer: Layer) -> int:
        """Operations of an image: one an element for each operand but the first."""
        return layer.output_elements * max(1, len(layer.input_shapes) - 1)

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        first, *others = operands(layer, inputs, constants, "operand")
        for other in others:
            first = self.combine(first, other)
        return np.broadcast_to(first, layer.output_shape)

    def forward_images(
        self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors, images: int
    ) -> np.ndarray:
        # Axes that are broadcast are counted from the last, behind which images would slip in.
        spread = len(set(layer.input_shapes)) > 1
        own = type(self).forward is not Join.forward  # not by the combination of two
        if own or spread or self.roles(layer):
            return super().forward_images(layer, inputs, constants, images)
        first, *others = inputs
        for other in others:
            first = self.combine(first, other)
        return first


def _in_order(layer: Layer) -> list[str]:
    """The roles of constant operands in the order of the operands."""
    return sorted(layer.roles, key=lambda role: int(role.removeprefix("operand")))
