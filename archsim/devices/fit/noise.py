"""Noise from cycle to cycle, and of the readings, from what one pulse after the other does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from archsim.devices import load_law
from archsim.devices.fit.curves import curves_of
from archsim.devices.fit.law_fit import LawFit
from archsim.devices.fit.mean_device import Curves, planes_of
from archsim.devices.fit.measurement import Measured
from archsim.devices.fit.search import range_of

NOISES = ("pulse_noise", "program_error")
"""Names under which laws declare the noise of one pulse."""


@dataclass(frozen=True)
class Noise:
    """What one pulse and one reading stray.

    Attributes:
        name: the law's parameter for the noise of a pulse; "" where it has none.
        pulse: its value, in the unit of that parameter.
        choices: parameters by word that go with it (`noise_place`).
        reading: standard deviation of a reading in weight units.
    """

    name: str
    pulse: float
    choices: dict[str, str]
    reading: float


@dataclass(frozen=True)
class _Intervals:
    """Pairs of neighbouring readings: where each began, what strayed, and its neighbour in the run."""

    start: np.ndarray
    up: np.ndarray
    gap: np.ndarray
    device: np.ndarray
    off: np.ndarray
    free: np.ndarray  # neither end of it is on a bound
    run: np.ndarray


def fit_noise(measured: Measured, fit: LawFit) -> Noise:
    """The noise of a pulse and of a reading.

    A pulse's noise stays in the weight, a reading's is gone at the next one: neighbouring steps of
    a run are anticorrelated by the square of the reading's noise alone.
    """
    kind = load_law(fit.law)
    curves = curves_of(measured, kind.paired, fit.up_only)
    steps = _intervals(curves, fit)
    square = steps.off**2
    together = (steps.run[1:] == steps.run[:-1]) & steps.free[1:] & steps.free[:-1]
    product = (
        float(np.mean(steps.off[1:][together] * steps.off[:-1][together])) if any(together) else 0.0
    )
    # A reading that is too high ends one step and begins the next: the product of the two strays is
    # minus its variance.
    reading = float(np.sqrt(max(0.0, -product)))
    names = {p.name: p for p in kind.parameters}
    name = next((n for n in NOISES if n in names), "")
    if not name:
        return Noise("", 0.0, {}, reading)
    noise_places = names["noise_place"].choices if "noise_place" in names else ("",)
    best = None
    for noise_place in noise_places:
        choices = {"noise_place": noise_place} if noise_place else {}
        unit = _response(steps, fit, {name: 1.0, **choices})
        use = steps.free & (unit > 1e-9)
        if not use.any():
            continue
        # Both ends of a step are read, so the reading's variance is in it twice.
        left = np.maximum(square[use] - 2 * reading**2, -2 * reading**2)
        size = float(np.sqrt(max(0.0, left.sum() / np.sum(unit[use] ** 2))))
        variance = size**2 * unit[use] ** 2 + 2 * reading**2 + 1e-12
        # Minus twice the log-likelihood of a normal number, but for constants: which place of the
        # noise explains the data better.
        unlikely = float(np.mean(np.log(variance) + square[use] / variance))
        if best is None or unlikely < best[0]:
            best = (unlikely, Noise(name, min(size, range_of(names[name])[1]), choices, reading))
    return best[1] if best else Noise(name, 0.0, {}, reading)


def _intervals(curves: Curves, fit: LawFit) -> _Intervals:
    device = fit.device()
    parts: dict[str, list[np.ndarray]] = {
        key: [] for key in ("start", "up", "gap", "device", "end", "run")
    }
    for index in range(len(curves.up)):
        count = int((curves.at[index] >= 0).sum())
        readings = curves.weights[index, :count]
        parts["start"].append(readings[:-1])
        parts["end"].append(readings[1:])
        parts["gap"].append(np.diff(curves.at[index, :count]) * curves.stride)
        parts["up"].append(np.full(count - 1, curves.up[index]))
        parts["device"].append(np.full(count - 1, curves.device[index]))
        parts["run"].append(np.full(count - 1, index))
    joined = {key: np.concatenate(arrays) for key, arrays in parts.items()}
    planes = planes_of(device, fit.gains[:, joined["device"]])
    start = joined["start"][None, :]
    moved = start + joined["gap"] * (
        device.expected_step(start, joined["up"][None, :], planes, device.scalars()) - start
    )
    ended = np.clip(moved, planes[2], planes[3])
    margin = 1e-6
    free = (
        (ended == moved)
        & (start > planes[2] + margin)
        & (start < planes[3] - margin)
        & (joined["gap"] > 0)
    )
    off = joined["end"][None, :] - ended
    return _Intervals(
        start[0],
        joined["up"],
        np.maximum(joined["gap"], 1),
        joined["device"],
        off[0],
        free[0],
        joined["run"],
    )


def _response(steps: _Intervals, fit: LawFit, changes: dict[str, float | str]) -> np.ndarray:
    """Standard deviation of the weight after each interval for a noise of 1, (intervals,)."""
    device = fit.device(**changes)
    planes = planes_of(device, fit.gains[:, steps.device])
    law = device.scalars()
    start = steps.start[None, :]
    up = steps.up[None, :]
    with_noise = device.step_reference(start, up, 1.0, 1.0, planes, law)
    without = device.step_reference(start, up, 1.0, 0.0, planes, law)
    # Noises of independent pulses add as squares.
    return np.abs(with_noise - without)[0] * np.sqrt(steps.gap)
