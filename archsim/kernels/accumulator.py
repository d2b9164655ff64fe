"""Accumulators of few bits on binary cells: read through a converter, added to, written back where a
bit flips (the register of `hic`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.device_read import EXACT, look
from archsim.kernels.random import row_key, uniform
from archsim.kernels.records import DeviceRead

F = np.float32
U = np.uint64
ZERO, ONE = F(0.0), F(1.0)
HALF = F(0.5)


class CellRead(NamedTuple):
    """How a cell is read: what one that is on conducts, in weight units (one that is off: nothing),
    the converter, and the key of the noise (uint64).
    """

    on: np.float32
    converter: DeviceRead
    key: np.uint64


EXACT_CELLS = CellRead(ONE, EXACT, U(0))
"""Sees what the cells hold."""


class Added(NamedTuple):
    """What an addition did: cells that were written, and cells that were read wrongly."""

    flips: int
    misread: int


@kernel
def read_word(word, bits, cells, key, column):
    """The word that its cells are taken for, in two's complement: a cell is on where the converter
    gives more than half of what one that is on conducts.

    Args:
        word: what is held, int64.
        bits: of it.
        cells: `CellRead`.
        key: of the row's random numbers (uint64).
        column: of the word; its bits are numbered from there.
    """
    seen = np.int64(0)
    for bit in range(bits):
        held = cells.on if (word >> bit) & 1 else ZERO
        value = look(held, cells.converter, key, column * bits + bit)
        if value > HALF * cells.on:
            seen |= np.int64(1) << bit
    return signed_word(seen, bits)


@kernel
def signed_word(word, bits):
    """The number that the lowest bits mean in two's complement."""
    return word - (np.int64(1) << bits) if (word >> (bits - 1)) & 1 else word


@kernel
def accumulate(register, gradient, scale, bits, carries, flipped_cells, key, cells):
    """register += round(scale gradient) at random; carries (int32) are the whole ones in it.

    A carry is 2^(bits - 1) units, more than the register can hold of either sign. It leaves a
    remainder of its own sign, never one at the other end: a register that has just overflowed is
    a whole carry away from the next one, up or down, and noise alone does not write the weight
    to and fro.

    What is added to is the word that was read (`CellRead`), and the cells are written in which the
    sum differs from it: a cell that was misread and should stay as it was seen keeps what it holds.

    Args:
        register, gradient: int32 and float (M, N).
        scale: units of the register for a gradient of 1.
        bits: of the register.
        carries: int32 (M, N), filled.
        flipped_cells: int32 (M, N, bits), writes of each cell, added to.
        key: of the rounding (uint64).
        cells: `CellRead`.

    Returns:
        `Added`.
    """
    flips = 0
    misread = 0
    one_carry = np.int64(1) << (bits - 1)
    mask = (np.int64(1) << bits) - 1
    converter = cells.converter
    # Nothing can be misread then, and the look at every cell is spared.
    exact = converter.noise == ZERO and converter.step == ZERO and converter.bound == ZERO
    for i in range(register.shape[0]):
        chances = row_key(key, U(i))
        noise = row_key(cells.key, U(i))
        for j in range(register.shape[1]):
            carries[i, j] = 0
            if gradient[i, j] == ZERO:
                continue
            held = np.int64(register[i, j])
            seen = held if exact else read_word(held, bits, cells, noise, j)
            value = np.float64(gradient[i, j]) * scale
            low = np.floor(value)
            # Rounding by chance keeps the mean, however small a batch's step is beside a unit.
            total = seen + np.int64(low) + np.int64(uniform(chances, U(j)) < value - low)
            carry = abs(total) // one_carry
            if total < 0:
                carry = -carry
            new = total - carry * one_carry
            # The chip knows what it saw: it writes the cells in which the sum differs.
            flipped = (seen ^ new) & mask
            for bit in range(bits):
                one = (flipped >> bit) & 1
                flipped_cells[i, j, bit] += np.int32(one)
                flips += one
                # Counted beside the writes: nothing on the chip notices it.
                misread += ((seen ^ held) >> bit) & 1
            register[i, j] = signed_word(((held & ~flipped) | (new & flipped)) & mask, bits)
            carries[i, j] = carry
    return Added(flips, misread)
