"""NumPy twin of a tile's read (`read_block`, `read_parts`): one vector after the other, in the words
of the physics, the same bits.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.product import product_reference
from archsim.kernels.random import READ_INPUT, READ_OUTPUT
from archsim.kernels.random_reference import (
    normal_reference,
    row_key_reference,
    stream_key_reference,
)
from archsim.kernels.read_reference import convert_reference
from archsim.kernels.tile_read import FIRST, Keys, TileOutputs, TilePart, whole_matrix
from archsim.kernels.tile_records import (
    CELL_BITS,
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
    WRITTEN,
)

F = np.float32


def tile_read_reference(
    weights: np.ndarray,
    inputs: np.ndarray,
    physics: np.ndarray,
    keys: Keys = FIRST,
    part: TilePart | None = None,
    transposed: bool = False,
) -> TileOutputs:
    """As `tile_read.tile_read`: arguments, results and bits."""
    physics = np.asarray(physics, F)
    matrix = np.asarray(weights, F).T if transposed else np.asarray(weights, F)
    part = whole_matrix(weights, transposed) if part is None else part
    held = matrix[part.column : part.column + part.columns, part.line : part.line + part.lines]
    cells, shares, offset = _slices(held, float(np.abs(matrix).max(initial=0)), physics, transposed)
    outputs = []
    repeats = []
    saturations = 0
    for number, vector in enumerate(np.asarray(inputs, F)):
        scale = F(np.abs(vector).max()) if physics[NOISE_MANAGEMENT] > 0 else F(1)
        attempt = 0
        while True:
            factor = F(scale * F(2**attempt))
            key = [
                row_key_reference(
                    row_key_reference(
                        stream_key_reference(keys.seed, keys.step, keys.tile, stream),
                        number + keys.first,
                    ),
                    attempt,
                )
                for stream in (READ_INPUT, READ_OUTPUT)
            ]
            codes = convert_reference(
                vector / (factor if factor > 0 else F(1)), physics[INPUT_STEP], physics[INPUT_BOUND]
            )
            summed, reached = _convert_parts(cells, shares, codes, physics, key)
            known = F(0)
            for code in codes:
                known = F(known + code)
            hits = int(reached.sum())
            if hits == 0 or 2**attempt > physics[RETRY_LIMIT] or not scale > 0:
                break
            attempt += 1
        outputs.append((summed - offset * known) * factor)
        repeats.append(attempt)
        saturations += hits
    return TileOutputs(
        np.array(outputs, F).reshape(len(inputs), part.columns),
        np.array(repeats, np.int32),
        saturations,
    )


def _slices(
    held: np.ndarray, largest: float, physics: np.ndarray, together: bool
) -> tuple[list[np.ndarray], list[np.float32], np.float32]:
    """The columns of every slice in weight units, what a conversion of each counts, and the offset
    of a weight.
    """
    if physics[CELL_BITS] == 0:
        return [held], [F(1)], F(0)
    bits = int(physics[WEIGHT_BITS])
    cell_bits = int(physics[CELL_BITS])
    full = F(physics[WEIGHT_RANGE] or largest or 1.0)
    top = 2 ** (bits - 1) - 1
    count = -(-bits // cell_bits)
    share = held / F(full / F(top))
    code = np.clip(np.rint(share), -top, top)
    highest = F(2 ** (cell_bits * (count - 1)))
    beside = (share - code) / highest if physics[WRITTEN] > 0 else np.zeros_like(held)
    word = code.astype(np.int64) + 2 ** (bits - 1)
    cell = F(full / F(2**cell_bits - 1))
    lowest = F((2**cell_bits - 1) / top)
    offset = full * F(2 ** (bits - 1)) / F(top)
    counts = [F(lowest * F(2 ** (cell_bits * j))) for j in range(count)]
    if together:
        return [(word.astype(F) / highest + beside) * cell], counts[-1:], offset
    planes = [
        ((word // 2 ** (cell_bits * j)) % 2**cell_bits).astype(F) * cell for j in range(count)
    ]
    planes[-1] = planes[-1] + beside * cell
    return planes, counts, offset


def _convert_parts(
    cells: list[np.ndarray],
    shares: list[np.float32],
    codes: np.ndarray,
    physics: np.ndarray,
    keys: list[np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """The sum of the conversions of all slots and slices, and which outputs reached the bound."""
    bound = physics[OUTPUT_BOUND] if physics[OUTPUT_BOUND] > 0 else F(np.inf)
    slots = _slots(codes, physics)
    several = len(slots) * len(cells) > 1 or physics[CELL_BITS] > 0
    summed: np.ndarray = np.zeros(len(cells[0]), F)
    reached: np.ndarray = np.zeros(len(summed), bool)
    for s, (driven, shift) in enumerate(slots):
        key = row_key_reference(keys[0], s) if several else keys[0]
        if physics[INPUT_NOISE] > 0:
            driven = driven + physics[INPUT_NOISE] * normal_reference(key, np.arange(len(driven)))
        for j, (plane, share) in enumerate(zip(cells, shares)):
            key = row_key_reference(keys[1], s * len(cells) + j) if several else keys[1]
            currents = product_reference(plane, driven[None])[0]
            if physics[OUTPUT_NOISE] > 0:
                noise = normal_reference(key, np.arange(len(currents)))
                currents = currents + physics[OUTPUT_NOISE] * noise
            read = convert_reference(currents, physics[OUTPUT_STEP], bound)
            reached |= np.abs(read) >= bound
            summed = summed + read * F(shift * share) if several else read
    return summed, reached


def _slots(codes: np.ndarray, physics: np.ndarray) -> list[tuple[np.ndarray, np.float32]]:
    """What the lines are driven with in every slot, and what a conversion of it counts."""
    if physics[SLOTS] <= 1:
        return [(codes, F(1))]
    bits = int(physics[SLOT_BITS])
    top = int(np.rint(physics[INPUT_BOUND] / physics[INPUT_STEP]))
    width = top.bit_length() + 1
    words = np.rint(codes / physics[INPUT_STEP]).astype(np.int64)
    slots = []
    for slot in range(int(physics[SLOTS])):
        size = min(bits, width - bits * slot)
        digits = words % 2**width // 2 ** (bits * slot) % 2**size
        if bits * slot + size == width:  # the slot with the sign
            digits = np.where(digits >= 2 ** (size - 1), digits - 2**size, digits)
        full = F(2**bits - 1)
        shift = F(full * F(2 ** (bits * slot)) / F(top))
        slots.append((digits.astype(F) / full * physics[INPUT_BOUND], shift))
    return slots
