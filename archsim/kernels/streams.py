"""Bit streams in packed words: number generators, encoders, the outer product of two sets of
streams.

A stream of L bits lies in ceil(L/64) words of 64 bits, bit k of the stream in bit k mod 64 of word
k // 64, the rest zero.
Numbers have 16 bits; a bit is 1 where the number of its cycle lies below a threshold of 0 to 65536.
Nothing has a state:
number `cycle` of a generator follows from its key, its dimension and its cycle, so that a run can
stop anywhere.
"""

from __future__ import annotations

import functools

import numpy as np

from archsim.kernels.compiled import borrowed, count_ones, kernel
from archsim.kernels.random import mix, row_key, word_at
from archsim.kernels.sequences import DIMENSIONS, register_states, sobol_points

U = np.uint64
# sources: independent numbers, the 16-bit register below, Sobol points
COUNTER = 0
LFSR = 1
SOBOL = 2
# By the words of the schemes; devices are independent as the counter is.
SOURCES = {"ideal": COUNTER, "lfsr": LFSR, "sobol": SOBOL}
PERIOD = 65535
NUMBER_BITS = 16
ZERO, ONE = np.float32(0.0), np.float32(1.0)
# tallies of `count_products`
INPUT_ONES, ERROR_ONES, COINCIDENCES, DRIVEN = range(4)
TALLIES = 4


@functools.cache
def number_tables() -> np.ndarray:
    """uint16 (1 + DIMENSIONS, 65536): row 0 successive states of the register of 16 bits less one (the
    last entry is not used), row 1 + d the Sobol points of dimension d; see `sequences`.
    """
    tables = np.zeros((1 + DIMENSIONS, 65536), np.uint16)
    tables[0, :PERIOD] = register_states(NUMBER_BITS) - 1
    for dimension in range(DIMENSIONS):
        tables[1 + dimension] = sobol_points(NUMBER_BITS, dimension)
    return tables


@kernel
def number_at(source, tables, key, dimension, line, cycle):
    """Number `cycle` (int64) of a generator, 0 to 65535; `line` > 0 is a generator of its own:
    other numbers, another phase of the same register, or Sobol points shifted bit by bit."""
    if source == LFSR:
        return np.int32(
            tables[
                0, (np.int64(key % U(PERIOD)) + dimension * 10007 + line * 40503 + cycle) % PERIOD
            ]
        )
    if source == SOBOL:
        mask = np.int32(mix(key ^ U(line)) >> U(48)) if line > 0 else np.int32(0)
        return np.int32(tables[1 + dimension, cycle & 65535]) ^ mask
    word = word_at(row_key(key + U(dimension), U(line)), U(cycle >> 2))
    return np.int32(word >> U(16 * (cycle & 3)) & U(65535))


@kernel
def encode(words, thresholds, length, numbers, dimension, first_line, cycle, ones_of):
    """Streams of `length` bits from thresholds int32 (n,), into words uint64 (words, n). Where
    `Numbers` are not shared line `first_line` + j has its own. Adds the ones of each line to
    ones_of int64 (n,), returns their sum.
    """
    source = numbers.source
    tables = numbers.tables
    key = numbers.key
    words = borrowed(words)
    thresholds = borrowed(thresholds)
    words[:, :] = U(0)
    lines = thresholds.shape[0]
    for k in range(length):
        row = words[k >> 6]
        bit = U(k & 63)
        if numbers.shared:
            number = number_at(source, tables, key, dimension, 0, cycle + k)
            for j in range(lines):
                row[j] |= U(number < thresholds[j]) << bit
        else:
            for j in range(lines):
                if thresholds[j] > 0:
                    row[j] |= (
                        U(
                            number_at(source, tables, key, dimension, first_line + j + 1, cycle + k)
                            < thresholds[j]
                        )
                        << bit
                    )
    ones = 0
    for w in range(words.shape[0]):
        for j in range(lines):
            of_word = np.int64(count_ones(words[w, j]))
            ones_of[j] += of_word
            ones += of_word
    return ones


