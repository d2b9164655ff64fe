"""The slots of an input's code and the slices of a weight's, as `read_parts` drives and holds them."""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.tile_records import CELL_BITS, WEIGHT_BITS, WRITTEN

ZERO = np.float32(0.0)


@kernel
def slot_digit(code, slot, bits, width):
    """The digit of slot `slot` of a code of `width` bits in two's complement, `bits` a slot; the
    last is negative where the code is.
    """
    start = slot * bits
    size = min(bits, width - start)
    digit = (code >> start) & ((1 << size) - 1)
    if start + size == width and digit >> (size - 1):
        digit -= 1 << size
    return digit


@kernel
def slot_digits(codes, slot, bits, width):
    """`slot_digit` of every code (V, lines)."""
    digits = np.empty(codes.shape, np.int64)
    for v in range(codes.shape[0]):
        for k in range(codes.shape[1]):
            digits[v, k] = slot_digit(codes[v, k], slot, bits, width)
    return digits


@kernel
def cut_weights(region, full, physics, slices):
    """Fill `slices` (J, columns, lines) with the cells of a part of the matrix, in weight units up
    to `full`; read backwards there is one, the cells of a weight together in the sense of the
    highest.

    A weight that lies beside its code (a written device's) keeps the difference in its highest
    slice, whose cell is the one that makes it; exact weights (`physics[WRITTEN]` 0) are their code.
    """
    weights = region.weights
    transposed = region.transposed
    line = region.line
    column = region.column
    bits = np.int64(physics[WEIGHT_BITS])
    cell_bits = np.int64(physics[CELL_BITS])
    count = -(-bits // cell_bits)
    top = (1 << (bits - 1)) - 1
    unit = np.float32(full / np.float32(top))
    cell = np.float32(full / np.float32((1 << cell_bits) - 1))
    highest = np.float32(1 << (cell_bits * (count - 1)))
    written = physics[WRITTEN] > ZERO
    for i in range(slices.shape[1]):
        for k in range(slices.shape[2]):
            weight = weights[line + k, column + i] if transposed else weights[column + i, line + k]
            share = weight / unit
            code = np.int64(min(max(np.rint(share), np.float32(-top)), np.float32(top)))
            beside = (share - np.float32(code)) / highest if written else ZERO
            code += 1 << (bits - 1)
            if transposed:
                slices[0, i, k] = (np.float32(code) / highest + beside) * cell
                continue
            for j in range(count):
                digit = (code >> (j * cell_bits)) & ((1 << cell_bits) - 1)
                slices[j, i, k] = np.float32(digit) * cell
            slices[count - 1, i, k] += beside * cell
