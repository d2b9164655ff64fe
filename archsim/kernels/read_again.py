"""The further reads of vectors whose outputs saturate, which bound management asks for."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.converters import convert_inputs, convert_sums
from archsim.kernels.device_noise import LENGTHS, NOISE
from archsim.kernels.product import BEGIN
from archsim.kernels.random import row_key
from archsim.kernels.read_block import multiply
from archsim.kernels.tile_records import (
    DEVICE_NOISE,
    INPUT_BOUND,
    INPUT_NOISE,
    INPUT_STEP,
    OUTPUT_BOUND,
    OUTPUT_NOISE,
    OUTPUT_STEP,
    RETRY_LIMIT,
)
from archsim.kernels.views import view_at

U = np.uint64
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
enter_lengths, enter_noise = LENGTHS.enter, NOISE.enter


@kernel
def read_again(region, lanes, physics, read_keys, scratch, attempt):
    """Read what saturated with half the input again, until nothing does or the limit is reached.

    Args: as `read_block`, whose room holds what its first attempt left there, and `attempt`.
    """
    region = borrowed(region)
    lanes = borrowed(lanes)
    scratch = borrowed(scratch)
    block = lanes.inputs
    outputs = lanes.outputs
    repeats = lanes.repeats
    memory = scratch.room
    lines, count = block.shape
    columns = outputs.shape[0]
    step = physics[INPUT_STEP]
    bound = physics[INPUT_BOUND]
    in_noise = physics[INPUT_NOISE]
    loaded = view_at(memory, 0, (lines, count))
    clean = view_at(memory, lines * count, (columns, count))
    raw = view_at(memory, (lines + columns) * count, (columns, count))
    scales = view_at(memory, (lines + 2 * columns) * count, (count,))
    factors = view_at(memory, (lines + 2 * columns + 1) * count, (count,))
    keys = view_at(scratch.words, 0, (count,))
    devices = physics[DEVICE_NOISE]
    hits = borrowed(attempt.hits)
    lengths = borrowed(attempt.lengths)
    shorter = np.empty(lengths.shape[0], np.float32)
    pending = np.arange(count)
    input_key, output_key, first = read_keys
    left = count
    saturations = np.int64(0)
    division = ONE
    number = U(0)
    while True:
        again = np.int64(0)  # typed: numba would compile the callees for a literal 0 as well
        for b in range(left):
            v = pending[b]
            if hits[b] > 0 and division <= physics[RETRY_LIMIT] and scales[v] > ZERO:
                pending[again] = v
                again += 1
                repeats[v] += np.int32(1)
            else:
                saturations += hits[b]
        left = again
        if left == 0:
            return saturations
        division = division * TWO
        number = number + U(1)
        for b in range(left):
            factors[b] = scales[pending[b]] * division
        if attempt.exact:
            part = ONE / division
            for i in range(columns):
                for b in range(left):
                    raw[i, b] = clean[i, pending[b]] * part
        else:
            if in_noise > ZERO:
                for b in range(left):
                    keys[b] = row_key(row_key(input_key, first + U(pending[b])), number)
            convert_inputs(block, pending, left, factors, step, bound, in_noise, keys, loaded)
            multiply(region, loaded, raw, BEGIN, left)
        for b in range(left):
            keys[b] = row_key(row_key(output_key, first + U(pending[b])), number)
        if devices > ZERO:
            if attempt.exact:  # vectors that are read again move to the front
                for b in range(left):
                    shorter[b] = lengths[pending[b]] / division
            else:
                enter_lengths(0, loaded, left, shorter)
            enter_noise(0, raw, left, devices, shorter, keys)
        convert_sums(
            raw,
            left,
            factors,
            physics[OUTPUT_STEP],
            physics[OUTPUT_BOUND],
            physics[OUTPUT_NOISE],
            keys,
            hits,
        )
        for i in range(columns):
            for b in range(left):
                outputs[i, pending[b]] = raw[i, b]
