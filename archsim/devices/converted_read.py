"""How an output converter reads one device, to verify a write or to refresh a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from archsim.kernels.periphery import converter_step
from archsim.kernels.program import UPPER
from archsim.kernels.records import DeviceRead

if TYPE_CHECKING:
    from archsim.devices.array import DeviceArray

F = np.float32


def read_of_one(array: DeviceArray, bits: int, noise: float) -> DeviceRead:
    """The converter with the gain of one device: the largest of the array is its full scale, of
    which levels and noise are the shares that they are of the range of a whole column.

    Args:
        array: of the device.
        bits: of the converter; 0: it rounds nothing.
        noise: standard deviation as a share of the range.
    """
    # One converter serves all devices of a line: the gain must be that of the largest.
    largest = float(array.planes[:, :, UPPER].max())
    return DeviceRead(
        F(converter_step(bits, largest)), F(largest if bits else 0.0), F(noise * largest)
    )
