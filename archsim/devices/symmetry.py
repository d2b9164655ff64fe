"""Symmetry points: the weight of each device at which an up and a down pulse cancel on average.

Alternating pulses drive a device there (Rasch 2024, Eq. 7); Tiki-Taka schemes read their gradient
array against it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from archsim.devices.array import DeviceArray
from hwlib.errors import InputError


def drive_to_symmetry(
    array: DeviceArray,
    pulses: int,
    *,
    seed: int,
    tile: int,
    reads: int = 1,
    read: Callable[[np.ndarray, int], np.ndarray] | None = None,
) -> np.ndarray:
    """Alternating pulses, up first, on every device of an array from where it stands.

    Each pair of pulses leaves the share (1 - a_up/b_max)(1 - a_dn/|b_min|) of a soft-bounds
    device's distance to the end of its cycle. That end is half a step off the symmetry point: below
    it after a down pulse, above it after an up pulse. So one read is wrong by half a step on all
    devices in the same direction, and the mean of an even number of reads, one after each of the
    last pulses, only by the noise of these pulses.

    Args:
        array: the devices, moved in place.
        pulses: of the drive; number n draws the noise of (seed, n, tile).
        seed: of the run.
        tile: number of the tile.
        reads: of the array, the last one after the last pulse, with a pulse between two; at most one
            more than there are pulses.
        read: what a read of given number gives of weights (M, N); None: the weights themselves.

    Returns:
        the mean of these reads in weight units, float32 (M, N).

    Raises:
        InputError: for devices that have no symmetry point.

    Source:
        Kim et al., arXiv 1907.10228; the decay: Rasch 2024, Eq. 7; the mean of reads is ours.
    """
    _require_both_ways(array)
    total = np.zeros(array.weights.shape)
    for number in range(pulses + 1):
        if number:
            up = number % 2 == 1
            array.pulse(1 if up else -1, seed=seed, step=number - 1, tile=tile)
        # The last `reads` states, with a pulse between two: half of them lie above the point, half
        # below.
        if number > pulses - reads:
            total += array.weights if read is None else read(array.weights, number)
    return (total / reads).astype(np.float32)


def symmetry_points(array: DeviceArray, iterations: int = 40) -> np.ndarray:
    """The symmetry point of every device, float32 (M, N), by bisection of the noise-free law
    between the device's bounds.

    Where one direction is stronger everywhere (a constant step with unequal sides) it is the bound
    that the device ends at. Stochastic and one-sided devices have none: InputError.
    """
    device = array.device
    _require_both_ways(array)
    # In float64: the difference of two steps is small beside the weight.
    planes = [plane.astype(np.float64) for plane in array.every_plane()[:, 0].transpose(1, 0, 2)]
    low, high = planes[2].copy(), planes[3].copy()
    up = np.ones(low.shape, bool)
    down = np.zeros(low.shape, bool)
    for _ in range(iterations):
        middle = (low + high) / 2
        rises = device.step_reference(middle, up, 1.0, 0.0, planes, array.law) - middle
        falls = middle - device.step_reference(middle, down, 1.0, 0.0, planes, array.law)
        # Below the symmetry point the way up is the stronger one, as steps shrink towards the bound
        # they go to.
        above = rises > falls
        low = np.where(above, middle, low)
        high = np.where(above, high, middle)
    return ((low + high) / 2).astype(np.float32)


def _require_both_ways(array: DeviceArray) -> None:
    if array.device.paired or array.device.even_noise:
        raise InputError("this device has no symmetry point", where="device", got=array.device.name)
