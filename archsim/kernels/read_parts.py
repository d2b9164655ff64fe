"""A read of a tile in parts that are converted one by one, shifted and added: the slots of an input
and the slices of a weight.

An input of B bits is its converter's code in two's complement, cut into slots of b bits, lowest
first; the slot with the sign counts negative (ISAAC, Shafiee et al., ISCA 2016, Sec. V). A slot
drives a line with its digit over 2^b - 1, so all its bits set are full scale. A weight of n bits is
a code with an offset of 2^(n-1), cut into slices of c bits, one column each, lowest first; a digit
over 2^c - 1 is the share of a cell's range. Each part is converted by the tile's converter, with
noise of its own; what the offset adds is known and taken off digitally.

Read backwards, the columns of a weight are driven together, each in its sense, and end in one line:
one conversion a slot.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.device_noise import LENGTHS, NOISE
from archsim.kernels.product import BEGIN, largest
from archsim.kernels.random import normal, row_key
from archsim.kernels.read_block import multiply
from archsim.kernels.slices import cut_weights, slot_digit
from archsim.kernels.tile_records import (
    CELL_BITS,
    DEVICE_NOISE,
    INPUT_BOUND,
    INPUT_NOISE,
    INPUT_STEP,
    NOISE_MANAGEMENT,
    OUTPUT_BOUND,
    OUTPUT_NOISE,
    OUTPUT_STEP,
    RETRY_LIMIT,
    SLOT_BITS,
    SLOTS,
    WEIGHT_BITS,
    WEIGHT_RANGE,
    Region,
)

U = np.uint64
# Typed, as BEGIN is: for a literal numba would compile the product twice.
FORTH = np.bool_(False)
ZERO = np.float32(0.0)
ONE = np.float32(1.0)
TWO = np.float32(2.0)
enter_lengths, enter_noise = LENGTHS.enter, NOISE.enter


@kernel
def convert_part(sums, count, weight, physics, keys, outputs, full):
    """ADC of one part: noise, rounding, clip; added to `outputs` (columns, vectors) times `weight`.
    `full` (columns, vectors, bool) remembers what reached the bound.
    """
    step = physics[OUTPUT_STEP]
    bound = physics[OUTPUT_BOUND]
    noise = physics[OUTPUT_NOISE]
    for i in range(outputs.shape[0]):
        for b in range(count):
            value = sums[i, b]
            if noise > ZERO:
                value += noise * normal(keys[b], U(i))
            if step > ZERO:
                value = np.rint(value / step) * step
            if bound > ZERO:
                full[i, b] |= abs(value) >= bound
                value = min(max(value, -bound), bound)
            outputs[i, b] += value * weight


@kernel
def read_parts(region, lanes, physics, read_keys):
    """As `read_block.read_block`, where physics has slots or slices; takes its own room to work."""
    region = borrowed(region)
    lanes = borrowed(lanes)
    transposed = region.transposed
    block = lanes.inputs
    peaks = lanes.peaks
    outputs = lanes.outputs
    repeats = lanes.repeats
    input_key = read_keys.inputs
    output_key = read_keys.outputs
    first = read_keys.first
    lines, count = block.shape
    columns = outputs.shape[0]
    step = physics[INPUT_STEP]
    bound = physics[INPUT_BOUND]
    in_noise = physics[INPUT_NOISE]
    slots = max(1, np.int64(physics[SLOTS]))
    slot_bits = np.int64(physics[SLOT_BITS])
    top = np.int64(np.rint(bound / step)) if slots > 1 else 1
    width = 1
    # Bits of two's complement that hold the codes of the input converter.
    while (1 << (width - 1)) - 1 < top:
        width += 1
    digits = np.float32((1 << slot_bits) - 1)
    sliced = physics[CELL_BITS] > ZERO
    bits = np.int64(physics[WEIGHT_BITS])
    cell_bits = np.int64(physics[CELL_BITS])
    pieces = -(-bits // cell_bits) if sliced else 1
    conversions = 1 if transposed or not sliced else pieces
    full_weight = physics[WEIGHT_RANGE]
    if sliced and full_weight == ZERO:
        # Where no range is given it is that of the largest weight of the matrix.
        full_weight = largest(region.weights.reshape(-1))
    if full_weight == ZERO:
        full_weight = ONE
    planes = np.empty((conversions if sliced else 0, columns, lines), np.float32)
    lowest = np.float32(((1 << cell_bits) - 1) / ((1 << (bits - 1)) - 1)) if sliced else ONE
    offset = ZERO
    if sliced:
        offset = full_weight * np.float32(1 << (bits - 1)) / np.float32((1 << (bits - 1)) - 1)
    if sliced:
        cut_weights(region, full_weight, physics, planes)
    values = np.empty((lines, count), np.float32)
    driven = np.empty((lines, count), np.float32)
    sums = np.empty((columns, count), np.float32)
    result = np.empty((columns, count), np.float32)
    reached = np.empty((columns, count), np.bool_)
    scales = np.empty(count, np.float32)
    keys = np.empty(count, np.uint64)
    total = np.empty(count, np.float32)
    devices = physics[DEVICE_NOISE]
    lengths = np.empty(count, np.float32)
    pending = np.arange(count)
    for v in range(count):
        repeats[v] = 0
        scales[v] = peaks[v] if physics[NOISE_MANAGEMENT] > ZERO else ONE
    saturations = np.int64(0)
    division = ONE
    attempt = U(0)
    left = count
    while left > 0:
        total[:] = ZERO
        result[:, :] = ZERO
        reached[:, :] = False
        for k in range(lines):
            for b in range(left):
                v = pending[b]
                factor = scales[v] * division
                value = block[k, v] / (factor if factor > ZERO else ONE)
                if step > ZERO:
                    value = np.rint(value / step) * step
                value = min(max(value, -bound), bound)
                values[k, b] = value
                total[b] += value
        for slot in range(slots):
            shift = ONE
            if slots > 1:
                shift = np.float32(digits * np.float32(1 << (slot * slot_bits)) / np.float32(top))
            for b in range(left):
                keys[b] = row_key(
                    row_key(row_key(input_key, first + U(pending[b])), attempt), U(slot)
                )
            for k in range(lines):
                for b in range(left):
                    value = values[k, b]
                    if slots > 1:
                        code = np.int64(np.rint(value / step))
                        digit = slot_digit(code, slot, slot_bits, width)
                        value = np.float32(digit) / digits * bound
                    if in_noise > ZERO:
                        value += in_noise * normal(keys[b], U(k))
                    driven[k, b] = value
            for j in range(conversions):
                if sliced:
                    multiply(Region(planes[j], FORTH, BEGIN, BEGIN), driven, sums, BEGIN, left)
                else:
                    multiply(region, driven, sums, BEGIN, left)
                piece = pieces - 1 if transposed else j
                weight = np.float32(
                    shift * lowest * np.float32(1 << (piece * cell_bits if sliced else 0))
                )
                for b in range(left):
                    keys[b] = row_key(
                        row_key(row_key(output_key, first + U(pending[b])), attempt),
                        U(slot * conversions + j),
                    )
                if devices > ZERO:
                    enter_lengths(0, driven, left, lengths)
                    enter_noise(0, sums, left, devices, lengths, keys)
                convert_part(sums, left, weight, physics, keys, result, reached)
        again = np.int64(0)
        for b in range(left):
            v = pending[b]
            factor = scales[v] * division
            hits = np.int64(0)
            for i in range(columns):
                hits += reached[i, b]
                # The weights' offset adds the sum of the inputs, which the digital side knows.
                outputs[i, v] = (result[i, b] - offset * total[b]) * factor
            if hits > 0 and division <= physics[RETRY_LIMIT] and scales[v] > ZERO:
                repeats[v] += np.int32(1)
                pending[again] = v
                again += 1
            else:
                saturations += hits
        left = again
        division = division * TWO
        attempt = attempt + U(1)
    return saturations
