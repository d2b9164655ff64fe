"""Sum of operands, broadcast to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work
from archsim.operators.base import AXES_KEPT, TrainingRow, WordCounts, operator
from archsim.operators.copying import ACCUMULATE, COPY
from archsim.operators.join import Join
from archsim.operators.joined import ADD, TABLE
from archsim.operators.kernels import LayerWords
from archsim.operators.numbers import np
from archsim.operators.pairs import join_kernels

if TYPE_CHECKING:
    from workloads.network import Layer


def value(first, second):
    return first + second


def first_back(error, first, second, y):
    return error


def second_back(error, first, second, y):
    return error


@operator("add", onnx={"Add": AXES_KEPT, "Sum": AXES_KEPT})
class Add(Join):
    """The error of a sum is that of each operand, so that none is computed."""

    masks = True
    inputs = None
    kernels = (COPY, ACCUMULATE, TABLE)
    trained = join_kernels("sum", value, first_back, second_back, ADD)

    def combine(self, first: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.add(first, other)

    def forward_work(self, layer: Layer) -> Work:
        return {"add": self.operations(layer)}

    def words(self, layer: Layer) -> WordCounts:
        # a table that is added, one word an element
        own = len(layer.inputs) == 1 and not layer.constants
        return WordCounts(layer.output_elements) if own else super().words(layer)

    def constant_words(self, layer: Layer, held: Tensors) -> np.ndarray | None:
        # without a constant of its own the table is trained
        return super().constant_words(layer, held) if layer.constants else None

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        if layer.constants or len(layer.inputs) > 1:
            return super().folded(layer, words)
        return {"operand1": words.reshape(layer.output_shape).copy()}

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        if layer.constants:
            return super().training(layer, where)
        if len(layer.inputs) == 1:
            words = LayerWords(each=layer.output_elements, trained=(0.0,))
            return (TrainingRow(TABLE, words=words),)
        if len(set(layer.input_shapes)) > 1:
            return super().training(layer, where)
        return tuple(
            TrainingRow(COPY if source == 0 else ACCUMULATE, source)
            for source in range(len(layer.inputs))
        )
