"""Tiles that hold a weight as the conductances of two columns, read bit-serially: how a chip of the
model dual_column converts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from archsim.basics.threads import one_thread
from archsim.chip.config import Architecture
from archsim.kernels.bit_serial import BitSerial, bit_serial_read
from archsim.kernels.records import Draws
from hwlib.errors import InputError


class Digits(NamedTuple):
    """Part of input codes that a tile converts at a time: values, their bits, and their weight."""

    values: np.ndarray
    bits: int
    weight: int


class ColumnReads(NamedTuple):
    """What the columns of a tile gave, in weight units (vectors, outputs), and how often a
    converter was full.
    """

    outputs: np.ndarray
    saturations: int


def check_dual_column(chip: Architecture, transposed: bool) -> None:
    """Raise InputError unless the columns of a dual-column tile hold pairs and are read from the rows."""
    if chip.physics.model != "dual_column":
        return
    if chip.weights.mapping != "differential":
        raise InputError(
            "a dual-column tile holds a weight in two columns",
            where=f"{chip.origin}: weights.mapping",
            got=chip.weights.mapping,
            allowed="differential",
            hint="use physics.model=signed for this mapping",
        )
    if transposed:
        raise InputError(
            "a dual-column tile is not read from its columns",
            where=f"{chip.origin}: physics.model",
            got="dual_column",
            hint="use physics.model=signed for this network",
        )


def digits_of(codes: np.ndarray, chip: Architecture) -> list[Digits]:
    """Codes as the tile converts them: at once, or slot by slot."""
    read = chip.read
    if read.accumulate == "analog" or read.slots == 1:
        return [Digits(codes, read.input_bits, 1)]
    bits = read.bits_per_slot
    starts = range(0, read.input_bits, bits)
    return [Digits((codes >> start) & (2**bits - 1), bits, 2**start) for start in starts]


def column_conductances(block: np.ndarray, chip: Architecture) -> tuple[np.ndarray, float]:
    """Conductances in uS, (rows, 2 x outputs), of weights (outputs, rows): the positive parts, then
    the negative ones; and uS a weight unit.
    """
    low, high = chip.physics.conductance_us
    # Each tile uses its whole range of conductances. The bound keeps a tile of zeros from dividing
    # by zero.
    scale = (high - low) / max(1e-12, float(np.abs(block).max()))
    # The lower end is in both columns and drops out of their difference.
    both = np.concatenate([low + scale * np.maximum(block, 0), low + scale * np.maximum(-block, 0)])
    return np.ascontiguousarray(both.T, np.float32), scale


def largest_current(block: np.ndarray, codes: np.ndarray, chip: Architecture) -> float:
    """The largest current in uA that a converter of the tile meets."""
    conductances, _ = column_conductances(block, chip)
    with one_thread():
        return max(
            float((digits.values @ conductances).max())
            * chip.physics.read_voltage_v
            / 2**digits.bits
            for digits in digits_of(codes, chip)
        )


def read_columns(
    block: np.ndarray,
    codes: np.ndarray,
    chip: Architecture,
    range_ua: float,
    device_noise: float,
    keys_of: Callable[[int], Draws],
) -> ColumnReads:
    """Read a tile.

    Args:
        block: its weights (outputs, rows).
        codes: input codes (vectors, rows).
        chip: its converters.
        range_ua: largest current of a converter.
        device_noise: of one device at a read, in weight units; it adds to that of any cell.
        keys_of: the keys of the random numbers of a slot, by its number.
    """
    physics = chip.physics
    read = chip.read
    conductances, scale = column_conductances(block, chip)
    half = len(block)
    summed = np.zeros((len(codes), 2 * half), np.float32)
    saturated = 0
    for slot, digits in enumerate(digits_of(codes, chip)):
        periphery = BitSerial(
            read_voltage_v=physics.read_voltage_v,
            current_range_ua=range_ua,
            input_bits=digits.bits,
            output_bits=read.adc_bits,
            adc_noise_levels=physics.adc_noise_levels,
            cell_noise_us=float(np.hypot(physics.cell_noise_us, device_noise * scale)),
        )
        reads = bit_serial_read(conductances, digits.values, periphery, keys_of(slot))
        summed += reads.outputs * np.float32(digits.weight)
        # Counted a slot, as each is a conversion of its own.
        saturated += int(reads.saturations.sum())
    unit = physics.read_voltage_v * scale * (2**read.input_bits - 1)
    return ColumnReads((summed[:, :half] - summed[:, half:]) / unit, saturated)
