"""A choice between two operands by a condition: what a mask of an attention does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, constant, operands
from archsim.operators.base import operator
from archsim.operators.join import Join
from archsim.operators.kernels import LayerKernel, LayerWords, TrainingRow
from archsim.operators.numbers import np
from archsim.operators.pairs import CONSTANT_FIRST, UNKNOWN, element_of
from archsim.operators.strides import joined_numbers

if TYPE_CHECKING:
    from workloads.network import Layer


def choose(data, window):
    """`words`: the condition of every output. `window`: four sizes of the output, four strides of
    each operand.
    """
    for k in range(data.outputs.shape[0]):
        if data.words[k] != np.float32(0.0):
            data.outputs[k] = data.first[element_of(k, window, 4)]
        else:
            data.outputs[k] = data.second[element_of(k, window, 8)]


def choose_back(data, window):
    for k in range(data.errors.shape[0]):
        if data.words[k] != np.float32(0.0):
            data.first_errors[element_of(k, window, 4)] += data.errors[k]
        else:
            data.second_errors[element_of(k, window, 8)] += data.errors[k]


def mask(data, window):
    """`words`: the condition of every output, then the constants beside the operand. `window`: four
    sizes of the output, four strides of the operand, and whether it is taken where the condition
    holds.
    """
    count = data.outputs.shape[0]
    for k in range(count):
        taken = (data.words[k] != np.float32(0.0)) == (window[8] > 0)
        x = data.first[element_of(k, window, 4)]
        data.outputs[k] = x if taken else data.words[count + k]


def mask_back(data, window):
    for k in range(data.errors.shape[0]):
        if (data.words[k] != np.float32(0.0)) == (window[8] > 0):
            data.first_errors[element_of(k, window, 4)] += data.errors[k]


CHOICE = LayerKernel("choice of two", choose, choose_back)
MASK = LayerKernel("choice of one or a constant", mask, mask_back)


@operator("where", onnx="Where")
class Where(Join):
    """operand1 where operand0 is true (not 0), else operand2."""

    inputs = 3
    kernels = (CHOICE, MASK)
    trains = "where by a constant condition"
    trains_constants = True

    def forward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}

    def backward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        condition, one, other = operands(layer, inputs, constants, "operand")
        return np.broadcast_to(np.where(condition != 0, one, other), layer.output_shape)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        if "operand0" not in layer.constants or not layer.inputs:
            return ()
        shape = layer.output_shape
        numbers = joined_numbers(
            shape, *layer.input_shapes[:2], *(shape,) * (2 - len(layer.inputs))
        )
        words = LayerWords(constants=(UNKNOWN,) * (len(layer.constants) * layer.output_elements))
        if not numbers:
            return ()
        if len(layer.inputs) == 2:
            return (TrainingRow(CHOICE, window=numbers, second=1, words=words),)
        window = (*numbers[:CONSTANT_FIRST], int("operand2" in layer.constants))
        return (TrainingRow(MASK, window=window, words=words),)

    def constant_words(self, layer: Layer, held: Tensors) -> np.ndarray | None:
        if "operand0" not in layer.constants:
            return None
        values = [constant(layer, role, held) for role in layer.constants]
        return np.concatenate(
            [np.ravel(np.broadcast_to(value, layer.output_shape)) for value in values]
        ).astype(np.float32)

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        parts = words.reshape(len(layer.constants), *layer.output_shape)
        return {role: part.copy() for role, part in zip(layer.constants, parts)}
