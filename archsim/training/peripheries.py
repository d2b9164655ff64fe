"""The periphery of the arrays' reads, as the compiled passes take it: a row an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from archsim.kernels.cache_lines import apart
from archsim.kernels.periphery import Periphery, read_physics
from archsim.kernels.tile_records import CELL_BITS, PERIPHERY, SLOTS
from archsim.training.reads import PARTS
from archsim.training.records import BothWays

if TYPE_CHECKING:
    from archsim.devices.device import Device
    from archsim.training.sections import ReadSettings

F = np.float32
IDEAL = np.array([0, 0, 0, np.inf, *[0] * (PERIPHERY - 4)], F)
"""Reads of a whole array that neither round nor clip nor disturb anything."""


def ideal_reads(arrays: int) -> np.ndarray:
    """float32 (arrays, PERIPHERY) of exact reads."""
    return apart(np.tile(IDEAL, (arrays, 1)))


def peripheries(
    reads: Sequence[ReadSettings], devices: Sequence[Device | None], scales: np.ndarray
) -> BothWays:
    """The periphery of the forward and of the backward reads of every array.

    Args:
        reads: the converters of every array; none for the digital baseline, which reads exactly.
        devices: of the weights of every array; None for exact ones. Where weights are sliced, those
            of a device fill its range, and exact ones that of the largest weight.
        scales: what weight 1 of the device's file stands for in every array, (arrays,). Bound and
            noise of an output are in units of that.

    Returns:
        float32 (arrays, PERIPHERY) each way.
    """
    if not reads:
        return BothWays(ideal_reads(len(scales)), ideal_reads(len(scales)))
    both = BothWays(
        *(
            apart(
                np.array(
                    [
                        _reads(read, device, float(scale), way)
                        for read, device, scale in zip(reads, devices, scales)
                    ],
                    F,
                )
            )
            for way in (False, True)
        )
    )
    if any((way[:, SLOTS] > 1).any() or (way[:, CELL_BITS] > 0).any() for way in both):
        PARTS.open()
    return both


def _reads(
    read: ReadSettings, device: Device | None, scale: float, backward: bool
) -> tuple[float | np.float32, ...]:
    full = device.number("upper_bound") if device is not None else 0.0
    periphery = Periphery(
        noise_management=read.noise_management,
        bound_management=read.bound_management,
        input_bits=read.input_bits,
        input_bound=read.input_bound,
        input_noise=read.input_noise,
        output_bits=read.output_bits,
        # Bounds and noises of a converter are stated in weights of the device's file; a layer's
        # weights are `scale` times those.
        output_bound=read.output_bound * scale,
        output_noise=read.output_noise * scale,
    )
    slots = -(-read.input_bits // read.slot_bits) if read.slot_bits else 1
    return (
        *read_physics(periphery, backward),
        slots,
        read.slot_bits,
        read.weight_bits,
        read.cell_bits,
        full * scale,
        device is not None,
        1,
        device.weight_noise * scale if device is not None else 0.0,
    )
