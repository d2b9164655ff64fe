"""The staircase of a device: its weight pulse by pulse, up and down again, with the spread of many
devices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from archsim.devices.device import Device


@dataclass(frozen=True)
class Staircase:
    """Weights (2 pulses + 1, devices): start, `pulses` up pulses, then `pulses` down pulses."""

    weights: np.ndarray
    pulses: int

    def quantiles(self, levels=(0.05, 0.5, 0.95)) -> np.ndarray:
        """Quantiles over the devices, (levels, 2 pulses + 1)."""
        return np.quantile(self.weights, levels, axis=1)


def staircase(
    device: Device,
    *,
    pulses: int = 0,
    devices: int = 200,
    start: float | None = None,
    seed: int = 0,
) -> Staircase:
    """Pulse `devices` freshly drawn devices up and down. `pulses` 0 takes as many as a device of
    mean steps needs for its range, at most 2000; `start` defaults to the mean lower bound (a pair:
    zero).
    """
    if pulses <= 0:
        pulses = int(
            np.clip(
                np.ceil((device.upper_bound - device.lower_bound) / device.granularity()), 10, 2000
            )
        )
    array = device.build(1, devices, seed=seed)
    array.set_weights(np.full((1, devices), device.lower_bound if start is None else start))
    weights = [array.weights[0].copy()]
    for number in range(2 * pulses):
        # A step of its own each, or every pulse would draw the same noise.
        array.pulse(1 if number < pulses else -1, seed=seed, step=number)
        weights.append(array.weights[0].copy())
    return Staircase(np.array(weights), pulses)
