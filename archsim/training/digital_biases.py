"""Biases that are digital words beside the arrays (`weights.bias=digital`): added behind the
converters, and moved by plain gradient descent where the update rule does not train them itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.number_formats import (
    BITS,
    FLOAT,
    SCALE_FIELDS,
    WIDE,
    enter_words,
    open_words,
    rounds,
    store_words,
)
from archsim.kernels.random import as_word, row_key, stream_key
from archsim.kernels.views import view_at
from archsim.schemes.shared.words import Arithmetic, told_scale
from archsim.training.records import MiniBatch, StepKeys
from archsim.training.table import (
    BLOCK,
    COLUMNS,
    CYCLES,
    ERRORS,
    FROZEN,
    ROWS,
    UPDATE_CYCLE,
    VECTORS,
    WORDS,
    Program,
)

U = np.uint64
ZERO = np.float32(0.0)
STREAM = U(180)  # stream of the random numbers, beside those of kernels.random


class BiasWords(NamedTuple):
    """Biases of all arrays, float32 (biases,), their scales int64 (arrays, SCALE_FIELDS) and the
    form of a word (see `kernels.number_formats`).
    """

    values: np.ndarray
    scales: np.ndarray
    form: np.ndarray


def new_bias_words(program: Program, values: np.ndarray, arithmetic: Arithmetic) -> BiasWords:
    """Words of the first biases, whose scales are not set yet."""
    scales = np.zeros((len(program.arrays), SCALE_FIELDS), np.int64)
    open_words(arithmetic.word_form)
    return BiasWords(values, scales, arithmetic.word_form)


@kernel
def add_biases(biases, row, outputs):
    """Add the biases of an array, whose first is number `row` of all, to outputs (M, V); -1: it has
    none.
    """
    if row < 0:
        return
    for i in range(outputs.shape[0]):
        bias = biases[row + i]
        for v in range(outputs.shape[1]):
            outputs[i, v] += bias


@kernel
def step_biases(words, batch, parts, rate, keys):
    """A step of gradient descent of all biases for each image of a mini-batch, rounded as it goes
    back to the buffer.

    Args: records as plain tuples (see `records`).
        words: `BiasWords`, in place.
        batch: `MiniBatch`: arrays, memory, scratch, number of images.
        parts: errors of an image that add up: blocks one behind another.
        rate: learning rate, float32.
        keys: `StepKeys`: seed, first step, whether it learns.
    """
    words = borrowed(BiasWords(*words))
    batch = borrowed(MiniBatch(*batch))
    keys = StepKeys(*keys)
    values = words.values
    form = words.form
    arrays = batch.arrays
    memory = batch.memory
    for b in range(batch.size):
        step = keys.first_step + U(b)
        for index in range(arrays.shape[0]):
            array = borrowed(arrays[index])
            if array[WORDS] < 0 or array[FROZEN] > 0:
                continue
            rows = array[ROWS]
            count = array[VECTORS]
            own = view_at(values, array[WORDS], (rows,))
            # zero for vectors of a layer that reads the array without its biases
            on = array[BLOCK] + array[COLUMNS] * count
            for part in range(parts):
                first = array[ERRORS] + part * rows * count
                for i in range(rows):
                    total = ZERO
                    for v in range(count):
                        total += memory[b, on + v] * memory[b, first + i * count + v]
                    own[i] += rate * total
            if form[BITS] == 0 and form[FLOAT] == WIDE:
                continue
            tile = U(index * CYCLES + UPDATE_CYCLE)
            key = row_key(stream_key(keys.seed, step, tile, STREAM), U(0))
            enter_words(0, own, words.scales[index], form, np.int64(step), key, True)


def step_biases_reference(biases: np.ndarray, errors: np.ndarray, rate: float) -> None:
    """NumPy twin of `step_biases` for one array and image in float32: biases (M,) move by the rate
    times the sum of errors (M, V), or of each part of (parts, M, V), in place, to the same bits.
    """
    for part in errors.reshape(-1, *errors.shape[-2:]):
        total = np.zeros(len(biases), np.float32)
        for vector in part.T:
            # Vector by vector in float32: the kernel's order, and so its bits.
            total += vector
        biases += np.float32(rate) * total


def told_biases(program: Program, words: BiasWords) -> dict[str, dict[str, dict[str, int]]]:
    """By layer: the range of fixed point, words rounded and saturated; none where nothing is
    rounded.
    """
    return {
        name: {"biases": told_scale(scale)}
        for name, scale in zip(program.names, words.scales)
        if scale.any()
    }


def round_first(words: BiasWords, program: Program, seed: int) -> None:
    """Round the first biases to words, in place."""
    for index, (array, scale) in enumerate(zip(program.arrays, words.scales)):
        first = int(array[WORDS])
        if first >= 0:
            own = words.values[first : first + int(array[ROWS])]
            round_biases(own, scale, words.form, index, seed)


def round_biases(
    biases: np.ndarray, scale: np.ndarray, form: np.ndarray, index: int, seed: int
) -> None:
    """Round the biases that a layer begins with to words, in place: those of a training, and those
    that a run with real data is given.

    Args:
        biases: float32 (outputs,), contiguous.
        scale: of the layer, int64 (SCALE_FIELDS,), set where it is not.
        form: of a word (see `kernels.number_formats`).
        index: number of the array among those of the network.
        seed: of rounding by chance.
    """
    if not rounds(form):
        return
    tile = as_word(index * CYCLES + UPDATE_CYCLE)
    store_words(biases, scale, form, U(0), as_word(seed), tile, STREAM, U(1))


def with_biases(weights: np.ndarray, biases: np.ndarray | None) -> np.ndarray:
    """Weights (M, N) with biases (M,) as their last column, where these are digital words."""
    return weights if biases is None else np.column_stack([weights, biases])
