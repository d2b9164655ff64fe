"""How the chip reads one device, to verify a write or to refresh a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archsim.kernels.device_read import EXACT
from archsim.kernels.program import UPPER
from archsim.kernels.read import converter_step
from archsim.kernels.records import DeviceRead

if TYPE_CHECKING:
    from archsim.devices.array import DeviceArray
    from archsim.training.settings import TrainingSettings

F = np.float32


def device_read(settings: TrainingSettings, array: DeviceArray, scale: float) -> DeviceRead:
    """A read of one device of an array, to verify a write or to refresh a pair: the chip's output
    converter with the gain of one device. The largest device of the array is its full scale;
    levels and noise are the shares of it that they are of the output bound.

    Args:
        settings: whose converters read.
        array: of the device.
        scale: what weight 1 of the device's file stands for in the layer.
    """
    read = settings.read
    if not read.output_bound:
        return EXACT._replace(noise=F(read.output_noise * scale))
    largest = float(array.planes[:, :, UPPER].max())
    return DeviceRead(
        F(converter_step(read.output_bits, largest)),
        F(largest if read.output_bits else 0.0),
        F(read.output_noise / read.output_bound * largest),
    )
