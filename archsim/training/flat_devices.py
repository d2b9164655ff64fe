"""The memories of many device arrays, one after the other, as the compiled updates walk them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from archsim.devices.array import DeviceArray


class FlatDevices(NamedTuple):
    """Flat float32 memories: weights (cells,), state (cells x parts,), planes; weights and state are
    one memory where nothing is hidden. By array, int64: where the planes of its first copy start, and
    of how many rows those of a copy are (1: all rows share them).
    """

    weights: np.ndarray
    state: np.ndarray
    planes: np.ndarray
    parts: int
    parameters: int
    first_planes: np.ndarray
    plane_rows: np.ndarray


def flattened(arrays: Sequence[Sequence[DeviceArray]]) -> FlatDevices:
    """Put what the copies of all arrays hold one after the other; each works on its views from now on."""
    for copies in arrays:
        _give_rows(copies)
    devices = [device for copies in arrays for device in copies]
    _, parts, parameters, _ = devices[0].planes.shape
    planes = np.concatenate([device.planes.reshape(-1) for device in devices])
    state = np.concatenate([device.state.reshape(-1) for device in devices])
    hidden = not np.shares_memory(devices[0].weights, devices[0].state)
    weights = (
        np.concatenate([device.weights.reshape(-1) for device in devices]) if hidden else state
    )
    # Views: the compiled updates walk the flat memory, single arrays see the same numbers.
    start = drawn = 0
    for device in devices:
        end = start + device.weights.size
        held = slice(start * parts, end * parts)
        device.weights = weights[start:end].reshape(device.weights.shape)
        device.state = state[held].reshape(device.state.shape)
        size = device.planes.size
        device.planes = planes[drawn : drawn + size].reshape(device.planes.shape)
        start, drawn = end, drawn + size
    sizes = [sum(device.planes.size for device in copies) for copies in arrays]
    first_planes = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    rows = np.array([len(copies[0].planes) for copies in arrays])
    return FlatDevices(weights, state, planes, parts, parameters, first_planes, rows)


def _give_rows(copies: Sequence[DeviceArray]) -> None:
    """The planes of all copies of an array are of as many rows: chance may have made the devices of
    one alike and not those of another, as where few are stuck.
    """
    if len({len(device.planes) for device in copies}) > 1:
        for device in copies:
            device.planes = device.every_plane()