@kernel
def set_thresholds(thresholds, signs, values, inverse, bipolar, transfer, first_device):
    """Magnitudes (sign-magnitude) or shifted values (bipolar) of float32 `values` times `inverse`,
    as thresholds of device
    `first_device` + j: rows of `transfer` int32 (devices, levels + 1), repeated. Returns the number
    of lines that are driven.
    """
    thresholds = borrowed(thresholds)
    signs = borrowed(signs)
    values = borrowed(values)
    levels = np.float32(transfer.shape[1] - 1)
    driven = 0
    for j in range(values.shape[0]):
        value = values[j] * inverse
        signs[j] = np.int32(1) if value >= ZERO or bipolar else np.int32(-1)
        share = (
            (min(max(value, -ONE), ONE) + ONE) * np.float32(0.5)
            if bipolar
            else min(abs(value), ONE)
        )
        # not a number: no stream, and no place outside
        level = np.int32(np.rint(share * levels)) if share >= ZERO else np.int32(0)
        thresholds[j] = transfer[(first_device + j) % transfer.shape[0], level]
        driven += thresholds[j] > 0
    return driven


@kernel
def count_products(counts, operands, multiplier, numbers, first_cycle, tally):
    """Add the outer products of the columns of inputs and errors, as streams, to counts int32
    (M, N).

    Sign-magnitude streams meet in AND gates and count up or down by the signs; bipolar ones in XNOR
    gates, and half the length is taken off.

    Args:
        counts: int32 (M, N), in place.
        operands: `Operands` in one part.
        multiplier: `Multiplier` that is moved over the product.
        numbers: `Numbers` of both sides.
        first_cycle: of the first vector's first number.
        tally: `StreamTally`.
    """
    counts = borrowed(counts)
    operands = borrowed(operands)
    multiplier = borrowed(multiplier)
    numbers = borrowed(numbers)
    tally = borrowed(tally)
    inputs = operands.inputs
    errors = operands.errors
    steps = operands.steps
    block = multiplier.block
    group = multiplier.group
    length = multiplier.length
    transfer = multiplier.transfer
    bipolar = multiplier.bipolar
    totals = tally.totals
    switched = tally.switched
    outputs = counts.shape[0]
    lines = counts.shape[1]
    vectors = inputs.shape[1]
    size = (length + 63) // 64
    error_dimension = 0 if multiplier.single else 1
    error_line = 0 if multiplier.single else group
    blocks = (outputs + block - 1) // block
    groups = (lines + group - 1) // group
    x = np.empty(group, np.float32)
    d = np.empty(block, np.float32)
    x_signs = np.empty(group, np.int32)
    d_signs = np.empty(block, np.int32)
    x_levels = np.empty(group, np.int32)
    d_levels = np.empty(block, np.int32)
    x_words = np.empty((size, group), U)
    d_words = np.empty((size, block), U)
    for b in range(blocks):
        rows = min(block, outputs - b * block)
        for g in range(groups):
            columns = min(group, lines - g * group)
            for v in range(vectors):
                if steps[v] == 0:
                    continue
                cycle = first_cycle + ((v * blocks + b) * groups + g) * length
                for i in range(rows):
                    d[i] = errors[b * block + i, v]
                for j in range(columns):
                    x[j] = inputs[g * group + j, v]
                inverse = operands.error_inverse[v]
                driven = set_thresholds(
                    d_levels[:rows], d_signs, d[:rows], inverse, bipolar, transfer, group
                )
                inverse = operands.input_inverse[v]
                totals[DRIVEN] += driven
                totals[DRIVEN] += set_thresholds(
                    x_levels[:columns], x_signs, x[:columns], inverse, bipolar, transfer, 0
                )
                totals[INPUT_ONES] += encode(
                    x_words[:, :columns],
                    x_levels[:columns],
                    length,
                    numbers,
                    0,
                    0,
                    cycle,
                    switched[:columns],
                )
                if driven == 0 and not bipolar:
                    continue
                totals[ERROR_ONES] += encode(
                    d_words[:, :rows],
                    d_levels[:rows],
                    length,
                    numbers,
                    error_dimension,
                    error_line,
                    cycle,
                    switched[group : group + rows],
                )
                for i in range(rows):
                    if d_levels[i] == 0 and not bipolar:
                        continue
                    line = counts[b * block + i, g * group : g * group + columns]
                    met = np.int32(0)
                    sign = d_signs[i] * steps[v]
                    for w in range(size):
                        word = d_words[w, i]
                        for j in range(columns):
                            if bipolar:
                                ones = np.int32(count_ones(word ^ x_words[w, j]))
                                line[j] -= np.int32(2) * steps[v] * ones
                            else:
                                ones = np.int32(count_ones(word & x_words[w, j]))
                                line[j] += ones * (sign * x_signs[j])
                            met += ones
                    if bipolar:
                        for j in range(columns):
                            line[j] += steps[v] * np.int32(length)
                        met = np.int32(length * columns) - met
                    totals[COINCIDENCES] += met
