"""Slow and plain twins of the streams: bits as NumPy arrays of 0 and 1 (..., L), the last axis the
cycles; gates on packed words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from archsim.kernels.random_reference import mix_reference, row_key_reference, words_reference
from archsim.kernels.stream_records import Numbers, Operands, StreamMultipliers, StreamTally
from archsim.kernels.streams import (
    COINCIDENCES,
    DRIVEN,
    ERROR_ONES,
    INPUT_ONES,
    LFSR,
    PERIOD,
    SOBOL,
)

U = np.uint64


def unpack(words: np.ndarray, length: int) -> np.ndarray:
    """Bits uint8 (n, L) of packed words uint64 (words, n)."""
    cycles = np.arange(length)
    return (words[cycles // 64].T >> U(1) * (cycles % 64).astype(U) & U(1)).astype(np.uint8)


def bits_of(thresholds: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Bits (n, L): numbers (L,) or (n, L) below thresholds (n,)."""
    return (np.atleast_2d(numbers) < np.asarray(thresholds)[:, None]).astype(np.uint8)


def numbers_reference(
    source: int,
    tables: np.ndarray,
    key: np.uint64,
    dimension: int,
    lines: np.ndarray,
    cycles: np.ndarray,
) -> np.ndarray:
    """Numbers int64 of the generators of `lines` (n,) in `cycles` (L,), as
    `streams.number_at`: (n, L).
    """
    lines = np.asarray(lines, np.int64)[:, None]
    cycles = np.asarray(cycles, np.int64)[None]
    if source == LFSR:
        return tables[
            0, (int(key) % PERIOD + dimension * 10007 + lines * 40503 + cycles) % PERIOD
        ].astype(np.int64)
    if source == SOBOL:
        masks = np.where(
            lines > 0, (mix_reference(key ^ lines.astype(U)) >> U(48)).astype(np.int64), 0
        )
        return tables[1 + dimension, cycles & 65535].astype(np.int64) ^ masks
    words = words_reference(row_key_reference(np.array([key]) + U(dimension), lines), cycles >> 2)
    return (words >> (16 * (cycles & 3)).astype(U) & U(65535)).astype(np.int64)


def thresholds_reference(
    values: np.ndarray, inverse: np.float32, bipolar: bool, transfer: np.ndarray, first_device: int
) -> tuple[np.ndarray, np.ndarray]:
    """(thresholds, signs) of float32 values (n,), as `streams.set_thresholds`."""
    scaled = values * inverse
    clipped = np.clip(scaled, np.float32(-1), np.float32(1))
    share = (clipped + np.float32(1)) * np.float32(0.5) if bipolar else np.abs(clipped)
    levels = np.rint(np.where(share >= 0, share, 0) * np.float32(transfer.shape[1] - 1)).astype(int)
    return transfer[(first_device + np.arange(len(values))) % len(transfer), levels], np.where(
        (scaled >= 0) | bipolar, 1, -1
    )


