"""What schemes that pulse devices share: the expected effect of pulse trains, slow and plain, and
arrays of their own.
"""

from __future__ import annotations

import numpy as np

from archsim.devices.array import DeviceArray
from archsim.kernels.update_reference import plan_reference


def expected_pulses(
    x: np.ndarray,
    d: np.ndarray,
    rate: float,
    granularity: float,
    longest: int,
    manage_update: bool = True,
) -> np.ndarray:
    """Signed coincidences (M, N) expected of one vector with length management: slots P(row pulse)
    P(column pulse) (US 10664745).
    """
    slots, column, row = plan_reference(
        rate, granularity, longest, np.abs(x).max(), np.abs(d).max(), manage_update, True
    )
    rows = np.minimum(1.0, row * np.abs(d.astype(float)))
    columns = np.minimum(1.0, column * np.abs(x.astype(float)))
    return slots * np.outer(rows * np.sign(d), columns * np.sign(x))


def expected_step(devices: DeviceArray, weights: np.ndarray, pulses: np.ndarray) -> np.ndarray:
    """Change (M, N) that `pulses` (expected, signed) make at `weights`: their number times the
    law's mean step there.
    """
    planes = [
        devices.planes[:, 0, number].astype(float) for number in range(devices.planes.shape[2])
    ]
    moved = devices.device.step_reference(weights, pulses > 0, 1.0, 0.0, planes, devices.law)
    return np.abs(pulses) * (moved - weights)


def expected_change(
    devices: DeviceArray,
    inputs: np.ndarray,
    errors: np.ndarray,
    rate: float,
    longest: int,
    manage_update: bool = True,
) -> np.ndarray:
    """Expected change (M, N) of an array by the pulsed update of all vectors of inputs (images, N,
    V) and errors (images, M, V).
    """
    start = devices.weights.astype(float)
    weights = start.copy()
    for x, d in zip(inputs, errors):
        for v in range(x.shape[1]):
            if np.any(x[:, v]) and np.any(d[:, v]):
                pulses = expected_pulses(
                    x[:, v], d[:, v], rate, devices.granularity, longest, manage_update
                )
                weights += expected_step(devices, weights, pulses)
    return weights - start


def pulses_without_noise(devices: DeviceArray, signed: np.ndarray) -> np.ndarray:
    """Change (M, N) by so many pulses, one after the other, at most 64: on a pair up pulses to the
    first device, down pulses as up pulses to the second."""
    moved = devices.state.astype(float)
    for part in range(moved.shape[1]):
        paired = moved.shape[1] == 2
        pulses = (signed if part == 0 else -signed) if paired else np.abs(signed)
        planes = [
            devices.planes[:, part, number].astype(float)
            for number in range(devices.planes.shape[2])
        ]
        up = np.ones(signed.shape, bool) if paired else signed > 0
        for call in range(int(min(64, pulses.max(initial=0)))):
            new = devices.device.step_reference(moved[:, part], up, 1.0, 0.0, planes, devices.law)
            moved[:, part] = np.where(pulses > call, new.clip(planes[2], planes[3]), moved[:, part])
    seen = moved[:, 0] - moved[:, 1] if moved.shape[1] == 2 else moved[:, 0]
    return seen - devices.weights
