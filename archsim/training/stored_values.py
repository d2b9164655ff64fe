"""Activations and errors as the buffer keeps them between two layers: words of the chip, with a scale
of each layer's own and of each way.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.cache_lines import zeros_apart
from archsim.kernels.compiled import kernel
from archsim.kernels.number_formats import (
    BITS,
    FLOAT,
    ROUNDED,
    SCALE_FIELDS,
    WIDE,
    enter_words,
    open_words,
)
from archsim.kernels.random import row_key, stream_key
from archsim.kernels.views import view_at
from archsim.operators.unrounded import FAR_BELOW, IN_WORDS, WHOLE
from archsim.schemes.shared.words import Arithmetic, told_scale
from archsim.training.records import BetweenLayers, KeptWords
from archsim.training.table import CYCLES, KEPT, KEPT_SIZE, STORED, Program

U = np.uint64
VALUES = U(190)  # stream of the random numbers, beside those of kernels.random
WAYS = ("activations", "errors", "second errors")


_FAR = np.float32(FAR_BELOW)


@kernel
def store_map(values, cycle, index, part):
    """Round what operation `index` wrote, or the errors that reach it; `part` of it (uint64) keys
    the random numbers.
    """
    form = cycle.form
    if form[BITS] == 0 and form[FLOAT] == WIDE:
        return
    tile = U(index * CYCLES + cycle.way)
    key = row_key(stream_key(cycle.seed, cycle.step, tile, VALUES), part)
    # a test's steps are keys alone: its scales stay as they are
    image = np.int64(cycle.step) if cycle.follows else 0
    enter_words(0, values, cycle.scales[index], form, image, key, cycle.follows)


@kernel
def store_outputs(row, values, memory, cycle, index):
    """`store_map` of what an operation wrote, but for masked scores and numbers of rows."""
    stored = row[STORED]
    if stored == WHOLE:
        return
    kept = view_at(memory, row[KEPT], (row[KEPT_SIZE],))
    if stored != IN_WORDS:
        for k in range(values.shape[0]):
            kept[k] = values[k]
            values[k] = np.float32(0.0) if kept[k] <= _FAR else values[k]
    store_map(values, cycle, index, U(0))
    if stored != IN_WORDS:
        for k in range(values.shape[0]):
            values[k] = kept[k] if kept[k] <= _FAR else values[k]


def new_stored(
    program: Program, arithmetic: Arithmetic, biases: np.ndarray, kept: KeptWords
) -> BetweenLayers:
    """Scales before the first image: unset, int64 (ways, operations, SCALE_FIELDS); with the
    digital biases of all arrays, and what other layers keep.
    """
    scales = zeros_apart((len(WAYS), len(program.operations), SCALE_FIELDS), np.int64)
    open_words(arithmetic.value_form)
    return BetweenLayers(scales, arithmetic.value_form, biases, kept, np.zeros(0, np.int64))


def told_values(program: Program, stored: BetweenLayers) -> dict[str, dict[str, dict[str, int]]]:
    """By the layer that wrote them and by way: the range of fixed point, words rounded and
    saturated.
    """
    told: dict[str, dict[str, dict[str, int]]] = {}
    for number, layer in enumerate(program.layers):
        for way, name in enumerate(WAYS):
            scale = stored.scales[way, number]
            if scale[ROUNDED]:
                told.setdefault(layer, {})[name] = told_scale(scale)
    return told