def _places(
    shape: tuple[int, ...], operands: Operands, multiplier: StreamMultipliers
) -> Iterator[tuple[slice, slice, int, int]]:
    """(rows, columns, vector, number of the place) of a multiplier that is moved over an outer
    product; vectors that count nothing are left out.
    """
    block = multiplier.block
    group = multiplier.group
    blocks = -(-shape[0] // block)
    groups = -(-shape[1] // group)
    for b in range(blocks):
        rows = slice(b * block, (b + 1) * block)
        for g in range(groups):
            columns = slice(g * group, (g + 1) * group)
            for v in np.flatnonzero(operands.steps):
                yield rows, columns, int(v), (int(v) * blocks + b) * groups + g


class Bits(NamedTuple):
    """One side of a place: thresholds and signs (n,) of its lines, and their bits (n, L)."""

    levels: np.ndarray
    signs: np.ndarray
    bits: np.ndarray


def _input_bits(
    operands: Operands,
    multiplier: StreamMultipliers,
    numbers: Numbers,
    lines: slice,
    vector: int,
    cycles: np.ndarray,
) -> Bits:
    """The streams of the inputs `lines` of a vector in the given cycles."""
    levels, signs = thresholds_reference(
        operands.inputs[lines, vector],
        operands.input_inverse[vector],
        multiplier.bipolar,
        multiplier.transfer,
        0,
    )
    own = np.zeros(1, int) if numbers.shared else 1 + np.arange(len(levels))
    drawn = numbers_reference(numbers.source, numbers.tables, numbers.key, 0, own, cycles)
    return Bits(levels, signs, bits_of(levels, drawn).astype(np.int64))


def _error_bits(
    operands: Operands,
    multiplier: StreamMultipliers,
    numbers: Numbers,
    lines: slice,
    vector: int,
    cycles: np.ndarray,
    part: int | None = None,
) -> Bits:
    """The streams of the errors `lines` of a vector, of one of their two parts where there are."""
    errors = operands.errors if part is None else operands.errors[part]
    group = multiplier.group
    single = multiplier.single
    levels, signs = thresholds_reference(
        errors[lines, vector],
        operands.error_inverse[vector],
        multiplier.bipolar,
        multiplier.transfer,
        group + (part or 0) * multiplier.block,
    )
    first = 1 if single else 1 + group
    own = np.zeros(1, int) if numbers.shared else first + np.arange(len(levels))
    dimension = 0 if single else 1
    drawn = numbers_reference(numbers.source, numbers.tables, numbers.key, dimension, own, cycles)
    return Bits(levels, signs, bits_of(levels, drawn).astype(np.int64))


def count_products_reference(
    counts: np.ndarray,
    operands: Operands,
    multiplier: StreamMultipliers,
    numbers: Numbers,
    first_cycle: int,
    tally: StreamTally,
) -> None:
    """Twin of `streams.count_products`: each place as a product of two matrices of bits."""
    length = multiplier.length
    group = multiplier.group
    asked = operands, multiplier, numbers
    for rows, columns, v, number in _places(counts.shape, operands, multiplier):
        cycles = first_cycle + number * length + np.arange(length)
        d = _error_bits(*asked, rows, v, cycles)
        x = _input_bits(*asked, columns, v, cycles)
        both = d.bits @ x.bits.T
        if multiplier.bipolar:  # XNOR: where both are 1 or both 0
            both = both + (1 - d.bits) @ (1 - x.bits).T
            counts[rows, columns] += operands.steps[v] * (2 * both - length)
        else:
            counts[rows, columns] += operands.steps[v] * both * np.outer(d.signs, x.signs)
        _count(tally, (x, d), x.bits.sum(), d.bits.sum(), both.sum())
        tally.switched[: len(x.bits)] += x.bits.sum(1)
        tally.switched[group : group + len(d.bits)] += d.bits.sum(1)


def count_parts_reference(
    counts: np.ndarray,
    operands: Operands,
    multiplier: StreamMultipliers,
    numbers: Numbers,
    first_cycle: int,
    tally: StreamTally,
) -> None:
    """Twin of `stream_parts.count_parts`: up and down counts of each place as an outer product."""
    asked = operands, multiplier, numbers
    for rows, columns, v, number in _places(counts.shape, operands, multiplier):
        cycle = np.array([first_cycle + number])
        x = _input_bits(*asked, columns, v, cycle)
        parts = [_error_bits(*asked, rows, v, cycle, part) for part in range(2)]
        moves = sum(d.signs * d.bits[:, 0] for d in parts)
        counts[rows, columns] += operands.steps[v] * np.outer(moves, x.signs * x.bits[:, 0])
        ones = sum(int(d.bits.sum()) for d in parts)
        _count(tally, (x, *parts), x.bits.sum(), ones, np.abs(moves).sum() * x.bits.sum())
        tally.switched[: len(x.bits)] += x.bits[:, 0]
        for part, d in enumerate(parts):
            first = multiplier.group + part * multiplier.block
            tally.switched[first : first + len(d.bits)] += d.bits[:, 0]


def _count(
    tally: StreamTally, sides: Iterable[Bits], input_ones: int, error_ones: int, met: int
) -> None:
    totals = tally.totals
    totals[DRIVEN] += sum(int((side.levels > 0).sum()) for side in sides)
    totals[INPUT_ONES] += input_ones
    totals[ERROR_ONES] += error_ones
    totals[COINCIDENCES] += met


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """AND of words or bits: the product of unipolar streams."""
    return a & b


def multiply_bipolar(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """XNOR of bits: the product of bipolar streams."""
    return 1 - (a ^ b)


def scaled_add(select: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiplexer of bits: s a + (1 - s) b."""
    return np.where(select == 1, a, b)


def subtract(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """XOR of two streams of one generator: |a - b|."""
    return a ^ b


def parallel_count(bits: np.ndarray) -> np.ndarray:
    """Sum over the streams (n, L) in each cycle: the parallel counter."""
    return bits.sum(axis=0, dtype=np.int64)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Stochastic correlation of two bit streams, -1 to 1 (Alaghi & Hayes; the four counts as in
    UnarySim's metric).
    """
    both, one, other, none = (
        int(np.sum(pair)) for pair in (a & b, a & (1 - b), (1 - a) & b, (1 - a) & (1 - b))
    )
    total = both + one + other + none
    product = both * none - one * other
    if product > 0:
        return product / max(
            1, total * min(both + one, both + other) - (both + one) * (both + other)
        )
    return product / max(1, (both + one) * (both + other) - total * max(both - none, 0))
