"""The memories of many device arrays, one after the other, as the compiled updates walk them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from archsim.devices.array import DeviceArray


class FlatDevices(NamedTuple):
    """Flat float32 memories: weights (cells,), state (cells x parts,), planes (cells x parts x
    parameters,); weights and state are one memory where nothing is hidden.
    """

    weights: np.ndarray
    state: np.ndarray
    planes: np.ndarray
    parts: int
    parameters: int


def flattened(devices: Sequence[DeviceArray]) -> FlatDevices:
    """Put what the arrays hold one after the other; each works on its views from now on."""
    first = devices[0]
    _, parts, parameters, _ = first.planes.shape
    planes = np.concatenate([device.planes.reshape(-1) for device in devices])
    state = np.concatenate([device.state.reshape(-1) for device in devices])
    hidden = not np.shares_memory(first.weights, first.state)
    weights = (
        np.concatenate([device.weights.reshape(-1) for device in devices]) if hidden else state
    )
    start = 0
    for device in devices:
        end = start + device.weights.size
        held = slice(start * parts, end * parts)
        drawn = slice(start * parts * parameters, end * parts * parameters)
        # Views: the compiled updates walk the flat memory, single arrays see the same numbers.
        device.weights = weights[start:end].reshape(device.weights.shape)
        device.state = state[held].reshape(device.state.shape)
        device.planes = planes[drawn].reshape(device.planes.shape)
        start = end
    return FlatDevices(weights, state, planes, parts, parameters)
