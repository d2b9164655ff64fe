"""Input and output converters of a tile, as the compiled reads take them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from archsim.chip.config import Architecture
from archsim.devices.array import DeviceArray
from archsim.devices.converted_read import read_of_one
from archsim.kernels.periphery import Periphery, read_physics
from archsim.kernels.records import DeviceRead
from archsim.kernels.tile_records import (
    CELL_BITS,
    DEVICE_NOISE,
    PERIPHERY,
    SLOT_BITS,
    SLOTS,
    WEIGHT_BITS,
)
from archsim.training.sections import ReadSettings

MOST_BITS = 24  # of a weight: those of a float32


def scales_of(vectors: np.ndarray, chip: Architecture) -> np.ndarray:
    """What each vector is divided by: its largest value under noise management, which the
    controller finds once.
    """
    if not chip.physics.noise_management:
        return np.ones(len(vectors), np.float32)
    # A vector of zeros is divided by something, too.
    return np.maximum(np.abs(vectors).max(axis=1), 1e-12).astype(np.float32)


def codes_of(vectors: np.ndarray, scales: np.ndarray, chip: Architecture) -> np.ndarray:
    """What the input converters drive: whole numbers (vectors, rows)."""
    top = 2**chip.read.input_bits - 1
    # Magnitudes: the sign of an input is the polarity of its pulses.
    return np.rint(np.abs(vectors) / scales[:, None] * top).clip(0, top).astype(np.int64)


def tile_periphery(chip: Architecture, output_bound: float, device_noise: float) -> np.ndarray:
    """The converters of a tile with this range, float32 (PERIPHERY,)."""
    physics = chip.physics
    read = chip.read
    weights = chip.weights
    values = np.zeros(PERIPHERY, np.float32)
    periphery = Periphery(
        bound_management="forward" if physics.bound_management else "off",
        input_bits=read.input_bits,
        output_bits=read.adc_bits,
        output_bound=output_bound,
        output_noise=physics.read_noise,
    )
    converters = read_physics(periphery, False)
    values[: len(converters)] = converters
    values[SLOTS] = 1
    if read.accumulate == "digital" and read.slots > 1:
        values[[SLOTS, SLOT_BITS]] = read.slots, read.bits_per_slot
    if weights.mapping == "bit_slices":
        values[[WEIGHT_BITS, CELL_BITS]] = min(weights.bits, MOST_BITS), weights.cell_bits
    values[DEVICE_NOISE] = device_noise
    return values


def verify_read(chip: Architecture) -> Callable[[DeviceArray], DeviceRead]:
    """How a chip reads a device that it programs with verify: through the converter of its tiles
    and with its noise, as a training does.
    """
    # A converter of one bit tells the sign only, by which nothing can be verified.
    bits = max(2, chip.read.adc_bits)
    noise = converter_noise(chip)
    return lambda array: read_of_one(array, bits, noise)


def converter_noise(chip: Architecture) -> float:
    """Standard deviation of a read's noise as a share of the converter's range.

    A range that calibration sets is not known before the weights are there: it is then the bound
    that a training takes on such a chip. Of dual columns it is the noise of the converter and that
    of a cell, whose largest conductance is the range.
    """
    physics = chip.physics
    if physics.model == "dual_column":
        low, high = physics.conductance_us
        levels = physics.adc_noise_levels / (2 ** max(2, chip.read.adc_bits) - 1)
        return math.hypot(levels, physics.cell_noise_us / (high - low))
    # 0 stands for a range that is set by the data, which aren't there yet when devices are
    # programmed.
    bound = physics.output_bound or ReadSettings().output_bound
    return physics.read_noise / bound
