"""A choice between two operands by a condition: what a mask of an attention does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archsim.operators.arguments import Tensors, Work, constant, operands
from archsim.operators.base import operator
from archsim.operators.join import Join
from archsim.operators.kernels import OWN, LayerKernel, LayerWords, TrainingRow
from archsim.operators.moved import nothing_back
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


def keep_with_condition(data, window):
    """`second`: the condition. Fills the operand where it holds, else zeros, then the condition of
    every output. `window`: four sizes of the output, four strides of operand and condition.
    """
    count = data.outputs.shape[0] // 2
    for k in range(count):
        holds = data.second[element_of(k, window, 8)]
        taken = holds != np.float32(0.0)
        data.outputs[k] = data.first[element_of(k, window, 4)] if taken else np.float32(0.0)
        data.outputs[count + k] = holds


def keep_with_condition_back(data, window):
    for k in range(data.errors.shape[0] // 2):
        if data.second[element_of(k, window, 8)] != np.float32(0.0):
            data.first_errors[element_of(k, window, 4)] += data.errors[k]


def put_beside(data, window):
    """`first`: what `keep_with_condition` made; `second`: what stands where the condition fails."""
    count = data.outputs.shape[0]
    for k in range(count):
        if data.first[count + k] != np.float32(0.0):
            data.outputs[k] = data.first[k]
        else:
            data.outputs[k] = data.second[element_of(k, window, 8)]


def put_beside_back(data, window):
    count = data.errors.shape[0]
    for k in range(count):
        if data.first[count + k] != np.float32(0.0):
            data.first_errors[k] += data.errors[k]
        else:
            data.second_errors[element_of(k, window, 8)] += data.errors[k]


def steer(data, window):
    """`second`: the condition; `words`: the constants beside the operand. `window`: four sizes of the
    output, four strides of operand and condition, and whether the operand is taken where it holds.
    """
    for k in range(data.outputs.shape[0]):
        holds = data.second[element_of(k, window, 8)] != np.float32(0.0)
        x = data.first[element_of(k, window, 4)]
        data.outputs[k] = x if holds == (window[12] > 0) else data.words[k]


def steer_back(data, window):
    for k in range(data.errors.shape[0]):
        holds = data.second[element_of(k, window, 8)] != np.float32(0.0)
        if holds == (window[12] > 0):
            data.first_errors[element_of(k, window, 4)] += data.errors[k]


def between_constants(data, window):
    """`first`: the condition; `words`: the constants where it holds, then the others."""
    count = data.outputs.shape[0]
    for k in range(count):
        holds = data.first[element_of(k, window, 4)] != np.float32(0.0)
        data.outputs[k] = data.words[k] if holds else data.words[count + k]


CHOICE = LayerKernel("choice of two", choose, choose_back)
MASK = LayerKernel("choice of one or a constant", mask, mask_back)
KEEP = LayerKernel("operand beside its condition", keep_with_condition, keep_with_condition_back)
PUT = LayerKernel("choice by a condition beside", put_beside, put_beside_back)
STEER = LayerKernel("choice of one or a constant by a condition", steer, steer_back)
CONSTANTS = LayerKernel("choice of two constants", between_constants, nothing_back)


@operator("where", onnx="Where")
class Where(Join):
    """operand1 where operand0 is true (not 0), else operand2. No error passes back to operand0."""

    inputs = 3
    kernels = (CHOICE, MASK, KEEP, PUT, STEER, CONSTANTS)
    trains_constants = True
    masks = True

    def forward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}

    def backward_work(self, layer: Layer) -> Work:
        return {"compare": layer.output_elements}

    def mask_bits(self, layer: Layer) -> int:
        # which operand was taken; a constant condition is there already
        return 0 if "operand0" in layer.constants else layer.output_elements

    def forward(self, layer: Layer, inputs: Sequence[np.ndarray], constants: Tensors) -> np.ndarray:
        condition, one, other = operands(layer, inputs, constants, "operand")
        return np.broadcast_to(np.where(condition != 0, one, other), layer.output_shape)

    def training(self, layer: Layer, where: str) -> tuple[TrainingRow, ...]:
        if "operand0" not in layer.constants:
            return _by_condition(layer)
        if not layer.inputs:
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
        if not layer.constants:
            return None
        values = [constant(layer, role, held) for role in layer.constants]
        return np.concatenate(
            [np.ravel(np.broadcast_to(value, layer.output_shape)) for value in values]
        ).astype(np.float32)

    def folded(self, layer: Layer, words: np.ndarray) -> dict[str, np.ndarray]:
        parts = words.reshape(len(layer.constants), *layer.output_shape)
        return {role: part.copy() for role, part in zip(layer.constants, parts)}


def _by_condition(layer: Layer) -> tuple[TrainingRow, ...]:
    """The rows of a choice whose condition is an activation; none for more axes than four."""
    out = layer.output_shape
    size = layer.output_elements
    condition, *others = layer.input_shapes
    numbers = joined_numbers(out, others[0] if others else condition, condition)
    words = LayerWords(constants=(UNKNOWN,) * (len(layer.constants) * size))
    if not numbers:
        return ()
    if not others:
        return (TrainingRow(CONSTANTS, window=numbers, words=words),)
    if layer.constants:
        window = (*numbers, int("operand2" in layer.constants))
        return (TrainingRow(STEER, 1, window=window, second=0, words=words),)
    # Of three operands: two together behind the output, then the third.
    beside = joined_numbers(out, out, others[1])
    return (
        TrainingRow(KEEP, 1, start=size, size=2 * size, window=numbers, second=0),
        TrainingRow(PUT, OWN, first=size, taken=2 * size, window=beside, second=2),
    )
