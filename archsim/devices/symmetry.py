"""Symmetry points: the weight of each device at which an up and a down pulse cancel on average.

Alternating pulses drive a device there (Rasch 2024, Eq. 7); Tiki-Taka schemes read their gradient array against it.
"""

from __future__ import annotations

import numpy as np

from archsim.devices.array import DeviceArray
from hwlib.errors import InputError


def symmetry_points(array: DeviceArray, iterations: int = 40) -> np.ndarray:
    """The symmetry point of every device, float32 (M, N), by bisection of the noise-free law between the device's bounds.

    Where one direction is stronger everywhere (a constant step with unequal sides) it is the bound that the device ends at. Stochastic
    and one-sided devices have none: InputError.
    """
    device = array.device
    if device.paired or device.even_noise:
        raise InputError("this device has no symmetry point", got=device.name)
    # In float64: the difference of two steps is small beside the weight.
    planes = [array.planes[:, 0, number].astype(np.float64) for number in range(array.planes.shape[2])]
    low, high = planes[2].copy(), planes[3].copy()
    up, down = np.ones(low.shape, bool), np.zeros(low.shape, bool)
    for _ in range(iterations):
        middle = (low + high) / 2
        rises = device.step_reference(middle, up, 1.0, 0.0, planes, array.law) - middle
        falls = middle - device.step_reference(middle, down, 1.0, 0.0, planes, array.law)
        above = rises > falls
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return ((low + high) / 2).astype(np.float32)
