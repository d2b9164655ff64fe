"""The outer product of inputs and an error in two parts, one bit a value: two gates and an up-down
counter a weight.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import borrowed, kernel
from archsim.kernels.streams import (
    COINCIDENCES,
    DRIVEN,
    ERROR_ONES,
    INPUT_ONES,
    number_at,
    set_thresholds,
)

U = np.uint64


@kernel
def count_parts(counts, operands, multiplier, numbers, first_cycle, tally):
    """Add the outer products of the columns of inputs and errors in two parts, as one bit a value,
    to counts int32 (M, N).

    Arguments as `streams.count_products` with streams of one bit in sign and magnitude. Both parts
    of a line's error are compared with one random number; where the bits of parts of opposite signs
    are both 1 the counter holds, bits of one sign move it by two. The tally has, instead of the
    ones behind the gates, the steps that the counters move.
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
    transfer = multiplier.transfer
    source = numbers.source
    tables = numbers.tables
    key = numbers.key
    shared = numbers.shared
    totals = tally.totals
    switched = tally.switched
    outputs = counts.shape[0]
    lines = counts.shape[1]
    vectors = inputs.shape[1]
    blocks = (outputs + block - 1) // block
    groups = (lines + group - 1) // group
    other = 0 if multiplier.single else 1
    first_line = 0 if multiplier.single else group
    x = np.empty(group, np.float32)
    d = np.empty(block, np.float32)
    x_signs = np.empty(group, np.int32)
    x_levels = np.empty(group, np.int32)
    x_bits = np.empty(group, np.int32)
    d_signs = np.empty(block, np.int32)
    d_levels = np.empty(block, np.int32)
    moves = np.empty(block, np.int32)
    for b in range(blocks):
        rows = min(block, outputs - b * block)
        for g in range(groups):
            columns = min(group, lines - g * group)
            for v in range(vectors):
                if steps[v] == 0:
                    continue
                cycle = first_cycle + (v * blocks + b) * groups + g
                for j in range(columns):
                    x[j] = inputs[g * group + j, v]
                inverse = operands.input_inverse[v]
                totals[DRIVEN] += set_thresholds(
                    x_levels[:columns], x_signs, x[:columns], inverse, False, transfer, 0
                )
                number = number_at(source, tables, key, 0, 0, cycle)
                input_ones = 0
                for j in range(columns):
                    if not shared:
                        number = number_at(source, tables, key, 0, j + 1, cycle)
                    one = np.int32(number < x_levels[j])
                    x_bits[j] = one * x_signs[j]
                    switched[j] += one
                    input_ones += one
                totals[INPUT_ONES] += input_ones
                moves[:] = 0
                inverse = operands.error_inverse[v]
                for part in range(2):
                    for i in range(rows):
                        d[i] = errors[part, b * block + i, v]
                    totals[DRIVEN] += set_thresholds(
                        d_levels[:rows],
                        d_signs,
                        d[:rows],
                        inverse,
                        False,
                        transfer,
                        group + part * block,
                    )
                    number = number_at(source, tables, key, other, 0, cycle)
                    for i in range(rows):
                        if not shared:
                            number = number_at(
                                source, tables, key, other, first_line + i + 1, cycle
                            )
                        one = np.int32(number < d_levels[i])
                        moves[i] += one * d_signs[i]
                        switched[group + part * block + i] += one
                        totals[ERROR_ONES] += one
                for i in range(rows):
                    if moves[i] == 0:
                        continue
                    line = counts[b * block + i, g * group : g * group + columns]
                    move = moves[i] * steps[v]
                    for j in range(columns):
                        line[j] += move * x_bits[j]
                    totals[COINCIDENCES] += abs(moves[i]) * input_ones
