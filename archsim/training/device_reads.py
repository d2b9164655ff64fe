"""How the chip reads one device, to verify a write or to refresh a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archsim.devices.converted_read import read_of_one
from archsim.kernels.device_read import EXACT
from archsim.kernels.records import DeviceRead

if TYPE_CHECKING:
    from archsim.devices.array import DeviceArray
    from archsim.training.sections import ReadSettings

F = np.float32


def device_read(read: ReadSettings, array: DeviceArray, scale: float) -> DeviceRead:
    """A read of one device of an array, to verify a write or to refresh a pair: the chip's output
    converter with the gain of one device (see `archsim.devices.converted_read`).

    Args:
        read: the converters of its tiles.
        array: of the device.
        scale: what weight 1 of the device's file stands for in the layer.
    """
    if not read.output_bound:
        return EXACT._replace(noise=F(read.output_noise * scale))
    return read_of_one(array, read.output_bits, read.output_noise / read.output_bound)
