"""Slow and plain twins of the streams: bits as NumPy arrays of 0 and 1 (..., L), the last axis the
cycles; gates on packed words.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from archsim.kernels.random_reference import mix_reference, row_key_reference, words_reference
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
    places: np.ndarray,
) -> np.ndarray:
    """Numbers int64 of the generators of `lines` (n,) in the cycles `places` (L,), as
    `streams.number_at`: (n, L).
    """
    lines = np.asarray(lines, np.int64)[:, None]
    places = np.asarray(places, np.int64)[None]
    if source == LFSR:
        return tables[
            0, (int(key) % PERIOD + dimension * 10007 + lines * 40503 + places) % PERIOD
        ].astype(np.int64)
    if source == SOBOL:
        masks = np.where(
            lines > 0, (mix_reference(key ^ lines.astype(U)) >> U(48)).astype(np.int64), 0
        )
        return tables[1 + dimension, places & 65535].astype(np.int64) ^ masks
    words = words_reference(row_key_reference(np.array([key]) + U(dimension), lines), places >> 2)
    return (words >> (16 * (places & 3)).astype(U) & U(65535)).astype(np.int64)


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
    shape: tuple[int, int], vectors: int, block: int, group: int
) -> Iterator[tuple[slice, slice, int, int]]:
    """(rows, columns, vector, number of the place) of a block of `block` x `group` that is moved
    over an outer product.
    """
    blocks, groups = -(-shape[0] // block), -(-shape[1] // group)
    for b in range(blocks):
        for g in range(groups):
            for v in range(vectors):
                yield (
                    slice(b * block, (b + 1) * block),
                    slice(g * group, (g + 1) * group),
                    v,
                    (v * blocks + b) * groups + g,
                )


def count_products_reference(
    counts,
    inputs,
    errors,
    input_inverse,
    error_inverse,
    steps,
    length,
    transfer,
    block,
    group,
    source,
    tables,
    single,
    shared,
    bipolar,
    key,
    first_place,
    tallies,
    switched,
):
    """Twin of `streams.count_products`: each place as a product of two matrices of bits."""
    for rows, columns, v, number in _places(counts.shape, inputs.shape[1], block, group):
        if steps[v] == 0:
            continue
        cycles = first_place + number * length + np.arange(length)
        d, d_signs = thresholds_reference(
            errors[rows, v], error_inverse[v], bipolar, transfer, group
        )
        x, x_signs = thresholds_reference(
            inputs[columns, v], input_inverse[v], bipolar, transfer, 0
        )
        x_lines, d_lines = (
            [0] if shared else first + 1 + np.arange(len(side))
            for first, side in ((0, x), (0 if single else group, d))
        )
        x_bits = bits_of(x, numbers_reference(source, tables, key, 0, x_lines, cycles)).astype(
            np.int64
        )
        d_bits = bits_of(
            d, numbers_reference(source, tables, key, 0 if single else 1, d_lines, cycles)
        ).astype(np.int64)
        both = d_bits @ x_bits.T
        if bipolar:  # XNOR: where both are 1 or both 0
            both = both + (1 - d_bits) @ (1 - x_bits).T
            counts[rows, columns] += steps[v] * (2 * both - length)
        else:
            counts[rows, columns] += steps[v] * both * np.outer(d_signs, x_signs)
        _tally(tallies, (x, d), x_bits.sum(), d_bits.sum(), both.sum())
        switched[: len(x)] += x_bits.sum(1)
        switched[group : group + len(d)] += d_bits.sum(1)


def count_parts_reference(
    counts,
    inputs,
    errors,
    input_inverse,
    error_inverse,
    steps,
    transfer,
    block,
    group,
    source,
    tables,
    single,
    shared,
    key,
    first_place,
    tallies,
    switched,
):
    """Twin of `stream_parts.count_parts`: up and down counts of each place as an outer product."""
    for rows, columns, v, number in _places(counts.shape, inputs.shape[1], block, group):
        if steps[v] == 0:
            continue
        x, x_signs = thresholds_reference(inputs[columns, v], input_inverse[v], False, transfer, 0)
        x_lines, d_lines = (
            [0] if shared else first + 1 + np.arange(len(side))
            for first, side in ((0, x), (0 if single else group, errors[0, rows]))
        )
        x_bits = bits_of(
            x, numbers_reference(source, tables, key, 0, x_lines, [first_place + number])
        )[:, 0].astype(np.int64)
        fresh = numbers_reference(
            source, tables, key, 0 if single else 1, d_lines, [first_place + number]
        )
        moves = 0
        ones = 0
        levels = [x]
        for part in range(2):
            d, d_signs = thresholds_reference(
                errors[part, rows, v], error_inverse[v], False, transfer, group + part * block
            )
            d_bits = bits_of(d, fresh)[:, 0].astype(np.int64)
            moves, ones = moves + d_signs * d_bits, ones + d_bits.sum()
            levels.append(d)
            switched[group + part * block : group + part * block + len(d)] += d_bits
        counts[rows, columns] += steps[v] * np.outer(moves, x_signs * x_bits)
        _tally(tallies, levels, x_bits.sum(), ones, np.abs(moves).sum() * x_bits.sum())
        switched[: len(x)] += x_bits


def _tally(tallies, levels, input_ones, error_ones, met) -> None:
    tallies[DRIVEN] += sum(int((side > 0).sum()) for side in levels)
    for place, number in ((INPUT_ONES, input_ones), (ERROR_ONES, error_ones), (COINCIDENCES, met)):
        tallies[place] += number


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
    total, product = both + one + other + none, both * none - one * other
    if product > 0:
        return product / max(
            1, total * min(both + one, both + other) - (both + one) * (both + other)
        )
    return product / max(1, (both + one) * (both + other) - total * max(both - none, 0))
