"""Measured runs side by side in weight units."""

from __future__ import annotations

import numpy as np

from archsim.devices.fit.mean_device import MOST_STEPS, Curves
from archsim.devices.fit.measurement import Measured, Run
from hwlib.errors import InputError


def to_weights(measured: Measured, paired: bool) -> tuple[float, float]:
    """Conductance of weight 0 and of one unit of weight, µS: the window is -1 to 1; for one device
    of a pair 0 to 1.
    """
    low, high = measured.window_us()
    if not high > low:
        raise InputError("the conductance never changes", where=measured.name, got=low)
    # A device of a pair stands for one sign, so its window is 0 to 1.
    return (low, high - low) if paired else ((low + high) / 2, (high - low) / 2)


def curves_of(measured: Measured, paired: bool, up_only: bool) -> Curves:
    """The runs side by side in weight units."""
    zero, unit = to_weights(measured, paired)
    runs = [run for run in measured.runs if run.up or not up_only]
    longest = max(int(run.pulses[-1]) for run in runs)
    # One stride for all runs: they are stepped through side by side.
    stride = max(1, -(-longest // MOST_STEPS))
    readings = max(len(run.pulses) for run in runs)
    at = np.full((len(runs), readings), -1, np.int64)
    weights = np.zeros((len(runs), readings))
    for index, run in enumerate(runs):
        at[index, : len(run.pulses)] = np.rint(run.pulses / stride)
        weights[index, : len(run.pulses)] = (run.conductance_us - zero) / unit
    names = {name: index for index, name in enumerate(measured.devices)}
    device = np.array([names[run.device] for run in runs])
    return Curves(
        np.array([run.up for run in runs]),
        weights[:, 0].copy(),
        at,
        weights,
        stride,
        device,
        _halves(runs, device),
    )


def _halves(runs: list[Run], device: np.ndarray) -> np.ndarray:
    """Even and odd cycles of every device; devices where there is one cycle."""
    cycles = sorted({run.cycle for run in runs})
    if len(cycles) > 1:
        order = {cycle: index for index, cycle in enumerate(cycles)}
        # Alternate cycles, not the first half: devices wear and drift in the course of a
        # measurement.
        return np.array([order[run.cycle] % 2 for run in runs])
    return device % 2
