"""What a converter says of one device: with noise, in whole levels, within its bound.

Who verifies a write, or refreshes a pair, knows no more of a device than this.
"""

from __future__ import annotations

import numpy as np

from archsim.kernels.compiled import kernel
from archsim.kernels.random import normal
from archsim.kernels.records import DeviceRead

F = np.float32
ZERO = F(0.0)
EXACT = DeviceRead(ZERO, ZERO, ZERO)
"""Sees what a device holds."""


@kernel
def look(value, read, key, column):
    """A read of a device that holds `value` (float32), by a record DeviceRead.

    Args:
        value: what it holds, in weight units.
        read: records.DeviceRead.
        key: of the row's random numbers (uint64).
        column: of the device: its number in them.

    Returns:
        what the converter gives, float32.
    """
    if read.noise > ZERO:
        value += read.noise * normal(key, np.uint64(column))
    if read.step > ZERO:
        value = np.float32(np.rint(value / read.step)) * read.step
    if read.bound > ZERO:
        value = min(max(value, -read.bound), read.bound)
    return value
