"""The periphery of an array's reads, as the compiled passes take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archsim.kernels.read import periphery
from archsim.kernels.read_block import PERIPHERY
from archsim.training.records import BothWays
from archsim.training.settings import TrainingSettings

if TYPE_CHECKING:
    from archsim.devices.device import Device

F = np.float32
IDEAL = np.array([0, 0, 0, np.inf, *[0] * (PERIPHERY - 4)], F)
"""Reads of a whole array that neither round nor clip nor disturb anything."""


def peripheries(settings: TrainingSettings, device: Device | None = None) -> BothWays:
    """float32 (PERIPHERY,) of the forward and of the backward reads; the
    digital baseline reads exactly. Where weights are sliced, those of a `device` fill its range, and
    exact ones that of the largest weight.
    """
    if settings.rule == "float":
        return BothWays(IDEAL.copy(), IDEAL.copy())
    read = settings.read
    converters = (
        read.input_bits,
        read.input_bound,
        read.input_noise,
        read.output_bits,
        read.output_bound,
        read.output_noise,
    )
    full = device.number("upper_bound") if device is not None else 0.0
    slots = -(-read.input_bits // read.slot_bits) if read.slot_bits else 1
    parts = (slots, read.slot_bits, read.weight_bits, read.cell_bits, full, device is not None, 1)
    return BothWays(
        *(
            np.array(
                (
                    *periphery(way, read.noise_management, read.bound_management, *converters),
                    *parts,
                ),
                F,
            )
            for way in (False, True)
        )
    )
