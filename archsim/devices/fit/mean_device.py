"""A law without its noise: what many pulses do to one device on average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from archsim.devices.device import Device

MOST_STEPS = 400
"""Steps of one curve. Longer runs take several pulses a step: each moves the weight so little that
the law is straight over them."""


@dataclass(frozen=True)
class Curves:
    """Runs in weight units, side by side.

    Attributes:
        up: direction; (runs,).
        start: weight before the first pulse; (runs,).
        at: number of the step after which a reading was taken, -1 where a run has none; (runs,
            readings).
        weights: the readings, 0 where there is none; (runs, readings).
        stride: pulses of one step.
        device: index of the device of a run; (runs,).
        half: 0 or 1, the half of the cycles (else of the devices) it belongs to; (runs,).
    """

    up: np.ndarray
    start: np.ndarray
    at: np.ndarray
    weights: np.ndarray
    stride: int
    device: np.ndarray
    half: np.ndarray

    @property
    def read(self) -> np.ndarray:
        """Where there is a reading after the first; (runs, readings)."""
        return self.at > 0

    def part(self, chosen: np.ndarray) -> Curves:
        """The runs where `chosen` is true."""
        return Curves(
            self.up[chosen],
            self.start[chosen],
            self.at[chosen],
            self.weights[chosen],
            self.stride,
            self.device[chosen],
            self.half[chosen],
        )


def planes_of(device: Device, gains: np.ndarray | None = None) -> list[np.ndarray]:
    """Per-device parameters of the mean device, (1, 1) each; with `gains` (4, runs) the up step,
    the down step, the lower and the upper bound of each run are multiplied by them.
    """

    def no_spread() -> np.ndarray:
        return np.zeros((1, 1))

    planes = [np.array(plane, float) for plane in device.planes(no_spread)]
    if gains is not None:
        for index in range(4):
            planes[index] = planes[index] * gains[index][None, :]
    return [*planes, *device.own_planes(planes, no_spread)]


def simulate(device: Device, curves: Curves, gains: np.ndarray | None = None) -> np.ndarray:
    """Weights (runs, readings) where the readings were taken, without noise."""
    planes = planes_of(device, gains)
    law = device.scalars()
    weight = curves.start[None, :].copy()
    up = curves.up[None, :]
    low, high = planes[2], planes[3]
    steps = int(curves.at.max())
    table = np.empty((steps + 1, weight.shape[1]))
    table[0] = weight[0]
    for number in range(1, steps + 1):
        moved = device.expected_step(weight, up, planes, law)
        # Many pulses as one straight step: over so few of them the law is a line.
        if curves.stride > 1:
            moved = weight + curves.stride * (moved - weight)
        weight = np.clip(moved, low, high)
        table[number] = weight[0]
    rows = np.clip(curves.at, 0, steps)
    return table[rows, np.arange(weight.shape[1])[:, None]]
